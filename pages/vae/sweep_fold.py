"""A sweep over beta as a run: each step trains one more model, in a worker."""

from typing import NamedTuple

from dgm import vae
from dgm.vae.latents import collapse


class Plan(NamedTuple):
    """What is trained: one model for each beta."""

    config: vae.Config
    images: vae.Images
    betas: tuple[float, ...]
    steps: int


class Point(NamedTuple):
    """The model of one beta on validation images, nats per image."""

    beta: float
    recon: float
    kl: tuple[float, ...]       # of each latent
    active: int


class Sweep(NamedTuple):
    """The models so far."""

    points: tuple[Point, ...] = ()

    @property
    def step(self) -> int:
        """How many models are trained."""
        return len(self.points)


def advance(sweep: Sweep, plan: Plan, steps: int) -> Sweep:
    """The sweep `steps` models later; pure."""
    betas = plan.betas[sweep.step:sweep.step + steps]
    found = [Point(each.beta, each.recon, tuple(each.kl.tolist()), each.active)
             for each in collapse.sweep(plan.config, plan.images, betas, plan.steps)]
    return Sweep((*sweep.points, *found))
