"""The first part: q is dragged over the exact posterior, and the bound and the gap share log p(x)."""

import math

import streamlit as st

from dgm import elbo
from pages.elbo import coins, families, q_handle, results, two_gaussians
from pages.elbo.figures import densities, more_samples, ruler
from pages.elbo.figures import two_gaussians as two_figures
from pages.elbo.figures.densities import Q
from pages.elbo.figures.ruler import Bound, Estimate
from pages.elbo.figures.two_gaussians import Two
from pages.elbo.results import Setting
from ui import controls, page, question, source_code
from ui.components.live_figure import live_figures
from ui.figures.written import written

FORMULA = (r"\begin{aligned}" + "{evidence} &= {bound} + {gap}" + r"\\" + "{bound} &= {reconstruction} - {kl}"
           + r"\end{aligned}")
DRAG_ONE = ("Drag **q** over the posterior: the square moves its centre, the triangle its width. Arrow keys move them "
            "too.")
DRAG_TWO = ("Drag **q**: the squares are the tops of its two parts, the triangle is the width of both. Arrow keys move "
            "them too.")
DRAG_COINS = f"{coins.MODEL} Drag the square on q's bar, the probability of coin 1. Arrow keys move it too."
AXIS = "If a row is too long for the axis of nats, the axis shows twice as much, on both sides of log p(x)."
CLOSED = 0.01       # nats: the challenge's gap, of a q that can be the posterior
TERMS = ("latent variable", "posterior", "q", "bound", "gap", "reconstruction", "KL to the prior", "nat")


def part() -> None:
    """The figure, the controls of the model, what the next move does, and more samples."""
    introduction()
    _show()
    _controls()
    if results.coins_chosen():
        page.section(coins.question_of_the_fit)
        page.section(coins.code)
        return
    setting, q, drawn = results.chosen(), current(), results.sampled()
    found = results.at(setting, q)
    page.section(lambda: _question(setting, q))
    page.section(lambda: families.section(setting))
    page.section(lambda: _more_samples(setting, q, drawn.seed))
    _challenge(setting, found)
    page.section(lambda: _code(setting, q, found))


def current() -> Q | Two:
    """q, of the chosen family."""
    return two_gaussians.current() if results.two_chosen() else q_handle.current()


def _show() -> None:
    """The figures of the chosen model and family."""
    if results.coins_chosen():
        coins.show_bound()
        return
    setting, q = results.chosen(), current()
    found = results.at(setting, q)
    if isinstance(q, Two):
        _show_two(setting, q, found)
    else:
        _show_one(setting, q, found)


def introduction() -> None:
    """The slide's two formulas, in the colours of the figures."""
    terms = {"evidence": page.term("evidence", r"\log p(\mathbf{x}|\theta)"),
             "bound": page.term("q", r"\mathcal{L}(q, \theta)"),
             "gap": page.term("gap", r"KL(q\,\|\,p(\mathbf{z}|\mathbf{x},\theta))"),
             "reconstruction": page.term("reconstruction", r"\mathbb{E}_q \log p(\mathbf{x}|\mathbf{z},\theta)"),
             "kl": page.term("kl", r"KL(q\,\|\,p(\mathbf{z}))")}
    formula = FORMULA
    for name, latex in terms.items():
        formula = formula.replace("{" + name + "}", latex)
    drag = DRAG_COINS if results.coins_chosen() else DRAG_TWO if results.two_chosen() else DRAG_ONE
    page.introduction(f"{drag} log p(x) does not contain q, so it stands still. A KL divergence is never negative, so "
                      "L is at most log p(x).", formula, TERMS)


def _controls() -> None:
    places = st.columns(4)
    with places[0]:
        model = controls.draw("model")
    names = ("heads", "bias") if model == "two coins" else ("x", "slope", "noise", "family", *(
        ("draws",) if results.two_chosen() else ("samples", "draws")))
    for number, name in enumerate(names, 1):
        with places[number % len(places)]:
            controls.draw(name)


def _show_one(setting: Setting, q: Q, found: elbo.Elbo) -> None:
    drawn = results.sampled()
    tables, scene = results.tables(setting, drawn), results.scene(setting)
    span, bound = results.span(found.log_evidence), _terms(found)
    estimate = Estimate(drawn.samples, *results.estimate(setting, q, drawn))
    plot = densities.densities(scene, q, tables, page.palette(),
                               ruler=ruler.moving(span, drawn.samples, tables.shown_error))
    live_figures([plot.figure, ruler.ruler(bound, estimate, span, page.palette())], key="dragged q",
                 base=(setting, drawn, q), on_edit=q_handle.fold(q), drag=plot.drag,
                 alts=[densities.densities_alt(scene, q), ruler.ruler_alt(bound, estimate)])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Two forms of the bound end at the same line: reconstruction − KL, and "
                   f"{ruler.COMPLETE} + entropy. {AXIS} {results.table_note(tables)} Only the estimate by samples and "
                   "its ± are less exact while you drag.",
                   width="stretch")
        st.button("Best Gaussian", key="best q", on_click=_best, args=(setting,), icon=":material/target:",
                  help="The E-step inside the family of Gaussians.")


def _terms(found: elbo.Elbo) -> Bound:
    return Bound(found.reconstruction, found.kl, found.complete, found.log_evidence)


