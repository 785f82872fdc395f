"""The gap of many images, split in two, the largest first."""

import numpy as np
from numpy.typing import ArrayLike

from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

HEIGHT = 260


def many(amortization: ArrayLike, approximation: ArrayLike, palette: Palette = LIGHT, *,
         height: int = HEIGHT) -> Figure:
    """Both parts of the gap of each image (N,), nats: stacked bars, the images in the order of their gaps."""
    lost, shape = np.asarray(amortization, np.float32), np.asarray(approximation, np.float32)
    order = np.argsort(-(lost + shape), kind="stable")
    fig = theme.figure(palette, x="image, the largest gap first", y="gap, nats", height=height, barmode="stack",
                       bargap=0.1)
    for name, values, hatch in (("amortization gap", lost, ""), ("approximation gap", shape, "x")):
        marker = theme.pattern("gap", palette)
        marker["pattern"]["shape"] = hatch
        fig.add_bar(x=np.arange(1, len(order) + 1, dtype=np.int32), y=values[order], name=name, marker=marker,
                    hovertemplate=f"{name} %{{y:.2f}} nats<extra></extra>")
    return fig


def many_alt(amortization: ArrayLike, approximation: ArrayLike) -> str:
    """The means and the largest gap in one sentence."""
    lost, shape = np.asarray(amortization, float), np.asarray(approximation, float)
    return (f"Gaps of {len(lost)} images: amortization gap {lost.mean():.2f} nats on average, approximation gap "
            f"{shape.mean():.2f}; the largest gap is {(lost + shape).max():.2f} nats.")
