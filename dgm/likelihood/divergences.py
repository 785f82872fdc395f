"""How far a model is from a known density: likelihood with endless data (slides "MLE problem", "KL").

    KL(p, q) = E_p log p(x) - E_p log q(x) = cross-entropy - entropy >= 0,   nats
    argmax_theta E_p log q(x | theta) = argmin_theta KL(p, q(. | theta))

Integrals are composite Gauss-Legendre rules; the panels end at the densities' centres and grow by 2 in the tails. Where
Student's tails make an expectation converge slowly, its growing part has a closed form and the rest is integrated.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_choice, as_vector
from dgm.errors import DataError
from dgm.likelihood.families import FAMILIES, Density, Gaussian, Laplace, Mixture, StudentT, as_model
from dgm.likelihood.maximum import fit
from dgm.quadrature import legendre_panels

NODES = 20              # of a panel
DOUBLINGS = 120         # of the last panel's distance: to 1e36 scales, where a tail with dof 0.5 has 1e-18 of its mass
NEAR = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0)
LIGHTEST = 1e-18        # share of the largest weight below which a node is left out of a fit


class Divergence(NamedTuple):
    """KL(p, q) and its two parts, nats; infinite where the model's tails are too light for p."""

    entropy: float         # -E_p log p
    cross_entropy: float   # -E_p log q
    kl: float              # cross_entropy - entropy


def divergence(truth: Density, model: Density) -> Divergence:
    """Entropy, cross-entropy and KL(truth, model), nats, to about 1e-10.

    truth, model: members of the families. With a Student t of dof <= 2 as truth, a Gaussian or a mixture is infinitely
    far; with dof <= 1 a Laplace is. Source: Cover and Thomas 2006, chapter 8.

    >>> from dgm import likelihood
    >>> found = likelihood.divergence(likelihood.Gaussian(0, 1), likelihood.Gaussian(1, 1))
    >>> round(found.kl, 9), round(found.entropy, 4)
    (0.5, 1.4189)
    """
    truth, model = as_model(truth, "truth"), as_model(model)
    x, mass = _nodes(truth, model)
    log_p, log_q = truth.log_prob(x), model.log_prob(x)
    entropy = -_expectation(mass, log_p)
    kl = _slow_kl(truth, model, x, mass) if isinstance(truth, StudentT) else _expectation(mass, log_p - log_q)
    kl = max(kl, 0.0)
    return Divergence(entropy, entropy + kl, kl)


def kl_integrand(truth: Density, model: Density, x: Any) -> Tensor:
    """p(x) log p(x) / q(x), whose integral is KL(truth, model); nats per unit of x. x: (N,) points.

    >>> from dgm import likelihood
    >>> likelihood.kl_integrand(likelihood.Gaussian(0, 1), likelihood.Gaussian(1, 1), [0.5])
    tensor([0.], dtype=torch.float64)
    """
    truth, model, x = as_model(truth, "truth"), as_model(model), as_vector(x)
    log_p = truth.log_prob(x)
    return torch.where(log_p == -math.inf, 0.0, log_p.exp() * (log_p - model.log_prob(x)))


def nearest(truth: Density, family: str) -> Density:
    """The member of a family with the smallest KL(truth, .): what maximum likelihood finds with endless data.

    family: a key of FAMILIES. DataError where each member is infinitely far from a Student t of few degrees of freedom.

    >>> from dgm import likelihood
    >>> likelihood.nearest(likelihood.Mixture(0.5, -1, 1, 1, 1), "Gaussian")   # mean and deviation of the truth
    Gaussian(mean=0.0, scale=1.4142135623730951)
    """
    truth, family = as_model(truth, "truth"), as_choice(family, "family", list(FAMILIES))
    if type(truth) is FAMILIES[family]:
        return truth
    if isinstance(truth, StudentT) and truth.dof <= {"Gaussian": 2, "mixture": 2, "Laplace": 1}[family]:
        raise DataError(f"with {truth.dof:g} degrees of freedom each {family} is infinitely far from the truth: its "
                        "tails are too light")
    if family == "Gaussian":
        return Gaussian(*moments(truth))
    if family == "Laplace":
        middle = median(truth)
        return Laplace(middle, mean_distance(truth, middle))
    x, mass = _nodes(truth)
    heavy = mass > LIGHTEST * mass.max()
    return fit(family, x[heavy], mass[heavy])


def median(truth: Density) -> float:
    """The point with half of the probability on each side."""
    if not isinstance(truth, Mixture):
        return float(truth.theta[0])
    w, m1, s1, m2, s2 = truth.theta
    low, high = float(torch.minimum(m1, m2)), float(torch.maximum(m1, m2))
    for _ in range(200):
        middle = low + (high - low) / 2
        below = w * torch.special.ndtr((middle - m1) / s1) + (1 - w) * torch.special.ndtr((middle - m2) / s2)
        low, high = (middle, high) if float(below) < 0.5 else (low, middle)
    return low + (high - low) / 2


