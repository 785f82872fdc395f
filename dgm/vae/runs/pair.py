"""Two runs of a VAE side by side, A and B, on the same images and the same noise, with any other setting different.

    the k-th image of the batch of a step, and its eps_j, are the same numbers in both runs

also where the batches, the numbers of latents, the estimators or the optimizers differ: see `backward.noise`.
"""

from dataclasses import replace
from typing import NamedTuple

from dgm.arguments import as_integer, require_kind
from dgm.errors import ArgumentError
from dgm.vae import live_training
from dgm.vae.backward.noise import BLOCK, Noise, of_block
from dgm.vae.images import Images
from dgm.vae.live_training import Training
from dgm.vae.model import MAX_STEP, Config, as_config

MAX_IMAGES = 10**6


class Pair(NamedTuple):
    """Both runs, at the same step."""

    a: Training
    b: Training

    @property
    def step(self) -> int:
        """Training steps of both runs so far."""
        return self.a.step


def start(first: Config, second: Config, images: Images, every: int = live_training.EVERY) -> Pair:
    """Both runs at step 0; the second gets the seed of the first. every: steps between two records.

    Raises as `live_training.start`.

    >>> from dgm import vae
    >>> from dgm.vae.runs import pair
    >>> both = pair.start(vae.Config(hidden=8), vae.Config(hidden=8, beta=4.0, seed=7), vae.Images("digits"))
    >>> both.a.checkpoint.config.seed == both.b.checkpoint.config.seed
    True
    """
    first, second = as_config(first), as_config(second)
    second = replace(second, seed=first.seed)
    return Pair(*(live_training.start(config, images, every) for config in (first, second)))


def advance(pair: Pair, images: Images, steps: int) -> Pair:
    """Both runs `steps` steps later; pure. Raises as `live_training.advance`; ArgumentError for runs at unequal steps.

    >>> from dgm import vae
    >>> from dgm.vae.runs import pair
    >>> images = vae.Images("digits")
    >>> both = pair.start(vae.Config(hidden=8), vae.Config(hidden=8, gradient="log-derivative"), images)
    >>> both = pair.advance(both, images, 20)
    >>> both.step, [record.step for record in both.b.records]
    (20, [0, 10, 20])
    """
    require_kind(pair, "pair", Pair, "a pair.Pair as start or advance give it")
    if not all(isinstance(run, Training) for run in pair) or pair.a.step != pair.b.step:
        raise ArgumentError("pair has to hold two runs at the same step, as start or advance give them")
    return Pair(*(live_training.advance(run, images, steps) for run in pair))


def noise(config: Config, n: int, step: int) -> Noise:
    """The random numbers of step `step` of a run over n images: which images (B,) (None: all), and eps (B, L).

    >>> from dgm import vae
    >>> from dgm.vae.runs import pair
    >>> one, two = (pair.noise(vae.Config(latent=latent), 100, 3) for latent in (2, 5))
    >>> bool((one.eps == two.eps[:, :2]).all()), bool((one.rows == two.rows).all())
    (True, True)
    """
    config = as_config(config)
    n, step = as_integer(n, "n", 1, MAX_IMAGES), as_integer(step, "step", 0, MAX_STEP)
    rows, eps = of_block(config, n, step // BLOCK)
    return Noise(None if rows is None else rows[step % BLOCK], eps[step % BLOCK])
