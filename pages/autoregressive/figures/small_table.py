"""Three pixels: conditionals and joint table as bars, the tree of a drawn image, how often each was drawn."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pages.autoregressive.figures.wording import number
from ui.figures import spec, theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

Array = NDArray[np.floating]
HEIGHT = 300
BARS, TOPS, JOINT = 0, 1, 0     # numbers of the traces
CONDITIONALS = ("", "0", "1", "00", "01", "10", "11")     # what was drawn before, for each bar
SUBSCRIPTS = "₁₂₃"


def names(order: Sequence[int]) -> list[str]:
    """What each bar is the probability of.

    >>> names((0, 1, 2))[:2]
    ['p(x₁=1)', 'p(x₂=1|0)']
    """
    return [f"p(x{SUBSCRIPTS[order[len(before)]]}=1{'|' if before else ''}{before})" for before in CONDITIONALS]


def squares(image: str, palette: Palette = LIGHT) -> str:
    """An image as squares. On a dark page the filled square is the white pixel, because its text is light.

    >>> squares("011"), squares("011", theme.DARK)
    ('□■■', '■□□')
    """
    white, black = "■□" if palette.dark else "□■"
    return image.replace("0", white).replace("1", black)


def _image_title(palette: Palette) -> str:
    """Of an axis."""
    return f"image, {squares('1', palette)} is 1, black"


def conditionals(p: Sequence[float], order: Sequence[int], used: Sequence[int], palette: Palette = LIGHT) -> Figure:
    """The seven conditionals; those of the chosen image in colour, with tops that can be dragged."""
    fig = theme.figure(palette, y="probability of black", height=HEIGHT, showlegend=False)
    places = np.arange(7.0) + np.array([0, 0.4, 0.4, 0.8, 0.8, 0.8, 0.8])
    colours = [palette["likelihood"] if i in used else palette["data"] for i in range(7)]
    fig.add_bar(x=places, y=np.array(p, float), marker={"color": colours}, width=0.7, hoverinfo="skip")
    fig.add_scatter(x=places, y=np.array(p, float), mode="markers", hoverinfo="skip", cliponaxis=False,
                    marker={"color": palette.accent, "size": 12, "line": {"color": palette.paper, "width": 2}})
    texts = [name.replace("|", " <br>given <br>").replace(")", "") .replace("p(", "") for name in names(order)]
    fig.update_xaxes(tickvals=places, ticktext=texts, range=[-0.6, 7.4], fixedrange=True, showgrid=False,
                     tickfont={"size": 12}, tickangle=0)
    return fig.update_yaxes(range=[0, 1.04], fixedrange=True)


def joint(p: Sequence[float], chosen: int, palette: Palette = LIGHT) -> Figure:
    """The eight probabilities; the chosen image in colour."""
    fig = theme.figure(palette, x=_image_title(palette), y="p(x)", height=HEIGHT, showlegend=False)
    colours = [palette["likelihood"] if i == chosen else palette["data"] for i in range(8)]
    fig.add_bar(x=np.arange(8.0), y=np.array(p, float), marker={"color": colours}, hoverinfo="skip",
                text=[f"{value:.3f}" for value in p], textposition="outside", cliponaxis=False, width=0.7)
    fig.update_xaxes(tickvals=np.arange(8.0), ticktext=[squares(f"{i:03b}", palette) for i in range(8)],
                     range=[-0.6, 7.6], fixedrange=True, showgrid=False)
    return fig.update_yaxes(range=[0, 1.08], fixedrange=True)


def conditionals_alt(p: Sequence[float], order: Sequence[int]) -> str:
    """The seven conditionals in one sentence."""
    return "Seven conditionals: " + ", ".join(f"{name} {value:.2f}" for name, value in zip(names(order), p, strict=True)
                                              ) + ". Each top can be dragged."


def joint_alt(p: Sequence[float], chosen: int) -> str:
    """The eight probabilities in one sentence."""
    return ("Eight images: " + ", ".join(f"{i:03b} has {value:.3f}" for i, value in enumerate(p))
            + f". {chosen:03b} is chosen.")


# The tree of one image ------------------------------------------------------------------------------------------------


class Drawn(NamedTuple):
    """Images that were drawn one after the other, in the order of the pixels."""

    bits: NDArray[np.integer]       # (n, 3): as drawn, first pixel first
    images: NDArray[np.integer]     # (n,): the number of each image
    p: Sequence[float]              # (7,) conditionals


def _node(before: str) -> tuple[float, float]:
    """Where the tree has the pixels drawn so far."""
    depth = len(before)
    width = 2.0 ** (3 - depth)
    return float(depth), 7.0 - (int(before or "0", 2) * width + (width - 1) / 2)


def _edges() -> list[tuple[str, str]]:
    return [(before, before + bit) for before in CONDITIONALS for bit in "01"]


def _line(pairs: Sequence[tuple[str, str]]) -> dict[str, Array]:
    """The edges as one broken line, for a trace."""
    ends = [(*_node(a), *_node(b)) for a, b in pairs]
    x = [value for x0, _, x1, _ in ends for value in (x0, x1, np.nan)]
    y = [value for _, y0, _, y1 in ends for value in (y0, y1, np.nan)]
    return {"x": np.array(x), "y": np.array(y)}


def tree(drawn: Drawn, order: Sequence[int], palette: Palette = LIGHT) -> Figure:
    """The tree of all images with a frame for each drawn pixel: the path of the current image lights up."""
    fig = theme.figure(palette, height=HEIGHT, showlegend=False)
    fig.add_scatter(**_line(_edges()), mode="lines", hoverinfo="skip", line={"color": palette.grid, "width": 2})
    fig.add_scatter(x=[], y=[], mode="lines", hoverinfo="skip", line={"color": palette["likelihood"], "width": 5})
    fig.add_scatter(x=[0.0], y=[_node("")[1]], mode="markers", hoverinfo="skip",
                    marker={"color": palette.accent, "size": 13})
    middles = [((_node(a)[0] + _node(b)[0]) / 2, (_node(a)[1] + _node(b)[1]) / 2) for a, b in _edges()]
    texts = [f"{squares(after[-1], palette)} {value if after[-1] == '1' else 1 - value:.2f}"
             for (_, after), value in zip(_edges(), np.repeat(drawn.p, 2), strict=True)]
    fig.add_scatter(x=[x - 0.05 for x, _ in middles], y=[y for _, y in middles], mode="text", hoverinfo="skip",
                    text=texts,
                    textposition=["bottom left" if after.endswith("1") else "top left" for _, after in _edges()],
                    textfont={"color": palette.ink, "size": 12})
    fig.add_scatter(x=[3.06] * 8, y=[_node(f"{i:03b}")[1] for i in range(8)], mode="text", hoverinfo="skip",
                    text=[squares(_as_image(f"{i:03b}", order), palette) for i in range(8)],
                    textposition="middle right", textfont={"color": palette.ink}, cliponaxis=False)
    fig.update_xaxes(visible=False, range=[-0.1, 3.7], fixedrange=True)
    fig.update_yaxes(visible=False, range=[-0.6, 7.6], fixedrange=True)
    fig.frames = [spec.frame([_line(_path(before)), dict(zip("xy", ([v] for v in _node(before)), strict=True))], [1, 2])
                  for before in ["", *_prefixes(drawn)]]
    return fig


def _as_image(drawn: str, order: Sequence[int]) -> str:
    """Bits in the order of drawing -> bits by pixel."""
    found = ["0"] * 3
    for bit, pixel in zip(drawn, order, strict=True):
        found[pixel] = bit
    return "".join(found)


def _prefixes(drawn: Drawn) -> list[str]:
    """What has been drawn of the current image, after each pixel."""
    return ["".join(map(str, row[:count])) for row in drawn.bits.tolist() for count in (1, 2, 3)]


def _path(before: str) -> list[tuple[str, str]]:
    return [(before[:i], before[:i + 1]) for i in range(len(before))]


def tally(drawn: Drawn, exact: Sequence[float], palette: Palette = LIGHT) -> Figure:
    """How often each image was drawn so far, beside its exact probability; a frame for each drawn pixel."""
    fig = theme.figure(palette, x=_image_title(palette), y="share of the drawn images", height=HEIGHT)
    counts = np.cumsum(np.eye(8)[drawn.images], 0)
    shares = [np.zeros(8)] + [counts[i // 3 - 1] / (i // 3) if i >= 3 else np.zeros(8)
                              for i in range(1, 3 * len(drawn.images) + 1)]
    fig.add_bar(x=np.arange(8.0), y=np.zeros(8), name="drawn", marker={"color": palette["data"]}, hoverinfo="skip",
                width=0.7)
    fig.add_scatter(x=np.arange(8.0), y=np.array(exact, float), mode="markers", name="exact p(x)", hoverinfo="skip",
                    marker={"symbol": "line-ew-open", "size": 24, "color": palette["evidence"], "line": {"width": 3}})
    fig.update_xaxes(tickvals=np.arange(8.0), ticktext=[squares(f"{i:03b}", palette) for i in range(8)],
                     range=[-0.6, 7.6], fixedrange=True, showgrid=False)
    fig.update_yaxes(range=[0, min(1.05, 1.6 * max(*exact, 0.3))], fixedrange=True)
    fig.frames = [spec.frame([{"type": "bar", "y": share}], [0]) for share in shares]
    return fig


def captions(drawn: Drawn, order: Sequence[int]) -> list[str]:
    """What each frame has drawn."""
    found = ["Nothing is drawn yet. Next: the first pixel of the first image"]
    for image, row in enumerate(drawn.bits.tolist(), 1):
        for count in (1, 2, 3):
            before, bit = "".join(map(str, row[:count - 1])), row[count - 1]
            chance = drawn.p[CONDITIONALS.index(before)]
            found.append(f"Image {image}: pixel {order[count - 1] + 1} is {'black' if bit else 'white'}, drawn with "
                         f"probability {number(chance if bit else 1 - chance)}")
    return found


def tree_alt(frame: int) -> str:
    """The tree in one sentence."""
    return f"A tree of three pixels with 8 images as leaves; {frame} pixels are drawn, {frame // 3} whole images."


def tally_alt(drawn: Drawn, frame: int, exact: Sequence[float]) -> str:
    """The shares in one sentence."""
    most = int(np.argmax(exact))
    seen = int((drawn.images[:frame // 3] == most).sum())
    return (f"Image {most:03b} has the largest probability, {exact[most]:.3f}; {seen} of {frame // 3} drawn images are "
            "it.")


__all__ = ["BARS", "CONDITIONALS", "HEIGHT", "JOINT", "TOPS", "Drawn", "captions", "conditionals", "conditionals_alt",
           "joint", "joint_alt", "names", "squares", "tally", "tally_alt", "tree", "tree_alt"]
