"""Figures of the gradient lab that show runs and wholes: races, variance splits, discrete latents, prices, training."""

from collections.abc import Mapping, Sequence

import numpy as np

from dgm.gradients import Estimate, Gaussian
from dgm.gradients.batch_noise import VarianceSplit
from dgm.gradients.descent import Comparison, median_hitting_time
from dgm.gradients.sweeps import WorkNormalised
from pages.gradients.figures.variance import f32, hatched, line_of, log_axis, look, marker_of, short
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette


def race(r: Comparison, palette: Palette = LIGHT) -> Figure:
    """Quantile bands (10-90 %, 25-75 %) and the median of J - J* over the repeats, step by step."""
    fig = theme.figure(palette, x="step", y="distance from the best objective")
    for path in r.trajectories:
        bands = np.maximum(f32(path.bands), 1e-6)
        step = np.arange(bands.shape[1], dtype=np.float32)
        colour = look(path.name)[0]
        for low, high, alpha in ((0, 4, 0.12), (1, 3, 0.22)):
            fig.add_scatter(x=np.concatenate([step, step[::-1]]), y=np.concatenate([bands[high], bands[low][::-1]]),
                            fill="toself", fillcolor=palette.faint(colour, alpha), line={"width": 0}, hoverinfo="skip",
                            showlegend=False, mode="lines", legendgroup=path.name)
        fig.add_scatter(x=step, y=bands[2], mode="lines", name=path.name, line=line_of(path.name, palette),
                        legendgroup=path.name)
    # Words on the line would stand in the bands: the legend has them.
    fig.add_scatter(x=f32([0, r.trajectories[0].bands.shape[1] - 1]), y=f32([r.accuracy] * 2), mode="lines",
                    name="accuracy asked for", line={"color": palette.ink, "dash": "dot", "width": 1}, hoverinfo="skip")
    medians = [f32(path.bands[2]) for path in r.trajectories]
    seen = [float(v) for median in medians for v in (np.nanmedian(median), median[0]) if v < 1e30]
    log_axis(fig, "y", (), bounds=(1e-5, max([*seen, 1e-3]) * 1e3))
    return fig


def race_alt(r: Comparison) -> str:
    """Median steps to the accuracy and the final medians."""
    paths = "; ".join(f"{path.name}: median {short(float(path.bands[2, -1]))} at the end, "
                      f"{_steps(median_hitting_time(path))} to within {r.accuracy:g}" for path in r.trajectories)
    return f"Distance from the best objective over the steps, with bands over repeats. {paths}."


def _steps(hit: float) -> str:
    return "more than half never came" if np.isinf(hit) else f"{hit:.0f} steps"


SPLIT = (("batch part (which i)", "reconstruction"), ("Monte Carlo part (which z)", "kl"))   # name, meaning


def split(parts: Mapping[str, VarianceSplit], batch_size: int = 1, draws: int = 1, palette: Palette = LIGHT) -> Figure:
    """Bars of the exact variance side by side: the batch part and, hatched, the Monte Carlo part."""
    fig = theme.figure(palette, x="variance, summed over entries", barmode="group", height=100 + 70 * len(parts))
    totals = [part.total(batch_size, draws) for part in parts.values()]
    values = [value for total in totals for value in total if value > 0] or [1.0]
    low, high = min(values) / 3, max(values)
    for i, (label, meaning) in enumerate(SPLIT):
        fig.add_bar(x=f32([t[i] if t[i] > 0 else low for t in totals]), y=[broken(name) for name in parts], name=label,
                    orientation="h", marker=theme.pattern(meaning, palette), text=[short(t[i]) for t in totals],
                    textposition="outside", cliponaxis=False)
    log_axis(fig, "x", (), bounds=(low, high * (high / low) ** 0.25))
    return fig.update_yaxes(autorange="reversed")


def split_alt(parts: Mapping[str, VarianceSplit], batch_size: int = 1, draws: int = 1) -> str:
    """The two parts of every bar."""
    sizes = {name: part.total(batch_size, draws) for name, part in parts.items()}
    bars = "; ".join(f"{name}: batch part {short(b)}, Monte Carlo part {short(m)}" for name, (b, m) in sizes.items())
    return f"Exact variance for batches of {batch_size} with {draws} draws each. {bars}."


def rules(found: Gaussian, right: Gaussian, n: float, palette: Palette = LIGHT, printed: bool = True) -> Figure:
    """Where a rule and the bound lead q, with the prior, for n copies of one point."""
    fig = theme.figure(palette, x="z", y="density")
    z = np.linspace(-3, 4, 400, dtype=np.float32)
    for q, name, meaning, dash in ((Gaussian(0.0, 1.0), "prior", "prior", "dot"),
                                   (right, "posterior", "posterior", "solid"),
                                   (found, f"q, {_rule(n, printed)}", "q", "dash")):
        density = np.exp(-((z - q.mu) ** 2) / (2 * q.sigma**2)) / (q.sigma * np.sqrt(2 * np.pi))
        fig.add_scatter(x=z, y=f32(density), mode="lines", name=name,
                        line={"color": palette[meaning], "dash": dash, "width": 2.4})
    return fig


def _rule(n: float, printed: bool) -> str:
    return f"as printed, n = {n:g}: KL weighted 1/{n:g}" if printed else f"n = {n:g} on both terms"


def rules_alt(found: Gaussian, right: Gaussian, n: float, printed: bool = True) -> str:
    """Both densities as numbers."""
    return (f"q, {_rule(n, printed)}, ends at N({found.mu:.3g}, {found.sigma**2:.3g}); the posterior is "
            f"N({right.mu:.3g}, {right.sigma**2:.3g}).")


