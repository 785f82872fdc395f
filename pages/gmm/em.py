"""The mixture page's second part: one run of EM, half-step by half-step."""

import streamlit as st
import torch

from dgm import gmm
from pages.gmm import em_questions, playback, results, settings
from pages.gmm.figures import bound_along
from pages.gmm.figures.components import number, small
from pages.gmm.results import EmRun, Setting
from pages.gmm.settings import Chosen
from ui import controls, page
from ui.figures.written import difference, latex_gap

ROUNDING = 1e-12       # nats: a smaller gap is no gap
INTRODUCTION = (
    "EM finds the mixture without knowing z. KL is never negative, so the bound is never above log p(x). **E** sets q, "
    "the responsibilities, until the bound touches log p(x). **M** fits weights, means and covariances to q: the bound "
    "rises. Ellipses: 2 standard deviations.")
TERMS = ("responsibilities", "q", "bound", "gap", "nat")


def part() -> None:
    """The playback of the run, the terms of log p(x) at each half-step, and what can be predicted about them."""
    opening, stage, below = st.container(), st.container(), st.container()
    chosen = settings.draw(below)
    with stage, st.container():    # for the spinner, so that it moves nothing else
        run = results.run(chosen.setting, chosen.points)
        at = playback.place(chosen, run)
        view = results.em(chosen.setting, chosen.axes, page.palette().dark, _known_fit(chosen), at.centre, run)
    terms = results.bound_terms_at(chosen.setting, at.half, run)
    with opening:
        introduction(terms)
    with stage:
        playback.show(chosen, view, at)
        if chosen.points.labels is not None:
            controls.draw("known")
        _end(run.trace)
    page.section(lambda: _next_half(chosen.setting, at.half, run))
    decomposition(chosen, at.half, run, terms)
    page.section(lambda: em_questions.one_point(chosen, run, at.half))
    page.section(lambda: em_questions.how_many_steps(chosen.setting, run))
    em_questions.challenge(chosen.setting, run.last.log_lik)
    page.section(lambda: em_questions.code(chosen.setting, run, at.half))


def _next_half(setting: Setting, half: int, run: EmRun) -> None:
    """What the next half-step does, and its step with log p(x) in a figure: before M this figure is the answer."""
    answered = em_questions.after_next(setting, run, half)
    if answered or run.halves[half].kind != "E":
        along(setting, half, run)


def _known_fit(chosen: Chosen) -> bool:
    """Whether the fit with known z is drawn: read before its switch is drawn, below the figure."""
    return chosen.points.labels is not None and bool(controls.value("known"))


def introduction(at: gmm.Elbo) -> None:
    """What EM does, and the slide's formula with its values at this half-step."""
    page.introduction(
        INTRODUCTION, r"\begin{aligned}" + page.term("evidence", r"\log p(\mathbf{X}|\theta)", f"{at.log_lik:z.4f}",
                                                     "nats per point")
        + "&=" + page.term("q", r"\mathcal{L}(q, \theta)", f"{at.bound:z.4f}") + r"\\[0.4em] &\; +"
        + page.term("gap", r"KL(q\,\|\,p(\mathbf{Z}|\mathbf{X},\theta))",
                    latex_gap(at.gap, at.log_lik, at.bound, 4, ROUNDING))
        + r"\end{aligned}", TERMS)


def _end(trace: gmm.Trace) -> None:
    """How the run ended, where it did not converge."""
    last = trace.steps[-1]
    if trace.end == "collapsed":
        st.error(f"After {last.index} steps {trace.message}. The run stops there, because the next covariance is too "
                 f"narrow to compute with. log p(x) had only reached {number(last.log_lik, 3)} nats per point.",
                 icon=":material/compress:")
    elif trace.end == "stopped":
        st.info(f"The run stops after {last.index} steps. The last step gained {small(last.gain)} nats per point. At "
                f"this rate {_steps_left(last)} are left.", icon=":material/hourglass:")


def _steps_left(last: gmm.Step) -> str:
    more = last.remaining(results.TOL)
    return f"about {more:.0f} more" if more < 1e6 else "very many more"


def along(setting: Setting, half: int, run: EmRun) -> None:
    """log p and the bound on the way of the current EM step: the bound touches after E and M goes to its top."""
    found = results.along_step(setting, half, run)
    if found is None:
        return
    page.heading("The bound under log p(x)")
    st.markdown(
        "At the start q is uniform and does not fit the mixture, so the bound lies below log p(x) everywhere. Press E."
        if half == 0 else
        "Here q is fixed and the mixture moves from that before M, at 0, to that after M, at 1. After E the bound "
        "touches log p(x) at 0. M goes to the top of the bound, and log p(x) is at least as high there. At each "
        "place the height between the curves is the gap.")
    page.figure(bound_along.curves(found, page.palette()), key="along", alt=bound_along.curves_alt(found))


def decomposition(chosen: Chosen, half: int, run: EmRun, at: gmm.Elbo) -> None:
    """The bound of the EM slide in its two terms, and complete beside incomplete likelihood."""
    st.markdown("The EM slide writes the bound as two terms: how well the components explain their points, minus how "
                "far q is from the weights π. Values in nats per point at this half-step:")
    kl = difference(at.reconstruction, at.bound, 4)
    st.latex(page.term("q", r"\mathcal{L}(q, \theta)", f"{at.bound:z.4f}") + "= "
             + rf"\underbrace{{\mathbb{{E}}_q \log p(\mathbf{{X}}|\mathbf{{Z}}, \theta)}}_{{{at.reconstruction:z.4f}}}"
             + " - "
             + rf"\underbrace{{KL(q(\mathbf{{Z}})\,\|\,p(\mathbf{{Z}}))}}_{{{kl:.4f}}}")
    st.caption(f"The incomplete log-likelihood is log p(X|θ) = {number(at.log_lik)}. The complete one, log p(X, Z|θ), "
               f"has the mean {number(at.complete)} over q{_with_true_z(chosen, half, run)}.")


def _with_true_z(chosen: Chosen, half: int, run: EmRun) -> str:
    """The complete log-likelihood with the true components, where the data name as many as there are components."""
    labels, theta = chosen.points.labels, run.halves[half].params
    k = len(theta.means)
    if labels is None or sorted(set(labels.tolist())) != list(range(k)):
        return ""
    names = gmm.match_groups(gmm.e_step(chosen.points.x, theta).resp.argmax(1), labels, k)
    known = torch.nn.functional.one_hot(names[labels], k).double()
    return f", and is {number(gmm.elbo(chosen.points.x, known, theta).complete)} with the true Z"
