"""The mixture page's first part: one run of EM, half-step by half-step."""

import streamlit as st

from dgm import gmm
from pages.gmm import em_questions, given_means, results, settings
from pages.gmm.figures import em_history
from pages.gmm.results import EmView, Setting
from pages.gmm.settings import Chosen
from pages.gmm.state import AT_END
from ui import controls, page
from ui.components.live_figure import HoverLink, live_figures
from ui.figures import bound_ruler


def part() -> None:
    """The playback of the run, the two terms of log p(x), and what can be predicted about them."""
    above, stage = st.container(), st.container()
    chosen = settings.draw(above)
    setting = chosen.setting
    with stage:
        with st.container():    # for the spinner, so that it moves nothing else
            view = results.em(setting, chosen.axes, page.palette().dark, _known_fit(chosen), chosen.points)
        frame = playback(chosen, view)
    page.section(lambda: em_questions.after_e(view.run))
    terms(results.bound_terms_at(setting, int(view.playback.at[frame]), view.run), view.run.last)
    page.section(lambda: em_questions.how_many_steps(view.run))
    em_questions.challenge(setting, view.run.last.log_lik)
    page.section(lambda: em_questions.code(setting, view.run))


def _known_fit(chosen: Chosen) -> bool:
    """Whether the fit with known z is drawn: read before its switch is drawn, below the figure."""
    return chosen.points.labels is not None and bool(controls.value("known"))


def playback(chosen: Chosen, view: EmView) -> int:
    """The figures with their controls and notes; the frame where the playback was left."""
    frame = _figures(chosen, view, ended=controls.value("from") == AT_END)
    _notes(len(view.playback.drawn.x), len(chosen.points.x))
    _end(view.run.trace, chosen.setting)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        controls.draw("from")
        if chosen.points.labels is not None:
            controls.draw("known")
    return frame


def _figures(chosen: Chosen, view: EmView, *, ended: bool) -> int:
    k, shown = chosen.setting.k, view.playback
    start = len(shown.frames) - 1 if ended else 0
    means = view.run.trace.steps[0].params.means.tolist()
    edits = live_figures(
        view.figures, key="em playback", base=(chosen.setting, chosen.axes, ended),
        on_edit=given_means.from_drag(means, chosen.axes),
        captions=shown.captions, halves=("E", "M"), commit=True, start=start,
        hover=HoverLink(em_history.POINTS, shown.table, em_history.BARS, em_history.outlines(k), bars_figure=1),
        drag={"trace": em_history.means_trace(k), "names": [f"mean {j + 1}" for j in range(k)]},
        alts=[em_history.plane_alt(len(shown.drawn.x), k, len(shown.frames), view.log_lik[0], view.log_lik[-1]),
              em_history.curves_alt(view.bound[-1], view.log_lik[-1])])
    return start if edits.frame is None else edits.frame


def _notes(drawn: int, count: int) -> None:
    """What the pointer can do in the figures."""
    st.caption("E moves the responsibilities, M the mixture. Point at a point to see its responsibilities, at an "
               "ellipse to see its points. At the start the numbered means can be dragged: EM then climbs from there."
               + ("" if drawn == count else f" {drawn:,} of {count:,} points are drawn."))


def _end(trace: gmm.Trace, setting: Setting) -> None:
    """How the run ended."""
    last = trace.steps[-1]
    if trace.end == "collapsed":
        st.error(f"After {last.index} steps {trace.message}. log p(x) had reached {last.log_lik:.3f} nats per point.",
                 icon=":material/compress:")
    elif trace.end == "stopped":
        st.info(f"The film stops after {last.index} steps; the last gained {last.gain:.1e} nats per point, and at "
                f"this rate {_steps_left(last)} are left.", icon=":material/hourglass:")
    else:
        st.caption(f"EM has converged: log p(x) = {last.log_lik:.4f} nats per point at the end, "
                   f"{'best of ' + str(setting.restarts) + ' starts' if setting.restarts > 1 else 'one start'}.")


def _steps_left(last: gmm.Step) -> str:
    more = last.remaining(results.TOL)
    return f"about {more:.0f} more" if more < 1e6 else "very many more"


def terms(at: gmm.Elbo, last: gmm.Step) -> None:
    """log p(x), the bound and the gap `at` one half-step, as a formula and on the ruler. last: the run's last step."""
    page.claim(
        "The E half-step moves q alone and closes the gap; the M half-step moves the mixture alone and raises the "
        "bound. So log p(x), which lies above the bound, cannot fall.",
        page.term("evidence", r"\log p(\mathbf{X}|\theta)/N", at.log_lik, "nats") + "="
        + page.term("q", r"\mathcal{L}(q, \theta)", at.bound) + "+"
        + page.term("gap", r"KL(q\,\|\,p(\mathbf{Z}|\mathbf{X},\theta))", max(at.gap, 0.0)))
    kl = round(at.kl, 12) + 0.0       # uniform q, uniform weights: rounding may leave -4e-16
    ruler = bound_ruler.Terms(at.bound + kl, kl, at.log_lik)
    page.figure(bound_ruler.ruler(ruler, page.palette(), unit="nats per point"), key="ruler",
                alt=bound_ruler.ruler_alt(ruler, unit="nats per point"))
    st.caption(f"At this half-step, in nats per point: incomplete log p(x) = {at.log_lik:.4f}; complete "
               f"E_q log p(x, z) = {at.complete:.4f}; the difference to the bound is the entropy of q, "
               f"{at.entropy:.4f}. With the prior on the covariances the objective at the end is "
               f"{last.objective:.4f}; log p(x) alone is {last.log_lik:.4f}.")
