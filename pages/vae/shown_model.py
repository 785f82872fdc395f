"""Which VAE the page shows, and the numbers of it that are worth keeping between reruns."""

import hashlib
from typing import Any

import torch

from dgm import vae
from dgm.vae import inspection, live_training, ranking
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
def latent_means(checkpoint: vae.Checkpoint, images: live_training.Images, part: str, limit: int) -> Any:
    """Latent means of the first images of a part: (M, L) float32 array."""
    x = getattr(live_training.parts(images), part)[:limit]
    return vae.encode(checkpoint, x).mean.float().cpu().numpy()


@_cached
def terms(checkpoint: vae.Checkpoint, image: torch.Tensor, seed: int) -> inspection.Terms:
    """The bound of one image and its log evidence."""
    return inspection.terms(checkpoint, image, seed=seed)


@_cached
def share_from_nowhere(checkpoint: vae.Checkpoint, images: live_training.Images, seed: int) -> float:
    """Share of the prior's samples with no training mean near."""
    return inspection.share_from_nowhere(checkpoint, live_training.parts(images).train, seed=seed)


@_cached
def best_latent(checkpoint: vae.Checkpoint, image: torch.Tensor) -> tuple[tuple[float, ...], float]:
    """The z that explains one image best, and log p(x | z) there."""
    z, value = inspection.best_latent(checkpoint, image)
    return tuple(round(float(v), 3) for v in z), value


@_cached
def held_out_terms(checkpoint: vae.Checkpoint, images: live_training.Images, limit: int) -> ranking.HeldOut:
    """The bounds of the first held-out images."""
    return ranking.held_out(checkpoint, live_training.parts(images).test[:limit])


@_cached
def place(checkpoint: vae.Checkpoint, image: torch.Tensor) -> ranking.Place:
    """The exact posterior of one image on the z-plane, where there is mass."""
    return ranking.place(checkpoint, image)
