"""The lesson's third part: a model of real digits, trained here, that draws an image pixel by pixel."""

import numpy as np
import streamlit as st

from dgm import autoregressive
from dgm.autoregressive import live_training
from pages.autoregressive import completion, network
from pages.autoregressive.figures import growth, training_curve
from pages.autoregressive.figures.wording import number
from pages.autoregressive.network import SHAPE, Shown
from pages.autoregressive.state import DRAWN_FIRST, LIVE
from ui import cache, controls, live_run, page, question, source_code
from ui.components.live_figure import Packed, linked_frame, live_figures
from ui.figures import picture_sheet
from ui.figures.theme import DARK, LIGHT
from ui.figures.written import latex

KEY = "growing image"
JOINED = "Log p of one image is a sum over its pixels; fitting maximises the sum of these over all training images."


def part() -> None:
    """The image that grows, the training, completions, questions."""
    opening, stage, choice = st.container(), st.container(), st.container()
    with choice:
        shown = network.choose(trains=True)
    with stage:
        drawn = grow(shown)
    if shown.run is not None:
        training(shown)
        network.settings()
    with opening:
        introduction(shown)
    page.section(lambda: completion.section(shown))
    page.section(lambda: questions(shown))
    code(shown, drawn)


def introduction(shown: Shown) -> None:
    """What the model computes, with its size."""
    numbers = autoregressive.free_parameters(shown.checkpoint.config, SHAPE[0] * SHAPE[1])
    page.introduction(
        "The digits have 64 black or white pixels, drawn **one at a time**. One network computes all conditionals, "
        f"each from the pixels before it. It has {numbers:,} parameters; a full table would need 2⁶⁴ − 1, about "
        f"${latex(2.0**64 - 1, 2)}$. {JOINED}",
        r"\hat x_i \sim " + page.term("likelihood", r"p(x_i|\hat{\mathbf{x}}_{1:i-1}, \theta)") + r",\quad i = 1, "
        r"\ldots, m",
        ("autoregressive model", "logistic model", "MADE", "conditional"))


def as_drawn(found: autoregressive.Path) -> growth.Path:
    """A path as the figures take it."""
    x, p, log_terms = (part.double().numpy() for part in (found.x, found.p, found.log_terms))
    return growth.Path(found.order.numpy(), x, p, log_terms, SHAPE)


@cache.shared()
def _figures(digest: str, seed: int, dark: bool, _path: growth.Path) -> tuple[growth.Path, list[Packed]]:
    """The figures of a path. digest, seed: name it."""
    palette = DARK if dark else LIGHT
    return _path, [Packed(growth.image(_path, palette)), Packed(growth.chances(_path, palette))]


def grow(shown: Shown) -> int:
    """The image that grows with its conditionals; the seed decides which image it is. Returns the pixels drawn."""
    place, below = st.container(), st.columns((1, 2))
    with below[0]:
        seed = controls.draw("grow_seed")
    path, figures = _figures(shown.digest, seed, page.palette().dark, as_drawn(network.grown(shown.checkpoint, seed)))
    base = (shown.digest, seed)
    start, at = linked_frame.reached("step", KEY, base, first=DRAWN_FIRST, count=len(path.order) + 1)
    with place:
        live_figures(figures, key=KEY, base=base, commit=True, start=start, captions=growth.captions(path),
                     alts=[growth.image_alt(path, at), growth.chances_alt(path, at)])
    return at


def training(shown: Shown) -> None:
    """The curve of the run and the images that it draws half-way, again and again while it trains."""
    run = shown.run
    assert run is not None
    live_run.auto_refresh(run, lambda: _progress(shown), "autoregressive run")


def _progress(shown: Shown) -> None:
    assert shown.run is not None
    state = network.newest(shown.run)
    live_run.progress_bar(shown.run, per_step=state.checkpoint.config.batch)
    if not state.records:
        st.caption("Press Train: the curve and sixteen images of the model appear here while it learns.")
        return
    curve, images = st.columns((3, 2))
    with curve:
        page.figure(training_curve.curve(state.records, independent_pixels(), page.palette()), key="training curve",
                    alt=training_curve.curve_alt(state.records))
    with images:
        _drawn_so_far(state)


def _drawn_so_far(state: live_training.Training) -> None:
    newest = state.snapshots[-1]
    page.picture(picture_sheet.png(newest.images.numpy(), SHAPE, 8), width=400,
                 alt=f"16 images that the model draws at step {newest.step}.")
    record = state.records[-1]
    st.caption(f"Drawn at step {newest.step}, always with the same random numbers. Held-out digits: "
               f"{number(record.held_out)} nats per image.")


@cache.copied()
def independent_pixels() -> float:
    """Mean log p of the validation digits under independent pixels, nats per image."""
    parts = network.parts()
    return float(autoregressive.independent(parts.train, parts.validation).mean())


def questions(shown: Shown) -> None:
    """The next conditional at the chosen pixel, and what sampling costs."""
    path = as_drawn(network.grown(shown.checkpoint, controls.value("grow_seed")))
    hardest = int(np.argmin(np.abs(path.p - 0.5)))
    question.number(
        "certain", "For how many of the 64 pixels of this image is the model at least 95% sure, before it draws them?",
        truth=lambda: float((np.maximum(path.p, 1 - path.p) >= 0.95).sum()), low=0, high=64, start=0, step=1,
        unit="pixels", form="{:.0f}", about=f"{shown.digest} {controls.value('grow_seed')}",
        why=lambda _: f"The most uncertain one is pixel {hardest + 1}: black has probability "
        f"{number(float(path.p[hardest]))}. The first pixel has {number(float(path.p[0]))}, the last one "
        f"{number(float(path.p[-1]))}.")
    question.number(
        "passes", "Evaluating log p(x) takes one pass through the network. How many does drawing one image take, one "
        "after the other?", truth=lambda: float(len(path.p)), low=1, high=100_000, start=1, unit="passes",
        form="{:.0f}", ratio=True, about="64 pixels",
        why=lambda _: "Each pixel has to be drawn before the next conditional is known. So evaluating is fast, and "
        "sampling is slow: one step for each coordinate.")


def code(shown: Shown, drawn: int) -> None:
    """What ran, and a script with the numbers of the image so far, of `drawn` pixels, and of the whole image."""
    seed = controls.value("grow_seed")
    path = network.grown(shown.checkpoint, seed)
    images = "" if shown.model != LIVE else "\n            images = vae.split_images(vae.Images('digits'))"
    source_code.show(
        [autoregressive.path, autoregressive.conditionals],
        formula=r"\hat x_1 \sim p(x_1|\theta),\quad \hat x_2 \sim p(x_2|\hat x_1, \theta),\ \ldots,\quad "
        r"\hat x_m \sim p(x_m|\hat{\mathbf{x}}_{1:m-1}, \theta)",
        script=f"""
            from dgm import autoregressive, vae{images}
            model = {shown.as_code}
            path = autoregressive.path(model, {seed})
            drawn = {drawn}     # pixels of the image so far
            numbers = {{"black pixels so far": float(path.x[:drawn].sum()),
                       "log p so far": float(path.log_terms[:drawn].sum()),
                       "log p(x) of the whole image": float(path.log_terms.sum())}}
        """, numbers={"black pixels so far": float(path.x[:drawn].sum()),
                      "log p so far": float(path.log_terms[:drawn].sum()),
                      "log p(x) of the whole image": float(path.log_terms.sum())})
