"""The mixture page's fifth part: a complex density as a sum of faint Gaussians, and its Monte Carlo estimate."""

import math
from typing import Any, NamedTuple

import streamlit as st
import torch
from torch import Tensor

from dgm.gmm import continuous_mixture
from dgm.gmm.continuous_mixture import Curve
from pages.gmm.figures import density
from ui import controls, page, question, source_code
from ui.figures.written import latex, percent, raised, written

DRAWN = 60              # faint Gaussians at most
ACCURACY = 0.01         # of p(x): the standard error that the question asks for
SEEN = 0.1              # of the largest p(x): a distance that is clearly seen in the figure
MOST_NEEDED = 1e15      # samples that the question's field offers
LOG_TEN = math.log(10)
WHY = ("With z of more dimensions, few samples explain x, and the number grows quickly: this is why p(x) is called "
       "intractable.")


class Inputs(NamedTuple):
    """The curve, the place x, and how p(x) is estimated there."""

    curve: Curve
    at: float
    samples: int
    seed: int


class Evidence(NamedTuple):
    """p(x) at one place, nats: as logarithms, because far from the curve the density is too small for a float."""

    log_exact: float
    estimate: float
    error: float        # standard error of the estimate
    log_share: float    # of the exact standard error among p(x); minus infinity for no error

    @property
    def exact(self) -> float:
        return math.exp(self.log_exact)


def part() -> None:
    """The sum of faint Gaussians beside the exact density."""
    opening, place = st.container(), st.container()
    inputs = _draw_inputs()
    found = evidence_at(inputs)
    with opening:
        introduction(inputs, found)
    with place:
        note(found, show(inputs, found))
    page.section(lambda: question_of_samples(inputs, found))
    code(inputs, found)


def _draw_inputs() -> Inputs:
    at, samples, seed = _row("at", "samples", "draws")
    return Inputs(Curve(*_row("slope", "swing", "frequency", "noise")), at, samples, seed)


def _row(*names: str) -> list[Any]:
    """Draw controls side by side and return their values."""
    values = []
    for place, name in zip(st.columns(len(names)), names, strict=True):
        with place:
            values.append(controls.draw(name))
    return values


def evidence_at(inputs: Inputs) -> Evidence:
    """The exact density at x and its naive Monte Carlo estimate with standard error."""
    x = torch.tensor([inputs.at], dtype=torch.float64)
    estimate = continuous_mixture.monte_carlo(x, inputs.curve, inputs.samples, inputs.seed)
    log_exact = float(continuous_mixture.evidence(x, inputs.curve))
    log_share = float(continuous_mixture.log_relative_error(x, inputs.curve, inputs.samples))
    return Evidence(log_exact, float(estimate.value), float(estimate.error), log_share)


