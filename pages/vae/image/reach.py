"""The challenge of the part on one image: reach the image by moving z; the score is exact."""

import torch
from torch import Tensor

from dgm import vae
from dgm.gaussian import log_standard_normal
from dgm.vae.exact_evidence import INTEGRABLE_LATENTS
from pages.vae import shown_model
from pages.vae.image import gap
from pages.vae.scene import Chosen, Scene
from ui import controls, page
from ui.components.latent_pad import latent_pad, link

PAD = "reach"
HEIGHT = 300
CLOSE = 3.0  # nats from the best known reconstruction: the challenge is met


def part(checkpoint: vae.Checkpoint, scene: Scene, chosen: Chosen) -> None:
    """The pad with the image as its target, and how far the point is from the best one."""
    page.heading("Challenge: reach this image")
    if not controls.draw("challenge"):
        return
    best, best_score = shown_model.best_latent(checkpoint, chosen.image)
    means = shown_model.pad_means(checkpoint, scene.images)
    latent = checkpoint.config.latent
    z = latent_pad(PAD, shown_model.decoder_layers(checkpoint), image_shape=scene.shape, latent=latent,
                   means=means.held_out, labels=scene.classes(len(means.held_out)), train_means=means.train,
                   near=shown_model.near(checkpoint, scene.images), z=link.linked(latent), target=chosen.image,
                   best=best_score, height=HEIGHT, on_change=link.go_to)
    score = vae.log_likelihood_at(checkpoint, chosen.image, z)
    page.challenge(f"Move z until log p(x | z) of the target is within {CLOSE:g} nats of the best known value, "
                   f"{_number(best_score)}.", score >= best_score - CLOSE,
                   _progress(checkpoint, chosen.image, z, score, best))


def _progress(checkpoint: vae.Checkpoint, image: Tensor, z: tuple[float, ...], score: float, best: Tensor) -> str:
    place = torch.tensor(z, dtype=torch.float64)
    distance = float((place - best.double().cpu()).norm())
    text = f"{_number(score)} nats where you let go, at a distance of {distance:.2f} from the best known z"
    if checkpoint.config.latent > INTEGRABLE_LATENTS:
        return text + "."
    log_p = shown_model.log_evidence(checkpoint, image)
    if log_p is None:
        return f"{text}. {gap.NOT_KNOWN}"
    prior = float(log_standard_normal(place))
    return (f"{text}. Exact: log p(x) = {_number(log_p)}, so log p(z | x) = log p(x | z) + log p(z) − log p(x) = "
            f"{_number(score + prior - log_p)}.")


def _number(value: float) -> str:
    return f"{value:z.1f}".replace("-", "−")
