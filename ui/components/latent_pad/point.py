"""The pad's point z as a page's parameter of the link: "0.5,-1.2"."""

import math
from collections.abc import Sequence

Z = tuple[float, ...]
LIMIT = 1e6     # of a coordinate: beyond the latent means of every model that can be trained here (`dgm.vae.MAX_Z`)
DIGITS = 3      # after the point, as the browser rounds
SPELLED = 10    # digits of a coordinate in a link: all that LIMIT and DIGITS leave


def clean(raw: Sequence[float] | None, latent: int) -> Z:
    """z as a point of a space of `latent` dimensions, within the limit and rounded; the origin when it is none."""
    if raw is None or len(raw) != latent or not all(map(math.isfinite, raw)):
        return (0.0,) * latent
    return tuple(round(max(-LIMIT, min(LIMIT, float(value))), DIGITS) + 0.0 for value in raw)


def parse(raw: str) -> tuple[Z, str]:
    """The point that a link names, and what is wrong with it; () when it names none."""
    if not raw:
        return (), ""
    try:
        values = tuple(float(part) for part in raw.split(","))
    except ValueError:
        values = (math.nan,)
    if not all(abs(value) <= LIMIT for value in values):    # NaN is not inside either
        return (), f"The link's z is not a point like 0.5,-1.2 within ±{LIMIT:,.0f}; the point starts at the origin."
    return values, ""


def spell(z: Z) -> str:
    """z as a link names it; nothing for the origin."""
    return ",".join(f"{value:.{SPELLED}g}" for value in z) if any(z) else ""


__all__ = ["DIGITS", "LIMIT", "Z", "clean", "parse", "spell"]
