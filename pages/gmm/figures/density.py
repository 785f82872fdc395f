"""Figures of densities: the mixture over the plane, and one density as a sum of faint Gaussians."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pages.gmm.figures.plane import framed
from ui.figures import spec, theme
from ui.figures.axis_ends import less, round_start
from ui.figures.encoding import numbers
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written

Array = NDArray[np.floating]
HEIGHT = 400


def contour(x: Array, u: Array, v: Array, log_density: Array, *, columns: tuple[str, str] = ("x", "y"),
            palette: Palette = LIGHT) -> Figure:
    """p over the grid u (U,) by v (V,): log_density (V, U) in nats, drawn as the mass inside each level."""
    fig = theme.figure(palette, x=columns[0], y=columns[1], height=420, showlegend=False)
    fig.add_contour(
        x=numbers(u), y=numbers(v), z=np.float32(log_density - log_density.max()),
        colorscale=theme.scale(palette), contours={"start": -8, "end": 0, "size": 1},
        line={"width": 0.6, "color": palette.grid},
        colorbar={"title": {"text": "log p(x) minus its largest, nats", "side": "right",
                            "font": {"size": theme.FONT_SIZE}},
                  "thickness": 12},
        hovertemplate="%{z:.2f} nats from the top<extra></extra>")
    fig.add_scattergl(x=numbers(x[:, 0]), y=numbers(x[:, 1]), mode="markers", hoverinfo="skip",
                      marker={"color": palette.ink, "size": 5, "line": {"color": palette.paper, "width": 1}})
    return framed(fig, (np.array([u[0], v[0]]), np.array([u[-1], v[-1]])))


def per_area(columns: tuple[str, str]) -> str:
    """The unit of a density over two columns, " [1/min²]"; "" where their names have none.

    >>> per_area(("eruption [min]", "waiting [min]")), per_area(("height [cm]", "mass [kg]")), per_area(("x", "y"))
    (' [1/min²]', ' [1/(cm kg)]', '')
    """
    found = [re.search(r"\[([^\[\]]+)\]$", name) for name in columns]
    if None in found:
        return ""
    one, other = (match[1] for match in found if match)
    return f" [1/{one}²]" if one == other else f" [1/({one} {other})]"


def surface(u: Array, v: Array, log_density: Array, *, columns: tuple[str, str] = ("x", "y"),
            palette: Palette = LIGHT, eye: tuple[float, float] = (1.2, -1.2)) -> Figure:
    """The same density as a surface p(x), per unit of area. eye: from where it is seen, so that no peak hides another.
    """
    fig = theme.figure(palette, height=420)
    axis = {"color": palette.ink, "gridcolor": palette.grid, "backgroundcolor": "rgba(0,0,0,0)",
            "exponentformat": "power"}
    left, front = round_start(u[0], u[-1]), round_start(v[0], v[-1])
    fig.add_surface(x=numbers(u - left), y=numbers(v - front), z=np.float32(np.exp(log_density)), showscale=False,
                    colorscale=theme.scale(palette), hovertemplate="p = %{z:.3~r}<extra></extra>")
    fig.update_layout(scene={"xaxis": {**axis, "title": {"text": less(columns[0], left)}},
                             "yaxis": {**axis, "title": {"text": less(columns[1], front)}},
                             "zaxis": {**axis, "title": {"text": f"p(x){per_area(columns)}"}},
                             "aspectratio": {"x": 1, "y": 1, "z": 0.75},
                             # from below its middle, so that the names at the front corner are not cut
                             "camera": {"eye": {"x": eye[0], "y": eye[1], "z": 0.9}, "center": {"z": -0.2}}})
    return fig


def joint(u: Array, v: Array, densities: Array, *, names: Sequence[int], columns: tuple[str, str] = ("x", "y"),
          palette: Palette = LIGHT) -> Figure:
    """p(x, z) over the grid for each z, and their sum p(x): (K + 1, V, U), one panel each, on one colour scale.

    names: the numbers z of the components, from 1.
    """
    fig = theme.figure(palette, x=columns[0], y=columns[1], height=HEIGHT, margin={"t": 32})
    fig.split((1,) * len(densities), gap=0.03, shared_y=True,
              titles=(*(f"p(x, z = {z})" for z in names), "their sum: p(x)"))
    for panel, values in enumerate(densities, 1):
        fig.add_heatmap(x=numbers(u), y=numbers(v), z=np.float32(values), zmin=0, zmax=float(densities.max()),
                        colorscale=theme.scale(palette), showscale=False,
                        hovertemplate="%{z:.3~r}<extra></extra>", **spec.on(panel))
    return framed(fig, (np.array([u[0], v[0]]), np.array([u[-1], v[-1]])))


def joint_alt(weights: Array) -> str:
    """What `joint` shows, in words."""
    shares = ", ".join(f"{weight:.2f}" for weight in weights)
    return (f"{len(weights)} panels with the joint density of x and each z, and one with their sum; the mass of each "
            f"panel is its weight: {shares}.")


def density_alt(k: int, top: tuple[float, float]) -> str:
    """What `contour` and `surface` show, in words."""
    place = ", ".join(written(value, ".3g") for value in top)
    return f"The density of a mixture of {k} Gaussians over the plane, highest near ({place})."


def faint(x: Array, evidence: Array, pieces: Array, total: Array, error: Array, *, at: float,
          palette: Palette = LIGHT) -> Figure:
    """Faint Gaussians p(x | z_s)/S (some of S, M), their sum with standard error (M,), and the exact evidence (M,)."""
    fig = theme.figure(palette, x="x", y="density", height=380, hovermode="x")
    gap = np.full((len(pieces), 1), np.nan)
    scale = min(1.0, 0.5 * float(evidence.max()) / max(float(pieces.max()), 1e-300))
    name = "p(x | z) / S" if scale == 1 else "p(x | z) / S, drawn smaller"
    fig.add_scatter(x=np.float32(np.tile(np.append(x, np.nan), len(pieces))), hoverinfo="skip", name=name,
                    y=np.float32(np.concatenate([pieces * scale, gap], 1).ravel()), mode="lines",
                    line={"color": theme.rgba(palette["likelihood"], 0.35), "width": 1})
    fig.add_scatter(x=np.float32(np.concatenate([x, x[::-1]])), name="estimate ± standard error",
                    y=np.float32(np.concatenate([total + error, (total - error)[::-1]])), fill="toself",
                    fillcolor=palette.faint("q", 0.25), mode="lines", hoverinfo="skip",
                    line={"width": 0, "color": palette["q"]})
    fig.add_scatter(x=np.float32(x), y=np.float32(total), name="their sum: the estimate", mode="lines",
                    line=theme.line("q", palette), hovertemplate="%{y:.4f}")
    fig.add_scatter(x=np.float32(x), y=np.float32(evidence), name="p(x), exact", mode="lines",
                    line=theme.line("evidence", palette, 2.6), hovertemplate="%{y:.4f}")
    fig.add_vline(x=at, line={"color": palette.ink, "width": 1, "dash": "dot"})
    return fig.update_yaxes(range=[0, 1.25 * float(max(evidence.max(), total.max()))])


def faint_alt(samples: int, at: float, exact: float, estimate: float, error: float) -> str:
    """What `faint` shows, in words."""
    return (f"{samples} faint Gaussians p(x given z) and their sum beside the exact density: at x = "
            f"{written(at, '.2f')} the exact p(x) is {written(exact)}, the Monte Carlo estimate "
            f"{written(estimate)} with standard error {written(error, '.2g')}.")
