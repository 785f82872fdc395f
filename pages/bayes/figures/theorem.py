"""Bayes' theorem: its four terms over one theta at once, and its three densities over a normal's two unknowns."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dgm.bayes import Curves, NormalPlane
from pages.bayes.figures.numbers import (
    float32,
    format_exp,
    format_nats,
    goes_to_infinity,
    on_axis,
    peak,
    scale_of_ten,
)
from ui.figures.axis_ends import far_ticks, steady_span, steady_top
from ui.figures.spec import Figure
from ui.figures.theme import FONT_SIZE, LIGHT, Palette, figure, line, marker
from ui.figures.written import written

CURVES_HEIGHT, PLANE_HEIGHT = 410, 400   # pixels
DOMAINS = ((0.7, 1.0), (0.42, 0.62), (0.0, 0.26))   # of the three rows, as shares of the height
CONTOURS = (1.0, 3.0)                    # nats below the top of each density


class Scaled(NamedTuple):
    """A curve as it is drawn: its values times 10^power."""

    values: NDArray[np.float32]   # (G,)
    power: int

    @property
    def factor(self) -> str:
        """The stated factor of the axis, empty for 1."""
        return "" if self.power == 0 else f" × 10<sup>{f'{-self.power:,}'.replace('-', '−')}</sup>"


def scaled(values: Tensor, log_unit: float, theta: NDArray[np.float32]) -> Scaled:
    """values x e^log_unit (G,), times the power of ten that brings their top to 1 to 10 where they are tiny or huge."""
    top = peak(theta, float32(values))
    power = scale_of_ten(math.log(top) + log_unit) if top > 0 else 0
    return Scaled(float32(values * math.exp(log_unit + power * math.log(10))), power)


def theorem_curves(curves: Curves, symbol: str = "p", palette: Palette = LIGHT) -> Figure:
    """Prior and posterior; the likelihood; likelihood x prior, whose shaded area is the evidence. Below each other.

    symbol: of theta, on the axis. All are drawn in their own units, or these times a power of ten that the axis states.
    """
    fig = figure(palette, height=CURVES_HEIGHT, x=symbol)
    theta = on_axis(curves.theta)
    likelihood, joint = (scaled(values, curves.max_log_likelihood, theta)
                         for values in (curves.likelihood, curves.joint))
    for name, values in (("prior", curves.prior), ("posterior", curves.posterior)):
        fig.add_scatter(x=theta, y=float32(values), name=name, line=line(name, palette))
    fig.add_scatter(x=theta, y=likelihood.values, name="likelihood", yaxis="y2", showlegend=False,
                    line=line("likelihood", palette))
    fig.add_scatter(x=theta, y=joint.values, name="likelihood × prior", yaxis="y3", showlegend=False,
                    fill="tozeroy", fillcolor=palette.faint("evidence", 0.22), line=line("evidence", palette, 1.2))
    rows = (("density", "", max(peak(theta, float32(v)) for v in (curves.prior, curves.posterior))),
            ("likelihood", likelihood.factor, peak(theta, likelihood.values)),
            ("likelihood <br>× prior", joint.factor, peak(theta, joint.values)))
    for (title, factor, top), domain, name in zip(rows, DOMAINS, ("yaxis", "yaxis2", "yaxis3"), strict=True):
        fig.update_layout(**{name: _row(title + (f" <br>({factor.strip()})" if factor else ""), domain, top, palette)})
    low, high = steady_span(float(theta[0]), float(theta[-1]))
    fig.update_layout(xaxis={"anchor": "y3", "range": [low, high], **far_ticks(low, high)})
    fig.add_annotation(text=f"shaded area = evidence p(X) = {format_exp(curves.log_evidence)}", xref="paper",
                       yref="paper", x=0.0, y=DOMAINS[2][1] + 0.005, xanchor="left", yanchor="bottom",
                       align="left", showarrow=False, font={"color": palette["evidence"]})
    return fig


def _row(title: str, domain: tuple[float, float], top: float, palette: Palette) -> dict[str, Any]:
    """The vertical axis of one of the three rows."""
    font = {"size": FONT_SIZE, "color": palette.ink}
    return {"domain": list(domain), "anchor": "x", "gridcolor": palette.grid, "zeroline": False, "automargin": True,
            "tickfont": {"color": palette.ink}, "range": [0, steady_top(1.04 * top or 1.0)], "nticks": 4,
            "exponentformat": "power", "title": {"text": title, "font": font, "standoff": 8}}


def theorem_curves_alt(curves: Curves, symbol: str = "p") -> str:
    """The sentence for `theorem_curves`."""
    before, after = (_top(curves.theta, values) for values in (curves.prior, curves.posterior))
    return (f"Over {symbol}: the prior {before}, the posterior {after}; the shaded area under "
            f"likelihood times prior is the evidence, log p(X) = {format_nats(curves.log_evidence)}.")


def _top(theta: Tensor, density: Tensor) -> str:
    """Where a density is highest, in words; one that goes to infinity is highest nowhere."""
    if goes_to_infinity(float32(theta), float32(density)):
        return "goes to infinity at an end"
    return f"is highest at {written(float(theta[density.argmax()]), '.3g')}"


def is_cut(curves: Curves) -> bool:
    """Whether likelihood x prior goes to infinity at an end, so that no axis shows all of its area."""
    return goes_to_infinity(float32(curves.theta), float32(curves.joint))


def normal_plane(plane: NormalPlane, estimate: tuple[float, float], palette: Palette = LIGHT, *,
                 unit: str = "") -> Figure:
    """Prior, likelihood and posterior over (mu, sigma): two contours of each, CONTOURS below its top.

    estimate: the MAP of (mu, sigma^2). unit: of both.
    """
    x, y = (f"{name} ({unit})" if unit else name for name in ("μ", "σ"))
    fig = figure(palette, x=x, y=y, height=PLANE_HEIGHT)
    near, far = CONTOURS
    for name, log_density in (("prior", plane.prior), ("likelihood", plane.likelihood), ("posterior", plane.posterior)):
        fig.add_contour(x=on_axis(plane.mu), y=on_axis(plane.s), z=float32(log_density.T.clamp(min=-30.0)), name=name,
                        line=line(name, palette), showscale=False, showlegend=True, hoverinfo="skip",
                        contours={"coloring": "none", "start": -far, "end": -near, "size": far - near})
    fig.add_scatter(x=[estimate[0]], y=[estimate[1] ** 0.5], mode="markers", name="MAP",
                    marker=marker("q", palette, 10))
    fig.update_xaxes(**far_ticks(float(plane.mu[0]), float(plane.mu[-1])))
    ticks = [float(f"{value:.2g}") for value in np.geomspace(float(plane.s[0]), float(plane.s[-1]), 5)]
    return fig.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{value:g}" for value in ticks])


def normal_plane_alt(plane: NormalPlane, estimate: tuple[float, float]) -> str:
    """The sentence for `normal_plane`."""
    mu, sigma = written(estimate[0], ".3g"), written(estimate[1] ** 0.5, ".3g")
    return (f"Contours over mean and deviation: the posterior's MAP is at μ = {mu}, σ = {sigma}; log p(X) = "
            f"{format_nats(plane.log_evidence)}.")
