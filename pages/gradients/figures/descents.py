"""The distance from the best J along the descents with each gradient."""

import numpy as np

from dgm.gradients.descent import Comparison, Trajectory, median_hitting_time
from pages.gradients.figures import styles
from pages.gradients.figures.axes import as_float32, set_log_range
from pages.gradients.notation import short
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

BANDS = ((0, 4, 0.12, "10% to 90%"), (1, 3, 0.22, "25% to 75%"))     # rows of the quantiles, opacity, name
MEDIAN = 2
LEAST, MOST = 1e-6, 1e30                 # distances that are drawn: a run that overflows leaves the frame at the top
FLOOR = 1e-5                             # the lower end of the axis


def comparison(found: Comparison, palette: Palette = LIGHT) -> Figure:
    """Quantile bands (10% to 90%, 25% to 75%) and the median of J - J* over the repeats, step by step."""
    fig = theme.figure(palette, x="step", y="distance from the best J, nats")
    for trajectory in found.trajectories:
        _add_trajectory(fig, trajectory, palette)
    # Words on the line would stand in the bands: the legend has them.
    steps = found.trajectories[0].bands.shape[1] - 1
    fig.add_scatter(x=as_float32([0, steps]), y=as_float32([found.accuracy] * 2), mode="lines",
                    name="accuracy asked for", line={"color": palette.ink, "dash": "dot", "width": 1}, hoverinfo="skip")
    medians = [as_float32(trajectory.bands[MEDIAN]) for trajectory in found.trajectories]
    high = [float(v) for median in medians for v in (np.nanmedian(median), median[0]) if v < 1e30]
    set_log_range(fig, "y", FLOOR, max([*high, 1e-3]) * 1e3)
    return fig


def _add_trajectory(fig: Figure, trajectory: Trajectory, palette: Palette) -> None:
    name = trajectory.name
    finite = np.nan_to_num(np.asarray(trajectory.bands), nan=MOST, posinf=MOST)
    bands = np.clip(finite, LEAST, MOST).astype(np.float32)
    step = np.arange(bands.shape[1], dtype=np.float32)
    for low, high, opacity, share in BANDS:
        fig.add_scatter(x=np.concatenate([step, step[::-1]]), y=np.concatenate([bands[high], bands[low][::-1]]),
                        fill="toself", fillcolor=styles.faint(name, palette, opacity), line={"width": 0},
                        hoverinfo="skip", showlegend=False, mode="lines", legendgroup=name,
                        name=f"{name}, {share} of the repeats")
    fig.add_scatter(x=step, y=bands[MEDIAN], mode="lines", name=name, line=styles.line(name, palette), legendgroup=name)


def comparison_alt(found: Comparison) -> str:
    """Median steps to the accuracy and the final medians."""
    each = "; ".join(f"{trajectory.name}: median {short(float(trajectory.bands[MEDIAN, -1]))} at the end, "
                     f"{_steps(median_hitting_time(trajectory))} to within {found.accuracy:g} nats"
                     for trajectory in found.trajectories)
    return f"Distance from the best J in nats over the steps, with bands over repeats. {each}."


def _steps(hitting_time: float) -> str:
    return "more than half never came" if np.isinf(hitting_time) else f"{hitting_time:.0f} steps"
