"""The maximum of the likelihood, theta* = argmax_theta sum_i w_i log p(x_i | theta)  (slide "MLE problem").

Gaussian: mean and standard deviation (1 / N). Laplace: median and mean distance from it. Student t: EM for location and
scale, between which the degrees of freedom are maximised (ECME, Liu and Rubin 1995). Mixture: EM from several starts,
then Newton's method from the best.
"""

import math
from collections.abc import Callable
from typing import Any

from torch import Tensor

from dgm.arguments import as_choice
from dgm.errors import ArgumentError, DataError
from dgm.likelihood.em_steps import log_likelihood, updated
from dgm.likelihood.families import DOF_RANGE, FAMILIES, Density, Gaussian, Laplace, Mixture, StudentT
from dgm.likelihood.log_likelihood import as_column, as_weights
from dgm.likelihood.newton_steps import newton

COLLAPSED = 1e-3    # of the data's median distance; a smaller scale runs into a single point
TOLERANCE = 1e-12   # nats per point that a step of EM has to gain
STEPS = 100         # of EM from each start: Newton's method ends what EM would end slowly
LONG = 10_000       # of EM where nothing comes after it
GOLDEN = (math.sqrt(5) - 1) / 2
SEARCHES = 40       # of the golden section: the interval of log dof shrinks to 6 * 0.618^40 = 3e-8
SHARES = (0.5, 0.3, 0.7, 0.15, 0.85)   # of the points that the first component of a start takes


def fit(family: str, x: Any, weights: Any = None, dof: Any = None) -> Density:
    """The member of a family with the largest likelihood.

    family: a key of FAMILIES. x: (N,) points. weights: (N,), 0 or more, equal by default. dof: Student's degrees of
    freedom in DOF_RANGE, which then stay; None: they are fitted too.
    For a mixture it is the best local maximum of several starts, because its likelihood is unbounded where a component
    sits on one point.
    DataError where there is no maximum: all points equal, or so many that a scale falls to 0. ArgumentError for a dof
    of another family.

    >>> from dgm import likelihood
    >>> likelihood.fit("Laplace", [0.0, 1.0, 5.0]).location
    1.0
    """
    maximise = _maximum(as_choice(family, "family", list(FAMILIES)), dof)
    x = as_column(x)
    weights = as_weights(weights, len(x))
    x, weights = x[weights > 0], weights[weights > 0]
    shift, factor = _units(x, weights)
    found = maximise((x - shift) / factor, weights).moved(shift, factor)
    return found.replaced(location=weighted_median(x, weights)) if isinstance(found, Laplace) else found   # no rounding


def _maximum(family: str, dof: Any) -> Callable[[Tensor, Tensor], Density]:
    """What finds the maximum of a family, with this dof where it is given."""
    if dof is None:
        return _MAXIMA[family]
    if family != "Student t":
        raise ArgumentError(f"only Student t has degrees of freedom, not the family {family}: leave dof out")
    known = StudentT(dof=dof)
    return lambda x, weights: _ascended(x, weights, known.moved(*_laplace(x, weights).theta.tolist()), LONG, known.dof)


def _units(x: Tensor, weights: Tensor) -> tuple[float, float]:
    """The points' median and median distance from it, which outliers do not move: in these units no square overflows.

    Where half of the points are equal, their mean distance.
    """
    shift = weighted_median(x, weights)
    far = (x - shift).abs()
    factor = weighted_median(far, weights) or float(weights @ far)
    factor = max(factor, 1e-100 * float(far.max()))
    if not factor > 1e-140 or factor <= 1e-14 * float(x.abs().max()):
        raise DataError("x holds equal points alone, whose likelihood has no maximum: give two or more different ones")
    return shift, factor


def _gaussian(x: Tensor, weights: Tensor) -> Density:
    mean = weights @ x
    return Gaussian(float(mean), float((weights @ (x - mean).square()).sqrt()))


def _laplace(x: Tensor, weights: Tensor) -> Density:
    location = weighted_median(x, weights)
    return Laplace(location, float(weights @ (x - location).abs()))


def weighted_median(x: Tensor, weights: Tensor) -> float:
    """The middle point; the mean of the two middle ones where half the weight lies on each side."""
    values, rows = x.sort()
    below = weights[rows].cumsum(0)
    low = int((below < 0.5 - 1e-12).sum())
    high = min(int((below <= 0.5 + 1e-12).sum()), len(x) - 1)
    return float((values[low] + values[high]) / 2)


