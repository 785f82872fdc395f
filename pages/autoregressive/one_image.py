"""The lesson's fourth part: the exact log p(x) of one image, as a sum of terms that are all seen."""

import math

import streamlit as st
import torch
from torch import Tensor

from dgm import autoregressive
from pages.autoregressive import board, network
from pages.autoregressive.figures import pixels
from pages.autoregressive.figures.wording import number
from pages.autoregressive.network import SHAPE, Shown
from pages.autoregressive.state import LIVE, PICK
from ui import controls, page, question, source_code
from ui.components.edits import Edits
from ui.components.live_figure import live_figure
from ui.figures.written import difference, latex

EACH, COLUMNS = 6, 6            # images of the likely and of the unlikely row
GOAL = -9.0                     # nats: the challenge
FALLS, RISES = "It falls", "It rises"


def part() -> None:
    """The image, its terms, their sum, and the images that the model finds likely and unlikely."""
    opening, stage, choice = st.container(), st.container(), st.container()
    with choice:
        shown = network.choose(trains=False)
    with stage:
        left, right = st.columns((3, 2), gap="large")
        with right:
            image = board.choose("one")
        terms, chances = network.terms(shown.checkpoint, image), network.chances(shown.checkpoint, image)
        with left:
            cells = terms.reshape(SHAPE).numpy()
            page.figure(pixels.terms(cells, board.lit(image), chances.reshape(SHAPE).numpy(), page.palette()),
                        key="terms", alt=pixels.terms_alt(cells))
    with opening:
        introduction(terms)
    _about(shown, image, terms)
    page.section(lambda: questions(shown, image, terms))
    page.section(lambda: likely_and_unlikely(shown))
    total = float(terms.sum())
    page.challenge(f"Choose “click or type” and make an image that is not empty and has log p(x) above "
                   f"{number(GOAL, 0)} nats.",
                   total > GOAL and bool(image.sum() > 0), f"log p(x) is {number(total)} nats.")
    code(shown, image)


def introduction(terms: Tensor) -> None:
    """The sum with its value."""
    page.introduction(
        "The model gives every image an **exact** probability: no integral, no bound. Each cell is the term of one "
        "pixel, given the pixels before it. Cells in full colour were a surprise. The column on the right has the sum "
        "of each row, added before rounding.",
        page.term("evidence", r"\log p(\mathbf{x}|\theta)", float(terms.sum()), "nats") + r"= \sum_{i=1}^m "
        + page.term("likelihood", r"\log p(x_i|\mathbf{x}_{1:i-1}, \theta)"),
        ("conditional", "log-likelihood", "held-out", "nat"))


def _about(shown: Shown, image: Tensor, terms: Tensor) -> None:
    """The sum as it grows, and where the image stands among held-out digits."""
    total, others = float(terms.sum()), network.held_out(shown.checkpoint)
    in_order = terms[network.order(shown.checkpoint)].numpy()
    page.figure(pixels.running(in_order, total, page.palette()), key="running", alt=pixels.running_alt(in_order))
    below = int((others < total).sum())
    st.markdown(f"log p(x) = **{number(total)} nats**. The {len(others)} held-out digits have a mean of "
                f"{number(float(others.mean()))}; {below} of them are less likely than this image. "
                f"{_black(image)}")


def _black(image: Tensor) -> str:
    count = int(image.sum())
    return f"{count} of its 64 pixels {'is' if count == 1 else 'are'} black."


def questions(shown: Shown, image: Tensor, terms: Tensor) -> None:
    """What one changed pixel does, and what the white image has."""
    place = int(terms.argmin())
    row, column = divmod(place, SHAPE[1])
    changed = image.clone()
    changed[place] = 1 - changed[place]
    after = network.terms(shown.checkpoint, changed)
    question.choice(
        "flip", f"The pixel in row {row + 1}, column {column + 1} has the most negative term. You change it. "
        "What happens to log p(x)?", (FALLS, RISES),
        truth=lambda: RISES if float(after.sum()) > float(terms.sum()) else FALLS,
        about=f"{shown.digest} {board.spell(image)}", why=lambda _: _why(terms, after, place))
    if bool(image.any()):       # the empty image's log p(x) would be on the page
        _blank(shown)


def _blank(shown: Shown) -> None:
    question.number(
        "blank", "You make all pixels white. What is log p(x) of the empty image?",
        truth=lambda: float(network.terms(shown.checkpoint, torch.zeros(SHAPE[0] * SHAPE[1])).sum()), low=-100.0,
        high=0.0, start=-10.0, step=0.5, unit="nats", form="{:.1f}", about=shown.digest,
        why=lambda exact: f"Its probability is ${latex(math.exp(exact), 2)}$. No training image is empty, but many "
        "have few black pixels at the beginning.")


def _why(terms: Tensor, after: Tensor, place: int) -> str:
    """What a changed pixel does to its own term and to those of the others."""
    change, before, now = after - terms, float(terms[place]), float(after[place])
    others = float(change.sum() - change[place])
    return (f"Its own term goes from {number(before)} to {number(now)} nats, by "
            f"{number(difference(now, before, 2))}. The terms of the pixels after it change too, by {number(others)} "
            "together.")


def likely_and_unlikely(shown: Shown) -> None:
    """The held-out digits with the highest and with the lowest log p(x); a click chooses one."""
    page.heading("Likely and unlikely images")
    values = network.held_out(shown.checkpoint)
    order = values.argsort(descending=True)
    chosen = [*order[:EACH].tolist(), *order[-EACH:].tolist()]
    test, nats = network.parts().test, [number(float(values[i]), 1) for i in chosen]

    def fold(edits: Edits) -> None:
        found = None if edits.clicked is None else pixels.which(edits.clicked.point, SHAPE, COLUMNS, len(chosen))
        if found is not None:
            controls.set_value("way", PICK)
            controls.set_value("held", chosen[found])

    live_figure(
        pixels.gallery([board.lit(test[i]) for i in chosen], nats, COLUMNS, page.palette()), key="gallery",
        base=(shown.digest, tuple(chosen)), select=True, on_edit=fold,
        alt=f"The {EACH} most likely held-out digits, log p(x) from {nats[0]} to {nats[EACH - 1]} nats, and the {EACH} "
        f"least likely, from {nats[EACH]} to {nats[-1]} nats. A click chooses one.")
    st.caption("Upper row: the most likely held-out digits; lower row: the least likely ones. Numbers are log p(x) in "
               "nats. Click an image to read its terms.")


def code(shown: Shown, image: Tensor) -> None:
    """What ran, and a script with the same numbers."""
    total = float(network.terms(shown.checkpoint, image).sum())
    images = "" if shown.model != LIVE else "\n            images = vae.split_images(vae.Images('digits'))"
    source_code.show(
        [autoregressive.log_terms, autoregressive.log_prob],
        formula=r"\log p(\mathbf{x}|\theta) = \sum_{i=1}^m \log p(x_i|\mathbf{x}_{1:i-1}, \theta)",
        script=f"""
            import torch
            from dgm import autoregressive, vae{images}
            model = {shown.as_code}
            rows = {board.spell(image)!r}
            x = torch.tensor([[float(bit) for bit in rows.replace(" ", "")]])
            terms = autoregressive.log_terms(model, x)[0].double()
            numbers = {{"log p(x)": float(terms.sum()), "lowest term": float(terms.min())}}
        """, numbers={"log p(x)": total, "lowest term": float(network.terms(shown.checkpoint, image).min())})
