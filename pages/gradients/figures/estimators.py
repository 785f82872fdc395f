"""Single gradients of two estimators, and the errors of their running means."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pages.gradients.figures import styles
from pages.gradients.figures.axes import SYMBOLS, as_float32, set_log_axis, set_log_range, two_lines
from pages.gradients.notation import short
from ui.figures import spec, theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

CURVE_POINTS = 120     # of a running mean
HEIGHT = 340


def single_gradients(gradients: Mapping[str, np.ndarray], pair: Sequence[str], mean: float,
                     deviations: Mapping[str, float], parameter: str = "mu", palette: Palette = LIGHT) -> Figure:
    """Single-sample gradients of two estimators against their sample number, on one y axis: equal numbers, equal eps.

    gradients: name -> (S,), of every name in `pair`. The exact gradient is the line, one exact deviation to each side
    the band.
    """
    drawn = [as_float32(gradients[name]) for name in pair]
    half_height = _half_height(drawn, mean, deviations.values())
    outside = [int((np.abs(g - mean) > half_height).sum()) for g in drawn]
    fig = theme.figure(palette, x="sample", y=f"gradient in {SYMBOLS[parameter]}", height=HEIGHT,
                       margin={"t": 72 if any(outside) else 56})    # lines of the titles
    fig.split([1] * len(pair), gap=0.04, shared_y=True,
              titles=[_title(name, deviations[name], beyond) for name, beyond in zip(pair, outside, strict=True)])
    for panel, (name, g) in enumerate(zip(pair, drawn, strict=True), 1):
        number = np.arange(1, len(g) + 1, dtype=np.float32)
        fig.add_scatter(x=number, y=g, mode="markers", name=name, showlegend=False, **spec.on(panel),
                        marker={**styles.marker(name, palette, 4), "opacity": 0.65},
                        hovertemplate="sample %{x}: %{y:.3g}<extra></extra>")
        _add_exact(fig, panel, mean, deviations[name], styles.faint(name, palette, 0.2), palette)
    return fig.update_yaxes(range=[mean - half_height, mean + half_height])


def _title(name: str, deviation: float, outside: int) -> str:
    beyond = f" <br>{outside} off the axis" if outside else ""
    return f"<b>{two_lines(name)}</b> <br>deviation {short(deviation)}{beyond}"


def _add_exact(fig: Figure, panel: int, mean: float, deviation: float, colour: str, palette: Palette) -> None:
    """The exact gradient as a line and, where it is finite, the exact deviation as a band around it."""
    if np.isfinite(deviation):
        fig.add_hrect(mean - deviation, mean + deviation, panel=panel, line={"width": 0}, layer="below",
                      fillcolor=colour, name="exact gradient ± exact deviation")
    fig.add_hline(mean, panel=panel, line=theme.line("evidence", palette, 2), name="exact gradient")


def _half_height(gradients: Sequence[np.ndarray], mean: float, deviations: Iterable[float]) -> float:
    """Half the height of the frame: 99 of 100 of the widest dots, and every band."""
    bands = [1.6 * deviation for deviation in deviations if np.isfinite(deviation)]
    widest = max(float(np.quantile(np.abs(g - mean), 0.99)) for g in gradients)
    return max([widest * 1.1, *bands, 1e-12])


def single_gradients_alt(mean: float, deviations: Mapping[str, float], parameter: str = "mu") -> str:
    """What the dots show, with its numbers."""
    spread = "; ".join(f"{name}: {short(deviation)}" for name, deviation in deviations.items())
    return (f"Single-sample gradients in {SYMBOLS[parameter]} from the same noise. The exact gradient is "
            f"{short(mean)}; exact standard deviations are {spread}.")


def running_means(errors: Mapping[str, np.ndarray], deviations: Mapping[str, float],
                  palette: Palette = LIGHT) -> Figure:
    """|running mean - exact| for repeats (R, S) of each estimator, with the exact deviation / sqrt(K)."""
    fig = theme.figure(palette, x="samples K", y="error of the mean", height=300)
    curves = {name: as_float32(error) for name, error in errors.items()}
    for name, curve in curves.items():
        _add_repeats(fig, name, curve, palette)
        if np.isfinite(deviations[name]) and deviations[name] > 0:
            ends = as_float32([1, curve.shape[1]])
            fig.add_scatter(x=ends, y=as_float32(deviations[name] / np.sqrt(ends)), mode="lines",
                            name=f"{name}, exact deviation", line={**styles.line(name, palette, 3), "dash": "dash"})
    set_log_axis(fig, "x", [1, max(curve.shape[1] for curve in curves.values())])
    high = float(np.quantile(np.concatenate([curve[:, 9:].ravel() for curve in curves.values()]), 0.99))
    top = max([*(float(deviation) for deviation in deviations.values() if np.isfinite(deviation)), high, 1e-9])
    set_log_range(fig, "y", top * 1e-5, top * 4)
    return fig


def _add_repeats(fig: Figure, name: str, curve: np.ndarray, palette: Palette) -> None:
    """The repeats (R, S) as one trace with gaps, at CURVE_POINTS of K."""
    repeats, samples = curve.shape
    at = np.unique(np.geomspace(1, samples, CURVE_POINTS).astype(int))
    x = np.tile(np.append(at, np.nan), repeats).astype(np.float32)
    y = np.column_stack([curve[:, at - 1], np.full(repeats, np.nan, np.float32)]).ravel()
    fig.add_scatter(x=x, y=y, mode="lines", line={**styles.line(name, palette, 1), "dash": "solid"}, opacity=0.35,
                    name=f"{name}, {repeats} repeats", hoverinfo="skip")


def running_means_alt(deviations: Mapping[str, float], samples: int, biases: Mapping[str, float] | None = None) -> str:
    """The expected distances after `samples` samples. biases: of the biased estimators, what stays of the distance."""
    def end(name: str, deviation: float) -> str:
        if biases and name in biases:
            return f"{name} is biased, its distance goes to {short(biases[name])}"
        if not np.isfinite(deviation):
            return f"{name} has an infinite variance, so its means do not settle"
        return f"{name} has the exact deviation {short(deviation / samples**0.5)}, which falls like 1/√K"

    return (f"Distance of the means of K samples from the exact gradient. At K = {samples}: "
            f"{'; '.join(end(*each) for each in deviations.items())}.")
