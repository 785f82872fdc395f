"""Gradients in the logits of a categorical latent: the bias of each estimator."""

from collections.abc import Mapping

import numpy as np

from dgm.gradients import Estimate
from pages.gradients.figures import styles
from pages.gradients.figures.axes import as_float32
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette
from ui.figures.written import written


def gradients(found: Mapping[str, Estimate], exact: np.ndarray, palette: Palette = LIGHT) -> Figure:
    """Mean gradient per logit with two standard errors, beside the exact one (C,): a bias is outside the error bars."""
    fig = theme.figure(palette, x="category", y="gradient in its logit")
    labels = np.arange(1, len(exact) + 1, dtype=np.float32)
    width = 0.7 / max(len(found), 1)
    for i, value in enumerate(as_float32(exact)):
        fig.add_scatter(x=as_float32([labels[i] - 0.42, labels[i] + 0.42]), y=as_float32([value, value]), mode="lines",
                        line=theme.line("evidence", palette, 2), name="exact", showlegend=i == 0)
    for i, (name, estimate) in enumerate(found.items()):
        at = labels - 0.35 + (i + 0.5) * width
        fig.add_scatter(x=at, y=as_float32(estimate.mean), mode="markers", name=name,
                        marker=styles.marker(name, palette, 9),
                        error_y={"array": as_float32(2 * estimate.mean_error), "thickness": 1.5, "width": 3})
    return fig.update_xaxes(tickmode="array", tickvals=labels)


def gradients_alt(found: Mapping[str, Estimate], exact: np.ndarray) -> str:
    """The largest distance of each estimator from the exact gradient (C,)."""
    gaps = "; ".join(f"{name}: at most {written(float(np.abs(as_float32(estimate.mean) - exact).max()), '.3g')} from "
                     "exact" for name, estimate in found.items())
    return f"Mean gradients per logit with two standard errors beside the exact gradient. {gaps}."