def mean_distance(truth: Density, point: float) -> float:
    """E |x - point| under the truth, finite; a Student t needs dof > 1."""
    x, mass = _nodes(truth, Laplace(point, 1.0))
    if not isinstance(truth, StudentT):
        return _expectation(mass, (x - point).abs())
    rest = (x - point).abs() - (x - truth.location).abs()    # bounded; the first part is known
    return _student_distance(truth) + _expectation(mass, rest)


def _student_distance(truth: StudentT) -> float:
    """E |x - location| = 2 scale f(0) dof / (dof - 1), f the standard density."""
    density = math.exp(float(truth.log_prob(truth.location))) * truth.scale
    return 2 * truth.scale * density * truth.dof / (truth.dof - 1)


def moments(model: Density) -> tuple[float, float]:
    """Mean and standard deviation, in the unit of x. DataError for a Student t with dof <= 2, which has no variance.

    >>> from dgm import likelihood
    >>> likelihood.moments(likelihood.Mixture(0.5, -1, 1, 1, 1))
    (0.0, 1.4142135623730951)
    """
    model = as_model(model)
    if isinstance(model, Mixture):
        w, m1, s1, m2, s2 = model.parameters.values()
        return w * m1 + (1 - w) * m2, math.sqrt(w * s1**2 + (1 - w) * s2**2 + w * (1 - w) * (m1 - m2) ** 2)
    centre, scale = model.theta[:2].tolist()
    if isinstance(model, StudentT):
        if model.dof <= 2:
            raise DataError(f"a Student t with {model.dof:g} degrees of freedom has no finite variance: it needs more "
                            "than 2")
        return centre, scale * math.sqrt(model.dof / (model.dof - 2))
    return centre, scale * math.sqrt(2) if isinstance(model, Laplace) else scale


def _slow_kl(truth: StudentT, model: Density, x: Tensor, mass: Tensor) -> float:
    """KL where the truth has Student's tails: a part of the model's log density grows, and its mean is known."""
    if isinstance(model, StudentT):
        return _expectation(mass, truth.log_prob(x) - model.log_prob(x))
    if truth.dof <= (1 if isinstance(model, Laplace) else 2):
        return math.inf
    if isinstance(model, Laplace):
        scale = model.scale
        known = math.log(2 * scale) + mean_distance(truth, model.location) / scale
        return known + _expectation(mass, truth.log_prob(x))
    log_weight, wide = _widest(model)
    mean, deviation = moments(truth)
    known = 0.5 * math.log(2 * math.pi) + math.log(wide.scale) - log_weight
    known += (deviation**2 + (mean - wide.mean) ** 2) / (2 * wide.scale**2)
    rest = log_weight + wide.log_prob(x) - model.log_prob(x)     # 0 in the tails
    return known + _expectation(mass, truth.log_prob(x)) + _expectation(mass, rest)


def _widest(model: Density) -> tuple[float, Gaussian]:
    """Log weight and density of the component that decides the tails."""
    if isinstance(model, Gaussian):
        return 0.0, model
    w, m1, s1, m2, s2 = model.parameters.values()
    return (math.log(w), Gaussian(m1, s1)) if s1 >= s2 else (math.log1p(-w), Gaussian(m2, s2))


def _expectation(mass: Tensor, values: Tensor) -> float:
    """sum of mass * values, where a mass of 0 takes no part."""
    used = mass > 0
    return float((mass[used] * values[used]).sum())


def _nodes(*models: Density) -> tuple[Tensor, Tensor]:
    """Nodes over the line and the first model's probability at each."""
    edges = torch.cat([_edges(centre, scale) for model in models for centre, scale in _centres(model)]).sort().values
    x, weights = (part.flatten() for part in legendre_panels(edges[:-1], edges[1:], NODES))
    return x, weights * models[0].log_prob(x).exp()


def _centres(model: Density) -> list[tuple[float, float]]:
    if isinstance(model, Mixture):
        return [(model.mean1, model.scale1), (model.mean2, model.scale2)]
    return [(float(model.theta[0]), float(model.theta[1]))]


def _edges(centre: float, scale: float) -> Tensor:
    far = 12.0 * 2.0 ** torch.arange(1, DOUBLINGS, dtype=torch.float64)
    steps = torch.cat([torch.tensor(NEAR, dtype=torch.float64), far])
    return centre + scale * torch.cat([-steps.flip(0), torch.zeros(1, dtype=torch.float64), steps])


__all__ = ["Divergence", "divergence", "kl_integrand", "moments", "nearest"]
