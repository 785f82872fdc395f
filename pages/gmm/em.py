"""The mixture page's first part: one climb of EM, half-step by half-step, under the hand."""

import streamlit as st

from dgm import gmm
from pages.gmm import dragged_means, em_questions, results, settings
from pages.gmm.figures import em_history
from pages.gmm.results import Setting
from pages.gmm.settings import Chosen
from pages.gmm.state import AT_END
from ui import controls, page
from ui.components.live_figure import HoverLink, live_figures
from ui.figures import bound_ruler as ruler_figures


def part() -> None:
    """The film of the climb, the two terms of log p(x), and what can be predicted about them."""
    chosen = settings.settings()
    setting = chosen.setting
    with chosen.stage:
        at = film(chosen)
    page.section(lambda: em_questions.after_e(setting))
    terms(setting, at)
    page.section(lambda: em_questions.how_many_steps(setting))
    em_questions.task(setting)
    page.section(lambda: em_questions.code(setting))


def film(chosen: Chosen) -> int:
    """The film, and what belongs to it; the half-step where the hand left it."""
    place = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ended = controls.draw("from") == AT_END
        known = results.of(chosen.setting).labels is not None and controls.draw("known")
    with place:
        frame = play(chosen, ended, known)
        notes(chosen)
    return int(results.film(chosen.setting, chosen.axes).at[frame])


def play(chosen: Chosen, ended: bool, known: bool) -> int:
    """The frame where the playback was left."""
    setting, axes = chosen.setting, chosen.axes
    shown = results.film(setting, axes)
    means = results.climb(setting).steps[0].params.means.tolist()
    log_lik, bound = results.curves(setting)
    start = len(shown.frames) - 1 if ended else 0
    found = live_figures(
        results.pictures(setting, axes, page.palette().dark, known),
        key="em playback", base=(setting, axes, ended), on_edit=dragged_means.into_start(means, axes),
        captions=shown.captions, halves=("E", "M"), commit=True, start=start,
        hover=HoverLink(em_history.POINTS, shown.table, em_history.BARS, em_history.outlines(setting.k),
                        bars_figure=1),
        drag={"trace": em_history.handles(setting.k), "names": [f"mean {j + 1}" for j in range(setting.k)]},
        alts=[em_history.plane_alt(len(shown.x), setting.k, len(shown.frames), log_lik[0], log_lik[-1]),
              em_history.beside_alt(bound[-1], log_lik[-1])])
    return start if found.frame is None else found.frame


def notes(chosen: Chosen) -> None:
    """What the hand can do with the film, and how the climb ended."""
    drawn, count = len(chosen.rows), len(results.of(chosen.setting).x)
    st.caption("E moves the responsibilities, M the mixture. Point at a point to see its responsibilities, at an "
               "ellipse to see its points. At the start the numbered means can be dragged: EM then climbs from there."
               + ("" if drawn == count else f" {drawn:,} of {count:,} points are drawn."))
    say_end(results.climb(chosen.setting), chosen.setting)


def say_end(climb: gmm.Trace, setting: Setting) -> None:
    """How the climb ended."""
    last = climb.steps[-1]
    if climb.end == "collapsed":
        st.error(f"After {last.index} steps {climb.message}. log p(x) had reached {last.log_lik:.3f} nats per point.",
                 icon=":material/compress:")
    elif climb.end == "stopped":
        st.info(f"The film stops after {last.index} steps; the last gained {last.gain:.1e} nats per point, and at "
                f"this rate {_still(last)} are left.", icon=":material/hourglass:")
    else:
        st.caption(f"EM has converged: log p(x) = {last.log_lik:.4f} nats per point at the end, "
                   f"{'best of ' + str(setting.restarts) + ' starts' if setting.restarts > 1 else 'one start'}.")


def _still(last: gmm.Step) -> str:
    more = last.remaining(results.TOL)
    return f"about {more:.0f} more" if more < 1e6 else "very many more"


def terms(setting: Setting, at: int) -> None:
    """log p(x), the bound and the gap at half-step `at`, as a formula and on the ruler."""
    parts, last = results.parts(setting, at), results.climb(setting).steps[-1]
    page.claim(
        "The E half-step moves q alone and closes the gap; the M half-step moves the mixture alone and raises the "
        "bound. So log p(x), which lies above the bound, cannot fall.",
        page.term("evidence", r"\log p(\mathbf{X}|\theta)/N", parts.log_lik, "nats") + "="
        + page.term("q", r"\mathcal{L}(q, \theta)", parts.bound) + "+"
        + page.term("gap", r"KL(q\,\|\,p(\mathbf{Z}|\mathbf{X},\theta))", max(parts.gap, 0.0)))
    kl = round(parts.kl, 12) + 0.0       # uniform q, uniform weights: rounding may leave -4e-16
    ruler = ruler_figures.Terms(parts.bound + kl, kl, parts.log_lik)
    page.figure(ruler_figures.ruler(ruler, page.palette(), unit="nats per point"), key="ruler",
                  alt=ruler_figures.ruler_alt(ruler, unit="nats per point"))
    st.caption(f"At this half-step, in nats per point: incomplete log p(x) = {parts.log_lik:.4f}; complete "
               f"E_q log p(x, z) = {parts.complete:.4f}; the difference to the bound is the entropy of q, "
               f"{parts.entropy:.4f}. With the prior on the covariances the objective at the end is "
               f"{last.objective:.4f}; log p(x) alone is {last.log_lik:.4f}.")
