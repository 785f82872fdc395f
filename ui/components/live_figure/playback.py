"""Histories to play: EM, training, sampling. Frames are figures' frames; the browser plays them without the server."""

from collections.abc import Sequence
from typing import Any

from ui.components.live_figure import live_figures
from ui.figures.spec import Figure


def playback(figures: Figure | Sequence[Figure], *, key: str, base: Any = None, captions: Sequence[str] | None = None,
             alts: str | Sequence[str], halves: bool | Sequence[str] = False, commit: bool = False,
             start: int = 0) -> int:
    """Play the frames of figures in step and return the frame where the playback was left.

    base: what is played, any plain value; the playback begins again when it changes. captions: one per frame (default:
    the frames' names); alts: one sentence per figure. With `halves` frames come in pairs, such as E and M. Without
    `commit` the browser keeps the frame to itself and `start` is returned.
    """
    shown = [figures] if isinstance(figures, Figure) else list(figures)
    sentences = [alts] if isinstance(alts, str) else list(alts)
    frame = live_figures(shown, key=key, base=base, alts=sentences, captions=captions, halves=halves, commit=commit,
                         start=start).frame
    return start if frame is None else frame
