"""Part "EM": the half-steps, the number of steps, and the saddles."""

import textwrap

import streamlit as st

from dgm import datasets, ppca
from dgm.ppca.convergence import HalfStep
from dgm.ppca.em_steps import iterate
from pages.ppca import cloud_controls, results
from pages.ppca.cloud import Cloud
from pages.ppca.figures import histories
from pages.ppca.results import EmRun, EmRuns
from pages.ppca.state import AXES, EXPANDED, PUSHES
from ui import controls, page, question, source_code
from ui.components.live_figure import linked_frame, live_figures
from ui.figures.written import written

SADDLE = "1 and 3"     # the axes that the question is about
SADDLE_STEPS = 20


def part() -> None:
    """EM, half-step by half-step, its speed, and the saddles it leaves."""
    page.introduction(
        "EM finds the same line without eigenvectors. The E-step sets the distribution q(z) to the posterior of z "
        "for each point. The M-step then fits W and σ², as if these z were known.",
        r"\begin{gathered}" + page.term("q", r"\mathcal{L}(q, \theta)") + r"\le"
        + page.term("evidence", r"\log p(\mathbf{X}|\theta)")
        + r"\\ W \leftarrow S W (\sigma^2 I + M^{-1} W^\top S W)^{-1}\end{gathered}",
        terms=("q", "bound", "E-step", "M-step", "covariance matrix S", "M"))
    above, below, claim = st.container(), st.container(), st.container()
    with below:
        with st.container(horizontal=True):
            expanded = controls.draw("em") == EXPANDED
            seed = controls.draw("start")
        st.caption("Parameter-expanded EM also scales z in each M-step, which saves steps.")
        cloud = cloud_controls.fit(cloud_controls.choose(), 1).cloud
    runs = results.em_runs(cloud, seed)
    run = runs.expanded if expanded else runs.plain
    with above:
        at, half = _play(cloud, seed, expanded, run)
    with claim:
        _claim(half, run.best)
    page.section(lambda: _steps_question(runs, f"steps {cloud} {seed}"))
    page.section(_saddle)
    _show_code(cloud, seed, expanded, run, at, half)


def _play(cloud: Cloud, seed: int, expanded: bool, run: EmRun) -> tuple[int, HalfStep]:
    """The playback; the half-step where it was left, which is in the link, with its number."""
    frames = results.em_frames(cloud, seed, expanded, page.palette(), run)
    base = (cloud, seed, expanded)
    start, reached = linked_frame.reached("step", "em_frames", base, count=len(frames.halves))
    at = frames.halves[reached]
    live_figures(frames.figures, key="em_frames", base=base, halves=("M", "E"), commit=True, start=start,
                 captions=frames.captions, alts=histories.alts_at(frames.alts, at))
    return reached, at


def _claim(at: HalfStep, best: float) -> None:
    """The bound and log p at the half-step that the figures show."""
    page.claim(
        f"{histories.in_words(at)} log p is {written(max(best - at.log_lik, 0.0), '.2g')} nats per point below its "
        "maximum. The update needs the data only through their covariance matrix S, computed once.",
        page.term("q", r"\mathcal{L}(q, \theta)", at.bound, "nats per point") + r"\;\le\;"
        + page.term("evidence", r"\log p(\mathbf{X}|\theta)", at.log_lik, "nats per point") + r"\;\le\;"
        + page.term("evidence", r"\max_\theta \log p", best, "nats per point"))


def _steps_question(runs: EmRuns, about: str) -> None:
    """How many plain steps; then the gaps of both kinds of EM on a log axis, with the predicted slope."""
    plain, expanded = runs

    def why(exact: float) -> str:
        more = ("" if plain.reached is not None
                else f" ({results.MAX_STEPS:,} steps were run, the rest follows from that rate)")
        return (f"Near the maximum each step multiplies the error of WW⊤ + σ²I by {plain.rates.slowest:.4f}, the "
                f"largest eigenvalue of the step's Jacobian matrix{more}. The distance in nats shrinks by the square "
                f"of that factor. Parameter-expanded EM needs {expanded.reached} steps, because it scales z as well.")

    if not question.number(
            "steps", "Go on from the start with plain EM. How many steps until log p(x) is within a millionth of a nat "
            "per point of its maximum?",
            truth=lambda: plain.needed, why=why, ratio=True,
            low=1.0, high=100_000.0, start=100.0, unit="steps", form="{:,.0f}", about=about):
        return
    slow, fast = plain.gaps, expanded.gaps
    page.figure(histories.gaps(slow, fast, plain.rates.slowest, page.palette()), key="gaps",
                alt=histories.gaps_alt(slow, fast))
    _show_rates(runs)


