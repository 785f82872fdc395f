"""The VAE page's second part, one image: its exact posterior beside the encoder's q, its bound, and the gap split."""

import streamlit as st

from dgm import vae
from dgm.vae import inference_gap
from pages.vae import own_run, scene, shown_model
from pages.vae.figures import network
from pages.vae.image import gap, held_out, own_digit, reach
from pages.vae.scene import Chosen, Scene
from ui import controls, live_run, page, question, source_code
from ui.figures import bound_ruler
from ui.figures.written import latex, latex_gap

INTRODUCTION = (
    "The **encoder** answers an image $\\mathbf{x}$ with one Gaussian, $q$, in one pass: it is amortized. The exact "
    "posterior of the code has another shape and place. The bound is lower than $\\log p(\\mathbf{x})$ by exactly this "
    "difference, the gap.")
TERMS = ("amortized", "posterior", "bound", "gap", "amortization gap", "evidence", "importance weighted bound",
         "nat")
FORMULA = (r"\nabla_\phi \mathcal{L} = \nabla_\phi \log p(\mathbf{x}_i | g(\mathbf{x}_i, \epsilon^*, \phi), \theta)"
           r" - \nabla_\phi KL(q(\mathbf{z}_i|\mathbf{x}_i,\phi)\,\|\,p(\mathbf{z}_i)), "
           r"\quad \epsilon^* \sim r(\epsilon)")
SECONDS = 2.0   # between two refreshes while the model trains


def part() -> None:
    """The image's posterior, bound and gap, its way through the network, the challenge, and a digit of one's own."""
    top, shown = scene.above()
    with top:
        live_run.auto_refresh(shown.run, lambda: _one_image(shown.newest(), shown), "one image", every=SECONDS)
    page.section(lambda: held_out.part(shown))
    page.section(lambda: reach.part(shown.newest(), shown, scene.chosen(shown)))
    page.heading("A digit of your own")
    live_run.auto_refresh(shown.run, lambda: own_digit.view(shown.newest(), shown), "own digit", every=SECONDS)


def _one_image(checkpoint: vae.Checkpoint, shown: Scene) -> None:
    chosen = scene.chosen(shown)
    terms = gap.terms(checkpoint, chosen.image, chosen.seed, quick=shown.training)
    about = f"{shown.data.name} {shown_model.digest(checkpoint)} {chosen.number} {chosen.seed}"
    revealed = question.revealed("gap", about)
    page.introduction(INTRODUCTION, _formula(terms.ruler, revealed), TERMS)
    gap.figures(checkpoint, chosen.image, shown, terms, key="posterior", name=f"of {chosen.name}", covered=not revealed)
    _choose(shown)
    shown.ask(lambda: _ask_gap(terms, about))
    page.heading("The way of the image through the network")
    _network(checkpoint, chosen, shown)
    _code(chosen, terms, shown)


def _choose(shown: Scene) -> None:
    left, right = st.columns(2)
    with left:
        controls.draw("image", **scene.numbers(shown))
    with right:
        controls.draw("seed")


# The bound and the gap -----------------------------------------------------------------------------------------------


def _formula(terms: bound_ruler.Terms, revealed: bool) -> str:
    digits = bound_ruler.digits_of(terms.evidence)
    evidence = f"{terms.evidence:z.{digits}f}" if revealed else "?"
    gap = latex_gap(terms.gap, terms.evidence, terms.bound, digits) if revealed else "?"
    bound = _estimate(terms.bound, terms.error, digits)
    return (r"\begin{aligned}" + page.term("evidence", r"\log p(\mathbf{x}|\theta)", evidence, "nats") + "&="
            + page.term("q", r"\mathcal{L}(\phi,\theta)", bound) + r"\\[0.4em]&\;+"
            + page.term("gap", r"KL(q\,\|\,p(\mathbf{z}|\mathbf{x},\theta))", gap) + r"\end{aligned}")


def _estimate(value: float, error: float, digits: int) -> str:
    """A number in LaTeX, with its standard error where it is a mean of draws."""
    return f"{value:z.{digits}f}" + (rf" \pm {latex(error, 1)}" if error else "")


def _ask_gap(terms: gap.Terms, about: str) -> None:
    ruler, where = terms.ruler, ""
    if ruler.best is not None:      # the numbers that the ruler shows
        digits = bound_ruler.digits_of(ruler.evidence)
        saved, left = (bound_ruler.length_text(*ends, digits)
                       for ends in ((ruler.bound, ruler.best), (ruler.best, ruler.evidence)))
        where = (f" The best Gaussian with independent coordinates would save {saved} nats: the amortization gap. No "
                 f"such Gaussian saves the other {left} nats.")
    question.number(
        "gap", r"How many nats does $\mathcal{L}$ stay below $\log p(\mathbf{x})$ for this image?",
        truth=lambda: ruler.gap, error=(lambda: ruler.error) if ruler.error else None,
        why=lambda _: "q is a Gaussian with independent coordinates, computed in one pass by the encoder "
        f"(amortized). The exact posterior has another shape or place.{where}",
        low=0.01, high=300.0, start=1.0, unit="nats", form="{:.3g}", ratio=True, about=about)


# The network and the script ------------------------------------------------------------------------------------------


def _network(checkpoint: vae.Checkpoint, chosen: Chosen, shown: Scene) -> None:
    way = shown_model.one_pass(checkpoint, chosen.image, chosen.seed)
    st.html(network.network(way, chosen.image.tolist(), shown.shape, chosen.name, page.palette()))
    st.caption(f"Computed for {chosen.name}, by the model at step {checkpoint.step:,}. Another seed draws another ε*.")


def _code(chosen: Chosen, terms: gap.Terms, shown: Scene) -> None:
    script, numbers = _exact(terms.split) if terms.split is not None else _drawn(terms.ruler, chosen.seed)
    source_code.show(
        [vae.encode, vae.image_terms, inference_gap.gap], formula=FORMULA,
        script=f"""
            {own_run.imports(shown.images)}
            from dgm.vae import inference_gap
            checkpoint = {own_run.as_code(shown.model, shown.run, shown.images)}
            x = vae.split_images({own_run.images_as_code(shown.images)}).test[{chosen.number}]
            {script}
        """, numbers=numbers, own=own_run.own(shown.checkpoint, shown.images))


def _exact(split: inference_gap.Gap) -> tuple[str, dict[str, float]]:
    return ("gap = inference_gap.gap(checkpoint, x[None])\n            "
            'numbers = {"bound": gap.bound, "log p(x)": gap.log_p, "amortization gap": gap.amortization}',
            {"bound": split.bound, "log p(x)": split.log_p, "amortization gap": split.amortization})


def _drawn(terms: bound_ruler.Terms, seed: int) -> tuple[str, dict[str, float]]:
    return (f"terms = vae.image_terms(checkpoint, x, seed={seed})\n            "
            'numbers = {"reconstruction": terms.reconstruction, "KL": terms.kl, "log p(x)": terms.evidence}',
            {"reconstruction": terms.reconstruction, "KL": terms.kl, "log p(x)": terms.evidence})
