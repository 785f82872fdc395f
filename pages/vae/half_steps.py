"""The VAE page's third part: gradient steps in phi alone and in theta alone, and what they do to the two terms."""

import streamlit as st
import torch

from dgm import vae
from dgm.vae.runs import half_steps
from pages.vae import half_step_results, own_run, scene, shown_model
from pages.vae.figures import half_steps as figures
from pages.vae.figures import image_sheet
from pages.vae.half_step_results import ROWS, Stage
from pages.vae.scene import Scene
from pages.vae.state import MOST_MOVES, UNTRAINED
from ui import controls, page, question, source_code, style
from ui.figures.written import difference, written

INTRODUCTION = (
    "EM alternates two steps on the bound $\\mathcal{L}$. **E** moves $\\phi$ alone, to bring $q$ closer to the "
    "posterior. **M** moves $\\theta$ alone, to let the decoder explain the images better. Here each is a few "
    "gradient steps: variational EM, amortized by one encoder. Their gradients are noisy and their length is chosen, "
    "so the bound can also fall.")
TERMS = ("E-step", "M-step", "bound", "reconstruction", "KL to the prior", "amortized", "nat")
FORMULA = (r"\phi \leftarrow \phi + \eta\, \nabla_\phi \mathcal{L}(\phi, \theta), \qquad "
           r"\theta \leftarrow \theta + \eta\, \nabla_\theta \mathcal{L}(\phi, \theta)")
ABOUT_M = "any model"    # the answer to what M does to the KL is the same everywhere, so it is given once
COVERED = " The KL from the first M on is shown with the answer to the question about it."
CHANGES = ("It falls", "It stays the same", "It rises")
SHOWN = 10      # images whose reconstructions are drawn


def part() -> None:
    """The terms after each half-step, the buttons, two questions, the reconstructions, and the script."""
    top, shown = scene.above()
    with top:
        page.section(lambda: _stages(shown))


def _stages(shown: Scene) -> None:
    opening, stage = st.container(), st.container()
    with stage:
        place, buttons = st.container(), st.container()
        with buttons:
            start, steps = _draw_controls(shown)
    moves = controls.value("moves")
    stages = half_step_results.stages(start, shown.images, moves, steps)
    covered = "M" in moves and not question.revealed("half M", ABOUT_M)
    with opening:
        page.introduction(INTRODUCTION, _formula(stages[-1], covered), TERMS)
    with place:
        terms = [(each.kind, each.recon, each.kl) for each in stages]
        page.figure(figures.terms(terms, page.palette(), covered=covered), key="half-steps",
                    alt=figures.terms_alt(terms, covered=covered))
        count = min(ROWS, len(shown_model.parts(shown.images).train))
        st.caption(f"Nats per image, means over the first {count} training images with one ε for each, the same at "
                   f"every point.{_last_press(stages)}{COVERED if covered else ''}")
    _questions(stages[-1], shown, steps, moves)
    _reconstructions(stages, shown)
    _code(stages[-1], shown, moves, steps)


def _last_press(stages: list[Stage]) -> str:
    """What the last half-step did to the bound, as a sentence; "" where none was taken."""
    if len(stages) < 2:
        return ""
    change = stages[-1].bound - stages[-2].bound
    return f" The last press, {stages[-1].kind}, changed the bound by {_signed(change)} nats."


def _formula(at: Stage, covered: bool) -> str:
    recon, kl = shown_model.nats(at.recon), "?" if covered else shown_model.nats(at.kl)
    return (page.term("q", r"\mathcal{L}(\phi,\theta)", shown_model.nats(difference(at.recon, at.kl, 2)), "nats") + "="
            + page.term("reconstruction", r"\mathbb{E}_q \log p(\mathbf{x}|\mathbf{z},\theta)", recon) + "-"
            + page.term("kl", r"KL(q\,\|\,p(\mathbf{z}))", kl))


