"""The lesson's second part: three pixels, all their conditionals, and the joint table that they make."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st
import torch

from dgm import autoregressive, datasets
from pages.autoregressive.figures import small_table
from pages.autoregressive.state import ORDERS_OF_THREE, TABLE
from ui import cache, controls, page, question, source_code
from ui.components.edits import Edits, Fold
from ui.components.live_figure import linked_frame, live_figures
from ui.figures.written import written

KEY, DRAWS = "three pixels", "drawn three"
IMAGES = 24                     # that are drawn one after the other
FALLS, SAME, RISES = MOVES = ("It falls", "It stays the same", "It rises")
GOAL = 0.9                      # the challenge: probability of the two images whose pixels are equal
NATURAL = (0, 1, 2)


class Setting(NamedTuple):
    """The table in the chosen order, and the image that is looked at."""

    order: tuple[int, ...]
    p: tuple[float, ...]        # (7,) conditionals in this order
    joint: tuple[float, ...]    # (8,) by the number of the image
    image: int

    @property
    def table(self) -> autoregressive.Table:
        """The table itself."""
        return table(self.order, self.p)

    @property
    def bits(self) -> str:
        """The image in the order in which its pixels are drawn."""
        return "".join(f"{self.image:03b}"[pixel] for pixel in self.order)

    @property
    def used(self) -> list[int]:
        """The numbers of the conditionals along the image's path."""
        return [small_table.CONDITIONALS.index(self.bits[:i]) for i in range(3)]


def table(order: Sequence[int], p: Sequence[float]) -> autoregressive.Table:
    """A full table of three pixels. p: (7,) conditionals."""
    values = torch.tensor(p, dtype=torch.float64)
    return autoregressive.Table(tuple(order), (values[:1], values[1:3], values[3:]))


def _flat(found: autoregressive.Table) -> tuple[float, ...]:
    return tuple(value for part in found.conditionals for value in torch.as_tensor(part).tolist())


def setting() -> Setting:
    """What the controls say."""
    natural = table(NATURAL, controls.value("table") or TABLE)
    order = tuple(int(digit) - 1 for digit in controls.value("order3").split())
    joint = natural.joint()
    shown = natural if order == NATURAL else autoregressive.table_of(joint, order)
    return Setting(order, _flat(shown), tuple(joint.flatten().tolist()), int(controls.value("image3"), 2))


def part() -> None:
    """Conditionals that are dragged, the joint table, images drawn pixel by pixel, and what can be predicted."""
    found = setting()
    introduction(found)
    show(found)
    left, middle, right = st.columns((1, 1, 2), vertical_alignment="bottom")
    with left:
        controls.draw("image3")
    with middle:
        controls.draw("order3")
    with right:
        st.button("Count the digits' middle pixels", key="count", on_click=_counted, icon=":material/functions:",
                  help="Sets the conditionals to the shares of three neighbouring pixels of the training digits: the "
                  "maximum of the likelihood.")
    page.heading("Draw images pixel by pixel")
    page.section(_draws)
    page.section(lambda: questions(found))
    equal = found.joint[0] + found.joint[7]
    page.challenge(f"Make the two images with three equal pixels share at least {GOAL:.0%}, and keep p(x₁ = 1) between "
                   "0.4 and 0.6.", equal >= GOAL and 0.4 <= sum(found.joint[4:]) <= 0.6,
                   f"they have {equal:.0%}; p(x₁ = 1) is {sum(found.joint[4:]):.2f}.")
    code(found)


def introduction(found: Setting) -> None:
    """The chain rule with the numbers of the chosen image."""
    pixels = [f"x_{pixel + 1}" for pixel in found.order]
    factors = [found.p[bar] if bit == "1" else 1 - found.p[bar]
               for bar, bit in zip(found.used, found.bits, strict=True)]
    terms = [page.term("likelihood", f"p({pixel}{'|' if before else ''}{','.join(before)})", f"{factor:.3f}")
             for pixel, before, factor in zip(pixels, ([], pixels[:1], pixels[:2]), factors, strict=True)]
    page.introduction(
        "An image of three pixels is one of eight. Any distribution over them is a product of **conditionals**: each "
        "pixel given those before it. Seven numbers fix all eight probabilities. Drag the top of a bar. Click an image "
        "in the second figure to see its path.",
        page.term("evidence", r"p(\mathbf{x})", f"{found.joint[found.image]:.4f}") + "=" + r"\,".join(terms),
        ("conditional", "joint distribution", "autoregressive model"))


def show(found: Setting) -> None:
    """The conditionals and the joint table."""
    live_figures(
        [small_table.conditionals(found.p, found.order, found.used, page.palette()),
         small_table.joint(found.joint, found.image, page.palette())],
        key=KEY, base=(found.order, found.p, found.image), select=True, on_edit=_fold(found),
        alts=[small_table.conditionals_alt(found.p, found.order), small_table.joint_alt(found.joint, found.image)],
        drag={"trace": small_table.TOPS,
              "names": [f"the top of {name} at {{y}}" for name in small_table.names(found.order)],
              "follow": {"kind": "table", "paths": paths(found.order),
                         "at": {"bars": small_table.BARS, "tops": small_table.TOPS, "joint": small_table.JOINT}}})


