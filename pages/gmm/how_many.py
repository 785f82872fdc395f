"""The mixture page's third part: how many components suit the points."""

import streamlit as st

from dgm import gmm
from dgm.gmm import selection
from pages.gmm import fit_view, results, script, settings
from pages.gmm.figures import criteria
from pages.gmm.results import EmRun
from pages.gmm.settings import Chosen
from ui import page, question, source_code

QUESTION = "components"


def part() -> None:
    """The fit for one K, what BIC charges for it, and the criteria over K."""
    above, stage = st.container(), st.container()
    chosen = settings.draw(above)
    with stage, st.container():    # for the spinner, so that it moves nothing else
        run = results.run(chosen.setting, chosen.points)
    with stage:
        fit_view.show(run, chosen.axes)
    value = bic_per_point(run, chosen.setting.covariance)
    claim(value, run.last.log_lik)
    page.section(lambda: over_k(chosen, run, value))


def bic_per_point(run: EmRun, covariance: str) -> float:
    """-BIC / 2N of the fit, nats per point."""
    x = run.points.x
    return -gmm.bic(x, run.last.params, covariance) / (2 * len(x))


def claim(value: float, log_lik: float) -> None:
    """BIC with the numbers of this K. value: -BIC / 2N. log_lik: log p(x) of the fit; both in nats per point."""
    page.claim(
        "More components always fit better: log p(x) of the fitted points goes on rising with K. BIC charges half a "
        "log N for each of the P free parameters, as the log evidence would; held-out points charge by themselves.",
        page.term("reconstruction", r"-\mathrm{BIC}/2N", value, "nats per point") + "="
        + page.term("evidence", r"\log p(\mathbf{X}|\hat\theta)/N", log_lik) + "-"
        + page.term("prior", r"\frac{P \log N}{2N}", log_lik - value))


def over_k(chosen: Chosen, run: EmRun, value: float) -> None:
    """Which K wins; then the criteria over K, and the script."""
    def compared() -> list[selection.Candidate]:
        return results.candidates(chosen.setting, chosen.points)

    if question.choice(
            QUESTION, "Which K does BIC prefer for these points and this kind of covariance?",
            [str(k) for k in results.compared_ks(len(chosen.points.x))],
            truth=lambda: str(selection.best(compared()).k),
            why=lambda k: "The likelihood of the fitted points goes on rising with K; BIC charges half a log N for "
            "each parameter, and points that EM never saw charge for themselves."):
        found = compared()
        page.figure(criteria.criteria(found, page.palette()), key="criteria", alt=criteria.criteria_alt(found))
        code(chosen, run, value, selection.best(found).k)
    else:
        code(chosen, run, value, None)


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
    source_code.show([selection.candidate, selection.held_out, gmm.bic],
                     formula=r"\mathrm{BIC} = P \log N - 2 \log p(\mathbf{X}|\hat\theta)",
                     script=script.after_em(setting, run.max_steps, rest), numbers=numbers)