def _show_rates(runs: EmRuns) -> None:
    """The predicted rates beside the measured ones."""
    plain, expanded = runs
    rows = []
    for name, run in (("plain", plain), ("expanded", expanded)):
        measured = "too few steps" if run.measured is None else f"{run.measured:.4f}"
        rows.append(f"| {name} | {run.rates.slowest:.4f} | {measured} |")
    st.markdown("| EM | predicted | measured |\n|---|---|---|\n" + "\n".join(rows))
    lengths = ", ".join(f"{float(rate):.4f}" for rate in plain.rates.length)
    st.caption(f"The table shows by what factor a step multiplies the error of WW⊤ + σ²I. The nats in the figure "
               f"shrink by its square. The direction of the line converges at λ₂/λ₁ = {plain.rates.direction:.4f}. "
               f"Length and noise converge at {plain.rates.inside:.4f} (plain) and {expanded.rates.inside:.4f} "
               f"(expanded). With the noise held fixed, the length alone converges at 1 − 2(λ − σ²)σ²/λ² = {lengths}.")


def _saddle() -> None:
    """A wrong set of eigenvectors is stationary too: EM starts there, with a small push or none."""
    page.heading("A saddle: the gradient is zero, but it is no maximum")
    st.markdown("If W is built from *any* eigenvectors of S whose eigenvalues exceed the mean of the rest, the "
                "gradient is zero. Only the top ones give the maximum. Here W has "
                f"{len(AXES[SADDLE])} columns, and the data are {len(datasets.load('wine').x)} wines.")
    with st.container(horizontal=True):
        axes = AXES[controls.draw("axes")]
        push = PUSHES[controls.draw("push")]
        seed = controls.draw("push_seed")
    found = results.escape(axes, push, seed)
    page.figure(histories.escape(*found, page.palette()), key="escape",
                alt=histories.escape_alt(found.log_liks, found.saddle, found.maximum))

    def unpushed() -> results.Escape:
        return results.escape(AXES[SADDLE], 0.0, seed)

    question.choice("saddle", f"Now EM starts exactly on axes {SADDLE}, without a push. Where is it after "
                    f"{SADDLE_STEPS} steps?", ["at the maximum", "between the two", "where it started"],
                    truth=lambda: _place(unpushed().share(SADDLE_STEPS)),
                    why=lambda _: "The gradient is zero, so nothing moves. A push towards axis 2 grows by "
                    f"λ₂/λ₃ = {unpushed().growth:.2f} in each step. In the end even rounding errors of 10⁻¹⁶ are "
                    "enough, and EM leaves. Choose the push 'none' to see it.", about=f"saddle {seed}")


def _place(share: float) -> str:
    """Where EM is after this share of the way from the saddle to the maximum."""
    return "where it started" if share < 0.01 else "at the maximum" if share > 0.99 else "between the two"


def _show_code(cloud: Cloud, seed: int, expanded: bool, run: EmRun, at: int, half: HalfStep) -> None:
    """What ran, and a script with the numbers of the half-step that is shown and of the last one. at: its number."""
    last = f"log p(x) after {results.PLAYED} steps"
    script = "from itertools import islice\nfrom dgm.ppca import convergence\n" + cloud.script + textwrap.dedent(f"""
        steps = list(islice(ppca.em(x, 1, expanded={expanded}, seed={seed}), {results.PLAYED + 1}))
        half = convergence.half_steps(ppca.scatter(x), steps, {expanded})[{at}]     # {half.kind} of step {half.step}
        numbers = {{"log p(x)": half.log_lik, "bound": half.bound, {last!r}: steps[-1].log_lik}}
    """)
    formula = (r"q(\mathbf{z}) = p(\mathbf{z}|\mathbf{x},\theta), \qquad "
               r"\theta \leftarrow \arg\max_\theta \mathcal{L}(q, \theta)")
    source_code.show([ppca.e_step, ppca.m_step, iterate], formula=formula, script=script,
                     numbers={"log p(x)": half.log_lik, "bound": half.bound, last: run.steps[-1].log_lik})
