"""What the first part of the mixture page asks: after one E, how many steps, a better start; and its script."""

from dgm import gmm
from pages.gmm import results, script
from pages.gmm.figures import criteria
from pages.gmm.results import Setting
from ui import page, question, source_code

GOAL = -4.1       # nats per point: above the local maximum where most starts end, below the best
MOVES = ("it falls", "it stays", "it rises")


def after_e(setting: Setting) -> None:
    """One E half-step from the start: log p(x) does not know q."""
    first, touched = results.path(setting)[:2]
    question.choice(
        "after_e", "From the start of the film, press E once: the colours change. What happens to log p(x|θ)?", MOVES,
        truth=lambda: _moved(touched.log_lik - first.log_lik),
        why=lambda _: f"θ has not moved, and log p(x|θ) = {touched.log_lik:.4f} holds no q. What rises is the bound, "
        f"by the whole gap of {first.gap:.4g} nats per point: it touches log p(x) now.")


def _moved(change: float) -> str:
    return MOVES[1] if abs(change) < 1e-9 else MOVES[0] if change < 0 else MOVES[2]


def how_many_steps(setting: Setting) -> None:
    """How long EM climbs; then its gains and its rate."""
    climb = results.climb(setting)
    if question.number(
            "steps", "From this start, how many EM steps until one gains less than 1e-7 nats per point?",
            truth=lambda: float(climb.steps[-1].index), why=lambda exact: speed(climb),
            low=0, high=results.MOST_STEPS, start=20, step=1, unit="steps", form="{:.0f}"):
        page.figure(criteria.speed([step.gain for step in climb.steps], [step.rate for step in climb.steps],
                                      page.palette()), key="speed", alt=criteria.speed_alt(climb.steps))


def speed(climb: gmm.Trace) -> str:
    """Why EM takes as many steps as it takes."""
    last, middle = climb.steps[-1], climb.steps[len(climb.steps) // 2]
    return (f"Near the end each step leaves a share {last.rate:.3f} of the distance: EM's rate is the largest share of "
            f"information that is missing because z is unknown. Already at step {middle.index} the rate predicted "
            f"{middle.index + middle.remaining(results.TOL):.0f} steps in all.")


def task(setting: Setting) -> None:
    """The challenge: another start, a better end."""
    last = results.climb(setting).steps[-1]
    here = (setting.data, setting.k, setting.covariance) == ("faithful", 3, "full")
    progress = f"{last.log_lik:.4f} nats per point" if here else "choose Old Faithful, K = 3 and full covariances first"
    page.challenge("On Old Faithful with K = 3 and full covariances most starts end at -4.115 nats per point. Drag "
                     f"the means, or try seeds (More settings), until a climb ends above {GOAL:g}. What does the third "
                     "component catch there?", here and last.log_lik > GOAL, progress)


def code(setting: Setting) -> None:
    """What ran, and a script with the same numbers."""
    last = results.climb(setting).steps[-1]
    source_code.show(
        [gmm.em, gmm.e_step, gmm.m_step, gmm.elbo],
        formula=r"q(z_n = k) = \frac{\pi_k \mathcal{N}(\mathbf{x}_n|\mu_k, \Sigma_k)}{\sum_j \pi_j "
        r"\mathcal{N}(\mathbf{x}_n|\mu_j, \Sigma_j)}, \qquad \theta^* = \arg\max_\theta \mathcal{L}(q, \theta)",
        script=script.after_climb(setting, 'numbers = {"log p(x)": last.log_lik, "objective": last.objective, '
                                             '"steps": last.index}'),
        numbers={"log p(x)": last.log_lik, "objective": last.objective, "steps": float(last.index)})
