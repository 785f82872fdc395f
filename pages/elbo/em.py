"""The third part: log p over one parameter, the bound of each E-step under it, and M along the bound."""

import streamlit as st

from dgm import elbo
from pages.elbo import results, waiting
from pages.elbo.figures import touching
from pages.elbo.figures.touching import HalfStep, Run
from pages.elbo.waiting import Moving
from ui import controls, page, question, source_code
from ui.components.live_figure import linked_frame, live_figures
from ui.figures.bound_ruler import length_text
from ui.figures.written import latex_gap, written

KEY = "em half-steps"
FORMULA = (r"\begin{aligned}\text{E:}\quad & q(\mathbf{z}) = \arg\max_q \mathcal{L}(q, \theta^*) = "
           r"p(\mathbf{z}|\mathbf{x},\theta^*) \\ \text{M:}\quad & \theta^* = \arg\max_\theta "
           r"\mathcal{L}(q, \theta)\end{aligned}")


def part() -> None:
    """The playback of the half-steps, and what the next one does."""
    page.introduction(
        "Two Gaussians for the waiting times of Old Faithful. One parameter moves; the others stand at their most "
        "likely values. **E** makes the bound touch log p(X|θ) at the current θ. **M** goes along the bound to its "
        "top.", FORMULA, ("E-step", "M-step", "bound", "gap", "responsibilities", "nat"))
    stage, below = st.container(), st.container()
    with below:
        left, right = st.columns(2)
        with left:
            moves = controls.draw("moves")
        with right:
            share = controls.draw("from")
    moving, run = waiting.MOVING[moves], waiting.run(moves, share)
    with stage:
        at = _playback(moving, run, moves, share)
    page.section(lambda: _question(moving, run, at))
    _statements(moving, run, at)
    page.section(lambda: _how_many(run, moves, share))
    page.section(lambda: _code(moving, run, share, at))


def _playback(moving: Moving, run: Run, moves: str, share: float) -> int:
    base, count = (moves, share), len(run.halves)
    start, at = linked_frame.reached("step", KEY, base, count=count)
    shown = touching.curves(run, moving.name, start, page.palette())
    beside = touching.data(waiting.mixture(moves, share), run.halves, "waiting time, minutes", start, page.palette())
    half = run.halves[at]
    live_figures([shown, beside], key=KEY, base=base, halves=("E", "M"), commit=True, start=start,
                 captions=[touching.caption(one) for one in run.halves],
                 alts=[touching.curves_alt(half, moving.name), touching.data_alt(half, len(waiting.minutes()))])
    st.caption(f"EM starts at {run.halves[0].value:.3g}{f' {moving.unit}' if moving.unit else ''}.")
    return at


def _question(moving: Moving, run: Run, at: int) -> None:
    """Where the next half-step takes the parameter."""
    if at + 1 >= len(run.halves):
        return
    now, after = run.halves[at:at + 2]
    far = moving.high - moving.low

    def why(_: float) -> str:
        if after.kind == "E":
            return (f"E changes q alone, so θ and log p(X|θ) stay. The bound rises by "
                    f"{written(after.bound - now.bound, '.3g')} nats until it touches.")
        return (f"θ goes from {now.value:.4g} to {after.value:.4g}, the top of the bound. log p(X|θ) rises by "
                f"{written(after.log_lik - now.log_lik, '.3g')} nats, at least as much as the bound, "
                f"{written(after.bound - now.bound, '.3g')}.")

    question.number("next", f"Now {after.kind} is pressed. By how much does the {moving.what} change?",
                    truth=lambda: after.value - now.value, why=why, low=-round(far, 2), high=round(far, 2),
                    start=0.0, step=round(far / 200, 3), unit=moving.unit,
                    about=f"{moving.name} {run.halves[0].value} {at}")


def _statements(moving: Moving, run: Run, at: int) -> None:
    """What holds at this half-step, in numbers."""
    half = run.halves[at]
    page.claim(_touching(half, moving.unit) + " The bound is nowhere above log p(X|θ). Per observation:",
               page.term("evidence", r"\log p(\mathbf{X}|\theta)", f"{half.log_lik:z.4f}", "nats") + "="
               + page.term("q", r"\mathcal{L}(q, \theta)", f"{half.bound:z.4f}", "nats") + "+"
               + page.term("gap", r"KL(q\,\|\,p(\mathbf{Z}|\mathbf{X},\theta))",
                           latex_gap(half.gap, half.log_lik, half.bound, 4, results.ROUNDING), "nats"))


def _touching(half: HalfStep, unit: str) -> str:
    """Where the bound of this half-step touches. unit: of θ, "" for a share."""
    of_theta = f" {unit}" if unit else ""
    if half.anchor is None:
        return "This is the start: q is uniform, so the bound touches nowhere."
    if half.kind == "M":
        return (f"The bound still touches log p(X|θ) at the old θ = {half.anchor:.4g}{of_theta}. M has moved θ to "
                f"{half.value:.4g}{of_theta}, where the gap is {length_text(half.bound, half.log_lik, 4)} nats until "
                "the next E.")
    return (f"The bound touches log p(X|θ) at the current θ = {half.anchor:.4g}{of_theta}, and both have the same "
            "slope there. At other θ this bound can be lower than the one before.")


def _how_many(run: Run, moves: str, share: float) -> None:
    other = 1 - share

    def longer() -> HalfStep:
        """The end of the other run, which is computed for the answer alone."""
        return waiting.run(moves, other).halves[-1]

    def why(exact: float) -> str:
        return (f"From here it takes {run.halves[-1].step}, from there {exact:.0f}; both end near "
                f"θ = {longer().value:.4g}. A step ends where this bound is highest, which lies between the "
                "old θ and the best one.")

    question.number("steps", f"EM starts at {waiting.MOVING[moves].start(other):.3g} instead. How many steps until one "
                    f"gains less than {written(waiting.SMALLEST)} nats per observation?",
                    truth=lambda: float(longer().step), why=why, low=1.0, high=60.0,
                    start=10.0, step=1.0, unit="steps", form="{:.0f}", about=f"{moves} {share}")


def _code(moving: Moving, run: Run, share: float, at: int) -> None:
    """at: the half-step on the page, whose numbers the script prints."""
    half = run.halves[at]
    script = f"""from itertools import islice
from dgm import datasets, elbo, gmm
x = datasets.load("faithful").x[:, 1:2].double()
coordinate = elbo.{moving.coordinate!r}
theta = coordinate.moved(gmm.fit(x, 2).params, {moving.start(share)!r})
half = next(islice(elbo.one_parameter_em(x, theta, coordinate), {at}, None))     # after {at} half-steps
numbers = {{"parameter": half.value, "log p(X)": half.log_lik, "bound": half.bound}}"""
    source_code.show([elbo.one_parameter_em, elbo.bound_curve], formula=FORMULA, script=script,
                     numbers={"parameter": half.value, "log p(X)": half.log_lik, "bound": half.bound})
