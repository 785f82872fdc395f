"""Part "Why": the terms of the log-derivative's estimate, and which of them is only noise."""

from math import isclose

import streamlit as st

from dgm.gradients import variance_terms
from dgm.gradients.variance_terms import Expansion
from pages.gradients import results, script, setting_controls
from pages.gradients.figures import variance_terms as figures
from pages.gradients.notation import short
from pages.gradients.setting import in_letters
from pages.gradients.setting_controls import Chosen
from ui import page, question, source_code
from ui.messages import show_error

CONSTANT = 50.0
FORMULA = (r"\begin{gathered}z = \mu + \sigma\epsilon \\ f(z) = f(\mu) + f'(\mu)\,\sigma\epsilon \\ "
           r"+ \tfrac12 f''(\mu)\,\sigma^2\epsilon^2 + \dots\end{gathered}")


def part() -> None:
    """Why the log-derivative's estimate varies so much."""
    page.introduction(
        "The log-derivative multiplies $f(z)$ by the score. Expand $f$ around $\\mu$: the estimate is a sum of three "
        "terms. One grows like 1/σ, one does not depend on σ, one shrinks with σ. Only one of them carries the "
        "gradient; the first one is large, changes its sign with ε, and has the mean 0.", FORMULA)
    with setting_controls.beside() as (chosen, below):
        try:
            expansion = results.expansion(chosen.setting, chosen.parameter)
            raised = results.expansion(chosen.setting.plus(CONSTANT), chosen.parameter)
        except ValueError as error:
            show_error(in_letters(error), "There are no terms to show here.")
            return
        page.figure(figures.terms(expansion, page.palette()), key="terms", alt=figures.terms_alt(expansion))
    with below:
        _verdict(expansion)
        page.glossary_terms(("score", "log-derivative trick", "baseline"))
    _show_shares(expansion)
    _ask_constant(chosen, expansion, raised)
    _code(chosen, expansion)


def _show_shares(expansion: Expansion) -> None:
    """What each term brings to the variance."""
    page.figure(figures.shares(expansion, page.palette()), key="shares", alt=figures.shares_alt(expansion))
    whole = ("The bars add up to the exact variance." if expansion.adds_up
             else "The exact variance is infinite, so the bars do not add up to it.")
    st.caption(f"{whole} 2 Cov is twice the covariance of the first and the third term: "
               "no other two of them vary together.")
    st.table({term.name: {"grows like": term.order, "sign": "changes with ε" if term.changes_sign else "that of f′(μ)",
                          "mean": short(term.mean), "variance": short(term.variance)} for term in expansion.terms})


def _verdict(expansion: Expansion) -> None:
    gradient = expansion.gradient_term
    if expansion.is_close:
        st.markdown(f"The variance is {short(expansion.variance)}; the term with 1/σ alone has "
                    f"{short(expansion.terms[0].variance)}. To lowest order in σ, only {gradient.name} has a mean: "
                    f"{short(gradient.mean)}, where the exact gradient is {short(expansion.gradient)}. "
                    "A baseline b turns f(μ) into f(μ) − b. Reparametrization never has this term, because it uses f′ "
                    "and not f.")
    elif expansion.adds_up:
        st.markdown("f changes too much within one σ, so this expansion does not converge usefully. Choose a smaller k "
                    f"or σ. The exact gradient is {short(expansion.gradient)}; the terms' means add up to it only to "
                    "lowest order in σ.")
    else:
        st.markdown("f grows so fast that the variance is infinite. No three terms describe it; choose a smaller σ.")


def _ask_constant(chosen: Chosen, before: Expansion, after: Expansion) -> None:
    question.choice(
        "constant in terms", f"Now {chosen.setting.added(CONSTANT)} is added to f. Which of the bars change?",
        _options(before), truth=lambda: changed(before, after),
        why=lambda _: "A constant changes f(μ) and neither f′(μ) nor f″(μ). "
        f"The bar of {before.terms[0].name}, with the square of f(μ), goes from {short(before.terms[0].variance)} to "
        f"{short(after.terms[0].variance)}. That of 2 Cov, with f(μ) f″(μ), goes from {short(before.cross)} to "
        f"{short(after.cross)}. The mean of {before.terms[0].name} stays 0.", about=chosen.about)


def _options(expansion: Expansion) -> list[str]:
    first, *others = (term.name for term in expansion.terms)
    return [first, f"{first} and 2 Cov", "all of them", " and ".join(others), "2 Cov", "none of them"]


def changed(before: Expansion, after: Expansion) -> str:
    """Which bars are longer or shorter after than before, as one of the options."""
    first = _equal(before.terms[0].variance, after.terms[0].variance)
    covariance = _equal(before.cross, after.cross)
    place = {(False, False): 1, (False, True): 0, (True, False): 4, (True, True): 5}
    return _options(before)[place[first, covariance]]


def _equal(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def _code(chosen: Chosen, expansion: Expansion) -> None:
    source_code.show(
        [variance_terms.expand, variance_terms.curvature],
        formula=r"\begin{gathered}\nabla_\phi\, \mathbb{E}_q f(z) = \mathbb{E}_q\, f(z)\,\nabla_\phi \log q(z) \\"
        r"\nabla_\mu \log q(z) = \epsilon / \sigma \\ \nabla_\sigma \log q(z) = (\epsilon^2 - 1) / \sigma"
        r"\end{gathered}",
        script=script.setting_code(chosen.setting, "variance_terms")
        + f"found = variance_terms.expand(cost, q, {chosen.parameter!r})\n"
        'numbers = {f"variance of {term.name}": term.variance for term in found.terms}\n'
        'numbers |= {"2 Cov": found.cross, "variance of the whole": found.variance}',
        numbers={**{f"variance of {term.name}": term.variance for term in expansion.terms}, "2 Cov": expansion.cross,
                 "variance of the whole": expansion.variance})