def categories(found: Mapping[str, Estimate], exact: np.ndarray, palette: Palette = LIGHT) -> Figure:
    """Mean gradient per logit with two standard errors, beside the exact one: bias is what the bars do not cover."""
    fig = theme.figure(palette, x="category", y="gradient in its logit")
    labels = np.arange(1, len(exact) + 1, dtype=np.float32)
    width = 0.7 / max(len(found), 1)
    for i, value in enumerate(f32(exact)):
        fig.add_scatter(x=f32([labels[i] - 0.42, labels[i] + 0.42]), y=f32([value, value]), mode="lines",
                        line=theme.line("evidence", palette, 2), name="exact", showlegend=i == 0)
    for i, (name, estimate) in enumerate(found.items()):
        at = labels - 0.35 + (i + 0.5) * width
        fig.add_scatter(x=at, y=f32(estimate.mean), mode="markers", name=name, marker=marker_of(name, palette, 9),
                        error_y={"array": f32(2 * estimate.mean_error), "thickness": 1.5, "width": 3})
    fig.update_xaxes(tickmode="array", tickvals=labels)
    return fig


def categories_alt(found: Mapping[str, Estimate], exact: np.ndarray) -> str:
    """The largest deviation of each estimator in standard errors."""
    gaps = "; ".join(f"{name}: at most {np.abs(f32(e.mean) - f32(exact)).max():.3g} from exact"
                     for name, e in found.items())
    return f"Mean gradients per logit with two standard errors beside the exact gradient. {gaps}."


def prices(found: Sequence[WorkNormalised], parameter: str = "mu", per: str = "evaluation",
           palette: Palette = LIGHT) -> Figure:
    """Variance times what a sample costs, per evaluation of f or per second; shorter is better."""
    column = ("mu", "sigma").index(parameter)
    values = [float((p.per_evaluation if per == "evaluation" else p.per_second)[column]) for p in found]
    unit = "variance × evaluations" if per == "evaluation" else "variance × seconds"
    fig = theme.figure(palette, x=unit, height=60 + 40 * len(found))
    drawn = [v for v in values if 0 < v < np.inf] or [1.0]
    low, high = min(drawn) / 3, max(drawn)
    hatches = ["/" if look(p.name)[0] == "baseline" else "" for p in found]
    fig.add_bar(x=f32([v if v > 0 else low for v in values]), y=[broken(p.name) for p in found], orientation="h",
                text=[short(v) for v in values], textposition="outside", showlegend=False, cliponaxis=False,
                marker=hatched([palette[look(p.name)[0]] for p in found], hatches, palette))
    log_axis(fig, "x", (), bounds=(low, high * (high / low) ** 0.25))
    fig.update_yaxes(autorange="reversed")
    return fig


def broken(name: str) -> str:
    """A long name on two lines, for the side of bars."""
    return name.replace(" + ", "<br>+ ").replace(", ", ",<br>")


def prices_alt(found: Sequence[WorkNormalised], parameter: str = "mu", per: str = "evaluation") -> str:
    """Every bar as a number."""
    column = ("mu", "sigma").index(parameter)
    bars = "; ".join(f"{p.name} {short(float((p.per_evaluation if per == 'evaluation' else p.per_second)[column]))}"
                     for p in found)
    return f"Variance of the gradient in {parameter} times cost per {per}, lower is better: {bars}."


def bounds(values: Mapping[str, np.ndarray], steps: np.ndarray, palette: Palette = LIGHT) -> Figure:
    """The held-out bound of the same VAE trained by each estimator."""
    fig = theme.figure(palette, x="training step", y="bound on held-out images, nats")
    for name, curve in values.items():
        fig.add_scatter(x=f32(steps), y=f32(curve), mode="lines+markers", name=name, line=line_of(name, palette),
                        marker=marker_of(name, palette, 6))
    return fig


def bounds_alt(values: Mapping[str, np.ndarray], steps: np.ndarray) -> str:
    """Where each run stands."""
    ends = "; ".join(f"{name} {float(curve[-1]):.1f}" for name, curve in values.items())
    return f"Held-out bound in nats per image at step {int(steps[-1])}, trained by each gradient: {ends}."


def signal(ratios: Mapping[str, np.ndarray], steps: np.ndarray, layers: Sequence[str], layer: int,
           palette: Palette = LIGHT) -> Figure:
    """Signal-to-noise ratio of grad_phi of one layer along training, (layers, steps) for each estimator."""
    fig = theme.figure(palette, x="training step", y=f"signal-to-noise ratio, {layers[layer]}")
    for name, values in ratios.items():
        fig.add_scatter(x=f32(steps), y=np.maximum(f32(values)[layer], 1e-6), mode="lines+markers", name=name,
                        line=line_of(name, palette), marker=marker_of(name, palette))
    log_axis(fig, "y", np.concatenate([[1.0], *(np.maximum(f32(v)[layer], 1e-6) for v in ratios.values())]))
    return fig.add_hline(1.0, line={"color": palette.ink, "dash": "dot", "width": 1}, text="as much noise as signal",
                         right=False)


def signal_alt(ratios: Mapping[str, np.ndarray], steps: np.ndarray, layers: Sequence[str], layer: int) -> str:
    """First and last ratio of each estimator."""
    ends = "; ".join(f"{name} from {short(float(v[layer][0]))} to {short(float(v[layer][-1]))}"
                     for name, v in ratios.items())
    return (f"Signal-to-noise ratio of one mini-batch gradient of {layers[layer]} from step {int(steps[0])} to "
            f"{int(steps[-1])}: {ends}.")


__all__ = ["bounds", "bounds_alt", "categories", "categories_alt", "prices", "prices_alt", "race", "race_alt", "rules",
           "rules_alt", "signal", "signal_alt", "split", "split_alt"]
