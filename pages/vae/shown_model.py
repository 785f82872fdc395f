"""What the page computes from the shown model, cached, and what the browser and the downloads get of it."""

import hashlib
import math
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from dgm import ppca, runtime, vae
from dgm.vae import inference_gap, live_training, ranking
from dgm.vae.checkpoints import curves
from dgm.vae.latents import aggregate
from ui import cache
from ui.figures import bound_ruler
from ui.figures.written import latex

Means = NDArray[np.float32]

REMEMBERED = 16    # checkpoints whose digests are remembered: one run of a page looks each up many times
HELD_OUT, TRAINING = 600, 4000   # images whose latent means the pad draws, and among which it counts near ones
PRIOR_DRAWS = 4000
RANDOM, RANDOM_SEED = 200, 0     # codes that the button "Random z" goes through
# In the words of the page.
CURVE_COLUMNS = ("step,training_reconstruction,training_KL,validation_reconstruction,validation_KL,training_bound,"
                 "validation_bound")
RANKED = 300       # test images that an own one is ranked among
_digests: dict[int, tuple[vae.Checkpoint, str]] = {}


def digest(checkpoint: vae.Checkpoint) -> str:
    """A checkpoint's identity: two with the same weights show the same things."""
    known = _digests.get(id(checkpoint))
    if known is None or known[0] is not checkpoint:
        known = checkpoint, _digest(checkpoint)
        _digests[id(checkpoint)] = known   # with the checkpoint itself: nothing else gets its id meanwhile
        for old in list(_digests)[:-REMEMBERED]:
            _digests.pop(old, None)
    return known[1]


def _digest(checkpoint: vae.Checkpoint) -> str:
    state = hashlib.blake2b(repr(checkpoint.config).encode(), digest_size=16)
    for name, value in sorted(checkpoint.params.items()):
        state.update(name.encode())
        state.update(value.detach().cpu().contiguous().numpy().tobytes())
    return state.hexdigest()


_cached = cache.copied(hash_funcs={vae.Checkpoint: digest})


def parts(images: vae.Images) -> vae.ImageSplit:
    """The images for training, validation and test."""
    return vae.split_images(images)


class PadMeans(NamedTuple):
    """Latent means around the pad's point."""

    held_out: Means    # (M, L) of the first test images
    train: Means       # (T, L) of the first training images


@_cached
def pad_means(checkpoint: vae.Checkpoint, images: vae.Images) -> PadMeans:
    """The latent means that the pad draws and those that it counts."""
    held_out = vae.split_images(images).test[:HELD_OUT]
    return PadMeans(_means(checkpoint, held_out), _counted(checkpoint, images).mean.float().cpu().numpy())


@cache.shared(hash_funcs={vae.Checkpoint: digest})
def _counted(checkpoint: vae.Checkpoint, images: vae.Images) -> vae.Posterior:
    """The codes of the training images that the pad counts: all numbers around the pad are of them."""
    return vae.encode(checkpoint, vae.split_images(images).train[:TRAINING])


@_cached
def held_out_means(checkpoint: vae.Checkpoint, images: vae.Images) -> Means:
    """Latent means (N, L) of all test images."""
    return _means(checkpoint, vae.split_images(images).test)


def _means(checkpoint: vae.Checkpoint, x: torch.Tensor) -> Means:
    return vae.encode(checkpoint, x).mean.float().cpu().numpy()


@_cached
def means_of(checkpoint: vae.Checkpoint, x: torch.Tensor) -> Means:
    """Latent means (N, L) of images x (N, D)."""
    return _means(checkpoint, x)


@_cached
def neighbours(checkpoint: vae.Checkpoint, x: torch.Tensor, images: vae.Images) -> torch.Tensor:
    """For each image of x (N, D) the training image with the nearest latent mean (N, D)."""
    train = vae.split_images(images).train
    return train[vae.nearest_by_code(checkpoint, x, train)]


@_cached
def kl_by_class(checkpoint: vae.Checkpoint, x: torch.Tensor, labels: torch.Tensor) -> dict[int, float]:
    """Mean KL to the prior of the images x (N, D) of each class, nats."""
    return vae.kl_by_class(checkpoint, x, labels)


@_cached
def terms(checkpoint: vae.Checkpoint, image: torch.Tensor, seed: int) -> vae.ImageTerms:
    """The bound of one image (D,) and its log evidence."""
    return vae.image_terms(checkpoint, image, seed=seed)


@_cached
def near(checkpoint: vae.Checkpoint, images: vae.Images) -> float:
    """The latent distance within which the means that the pad counts are near, to two digits, as it is shown."""
    return float(f"{vae.near_among(_counted(checkpoint, images)):.2g}")


@_cached
def spread(checkpoint: vae.Checkpoint, images: vae.Images) -> float:
    """How far a draw from q(z | x) lies from its mean, root mean square over the counted training images."""
    return float(f"{vae.code_width(_counted(checkpoint, images)):.2g}")


@lru_cache
def random_codes(latent: int) -> Means:
    """Draws (RANDOM, latent) from the prior, the same in each session: the pad goes through them."""
    return torch.randn((RANDOM, latent), generator=runtime.generator(RANDOM_SEED)).numpy()


