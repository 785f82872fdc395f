"""The bound over all Gaussian q at once: a table that a browser interpolates while a pointer moves q.

L = reconstruction - kl at q = N(m, s^2), over m and sqrt(s) on equal steps. Between nodes a cubic through four of them
in each direction (Lagrange) gives both terms; its error, measured at all midpoints, is below 1e-3 nats.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_flag, as_integer, as_number, as_tensor, as_vector, require_kind
from dgm.elbo.families import Floats, Gaussian
from dgm.elbo.gaussian_terms import entropy, expected_log_likelihood, kl_to_prior, sharpness
from dgm.elbo.lower_bound import expectation, rule_of
from dgm.elbo.normal_model import NormalModel, as_observation
from dgm.errors import ArgumentError
from dgm.gaussian import LOG_2PI, log_normal

TOLERANCE = 5e-4      # nats: the largest error that a table is made for
SMALLEST = (49, 33)   # nodes of the mean and of the deviation
MOST_CELLS = 80_000
SLICES = 9           # values of the other coordinate on which an error is measured
BESIDE = 1.1         # in the outer cells the largest error lies beside the midpoint, and is 7% larger
FORWARD_WHOLE = 5.0   # nats: beyond, the tolerance of KL(p, q) is in proportion to it
TRIES = 8             # enlargements of the grid
FARTHEST = 50.0
NARROWEST, WIDEST = 0.01, 20.0
FINEST = 2**15        # nodes of the rule for log p(z)
REACH = 8.5           # deviations of q that the rule covers on both sides
SPACING = 0.05        # of the nodes for a mixture of two
MOST_PLACES = 1000    # weights or distances of such mixtures

MOST_VALUES = 1 << 21  # of the rule's windows that are in memory together

TOO_STEEP = ("the terms of the bound are too steep for a table: choose a larger noise, wider components, or a smaller "
             "range of q")

Prior = tuple[Floats, Floats, Floats]
Errors = tuple[float, float]                  # nats, in both directions
Size = tuple[int, int]                        # nodes of the mean and of sqrt(sd)
Area = tuple[float, float, float, float]      # low, high, narrowest, widest


class QTable(NamedTuple):
    """Two terms of the bound on a grid of Gaussian q, nats."""

    mean: Tensor            # (A,) in equal steps
    root_sd: Tensor          # (B,) in equal steps: square root of the deviation
    reconstruction: Tensor  # (B, A)  E_q log p(x | z)
    kl: Tensor              # (B, A)  KL(q, p(z))
    log_evidence: float     # log p(x)
    error: float            # nats: the largest error of an interpolated term, measured between all nodes


class Moments(NamedTuple):
    """What KL(p, q) needs of p when q is a Gaussian."""

    mean: float
    variance: float
    entropy: float   # nats


class Interpolated(NamedTuple):
    """The bound's terms at one q, looked up in a table, nats."""

    bound: float
    gap: float
    reconstruction: float
    kl: float


def q_table(model: NormalModel, x: Any, low: float = -6.0, high: float = 6.0, narrowest: float = 0.05,
            widest: float = 4.0, forward: bool = False) -> QTable:
    """Reconstruction and KL of q = N(m, s^2) for m in [low, high] and s in [narrowest, widest].

    The grid grows until a cubic through four nodes is within 1e-3 nats of the exact terms (`error` says how near).
    Another x changes the reconstruction alone: the KL of a model is remembered.
    forward: the grid is fine enough for `forward_table` too, which is steep at narrow q: up to 5 nats, and beyond in
    proportion to it.

    ArgumentError for low or high beyond +-50, deviations outside [0.01, 20], an empty interval, or terms so steep that
    80,000 nodes are too few.

    >>> from dgm import elbo
    >>> table = elbo.q_table(elbo.NormalModel(), 2.0)
    >>> tuple(table.kl.shape), table.error < 1e-3, round(table.log_evidence, 4)
    ((46, 49), True, -2.2655)
    """
    require_kind(model, "model", NormalModel, "a NormalModel")
    value, area = as_observation(x), _as_area(low, high, narrowest, widest)
    prior = (model.weights, model.means, model.sds)
    size, error = _size(model, value, area, as_flag(forward, "forward"))
    mean, root_sd = _axes(area, size)
    reconstruction = expected_log_likelihood(model, torch.tensor(value).double(), mean, root_sd.square()[:, None])
    return QTable(mean, root_sd, reconstruction, _kl(prior, area, size).clone(), model.log_evidence(value), error)


