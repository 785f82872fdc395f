"""Part "Why": the terms of the log-derivative's estimate, and which of them is only noise."""

import streamlit as st

from dgm.gradients import variance_terms
from dgm.gradients.variance_terms import Expansion
from pages.gradients import results, script, setting_controls
from pages.gradients.figures import variance_terms as figures
from pages.gradients.number_format import short
from pages.gradients.setting_controls import Chosen
from ui import page, question, source_code


def part() -> None:
    """Why the log-derivative's estimate varies so much."""
    chosen = setting_controls.draw()
    expansion = results.expansion(chosen.setting, chosen.parameter)
    page.heading("Why does the log-derivative's estimate vary so much?")
    st.markdown(r"Write $z = \mu + \sigma\epsilon$ and expand $f$ around $\mu$: $f(z) = f(\mu) + f'(\mu)\,"
                r"\sigma\epsilon + \tfrac12 f''(\mu)\,\sigma^2\epsilon^2 + \dots$ The estimate "
                r"$f(z)\,\nabla\log q(z)$ falls into terms of different order in $\sigma$ and of different sign.")
    if question.choice(
            "order", "Which of the terms has a mean that is not zero, so that it carries the gradient?",
            [f"order {term.order}" for term in expansion.terms],
            truth=lambda: f"order {expansion.gradient_term.order}",
            why=lambda right: f"Only that of {right}. The term of order 1/σ holds f(μ) itself, changes its sign with "
            "the noise and averages to nothing: as σ shrinks it is pure noise that grows."):
        _show_terms(expansion)
        _verdict(expansion)
    _code(chosen, expansion)


def _show_terms(expansion: Expansion) -> None:
    """The terms along the noise, and what each brings to the variance."""
    page.figure(figures.terms(expansion, page.palette()), key="terms", alt=figures.terms_alt(expansion))
    page.figure(figures.shares(expansion, page.palette()), key="shares", alt=figures.shares_alt(expansion))
    whole = ("The bars add up to the exact variance." if expansion.adds_up
             else "The exact variance is infinite: the bars do not add up to it.")
    st.caption(f"{whole} 2 Cov is twice the covariance of the first and the third term: "
               "no other two of them vary together.")
    st.table({term.name: {"order in σ": term.order, "sign": "changes with ε" if term.changes_sign else "that of f′(μ)",
                          "mean": short(term.mean), "variance": short(term.variance)} for term in expansion.terms})


def _verdict(expansion: Expansion) -> None:
    if expansion.is_close:
        st.markdown(f"So the answer: the variance is {short(expansion.variance)}, and "
                    f"{short(expansion.terms[0].variance)} is what the term of order 1/σ alone would have, with its "
                    "changing sign and its mean of zero. A baseline b, a number taken off f, turns its f(μ) into "
                    "f(μ) − b. Reparametrization never has the term: it uses f′ and not f.")
    else:
        st.markdown("Here f is not smooth on the scale of σ, and higher orders decide: the three terms tell the story "
                    "for a smaller k or σ.")


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
