"""Notebooks print the numbers on the page: at the half-step that is shown, and with a visitor's own data in them."""

import re
from pathlib import Path

import pytest

from tests.pages.notebooks import notebook_agrees
from tests.pages.visitor import Visitor
from ui.own_data import drawing
from ui.take_home import notebook

POINTS = [(0.1, 0.2), (0.5, 0.1), (1 / 3, 0.6), (4.2, 4.1), (4.8, 4.4), (4.5, 5.1), (9.1, 0.7), (8.6, 0.4)]
TABLE = "height,weight,age\n1.72,68.5,31\n1.8,77.25,44\n1.65,59,28\n1.91,90.1,39\n1.58,61,52"
PARTS = ("Mixture", "EM", "k-means", "How many?")
AT_A_STEP = [("gmm", "EM", "step"), ("ppca", "EM", "step"), ("elbo", "EM", "step"), ("elbo", "Landscape", "move"),
             ("autoregressive", "Digits", "step")]
STEPS = (0, 1, 6)       # the start, after E, and later
WRITTEN = re.compile(r"−?\d+(?:\.\d+)?")
A_FILE = re.compile(r"open\(|\.safetensors")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of the visitor's is near."""
    monkeypatch.chdir(tmp_path)


def runs_without_files(page: Visitor) -> bool:
    assert page.notebook is not None
    assert A_FILE.search(page.script())
    assert not any(A_FILE.search(cell) for cell in notebook.code_cells(page.notebook.script, page.notebook.own))
    return notebook_agrees(page)


@pytest.mark.parametrize("part", PARTS)
def test_own_points_are_in_the_notebook(part: str) -> None:
    assert runs_without_files(Visitor("gmm", {"part": part, "own": drawing.encode(POINTS), "k": "2"}))


@pytest.mark.parametrize("scaled", ["true", "false"])
def test_an_own_table_is_in_the_notebook(scaled: str) -> None:
    page = Visitor("ppca", {"part": "Tables", "scaled": scaled})
    page.at.button_group(key="own_table:way").set_value("Paste a table")
    page.run()
    page.at.text_area[0].set_value(TABLE)
    page.run()
    assert page.widget("table").disabled
    assert "77.25" in notebook.written(page.notebook)
    assert runs_without_files(page)


def stands_on(page: Visitor, printed: str) -> bool:
    """Whether a number of a notebook is written on its page, whole or to two decimals at least."""
    numbers = WRITTEN.findall("\n".join([*page.alts(), page.texts()]).replace("-", "−"))
    return any(float(text) == float(printed) or (decimals >= 2 and f"{float(printed):z.{decimals}f}" == text)
               for number in numbers for text, decimals in [(number.replace("−", "-"), len(number.partition(".")[2]))])


@pytest.mark.parametrize(("stem", "part", "name"), AT_A_STEP)
def test_a_notebook_has_the_numbers_of_the_step_that_is_shown(stem: str, part: str, name: str) -> None:
    """Other numbers, such as those of the end of the run, are called so."""
    printed = {}
    for step in STEPS:
        page = Visitor(stem, {"part": part, name: str(step)})
        assert notebook_agrees(page)
        lines = dict(line.split(": ") for line in page.printed().splitlines())
        printed[step] = {what: value for what, value in lines.items() if not re.search("end|after|whole", what)}
        assert printed[step]
        assert [what for what, value in printed[step].items() if not stands_on(page, value)] == []
    assert len({*map(str, printed.values())}) == len(STEPS)
