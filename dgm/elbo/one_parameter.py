"""The lecture's "Ugly pic": log p(X | theta) over one parameter of a mixture, and the bound of each E-step below it.

Theta is a `gmm.Params` of which one number moves: a coordinate of a mean, or a weight (the others keep their ratios).
    log p(X | theta) = L(q, theta) + KL(q, p(Z | X, theta)),   L(q, theta) = E_q log p(X, Z | theta) + H(q)
With q = p(Z | X, theta') the curve of L over theta touches log p at theta', with the same slope. With a q that is 0
and 1, L is the complete log-likelihood log p(X, Z | theta) (slide "Incomplete likelihood").
N points, D columns, K components; all curves in mean nats per point.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_choice, as_integer, as_tensor, as_vector, require_kind
from dgm.errors import ArgumentError, DataError
from dgm.gaussian import LOG_2PI
from dgm.gmm import Params, log_prob

KINDS = ("mean", "weight")
LARGEST = 1e12        # of a mean on a curve
SMALLEST = 1e-12      # distance of a weight from 0 and 1
MOST_VALUES = 20_000
MOST_TERMS = 1 << 22  # log densities that are in memory together
ROUNDING = 16 * 2.0**-52


@dataclass(frozen=True)
class Coordinate:
    """One parameter of a mixture: the mean's entry [component, column], or the weight of the component.

    ArgumentError for another kind, or a component or column below 0.

    >>> from dgm import datasets, elbo, gmm
    >>> theta = gmm.init(datasets.load("faithful").x, 2)
    >>> elbo.Coordinate("weight", 1).value(theta)
    0.5
    """

    kind: str
    component: int
    column: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", as_choice(self.kind, "kind", KINDS))
        for name in ("component", "column"):
            object.__setattr__(self, name, as_integer(getattr(self, name), name, 0, 10**6))

    def value(self, theta: Params) -> float:
        """The parameter's value in theta. ArgumentError when theta has no such component or column."""
        return _value(self, _as_theta(theta, self))

    def moved(self, theta: Params, value: Any) -> Params:
        """Theta with this parameter at `value`; of the weights the others keep their ratios.

        ArgumentError for a weight outside (0, 1), or a mean beyond 1e12; else as `value`.
        """
        return _moved(self, _as_theta(theta, self), float(_as_values(self, [value])[0]))


class HalfStep(NamedTuple):
    """One state of EM on one parameter: its value, and the value whose posterior q is; mean nats per point."""

    kind: str             # "start", "E" or "M": the half-step that led here
    step: int             # M-steps taken
    value: float          # of the parameter
    anchor: float | None  # q = p(Z | X, theta(anchor)); None: q is uniform
    bound: float          # L(q, theta(value))
    log_lik: float        # log p(X | theta(value))
    gap: float            # KL(q, p(Z | X, theta(value))), 0 after an E half-step


class _Problem(NamedTuple):
    x: Tensor            # (N, D)
    theta: Params
    coordinate: Coordinate


def likelihood_curve(x: Any, theta: Params, coordinate: Coordinate, values: Any) -> Tensor:
    """log p(X | theta) at values (V,) of one parameter, mean nats per point, (V,).

    x: (N, D). ArgumentError or DataError as `gmm.score`, and for values that the parameter cannot take.

    >>> from dgm import datasets, elbo, gmm
    >>> x = datasets.load("faithful").x
    >>> step = gmm.fit(x, 2)
    >>> mean = elbo.Coordinate("mean", 0, 1)
    >>> curve = elbo.likelihood_curve(x, step.params, mean, [mean.value(step.params), 60.0])
    >>> round(float(curve[0]), 4), bool(curve[1] < curve[0])
    (-4.1554, True)
    """
    problem = _as_problem(x, theta, coordinate)
    return _checked(_over_values(problem, _as_values(coordinate, values), lambda joint: joint.logsumexp(-1).mean(-1)))


def bound_curve(x: Any, theta: Params, coordinate: Coordinate, resp: Any, values: Any) -> Tensor:
    """L(q, theta) at values (V,) of one parameter for any q, mean nats per point, (V,).

    resp: (N, K), rows sum to 1. Errors as `likelihood_curve`, and for other responsibilities.

    >>> import torch
    >>> from dgm import elbo, gmm
    >>> x = [[-1.0], [1.0]]
    >>> theta = gmm.Params(torch.tensor([0.5, 0.5]).log(), torch.tensor([[-1.0], [1.0]]), torch.ones(2, 1, 1))
    >>> mean = elbo.Coordinate("mean", 0)
    >>> q = elbo.responsibilities_at(x, theta, mean, -1.0)
    >>> touch = elbo.bound_curve(x, theta, mean, q, [-1.0]) - elbo.likelihood_curve(x, theta, mean, [-1.0])
    >>> round(float(touch), 12) == 0
    True
    """
    problem = _as_problem(x, theta, coordinate)
    q = _as_responsibilities(resp, problem)
    entropy = -float(torch.xlogy(q, q).sum()) / len(q)
    places = _as_values(coordinate, values)
    return _checked(_over_values(problem, places, lambda joint: _mean_under(q, joint)) + entropy)


