"""The posterior of a two-weight logistic regression on a grid, exact to a tolerance that it computes itself."""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.bayes.logistic import LogisticRegression, labelled
from dgm.bayes.regression import features

REACH = 34.0   # nats below the peak at which the density may be cut: e^-34 is 2e-15
SIZE = 400     # grid points per axis
RIM = 65       # points per side at which the rim is looked at
_FLUSH = 600.0  # products are turned into a logarithm before they pass e^600


class GridPosterior(NamedTuple):
    """p(w | y) as masses on a grid of two weights."""

    w0: Tensor            # (G,)
    w1: Tensor            # (G,)
    log_mass: Tensor      # (G, G), [i, j] at (w0[i], w1[j]); logsumexp = 0
    log_evidence: float   # ln p(y) = ln sum over the grid of p(y | w) p(w) dw, nats
    tolerance: float      # error of log_evidence in nats: half the points give the same to within this

    @property
    def mean(self) -> Tensor:
        mass = self.log_mass.exp()
        return torch.stack([mass.sum(1) @ self.w0, mass.sum(0) @ self.w1])

    @property
    def covariance(self) -> Tensor:
        mass, (m0, m1) = self.log_mass.exp(), self.mean
        d0, d1 = self.w0 - m0, self.w1 - m1
        cross = d0 @ mass @ d1
        return torch.stack([torch.stack([mass.sum(1) @ d0**2, cross]), torch.stack([cross, mass.sum(0) @ d1**2])])

    def predictive(self, x: Any, stride: int = 4) -> Tensor:
        """p(y = 1) at each row of x (N, 2), the sigmoid averaged over every `stride`-th grid point, (N,).

        The density is smooth and ends inside the grid, so thinning costs about 1e-5 while |x| is within some tens.
        """
        log_mass = self.log_mass[::stride, ::stride]
        keep = log_mass > log_mass.max() - REACH
        w = torch.cartesian_prod(self.w0[::stride], self.w1[::stride])[keep.reshape(-1)]
        mass = torch.softmax(log_mass[keep], 0)
        return torch.sigmoid(features(x) @ w.T) @ mass


def log_joint_on(model: LogisticRegression, w0: Tensor, w1: Tensor, data: Any) -> Tensor:
    """ln p(y | w) + ln p(w) at all pairs of w0 (G,) and w1 (H,), (G, H).

    -ln p(y | w) = sum_i ln(1 + e^-a_i), and e^-a_i = e^(-s_i w0 x_i0) e^(-s_i w1 x_i1) splits into two short vectors:
    one product per grid point and observation, one logarithm per many of them.
    """
    x, y = labelled(data)
    first = torch.outer(w0, x[:, 0] * (1 - 2 * y)).T.contiguous()    # (N, G), minus the margin's part
    second = torch.outer(w1, x[:, 1] * (1 - 2 * y)).T.contiguous()   # (N, H)
    largest = (first.abs().amax(1) + second.abs().amax(1) + math.log(2)).tolist()
    out = -0.5 * model.alpha * (w0[:, None] ** 2 + w1**2) + math.log(model.alpha) - math.log(2 * math.pi)
    product, room = torch.ones_like(out), _FLUSH
    one_more = torch.empty_like(out)
    exp_first, exp_second = first.clamp(max=_FLUSH).exp(), second.clamp(max=_FLUSH).exp()
    for i, size in enumerate(largest):
        if size > _FLUSH:
            out -= torch.nn.functional.softplus(first[i][:, None] + second[i])
            continue
        if size > room:
            out -= product.log_()
            product.fill_(1.0)
            room = _FLUSH
        torch.outer(exp_first[i], exp_second[i], out=one_more)
        product.addcmul_(product, one_more)   # product (1 + e^-a)
        room -= size
    return out.sub_(product.log_())


def box(model: LogisticRegression, data: Any) -> tuple[Tensor, Tensor]:
    """Low and high corner (2,) of a box on whose rim the density is REACH nats below its peak.

    The log density is concave, so what is below that on the rim is below it everywhere outside.
    """
    peak = model.climb(data)
    spread = torch.linalg.inv(peak.precision).diagonal().sqrt()
    low, high = peak.w - 8.5 * spread, peak.w + 8.5 * spread
    for _ in range(40):
        short = _short_sides(model, low, high, data, peak.log_joint - REACH)
        if not any(short):
            return low, high
        grow = 0.35 * (high - low)
        low = low - grow * torch.tensor(short[:2], dtype=torch.float64)
        high = high + grow * torch.tensor(short[2:], dtype=torch.float64)
    raise ValueError("the posterior has no end within reach: scale the features to about 1, or raise alpha")


def _short_sides(model: LogisticRegression, low: Tensor, high: Tensor, data: Any, floor: float) -> list[bool]:
    """Whether the density passes `floor` on the sides w0 = low, w1 = low, w0 = high, w1 = high."""
    along0, along1 = (torch.linspace(float(low[d]), float(high[d]), RIM, dtype=torch.float64) for d in (0, 1))
    ends0, ends1 = torch.stack([low[0], high[0]]), torch.stack([low[1], high[1]])
    sides0 = log_joint_on(model, ends0, along1, data).amax(1)
    sides1 = log_joint_on(model, along0, ends1, data).amax(0)
    return [bool(top > floor) for top in (sides0[0], sides1[0], sides0[1], sides1[1])]


def posterior(model: LogisticRegression, data: Any, size: int = SIZE) -> GridPosterior:
    """p(w | y) on size x size points around its mass; ValueError unless x has two columns."""
    x, y = labelled(data)
    if x.shape[1] != 2:
        raise ValueError(f"the grid is for two weights, the data have {x.shape[1]}: choose two features")
    low, high = box(model, (x, y))
    w0, w1 = (torch.linspace(float(low[d]), float(high[d]), size, dtype=torch.float64) for d in (0, 1))
    joint = log_joint_on(model, w0, w1, (x, y))
    cell = math.log(float(w0[1] - w0[0])) + math.log(float(w1[1] - w1[0]))
    total = float(joint.reshape(-1).logsumexp(0))
    coarse = float(joint[::2, ::2].reshape(-1).logsumexp(0)) + 2 * math.log(2)
    # the second term bounds what rounding leaves in a sum of N logarithms
    tolerance = abs(coarse - total) + 1e-15 * (len(y) + 10) * max(1.0, abs(total))
    return GridPosterior(w0, w1, joint - total, total + cell, tolerance)