def _show_two(setting: Setting, q: Two, found: elbo.Elbo) -> None:
    tables, span, bound = results.tables(setting, None), results.span(found.log_evidence), _terms(found)
    scene = results.scene(setting)
    plot = two_figures.densities(scene, q, tables, two_gaussians.information(), page.palette(),
                                 ruler=ruler.moving(span, None, tables.shown_error))
    live_figures([plot.figure, ruler.ruler(bound, None, span, page.palette())], key="dragged mixture",
                 base=(setting, q), on_edit=two_gaussians.fold(q), drag=plot.drag,
                 alts=[two_figures.densities_alt(scene, q), ruler.ruler_alt(bound, None)])
    exact = two_gaussians.posterior(*setting)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"The higher a square, the larger the weight of its part. {AXIS} {results.table_note(tables)}",
                   width="stretch")
        st.button("The posterior", key="posterior as q", on_click=_choose_two, args=(exact,), disabled=exact is None,
                  icon=":material/target:", help="Where the posterior is such a q, the gap closes.")


def _choose_two(q: Two | None) -> None:
    if q is not None:
        two_gaussians.choose(q)


def _best(setting: Setting) -> None:
    best = results.fits(setting).reverse[0]
    q_handle.choose(Q(best.mean, best.sd))


def _question(setting: Setting, q: Q | Two) -> None:
    """What twice the width does to the gap, or half of it where twice is too wide."""
    word, factor = ("doubled", 2.0) if 2 * q.deviation <= q_handle.WIDE else ("halved", 0.5)
    wider = q._replace(deviation=factor * q.deviation)

    def change() -> float:
        return results.at(setting, wider).gap - results.at(setting, q).gap

    def why(_: float) -> str:
        before, after = results.at(setting, q), results.at(setting, wider)
        return (f"The gap goes from {_gap_text(before)} to {_gap_text(after)} nats, and the bound "
                f"moves by as much the other way. log p(x) stays {written(before.log_evidence)}.")

    limit = limit_for(abs(change()))
    question.number("wider", f"q's width is {word}: its deviation becomes {wider.deviation:.3g}. By how many nats does "
                    "the gap change?", truth=change, why=why, low=-limit, high=limit, start=0.0, step=limit / 100,
                    form="{:.3g}" if limit < 100 else "{:,.0f}", unit="nats", about=f"{setting} {q}")


def _gap_text(found: elbo.Elbo) -> str:
    return results.gap_text(found.bound, found.log_evidence)


def limit_for(size: float) -> float:
    """The end of a field for changes of this size, nats: 5, or a power of ten that is at least twice as large."""
    return 5.0 if size <= 5 else float(10 ** math.ceil(math.log10(2 * size)))


def _more_samples(setting: Setting, q: Q | Two, seed: int) -> None:
    """The importance-weighted bound over the number of samples."""
    page.heading("More samples: a tighter bound")
    found, exact = results.weighted(setting, q, seed), results.at(setting, q)
    curve = more_samples.Curve(found.samples.numpy(), found.bound.numpy(), found.error.numpy(), exact.bound,
                               exact.log_evidence)
    st.markdown("Draw K values of z from q and take the log of the mean weight p(x,z)/q(z). Its expectation is a "
                "bound too: for K = 1 it is L, and it rises towards log p(x) with K. This is the bound of the "
                "importance-weighted autoencoder (IWAE).")
    page.figure(more_samples.curve(curve, page.palette()), key="iwae", alt=more_samples.curve_alt(curve))
    st.caption(f"Estimated from {results.REPEATS:,} repeats, ± one standard error: about one estimate in three lies "
               f"farther off. At K = 1: {written(float(found.bound[0]), '.4f')} ± "
               f"{written(float(found.error[0]), '.1g')}, and L is "
               f"{written(exact.bound, '.4f')}.")


def _challenge(setting: Setting, found: elbo.Elbo) -> None:
    best, now = results.fits(setting).reverse[0], _gap_text(found)
    least = results.gap_text(best.bound, found.log_evidence)
    if results.two_chosen():
        goal = CLOSED if two_gaussians.posterior(*setting) or best.gap < CLOSED else best.gap
        page.challenge(f"Drag q until the gap is below {f'{CLOSED:g}' if goal == CLOSED else least} nats.",
                       found.gap < goal, f"the gap is {now} nats; the best single Gaussian leaves {least}")
        return
    goal = math.ceil(100 * (best.gap + CLOSED) - 1e-6) / 100
    page.challenge(f"Drag q until the gap is below {goal:.2f} nats."
                   + (f" No Gaussian is this posterior; the best one leaves {least} nats."
                      if best.gap > CLOSED else ""), found.gap < goal, f"the gap is {now} nats")


def _code(setting: Setting, q: Q | Two, found: elbo.Elbo) -> None:
    script = "\n".join([
        "from dgm import elbo", f"model = elbo.{setting.model!r}", f"q = elbo.{results.as_family(q)!r}",
        f"found = elbo.elbo(model, {setting.x!r}, q)",
        'numbers = {"log p(x)": found.log_evidence, "bound": found.bound, "gap": found.gap}'])
    source_code.show([elbo.elbo, elbo.monte_carlo], formula=(
        r"\mathcal{L}(q, \theta) = \int q(\mathbf{z}) \log \frac{p(\mathbf{x}, \mathbf{z}|\theta)}{q(\mathbf{z})} "
        r"d\mathbf{z} = \mathbb{E}_q \log p(\mathbf{x}|\mathbf{z}, \theta) - KL(q(\mathbf{z})\,\|\,p(\mathbf{z}))"),
        script=script, numbers={"log p(x)": found.log_evidence, "bound": found.bound, "gap": found.gap})