def complete_curve(x: Any, theta: Params, coordinate: Coordinate, labels: Any, values: Any) -> Tensor:
    """The complete log-likelihood log p(X, Z | theta) at values (V,) of one parameter, mean nats per point, (V,).

    labels: (N,) the known component of each point, 0 to K - 1; else ArgumentError. Others as `likelihood_curve`.

    >>> import torch
    >>> from dgm import elbo, gmm
    >>> theta = gmm.Params(torch.tensor([0.5, 0.5]).log(), torch.tensor([[-1.0], [1.0]]), torch.ones(2, 1, 1))
    >>> curve = elbo.complete_curve([[-1.0], [1.0]], theta, elbo.Coordinate("mean", 0), [0, 1], [-1.0, 0.0])
    >>> bool(curve[0] > curve[1])
    True
    """
    problem = _as_problem(x, theta, coordinate)
    chosen, k = as_vector(labels, "labels", size=len(problem.x)), len(problem.theta.means)
    if bool(((chosen < 0) | (chosen >= k) | (chosen != chosen.floor())).any()):
        raise ArgumentError(f"labels have to be whole numbers from 0 to {k - 1}: give the component of each point")
    q = torch.nn.functional.one_hot(chosen.long(), k).double()
    places = _as_values(coordinate, values)
    return _checked(_over_values(problem, places, lambda joint: _mean_under(q, joint)))


def curve_top(values: Any, curve: Any) -> tuple[float, float]:
    """Place and height of a curve's top: of the parabola through its highest value and the two beside it.

    values (V,): ascending. curve (V,): what `likelihood_curve` gives at them, or any other. Exact for a parabola. At an
    end, or beside a value that is not finite, the highest value itself. ArgumentError for other values, DataError for
    what are no numbers.

    >>> from dgm import elbo
    >>> elbo.curve_top([0.0, 1.0, 2.0, 4.0], [-2.0, 0.0, 0.0, -6.0])
    (1.5, 0.25)
    """
    x = as_vector(values, "values")
    y = as_tensor(curve, "curve", finite=False)
    if y.shape != x.shape or not len(x) or bool((x[1:] <= x[:-1]).any()) or bool(y.isnan().any()):
        raise ArgumentError("values have to ascend and curve has to have a number for each: give at least one of both")
    at = int(y.argmax())
    if 0 < at < len(x) - 1:
        (x0, x1, x2), (y0, y1, y2) = x[at - 1:at + 2].tolist(), y[at - 1:at + 2].tolist()
        rise, fall = (y1 - y0) / (x1 - x0), (y2 - y1) / (x2 - x1)
        bend = (fall - rise) / (x2 - x0)
        if math.isfinite(bend) and bend < 0:
            place = (x0 + x1) / 2 - rise / (2 * bend)
            return place, y1 + (place - x1) * (rise + bend * (place - x0))
    return float(x[at]), float(y[at])


def responsibilities_at(x: Any, theta: Params, coordinate: Coordinate, anchor: Any = None) -> Tensor:
    """q = p(Z | X, theta with the parameter at `anchor`), (N, K); uniform where anchor is None.

    Errors as `likelihood_curve`.

    >>> import torch
    >>> from dgm import elbo, gmm
    >>> theta = gmm.Params(torch.tensor([0.5, 0.5]).log(), torch.tensor([[-1.0], [1.0]]), torch.ones(2, 1, 1))
    >>> elbo.responsibilities_at([[0.0]], theta, elbo.Coordinate("mean", 0), -1.0).tolist()
    [[0.5, 0.5]]
    """
    problem = _as_problem(x, theta, coordinate)
    if anchor is None:
        return torch.full((len(problem.x), len(problem.theta.means)), 1 / len(problem.theta.means), dtype=torch.float64)
    return _posterior(problem, float(_as_values(coordinate, [anchor])[0]))


def one_parameter_em(x: Any, theta: Params, coordinate: Coordinate) -> Iterator[HalfStep]:
    """Endless EM in which one parameter of the mixture moves: start (q uniform), E, M, E, M, ...

    E: q = p(Z | X, theta), the gap is 0. M: the parameter at the maximum of L(q, theta), in closed form:
    a mean's entry solves a linear equation, a weight is the mean responsibility. L never falls.
    Errors as `likelihood_curve`, at once.

    >>> from itertools import islice
    >>> from dgm import datasets, elbo, gmm
    >>> x = datasets.load("faithful").x
    >>> halves = elbo.one_parameter_em(x, gmm.init(x, 2), elbo.Coordinate("mean", 0, 1))
    >>> [half.kind for half in islice(halves, 4)]
    ['start', 'E', 'M', 'E']
    """
    problem = _as_problem(x, theta, coordinate)
    _checked(_log_joint(problem, [_value(coordinate, problem.theta)]).logsumexp(-1).mean(-1))
    return _half_steps(problem)


