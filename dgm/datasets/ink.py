"""Ink on paper or chalk on a board: where it is, whatever the light, the paper and their noise.

Paper is a smooth surface of grey values; ink is what differs from it, all to one side, in large connected pieces.
"""

import numpy as np
import scipy
from PIL import Image

from dgm.errors import DataError

LARGEST_SIDE = 320     # pixels in which ink is looked for
SMOOTHING = 0.003      # of the longer side: the noise of a photo is finer, a stroke is not
LEAST_CONTRAST = 0.06  # between ink and paper, of black against white
NOISES = 5.0           # ink differs from the paper by so many standard deviations of its noise
PIECE = 0.04           # of the largest piece of ink: smaller ones are specks
INNER = 0.05           # of an edge: a piece of ink beside it is at least so large
ALONG = 0.85           # of a side: what covers more of it goes on outside the picture
EDGE = 0.3             # of a side of the picture: a piece along it is an edge of the paper or a shadow
FITTED = 60           # pixels along a side that decide the paper's grey values
DEGREES = (2, 4)       # of the polynomials that are fitted to it, each REFITS times
REFITS = 5
SPECK = 0.02           # its width, of the longer side
STROKE = 0.2           # the width of most strokes,
WIDEST = 0.4           # and of the widest ones
DARKEST = 0.15         # paper that reflects less counts as this dark
EIGHT = np.ones((3, 3), dtype=bool)   # the neighbours of a pixel
NO_INK = "there is no ink that stands out: write one digit, dark on light or light on dark"


def find(grey: np.ndarray) -> np.ndarray:
    """Light ink on dark, in [0, 1]: 0 where there is paper, 1 where the ink is strongest.

    grey: (h, w) in [0, 1]. Returns (h, w), or fewer pixels of the same proportions where there are more than
    LARGEST_SIDE. DataError when there is no ink.

    >>> import numpy as np
    >>> light = np.linspace(0.4, 0.7, 60)[:, None] * np.ones((60, 40))
    >>> light[20:40, 15:20] -= 0.3
    >>> ink = find(light)
    >>> bool(ink[30, 17] > 0.8), float(ink[5, 5]), float(ink[55, 35])
    (True, 0.0, 0.0)
    """
    grey = _smoothed(_smaller(np.asarray(grey, dtype=np.float64)))
    paper, noise = _paper(grey)
    light = np.maximum(paper, DARKEST)   # ink is a share of the light that the paper reflects, as strong in the shade
    least = max(LEAST_CONTRAST, NOISES * noise) / light
    ink = _strokes((grey - paper) / light, least)
    strong = ink > np.maximum(least, 0.35 * _peak(ink, ink > least))
    pieces = _pieces(strong)
    peak = _peak(ink, strong & pieces)
    floor = np.minimum(2 * noise / (light * peak), 0.3)
    return np.clip((ink / peak - floor) / (1 - floor), 0, 1) * pieces


def _strokes(differing: np.ndarray, least: np.ndarray) -> np.ndarray:
    """How strong the ink is, (h, w): what is darker, or lighter, than all around it.

    differing: from the paper. least: of ink. A stroke is narrower than WIDEST; what is wider is a shadow, or what the
    paper lies on.
    """
    sides = [(sign * differing, _narrow(sign * differing, STROKE)) for sign in (-1, 1)]
    masses = [_mass(np.minimum(side, narrow), least) for side, narrow in sides]
    if max(masses) <= 0:
        raise DataError(NO_INK)
    ink = _narrow(sides[masses[1] > masses[0]][0], WIDEST)
    return ink - float(np.median(ink))


def _narrow(side: np.ndarray, share: float) -> np.ndarray:
    """How much is higher than all around it within `share` of the longer side, specks not counted."""
    specks, size = (max(least, round(part * max(side.shape))) for part, least in ((SPECK, 1), (share, 3)))
    around = _surrounded(scipy.ndimage.grey_closing(side, (specks, specks)), size)
    inner = tuple(slice(size, size + along) for along in side.shape)
    return side - scipy.ndimage.grey_opening(around, (size, size))[inner]


def _surrounded(side: np.ndarray, size: int) -> np.ndarray:
    """`side` within paper, so that a stroke may end at the border; what lies along all of it goes on beyond it."""
    around = np.pad(side, size)
    for turn in range(4):
        turned, border = np.rot90(around, turn), np.rot90(side, turn)[0]
        if (border > LEAST_CONTRAST).mean() > ALONG:
            turned[:size, size:-size] = border
    return around


