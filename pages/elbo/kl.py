"""The second part: where the nats of KL(q || p) come from, its two directions, and the trap of q = 0."""

import streamlit as st

from dgm import elbo
from pages.elbo import coins, q_handle, results
from pages.elbo.figures import densities, ruler
from pages.elbo.figures.densities import Q
from pages.elbo.figures.ruler import Directions
from pages.elbo.results import Setting
from ui import controls, page, question, source_code
from ui.components.live_figure import live_figures
from ui.figures.written import percent, written

SIDES = ("on the left hump", "between the humps", "on the right hump")
FAR = 0.5                       # of the way from the middle to a hump: farther out, a mean lies on it
AXIS = "Where a bar would leave its axis, the axis becomes twice as long."
MOST = 0.95                     # of the posterior: a hump that has almost all of it


def part() -> None:
    """The integrand, both directions of KL and the Gaussians that are best by each."""
    _introduction()
    _show()
    _controls()
    if results.coins_chosen():
        page.section(_coin_question)
        page.section(coins.code)
        return
    setting, q = results.chosen(), q_handle.current()
    page.section(lambda: _question(setting))
    _challenge(setting, q)
    page.section(lambda: _code(setting, q))


def _introduction() -> None:
    page.introduction(
        "KL adds up q log(q/p) over z; here p is the posterior. Where q is larger than p it adds, where q is smaller "
        "it subtracts. The sum is 0 only if q and p are equal.",
        r"\begin{gathered}" + page.term("gap", r"KL(q\,\|\,p)") + "="
        r"\int q(\mathbf{z}) \log \frac{q(\mathbf{z})}{p(\mathbf{z})}\, d\mathbf{z} \ge 0 \\[0.3em] "
        r"KL(q\,\|\,p) = 0 \Leftrightarrow q \equiv p\end{gathered}", ("KL divergence", "posterior", "q", "nat"))


def _show() -> None:
    if results.coins_chosen():
        coins.show_directions()
        return
    setting = results.chosen()
    _figures(setting, q_handle.current(), results.fits(setting))


def _controls() -> None:
    names = ("model", "heads", "bias") if results.coins_chosen() else ("model", "x", "slope", "noise")
    for place, name in zip(st.columns(len(names)), names, strict=True):
        with place:
            controls.draw(name)


def directions(setting: Setting, q: Q) -> Directions:
    """Both directions of KL between q and the posterior, nats."""
    found = results.at(setting, q)
    return Directions(found.gap, results.forward(setting, q), found.bound, found.log_evidence)


def _figures(setting: Setting, q: Q, fits: elbo.Fits) -> None:
    tables, scene, values = results.tables(setting, None), results.scene(setting), directions(setting, q)
    drawn = {"smallest KL(q‖p)": Q(fits.reverse[0].mean, fits.reverse[0].sd),
             "smallest KL(p‖q)": Q(fits.forward.mean, fits.forward.sd)}
    plot = densities.densities(scene, q, tables, page.palette(), fits=drawn, integrand=True,
                               ruler=ruler.directions_moving(tables.shown_error, page.palette()))
    live_figures([plot.figure, ruler.directions(values, page.palette())], key="kl q", base=(setting, q),
                 on_edit=q_handle.fold(q), drag=plot.drag,
                 alts=[densities.densities_alt(scene, q), ruler.directions_alt(values)])
    st.markdown(_in_words(fits, values))
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, fit in drawn.items():
            st.button(name, key=f"fit {name}", on_click=q_handle.choose, args=(fit,), icon=":material/target:")
        st.caption(f"{AXIS} {results.table_note(tables, directions=True)}")


def _in_words(fits: elbo.Fits, values: Directions) -> str:
    reverse, forward = fits.reverse[0], fits.forward
    least = results.gap_text(reverse.bound, values.evidence)
    text = (f"KL(q‖p) = **{values.texts['reverse']}** nats is the gap of the bound. The smallest "
            f"that a Gaussian reaches is {least}, with mean {written(reverse.mean, '.2f')} and "
            f"deviation {reverse.sd:.2f}. KL(p‖q) is smallest, {results.in_nats(forward.forward_kl)} nats, at mean "
            f"{written(forward.mean, '.2f')} and deviation {forward.sd:.2f}: those of the posterior.")
    if len(fits.reverse) > 1:
        others = ", ".join(f"{written(fit.mean, '.2f')} (KL {results.gap_text(fit.bound, values.evidence)})"
                           for fit in fits.reverse[1:])
        text += f" KL(q‖p) has another local minimum, with mean {others}."
    return text