def _student(x: Tensor, weights: Tensor) -> Density:
    start = _laplace(x, weights)
    location, scale = start.theta.tolist()
    first = _ascended(x, weights, StudentT(location, scale, 4.0))
    options = [first, *(newton(x, weights, start) for start in (first, first.replaced(dof=DOF_RANGE[1])))]
    return max(options, key=lambda model: log_likelihood(model, x, weights))


def _best_dof(x: Tensor, weights: Tensor, model: StudentT) -> StudentT:
    """The degrees of freedom with the largest likelihood, by golden section over their logarithm; never worse."""
    def value(log_dof: float) -> float:
        return log_likelihood(model.replaced(dof=min(max(math.exp(log_dof), DOF_RANGE[0]), DOF_RANGE[1])), x, weights)

    low, high = (math.log(edge) for edge in DOF_RANGE)
    for _ in range(SEARCHES):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        low, high = (low, right) if value(left) >= value(right) else (left, high)
    options = [model.dof, *DOF_RANGE, min(max(math.exp((low + high) / 2), DOF_RANGE[0]), DOF_RANGE[1])]
    return max((model.replaced(dof=dof) for dof in options), key=lambda each: log_likelihood(each, x, weights))


def _ascended(x: Tensor, weights: Tensor, model: Density, steps: int = STEPS, dof: float | None = None) -> Density:
    """EM until a step gains less than TOLERANCE nats per point; between two steps, Student's dof unless it is given."""
    before, smallest = -math.inf, _smallest_scale(x)
    for step in range(steps):
        model = updated(x, model, weights)
        if isinstance(model, StudentT) and dof is None and (step < 5 or step % 10 == 0):
            model = _best_dof(x, weights, model)
        if _narrowest(model) < smallest:
            raise DataError("a scale falls to 0, where the likelihood has no bound: too many points are equal for "
                            "this family")
        found = log_likelihood(model, x, weights)
        if found - before < TOLERANCE * len(x):
            break
        before = found
    return model


def _smallest_scale(x: Tensor) -> float:
    """Of equal values, half their distance from the next ones: a narrower component describes the rounding alone."""
    values = x.sort().values
    gaps = values.diff()
    return max(COLLAPSED, float(gaps[gaps > 0].min()) / 2) if bool((gaps == 0).any()) else COLLAPSED


def _narrowest(model: Density) -> float:
    return float(min(getattr(model, name) for name, kind in model.kinds.items() if kind == "scale"))


def _mixture(x: Tensor, weights: Tensor) -> Density:
    found = [each for start in _starts(x, weights) if (each := _or_none(x, weights, start)) is not None]
    if not found:
        raise DataError("every start ends with a component on one point, where the likelihood has no bound: give more "
                        "different points")
    first = max(found, key=lambda model: log_likelihood(model, x, weights))
    last = newton(x, weights, first)
    return last if _narrowest(last) >= _smallest_scale(x) else first


def _or_none(x: Tensor, weights: Tensor, start: Density) -> Density | None:
    try:
        return _ascended(x, weights, start)
    except DataError:
        return None


def _starts(x: Tensor, weights: Tensor) -> list[Density]:
    """The points cut in two at several places, and two components of one mean and different scales."""
    values, rows = x.sort()
    below = weights[rows].cumsum(0)
    _, whole = _gaussian(x, weights).theta.tolist()
    found: list[Density] = [Mixture(0.5, float(weights @ x), 0.3 * whole, float(weights @ x), 1.5 * whole)]
    for share in SHARES:
        first = below <= share
        parts = [(values[part], weights[rows][part]) for part in (first, ~first)]
        if all(len(part) > 1 for part, _ in parts):
            (mean1, scale1), (mean2, scale2) = ((float(w @ v / w.sum()), _spread(v, w)) for v, w in parts)
            found.append(Mixture(share, mean1, max(scale1, 0.05 * whole), mean2, max(scale2, 0.05 * whole)))
    return found


def _spread(values: Tensor, weights: Tensor) -> float:
    share = weights / weights.sum()
    return float((share @ (values - share @ values).square()).sqrt())


_MAXIMA: dict[str, Callable[[Tensor, Tensor], Density]] = {
    "Gaussian": _gaussian, "Laplace": _laplace, "Student t": _student, "mixture": _mixture,
}

__all__ = ["fit"]
