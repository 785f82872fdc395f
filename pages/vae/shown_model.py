"""Which VAE the page shows, its results cached between reruns, and what the browser and the downloads get of it."""

import hashlib
from collections.abc import Iterable
from typing import Any

import torch

from dgm import vae
from dgm.vae import live_training, ranking
from ui import cache

KEPT = 16      # checkpoints whose digests are remembered: a page asks for each many times
_digests: dict[int, tuple[vae.Checkpoint, str]] = {}


def digest(checkpoint: vae.Checkpoint) -> str:
    """A checkpoint's identity: two with the same weights show the same things."""
    known = _digests.get(id(checkpoint))
    if known is None or known[0] is not checkpoint:
        known = checkpoint, _digest(checkpoint)
        _digests[id(checkpoint)] = known   # with the checkpoint itself: its id stays its own while it is kept
        for old in list(_digests)[:-KEPT]:
            _digests.pop(old, None)
    return known[1]


def _digest(checkpoint: vae.Checkpoint) -> str:
    state = hashlib.blake2b(repr(checkpoint.config).encode(), digest_size=16)
    for name, value in sorted(checkpoint.params.items()):
        state.update(name.encode())
        state.update(value.detach().cpu().contiguous().numpy().tobytes())
    return state.hexdigest()


_cached = cache.copied(entries=128, hash_funcs={vae.Checkpoint: digest})


@_cached
def latent_means(checkpoint: vae.Checkpoint, images: vae.Images, part: str, limit: int) -> Any:
    """Latent means of the first images of a part: (M, L) float32 array."""
    x = getattr(vae.split_images(images), part)[:limit]
    return vae.encode(checkpoint, x).mean.float().cpu().numpy()


@_cached
def terms(checkpoint: vae.Checkpoint, image: torch.Tensor, seed: int) -> vae.ImageTerms:
    """The bound of one image and its log evidence."""
    return vae.image_terms(checkpoint, image, seed=seed)


@_cached
def prior_mass_off_data(checkpoint: vae.Checkpoint, images: vae.Images, seed: int) -> float:
    """Share of the prior's samples with no training mean near."""
    return vae.prior_mass_off_data(checkpoint, vae.split_images(images).train, seed=seed)


@_cached
def best_latent(checkpoint: vae.Checkpoint, image: torch.Tensor) -> tuple[tuple[float, ...], float]:
    """The z that explains one image best, and log p(x | z) there."""
    z, value = vae.best_latent(checkpoint, image)
    return tuple(round(float(v), 3) for v in z), value


@_cached
def held_out_terms(checkpoint: vae.Checkpoint, images: vae.Images, limit: int) -> ranking.Bounds:
    """The bounds of the first held-out images."""
    return ranking.bounds(checkpoint, vae.split_images(images).test[:limit])


@_cached
def posterior_grid(checkpoint: vae.Checkpoint, image: torch.Tensor) -> vae.PosteriorGrid:
    """The exact posterior of one image on the z-plane, where there is mass."""
    return vae.posterior_grid(checkpoint, image)


def decoder_layers(checkpoint: vae.Checkpoint) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """(weight (out, in), bias (out,)) of each decoder layer from z to pixels, for decoding in the browser."""
    params = checkpoint.params
    names = [name for name in ("decoder.hidden", "decoder.out") if f"{name}.weight" in params]
    return [(params[f"{name}.weight"].float().cpu(), params[f"{name}.bias"].float().cpu()) for name in names]


def curve_csv(records: Iterable[live_training.Record]) -> str:
    """The curve as a table: step, then nats per image; the column names, then one line for each record."""
    lines = [",".join((*live_training.Record._fields, "train_elbo", "held_out_elbo"))]
    for record in records:
        elbos = record.train_recon - record.train_kl, record.held_out_recon - record.held_out_kl
        lines.append(",".join([str(record.step), *(f"{number:.6f}" for number in (*record[1:], *elbos))]))
    return "\n".join(lines) + "\n"
