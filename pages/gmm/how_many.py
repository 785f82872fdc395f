"""The mixture page's third part: how many components suit the points."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dgm import gmm
from dgm.gmm import selection
from pages.gmm import results, script, settings
from pages.gmm.figures import criteria, plane
from pages.gmm.figures.components import small
from pages.gmm.results import EmRun
from pages.gmm.settings import Chosen
from ui import page, question, source_code
from ui.components.live_figure import live_figures
from ui.messages import show_error

QUESTION = "components"
Found = list[selection.Candidate] | str


def part() -> None:
    """The fit for one K beside log p over K, what BIC subtracts for it, and the criteria over K."""
    opening, stage, below, end = (st.container() for _ in range(4))
    chosen = settings.draw(below)
    with stage, st.container():    # for the spinner, so that it moves nothing else
        run = results.run(chosen.setting, chosen.points, results.SEARCH_TOL)    # as the curves: one K has one value
        fits = results.fits(chosen.setting, chosen.points)
    value = bic_per_point(run, chosen.setting.covariance)
    with opening:
        introduction(value, run.last.log_lik)
    over_k(chosen, run, fits, value, stage, end)


def introduction(value: float, log_lik: float) -> None:
    """BIC with the numbers of this K. value: -BIC / 2N. log_lik: log p(x) of the fit; both in nats per point."""
    page.introduction(
        "More components can fit the given points better: the largest log p(x) never falls with K. A single start of "
        "EM can end lower. BIC therefore subtracts ½ log N for each of the P free parameters. A held-out score needs "
        "no such term: its points were not fitted.",
        rf"\underbrace{{-\mathrm{{BIC}}/2N}}_{{{value:.4f}}} = "
        + page.term("evidence", r"\tfrac1N \log p(\mathbf{X}|\hat\theta)", f"{log_lik:.4f}", "nats per point")
        + rf"- \underbrace{{\tfrac{{P \log N}}{{2N}}}}_{{{log_lik - value:.4f}}}",
        ("BIC", "AIC", "held-out", "covariance types"))


def bic_per_point(run: EmRun, covariance: str) -> float:
    """-BIC / 2N of the fit, nats per point."""
    x = run.points.x
    return -gmm.bic(x, run.last.params, covariance) / (2 * len(x))


def over_k(chosen: Chosen, run: EmRun, fits: list[float], value: float, stage: DeltaGenerator,
           end: DeltaGenerator) -> None:
    """The fit and the curves over K on the stage; at the end which K wins, and the script."""
    setting = chosen.setting
    with stage:
        found: Found | None = results.candidates(setting, chosen.points) if _revealed(setting) else None
        candidates = found if isinstance(found, list) else None
        show(chosen, run, fits, candidates)
    with end:
        if isinstance(found, str):
            show_error(found, "The curve shows the fitted points alone.")
        else:
            ask(chosen, candidates)
        page.section(lambda: code(chosen, run, value, selection.best(candidates).k if candidates else None))


def _revealed(setting: results.Setting) -> bool:
    return question.revealed(QUESTION, _about(setting))


def _about(setting: results.Setting) -> str:
    return f"{setting.data} {setting.own} {setting.covariance} {setting.floor} {setting.seed}"


def show(chosen: Chosen, run: EmRun, fits: list[float], candidates: list[selection.Candidate] | None) -> None:
    """Points and ellipses of the fit, and the curves over K."""
    half, k = run.halves[-1], chosen.setting.k
    shown = results.drawn(run.points, chosen.axes, k)
    resp, theta = results.responsibilities(shown.x, half), plane.marginal(half.params, chosen.axes)
    live_figures([plane.clusters(shown.places, resp, theta, shown.columns, page.palette(), height=criteria.HEIGHT),
                  criteria.criteria(fits, candidates, page.palette(), now=k)], key="how many",
                 alts=[plane.clusters_alt(resp, theta, shown.columns), criteria.criteria_alt(fits, candidates)])
    notes = (f"Here EM stops when a step gains less than {small(results.SEARCH_TOL)} nats per point, earlier than in "
             f"the part **EM**. {curves_note(chosen.setting, len(run.points.x))}").rstrip()
    if k > len(fits):
        notes += f" The curves end at K = {len(fits)}."
    if candidates:
        parts = results.folds(len(run.points.x))
        notes += (" A star marks the largest value of −AIC, −BIC and the held-out points. The fitted points have none: "
                  f"more components always can fit them better. Held-out: the points are divided into {parts} parts, "
                  "and each is scored by a fit to the others. The bars are one standard error of the mean.")
    st.caption(notes)


def curves_note(setting: results.Setting, n: int) -> str:
    """Where the fits of the curves differ from the fit for this K, as a sentence. n: points."""
    differences = {"the covariance floor of a millionth of the data": setting.floor == 0,
                   "one k-means++ start": setting.restarts > 1 or setting.start != gmm.STARTS[0],
                   f"{results.SEARCHED_POINTS:,} of the {n:,} points": n > results.SEARCHED_POINTS}
    found = " and ".join(what for what, differs in differences.items() if differs)
    return f"For every K the curves use {found}. The fit beside them uses your settings." if found else ""


def ask(chosen: Chosen, candidates: list[selection.Candidate] | None) -> None:
    """Which K BIC prefers."""
    def truth() -> str:
        return str(selection.best(candidates).k) if candidates else ""

    ks = results.compared_ks(len(chosen.points.x))
    if len(ks) < 2:
        st.caption(f"Only K = 1 is compared for {len(chosen.points.x)} points: too few for two components.")
        return
    question.choice(
        QUESTION, "Which K does BIC prefer for these points and this kind of covariance?",
        [str(k) for k in ks], truth=truth, about=_about(chosen.setting),
        why=lambda k: why_k(int(k), ks[-1]))


def why_k(k: int, most: int) -> str:
    """Why BIC prefers K among 1 to `most`."""
    more = " More components raise log p(x) by less than BIC subtracts for them." if k < most else ""
    fewer = " Fewer components lower log p(x) by more than BIC saves on parameters." if k > 1 else ""
    return f"No other K compared has a larger −BIC / 2N than K = {k}.{more}{fewer}"


def code(chosen: Chosen, run: EmRun, value: float, best: int | None) -> None:
    """What ran, and a script with the same numbers. best: K by BIC, once the question is answered."""
    setting, n = chosen.setting, len(chosen.points.x)
    numbers = {"log p(x)": run.last.log_lik, "-BIC / 2N": value}
    rest = (f'numbers = {{"log p(x)": last.log_lik, '
            f'"-BIC / 2N": -gmm.bic(x, last.params, {setting.covariance!r}) / (2 * len(x))}}\n')
    if best is not None and n <= results.SEARCHED_POINTS:
        numbers["K by BIC"] = float(best)
        rest += (f"row = [selection.candidate(x, k, {setting.covariance!r}, 1, {setting.seed}, "
                 f"floor={setting.floor or gmm.FLOOR},\n"
                 f"                           count={results.folds(n)}, tol={results.SEARCH_TOL}) "
                 f"for k in {results.compared_ks(n)}]\n"
                 'numbers["K by BIC"] = selection.best(row).k')
    source_code.show([selection.candidate, selection.held_out, gmm.bic], heading="The formula",
                     formula=r"\mathrm{BIC} = P \log N - 2 \log p(\mathbf{X}|\hat\theta)",
                     script=script.after_em(setting, run, rest), numbers=numbers, own=script.own(run))
