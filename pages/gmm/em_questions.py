"""The questions of the mixture page's first part, its challenge, and its script."""

from dgm import gmm
from pages.gmm import results, script
from pages.gmm.figures import convergence
from pages.gmm.results import EmRun, Setting
from ui import page, question, source_code

TYPICAL, GOAL = -4.115, -4.1     # nats per point: the local maximum where most starts end; between it and the best
MOVES = ("it falls", "it stays", "it rises")


def after_e(run: EmRun) -> None:
    """One E half-step from the start: log p(x) does not depend on q."""
    start, after = run.halves[:2]
    question.choice(
        "after_e", "From the start of the film, press E once: the colours change. What happens to log p(x|θ)?", MOVES,
        truth=lambda: _move(after.log_lik - start.log_lik),
        why=lambda _: f"θ has not moved, and log p(x|θ) = {after.log_lik:.4f} holds no q. What rises is the bound, "
        f"by the whole gap of {start.gap:.4g} nats per point: it touches log p(x) now.")


def _move(change: float) -> str:
    return MOVES[1] if abs(change) < 1e-9 else MOVES[0] if change < 0 else MOVES[2]


def how_many_steps(run: EmRun) -> None:
    """How many steps EM takes; then their gains and EM's rate."""
    steps = run.trace.steps
    if question.number(
            "steps", f"From this start, how many EM steps until one gains less than {_plain(results.TOL)} nats per "
            "point?", truth=lambda: float(steps[-1].index), why=lambda exact: _why_steps(steps),
            low=0, high=results.MOST_STEPS, start=20, step=1, unit="steps", form="{:.0f}"):
        page.figure(convergence.speed([step.gain for step in steps], [step.rate for step in steps], page.palette()),
                    key="speed", alt=convergence.speed_alt(steps))


def _plain(value: float) -> str:
    """1e-07 as 1e-7."""
    return f"{value:g}".replace("e-0", "e-")


def _why_steps(steps: tuple[gmm.Step, ...]) -> str:
    """Why EM takes as many steps as it takes."""
    last, middle = steps[-1], steps[len(steps) // 2]
    return (f"Near the end each step leaves a share {last.rate:.3f} of the distance: EM's rate is the largest share of "
            f"information that is missing because z is unknown. Already at step {middle.index} the rate predicted "
            f"{middle.index + middle.remaining(results.TOL):.0f} steps in all.")


def challenge(setting: Setting, log_lik: float) -> None:
    """Another start, a better end. log_lik: log p(x) at the end of this run, nats per point."""
    here = (setting.data, setting.k, setting.covariance) == ("faithful", 3, "full")
    progress = f"{log_lik:.4f} nats per point" if here else "choose Old Faithful, K = 3 and full covariances first"
    page.challenge(f"On Old Faithful with K = 3 and full covariances most starts end at {TYPICAL:g} nats per point. "
                   f"Drag the means, or try seeds (More settings), until a climb ends above {GOAL:g}. What does the "
                   "third component catch there?", here and log_lik > GOAL, progress)


def code(setting: Setting, run: EmRun) -> None:
    """What ran, and a script with the same numbers."""
    last = run.last
    source_code.show(
        [gmm.em, gmm.e_step, gmm.m_step, gmm.elbo],
        formula=r"q(z_n = k) = \frac{\pi_k \mathcal{N}(\mathbf{x}_n|\mu_k, \Sigma_k)}{\sum_j \pi_j "
        r"\mathcal{N}(\mathbf{x}_n|\mu_j, \Sigma_j)}, \qquad \theta^* = \arg\max_\theta \mathcal{L}(q, \theta)",
        script=script.after_em(setting, run.max_steps, 'numbers = {"log p(x)": last.log_lik, "objective": '
                                                       'last.objective, "steps": last.index}'),
        numbers={"log p(x)": last.log_lik, "objective": last.objective, "steps": float(last.index)})
