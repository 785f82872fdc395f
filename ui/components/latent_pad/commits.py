"""Where the hand is, as Python knows it: a fold over what the page asks for and what the browser commits."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

Z = tuple[float, ...]
FARTHEST = 99.0  # a hand beyond this is a broken link, not a place


class Commit(NamedTuple):
    """What the browser sent when the hand let go."""

    z: Z
    move: int | None  # the last sending that it had obeyed: the same z after another sending is news


class Hand(NamedTuple):
    """The hand between two runs of the script."""

    z: Z                    # now
    aim: Z                  # where Python last sent it
    move: int               # how often Python has sent it
    asked: Z | None         # the last z that the page passed
    heard: Commit | None    # the last commit of the browser


def clean(raw: Any, latent: int) -> Z | None:
    """`raw` as z (latent,), clamped to +-99 and rounded to 3 decimals; None when it is not a point."""
    if isinstance(raw, str | bytes) or not isinstance(raw, Sequence) or len(raw) != latent:
        return None
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in raw):
        return None
    return tuple(round(max(-FARTHEST, min(FARTHEST, float(v))), 3) + 0.0 for v in raw)


def heard(state: Any, latent: int) -> Commit | None:
    """The commit in the component's state: `{"z": [...]}` or `{"z": {"at": [...], "move": n}}`."""
    raw: Any = state.get("z") if hasattr(state, "get") else None
    move = None
    if hasattr(raw, "get"):
        raw, move = raw.get("at"), raw.get("move")
    z = clean(raw, latent)
    return None if z is None else Commit(z, move if isinstance(move, int) else None)


def follow(hand: Hand | None, latent: int, asked: Z | None, commit: Commit | None) -> Hand:
    """The hand of this run. The browser's news comes first; a z newly asked for by the page overrules it."""
    if hand is None or len(hand.z) != latent:
        z = asked or (0.0,) * latent
        return Hand(z, z, hand.move + 1 if hand else 0, asked, commit)
    if commit is not None and commit != hand.heard:
        hand = hand._replace(z=commit.z, heard=commit)
    if asked is not None and asked not in (hand.asked, hand.z):
        hand = hand._replace(z=asked, aim=asked, move=hand.move + 1)
    return hand._replace(asked=asked)