@_cached
def surgery(checkpoint: vae.Checkpoint, images: vae.Images) -> vae.ElboSurgery:
    """The mean KL of the test images, split in two by draws: the integral takes seconds for so many images."""
    return vae.elbo_surgery(checkpoint, vae.split_images(images).test)


@_cached
def densities(checkpoint: vae.Checkpoint, images: vae.Images) -> aggregate.Densities:
    """Prior and aggregate posterior of the test images on the plane of two latents."""
    return aggregate.densities(checkpoint, vae.split_images(images).test)


@_cached
def code_draws(checkpoint: vae.Checkpoint, images: vae.Images, count: int, seed: int) -> aggregate.Draws:
    """Codes drawn from the prior, and from the aggregate posterior of the test images."""
    return aggregate.draws(checkpoint, vae.split_images(images).test, count, seed)


class Estimate(NamedTuple):
    """A mean of draws with its standard error."""

    value: float
    error: float


@_cached
def prior_mass_off_data(checkpoint: vae.Checkpoint, images: vae.Images) -> Estimate:
    """Share of the prior's samples with none of the counted training means near, 0 to 1."""
    share = vae.prior_mass_off_data(checkpoint, vae.split_images(images).train[:TRAINING],
                                    near=near(checkpoint, images), samples=PRIOR_DRAWS)
    return Estimate(share, math.sqrt(share * (1 - share) / PRIOR_DRAWS))


@_cached
def best_latent(checkpoint: vae.Checkpoint, image: torch.Tensor) -> tuple[torch.Tensor, float]:
    """The best known z (L,) for an image (D,), and log p(x | z) there, nats."""
    return vae.best_latent(checkpoint, image)


@_cached
def log_evidence(checkpoint: vae.Checkpoint, image: torch.Tensor) -> float | None:
    """Exact log p(x) of an image (D,), of a model with at most 2 latents, nats; None where it is not known."""
    found = vae.log_evidence(checkpoint, image[None])
    return float(found.log_p) if bool(found.error.isfinite()) else None


@_cached
def measured(checkpoint: vae.Checkpoint, images: vae.Images) -> live_training.Record:
    """The bound's terms on the first training and validation images."""
    return live_training.measure(checkpoint, vae.split_images(images))


def pretrained_records(data: str) -> list[live_training.Record]:
    """The curve of the run behind the pretrained model of a data set; empty where there is none."""
    return list(curves.curve(data))


@_cached
def one_pass(checkpoint: vae.Checkpoint, image: torch.Tensor, seed: int) -> vae.OnePass:
    """One image (D,) through encoder, draw and decoder."""
    return vae.one_pass(checkpoint, image, seed)


@_cached
def split_gap(checkpoint: vae.Checkpoint, image: torch.Tensor) -> inference_gap.Gap:
    """The gap of one image (D,), of a model with at most 2 latents, split in two."""
    return inference_gap.gap(checkpoint, image[None])


@_cached
def held_out_bounds(checkpoint: vae.Checkpoint, images: vae.Images) -> ranking.Bounds:
    """The bounds of the RANKED first test images."""
    return ranking.bounds(checkpoint, vae.split_images(images).test[:RANKED])


@_cached
def posterior_grid(checkpoint: vae.Checkpoint, image: torch.Tensor) -> vae.PosteriorGrid:
    """The exact posterior of one image (D,) on the plane of two latents, where there is mass."""
    return vae.posterior_grid(checkpoint, image)


class Linear(NamedTuple):
    """The linear VAE of some images: what decides its exact end."""

    spec: ppca.Spectrum
    sigma2: float


@cache.shared()
def linear(images: vae.Images, latent: int) -> Linear:
    """The linear VAE of the training images, with the noise of the most likely model of `latent` latents."""
    spec = ppca.spectrum(vae.split_images(images).train)
    return Linear(spec, spec.noise(latent))


def nats(value: float) -> str:
    """LaTeX of a term: with two decimals, so that terms and sums of them are written alike; a huge one with a power."""
    return f"{value:z.2f}" if abs(value) < 1e6 else latex(value)


def ruler_terms(found: vae.ImageTerms) -> bound_ruler.Terms:
    """One image's terms for the ruler."""
    return bound_ruler.Terms(found.reconstruction, found.kl, found.evidence, found.error, found.exact)


def decoder_layers(checkpoint: vae.Checkpoint) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """(weight (out, in), bias (out,)) of each decoder layer from z to pixels, for decoding in the browser."""
    params = checkpoint.params
    names = [name for name in ("decoder.hidden", "decoder.out") if f"{name}.weight" in params]
    return [(params[f"{name}.weight"].float().cpu(), params[f"{name}.bias"].float().cpu()) for name in names]


def curve_csv(records: Iterable[live_training.Record]) -> str:
    """The curve as a table: step, then nats per image; the column names, then one line for each record."""
    lines = [CURVE_COLUMNS]
    for record in records:
        elbos = record.train_recon - record.train_kl, record.held_out_recon - record.held_out_kl
        lines.append(",".join([str(record.step), *(f"{number:.6f}" for number in (*record[1:], *elbos))]))
    return "\n".join(lines) + "\n"
