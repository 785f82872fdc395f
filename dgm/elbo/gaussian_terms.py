"""The two terms of the bound for a Gaussian q, at many q at once.

    E_q log p(x | z): closed, because g is a polynomial.   E_q log p(z): closed for one component, else a trapezoidal
rule in (z - mean) / sd, which converges exponentially for the smooth log p(z) (Trefethen and Weideman 2014).
"""

import math

import torch
from torch import Tensor

from dgm.elbo.normal_model import NormalModel
from dgm.gaussian import LOG_2PI

REACH = 8.5              # deviations of the rule on both sides
FINEST = 2000            # most nodes on one side
MOST_VALUES = 1 << 21    # of the integrand that are in memory together


def entropy(sd: Tensor) -> Tensor:
    """H(N(m, sd^2)) = log sd + (1 + log 2 pi) / 2, nats."""
    return sd.log() + 0.5 * (1 + LOG_2PI)


def expected_log_likelihood(model: NormalModel, x: Tensor, mean: Tensor, sd: Tensor) -> Tensor:
    """E_q log p(x | z), nats, of the common shape of x, mean and sd.

    With z = mean + sd e the residual x - g(z) is r0 - r1 e - r2 e^2, so that E r^2 = (r0 - r2)^2 + r1^2 + 2 r2^2.
    """
    r0 = x - model.intercept - model.slope * mean - model.curvature * mean.square()
    r1, r2 = (model.slope + 2 * model.curvature * mean) * sd, model.curvature * sd.square()
    square = (r0 - r2).square() + r1.square() + 2 * r2.square()
    return -0.5 * (square / model.noise**2 + LOG_2PI) - math.log(model.noise)


def expected_log_prior(model: NormalModel, mean: Tensor, sd: Tensor) -> Tensor:
    """E_q log p(z), nats, of the common shape of mean and sd."""
    if len(model.weights) == 1:
        m, s = model.means[0], model.sds[0]
        return -0.5 * (((mean - m).square() + sd.square()) / s**2 + LOG_2PI) - math.log(s)
    shape = torch.broadcast_shapes(mean.shape, sd.shape)  # type: ignore[no-untyped-call]
    mean, sd = mean.expand(shape).reshape(-1), sd.expand(shape).reshape(-1)
    e, weights = standard_rule(sharpness(model), float(sd.max()))
    rows = max(MOST_VALUES // (len(e) * len(model.weights)), 1)
    parts = [model.log_prior(m[:, None] + s[:, None] * e) @ weights
             for m, s in zip(torch.split(mean, rows), torch.split(sd, rows), strict=True)]
    return torch.cat(parts).reshape(shape)


def kl_to_prior(model: NormalModel, mean: Tensor, sd: Tensor) -> Tensor:
    """KL(q, p(z)), nats, 0 or more."""
    if len(model.weights) == 1:
        ratio = 2 * (sd / model.sds[0]).log()
        return 0.5 * (((mean - model.means[0]) / model.sds[0]).square() + torch.expm1(ratio) - ratio)
    return (-entropy(sd) - expected_log_prior(model, mean, sd)).clamp(min=0)


def bound(model: NormalModel, x: Tensor, mean: Tensor, sd: Tensor) -> Tensor:
    """L(N(mean, sd^2)), nats, of the common shape."""
    return expected_log_likelihood(model, x, mean, sd) + expected_log_prior(model, mean, sd) + entropy(sd)


def standard_rule(scale: float, widest: float) -> tuple[Tensor, Tensor]:
    """Nodes and weights (M,) of E f(m + s e), e ~ N(0, 1), for s up to `widest` and singularities `scale` away.

    The rule's relative error is about exp(-2 pi scale / (s step)): 1e-9 where the step allows it.
    """
    step = max(min(0.125, 0.3 * scale / widest), REACH / FINEST)
    count = math.ceil(REACH / step)
    e = torch.arange(-count, count + 1, dtype=torch.float64) * step
    weights = torch.softmax(-0.5 * e.square(), 0)
    return e, weights


def sharpness(model: NormalModel) -> float:
    """Distance of the nearest singularity of log p(z) from the real axis; infinite for one component."""
    return min((scale for _, scale in model.singularities), default=math.inf)
