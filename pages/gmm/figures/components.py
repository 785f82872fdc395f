"""The colours of the components: none of them is that of log p(x), of the bound or of the gap beside them."""

from ui.figures import theme
from ui.figures.theme import Palette

# In pairs of neighbours that differ in hue and lightness; contrast at least 4.5 : 1 on the page's background.
LIGHT = ("#1f4fb2", "#007a59", "#a3457c", "#5b4bb5", "#00707f", "#4f6a00",
         "#c2185b", "#33415c", "#1b7aae", "#7b1fa2", "#2b6b2f", "#6d4c41")
DARK = ("#7aa7ff", "#2fc799", "#e48fbf", "#b3a5ff", "#4fd0d8", "#b9cc4a",
        "#ff86a8", "#a9b8d6", "#56b4e9", "#d59bff", "#8fd694", "#c9a99d")
MARKERS = (*theme.CLASS_MARKERS, "star-triangle-up", "hourglass")


def colours(k: int, palette: Palette) -> list[str]:
    """The colours of K components, all different up to 12."""
    names = DARK if palette.dark else LIGHT
    return [names[j % len(names)] for j in range(k)]


def colour(j: int, palette: Palette) -> str:
    """The colour of component j, counted from 0."""
    return colours(j + 1, palette)[j]


def marker(j: int) -> str:
    """The symbol of component j, counted from 0."""
    return MARKERS[j % len(MARKERS)]


def number(value: float, digits: int = 4) -> str:
    """A number as text with a true minus sign, and never -0.

    >>> number(-4.15538), number(-0.00001)
    ('−4.1554', '0.0000')
    """
    return f"{value:z.{digits}f}".replace("-", "−")
