"""Part two of the gradient lab: the terms of the log-derivative's estimate, and which of them is only noise."""

import streamlit as st

from dgm.gradients import Gaussian, variance_terms
from dgm.gradients.variance_terms import Expansion
from pages.gradients import script
from pages.gradients.figures import variance as figures
from pages.gradients.figures.variance import short
from pages.gradients.lab import Lab
from pages.gradients.settings import situation
from ui import cache, page, question, source_code


def part() -> None:
    """Why the log-derivative's estimate varies so much."""
    lab = situation().lab
    found = anatomy(lab)
    page.heading("Why does the log-derivative's estimate vary so much?")
    st.markdown(r"Write $z = \mu + \sigma\epsilon$ and expand $f$ around $\mu$: $f(z) = f(\mu) + f'(\mu)\,"
                r"\sigma\epsilon + \tfrac12 f''(\mu)\,\sigma^2\epsilon^2 + \dots$ The estimate "
                r"$f(z)\,\nabla\log q(z)$ falls into terms of different order in $\sigma$ and of different sign.")
    if question.choice(
            "order", "Which of the terms has a mean that is not zero, so that it carries the gradient?",
            [f"order {term.order}" for term in found.terms], truth=lambda: f"order {found.gradient_term.order}",
            why=lambda right: f"Only that of {right}. The term of order 1/σ holds f(μ) itself, changes its sign with "
            "the noise and averages to nothing: as σ shrinks it is pure noise that grows."):
        _terms(found)
        _verdict(found)
    _code(lab, found)


def _terms(found: Expansion) -> None:
    """The terms along the noise, and what each brings to the variance."""
    page.figure(figures.anatomy(found, page.palette()), key="anatomy", alt=figures.anatomy_alt(found))
    page.figure(figures.shares(found, page.palette()), key="shares", alt=figures.shares_alt(found))
    st.caption("The bars add up to the exact variance. 2 Cov is twice the covariance of the first and the third term: "
               "no other two of them vary together.")
    st.table({term.name: {"order in σ": term.order, "sign": "changes with ε" if term.changes_sign else "that of f′(μ)",
                          "mean": short(term.mean), "variance": short(term.variance)} for term in found.terms})


def _verdict(found: Expansion) -> None:
    if found.is_close:
        st.markdown(f"So the answer: the variance is {short(found.variance)}, and {short(found.terms[0].variance)} "
                    "is what the term of order 1/σ alone would have, with its changing sign and its mean of zero. A "
                    "baseline b, a number taken off f, turns its f(μ) into f(μ) − b. Reparametrization never has the "
                    "term: it uses f′ and not f.")
    else:
        st.markdown("Here f is not smooth on the scale of σ, and higher orders decide: the three terms tell the story "
                    "for a smaller k or σ.")


def _code(lab: Lab, found: Expansion) -> None:
    source_code.show(
        [variance_terms.expand, variance_terms.curvature],
        formula=r"\begin{gathered}\nabla_\phi\, \mathbb{E}_q f(z) = \mathbb{E}_q\, f(z)\,\nabla_\phi \log q(z) \\"
        r"\nabla_\mu \log q(z) = \epsilon / \sigma \\ \nabla_\sigma \log q(z) = (\epsilon^2 - 1) / \sigma"
        r"\end{gathered}",
        script=script.beginning(lab, "variance_terms")
        + f"found = variance_terms.expand(cost, q, {lab.parameter!r})\n"
        'numbers = {f"variance of {term.name}": term.variance for term in found.terms}\n'
        'numbers |= {"2 Cov": found.cross, "variance of the whole": found.variance}',
        numbers={**{f"variance of {term.name}": term.variance for term in found.terms}, "2 Cov": found.cross,
                 "variance of the whole": found.variance})


@cache.copied(entries=16)
def anatomy(lab: Lab) -> Expansion:
    """The terms of the log-derivative's gradient, in one dimension."""
    return variance_terms.expand(lab.cost, Gaussian(lab.mu, lab.sigma), lab.parameter)
