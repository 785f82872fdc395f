"""Variances along one setting with their crossings, and variance times the cost of a sample."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from dgm.gradients.sweeps import PARAMETERS, Crossing, Sweep, WorkNormalised
from pages.gradients.figures import styles
from pages.gradients.figures.axes import SYMBOLS, as_float32, set_bar_range, set_log_axis, two_lines
from pages.gradients.notation import short
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

ROUNDING = 1e-13     # of the largest variance at the same place


def sweep(swept: Sweep, parameter: str = "mu", crossings: Sequence[Crossing] = (), palette: Palette = LIGHT) -> Figure:
    """Exact variance curves with Monte Carlo dots (two standard errors) and rings where curves cross."""
    column = PARAMETERS.index(parameter)
    fig = theme.figure(palette, x=SYMBOLS[swept.axis], y=f"variance of the gradient in {SYMBOLS[parameter]}",
                       height=400 + 20 * len(swept.names))
    x, fine = as_float32(swept.values), as_float32(swept.fine_values)
    fine_exact = _unrounded(swept.fine_exact[:, :, column])
    zero = without_variance(swept, parameter)
    for row, name in enumerate(swept.names):
        if name in zero:
            continue
        fig.add_scatter(x=fine, y=_positive(fine_exact[row]), mode="lines",
                        name=_marked(name, name in swept.biased), legendgroup=name, line=styles.line(name, palette))
        fig.add_scatter(x=x, y=_positive(swept.sampled[row, :, column]), mode="markers", legendgroup=name,
                        showlegend=False, marker=styles.marker(name, palette, 6), name=f"{name}, Monte Carlo",
                        error_y={"array": as_float32(2 * swept.error[row, :, column]), "thickness": 1, "width": 0})
    _add_rings(fig, SYMBOLS[swept.axis], _in_parameter(crossings, parameter), palette)
    set_log_axis(fig, "y", fine_exact)
    if swept.axis != "mu":
        set_log_axis(fig, "x", swept.values)
    return fig


def _unrounded(variances: Tensor) -> np.ndarray:
    """Variances (E, V) as they are, and 0 for those that are only rounding beside the largest of the same place."""
    found = np.asarray(variances, dtype=np.float64)
    largest = np.where(np.isfinite(found), found, 0.0).max(0)
    return np.where(found <= ROUNDING * largest, 0.0, found)


def without_variance(swept: Sweep, parameter: str) -> list[str]:
    """Estimators that have no variance anywhere: a logarithmic axis does not show them."""
    found = _unrounded(swept.fine_exact[:, :, PARAMETERS.index(parameter)])
    return [name for name, row in zip(swept.names, found, strict=True) if not row.any()]


def _marked(name: str, biased: bool) -> str:
    return f"{name} (biased)" if biased else name


def _positive(values: object) -> np.ndarray:
    """What a logarithmic axis can show; nan elsewhere."""
    found = as_float32(values)
    return np.where(found > 0, found, np.nan)


def _in_parameter(crossings: Sequence[Crossing], parameter: str) -> list[Crossing]:
    return [crossing for crossing in crossings if crossing.parameter == parameter]


def _add_rings(fig: Figure, symbol: str, crossings: Sequence[Crossing], palette: Palette) -> None:
    for crossing in crossings:     # their places stand in the legend: texts beside them would lie on the curves
        fig.add_scatter(x=as_float32([crossing.at]), y=as_float32([crossing.variance]), mode="markers",
                        marker={"color": palette.ink, "symbol": "circle-open", "size": 14, "line": {"width": 2}},
                        name=f"crossing at {symbol} = {crossing.at:.3g}")


def sweep_alt(swept: Sweep, parameter: str = "mu", crossings: Sequence[Crossing] = ()) -> str:
    """First and last variance of every estimator and the crossings."""
    column = PARAMETERS.index(parameter)
    ends = "; ".join(f"{_marked(name, name in swept.biased)} from {short(float(swept.exact[i, 0, column]))} to "
                     f"{short(float(swept.exact[i, -1, column]))}" for i, name in enumerate(swept.names))
    axis = SYMBOLS[swept.axis]
    at = ", ".join(f"{axis} = {written(crossing.at, '.3g')}" for crossing in _in_parameter(crossings, parameter))
    low, high = (written(float(swept.values[end]), ".3g") for end in (0, -1))
    return (f"Exact variance of the gradient in {SYMBOLS[parameter]} for {axis} from {low} to {high}: {ends}. "
            + (f"Curves cross at {at}." if at else "No curves cross."))


def costs(found: Sequence[WorkNormalised], parameter: str = "mu", palette: Palette = LIGHT) -> Figure:
    """Variance times evaluations of f; shorter is better.

    A biased estimator has a bar of no length and its bias beside it: its variance is not its error.
    """
    values = [0.0 if one.biased else value for one, value in zip(found, _costs(found, parameter), strict=True)]
    texts = [_bias(one, parameter) if one.biased else short(value) for one, value in zip(found, values, strict=True)]
    fig = theme.figure(palette, x="variance × evaluations", height=60 + 40 * len(found))
    hatches = ["/" if styles.STYLES[one.name].meaning == "baseline" else "" for one in found]
    fig.add_bar(x=as_float32(set_bar_range(fig, values)), y=[two_lines(one.name) for one in found], orientation="h",
                text=texts, textposition="outside", showlegend=False, cliponaxis=False,
                marker=styles.bars([styles.colour(one.name, palette) for one in found], hatches, palette))
    return fig.update_yaxes(autorange="reversed")


def _costs(found: Sequence[WorkNormalised], parameter: str) -> list[float]:
    """Variance times evaluations, and 0 for one that is only rounding."""
    column = PARAMETERS.index(parameter)
    values = _unrounded(torch.stack([one.per_evaluation[column] for one in found])[:, None])
    return [float(value) for value in values[:, 0]]


def _bias(one: WorkNormalised, parameter: str) -> str:
    return f"biased by {short(float(one.bias[PARAMETERS.index(parameter)]))}, not ranked"


def costs_alt(found: Sequence[WorkNormalised], parameter: str = "mu") -> str:
    """Every bar as a number."""
    bars = "; ".join(f"{one.name} {_bias(one, parameter) if one.biased else short(value)}"
                     for one, value in zip(found, _costs(found, parameter), strict=True))
    return f"Variance of the gradient in {SYMBOLS[parameter]} times evaluations of f, lower is better: {bars}."
