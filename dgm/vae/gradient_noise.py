"""Signal-to-noise ratio of the gradient in phi of a VAE, estimated in two ways.

    ratio of a layer = |E G| / sqrt(tr Var G),   G: the gradient of the bound of one mini-batch

At 1 the noise is as long as the signal. Each estimator gets the same images and the same eps. The estimators are the
slide's: log p(x | z) sampled, the KL analytic. Slides "Log-derivative trick", "Reparametrization trick",
"Final algorithm". Shapes: R repeats, E estimators, P layers (parameters) of the encoder.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_choice, as_integer, as_seed, as_tensor, shown
from dgm.errors import ArgumentError, DataError
from dgm.vae import training
from dgm.vae.images import Images, ImageSplit, split_images
from dgm.vae.inference import elbo_terms
from dgm.vae.model import (
    GRADIENTS,
    Checkpoint,
    Config,
    Params,
    as_checkpoint,
    as_config,
    images_for,
    init,
    kl_to_prior,
    posterior,
)

NAMES = ("log-derivative", "reparametrization")
REPEATS = 12     # mini-batches behind each ratio of a record
EVALUATED = 200  # validation images behind each bound of a record
EVALUATION_SEED = 3
MAX_REPEATS = 100_000


class Signal(NamedTuple):
    """Signal and noise of the gradient at one training step: rows are estimators, columns layers of the encoder."""

    step: int
    names: tuple[str, ...]   # E
    layers: tuple[str, ...]  # P, e.g. "encoder.out.weight"
    ratio: Tensor            # (E, P) signal / noise
    signal: Tensor           # (E, P) |E G|, measured by the estimator with the least noise
    noise: Tensor            # (E, P) sqrt(tr Var G)


@torch.inference_mode(False)
@torch.enable_grad()
def gradients(checkpoint: Checkpoint, x: Tensor, name: str, repeats: int, seed: int = 0) -> dict[str, Tensor]:
    """Independent mini-batch gradients of the mean bound in phi, estimated by `name`, a key of GRADIENTS.

    x: (N, D) images, from which each batch is drawn. Returns for each encoder parameter (repeats, *its shape).
    ArgumentError for another name, "exact" where the model has no exact gradient, and repeats < 1.

    >>> import torch
    >>> from dgm import vae
    >>> from dgm.vae import gradient_noise
    >>> checkpoint = vae.init(vae.Config(hidden=8), torch.eye(4))
    >>> g = gradient_noise.gradients(checkpoint, torch.eye(4), "reparametrization", repeats=5)
    >>> tuple(g["encoder.hidden.weight"].shape)
    (5, 8, 4)
    """
    checkpoint, repeats, seed = as_checkpoint(checkpoint), as_integer(repeats, "repeats", 1, MAX_REPEATS), as_seed(seed)
    replace(checkpoint.config, gradient=as_choice(name, "name", list(GRADIENTS)))  # refuses "exact" where there is none
    fixed = {key: value.detach() for key, value in checkpoint.params.items()}
    phi = {key: value.clone().requires_grad_() for key, value in fixed.items() if key.startswith("encoder")}
    x = images_for(checkpoint, x).to(fixed["decoder.out.bias"])
    x = x.clone() if x.is_inference() else x
    samples: dict[str, list[Tensor]] = {key: [] for key in phi}
    for repeat in range(repeats):
        bound = _batch_bound({**fixed, **phi}, checkpoint.config, x, name, runtime.generator(seed, 7, repeat))
        for key, g in zip(phi, torch.autograd.grad(bound, list(phi.values())), strict=True):
            samples[key].append(g)
    return {key: torch.stack(rows) for key, rows in samples.items()}


def _batch_bound(params: Params, config: Config, x: Tensor, name: str, rng: torch.Generator) -> Tensor:
    """Mean bound of one mini-batch, with a surrogate whose gradient is the estimate by `name`."""
    batch = x[torch.randint(len(x), (config.batch or len(x),), generator=rng)]
    eps = torch.randn(len(batch), config.latent, generator=rng, dtype=torch.float32).to(batch)
    q = posterior(params, batch)
    _, surrogate = GRADIENTS[name](params, config, batch, q, eps)
    return (surrogate - config.beta * kl_to_prior(q)).mean()


def signal_and_noise(g: Tensor) -> tuple[Tensor, Tensor]:
    """|E G| and sqrt(tr Var G), two scalars, from independent gradients g (R, ...), R >= 2.

    The mean of R gradients has noise of its own, tr Var G / R, which is subtracted from its squared length.

    >>> import torch
    >>> signal_and_noise(torch.tensor([[3.0, 4.0], [3.0, 4.0]]))
    (tensor(5., dtype=torch.float64), tensor(0., dtype=torch.float64))
    """
    values = as_tensor(g, "g")
    if values.ndim < 1 or len(values) < 2 or not values.numel():
        raise DataError(f"g has the shape {tuple(values.shape)}: give a gradient in each of 2 rows or more")
    scale = values.abs().max().clamp_min(1e-300)   # so that no square overflows
    rows = values.reshape(len(values), -1) / scale
    noise2 = rows.var(0).sum()
    signal2 = rows.mean(0).square().sum() - noise2 / len(rows)
    return signal2.clamp(min=0).sqrt() * scale, noise2.sqrt() * scale


def measure(checkpoint: Checkpoint, x: Tensor, names: Sequence[str] = NAMES, repeats: int = 24,
            seed: int = 0) -> Signal:
    """Signal and noise of each estimator in each layer of the encoder. x: (N, D). ArgumentError when repeats < 2.

    >>> import torch
    >>> from dgm import vae
    >>> from dgm.vae import gradient_noise
    >>> checkpoint = vae.init(vae.Config(hidden=8), torch.eye(4))
    >>> tuple(gradient_noise.measure(checkpoint, torch.eye(4), repeats=5).ratio.shape)
    (2, 4)
    """
    repeats = as_integer(repeats, "repeats", 2, MAX_REPEATS)
    if isinstance(names, str) or not isinstance(names, Sequence) or not names:
        raise ArgumentError(f"names has to be one or more of {', '.join(GRADIENTS)}, not {shown(names)}")
    checkpoint = as_checkpoint(checkpoint)
    rows = []
    for name in names:
        samples = gradients(checkpoint, x, name, repeats, seed)
        rows.append(torch.stack([torch.stack(signal_and_noise(g)) for g in samples.values()], 1))       # (2, P)
    signal, noise = torch.stack(rows, 1)
    # All estimators have one mean: the one with the least noise measures its length best.
    signal = signal.gather(0, noise.argmin(0, keepdim=True)).expand_as(noise)
    return Signal(checkpoint.step, tuple(names), tuple(samples), signal / noise.clamp(min=1e-30), signal, noise)


class Record(NamedTuple):
    """Both runs at one step."""

    step: int
    bounds: tuple[float, ...]  # mean bound of validation images, nats, of the run trained by each estimator
    signal: Signal             # of both estimators, at the weights of the run trained by reparametrization


class Comparison(NamedTuple):
    """Two runs of one VAE, one trained by each estimator, with the same initial weights, images and noise."""

    runs: tuple[Checkpoint, ...]    # in the order of NAMES
    records: tuple[Record, ...] = ()
    every: int = 25                 # steps between two records

    @property
    def step(self) -> int:
        """Training steps of both runs so far."""
        return self.runs[0].step


def start(config: Config, images: Images, every: int = 25) -> Comparison:
    """Both runs at step 0, without records; config.gradient is replaced. every: steps between two records, 1 or more.

    ArgumentError for another `every`, DataError as `split_images`.

    >>> from dgm import vae
    >>> from dgm.vae import gradient_noise
    >>> [run.config.gradient for run in gradient_noise.start(vae.Config(hidden=8), vae.Images("digits")).runs]
    ['log-derivative', 'reparametrization']
    """
    config, every = as_config(config), as_integer(every, "every", 1)
    x = split_images(images).train
    return Comparison(tuple(init(replace(config, gradient=name), x) for name in NAMES), (), every)


def advance(comparison: Comparison, images: Images, steps: int) -> Comparison:
    """Both runs `steps` steps later, with the records that are due; pure, independent of the division into calls.

    DivergedError as `training.advance`, DataError as `split_images`.

    >>> from dgm import vae
    >>> from dgm.vae import gradient_noise
    >>> images = vae.Images("digits")
    >>> both = gradient_noise.start(vae.Config(hidden=8), images, every=5)
    >>> [record.step for record in gradient_noise.advance(both, images, 12).records]
    [0, 5, 10]
    """
    comparison = _as_comparison(comparison)
    data, steps = split_images(images), as_integer(steps, "steps", 0)
    end = comparison.step + steps
    comparison = _recorded(comparison, data)
    while comparison.step < end:
        stride = min(comparison.every - comparison.step % comparison.every, end - comparison.step)
        runs = tuple(training.advance(run, data.train, stride) for run in comparison.runs)
        comparison = _recorded(comparison._replace(runs=runs), data)
    return comparison


def _as_comparison(comparison: Comparison) -> Comparison:
    if not isinstance(comparison, Comparison) or not isinstance(comparison.runs, tuple) \
            or len(comparison.runs) != len(NAMES) or not isinstance(comparison.records, tuple) \
            or not all(isinstance(record, Record) for record in comparison.records):
        raise ArgumentError("comparison has to be a gradient_noise.Comparison as start or advance give it")
    return comparison._replace(runs=tuple(as_checkpoint(run) for run in comparison.runs),
                               every=as_integer(comparison.every, "the every of the comparison", 1))


def _recorded(comparison: Comparison, data: ImageSplit) -> Comparison:
    step, records = comparison.step, comparison.records
    if step % comparison.every or (records and records[-1].step >= step):
        return comparison
    bounds = tuple(_mean_bound(run, data.validation[:EVALUATED]) for run in comparison.runs)
    reparametrized = comparison.runs[NAMES.index("reparametrization")]
    signal = measure(reparametrized, data.train, repeats=REPEATS, seed=step)
    return comparison._replace(records=(*records, Record(step, bounds, signal)))


def _mean_bound(checkpoint: Checkpoint, x: Tensor) -> float:
    recon, kl = elbo_terms(checkpoint, x, seed=EVALUATION_SEED)
    return float((recon.double() - kl.double()).mean())
