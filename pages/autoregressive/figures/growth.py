"""One image drawn pixel by pixel: the image so far, the chance of the next pixel, and log p(x) so far."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages.autoregressive.figures.wording import number
from ui.figures import spec, theme
from ui.figures.encoding import bytewise
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

Array = NDArray[np.floating]
HEIGHT = 320


class Path(NamedTuple):
    """An image in the order in which its pixels were drawn."""

    order: NDArray[np.integer]      # (D,) numbers of the pixels
    x: Array                        # (D,) 0 or 1
    p: Array                        # (D,) chance of black
    log_terms: Array                # (D,) nats
    shape: tuple[int, int]

    def image(self, count: int) -> Array:
        """The image after `count` pixels (H, W): −1 where nothing is drawn yet."""
        found = np.full(len(self.order), -1.0)
        found[self.order[:count]] = self.x[:count]
        return found.reshape(self.shape)

    def place(self, count: int) -> tuple[list[float], list[float]]:
        """Column and row of the next pixel, empty after the last one."""
        if count >= len(self.order):
            return [], []
        row, column = divmod(int(self.order[count]), self.shape[1])
        return [float(column)], [float(row)]


def three_tones() -> tuple[tuple[float, str], ...]:
    """The colour scale of images with pixels that are not drawn: −1 grey, 0 white, 1 black.

    The text of the page calls pixels black and white, so images keep the light theme's colours.
    """
    edges = (LIGHT.grid, LIGHT.paper, LIGHT.ink)
    return tuple((at, colour) for i, colour in enumerate(edges) for at in (i / 3, (i + 1) / 3))


def image(path: Path, palette: Palette = LIGHT) -> Figure:
    """The image so far, with a square around the next pixel; a frame for each pixel."""
    fig = theme.figure(palette, height=HEIGHT, showlegend=False, plot_bgcolor=LIGHT["data"])    # seen between the cells
    rows, columns = path.shape
    steps = range(len(path.order) + 1)
    fig.add_heatmap(z=bytewise(path.image(0), 1.0), zmin=-1.5, zmax=1.5, colorscale=three_tones(),
                    showscale=False, hoverinfo="skip", xgap=1, ygap=1)
    x, y = path.place(0)
    fig.add_scatter(x=x, y=y, mode="markers", hoverinfo="skip", marker={
        "symbol": "square-open", "size": 26, "color": LIGHT.accent, "line": {"width": 4}})
    fig.update_xaxes(visible=False, range=[-0.55, columns - 0.45], fixedrange=True, constrain="domain")
    fig.update_yaxes(visible=False, range=[rows - 0.45, -0.55], fixedrange=True, scaleanchor="x", constrain="domain")
    places = [path.place(count) for count in steps]
    fig.frames = [spec.frame([{"type": "heatmap", "z": bytewise(path.image(count), 1.0)}, {"x": x, "y": y}], [0, 1])
                  for count, (x, y) in zip(steps, places, strict=True)]
    return fig


def chances(path: Path, palette: Palette = LIGHT) -> Figure:
    """The conditional of the next pixel as two bars, and log p(x) so far; a frame for each pixel."""
    fig = theme.figure(palette, height=HEIGHT, showlegend=False)
    fig.split((2, 3), gap=0.16, titles=("p(next pixel)", "log p so far, nats"))
    total = np.append(0.0, np.cumsum(path.log_terms))
    fig.add_bar(x=[0.0, 1.0], y=_bars(path, 0), marker={"color": palette["likelihood"]}, hoverinfo="skip", width=0.7,
                text=_texts(path, 0), textposition="outside", cliponaxis=False)
    fig.add_scatter(x=np.arange(1.0), y=total[:1], mode="lines+markers", hoverinfo="skip",
                    line={"color": palette["evidence"], "width": 2}, marker={"size": 4}, **spec.on(2))
    fig.update_xaxes(panel=1, tickvals=[0, 1], ticktext=["white", "black"], range=[-0.6, 1.6], fixedrange=True)
    fig.update_yaxes(panel=1, range=[0, 1.12], fixedrange=True)
    fig.update_xaxes(panel=2, range=[0, len(path.order)], title={"text": "pixels drawn"}, fixedrange=True)
    fig.update_yaxes(panel=2, range=[1.05 * float(total[-1]), 0], fixedrange=True)
    fig.update_layout(margin={"l": 8, "r": 8, "t": 34, "b": 8})
    fig.frames = [spec.frame([{"type": "bar", "y": _bars(path, count), "text": _texts(path, count)},
                              {"x": np.arange(count + 1.0), "y": total[:count + 1]}], [0, 1])
                  for count in range(len(path.order) + 1)]
    return fig


def _bars(path: Path, count: int) -> Array:
    """The chances of white and black of the next pixel, 0 after the last one."""
    black = path.p[count] if count < len(path.p) else np.nan
    return np.nan_to_num(np.array([1 - black, black]))


def _texts(path: Path, count: int) -> list[str]:
    return [f"{chance:.2f}" if chance else "" for chance in _bars(path, count)]


def captions(path: Path) -> list[str]:
    """What each frame has drawn, and the pixel that the square and the bars are about."""
    places = [f"pixel {i}, row {pixel // path.shape[1] + 1}, column {pixel % path.shape[1] + 1}"
              for i, pixel in enumerate(path.order.tolist(), 1)]
    found = [f"Nothing is drawn yet. Next: {places[0]}, which depends on no other"]
    following = [f". Next: {place}" for place in places[1:]] + [""]
    for bit, p, term, place, after in zip(path.x, path.p, path.log_terms, places, following, strict=True):
        chance = float(p if bit else 1 - p)
        found.append(f"Drawn: {place}, {'black' if bit else 'white'} with probability {number(chance)}, "
                     f"{number(float(term))} nats{after}")
    return found


def image_alt(path: Path, count: int) -> str:
    """The image so far in one sentence."""
    return f"{count} of {len(path.order)} pixels are drawn, {int(path.x[:count].sum())} of them black."


def chances_alt(path: Path, count: int) -> str:
    """The next conditional and log p so far in one sentence."""
    so_far = number(float(path.log_terms[:count].sum()))
    after = f"the next pixel is black with probability {number(float(path.p[count]))}; " if count < len(path.p) else ""
    return f"After {count} pixels {after}log p so far is {so_far} nats."


__all__ = ["HEIGHT", "Path", "captions", "chances", "chances_alt", "image", "image_alt", "three_tones"]