def show(inputs: Inputs, found: Evidence) -> float | None:
    """The faint Gaussians, their sum, and the exact density. Returns the x that `missed` finds in the figure."""
    curve = inputs.curve
    reach = 3 * abs(curve.slope) + abs(curve.swing) + 3 * curve.noise
    x = torch.linspace(-reach, reach, 240, dtype=torch.float64)
    estimate = continuous_mixture.monte_carlo(x, curve, inputs.samples, inputs.seed)
    pieces = estimate.pieces[:: max(1, inputs.samples // DRAWN)].numpy()
    exact = continuous_mixture.evidence(x, curve).exp()
    page.figure(
        density.faint(x.numpy(), exact.numpy(), pieces, estimate.value.numpy(), estimate.error.numpy(), at=inputs.at,
                      palette=page.palette()),
        key="faint", alt=density.faint_alt(inputs.samples, inputs.at, found.exact, found.estimate, found.error))
    return missed(x, exact, estimate.value, estimate.error)


def missed(x: Tensor, exact: Tensor, estimate: Tensor, error: Tensor) -> float | None:
    """Of the places x (n,) the one where p(x) is farthest above 3 standard errors of its estimate.

    None where it is nowhere so far above them that it is seen in the figure.
    """
    above = exact - estimate - 3 * error
    return round(float(x[above.argmax()]), 1) + 0.0 if float(above.max()) > SEEN * float(exact.max()) else None


def introduction(inputs: Inputs, found: Evidence) -> None:
    """The evidence at x as an integral, and as a mean over draws."""
    page.introduction(
        r"Here z is a number: z ~ N(0, 1), and x given z is Gaussian with mean g(z) = slope · z + swing · "
        r"sin(frequency · z). Each z adds one faint Gaussian. Samples of z estimate p(x) with an error that can be "
        "large.",
        r"\begin{aligned}" + page.term("evidence", rf"p(x={inputs.at:g}|\theta)", _density(found.log_exact))
        + r"&= \int p(x|z, \theta)\,p(z)\,dz \\[0.3em] &\approx"
        + page.term("q", r"\tfrac{1}{S}\sum_s p(x|z_s, \theta)",
                    rf"{latex(found.estimate)} \,\pm\, {latex(found.error, 2)}")
        + r"\end{aligned}", ("latent variable", "evidence"))


def _density(log_value: float) -> str:
    """A density as LaTeX, also one that is too small for a float."""
    value = math.exp(log_value)
    return latex(value) if value > 0 else rf"10^{{{log_value / LOG_TEN:.1f}}}"


def note(found: Evidence, elsewhere: float | None) -> None:
    """What the estimate and its standard error are worth here. elsewhere: where it misses p(x), see `missed`."""
    here = found.estimate + 3 * found.error < found.exact
    st.markdown(
        f"The exact standard error of such an estimate is {share_text(found.log_share)} p(x) here. The one "
        "beside the estimate is computed from the same samples."
        + (" Almost no sample reaches this x, so estimate and error are both far too small: a small standard error "
           "proves nothing." if here else "" if elsewhere is None else
           f" Almost no sample reaches x = {written(elsewhere)}: there p(x) is far above the estimate, and a "
           "small standard error proves nothing.")
        + (f" Here log p(x) = {written(found.log_exact)} nats, and p(x) is below the smallest number of the computer."
           if found.exact == 0 else ""))


def share_text(log_share: float) -> str:
    """A share in percent "of"; from ten times on as a factor.

    >>> share_text(math.log(0.25)), share_text(-math.inf), share_text(math.log(250.0)), share_text(2000.0)
    ('**25%** of', '**0%** of', '**250 times**', '**10⁸⁶⁹ times**')
    """
    if log_share < math.log(10):
        return f"**{percent(math.exp(log_share)) if log_share < 0 else f'{math.exp(log_share):.0%}'}** of"
    factor = written(math.exp(log_share), ".3g") if log_share < math.log(1e6) else power_of_ten(log_share)
    return f"**{factor} times**"


def power_of_ten(log_value: float) -> str:
    """The nearest power of ten of a number that is given by its log.

    >>> power_of_ten(math.log(4e19))
    '10²⁰'
    """
    return f"10{raised(round(log_value / LOG_TEN))}"


def log_needed(inputs: Inputs, found: Evidence) -> float:
    """The log of the number of samples whose standard error is ACCURACY of p(x)."""
    return math.log(inputs.samples) + 2 * (found.log_share - math.log(ACCURACY))


def question_of_samples(inputs: Inputs, found: Evidence) -> None:
    """How many samples an accurate estimate takes; a sentence where that number is not worth a question."""
    log_number = log_needed(inputs, found)
    if log_number > math.log(MOST_NEEDED):
        st.markdown(f"A standard error of {ACCURACY:.0%} of p(x) would take about "
                    f"{power_of_ten(log_number)} samples of z: no computer draws so many. {WHY}")
    elif log_number <= 0:
        st.markdown("Here p(x|z) is almost the same for all z, so one sample of z is enough.")
    else:
        question.number(
            "samples", f"How many samples of z are needed until the standard error is {ACCURACY:.0%} of p(x) at "
            f"x = {inputs.at:g}?", truth=lambda: math.exp(log_number), low=1, high=MOST_NEEDED, start=100,
            unit="samples", form="{:,.0f}", ratio=True, about=f"{inputs.curve} {inputs.at}",
            why=lambda _: f"The error falls with the square root of the number of samples. {WHY}")


def code(inputs: Inputs, found: Evidence) -> None:
    """What ran, and a script with the same numbers."""
    source_code.show(
        [continuous_mixture.evidence, continuous_mixture.monte_carlo],
        formula=r"p(\mathbf{x}) = \int p(\mathbf{x}|\mathbf{z})\, p(\mathbf{z})\, d\mathbf{z} \approx \frac1S \sum_s "
        r"p(\mathbf{x}|\mathbf{z}_s)",
        script=f"""
            import torch
            from dgm.gmm import continuous_mixture
            curve = continuous_mixture.{inputs.curve!r}
            x = torch.tensor([{inputs.at!r}], dtype=torch.float64)
            estimate = continuous_mixture.monte_carlo(x, curve, {inputs.samples}, {inputs.seed})
            numbers = {{"p(x)": float(continuous_mixture.evidence(x, curve).exp()), "estimate": float(estimate.value),
                       "standard error": float(estimate.error)}}
        """, numbers={"p(x)": found.exact, "estimate": found.estimate, "standard error": found.error})
