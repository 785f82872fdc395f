"""Every part of every lesson at the ends of its sliders: no exception, and no number in its text that is none."""

import re
from collections.abc import Iterator
from importlib import import_module

import pytest

from tests.pages.visitor import Visitor
from ui.contents import LESSONS
from ui.control_types import LogSlider, Slider

# What a reader must not meet: nan, inf, a zero with a sign, rounding as a number, an answer without one.
BROKEN = re.compile(r"\bnan\b|(?<!\w)[-−]?inf\b|(?<![\w.(^{⁻])[-−]0(\.0+)?(?![\d.,\w])|e[-−]1[4-9]\b|\bNone\b"
                    r"|\*\*\s*\*\*")
# Controls of long runs, which their own tests move: their ends take seconds.
LONG = {"restarts"}
# Parts that fit or train for each state: they are opened at both ends alone, with their answers covered.
SLOW = {("autoregressive", "Maximum likelihood"), ("gmm", "How many?"), ("elbo", "Amortized"),
        ("gradients", "Gradient descent"), ("vae", "Half-steps")}


PARTS = [(lesson.stem, part) for lesson in LESSONS for part in import_module(f"pages.{lesson.stem}.state").PARTS]


def ends(stem: str) -> tuple[dict[str, str], dict[str, str]]:
    """All sliders of a lesson at their lower ends, and at their upper ends."""
    low, high = dict[str, str](), dict[str, str]()
    for name, control in import_module(f"pages.{stem}.state").CONTROLS.items():
        if isinstance(control, Slider | LogSlider) and name not in LONG:
            low[name], high[name] = f"{control.low:.12g}", f"{control.high:.12g}"
    return low, high


def broken(page: Visitor) -> list[str]:
    """What stands wrong in the text of a page, with what is around it."""
    lines = [*page.texts().split("\n"), *page.alts(), *(formula.value for formula in page.at.latex)]
    return [line[max(found.start() - 60, 0):found.end() + 30] for line in lines for found in BROKEN.finditer(line)]


@pytest.mark.parametrize(("stem", "part"), PARTS)
def test_a_part_stands_at_the_ends_of_its_sliders(stem: str, part: str) -> None:
    """At the lower ends also with every option of its choices, one at a time."""
    slow = (stem, part) in SLOW
    low, high = ({"part": part, **({} if slow else {"reveal": "1"}), **link} for link in ends(stem))
    assert broken(Visitor(stem, high)) == []
    page = Visitor(stem, low)
    assert broken(page) == []
    for name, option in [] if slow else options(page):
        page.set(name, option)
        assert broken(page) == [], f"{name} = {option}"


def options(page: Visitor) -> Iterator[tuple[str, str]]:
    """The options of all choices of a page, one choice after the other, each back at its first value at the end."""
    choices = [name for name in page.values if name != "part" and page.widget(name)
               and page.widget(name).type in {"selectbox", "button_group"}]
    for name in choices:
        before = page.values[name]
        for option in [*page.others(name), before]:
            if page.widget(name) is not None:
                yield name, option
