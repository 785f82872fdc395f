"""Figures of the gradient lab: single gradients, their terms, running means, variance against a setting."""

from collections.abc import Mapping, Sequence

import numpy as np

from dgm.gradients import ESTIMATORS, Estimator
from dgm.gradients.sweeps import Crossing, Sweep
from dgm.gradients.variance_terms import Expansion
from ui.figures import spec, theme
from ui.figures.spec import Figure
from ui.figures.theme import CLASS_MARKERS, LIGHT, TONES, Palette

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MEANINGS = {"log-derivative": "log-derivative", "reparametrization": "reparametrization", "measure-valued": "posterior"}
MARKS: dict[str, tuple[str, str]] = {      # name -> (marker, dash)
    "log-derivative": ("circle", "solid"),
    "log-derivative + constant baseline": ("square-open", "dot"),
    "log-derivative + mean baseline": ("circle-open", "dash"),
    "log-derivative + best baseline": ("star-open", "longdash"),
    "log-derivative + moving-average baseline": ("triangle-up-open", "dashdot"),
    "log-derivative + leave-one-out": ("hexagon-open", "longdashdot"),
    "log-derivative, antithetic": ("cross-open", "dot"),
    "reparametrization": ("diamond", "solid"),
    "reparametrization, antithetic": ("diamond-open", "dash"),
    "sticking the landing": ("triangle-down", "dot"),
    "measure-valued": ("pentagon", "dashdot"),
}


def meaning_of(estimator: Estimator) -> str:
    """The colour: that of the family, and one of its own for what lowers the log-derivative's variance."""
    lowered = estimator.family == "log-derivative" and estimator.name != "log-derivative"
    return "baseline" if lowered else MEANINGS[estimator.family]


# name -> (meaning, marker, dash): the family has the colour, the member the second cue.
LOOKS: dict[str, tuple[str, str, str]] = {
    **{name: (meaning_of(estimator), *MARKS[name]) for name, estimator in ESTIMATORS.items()},
    "Gumbel-softmax (biased)": ("reparametrization", "x", "dot"),
}
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SYMBOLS = {"mu": "μ", "sigma": "σ", "k": "k", "dimension": "dimension D", "samples": "samples K"}


def look(name: str) -> tuple[str, str, str]:
    return LOOKS.get(name, ("data", CLASS_MARKERS[0], DASHES[0]))


def line_of(name: str, palette: Palette, width: float = 2.2) -> dict[str, object]:
    meaning, _, dash = look(name)
    return {"color": palette[meaning], "dash": dash, "width": width}


def marker_of(name: str, palette: Palette, size: float = 7) -> dict[str, object]:
    meaning, symbol, _ = look(name)
    return {"color": palette[meaning], "symbol": symbol, "size": size}


def f32(x: object) -> np.ndarray:
    """Numbers as float32, the width that travels to the browser; what does not fit is a gap."""
    wide = np.asarray(x, dtype=np.float64)
    return np.where(np.abs(wide) < 3e38, wide, np.nan).astype(np.float32)


def short(x: float) -> str:
    """Three digits, or a whole number with separators, for sentences."""
    if np.isinf(x):
        return "infinite"
    return f"{x:,.0f}" if 1000 <= abs(x) < 1e6 else f"{x + 0.0:.3g}"   # + 0.0: no minus before zero


