"""Bayes' theorem: its four terms over one theta at once, and its three densities over a normal's two unknowns."""

import numpy as np

from dgm.bayes import Curves, NormalPlane
from pages.bayes.figures.numbers import float32, format_exp, format_nats, peak
from ui.figures.spec import Figure
from ui.figures.theme import FONT_SIZE, LIGHT, Palette, figure, line, marker

CURVES_HEIGHT, PLANE_HEIGHT = 460, 440   # pixels
CONTOURS = (1.0, 3.0)                    # nats below the top of each density


def theorem_curves(curves: Curves, symbol: str = "p", palette: Palette = LIGHT) -> Figure:
    """Prior, likelihood, evidence (the shaded area) and posterior over theta, which is called `symbol` on the axis."""
    fig = figure(palette, height=CURVES_HEIGHT, x=symbol)
    theta, top = float32(curves.theta), _highest_shown(curves)
    for name, tone, values in (("prior", "prior", curves.prior), ("posterior", "posterior", curves.posterior)):
        fig.add_scatter(x=theta, y=float32(values), name=f"{name} density", line=line(tone, palette), yaxis="y")
    fig.add_scatter(x=theta, y=float32(curves.likelihood), name="likelihood", yaxis="y2",
                    line=line("likelihood", palette))
    fig.add_scatter(x=theta, y=float32(curves.joint), name="likelihood × prior: its area is the evidence", yaxis="y2",
                    fill="tozeroy", fillcolor=palette.faint("evidence", 0.22), line=line("evidence", palette, 1.2))
    fig.update_layout(
        yaxis={"domain": [0.6, 1.0], "title": {"text": "density"}, "range": [0, top]},
        yaxis2={"domain": [0.0, 0.4], "anchor": "x", "gridcolor": palette.grid, "zeroline": False,
                "automargin": True, "rangemode": "tozero", "tickfont": {"color": palette.ink},
                "title": {"text": "relative to its top", "font": {"size": FONT_SIZE, "color": palette.ink}}},
        xaxis={"anchor": "y2", "range": [float(theta[0]), float(theta[-1])]})
    fig.add_annotation(text=f"shaded area = evidence p(X) = {format_exp(curves.log_evidence)}<br>"
                            f"ln p(X) = {format_nats(curves.log_evidence)}", xref="paper", yref="paper", x=0.0, y=0.505,
                       xanchor="left", yanchor="middle", align="left", showarrow=False,
                       font={"color": palette["evidence"]})
    return fig


def _highest_shown(curves: Curves) -> float:
    """Top of the axis of densities: above their peaks, but not above an edge that goes to infinity."""
    theta = float32(curves.theta)
    return 1.08 * max(peak(theta, float32(values)) for values in (curves.prior, curves.posterior))


def theorem_curves_alt(curves: Curves, symbol: str = "p") -> str:
    """The sentence for `theorem_curves`."""
    before, after = (float(curves.theta[values.argmax()]) for values in (curves.prior, curves.posterior))
    return (f"Over {symbol}: the prior is highest at {before:.3g}, the posterior at {after:.3g}; the shaded area under "
            f"likelihood times prior is the evidence, ln p(X) = {format_nats(curves.log_evidence)}.")


def normal_plane(plane: NormalPlane, estimate: tuple[float, float], palette: Palette = LIGHT) -> Figure:
    """Prior, likelihood and posterior over (mu, sigma): two contours of each, CONTOURS below its top.

    estimate: the MAP of (mu, sigma^2).
    """
    fig = figure(palette, x="μ", y="σ", height=PLANE_HEIGHT)
    near, far = CONTOURS
    for name, log_density in (("prior", plane.prior), ("likelihood", plane.likelihood), ("posterior", plane.posterior)):
        fig.add_contour(x=float32(plane.mu), y=float32(plane.s), z=float32(log_density.T.clamp(min=-30.0)), name=name,
                        line=line(name, palette), showscale=False, showlegend=True, hoverinfo="skip",
                        contours={"coloring": "none", "start": -far, "end": -near, "size": far - near})
    fig.add_scatter(x=[estimate[0]], y=[estimate[1] ** 0.5], mode="markers", name="MAP",
                    marker=marker("q", palette, 10))
    ticks = [float(f"{value:.2g}") for value in np.geomspace(float(plane.s[0]), float(plane.s[-1]), 5)]
    return fig.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{value:g}" for value in ticks])


def normal_plane_alt(plane: NormalPlane, estimate: tuple[float, float]) -> str:
    """The sentence for `normal_plane`."""
    return (f"Contours over mean and deviation: the posterior's MAP is at μ = {estimate[0]:.3g}, "
            f"σ = {estimate[1] ** 0.5:.3g}; ln p(X) = {format_nats(plane.log_evidence)}.")