def _draw_controls(shown: Scene) -> tuple[vae.Checkpoint, int]:
    """The buttons; returns the checkpoint to begin from, and the gradient steps of one press."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        moves = controls.value("moves")
        full = len(moves) >= MOST_MOVES
        why = f"{MOST_MOVES} presses are the most: take some back." if full else None
        for kind, label in (("E", "E: φ alone"), ("M", "M: θ alone")):
            st.button(label, key=f"half {kind}", on_click=_press, args=(moves + kind,), type="primary", disabled=full,
                      help=why, shortcut=kind if style.presenting() else None)
        st.button("Take back", key="half back", on_click=_press, args=(moves[:-1],), disabled=not moves,
                  icon=":material/undo:")
        st.button("Start over", key="half reset", on_click=_press, args=("",), disabled=not moves,
                  icon=":material/restart_alt:")
    left, right = st.columns(2)
    with left:
        start = _start(shown, controls.draw("begin"))
    with right:
        return start, int(controls.draw("press"))


def _press(moves: str) -> None:
    controls.set_value("moves", moves)


def _start(shown: Scene, begin: str) -> vae.Checkpoint:
    return half_step_results.untrained(own_run.config(), shown.images) if begin == UNTRAINED else shown.checkpoint


def _questions(at: Stage, shown: Scene, steps: int, moves: str) -> None:
    about = f"{shown.situation} {controls.value('begin')} {moves} {steps}"

    def after(kind: str) -> Stage:
        return half_step_results.next_stage(at, kind, shown.images, steps)

    question.choice(
        "half M", "Now **M** is pressed: θ moves alone. What happens to the KL?", CHANGES,
        truth=lambda: _change(at.kl, after("M").kl),
        why=lambda _: "The KL depends on φ alone: the decoder is not in it.", about=ABOUT_M)
    question.choice(
        "half E", "Now **E** is pressed: φ moves alone. What happens to the reconstruction?", CHANGES,
        truth=lambda: _change(at.recon, after("E").recon),
        why=lambda _: why_after_encoder(at, after("E")), about=about)


def why_after_encoder(at: Stage, then: Stage) -> str:
    """What E does to both terms and to the bound, in numbers, and why. at, then: before and after it."""
    config = at.checkpoint.config
    change = then.bound - at.bound
    numbers = (f"The reconstruction changes by {_signed(then.recon - at.recon)} nats, the KL by "
               f"{_signed(then.kl - at.kl)}, so the bound by {_signed(change)}. ")
    weighed = "" if config.beta == 1 else (f"E follows the bound with the KL counted β = {config.beta:g} times, which "
                                           "is another function. ")
    if change >= 0:
        return numbers + weighed + "E may give up nats of one term for more of the other."
    return numbers + weighed + (
        f"The bound falls. Each gradient is that of {config.batch} images with one ε each. The learning rate "
        f"{written(config.learning_rate, 'g')} decides how far a step goes. Near the best q the noise decides, and a "
        "step that is too long goes past it.")


def _signed(change: float) -> str:
    return ("+" if change > 0 else "") + written(change, ".3g")


def _change(now: float, then: float) -> str:
    difference = then - now
    return CHANGES[1] if abs(difference) < 1e-9 else CHANGES[0] if difference < 0 else CHANGES[2]


def _reconstructions(stages: list[Stage], shown: Scene) -> None:
    x = shown.held_out[:SHOWN]      # fewer where a visitor brought few pictures
    rows = torch.cat([x, *(vae.reconstruct(each.checkpoint, x) for each in (stages[0], stages[-1]))])
    page.picture(image_sheet.png(rows.numpy(), shown.shape, len(x), page.palette()), width=90 * len(x),
                 alt=f"{len(x)} test images, and their reconstructions after 0 and {len(stages) - 1} presses.")
    st.caption("From top to bottom: test images, their reconstructions at the start, and now.")


def _code(at: Stage, shown: Scene, moves: str, steps: int) -> None:
    checkpoint = (f"vae.init({own_run.config()!r}, images.train)".replace("Config(", "vae.Config(")
                  if controls.value("begin") == UNTRAINED else own_run.as_code(shown.model, shown.run, shown.images))
    source_code.show(
        [half_steps.encoder_step, half_steps.decoder_step], formula=FORMULA,
        script=f"""
            {own_run.imports(shown.images)}
            from dgm.vae.runs import half_steps
            images = vae.split_images({own_run.images_as_code(shown.images)})
            checkpoint, x = {checkpoint}, images.train[:{ROWS}]
            for kind in "{moves}":
                move = half_steps.encoder_step if kind == "E" else half_steps.decoder_step
                checkpoint = move(checkpoint, x, {steps}).checkpoint
            recon, kl = (float(term.double().mean()) for term in vae.elbo_terms(checkpoint, x, seed=0))
            numbers = {{"reconstruction": recon, "KL": kl, "bound": recon - kl}}
        """,
        numbers={"reconstruction": at.recon, "KL": at.kl, "bound": at.bound},
        own=own_run.own(shown.checkpoint, shown.images))
