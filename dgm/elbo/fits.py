"""The best Gaussian for a density, in both directions of KL.

    reverse  argmin_q KL(q, p) = argmax_q L(q): the E-step within the Gaussians; may have several local optima
    forward  argmin_q KL(p, q): the mean and the deviation of p (Bishop, PRML, section 10.1.2 and eq. 10.187)
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import require_kind
from dgm.elbo.divergence import kl
from dgm.elbo.families import Gaussian, Histogram, Line
from dgm.elbo.gaussian_terms import standard_rule
from dgm.elbo.lower_bound import rule_of
from dgm.elbo.normal_model import NormalModel, as_observation
from dgm.errors import ArgumentError

STARTS = 9            # means at which Newton's method starts, and for each of them three deviations
STEPS = 60            # of Newton's method at most
LONGEST = 0.7         # of a step, in deviations and in log deviations
NARROWEST = 3e-4      # of a fit
FLAT, ARRIVED = 1e-10, 1e-7  # nats per deviation: where steps end, and what counts as an optimum
SAME = 1e-4           # how near two optima are that are one, in deviations


class Fit(NamedTuple):
    """One Gaussian beside a density p, nats."""

    mean: float
    sd: float
    bound: float       # log p(x) - KL(q, p); for a bare density -KL(q, p)
    gap: float         # KL(q, p)
    forward_kl: float  # KL(p, q)


class Fits(NamedTuple):
    """The best Gaussians in both directions."""

    reverse: tuple[Fit, ...]  # every local optimum of KL(q, p), best first
    forward: Fit              # the one optimum of KL(p, q)


def gaussian_fits(model: NormalModel, x: Any) -> Fits:
    """The Gaussians nearest to p(z | x): all local maxima of the bound, and the one with the posterior's moments.

    ArgumentError for another model or x.

    >>> from dgm import elbo
    >>> fits = elbo.gaussian_fits(elbo.NormalModel((0.5, 0.5), (-3.0, 3.0), (0.5, 0.5)), 0.0)
    >>> [abs(round(fit.mean, 1)) for fit in fits.reverse]       # one hump, the other, both
    [2.4, 2.4, 0.0]
    >>> abs(fits.forward.mean) < 1e-9
    True
    """
    require_kind(model, "model", NormalModel, "a NormalModel")
    return _fits(model.posterior(x), model.log_evidence(as_observation(x)))


def fits_to(p: Line) -> Fits:
    """The Gaussians nearest to a density p; `bound` is -KL(q, p).

    p: a Gaussian, a Mixture or a posterior. ArgumentError for another one, such as a Histogram: it is zero outside its
    cells, so that KL(q, p) is infinite for every Gaussian q.

    >>> from dgm import elbo
    >>> fits = elbo.fits_to(elbo.Gaussian(1.0, 2.0))
    >>> len(fits.reverse), round(fits.reverse[0].mean, 6), round(fits.forward.sd, 6)
    (1, 1.0, 2.0)
    """
    require_kind(p, "p", Line, "a density over the real line")
    if isinstance(p, Histogram):
        raise ArgumentError("p is a Histogram, which is zero outside its cells: KL(q, p) is infinite for every "
                            "Gaussian q; give a density that is positive everywhere")
    return _fits(p, 0.0)


def _fits(p: Line, log_evidence: float) -> Fits:
    z, mass, _ = rule_of(p)
    mean = float(mass @ z)
    sd = math.sqrt(float(mass @ (z - mean).square()))
    optima = _optima(p, _starts(z, mass, sd))
    found = [_fit(p, Gaussian(m, max(s, NARROWEST)), log_evidence) for m, s in optima]
    return Fits(tuple(sorted(found, key=lambda fit: fit.gap)), _fit(p, Gaussian(mean, max(sd, NARROWEST)),
                                                                   log_evidence))


def _fit(p: Line, q: Gaussian, log_evidence: float) -> Fit:
    gap = kl(q, p)
    return Fit(q.mean, q.sd, log_evidence - gap, gap, kl(p, q))


def _starts(z: Tensor, mass: Tensor, sd: float) -> tuple[Tensor, Tensor]:
    """Quantiles of p as means, each with three deviations, (S,) both."""
    shares = (torch.arange(STARTS, dtype=torch.float64) + 0.5) / STARTS
    places = z[torch.searchsorted(mass.cumsum(0), shares).clamp(max=len(z) - 1)]
    scales = sd * torch.tensor([0.1, 0.4, 1.0], dtype=torch.float64)
    return places.repeat_interleave(len(scales)), scales.repeat(len(places))


def _optima(p: Line, starts: tuple[Tensor, Tensor]) -> list[tuple[float, float]]:
    """The different ends (mean, sd) of Newton's method on L(m, log s) from the starts; of a Gaussian p, p itself."""
    if isinstance(p, Gaussian):
        return [(p.mean, p.sd)]
    mean, sd, arrived = ascended(p.log_prob, *starts)
    found: list[tuple[float, float]] = []
    for m, s in zip(mean[arrived].tolist(), sd[arrived].tolist(), strict=True):
        if not any(abs(m - other) < SAME * s and abs(math.log(s / width)) < SAME for other, width in found):
            found.append((m, s))
    return found


def ascended(log_p: Callable[[Tensor], Tensor], mean: Tensor, sd: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Local maxima of L(m, u) = E log p(m + s e) + u, u = log s, from S starts at once by damped Newton steps.

    log_p: a function from (S, M) values of z to (S, M) log densities, unnormalised. Returns mean and sd (S,), and
    whether each is a maximum; some do not arrive at one within STEPS steps.
    Derivatives are expectations of Hermite polynomials (Bonnet, Price):
        L_m = E[e f] / s,  L_u = E[(e^2 - 1) f] + 1,  L_mm = E[(e^2 - 1) f] / s^2,  L_mu = E[(e^3 - 3 e) f] / s,
        L_uu = E[(e^4 - 4 e^2 + 1) f]
    """
    e, weights = standard_rule(0.1, 1.0)
    basis = torch.stack([e, e**2 - 1, e**3 - 3 * e, e**4 - 4 * e**2 + 1], 1) * weights[:, None]
    log_sd = sd.log()
    for _ in range(STEPS):
        f = log_p(mean[:, None] + log_sd.exp()[:, None] * e)
        step, steepest, curvature = _newton_step(f - f[:, len(e) // 2, None], basis)
        mean = mean + log_sd.exp() * step[:, 0]
        log_sd = (log_sd + step[:, 1]).clamp(min=math.log(NARROWEST))
        if bool((steepest < FLAT).all()):
            break
    return mean, log_sd.exp(), (steepest < ARRIVED) & (curvature < 0)


def _newton_step(f: Tensor, basis: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Uphill steps (S, 2) of the mean in deviations and of log s, |gradient| (S,) and largest curvature (S,)."""
    first, second, third, fourth = (f @ basis).T
    gradient = torch.stack([first, second + 1], 1)
    hessian = torch.stack([torch.stack([second, third], 1), torch.stack([third, fourth], 1)], 1)
    values, vectors = torch.linalg.eigh(hessian)
    along = (vectors.mT @ gradient[:, :, None])[:, :, 0] / values.abs().clamp(min=1e-3)
    step = (vectors @ along[:, :, None])[:, :, 0]
    step = step * (LONGEST / step.abs().amax(1, keepdim=True).clamp(min=LONGEST))
    return step, gradient.abs().amax(1), values[:, -1]