def _mass(side: np.ndarray, least: np.ndarray) -> float:
    """How much is ink, not counting what lies along an edge where there is something else."""
    numbers, count = scipy.ndimage.label(side > least, structure=EIGHT)
    if not count:
        return 0.0
    masses = np.bincount(numbers.reshape(-1), weights=side.reshape(-1), minlength=count + 1)
    masses[0] = 0
    inner = masses * ~_along_an_edge(numbers, count)
    return float(inner.sum() + 1e-3 * masses.sum())


def _peak(ink: np.ndarray, where: np.ndarray) -> float:
    """The strength of most of the ink that is somewhere."""
    if not where.any():
        raise DataError(NO_INK)
    return float(np.quantile(ink[where], 0.8))


def _smaller(grey: np.ndarray) -> np.ndarray:
    """At most LARGEST_SIDE pixels high and wide."""
    share = LARGEST_SIDE / max(grey.shape)
    if share >= 1:
        return grey
    size = [max(1, round(side * share)) for side in grey.shape[::-1]]
    return np.asarray(Image.fromarray(grey.astype(np.float32)).resize(size, Image.Resampling.BOX), dtype=np.float64)


def _smoothed(grey: np.ndarray) -> np.ndarray:
    sigma = SMOOTHING * max(grey.shape)
    return scipy.ndimage.gaussian_filter(grey, sigma, mode="nearest") if sigma > 0.5 else grey


def _paper(grey: np.ndarray) -> tuple[np.ndarray, float]:
    """The paper's grey values, a polynomial, and the standard deviation of its noise.

    The first fit is to the picture's border, the next ones to all pixels that differ little from the last.
    """
    some = tuple(slice(None, None, max(1, side // FITTED)) for side in grey.shape)
    border = np.zeros(grey.shape, dtype=bool)
    border[[0, -1], :] = border[:, [0, -1]] = True
    values = np.concatenate([grey[some].reshape(-1), grey[border]])
    used = np.arange(len(values)) >= grey[some].size
    surface = np.full(len(values), float(np.median(values[used])))
    for degree in DEGREES:
        terms = _terms(grey.shape[0], grey.shape[1], degree)
        basis = np.concatenate([terms[some].reshape(-1, terms.shape[-1]), terms[border]])
        for _ in range(REFITS):
            differing = np.abs(values - surface)
            noise = 1.4826 * float(np.median(differing[used]))
            used = differing <= max(2.5 * noise, LEAST_CONTRAST / 3)
            weights = np.linalg.lstsq(basis[used], values[used])[0]
            surface = basis @ weights
    return terms @ weights, noise


def _terms(h: int, w: int, degree: int) -> np.ndarray:
    """x^i y^j, i + j up to `degree`, of every pixel, (h, w, number), with x and y from -1 to 1."""
    x, y = np.linspace(-1, 1, w)[None, :], np.linspace(-1, 1, h)[:, None]
    return np.stack([x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)], -1)


def _pieces(strong: np.ndarray) -> np.ndarray:
    """Where there are large connected pieces of ink, with the faint pixels around them."""
    numbers, count = scipy.ndimage.label(strong, structure=EIGHT)
    if not count:
        raise DataError(NO_INK)
    areas = np.bincount(numbers.reshape(-1), minlength=count + 1).astype(float)
    areas[0] = 0
    inner = areas * ~_along_an_edge(numbers, count)
    areas = inner if inner.max() > INNER * areas.max() else areas
    if areas.max() < 1e-4 * strong.size:
        raise DataError(NO_INK)
    digit = (areas >= PIECE * areas.max())[numbers]
    return scipy.ndimage.binary_dilation(digit, EIGHT, iterations=max(1, round(max(strong.shape) / 150)))


def _along_an_edge(numbers: np.ndarray, count: int) -> np.ndarray:
    """Which pieces, (count + 1,), lie along much of a side of the picture."""
    found = np.zeros(count + 1, dtype=bool)
    for side in (numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]):
        found |= np.bincount(side, minlength=count + 1) > EDGE * len(side)
    return found


__all__ = ["NO_INK", "find"]
