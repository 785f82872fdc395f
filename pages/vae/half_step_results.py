"""What the part on half-steps computes: the model after each of them, cached press by press."""

from typing import NamedTuple

from dgm import vae
from dgm.vae.runs import half_steps
from pages.vae import shown_model
from ui import cache

ROWS = 300      # at most, training images that the steps are taken and measured on
SEED = 0        # of the noise that the terms are measured with


class Stage(NamedTuple):
    """The model after some half-steps."""

    kind: str                   # of the last half-step, "" at the start
    checkpoint: vae.Checkpoint
    recon: float                # mean over the images, nats
    kl: float

    @property
    def bound(self) -> float:
        """L = recon - KL, nats."""
        return self.recon - self.kl


@cache.shared()
def untrained(config: vae.Config, images: vae.Images) -> vae.Checkpoint:
    """The model at step 0."""
    return vae.init(config, vae.split_images(images).train)


@cache.shared(hash_funcs={vae.Checkpoint: shown_model.digest})
def _after(checkpoint: vae.Checkpoint, images: vae.Images, kind: str, steps: int) -> Stage:
    """The model after one half-step of `steps` gradient steps, or, for "", as it is."""
    x = vae.split_images(images).train[:ROWS]
    if kind:
        move = half_steps.encoder_step if kind == "E" else half_steps.decoder_step
        checkpoint = move(checkpoint, x, steps).checkpoint
    recon, kl = (float(term.double().mean()) for term in vae.elbo_terms(checkpoint, x, seed=SEED))
    return Stage(kind, checkpoint, recon, kl)


def stages(start: vae.Checkpoint, images: vae.Images, moves: str, steps: int) -> list[Stage]:
    """The model at the start, and after each of the half-steps. moves: a letter for each, E or M."""
    found = [_after(start, images, "", 0)]
    for kind in moves:
        found.append(next_stage(found[-1], kind, images, steps))
    return found


def next_stage(at: Stage, kind: str, images: vae.Images, steps: int) -> Stage:
    """The model one half-step later."""
    return _after(at.checkpoint, images, kind, steps)