def paths(order: Sequence[int]) -> list[list[tuple[int, int]]]:
    """For each image: the number of each conditional along its path, and the pixel's value."""
    drawn = ["".join(f"{image:03b}"[pixel] for pixel in order) for image in range(8)]
    return [[(small_table.CONDITIONALS.index(bits[:i]), int(bits[i])) for i in range(3)] for bits in drawn]


def _fold(found: Setting) -> Fold:
    """A fold that sets the dragged conditionals, or the clicked image."""
    def fold(edits: Edits) -> None:
        if edits.clicked is not None and edits.clicked.figure == 1:
            controls.set_value("image3", f"{edits.clicked.point:03b}")
        values = list(found.p)
        for moved in edits.moved:
            values[moved.marker] = round(min(max(moved.y, 0.0), 1.0), 3)
        if edits.moved:
            _set(table(found.order, values))

    return fold


def _set(changed: autoregressive.Table) -> None:
    """Store a table of any order: the link has its conditionals in the order 1 2 3."""
    natural = changed if changed.order == NATURAL else autoregressive.table_of(changed.joint(), NATURAL)
    controls.set_value("table", tuple(float(f"{value:.4g}") for value in _flat(natural)))


@cache.copied()
def middle_pixels() -> list[list[float]]:
    """Three neighbouring pixels in the middle of the training digits, black and white."""
    data = datasets.load("digits")
    x = datasets.binarise(data.x[data.split().train]).reshape(-1, 8, 8)
    found: list[list[float]] = x[:, 3, 2:5].double().tolist()
    return found


def _counted() -> None:
    _set(autoregressive.fit_table(torch.tensor(middle_pixels(), dtype=torch.float64)))


def _draws() -> None:
    """Images drawn one pixel after the other, and how often each came."""
    found, place, below = setting(), st.container(), st.columns((1, 2))
    with below[0]:
        seed = controls.draw("seed3")
    x = found.table.sample(IMAGES, seed).long().numpy()
    drawn = small_table.Drawn(x[:, list(found.order)], x @ np.array([4, 2, 1]), found.p)
    base = (found.order, found.p, seed)
    start, at = linked_frame.reached("step3", DRAWS, base, first=2, count=3 * IMAGES + 1)
    with place:
        live_figures(
            [small_table.tree(drawn, found.order, page.palette()),
             small_table.tally(drawn, found.joint, page.palette())],
            key=DRAWS, base=base, commit=True, start=start, captions=small_table.captions(drawn, found.order),
            alts=[small_table.tree_alt(at), small_table.tally_alt(drawn, at, found.joint)])


def questions(found: Setting) -> None:
    """What another order changes, and how fast the table grows."""
    following = ORDERS_OF_THREE[(ORDERS_OF_THREE.index(controls.value("order3")) + 1) % len(ORDERS_OF_THREE)]
    order = tuple(int(digit) - 1 for digit in following.split())
    question.choice(
        "order", f"You draw the pixels in the order {following}, with the conditionals that belong to it. What happens "
        f"to p(x) of the image {small_table.squares(f'{found.image:03b}', page.palette())}?", MOVES,
        truth=lambda: _move(found, order), about=f"{found}",
        why=lambda _: "The chain rule holds in every order. The conditionals are other numbers, their product is the "
        "same joint table.")
    question.number(
        "size", "A full table has one number for each conditional. How many for 10 pixels?",
        truth=lambda: float(sum(len(part) for part in _counts(10))), low=1, high=100_000, start=30, form="{:,.0f}",
        ratio=True, about="10 pixels",
        why=lambda _: "1 + 2 + 4 + … + 512. For 64 pixels there would be "
        f"{written(sum(2**i for i in range(64)), '.2g')}. So models of images compute the conditionals with a network "
        "instead.")


def _counts(pixels: int) -> list[torch.Tensor]:
    """The conditionals of a full table."""
    joint = torch.full((2,) * pixels, 0.5**pixels, dtype=torch.float64)
    return [torch.as_tensor(part) for part in autoregressive.table_of(joint).conditionals]


def _move(found: Setting, order: Sequence[int]) -> str:
    """How the image's probability changes with the order."""
    joint = torch.tensor(found.joint, dtype=torch.float64).reshape(2, 2, 2)
    after = float(autoregressive.table_of(joint, tuple(order)).joint().flatten()[found.image])
    change = after - found.joint[found.image]
    return SAME if abs(change) < 1e-9 else RISES if change > 0 else FALLS


def code(found: Setting) -> None:
    """What ran, and a script with the same numbers."""
    bits = [float(bit) for bit in f"{found.image:03b}"]
    natural = tuple(controls.value("table") or TABLE)
    source_code.show(
        [autoregressive.Table.log_prob, autoregressive.table_of],
        formula=r"p(\mathbf{x}|\theta) = \prod_{i=1}^m p(x_i|\mathbf{x}_{1:i-1}, \theta)",
        script=f"""
            import torch
            from dgm import autoregressive
            p = torch.tensor({list(natural)!r}, dtype=torch.float64)
            table = autoregressive.Table((0, 1, 2), (p[:1], p[1:3], p[3:]))
            image = torch.tensor([{bits!r}], dtype=torch.float64)
            numbers = {{"p(x)": float(table.log_prob(image).exp()), "sum of all": float(table.joint().sum())}}
        """, numbers={"p(x)": float(table(NATURAL, natural).log_prob(torch.tensor([bits]).double()).exp()),
                      "sum of all": sum(found.joint)})