def _half_steps(problem: _Problem) -> Iterator[HalfStep]:
    value, anchor = _value(problem.coordinate, problem.theta), None
    k = len(problem.theta.means)
    q = torch.full((len(problem.x), k), 1 / k, dtype=torch.float64)
    yield _half_step("start", 0, problem, q, value, anchor)
    for step in itertools.count():
        q, anchor = _posterior(problem, value), value
        yield _half_step("E", step, problem, q, value, anchor)
        value = _best_value(problem, q, value)
        yield _half_step("M", step + 1, problem, q, value, anchor)


def _half_step(kind: str, step: int, problem: _Problem, q: Tensor, value: float, anchor: float | None) -> HalfStep:
    joint = _log_joint(problem, [value])[0]
    log_lik = float(joint.logsumexp(-1).mean())
    bound = float((q * joint).sum(1).mean() - torch.xlogy(q, q).sum(1).mean())
    gap = log_lik - bound
    return HalfStep(kind, step, value, anchor, bound, log_lik, gap if gap > ROUNDING * max(abs(log_lik), 1.0) else 0.0)


def _best_value(problem: _Problem, q: Tensor, value: float) -> float:
    """argmax of L(q, theta) over the parameter."""
    x, theta, (kind, k, column) = problem.x, problem.theta, _parts(problem.coordinate)
    count = float(q[:, k].sum())
    if kind == "weight":
        return min(max(count / len(q), SMALLEST), 1 - SMALLEST)
    precision = torch.cholesky_inverse(torch.linalg.cholesky(theta.covs[k]))[column]
    away = x - theta.means[k]
    away[:, column] = x[:, column]
    pull = float(q[:, k] @ (away @ precision)) / max(count, 1e-300)
    return pull / float(precision[column]) if count > 1e-300 else value


def log_joint_of(x: Any, theta: Any, coordinate: Coordinate) -> Tensor:
    """(N, K): log pi_k N(x_n | mu_k, Sigma_k), checked as `likelihood_curve` does."""
    problem = _as_problem(x, theta, coordinate)
    return _log_densities(problem) + problem.theta.log_weights


# Log densities --------------------------------------------------------------------------------------------------------


def _log_joint(problem: _Problem, values: Any) -> Tensor:
    """(V, N, K): log pi_k N(x_n | mu_k, Sigma_k) with the parameter at each of the values."""
    places, (kind, k, column) = as_tensor(values, "values"), _parts(problem.coordinate)
    joint = _log_densities(problem) + problem.theta.log_weights
    joint = joint.expand(len(places), *joint.shape).clone()
    if kind == "weight":
        rest = torch.log1p(-problem.theta.log_weights[k].exp())
        joint += (torch.log1p(-places) - rest)[:, None, None]
        joint[:, :, k] = _log_densities(problem)[:, k] + places.log()[:, None]
        return joint
    root = torch.linalg.cholesky(problem.theta.covs[k])
    unit = torch.zeros(problem.x.shape[1], 1, dtype=torch.float64)
    unit[column] = 1.0
    whitened = torch.linalg.solve_triangular(root, (problem.x - problem.theta.means[k]).T, upper=False)
    along = torch.linalg.solve_triangular(root, unit, upper=False)
    shift = (places - problem.theta.means[k, column])[:, None, None]
    distance = (whitened[None] - shift * along).square().sum(1)
    joint[:, :, k] = -0.5 * distance + _log_norm(root) + problem.theta.log_weights[k]
    return joint


def _log_densities(problem: _Problem) -> Tensor:
    """(N, K): log N(x_n | mu_k, Sigma_k)."""
    roots = torch.linalg.cholesky(problem.theta.covs)
    away = (problem.x[None] - problem.theta.means[:, None]).mT
    distance = torch.linalg.solve_triangular(roots, away, upper=False).square().sum(1)
    return (-0.5 * distance + _log_norm(roots)[:, None]).T


def _log_norm(root: Tensor) -> Tensor:
    return -root.diagonal(dim1=-2, dim2=-1).log().sum(-1) - 0.5 * root.shape[-1] * LOG_2PI