def side(mean: float, humps: elbo.Mixture) -> str:
    """Where a Gaussian with this mean lies among both humps of the posterior, as an answer."""
    left, right = sorted(humps.means)
    out = (2 * mean - left - right) / (right - left)
    return SIDES[1] if abs(out) < FAR else SIDES[0] if out < 0 else SIDES[2]


def _question(setting: Setting) -> None:
    """Where q lies for another x, if it can lie on a hump of the posterior and x decides on which."""
    flipped = setting._replace(x=round(-setting.x - 0.2, 2) or 0.4)
    humps = flipped.model.posterior(flipped.x)
    if not isinstance(humps, elbo.Mixture) or flipped.model.slope == 0:
        _question_of_the_width(setting)
        return
    question.choice("hump", f"x changes to {written(flipped.x)}. Where does the Gaussian with the smallest KL(q‖p) "
                    "lie?", SIDES, truth=lambda: side(results.fits(flipped).reverse[0].mean, humps),
                    why=lambda answer: why_side(answer, results.fits(flipped), humps), about=f"{setting}")


def why_side(answer: str, found: elbo.Fits, humps: elbo.Mixture) -> str:
    """Why the best Gaussian lies there."""
    why = ("Where p is almost 0, q log(q/p) is large, so q stays on one hump." if max(humps.weights) < MOST else
           f"That hump has {percent(max(humps.weights))} of the posterior.")
    if answer == SIDES[1]:
        why = "The humps overlap so much that one Gaussian over both costs less than one on a single hump."
    return (f"Its mean is {written(found.reverse[0].mean, '.2f')}. {why} KL(p‖q) is smallest at the posterior's own "
            f"mean, {written(found.forward.mean, '.2f')}.")


def _question_of_the_width(setting: Setting) -> None:
    fit = results.fits(setting).reverse[0]
    narrow = Q(fit.mean, fit.sd / 2)

    def why(exact: float) -> str:
        return (f"KL(q‖p) is {exact:.3f} nats and KL(p‖q) {results.forward(setting, narrow):.3f}. A q that is too "
                "narrow costs little in the first, because it lies where p is large; the second counts what it misses.")

    question.number("narrow", f"q is put on the posterior with half the best deviation, {narrow.deviation:.3g}. How "
                    "large is KL(q‖p)?", truth=lambda: results.at(setting, narrow).gap, why=why, low=0.0, high=2.0,
                    start=1.0, step=0.01, unit="nats", about=f"{setting}")


def _coin_question() -> None:
    setting = coins.chosen()
    exact = coins.posterior(setting)

    def why(found: float) -> str:
        return (f"With q(coin 1) = 1 the only term is log(1 / {exact:.3f}) = {found:.3f}. KL(p‖q) is infinite there, "
                "because the posterior allows coin 2.")

    question.number("certain", "q puts all its probability on coin 1. How large is KL(q‖p)?",
                    truth=lambda: coins.at(setting, 1.0).gap, why=why, low=0.0, high=5.0, start=2.0, step=0.05,
                    unit="nats", about=f"{setting}")


def _challenge(setting: Setting, q: Q) -> None:
    best = results.fits(setting).forward
    goal, values = round(best.forward_kl + 0.02, 2), directions(setting, q)
    page.challenge(f"Without the buttons: drag q until KL(p‖q) is below {goal:.2f} nats.", values.forward < goal,
                   f"KL(p‖q) is {values.texts['forward']} nats")


def _code(setting: Setting, q: Q) -> None:
    values = directions(setting, q)
    numbers = {"KL(q||p)": values.reverse, "KL(p||q)": values.forward}
    script = "\n".join([
        "from dgm import elbo", f"model = elbo.{setting.model!r}", f"q = elbo.Gaussian({q.mean!r}, {q.deviation!r})",
        f"p = model.posterior({setting.x!r})",
        'numbers = {"KL(q||p)": elbo.kl(q, p), "KL(p||q)": elbo.kl(p, q)}'])
    source_code.show([elbo.kl, elbo.gaussian_fits], formula=r"KL(q\,\|\,p) = \int q(\mathbf{z}) \log "
                     r"\frac{q(\mathbf{z})}{p(\mathbf{z})}\, d\mathbf{z}", script=script, numbers=numbers)


__all__ = ["directions", "part", "side", "why_side"]
