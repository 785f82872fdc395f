"""A plotly figure with playback, drawing, dragging and hover links in the browser; Python receives the commits.

    live_figure(fig, key="em", alt="...")                       # plays fig.frames, if it has any
    live_figure(fig, key="own", alt="...", draw=True).points     # a click adds a point or removes one
    live_figure(fig, key="means", alt="...", drag={"trace": 2}, base=text, on_edit=fold)
    live_figure(fig, key="resp", alt="...", hover=HoverLink(source=0, table=resp, bars=1, items=(2, 3)))

`key` stays the same whatever the figure shows. `base` is any value that identifies what it shows: edits and the current
frame are valid while it is the same or changed by a fold (see ui/components/edits.py).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ui.components import assets, edits
from ui.components.edits import Clicked, Edits, Fold, Moved
from ui.components.live_figure import payload
from ui.components.live_figure.payload import HoverLink, Packed
from ui.figures.spec import Figure
from ui.figures.theme import ON_PAPER
from ui.streamlit_internals import IDLE
from ui.take_home import naming

SHARED = ("shared/elements.js", "shared/theme.js", "shared/edits.js", "shared/full_screen.js")
SCRIPTS = ("arrays.js", "restyled.js", "plotly_internals.js", "plot.js", "dots.js", "hit.js", "hover.js",
           "transport.js", "tables.js", "placed.js", "follow_line.js", "follow_prior.js", "follow_density.js",
           "follow_q.js", "follow.js", "drag_paint.js", "small_change.js", "editor.js", "pointing.js",
           "filling.js", "live_figure.js")
TAKE_HOME = ("take_home/numbers.js", "take_home/picture.js", "take_home/animated_png.js", "take_home/save_menu.js",
             "take_home/save_canvas.js", "take_home/save_figure.js", "take_home/save_picture.js")
MAX_POINTS = 200

# Not in a shadow root, because plotly adds its styles to the document.
_component = st.components.v2.component(
    "live_figure", js=assets.loader(f"const ON_PAPER = {json.dumps(ON_PAPER)};\n"
                                    f"const NO_SCRIPT_RUNS = {json.dumps(IDLE)};\n"
                                    + assets.script(*SHARED, *TAKE_HOME, *(f"live_figure/{name}" for name in SCRIPTS))),
    css=assets.script("shared/full_screen.css", "live_figure/live_figure.css", "take_home/save_menu.css"),
    isolate_styles=False)


def live_figure(fig: Figure, *, key: str, alt: str, height: int | None = None, **options: Any) -> Edits:
    """Show one figure. key, alt, height, options: as for `live_figures`. Returns the visitor's edits."""
    return live_figures([fig], key=key, alts=[alt], height=height, **options)


def live_figures(figures: Sequence[Figure], *, key: str, alts: Sequence[str], base: Any = None,
                 on_edit: Fold | None = None, height: int | None = None, captions: Sequence[str] | None = None,
                 start: int = 0, halves: bool | Sequence[str] = False, commit: bool = False,
                 places: Sequence[int] | None = None, run: str = "", draw: bool = False,
                 draw_trace: int = 0, max_points: int = MAX_POINTS, drag: Mapping[str, Any] | None = None,
                 hover: HoverLink | None = None, select: bool = False) -> Edits:
    """Show figures side by side (stacked when narrow) with one playback and one hover link. Returns the edits.

    - key: of the component. alts: a sentence for each figure. height: of each, CSS pixels; None: their own.
    - base, on_edit: see ui/components/edits.py; on_edit(edits) is called before the script reruns.
    - Figures with frames get playback controls. captions: of the frames (default: their names). start: the first frame.
      halves: frames come in pairs (an odd count begins with the initial state); two names make a button for each half.
      commit: send the current frame to Python. places: of each frame in a longer run of which some are left out; a
      button of a half is active only where the next frame is the next place. run: names that run; where other frames
      of the same run are sent, the visitor stays at the same place.
    - draw: clicks add points to, and remove them from, trace `draw_trace` of the first figure, up to `max_points`.
    - drag={"trace": t, "names": [...]}: the markers of trace t of the first figure can be dragged. A name is read with
      the marker's place; one with "{x}", "{y}" or "{dx}", the distance from the first marker, with that alone. "more":
      further traces, whose markers are numbered after those of t. "follow": what else moves with the hand, see
      follow.js.
    - hover: see HoverLink. select: a click on a point is sent as `clicked`.

    ValueError when traces, frames, captions or tables do not fit together.
    """
    if len(alts) != len(figures):
        raise ValueError(f"{len(figures)} figures need {len(figures)} alt sentences, not {len(alts)}")
    settings = payload.playback(figures, captions, start=start, halves=halves, commit=commit,
                                places=places, run=run)
    count = settings["count"] if settings else 0
    sent = {
        "plotly": assets.PLOTLY_FROM_MODULE,
        "figures": payload.figures(figures, height),
        "alts": list(alts),
        "theme": st.context.theme.type,
        "hall": st.query_params.get("present", ""),      # its sheet changes the sizes
        "key": key,
        "base": edits.base(key, base).sent,
        "playback": settings,
        "hover": payload.hover(hover, figures, count),
        "select": select,
        "saved": naming.saved(key),
        "edit": payload.editing(figures[0], draw_trace if draw else None, max_points, drag),
    }
    state = _component(key=key, data=payload.encode(sent), on_edit_change=edits.listener(key, on_edit))
    return edits.drawn(key, state, frames=count, max_points=max_points, traces=tuple(len(fig.data) for fig in figures),
                       markers=payload.marker_count(figures[0], drag))


__all__ = ["Clicked", "Edits", "HoverLink", "Moved", "Packed", "live_figure", "live_figures"]
