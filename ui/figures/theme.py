"""One palette and one layout for every figure: a meaning has the same colour, dash and marker everywhere.

The hues are Okabe and Ito's colour-blind safe set, darkened for light pages and lightened for dark ones to a contrast
of at least 4.5:1, as for text. Every meaning has a second cue: dash, hatch or marker.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from ui.figures.spec import Figure, merged


class Tone(NamedTuple):
    """The style of one meaning in formulas, figures and code."""

    light: str          # colour on a light page
    dark: str           # colour on a dark page
    dash: str = "solid"  # second cue of lines
    marker: str = "circle"  # second cue of points
    hatch: str = ""     # second cue of areas and bars


TONES: dict[str, Tone] = {
    "evidence": Tone("#1a1d21", "#e8eaed"),
    "prior": Tone("#007a59", "#2fc799", dash="dot"),
    "likelihood": Tone("#1b7aae", "#56b4e9", dash="dashdot"),
    "posterior": Tone("#a3457c", "#e48fbf"),
    "q": Tone("#8f5b00", "#f0b429", dash="dash", marker="square"),
    "reconstruction": Tone("#1f4fb2", "#7aa7ff"),
    "kl": Tone("#007a59", "#2fc799", hatch="/"),
    "gap": Tone("#b94a00", "#ff8a4a", hatch="x"),
    "log-derivative": Tone("#b94a00", "#ff8a4a"),
    "baseline": Tone("#b94a00", "#ff8a4a", dash="dash", marker="circle-open"),
    "reparametrization": Tone("#1f4fb2", "#7aa7ff", marker="diamond"),
    "data": Tone("#6b727c", "#a2a9b3"),
    "held-out": Tone("#3f454d", "#d0d5db", marker="circle-open"),
}

# Ten classes or components, distinguished by colour *and* marker (no two share both).
CLASS_LIGHT = ("#1f4fb2", "#b94a00", "#007a59", "#a3457c", "#8f5b00",
               "#1b7aae", "#5b4bb5", "#5f6670", "#7a3b1d", "#2b6b2f")
CLASS_DARK = ("#7aa7ff", "#ff8a4a", "#2fc799", "#e48fbf", "#f0b429",
              "#56b4e9", "#b3a5ff", "#b4bac3", "#d9a184", "#8fd694")
# Components of a mixture: none has the colour of log p(x), of the bound or of the gap beside them. Neighbours differ in
# hue and lightness; contrast at least 4.5 : 1 on the page's background.
COMPONENT_LIGHT = ("#1f4fb2", "#007a59", "#a3457c", "#5b4bb5", "#00707f", "#4f6a00",
                   "#c2185b", "#33415c", "#1b7aae", "#7b1fa2", "#2b6b2f", "#6d4c41")
COMPONENT_DARK = ("#7aa7ff", "#2fc799", "#e48fbf", "#b3a5ff", "#4fd0d8", "#b9cc4a",
                  "#ff86a8", "#a9b8d6", "#56b4e9", "#d59bff", "#8fd694", "#c9a99d")
CLASS_MARKERS = ("circle", "square", "diamond", "triangle-up", "cross",
                 "x", "triangle-down", "star", "pentagon", "hexagon")


@dataclass(frozen=True)
class Palette:
    """The colours of one theme. `palette["prior"]` is a colour; dashes and markers do not change."""

    dark: bool
    ink: str          # text and exact values
    paper: str        # page background
    grid: str         # faint lines
    accent: str       # the one accent of the controls
    classes: tuple[str, ...]

    def __getitem__(self, meaning: str) -> str:
        tone = TONES[meaning]
        return tone.dark if self.dark else tone.light

    def faint(self, meaning: str, alpha: float = 0.18) -> str:
        """The colour of `meaning` with opacity `alpha`, as CSS."""
        return rgba(self[meaning], alpha)


LIGHT = Palette(False, "#1a1d21", "#ffffff", "#e3e6ea", "#1f4fb2", CLASS_LIGHT)
DARK = Palette(True, "#e8eaed", "#14171c", "#2c323a", "#7aa7ff", CLASS_DARK)

# Sequential scales that start at the page's own background.
SCALE_LIGHT = ((0.0, "#ffffff"), (0.5, "#7fa3dc"), (1.0, "#12316f"))
SCALE_DARK = ((0.0, "#14171c"), (0.5, "#3f6fc4"), (1.0, "#dbe7ff"))

HEIGHT = 380          # CSS pixels, the default of figures
FONT = "Source Sans, sans-serif"
FONT_SIZE = 14
LOG_TICKS = {"size": FONT_SIZE / 1.25}    # of a logarithmic axis: plotly enlarges the numbers of powers by 1.25


def rgba(colour: str, alpha: float) -> str:
    """The CSS rgba() of a colour "#rrggbb" with opacity `alpha`."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def scale(palette: Palette) -> tuple[tuple[float, str], ...]:
    """The sequential colour scale of heatmaps."""
    return SCALE_DARK if palette.dark else SCALE_LIGHT