def log_axis(fig: Figure, axis: str, values: object, bounds: tuple[float, float] | None = None) -> None:
    """A logarithmic "x" or "y" axis whose few labels read 0.1, 1, 10 or 10⁻⁶, from `values` or between `bounds`."""
    found = np.asarray(values, dtype=np.float64)
    found = found[np.isfinite(found) & (found > 0)]
    low, high = bounds or ((float(found.min()), float(found.max())) if len(found) else (1.0, 10.0))
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    if last - first <= 2:
        ticks = [m * 10.0**p for p in range(first, last + 1) for m in (1, 2, 5)]
    else:
        ticks = [10.0**p for p in range(first, last + 1, -(-(last - first) // 8))]
    fig.update_layout(**{f"{axis}axis": {"type": "log", "tickmode": "array", "tickvals": f32(ticks),
                                         "ticktext": [decade(t) for t in ticks]}})
    if bounds:
        fig.update_layout(**{f"{axis}axis": {"range": [float(np.log10(b)) for b in bounds]}})


def decade(value: float) -> str:
    """0.01 .. 1000 as numbers, other powers of ten with an exponent."""
    if 0.009 < value < 2000:
        return f"{value:g}"
    front, power = f"{value:.0e}".split("e")
    raised = str(int(power)).translate(SUPERSCRIPTS)
    return f"10{raised}" if front == "1" else f"{front}·10{raised}"


def cloud(gradients: Mapping[str, np.ndarray], mean: float, deviations: Mapping[str, float], parameter: str = "mu",
          palette: Palette = LIGHT) -> Figure:
    """Single-sample gradients of each estimator against their sample number: the same number is the same eps.

    gradients: name -> (S,); the exact gradient is the line, one exact deviation to each side the band.
    """
    names = list(gradients)
    fig = theme.figure(palette, x="sample", y=f"gradient in {SYMBOLS[parameter]}, one sample", margin={"t": 40})
    fig.split([1] * len(names), gap=0.04, shared_y=True, titles=names)
    reach = cloud_reach([f32(g) for g in gradients.values()], mean, deviations.values())
    for panel, (name, drawn) in enumerate(gradients.items(), 1):
        g = f32(drawn)
        sd = deviations[name]
        number = np.arange(1, len(g) + 1, dtype=np.float32)
        fig.add_scatter(x=number, y=g, mode="markers", name=name, showlegend=False, **spec.on(panel),
                        marker={**marker_of(name, palette, 4), "opacity": 0.65},
                        hovertemplate="sample %{x}: %{y:.3g}<extra></extra>")
        if np.isfinite(sd):
            fig.add_hrect(mean - sd, mean + sd, panel=panel, line={"width": 0}, layer="below",
                          fillcolor=palette.faint(look(name)[0], 0.2))
        fig.add_hline(mean, panel=panel, line=theme.line("evidence", palette, 2))
        outside = int((np.abs(g - mean) > reach).sum())
        if outside:
            fig.add_annotation(text=f"{outside} beyond the frame", x=0.98, y=0.98, showarrow=False, font={"size": 12},
                               **spec.inside(panel))
    return fig.update_yaxes(range=[mean - reach, mean + reach])


def cloud_reach(gradients: Sequence[np.ndarray], mean: float, deviations: object) -> float:
    """Half the height of the frame: 99 of 100 of the widest dots, and every band."""
    finite = [sd for sd in deviations if np.isfinite(sd)]  # type: ignore[attr-defined]
    widest = max(float(np.quantile(np.abs(g - mean), 0.99)) for g in gradients)
    return max([widest * 1.1, *(1.6 * sd for sd in finite), 1e-12])


def cloud_alt(mean: float, deviations: Mapping[str, float], parameter: str = "mu") -> str:
    """What the cloud shows, with its numbers."""
    spread = "; ".join(f"{name}: {short(sd)}" for name, sd in deviations.items())
    return (f"Single-sample gradients in {parameter} from the same noise. The exact gradient is {short(mean)}; "
            f"exact standard deviations are {spread}.")


def running(paths: Mapping[str, np.ndarray], deviations: Mapping[str, float], palette: Palette = LIGHT) -> Figure:
    """|running mean - exact| for repeats (R, S) of each estimator, with the exact deviation / sqrt(K)."""
    fig = theme.figure(palette, x="samples K", y="distance from the exact gradient")
    for name, path in paths.items():
        gaps = f32(path)
        K = np.arange(1, gaps.shape[1] + 1, dtype=np.float32)
        pick = np.unique(np.geomspace(1, len(K), 120).astype(int)) - 1
        x = np.tile(np.append(K[pick], np.nan), len(gaps)).astype(np.float32)
        y = np.column_stack([gaps[:, pick], np.full(len(gaps), np.nan, np.float32)]).ravel()
        fig.add_scatter(x=x, y=y, mode="lines", line={**line_of(name, palette, 1), "dash": "solid"}, opacity=0.35,
                        name=f"{name}, {len(gaps)} repeats", hoverinfo="skip")
        if np.isfinite(deviations[name]) and deviations[name] > 0:
            ends = f32([1, K[-1]])
            fig.add_scatter(x=ends, y=f32(deviations[name] / np.sqrt(ends)), mode="lines",
                            name=f"{name}, exact deviation", line={**line_of(name, palette, 3), "dash": "dash"})
    gaps = np.concatenate([f32(path)[:, 9:].ravel() for path in paths.values()])
    log_axis(fig, "x", [1, max(f32(path).shape[1] for path in paths.values())])
    top = max([float(sd) for sd in deviations.values() if np.isfinite(sd)] + [float(np.quantile(gaps, 0.99))])
    log_axis(fig, "y", (), bounds=(max(top, 1e-9) * 1e-5, max(top, 1e-9) * 4))
    return fig


def running_alt(deviations: Mapping[str, float], samples: int) -> str:
    """The expected distances at the right edge."""
    ends = "; ".join(f"{name}: {short(sd / samples**0.5)}" for name, sd in deviations.items())
    return ("Distance of running means from the exact gradient; both fall like 1/sqrt(K). "
            f"Exact at K = {samples}: {ends}.")


def anatomy(a: Expansion, palette: Palette = LIGHT) -> Figure:
    """The terms of f(z) S along eps: which one carries the gradient, which ones only change sign."""
    fig = theme.figure(palette, x="noise ε", y=f"one gradient in {SYMBOLS[a.parameter]}")
    eps = f32(a.eps)
    for (meaning, dash), term in zip((("gap", "dot"), ("kl", "solid"), ("q", "dash")), a.terms, strict=True):
        sign = "mean 0" if term.mean == 0 else f"mean {short(term.mean)}"
        fig.add_scatter(x=eps, y=f32(term.curve), mode="lines", name=f"{term.name}: order {term.order}, {sign}",
                        line={"color": palette[meaning], "dash": dash, "width": 2})
    fig.add_scatter(x=eps, y=f32(a.estimate), mode="lines", name="their sum with all orders: log-derivative",
                    line=line_of("log-derivative", palette, 3))
    fig.add_scatter(x=eps, y=f32(a.reparametrized), mode="lines", name="reparametrization",
                    line=line_of("reparametrization", palette, 3))
    density = np.exp(-(eps**2) / 2)
    top = anatomy_reach(a)
    fig.add_scatter(x=eps, y=f32(-top + 0.5 * top * density), mode="lines", fill="toself", name="density of ε",
                    line={"color": palette["data"], "width": 0}, fillcolor=palette.faint("data", 0.2), hoverinfo="skip")
    fig.add_hline(a.gradient, line=theme.line("evidence", palette, 1.5), text="exact gradient")
    fig.update_yaxes(range=[-top, top])
    fig.update_layout(height=460)
    return fig


def anatomy_reach(a: Expansion) -> float:
    """The frame holds the estimate for |eps| < 2.4."""
    inside = np.abs(np.asarray(a.eps)) < 2.4
    curves = [np.abs(np.asarray(c))[inside].max() for c in (a.estimate, a.reparametrized)]
    return float(max(*curves, abs(a.gradient), 1e-9) * 1.15)


def anatomy_alt(a: Expansion) -> str:
    """Order, sign, mean and variance of each term."""
    terms = "; ".join(f"{t.name} has order {t.order}, {'changes' if t.changes_sign else 'keeps'} its sign with the "
                      f"noise, mean {short(t.mean)}, variance {short(t.variance)}" for t in a.terms)
    return (f"Terms of the log-derivative gradient in {a.parameter} along the noise: {terms}. "
            f"Exact gradient {short(a.gradient)}, exact variance of the whole {short(a.variance)}.")


def shares(a: Expansion, palette: Palette = LIGHT) -> Figure:
    """How much of the log-derivative's variance each term brings."""
    names = [t.name for t in a.terms] + ["2 Cov(first, third)", "higher orders"]
    values = parts_of(a)
    meanings = ("gap", "kl", "q", "data", "held-out")
    hatches = ("x", "", "/", ".", "+")
    fig = theme.figure(palette, x="part of the variance", height=260)
    fig.add_bar(x=f32(values), y=names, orientation="h", showlegend=False, text=[short(v) for v in values],
                textposition="outside", cliponaxis=False,
                marker=hatched([palette[m] for m in meanings], hatches, palette))
    finite = [v for v in values if np.isfinite(v)]
    reach = max(*finite, -min(finite), 1e-12)
    fig.update_xaxes(range=[-reach * 1.25 if min(finite) < -1e-9 * reach else 0, reach * 1.2])
    fig.update_yaxes(autorange="reversed")
    return fig


def parts_of(a: Expansion) -> list[float]:
    """The parts that add up to the variance; what is only rounding is nothing."""
    values = [t.variance for t in a.terms] + [a.cross, a.remainder]
    return [0.0 if np.isfinite(a.variance) and abs(v) < 1e-9 * a.variance else v for v in values]


def hatched(colours: Sequence[str], hatches: Sequence[str], palette: Palette) -> dict[str, object]:
    """The marker of bars that differ in colour and hatch."""
    return {"color": list(colours), "pattern": {"shape": list(hatches), "fillmode": "overlay", "fgcolor": palette.paper,
                                                "fgopacity": 0.55, "size": 7}}


def shares_alt(a: Expansion) -> str:
    """The shares as a sentence."""
    return (f"Variance {short(a.variance)} of the log-derivative gradient in {a.parameter}: "
            + "; ".join(f"{t.name} {short(t.variance)}" for t in a.terms)
            + "; covariance {}; higher orders {}.".format(*map(short, parts_of(a)[-2:])))


def sweep(s: Sweep, parameter: str = "mu", marks: Sequence[Crossing] = (), palette: Palette = LIGHT) -> Figure:
    """Exact variance curves with Monte Carlo dots (two standard errors) and rings where curves cross."""
    column = ("mu", "sigma").index(parameter)
    fig = theme.figure(palette, x=SYMBOLS[s.axis], y=f"variance of the gradient in {SYMBOLS[parameter]}",
                       height=400 + 20 * len(s.names))
    x = f32(s.values)
    for row, name in enumerate(s.names):
        curve, dots = f32(s.exact[row, :, column]), f32(s.sampled[row, :, column])
        fig.add_scatter(x=x, y=np.where(curve > 0, curve, np.nan), mode="lines", name=name, legendgroup=name,
                        line=line_of(name, palette))
        fig.add_scatter(x=x, y=np.where(dots > 0, dots, np.nan), mode="markers", legendgroup=name, showlegend=False,
                        marker=marker_of(name, palette, 6), name=f"{name}, Monte Carlo",
                        error_y={"array": f32(2 * s.error[row, :, column]), "thickness": 1, "width": 0})
    rings = [m for m in marks if m.parameter == parameter]
    if rings:
        fig.add_scatter(x=f32([m.at for m in rings]), y=f32([m.variance for m in rings]), mode="markers+text",
                        text=[f"{SYMBOLS[s.axis]} = {m.at:.3g}" for m in rings], textposition="top center",
                        marker={"color": palette.ink, "symbol": "circle-open", "size": 14, "line": {"width": 2}},
                        name="crossing, computed")
    log_axis(fig, "y", s.exact[:, :, column])
    if s.axis != "mu":
        log_axis(fig, "x", s.values)
    return fig


def sweep_alt(s: Sweep, parameter: str = "mu", marks: Sequence[Crossing] = ()) -> str:
    """First and last variance of every estimator and the crossings."""
    column = ("mu", "sigma").index(parameter)
    ends = "; ".join(f"{name} from {short(float(s.exact[i, 0, column]))} to {short(float(s.exact[i, -1, column]))}"
                     for i, name in enumerate(s.names))
    rings = ", ".join(f"{s.axis} = {m.at:.3g}" for m in marks if m.parameter == parameter)
    return (f"Exact variance of the gradient in {parameter} for {s.axis} from {float(s.values[0]):.3g} to "
            f"{float(s.values[-1]):.3g}: {ends}. " + (f"Curves cross at {rings}." if rings else "No curves cross."))


__all__ = ["LOOKS", "TONES", "anatomy", "anatomy_alt", "cloud", "cloud_alt", "line_of", "look", "marker_of", "running",
           "running_alt", "shares", "shares_alt", "short", "sweep", "sweep_alt"]
