"""The pad's point z: its limits, and its text in a link, such as "0.5,-1.2"."""

import math
from collections.abc import Sequence

Z = tuple[float, ...]
LIMIT = 1e6     # of a coordinate: beyond the latent means of every model that can be trained here (`dgm.vae.MAX_Z`)
DIGITS = 3      # after the decimal point, as the browser rounds
TEXT_DIGITS = 10    # significant digits of a coordinate in a link: as many as LIMIT and DIGITS give


def clean(raw: Sequence[float] | None, latent: int) -> Z:
    """z clipped to LIMIT and rounded; the origin where `raw` is no point of `latent` dimensions.

    >>> clean([0.12345, 2e9], 2)
    (0.123, 1000000.0)
    """
    if raw is None or len(raw) != latent or not all(map(math.isfinite, raw)):
        return (0.0,) * latent
    return tuple(round(max(-LIMIT, min(LIMIT, float(value))), DIGITS) + 0.0 for value in raw)


def parse(raw: str) -> tuple[Z, str]:
    """The point of a link's text, () where it is none, and "" or the sentence that says what is wrong with it."""
    if not raw:
        return (), ""
    try:
        values = tuple(math.nan if "_" in part else float(part) for part in raw.split(","))
    except ValueError:
        values = (math.nan,)
    if not all(abs(value) <= LIMIT for value in values):    # true for NaN too
        return (), f"The link's z is not a point like 0.5,-1.2 within ±{LIMIT:,.0f}; the point starts at the origin."
    return values, ""


def to_text(z: Z) -> str:
    """z as the text of a link, "" for the origin, which is the default."""
    return ",".join(f"{value:.{TEXT_DIGITS}g}" for value in z) if any(z) else ""


__all__ = ["DIGITS", "LIMIT", "Z", "clean", "parse", "to_text"]
