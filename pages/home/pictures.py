"""A small picture of each lesson and a sample of each model of the zoo, computed by `dgm`, cached for both themes."""

from base64 import b64encode
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from dgm import autoregressive, bayes, datasets, gmm, gradients, ppca, vae
from dgm.runtime import generator
from pages.home.figures import small, svg
from ui import cache
from ui.figures import picture_sheet
from ui.figures.theme import DARK, LIGHT, Palette

DIGITS = (8, 8)
SHOWN = 3           # images of a sample
TOSSES = (6, 2)     # heads and tails of the coin's picture
TOUCHES = 0.5       # where the bound's q is the posterior, as a share of the way between two means
LATENTS = 10        # of the PCA model whose digits are shown


class Picture(NamedTuple):
    """An image as a data URI, and a sentence that says what it shows."""

    uri: str
    alt: str


def _png(images: torch.Tensor, columns: int, palette: Palette) -> str:
    png = picture_sheet.png(images.float().numpy(), DIGITS, columns, palette)
    return "data:image/png;base64," + b64encode(png).decode()


# Of the lessons -------------------------------------------------------------------------------------------------------


def _growing_digit(palette: Palette) -> Picture:
    """An image after 20 and 40 pixels, and whole."""
    path = autoregressive.path(autoregressive.pretrained("made"), seed=4)
    steps = (20, 40, len(path.order))
    images = torch.stack([torch.as_tensor(autoregressive.path_image(path, count)) for count in steps])
    return Picture(_png(images, len(steps), palette),
                   f"A digit that the autoregressive model draws, after {steps[0]}, {steps[1]} and {steps[2]} pixels.")


def _coin(palette: Palette) -> Picture:
    """Prior, likelihood and posterior of a coin."""
    prior, (heads, tails) = bayes.BetaBernoulli(2.0, 2.0), TOSSES
    posterior = prior.posterior([1] * heads + [0] * tails)
    p = torch.linspace(0.002, 0.998, 120, dtype=torch.float64)
    flat = bayes.BetaBernoulli(1.0, 1.0).posterior([1] * heads + [0] * tails)     # proportional to the likelihood
    shown = [small.Curve(p.numpy(), model.log_prob(p).exp().numpy(), meaning)
             for model, meaning in ((prior, "prior"), (flat, "likelihood"), (posterior, "posterior"))]
    return Picture(svg.uri(small.curves(shown, palette)),
                   f"Prior, likelihood and posterior of a coin after {heads} heads and {tails} tails.")


@cache.shared()
def _geyser_fit() -> tuple[torch.Tensor, gmm.Params]:
    """The eruptions of Old Faithful, and the mixture that EM finds."""
    x = datasets.load("faithful").x
    return x, gmm.fit(x, 2).params


def _geyser(palette: Palette) -> Picture:
    """Old Faithful and the two Gaussians that EM finds."""
    x, theta = _geyser_fit()
    groups = gmm.e_step(x, theta).resp.argmax(1)
    contours = [small.Ellipse(mean.numpy(), cov.numpy()) for mean, cov in zip(theta.means, theta.covs, strict=True)]
    return Picture(svg.uri(small.clusters(x.numpy(), groups.numpy(), contours, palette)),
                   f"{len(x)} eruptions of a geyser and the {len(contours)} Gaussians that EM finds.")


def _line(palette: Palette) -> Picture:
    """A noisy line and the PCA model's line and contour."""
    x = datasets.load("line").x[:150]
    theta = ppca.fit(x, 1)
    W, mean = theta.W.numpy(), theta.mean.numpy()
    ends = mean + np.array([[-2.2], [2.2]]) * W[:, 0]
    contour = small.Ellipse(mean, W @ W.T + float(theta.sigma2) * np.eye(2))
    return Picture(svg.uri(small.line(x.numpy(), ends, contour, palette)),
                   f"{len(x)} points, the line of the PCA model and a contour of its density.")


def _bound(palette: Palette) -> Picture:
    """log p(x) and the bound over a mean of the mixture: they touch where q is the posterior."""
    at, *values = _bound_along()
    shown = [small.Curve(at, value, meaning) for value, meaning in zip(values, ("evidence", "q"), strict=True)]
    return Picture(svg.uri(small.curves(shown, palette, zero=False)),
                   f"log p(x) and the bound below it at {len(at)} mixtures; they touch at one.")


