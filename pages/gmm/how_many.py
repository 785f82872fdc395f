"""The mixture page's third part: how many components the points ask for."""

from dgm import gmm
from dgm.gmm import selection
from pages.gmm import fit_view, results, settings
from pages.gmm import script as gmm_code
from pages.gmm.figures import criteria
from pages.gmm.results import Setting
from pages.gmm.settings import Chosen
from ui import page, question, source_code

ASKED = "components"


def part() -> None:
    """The fit for one K, what BIC charges for it, and the curve over K."""
    chosen = settings.settings()
    with chosen.stage:
        fit_view.show(chosen)
    claim(chosen.setting)
    page.section(lambda: curve(chosen))


def charges(setting: Setting) -> tuple[float, float]:
    """-BIC / 2N of the fit, and the part of it that is charged for the parameters: nats per point."""
    x, last = results.of(setting).x, results.climb(setting).steps[-1]
    value = -gmm.bic(x, last.params, setting.covariance) / (2 * len(x))
    return value, last.log_lik - value


def claim(setting: Setting) -> None:
    """BIC with the numbers of this K."""
    value, price = charges(setting)
    page.claim(
        "More components always fit better: log p(x) of the fitted points goes on rising with K. BIC charges half a "
        "log N for each of the P free parameters, as the log evidence would; held-out points charge by themselves.",
        page.term("reconstruction", r"-\mathrm{BIC}/2N", value, "nats per point") + "="
        + page.term("evidence", r"\log p(\mathbf{X}|\hat\theta)/N", value + price) + "-"
        + page.term("prior", r"\frac{P \log N}{2N}", price))


def curve(chosen: Chosen) -> None:
    """Which K wins; then the criteria over K."""
    setting = chosen.setting
    if question.choice(
            ASKED, "Which K does BIC prefer for these points and this kind of covariance?",
            [str(k) for k in range(1, results.SEARCHED + 1)],
            truth=lambda: str(selection.best(results.candidates(setting)).k),
            why=lambda k: "The likelihood of the fitted points goes on rising with K; BIC charges half a log N for "
            "each parameter, and points that EM never saw charge for themselves."):
        row = results.candidates(setting)
        page.figure(criteria.criteria(row, page.palette()), key="criteria", alt=criteria.criteria_alt(row))
    code(setting)


def code(setting: Setting) -> None:
    """What ran, and a script with the same numbers; with the winner once it may be known."""
    fitted = results.climb(setting).steps[-1].log_lik
    numbers = {"log p(x)": fitted, "-BIC / 2N": charges(setting)[0]}
    script = (f'numbers = {{"log p(x)": last.log_lik, '
              f'"-BIC / 2N": -gmm.bic(x, last.params, {setting.covariance!r}) / (2 * len(x))}}\n')
    if question.revealed(ASKED) and len(results.of(setting).x) <= results.SEARCHED_POINTS:
        numbers["K by BIC"] = float(selection.best(results.candidates(setting)).k)
        script += (f"row = [selection.candidate(x, k, {setting.covariance!r}, 1, {setting.seed}, "
                   f"floor={setting.floor or gmm.FLOOR},\n"
                   f"                               count={results.FOLDS}, tol={results.SEARCH_TOL}) "
                   f"for k in {results.ks(setting)}]\n"
                   'numbers["K by BIC"] = selection.best(row).k')
    source_code.show([selection.candidate, selection.held_out, gmm.bic],
                     formula=r"\mathrm{BIC} = P \log N - 2 \log p(\mathbf{X}|\hat\theta)",
                     script=gmm_code.after_climb(setting, script), numbers=numbers)
