"""The colours of the components: none of them is that of log p(x), of the bound or of the gap beside them."""

from ui.figures import theme
from ui.figures.theme import Palette
from ui.figures.written import written

MARKERS = (*theme.CLASS_MARKERS, "star-triangle-up", "hourglass")


def colours(k: int, palette: Palette) -> list[str]:
    """The colours of K components, all different up to 12."""
    names = theme.COMPONENT_DARK if palette.dark else theme.COMPONENT_LIGHT
    return [names[j % len(names)] for j in range(k)]


def colour(j: int, palette: Palette) -> str:
    """The colour of component j, counted from 0."""
    return colours(j + 1, palette)[j]


def marker(j: int) -> str:
    """The symbol of component j, counted from 0."""
    return MARKERS[j % len(MARKERS)]


def small(value: float) -> str:
    """A positive number to two digits, with a power of ten where it is tiny; 0 as it is.

    >>> small(4.875), small(9.2e-9), small(0.0)
    ('4.9', '9.2 × 10⁻⁹', '0')
    """
    return written(value, ".2g")


def number(value: float, digits: int = 4) -> str:
    """A number as text with a true minus sign, and never -0.

    >>> number(-4.15538), number(-0.00001)
    ('−4.1554', '0.0000')
    """
    return written(value, f".{digits}f")
