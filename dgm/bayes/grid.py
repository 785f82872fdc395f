"""The posterior of a two-weight logistic regression on a grid, exact to a tolerance that it computes itself.

    p(y) = sum over the grid of p(y | w) p(w) dw;  the integrand is smooth and ends inside the grid, so that the sum
converges faster than any power of the step (Trefethen and Weideman 2014).
Slide "Maximum a posteriori": "intractable evidence (due to multidimensional integral)".
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_vector, require_kind
from dgm.bayes.logistic import LogisticRegression, arrived, as_features_of, as_labelled_pairs
from dgm.bayes.regression import Pairs
from dgm.errors import DataError
from dgm.gaussian import log_normal_from_distance

REACH = 34.0          # nats below the maximum at which the density may be cut: e^-34 is 2e-15
SIZE = 400            # grid points per axis
SIDE_POINTS = 65      # points per side at which the boundary is checked
FIRST_SPREADS = 8.5   # Laplace deviations from the mode to the sides of the first box: e^(-8.5^2 / 2) is below e^-34
MAX_GROWTH = 40       # enlargements of the box before the search ends
LARGEST_SIZE = 4000   # points per axis that are offered
_MAX_EXPONENT = 600.0  # a product is replaced by its logarithm before it passes e^600


class GridPosterior(NamedTuple):
    """p(w | y) as masses on a grid of two weights."""

    w0: Tensor            # (G,)
    w1: Tensor            # (G,)
    log_mass: Tensor      # (G, G), [i, j] at (w0[i], w1[j]); logsumexp = 0
    log_evidence: float   # log p(y) = log sum over the grid of p(y | w) p(w) dw, nats
    tolerance: float      # error of log_evidence in nats: half the points give the same to within this

    @property
    def mean(self) -> Tensor:
        """E[w], (2,)."""
        mass = self.log_mass.exp()
        return torch.stack([mass.sum(1) @ self.w0, mass.sum(0) @ self.w1])

    @property
    def covariance(self) -> Tensor:
        """Cov[w], (2, 2)."""
        mass, (m0, m1) = self.log_mass.exp(), self.mean
        d0, d1 = self.w0 - m0, self.w1 - m1
        cross = d0 @ mass @ d1
        return torch.stack([torch.stack([mass.sum(1) @ d0**2, cross]), torch.stack([cross, mass.sum(0) @ d1**2])])

    def predictive(self, x: Any, stride: int = 4) -> Tensor:
        """p(y = 1) at each row of x (N, 2), the sigmoid averaged over every `stride`-th grid point, (N,).

        The density is smooth and ends inside the grid, so thinning costs about 1e-5 while |x| is within some tens.
        """
        stride = as_integer(stride, "stride", 1, len(self.w0))
        log_mass = self.log_mass[::stride, ::stride]
        relevant = log_mass > log_mass.max() - REACH
        w = torch.cartesian_prod(self.w0[::stride], self.w1[::stride])[relevant.reshape(-1)]
        mass = torch.softmax(log_mass[relevant], 0)
        return torch.sigmoid(as_features_of(x, 2) @ w.T) @ mass


def as_two_features(data: Any) -> Pairs:
    """(x (N, 2), y (N,) of 0 and 1); DataError for another number of features or other labels."""
    x, y = as_labelled_pairs(data)
    if x.shape[1] != 2:
        raise DataError(f"the grid is for two weights, the data have {x.shape[1]}: choose two features")
    return Pairs(x, y)


def log_joint_on(model: LogisticRegression, w0: Any, w1: Any, data: Any) -> Tensor:
    """log p(y | w) + log p(w) at all pairs of w0 (G,) and w1 (H,), nats, (G, H).

    -log p(y | w) = sum_i log(1 + e^-a_i), and e^-a_i = e^(-s_i w0 x_i0) e^(-s_i w1 x_i1) splits into two short vectors:
    one product per grid point and observation, one logarithm per many of them.

    data: (x (N, 2), y (N,) of 0 and 1); DataError for another number of features or other labels.

    >>> import torch
    >>> from dgm import bayes
    >>> w = torch.tensor([0.0, 1.0], dtype=torch.float64)
    >>> model, data = bayes.LogisticRegression(1.0), ([[1.0, 2.0]], [1])
    >>> log_joint = bayes.log_joint_on(model, w, w, data)
    >>> tuple(log_joint.shape), round(float(log_joint[1, 1] - model.log_joint(torch.ones(2).double(), data)), 12)
    ((2, 2), 0.0)
    """
    require_kind(model, "model", LogisticRegression, "a LogisticRegression")
    w0, w1 = as_vector(w0, "w0"), as_vector(w1, "w1")
    if len(w0) == 0 or len(w1) == 0:
        raise DataError("w0 and w1 need a point each: give the places at which the density is taken")
    return _log_joint_on(model, w0, w1, as_two_features(data))


def _log_joint_on(model: LogisticRegression, w0: Tensor, w1: Tensor, data: Pairs) -> Tensor:
    x, y = data
    first = torch.outer(w0, x[:, 0] * (1 - 2 * y)).T.contiguous()    # (N, G), the share of w0 in -a
    second = torch.outer(w1, x[:, 1] * (1 - 2 * y)).T.contiguous()   # (N, H), the share of w1
    largest = (first.abs().amax(1) + second.abs().amax(1) + math.log(2)).tolist()
    along0, along1 = math.sqrt(model.alpha) * w0, math.sqrt(model.alpha) * w1
    out = log_normal_from_distance(along0[:, None] ** 2 + along1**2, -2 * math.log(model.alpha), 2)
    product, exponent_left = torch.ones_like(out), _MAX_EXPONENT
    one_more = torch.empty_like(out)
    exp_first, exp_second = first.clamp(max=_MAX_EXPONENT).exp(), second.clamp(max=_MAX_EXPONENT).exp()
    for i, exponent in enumerate(largest):
        if exponent > _MAX_EXPONENT:
            out -= torch.nn.functional.softplus(first[i][:, None] + second[i])
            continue
        if exponent > exponent_left:
            out -= product.log_()
            product.fill_(1.0)
            exponent_left = _MAX_EXPONENT
        torch.outer(exp_first[i], exp_second[i], out=one_more)
        product.addcmul_(product, one_more)   # product (1 + e^-a)
        exponent_left -= exponent
    return out.sub_(product.log_())


def bounding_box(model: LogisticRegression, data: Pairs) -> tuple[Tensor, Tensor]:
    """Low and high corner, (2,) each, of a box on whose boundary the density is REACH nats below its maximum.

    The log density is concave, so what is below that on the boundary is below it everywhere outside.
    DataError when no such box is found.
    """
    mode = arrived(model.maximise(data))
    spread = torch.cholesky_inverse(mode.root, upper=True).diagonal().sqrt()
    low, high = mode.w - FIRST_SPREADS * spread, mode.w + FIRST_SPREADS * spread
    for _ in range(MAX_GROWTH):
        above = _sides_above(model, low, high, data, mode.log_joint - REACH)
        if not any(above):
            return low, high
        growth = 0.35 * (high - low)
        low = low - growth * torch.tensor(above[:2], dtype=torch.float64)
        high = high + growth * torch.tensor(above[2:], dtype=torch.float64)
    raise DataError("the posterior has no end within reach: scale the features to about 1, or raise alpha")


def _sides_above(model: LogisticRegression, low: Tensor, high: Tensor, data: Pairs, floor: float) -> list[bool]:
    """Whether the log density passes `floor` on the sides w0 = low, w1 = low, w0 = high, w1 = high."""
    along0, along1 = (torch.linspace(float(low[d]), float(high[d]), SIDE_POINTS, dtype=torch.float64) for d in (0, 1))
    ends0, ends1 = torch.stack([low[0], high[0]]), torch.stack([low[1], high[1]])
    sides0 = _log_joint_on(model, ends0, along1, data).amax(1)
    sides1 = _log_joint_on(model, along0, ends1, data).amax(0)
    return [bool(top > floor) for top in (sides0[0], sides1[0], sides0[1], sides1[1])]


def grid_posterior(model: LogisticRegression, data: Any, size: int = SIZE) -> GridPosterior:
    """p(w | y) on size x size points around its mass.

    data: (x (N, 2), y (N,) of 0 and 1); size: 4 to 4000. DataError for data that do not fit, unless x has two columns,
    or when the posterior is too wide to enclose.

    >>> import math
    >>> from dgm import bayes
    >>> data = ([[1.0, -1.0], [1.0, 1.0]], [0, 1])
    >>> grid = bayes.grid_posterior(bayes.LogisticRegression(1.0), data, size=100)
    >>> round(grid.log_evidence, 9) == round(math.log(1 / 4), 9)   # the two points' w . x are independent
    True
    """
    require_kind(model, "model", LogisticRegression, "a LogisticRegression")
    pairs, size = as_two_features(data), as_integer(size, "size", 4, LARGEST_SIZE)
    low, high = bounding_box(model, pairs)
    w0, w1 = (torch.linspace(float(low[d]), float(high[d]), size, dtype=torch.float64) for d in (0, 1))
    joint = _log_joint_on(model, w0, w1, pairs)
    cell = math.log(float(w0[1] - w0[0])) + math.log(float(w1[1] - w1[0]))
    total = float(joint.reshape(-1).logsumexp(0))
    coarse = float(joint[::2, ::2].reshape(-1).logsumexp(0)) + 2 * math.log(2)
    # the second term bounds what rounding leaves in a sum of N logarithms
    n = len(pairs.y)
    tolerance = abs(coarse - total) + 1e-15 * (n + 10) * max(1.0, abs(total))
    return GridPosterior(w0, w1, joint - total, total + cell if n else 0.0, tolerance)