def _over_values(problem: _Problem, values: Tensor, reduce: Any) -> Tensor:
    """(V,): `reduce` of the joint (V, N, K), a part of the values at a time."""
    rows = max(MOST_TERMS // (len(problem.x) * len(problem.theta.means)), 1)
    return torch.cat([reduce(_log_joint(problem, part)) for part in torch.split(values, rows)])


def _mean_under(q: Tensor, joint: Tensor) -> Tensor:
    return torch.where(q > 0, q * joint, 0.0).sum(-1).mean(-1)


def _posterior(problem: _Problem, value: float) -> Tensor:
    return torch.softmax(_log_joint(problem, [value])[0], 1)


def _value(coordinate: Coordinate, theta: Params) -> float:
    kind, k, column = _parts(coordinate)
    return float(theta.log_weights[k].exp()) if kind == "weight" else float(theta.means[k, column])


def _moved(coordinate: Coordinate, theta: Params, value: float) -> Params:
    kind, k, column = _parts(coordinate)
    if kind == "mean":
        means = theta.means.clone()
        means[k, column] = value
        return theta._replace(means=means)
    log_weights = theta.log_weights + math.log1p(-value) - torch.log1p(-theta.log_weights[k].exp())
    log_weights[k] = math.log(value)
    return theta._replace(log_weights=log_weights)


def _parts(coordinate: Coordinate) -> tuple[str, int, int]:
    return coordinate.kind, coordinate.component, coordinate.column


# The border ----------------------------------------------------------------------------------------------------------


def _as_problem(x: Any, theta: Any, coordinate: Any) -> _Problem:
    checked = _as_theta(theta, coordinate)
    points = as_tensor(x, "x")
    log_prob(points, checked)      # its sentences: a table of D columns, a mixture, covariances that have a density
    points = points[:, None] if points.ndim == 1 else points
    return _Problem(points.clone(), checked, coordinate)


def _as_theta(theta: Any, coordinate: Any) -> Params:
    """Theta in float64, in which the coordinate exists."""
    require_kind(coordinate, "coordinate", Coordinate, "a Coordinate")
    if not isinstance(theta, tuple) or len(theta) != 3:
        raise ArgumentError("theta has to be a gmm.Params(log_weights, means, covs)")
    checked = Params(as_vector(theta[0], "log_weights"), as_tensor(theta[1], "means"), as_tensor(theta[2], "covs"))
    k = len(checked.log_weights)
    if checked.means.ndim != 2 or len(checked.means) != k or checked.covs.shape != (k, *checked.means.shape[1:] * 2):
        raise ArgumentError("the parts of theta do not fit each other: need (K,), (K, D), (K, D, D)")
    if checked.means.numel() and float(checked.means.abs().max()) > LARGEST:
        raise ArgumentError(f"theta holds a mean beyond {LARGEST:g}: choose means nearer to 0")
    if coordinate.component >= k or coordinate.column >= checked.means.shape[1]:
        raise ArgumentError(f"theta has no parameter [{coordinate.component}, {coordinate.column}]: it has "
                            f"{k} components in {checked.means.shape[1]} columns")
    if coordinate.kind == "weight" and k < 2:
        raise ArgumentError("the weight of the only component is 1: choose a mean")
    total = checked.log_weights.logsumexp(0)
    if not abs(float(total)) < 1e-5:
        raise ArgumentError("the weights exp(log_weights) have to sum to one: give their logarithms")
    return checked._replace(log_weights=checked.log_weights - total)


def _as_values(coordinate: Any, values: Any) -> Tensor:
    places = as_vector(values, "values")
    if not 1 <= len(places) <= MOST_VALUES:
        raise ArgumentError(f"values holds {len(places)} numbers: give 1 to {MOST_VALUES}")
    if coordinate.kind == "weight":
        if not bool(((places >= SMALLEST) & (places <= 1 - SMALLEST)).all()):
            raise ArgumentError("a weight lies between 0 and 1: choose values inside")
    elif not float(places.abs().max()) <= LARGEST:
        raise ArgumentError(f"values holds a mean beyond {LARGEST:g}: choose values nearer to the points")
    return places


def _as_responsibilities(resp: Any, problem: _Problem) -> Tensor:
    q = as_tensor(resp, "resp")
    if q.shape != (len(problem.x), len(problem.theta.means)):
        raise ArgumentError(f"resp has the shape {tuple(q.shape)}: give a row of {len(problem.theta.means)} "
                            f"numbers for each of the {len(problem.x)} points")
    if bool((q < 0).any()) or not bool(((q.sum(1) - 1).abs() < 1e-5).all()):
        raise ArgumentError("resp has to hold probabilities: rows of numbers from 0 on that sum to one")
    return q / q.sum(1, keepdim=True)


def _checked(curve: Tensor) -> Tensor:
    if not bool(curve.isfinite().all()):
        raise DataError("a log density leaves float64: choose points, means and values nearer to each other")
    return curve
