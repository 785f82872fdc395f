"""The playback of EM's half-steps: which one is shown, in the link and in the figures, and which have frames.

A long run has frames for all half-steps near the current one and for fewer elsewhere. When the visitor comes near the
end of the complete stretch, frames around the new place are sent, so that the buttons E and M always make the next
half-step.
"""

from typing import Any, NamedTuple

import streamlit as st

from pages.gmm import given_means, results
from pages.gmm.figures import em_history
from pages.gmm.results import EmRun, EmView
from pages.gmm.settings import Chosen
from ui import cache, controls
from ui.components import edits
from ui.components.live_figure import HoverLink, linked_frame, live_figures

KEY, STEP, STATE = "em playback", "step", "_em_place"
HINT = ("Point at a point to see its responsibilities, at an ellipse to see its points. At the start the numbered "
        "means can be dragged with their ellipses, or moved with the arrow keys.")


class _State(NamedTuple):
    """What the last run of the script left."""

    text: str       # of the link
    visit: int      # grows when the link was set by something else than the playback: a situation, Back
    centre: int     # the EM step around which all frames were sent
    series: Any


class Place(NamedTuple):
    """The half-step that is shown, and the frames that are sent."""

    half: int
    centre: int
    series: Any     # identifies the run
    visit: int

    @property
    def base(self) -> Any:
        """Identifies the frames, for the component."""
        return self.series, self.visit, self.centre


def place(chosen: Chosen, run: EmRun) -> Place:
    """The half-step that the visitor has reached, from the component and the link, which it writes."""
    series, count = (chosen.setting, chosen.axes), len(run.halves)
    left: dict[str, _State] = cache.of_session(STATE, dict)
    text = controls.value(STEP)
    before: _State | None = left.get("state")
    if before is None or before.text != text:
        before = _State(text, 0 if before is None else before.visit + 1, -1, series)
    start = linked_frame.start(STEP, series, count=count)
    centre = results.centre_for(start, before.centre if before.series == series else -1, chosen.setting, run)
    frames = results.half_steps_with_frames(chosen.setting, run, max(centre, 0))
    at = Place(start, max(centre, 0), series, before.visit)
    frame = edits.read(KEY, at.base, frames=len(frames)).frame
    half = linked_frame.keep(STEP, series, None if frame is None else frames[frame], start)
    at = at._replace(half=half, centre=results.centre_for(half, at.centre, chosen.setting, run))
    left["state"] = _State(controls.value(STEP), at.visit, at.centre, series)
    return at


def show(chosen: Chosen, view: EmView, at: Place) -> None:
    """The two figures with their buttons, and what the pointer can do in them."""
    k, shown, run = chosen.setting.k, view.playback, view.run
    frame, half = shown.at.index(at.half), run.halves[at.half]
    live_figures(
        view.figures, key=KEY, base=at.base, on_edit=given_means.from_drag(
            run.trace.steps[0].params.means.tolist(), chosen.axes),
        captions=shown.captions, halves=("E", "M"), commit=True, start=frame, places=shown.at,
        run=f"{hash((at.series, at.visit)):x}",
        hover=HoverLink(em_history.POINTS, shown.table, em_history.BARS, em_history.outlines(k), bars_figure=1,
                        mark=em_history.mark_trace(k), title=_bars_title(len(shown.drawn.x) == len(chosen.points.x)),
                        names=[f"q(z={j + 1})" for j in range(k)]),
        drag={"trace": em_history.means_trace(k), "names": [f"mean {j + 1}" for j in range(k)],
              "follow": em_history.ellipses_follow(shown.frames[0].theta)},
        alts=[em_history.plane_alt(len(shown.drawn.x), shown.frames[frame].theta, at.half),
              em_history.curves_alt(at.half, half.bound, half.log_lik, half.gap)])
    drawn, total = len(shown.drawn.x), len(chosen.points.x)
    st.caption(HINT + ("" if drawn == total else f" {drawn:,} of {total:,} points are drawn."))


def _bars_title(all_drawn: bool) -> tuple[int, str]:
    """Whose q the bars show while a point is pointed at: by number where every point is drawn."""
    return em_history.BARS_TITLE, "q(z) of point #" if all_drawn else "q(z) of the marked point"