def forward_table(model: NormalModel, x: Any, table: QTable) -> Tensor:
    """KL(p(z | x), q) at the q of a table, nats, (B, A): closed, from the mean, variance and entropy of the posterior.

    KL(p, N(m, s^2)) = -H(p) + log s + 1/2 log 2 pi + ((m - E z)^2 + Var z) / (2 s^2)

    ArgumentError for another model, x or table.

    >>> from dgm import elbo
    >>> table = elbo.q_table(elbo.NormalModel(), 2.0)
    >>> float(elbo.forward_table(elbo.NormalModel(), 2.0, table).min()) >= 0
    True
    """
    require_kind(model, "model", NormalModel, "a NormalModel")
    mean, sd = _q_of(table)
    return _forward(_moments(model, as_observation(x)), mean, sd)


def _moments(model: NormalModel, x: float) -> Moments:
    z, p, log_p = rule_of(model.posterior(x))
    mean = float(p @ z)
    return Moments(mean, float(p @ (z - mean).square()), -expectation(p, log_p))


def _forward(p: Moments, mean: Tensor, sd: Tensor) -> Tensor:
    square = (mean - p.mean).square() + p.variance
    return (-p.entropy + sd.log() + 0.5 * LOG_2PI + square / (2 * sd.square())).clamp(min=0)


