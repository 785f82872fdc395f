"""Playback of histories (EM, training, sampling). The browser plays the figures' frames without the server."""

from collections.abc import Sequence
from typing import Any

from ui.components.live_figure import live_figures
from ui.figures.spec import Figure


def playback(figures: Figure | Sequence[Figure], *, key: str, base: Any = None, captions: Sequence[str] | None = None,
             alts: str | Sequence[str], halves: bool | Sequence[str] = False, commit: bool = False,
             start: int = 0) -> int:
    """Show figures whose frames are played together. Returns the current frame, or `start` without `commit`.

    figures: all with equally many frames. key: of the component. base: identifies what is played; the playback restarts
    when it changes. captions: one per frame (default: the frames' names). alts: one sentence per figure. halves: frames
    come in pairs, such as E and M; two names make a button for each half. commit: send the current frame to Python.
    start: the first frame shown.
    """
    shown = [figures] if isinstance(figures, Figure) else list(figures)
    sentences = [alts] if isinstance(alts, str) else list(alts)
    frame = live_figures(shown, key=key, base=base, alts=sentences, captions=captions, halves=halves, commit=commit,
                         start=start).frame
    return start if frame is None else frame
