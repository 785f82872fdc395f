"""Two kinds of noise in a mini-batch's gradient, the slide's n, and the two VAEs while they train."""

from collections.abc import Mapping

import numpy as np

from dgm.gaussian import LOG_2PI
from dgm.gradients import Gaussian
from dgm.gradients.batch_noise import VarianceSplit
from pages.gradients.figures import styles
from pages.gradients.figures.axes import as_float32, set_bar_range, set_log_axis, two_lines
from pages.gradients.notation import short
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

PARTS = (("batch part (which i)", "data"), ("Monte Carlo part (which z)", "kl"))   # name, meaning
BOUND = "bound on held-out images, nats"
LEAST_RATIO = 1e-6      # that a logarithmic axis shows
Curves = Mapping[str, np.ndarray]     # of each estimator, (T,) along the training steps


def splits(found: Mapping[str, VarianceSplit], batch_size: int = 1, draws: int = 1,
           palette: Palette = LIGHT) -> Figure:
    """Bars of the exact variance side by side: the batch part and, hatched, the Monte Carlo part."""
    fig = theme.figure(palette, x="variance (logarithmic)",
                       barmode="group", height=100 + 70 * len(found))
    totals = [split.total(batch_size, draws) for split in found.values()]
    lengths = set_bar_range(fig, [value for total in totals for value in total])
    for i, (name, meaning) in enumerate(PARTS):
        fig.add_bar(x=as_float32(lengths[i::2]), y=[two_lines(row) for row in found], name=name, orientation="h",
                    marker=theme.pattern(meaning, palette), text=[short(total[i]) for total in totals],
                    textposition="outside", cliponaxis=False)
    return fig.update_yaxes(autorange="reversed")


def splits_alt(found: Mapping[str, VarianceSplit], batch_size: int = 1, draws: int = 1) -> str:
    """The two parts of every bar."""
    totals = {name: split.total(batch_size, draws) for name, split in found.items()}
    bars = "; ".join(f"{name}: batch part {short(batch)}, Monte Carlo part {short(monte_carlo)}"
                     for name, (batch, monte_carlo) in totals.items())
    return f"Exact variance for batches of {batch_size} with {draws} draws each. {bars}."


def rules(found: Gaussian, posterior: Gaussian, n: float, palette: Palette = LIGHT, printed: bool = True) -> Figure:
    """The q that training ends with by a rule and by the bound, and the prior, for n copies of one point."""
    fig = theme.figure(palette, x="z", y="density")
    z = np.linspace(-3, 4, 400, dtype=np.float32)
    for q, name, meaning, dash in ((Gaussian(0.0, 1.0), "prior", "prior", "dot"),
                                   (posterior, "posterior", "posterior", "solid"),
                                   (found, f"q, {_rule(n, printed)}", "q", "dash")):
        density = np.exp(-((z - q.mu) ** 2) / (2 * q.sigma**2) - LOG_2PI / 2) / q.sigma
        fig.add_scatter(x=z, y=as_float32(density), mode="lines", name=name,
                        line={"color": palette[meaning], "dash": dash, "width": 2.4})
    return fig


def _rule(n: float, printed: bool) -> str:
    return f"as printed, n = {n:g}: KL weighted 1/{n:g}" if printed else f"n = {n:g} on both terms"


def rules_alt(found: Gaussian, posterior: Gaussian, n: float, printed: bool = True) -> str:
    """Both densities as numbers."""
    end, exact = (f"N({written(q.mu, '.3g')}, {written(q.sigma**2, '.3g')})" for q in (found, posterior))
    return f"q, {_rule(n, printed)}, ends at {end}; the posterior is {exact}."


def bounds(curves: Curves, steps: np.ndarray, palette: Palette = LIGHT) -> Figure:
    """The held-out bound of the same VAE trained by each estimator."""
    return _training(curves, steps, BOUND, palette)


def covered_bounds(steps: np.ndarray, palette: Palette = LIGHT) -> Figure:
    """The axes of the bounds without the curves, while the page asks for them."""
    fig = theme.figure(palette, x="training step", y=BOUND)
    fig.add_annotation(text="Which ends higher? <br>Answer below, or train.", x=0.5, y=0.5, xref="paper", yref="paper",
                       showarrow=False, font={"size": 15})
    return fig.update_xaxes(range=[0, float(steps[-1])]).update_yaxes(range=[0, 1], showticklabels=False)


def _training(curves: Curves, steps: np.ndarray, title: str, palette: Palette) -> Figure:
    fig = theme.figure(palette, x="training step", y=title)
    for name, curve in curves.items():
        fig.add_scatter(x=as_float32(steps), y=as_float32(curve), mode="lines+markers", name=name,
                        line=styles.line(name, palette), marker=styles.marker(name, palette, 6))
    return fig


def bounds_alt(curves: Curves, steps: np.ndarray) -> str:
    """The bound of each run at the last step."""
    ends = "; ".join(f"{name} {written(float(curve[-1]), '.1f')}" for name, curve in curves.items())
    return f"Held-out bound in nats per image at step {int(steps[-1])}, trained by each gradient: {ends}."


def signal(ratios: Curves, steps: np.ndarray, layer: str, palette: Palette = LIGHT) -> Figure:
    """Signal-to-noise ratio of grad_phi of one layer along training."""
    drawn = {name: np.maximum(curve, LEAST_RATIO) for name, curve in ratios.items()}
    fig = _training(drawn, steps, f"signal-to-noise ratio, {layer}", palette)
    set_log_axis(fig, "y", np.concatenate([[1.0], *drawn.values()]))
    ends = as_float32([steps[0], steps[-1]])
    return fig.add_scatter(x=ends, y=as_float32([1.0, 1.0]), mode="lines", name="as much noise as signal",
                           line={"color": palette.ink, "dash": "dot", "width": 1}, hoverinfo="skip")


def signal_alt(ratios: Curves, steps: np.ndarray, layer: str) -> str:
    """First and last ratio of each estimator."""
    ends = "; ".join(f"{name} from {short(float(curve[0]))} to {short(float(curve[-1]))}"
                     for name, curve in ratios.items())
    return (f"Signal-to-noise ratio of one mini-batch gradient of {layer} from step {int(steps[0])} to "
            f"{int(steps[-1])}: {ends}.")
