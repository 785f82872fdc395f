"""The mixture page's third part: how many components the points ask for."""

from dgm import gmm, gmm_selection
from dgm.figures import gmm_climb
from dgm.ui import gmm_code, gmm_controls, gmm_fit, gmm_scene, lesson, question
from dgm.ui.gmm_controls import Chosen
from dgm.ui.gmm_scene import Setting

ASKED = "components"


def part() -> None:
    """The fit for one K, what BIC charges for it, and the curve over K."""
    chosen = gmm_controls.settings()
    with chosen.stage:
        gmm_fit.show(chosen)
    claim(chosen.setting)
    lesson.section(lambda: curve(chosen))


def charges(setting: Setting) -> tuple[float, float]:
    """-BIC / 2N of the fit, and the part of it that is charged for the parameters: nats per point."""
    x, last = gmm_scene.of(setting).x, gmm_scene.climb(setting).steps[-1]
    value = -gmm.bic(x, last.params, setting.covariance) / (2 * len(x))
    return value, last.log_lik - value


def claim(setting: Setting) -> None:
    """BIC with the numbers of this K."""
    value, price = charges(setting)
    lesson.claim(
        "More components always fit better: log p(x) of the fitted points goes on rising with K. BIC charges half a "
        "log N for each of the P free parameters, as the log evidence would; held-out points charge by themselves.",
        lesson.term("reconstruction", r"-\mathrm{BIC}/2N", value, "nats per point") + "="
        + lesson.term("evidence", r"\log p(\mathbf{X}|\hat\theta)/N", value + price) + "-"
        + lesson.term("prior", r"\frac{P \log N}{2N}", price))


def curve(chosen: Chosen) -> None:
    """Which K wins; then the criteria over K."""
    setting = chosen.setting
    if question.choice(
            ASKED, "Which K does BIC prefer for these points and this kind of covariance?",
            [str(k) for k in range(1, gmm_scene.SEARCHED + 1)],
            truth=lambda: str(gmm_selection.best(gmm_scene.candidates(setting)).k),
            why=lambda k: "The likelihood of the fitted points goes on rising with K; BIC charges half a log N for "
            "each parameter, and points that EM never saw charge for themselves."):
        row = gmm_scene.candidates(setting)
        lesson.figure(gmm_climb.criteria(row, lesson.palette()), key="criteria", alt=gmm_climb.criteria_alt(row))
    code(setting)


def code(setting: Setting) -> None:
    """What ran, and a script with the same numbers; with the winner once it may be known."""
    fitted = gmm_scene.climb(setting).steps[-1].log_lik
    numbers = {"log p(x)": fitted, "-BIC / 2N": charges(setting)[0]}
    script = (f'numbers = {{"log p(x)": last.log_lik, '
              f'"-BIC / 2N": -gmm.bic(x, last.params, {setting.covariance!r}) / (2 * len(x))}}\n')
    if question.revealed(ASKED) and len(gmm_scene.of(setting).x) <= gmm_scene.SEARCHED_POINTS:
        numbers["K by BIC"] = float(gmm_selection.best(gmm_scene.candidates(setting)).k)
        script += (f"row = [gmm_selection.candidate(x, k, {setting.covariance!r}, 1, {setting.seed}, "
                   f"floor={setting.floor or gmm.FLOOR},\n"
                   f"                               count={gmm_scene.FOLDS}, tol={gmm_scene.SEARCH_TOL}) "
                   f"for k in {gmm_scene.ks(setting)}]\n"
                   'numbers["K by BIC"] = gmm_selection.best(row).k')
    lesson.code([gmm_selection.candidate, gmm_selection.held_out, gmm.bic],
                formula=r"\mathrm{BIC} = P \log N - 2 \log p(\mathbf{X}|\hat\theta)",
                script=gmm_code.after_climb(setting, script), numbers=numbers)
