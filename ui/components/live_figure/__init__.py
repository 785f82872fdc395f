"""A plotly figure under the hand: played, drawn on, dragged and pointed at in the browser; Python hears of the end.

    live_figure(fig, key="em", alt="...")                       # plays fig.frames, if it has any
    live_figure(fig, key="own", alt="...", draw=True).points     # click to add, click a point to take it away
    live_figure(fig, key="means", alt="...", drag={"trace": 2}).moved
    live_figure(fig, key="resp", alt="...", hover=HoverLink(source=0, table=resp, bars=1, items=(2, 3)))

What a hand did belongs to the key: to start afresh (new data, another K), use another key. Keys that share a `slot`
are drawn by one component, which takes up the next figure faster than another component could be set up.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from ui.components import assets
from ui.components.live_figure import events, payload
from ui.components.live_figure.events import Clicked, LiveEvents, Moved
from ui.components.live_figure.payload import HoverLink, Packed
from ui.figures.spec import Figure

HERE = Path(__file__).parent
SCRIPTS = ("plot.js", "dots.js", "hit.js", "hover.js", "transport.js", "edit.js", "live_figure.js")
MAX_POINTS = 200

# In the page's own tree, not in a shadow of it: plotly writes its styles into the document.
_component = st.components.v2.component(
    "live_figure", js=assets.loader("\n".join((HERE / name).read_text() for name in SCRIPTS)),
    css=(HERE / "live_figure.css").read_text(), isolate_styles=False)


def live_figure(fig: Figure, *, key: str, alt: str, height: int | None = None, **options: Any) -> LiveEvents:
    """Show one figure; options as in `live_figures`. Returns what the hand did so far."""
    return live_figures([fig], key=key, alts=[alt], height=height, **options)


def live_figures(figures: Sequence[Figure], *, key: str, alts: Sequence[str], height: int | None = None,
                 captions: Sequence[str] | None = None, start: int = 0, halves: bool | Sequence[str] = False,
                 commit: bool = False, draw: bool = False, draw_trace: int = 0, max_points: int = MAX_POINTS,
                 drag: Mapping[str, Any] | None = None, hover: HoverLink | None = None,
                 select: bool = False, slot: str | None = None) -> LiveEvents:
    """Show figures side by side (stacked when narrow) that play, and light up, together.

    - frames of the figures give a transport: `captions` (default: the frames' names), `start`, `halves` (frames come
      in pairs; an odd count begins with the start itself; two names make a button for each half), `commit` (tell Python
      the frame when the hand rests).
    - `draw`: clicks add points to, and take them from, trace `draw_trace` of the first figure, up to `max_points`.
    - `drag={"trace": t, "names": [...]}`: the markers of trace t of the first figure move under the hand.
    - `hover`: see HoverLink. `select`: a click on a point is told as `clicked`.
    - `slot`: one at a time of several keys is shown there, each with a hand of its own.

    Raises ValueError when traces, frames, captions or tables do not fit together.
    """
    if len(alts) != len(figures):
        raise ValueError(f"{len(figures)} figures need {len(figures)} alt sentences, not {len(alts)}")
    state = _state(key, slot)
    playing = payload.playback(figures, captions, start=start, halves=halves, commit=commit)
    count = playing["count"] if playing else 0
    limits: dict[str, Any] = {"frames": count, "max_points": max_points, "traces": tuple(len(f.data) for f in figures)}
    if drag is not None:
        payload.check_traces(figures[0], drag["trace"])
        limits["markers"] = payload.length(figures[0].data[drag["trace"]].get("x"))
    if draw:
        payload.check_traces(figures[0], draw_trace)
    known = events.read(state, **limits)
    sent = {
        "plotly": assets.plotly_url(),
        "figures": payload.figures(figures, height),
        "alts": list(alts),
        "theme": st.context.theme.type,
        "of": None if slot is None else key,
        "playback": playing,
        "hover": payload.hover(hover, figures, count),
        "select": {"turn": events.turn(state, "clicked")} if select else None,
        "edit": _edit(state, known, draw_trace if draw else None, max_points, drag),
    }
    said = _component(key=slot or key, data=payload.encode(sent), **_listeners(draw, drag, select, commit))
    return events.read(said if slot is None else events.under(key, said), **limits)


def last(key: str, slot: str | None = None, **limits: Any) -> LiveEvents:
    """What the hand did so far under `key`, for a page that needs it before it can make the figure."""
    wide: dict[str, Any] = {"frames": events.MOST_POINTS, "traces": (events.MOST_POINTS,) * 4}
    return events.read(_state(key, slot), **(wide | limits))


def _state(key: str, slot: str | None) -> Mapping[str, Any]:
    state = st.session_state.get(slot or key)
    if not isinstance(state, Mapping):
        return {}
    return state if slot is None else events.under(key, state)


def _edit(state: Mapping[str, Any], known: LiveEvents, draw_trace: int | None, most: int,
          drag: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Settings of the hand's edits, and what Python knows of them (an echo older than the hand is passed over)."""
    if draw_trace is None and drag is None:
        return None
    return {
        "draw": None if draw_trace is None else {"trace": draw_trace, "most": most},
        "drag": None if drag is None else {"trace": drag["trace"], "names": list(drag.get("names") or ())},
        "known": {"turn": events.turn(state, "points", "moved"), "points": known.points, "moved": known.moved or ()},
    }


def _listeners(draw: bool, drag: Mapping[str, Any] | None, select: bool, commit: bool) -> dict[str, Any]:
    """Streamlit keeps the states that somebody listens to."""
    wanted = {"points": draw, "moved": drag is not None, "clicked": select, "frame": commit, "theme": True}
    return {f"on_{name}_change": _heard for name, asked in wanted.items() if asked}


def _heard() -> None:
    """The run that follows is the answer."""


__all__ = ["Clicked", "HoverLink", "LiveEvents", "Moved", "Packed", "last", "live_figure", "live_figures"]