def sample_table(model: NormalModel, x: Any, table: QTable, samples: int = 100, seed: int = 0) -> tuple[Tensor, Tensor]:
    """The Monte Carlo estimate of the bound at the q of a table, and its standard error, nats, (B, A) each.

    All q share the numbers e_s ~ N(0, 1): z_s = mean + sd e_s, so that the estimates are smooth in q.

    samples: 2 to 1000. ArgumentError for others, and as `forward_table`.

    >>> from dgm import elbo
    >>> table = elbo.q_table(elbo.NormalModel(), 2.0)
    >>> value, error = elbo.sample_table(elbo.NormalModel(), 2.0, table, samples=50)
    >>> value.shape == error.shape == table.kl.shape
    True
    """
    require_kind(model, "model", NormalModel, "a NormalModel")
    at, count = as_observation(x), as_integer(samples, "samples", 2, 1000)
    e = Gaussian().sample(count, seed)
    shape = _as_table(table).kl.shape
    mean, sd = (part.expand(shape).reshape(-1, 1) for part in _q_of(table))
    rows = max(MOST_VALUES // count, 1)
    terms = [(model.log_joint(at, m + s * e) + 0.5 * e.square() + s.log() + 0.5 * LOG_2PI)
             for m, s in zip(torch.split(mean, rows), torch.split(sd, rows), strict=True)]
    value = torch.cat([part.mean(1) for part in terms]).reshape(shape)
    return value, torch.cat([part.std(1) for part in terms]).reshape(shape) / math.sqrt(count)


def mixture_information(weights: Any, distances: Any) -> Tensor:
    """I(k; z), what z says about the component k of z ~ w N(0, 1) + (1 - w) N(d, 1), nats, (W, D).

    A mixture of N(m1, s^2) and N(m2, s^2) has the entropy of N(0, s^2) plus this at d = |m1 - m2| / s. Every other term
    of the bound is a mean of those of its Gaussians, so that a table of this and a `q_table` give the bound of all of
    them:  E_q f = w E_1 f + (1 - w) E_2 f,  KL(q, p(z)) = w KL_1 + (1 - w) KL_2 - I(k; z).

    weights: w, (W,) from 0 to 1. distances: d, (D,) from 0 to 50. Up to 1000 of each; ArgumentError for others.

    >>> from dgm import elbo
    >>> elbo.mixture_information([0.5], [0.0, 2.0, 20.0]).round(decimals=4).tolist()       # log 2 at most
    [[0.0, 0.3368, 0.6931]]
    """
    w, d = _between(weights, "weights", 0, 1), _between(distances, "distances", 0, FARTHEST)
    logs, shares = torch.stack([w.log(), torch.log1p(-w)])[..., None], torch.stack([w, 1 - w])[..., None]
    return torch.stack([_information(logs, shares, float(distance)) for distance in d], 1)


def _information(logs: Tensor, shares: Tensor, distance: float) -> Tensor:
    """(W,): sum_k w_k E_k [log N_k - log q] by the trapezoidal rule, which is exact to rounding here."""
    z = torch.arange(-REACH, distance + REACH + SPACING, SPACING, dtype=torch.float64)
    parts = torch.stack([log_normal(z, mean, 1.0) for mean in (0.0, distance)])[:, None]     # (2, 1, M)
    ratio = parts - (logs + parts).logsumexp(0)
    return (shares * parts.exp() * ratio).sum((0, 2)).mul(SPACING).clamp(0, math.log(2))


def _between(values: Any, name: str, low: float, high: float) -> Tensor:
    found = as_vector(values, name)
    if not 1 <= len(found) <= MOST_PLACES or bool(((found < low) | (found > high)).any()):
        raise ArgumentError(f"{name} has to hold 1 to {MOST_PLACES} numbers from {low:g} to {high:g}")
    return found


def _q_of(table: QTable) -> tuple[Tensor, Tensor]:
    """Means (A,) and deviations (B, 1) of a table."""
    checked = _as_table(table)
    return checked.mean, checked.root_sd.square()[:, None]


def _as_table(table: Any) -> QTable:
    require_kind(table, "table", QTable, "a table of q_table")
    mean, root_sd = as_vector(table.mean, "mean"), as_vector(table.root_sd, "root_sd")
    rising = (min(len(mean), len(root_sd)) >= 4 and -2 * FARTHEST <= float(mean[0]) < float(mean[-1]) <= 2 * FARTHEST
              and 0.05 <= float(root_sd[0]) < float(root_sd[-1]) <= 10)
    if not rising:
        raise ArgumentError("table holds no rising means and deviations: give a table of q_table")
    reconstruction, kl = as_tensor(table.reconstruction, "reconstruction"), as_tensor(table.kl, "kl")
    if not reconstruction.shape == kl.shape == (len(root_sd), len(mean)):
        raise ArgumentError("the terms of table have other sizes than its axes: give a table of q_table")
    return QTable(mean, root_sd, reconstruction, kl, as_number(table.log_evidence, "log_evidence"),
                  as_number(table.error, "error"))


def interpolate(table: QTable, mean: Any, sd: Any) -> Interpolated:
    """The terms at q = N(mean, sd^2) by the cubic through four nodes in each direction: what a browser looks up.

    A q outside the table is moved to its edge. ArgumentError for a mean or sd that is no number, or sd <= 0.

    >>> from dgm import elbo
    >>> model = elbo.NormalModel()
    >>> found = elbo.interpolate(elbo.q_table(model, 2.0), 0.77, 0.61)
    >>> abs(found.bound - elbo.elbo(model, 2.0, elbo.Gaussian(0.77, 0.61)).bound) < 1e-3
    True
    """
    table = _as_table(table)
    at = (as_number(mean, "mean"), math.sqrt(as_number(sd, "sd", above=0)))
    columns, across = _four(table.mean, at[0])
    rows, along = _four(table.root_sd, at[1])
    reconstruction, kl = (float(along @ part[rows][:, columns] @ across) for part in (table.reconstruction, table.kl))
    bound = reconstruction - kl
    return Interpolated(bound, table.log_evidence - bound, reconstruction, kl)


def _four(axis: Tensor, value: float) -> tuple[slice, Tensor]:
    """The four nodes around a value, and their weights."""
    step = float(axis[-1] - axis[0]) / (len(axis) - 1)
    place = min(max((value - float(axis[0])) / step, 0.0), len(axis) - 1.0)
    cell = min(max(math.floor(place), 1), len(axis) - 3)
    return slice(cell - 1, cell + 3), cubic_weights(place - cell)


def cubic_weights(t: float) -> Tensor:
    """Weights (4,) of the nodes -1, 0, 1, 2 in the cubic through them at t."""
    return torch.tensor([-t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2, -(t + 1) * t * (t - 2) / 2,
                         (t + 1) * t * (t - 1) / 6], dtype=torch.float64)


def refined(values: Tensor, axis: int) -> Tensor:
    """Values on twice as many steps along an axis, by the same cubics: n nodes become 2 n - 1."""
    nodes = values.movedim(axis, -1)
    first, middle, last = (cubic_weights(t) for t in (-0.5, 0.5, 1.5))
    fine = nodes.new_empty((*nodes.shape[:-1], 2 * nodes.shape[-1] - 1))
    fine[..., ::2] = nodes
    fine[..., 3:-3:2] = nodes.unfold(-1, 4, 1) @ middle
    fine[..., 1], fine[..., -2] = nodes[..., :4] @ first, nodes[..., -4:] @ last
    return fine.movedim(-1, axis)


def _size(model: NormalModel, x: float, area: Area, forward: bool) -> tuple[Size, float]:
    """Nodes of the mean and of sqrt(sd), and the error that the cubics leave between them.

    Each direction is measured at all its midpoints, on SLICES values of the other one.
    """
    at, slices = torch.tensor(x, dtype=torch.float64), _axes(area, (SLICES, SLICES))
    found = [_enough(lambda mean, root: expected_log_likelihood(model, at, mean, root.square()[:, None]), area, slices),
             _kl_size((model.weights, model.means, model.sds), area)]
    if forward:
        posterior = _moments(model, x)
        found += [_enough(lambda mean, root: _forward(posterior, mean, root.square()[:, None]), area, slices,
                          FORWARD_WHOLE)]
    columns, rows = (max(size[axis] for size, _ in found) for axis in (0, 1))
    error = sum(max(errors[axis] for _, errors in found) for axis in (0, 1))
    if columns * rows > MOST_CELLS:
        raise ArgumentError(TOO_STEEP)
    return (columns, rows), BESIDE * error


@lru_cache(maxsize=64)
def _kl_size(prior: Prior, area: Area) -> tuple[Size, Errors]:
    model = NormalModel(*prior)
    return _enough(lambda mean, root: _kl_at(model, mean, root.square()), area, _axes(area, (SLICES, SLICES)))


def _enough(terms: Callable[[Tensor, Tensor], Tensor], area: Area, slices: tuple[Tensor, Tensor],
            whole: float = math.inf) -> tuple[Size, Errors]:
    """Nodes of both axes for which the errors at the midpoints are small enough, and the errors.

    whole: from this value on an error counts in proportion to the value.
    """
    columns, first = _enough_along(lambda n: terms(_axes(area, (n, n))[0], slices[1]), SMALLEST[0], 1, whole)
    rows, second = _enough_along(lambda n: terms(slices[0], _axes(area, (n, n))[1]), SMALLEST[1], 0, whole)
    return (columns, rows), (first, second)


def _enough_along(terms: Callable[[int], Tensor], count: int, axis: int, whole: float) -> tuple[int, float]:
    for _ in range(TRIES):
        fine = terms(2 * count - 1)
        coarse = fine[:, ::2] if axis else fine[::2]
        error = float(((refined(coarse, axis) - fine).abs() / (fine.abs() / whole).clamp(min=1)).max())
        if error < TOLERANCE / 2:
            return count, error
        count = math.ceil(count * min((3 * error / TOLERANCE) ** 0.25, 4.0))    # the error falls with step^4
        if count > MOST_CELLS // SMALLEST[1]:
            break
    raise ArgumentError(TOO_STEEP)


def _axes(area: Area, size: Size) -> tuple[Tensor, Tensor]:
    low, high, narrowest, widest = area
    return (torch.linspace(low, high, size[0], dtype=torch.float64),
            torch.linspace(math.sqrt(narrowest), math.sqrt(widest), size[1], dtype=torch.float64))


@lru_cache(maxsize=16)
def _kl(prior: Prior, area: Area, size: Size) -> Tensor:
    """(B, A): KL(q, p(z)); it is the same for every x and every likelihood."""
    with torch.inference_mode(False):
        mean, root_sd = _axes(area, size)
        return _kl_at(NormalModel(*prior), mean, root_sd.square())


def _kl_at(model: NormalModel, mean: Tensor, sd: Tensor) -> Tensor:
    """(B, A): KL(q, p(z))."""
    if len(model.weights) == 1:
        return kl_to_prior(model, mean, sd[:, None])
    return (-entropy(sd)[:, None] - _smoothed_log_prior(model, mean, sd)).clamp(min=0)


def _smoothed_log_prior(model: NormalModel, mean: Tensor, sd: Tensor) -> Tensor:
    """(B, A): E log p(z) under N(mean_a, sd_b^2): one list of log p(z) on equal steps, and one kernel for each sd."""
    step, widest = float(mean[-1] - mean[0]) / (len(mean) - 1), float(sd[-1])
    wanted = max(min(0.5 * float(sd[0]), 0.3 * sharpness(model)), 2 * REACH * widest / FINEST)
    share = math.ceil(step / wanted)                      # of the list's steps in one step of the mean
    fine = step / share
    reach = math.ceil(REACH * widest / fine)
    z = mean[0] + fine * torch.arange(-reach, share * (len(mean) - 1) + reach + 1, dtype=torch.float64)
    offsets = fine * torch.arange(-reach, reach + 1, dtype=torch.float64)
    kernels = torch.softmax(-0.5 * (offsets[:, None] / sd).square(), 0)
    windows = model.log_prior(z).unfold(0, 2 * reach + 1, share)
    rows = max(MOST_VALUES // (2 * reach + 1), 1)
    return torch.cat([part @ kernels for part in torch.split(windows, rows)]).T


def _as_area(low: Any, high: Any, narrowest: Any, widest: Any) -> Area:
    a, b = as_number(low, "low", -FARTHEST, FARTHEST), as_number(high, "high", -FARTHEST, FARTHEST)
    s, t = (as_number(value, name, NARROWEST, WIDEST) for value, name in ((narrowest, "narrowest"), (widest, "widest")))
    if b - a < NARROWEST or t < 1.01 * s:
        raise ArgumentError(f"no q lies in means from {a:g} to {b:g} and deviations from {s:g} to {t:g}: choose low "
                            "below high and narrowest below widest")
    return a, b, s, t
