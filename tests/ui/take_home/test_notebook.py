"""A notebook's cells: imports, the visitor's own data, the computation, the numbers."""

import pytest

from tests.ui.take_home.read_notebook import read_notebook
from ui.take_home import notebook
from ui.take_home.notebook import Own, Part

LINES = ["# first", "import math", "from math import (", "    pi)", "x = [", "    1, pi]",
         "numbers = {", '    "sum": sum(x)}', "for name, value in numbers.items():", "    print(name, value)"]
SCRIPT = "\n".join(LINES)


def test_the_script_is_cut_between_its_statements() -> None:
    assert notebook.code_cells(SCRIPT) == ["\n".join(LINES[:4]), "\n".join(LINES[4:6]), "\n".join(LINES[6:])]


@pytest.mark.parametrize(("script", "cells"), [("numbers = {}", ["numbers = {}"]), ("import math", ["import math"]),
                                               ("x = 1\nnumbers = {'x': x}", ["x = 1", "numbers = {'x': x}"])])
def test_a_script_without_a_piece_has_no_empty_cell(script: str, cells: list[str]) -> None:
    assert notebook.code_cells(script) == cells


def test_own_data_stand_between_imports_and_what_uses_them() -> None:
    rows = [[0.1, 1 / 3], [-1e-300, 2e17]]
    own = Own("read('points.csv')", "points", lambda: notebook.numbers_as_code("points", rows))
    script = "import math\nx = read('points.csv')\nnumbers = {'x': x}"
    part = Part("t", "", "h", "f", script, "", [own, Own("not there", "no", lambda: "raise ValueError")])
    imports, data, *rest = read_notebook(notebook.written(part))
    assert (imports, rest) == ("import math", ["x = points", "numbers = {'x': x}"])
    namespace: dict[str, object] = {}
    exec(data, namespace)
    assert namespace["points"].tolist() == rows     # type: ignore[attr-defined]


def test_bytes_come_back() -> None:
    content, namespace = bytes(range(256)) * 3, {}
    exec(notebook.bytes_as_code("weights", content), namespace)
    assert namespace["weights"] == content


@pytest.mark.parametrize(("url", "link"), [
    ("", ""), ("http://host", "http://host/gmm?k=3"), ("http://host/base/", "http://host/base/gmm?k=3"),
    ("http://host/gmm", "http://host/gmm?k=3")])
def test_the_link_opens_the_state(url: str, link: str) -> None:
    assert notebook.state_link(url, "gmm", {"k": "3"}) == link