def readable(share: float, palette: Palette) -> str:
    """The colour of a text on a cell of `scale`: the page's ink or its background, whichever has more contrast.

    share: of the scale, from 0 to 1.
    """
    (start, below), (end, above) = next(pair for pair in pairwise(scale(palette)) if min(share, 1.0) <= pair[1][0])
    part = (share - start) / (end - start)
    ends = zip(bytes.fromhex(below[1:]), bytes.fromhex(above[1:]), strict=True)
    cell = _luminance(low + part * (high - low) for low, high in ends)

    def contrast(colour: str) -> float:
        dark, bright = sorted((cell, _luminance(bytes.fromhex(colour[1:]))))
        return (bright + 0.05) / (dark + 0.05)

    return max(palette.ink, palette.paper, key=contrast)


def _luminance(colour: Iterable[float]) -> float:
    """WCAG's relative luminance of red, green and blue from 0 to 255."""
    linear = (value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in colour)
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def scale_of(meaning: str, palette: Palette) -> tuple[tuple[float, str], ...]:
    """The colour scale of a density with a meaning: from the page's background to a paler form of its colour.

    Lines and points in the colour itself stand out on it.
    """
    ends = zip(*(bytes.fromhex(colour[1:]) for colour in (palette.paper, palette[meaning])), strict=True)
    top = "#" + "".join(f"{round(low + 0.55 * (high - low)):02x}" for low, high in ends)
    return (0.0, palette.paper), (1.0, top)


def ink(palette: Palette) -> tuple[tuple[float, str], ...]:
    """The colour scale of images: 0 is the page's background, 1 its text colour."""
    return ((0.0, palette.paper), (1.0, palette.ink))


# Each colour of a dark page -> the one that has its meaning on paper, which is light.
ON_PAPER = {**dict(zip(COMPONENT_DARK, COMPONENT_LIGHT, strict=True)),
            **dict(zip(CLASS_DARK, CLASS_LIGHT, strict=True)),
            **{dark[1]: light[1] for dark, light in zip(SCALE_DARK, SCALE_LIGHT, strict=True)},
            **{scale_of(name, DARK)[1][1]: scale_of(name, LIGHT)[1][1] for name in TONES},
            **{tone.dark: tone.light for tone in TONES.values()},
            DARK.ink: LIGHT.ink, DARK.paper: LIGHT.paper, DARK.grid: LIGHT.grid, DARK.accent: LIGHT.accent}


def line(meaning: str, palette: Palette, width: float = 2.2) -> dict[str, Any]:
    """The plotly `line` of a meaning: its colour and its dash."""
    return {"color": palette[meaning], "dash": TONES[meaning].dash, "width": width}


def marker(meaning: str, palette: Palette, size: float = 7) -> dict[str, Any]:
    """The plotly `marker` of a meaning: its colour and its symbol."""
    return {"color": palette[meaning], "symbol": TONES[meaning].marker, "size": size}


def pattern(meaning: str, palette: Palette) -> dict[str, Any]:
    """The plotly bar `marker` of a meaning: its colour and its hatch."""
    hatch = {"shape": TONES[meaning].hatch, "fillmode": "overlay", "fgcolor": palette.paper, "fgopacity": 0.75,
             "size": 7}
    return {"color": palette[meaning], "pattern": hatch}


def figure(palette: Palette = LIGHT, *, x: str = "", y: str = "", height: int = HEIGHT,
           title: str = "", **layout: Any) -> Figure:
    """An empty figure with the common layout. x, y: axis titles with units. height: CSS pixels. layout: merged in."""
    axis = {"gridcolor": palette.grid, "zeroline": False, "linecolor": palette.grid, "automargin": True,
            "tickfont": {"color": palette.ink}, "exponentformat": "power",
            "ticklabeloverflow": "allow"}   # else plotly measures every label, a quarter of a drawing's time
    name = {"font": {"color": palette.ink, "size": FONT_SIZE}, "standoff": 8}
    common = {
        "height": height, "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": FONT_SIZE, "color": palette.ink},
        "margin": {"l": 8, "r": 8, "t": 36 if title else 12, "b": 8},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "bgcolor": "rgba(0,0,0,0)"},
        "hoverlabel": {"font": {"family": FONT, "size": 13}}, "uirevision": "keep", "dragmode": False,
        "xaxis": axis | {"title": name | {"text": x}}, "yaxis": axis | {"title": name | {"text": y}},
    }
    if title:
        common["title"] = {"text": title, "font": {"size": 15, "color": palette.ink}, "x": 0, "xanchor": "left"}
    return Figure(merged(common, layout))
