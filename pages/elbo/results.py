"""What the parts "The bound" and "KL" compute from their controls: the model, the bound at q, the browser's tables."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dgm import elbo
from pages.elbo import q_handle
from pages.elbo.figures.densities import Q, Scene, Tables
from pages.elbo.figures.two_gaussians import Two
from pages.elbo.state import COINS, CURVED, HUMPS, TWO
from ui import cache, controls
from ui.figures.axis_ends import steady_span
from ui.figures.bound_ruler import digits_of, length_text
from ui.figures.lookup import Axis
from ui.figures.written import written

Array = NDArray[np.floating]
TOSSES = 2
REPEATS = 500           # of K samples each, for the importance-weighted bound: with 1,000 a move took 5 ms more
HUMP, HUMP_DEVIATION = 2.0, 0.7
OVER_Z = Axis(-18.0, 18.0, 721)     # covers every place of q's curve
ROUNDING = 1e-9                     # nats: a smaller gap is no gap
SPAN = (5.5, 2.5)                   # nats of the ruler below and above log p(x)


class Setting(NamedTuple):
    """A model with its parameters, and the observation."""

    model: elbo.NormalModel
    x: float


class Sampled(NamedTuple):
    """How the Monte Carlo estimate of the bound is drawn."""

    samples: int
    seed: int


def chosen() -> Setting:
    """The model over one real z that the controls describe."""
    name, slope, noise = (controls.value(control) for control in ("model", "slope", "noise"))
    if name == HUMPS:
        model = elbo.NormalModel(weights=(0.5, 0.5), means=(-HUMP, HUMP), sds=(HUMP_DEVIATION,) * 2, slope=slope,
                                 noise=noise)
    else:
        model = elbo.NormalModel(slope=slope, noise=noise, curvature=1.0 if name == CURVED else 0.0)
    return Setting(model, float(controls.value("x")))


def coins_chosen() -> bool:
    """Whether z is one of two coins."""
    return bool(controls.value("model") == COINS)


def sampled() -> Sampled:
    """The controls of the Monte Carlo estimate."""
    return Sampled(round(controls.value("samples")), controls.value("draws"))


def as_family(q: Q | Two) -> elbo.Line:
    """The dragged q as a family of `dgm.elbo`."""
    if isinstance(q, Q):
        return elbo.Gaussian(q.mean, q.deviation)
    return elbo.Mixture((q.weight, 1 - q.weight), (q.first, q.second), (q.deviation,) * 2)


def two_chosen() -> bool:
    """Whether q is a sum of two Gaussians."""
    return bool(controls.value("family") == TWO)


@cache.copied()
def scene(setting: Setting) -> Scene:
    """Prior, posterior and likelihood over the shown range of z."""
    z = torch.linspace(q_handle.LOW, q_handle.HIGH, 301, dtype=torch.float64)
    model, x = setting
    posterior = (model.log_joint(x, z) - model.log_evidence(x)).exp()
    likelihood = model.log_likelihood(x, z)
    scaled = (likelihood - likelihood.max()).exp() * float(posterior.max())
    return Scene(*(part.numpy() for part in (z, model.log_prior(z).exp(), posterior, scaled)))


@cache.shared()
def tables(setting: Setting, drawn: Sampled | None) -> Tables:
    """The numbers beside q over its mean and root of deviation, and log p(z|x) over z.

    drawn: with the Monte Carlo estimate of the bound, or, at None, with KL(p || q).
    """
    model, x = setting
    table = elbo.q_table(model, x, q_handle.LOW, q_handle.HIGH, q_handle.NARROW, q_handle.WIDE, drawn is None)
    values = {"reconstruction": table.reconstruction, "kl": table.kl}
    if drawn is None:
        values["forward"] = elbo.forward_table(model, x, table)
    else:
        values["sampled"], values["spread"] = elbo.sample_table(model, x, table, drawn.samples, drawn.seed)
    z = torch.from_numpy(OVER_Z.nodes)
    return Tables((_axis(table.mean), _axis(table.root_sd)), {name: value.T.numpy() for name, value in values.items()},
                  (model.log_joint(x, z) - table.log_evidence).numpy(), OVER_Z, table.log_evidence, table.error)


def _axis(nodes: Tensor) -> Axis:
    return Axis(float(nodes[0]), float(nodes[-1]), len(nodes))


@cache.copied()
def at(setting: Setting, q: Q | Two) -> elbo.Elbo:
    """The bound at q, exact."""
    return elbo.elbo(setting.model, setting.x, as_family(q))


@cache.copied()
def estimate(setting: Setting, q: Q, drawn: Sampled) -> tuple[float, float]:
    """The Monte Carlo estimate of the bound and its standard error."""
    found = elbo.monte_carlo(setting.model, setting.x, as_family(q), drawn.samples, drawn.seed)
    return float(found.value), float(found.error)


@cache.copied()
def weighted(setting: Setting, q: Q | Two, seed: int) -> elbo.ImportanceWeighted:
    """The importance-weighted bound for K = 1 to 100 samples."""
    return elbo.importance_weighted(setting.model, setting.x, as_family(q), repeats=REPEATS, seed=seed)


@cache.copied()
def fits(setting: Setting) -> elbo.Fits:
    """The Gaussians that are best by either direction of KL."""
    return elbo.gaussian_fits(setting.model, setting.x)


@cache.copied()
def forward(setting: Setting, q: Q) -> float:
    """KL(posterior || q)."""
    return float(elbo.kl(setting.model.posterior(setting.x), as_family(q)))


def table_note(tables: Tables, *, directions: bool = False) -> str:
    """How exact the numbers are during a drag and after it, in sentences. directions: whether KL(p || q) is shown."""
    note = f"While you drag, numbers are read from a table; their error is below {written(tables.shown_error)} nats"
    far = " For a KL(p‖q) above 5 nats, the error relative to it is below that number." if directions else ""
    return f"{note}.{far} When you let go, every number is exact."


def in_nats(gap: float) -> str:
    """A gap as text, 0 where only rounding is left.

    >>> in_nats(0.34567), in_nats(4e-16)
    ('0.346', '0')
    """
    return written(gap, ".3g") if gap > ROUNDING else "0"


def gap_text(bound: float, evidence: float) -> str:
    """The gap below log p(x) as the ruler writes it: in texts too, so that one gap has one number.

    >>> gap_text(-2.46845, -2.01512), gap_text(-1.5, -1.5)
    ('0.453', '0')
    """
    return length_text(bound, evidence, digits_of(evidence))


def span(evidence: float) -> tuple[float, float]:
    """The ends of the ruler's axis: they do not depend on q."""
    return steady_span(evidence - SPAN[0], evidence + SPAN[1])


__all__ = ["REPEATS", "ROUNDING", "Sampled", "Setting", "as_family", "at", "chosen", "coins_chosen", "estimate", "fits",
           "forward", "gap_text", "in_nats", "sampled", "scene", "span", "table_note", "tables",
           "two_chosen", "weighted"]