@cache.copied()
def _bound_along() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places of the first mean, and log p(x) and the bound with the q of TOUCHES there, nats per point."""
    x, theta = _geyser_fit()
    q = gmm.e_step(x, _moved(theta, TOUCHES)).resp
    at = np.linspace(-0.7, 0.9, 33)
    terms = [gmm.elbo(x, q, _moved(theta, float(t))) for t in at]
    return at, np.array([term.log_lik for term in terms]), np.array([term.bound for term in terms])


def _moved(theta: gmm.Params, share: float) -> gmm.Params:
    """A mixture of two whose first mean is moved by a share of the way to the second."""
    first, second = theta.means
    return theta._replace(means=torch.stack([torch.lerp(first, second, share), second]))


def _gradients(palette: Palette) -> Picture:
    """Single gradients by the two estimators of the lecture, with the same noise."""
    eps = torch.randn(160, generator=generator(3), dtype=torch.float64)
    cost, q = gradients.COSTS["quadratic"](2.0), gradients.Gaussian(0.5, 0.5)
    drawn = gradients.draw(cost, q, eps)
    left, right = gradients.log_derivative(drawn)[0], gradients.reparametrization(drawn)[0]
    exact = float(gradients.exact("reparametrization", cost, q).mean[0])
    return Picture(svg.uri(small.clouds(left.numpy(), right.numpy(), exact, palette)),
                   f"{len(eps)} gradients by each of two estimators: the left cloud is wide, the right one narrow.")


def _manifold(palette: Palette) -> Picture:
    """Digits that the VAE decodes along its two latents."""
    side = (3, 6)
    images = vae.manifold(vae.pretrained("digits"), side[1]).images[1:1 + side[0]]
    return Picture(_png(images.reshape(-1, images.shape[-1]), side[1], palette),
                   f"{side[0] * side[1]} digits that the VAE decodes at places of its latent space.")


LESSON_PICTURES: dict[str, Callable[[Palette], Picture]] = {
    "autoregressive": _growing_digit, "bayes": _coin, "gmm": _geyser, "ppca": _line, "elbo": _bound,
    "gradients": _gradients, "vae": _manifold,
}


@cache.copied()
def of_lesson(stem: str, dark: bool) -> Picture | None:
    """The picture of a lesson, None where it has none. dark: the theme."""
    draw = LESSON_PICTURES.get(stem)
    return None if draw is None else draw(DARK if dark else LIGHT)


# Of the zoo -----------------------------------------------------------------------------------------------------------


def _images(images: torch.Tensor, name: str, palette: Palette) -> Picture:
    return Picture(_png(images, len(images), palette), f"{len(images)} images drawn from {name}.")


def _of_autoregressive(palette: Palette) -> Picture:
    return _images(autoregressive.sample(autoregressive.pretrained("made"), SHOWN, seed=1), "the autoregressive model",
                   palette)


def _of_mixture(palette: Palette) -> Picture:
    drawn = gmm.sample(_geyser_fit()[1], 60, 0)
    return Picture(svg.uri(small.points(drawn.x.numpy(), palette)), f"{len(drawn.x)} points drawn from the mixture.")


def _of_pca(palette: Palette) -> Picture:
    data = datasets.load("digits")
    drawn = ppca.sample(ppca.fit(data.x[data.split().train].double(), LATENTS), SHOWN, 1)
    return _images(drawn.x.clip(0, 1), "the PCA model", palette)


def _of_vae(palette: Palette) -> Picture:
    return _images(vae.sample(vae.pretrained("digits"), SHOWN, 3, pixels=True), "the VAE", palette)


SAMPLES: dict[str, Callable[[Palette], Picture]] = {
    "autoregressive": _of_autoregressive, "gmm": _of_mixture, "ppca": _of_pca, "vae": _of_vae,
}


@cache.copied()
def of_family(stem: str, dark: bool) -> Picture | None:
    """A sample of the family whose lesson has this stem, None where no page draws one. dark: the theme."""
    draw = SAMPLES.get(stem)
    return None if draw is None else draw(DARK if dark else LIGHT)


__all__ = ["LESSON_PICTURES", "SAMPLES", "Picture", "of_family", "of_lesson"]
