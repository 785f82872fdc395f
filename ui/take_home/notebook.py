"""The state of a part as a notebook: title, link, formula, the script in cells, and the numbers that it prints.

It is written with the standard library, in Jupyter's format 4.5, and needs `dgm` alone. A visitor's own data are in it.
"""

import ast
import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

MIME = "application/x-ipynb+json"


class Own(NamedTuple):
    """A visitor's own data: a file that the script reads, and the numbers that stand for it in the notebook."""

    reads: str                  # the expression of the script that reads the file
    name: str                   # of the variable that has the data in the notebook
    lines: Callable[[], str]    # Python that sets this variable


class Part(NamedTuple):
    """What a notebook is made of."""

    title: str
    link: str                   # to the state, "" where there is none
    heading: str                # of the formula
    formula: str                # LaTeX
    script: str                 # ends with `numbers = {...}` and the loop that prints them
    printed: str                # what it prints
    own: Sequence[Own] = ()


def written(part: Part) -> str:
    """The content of the .ipynb file."""
    cells = [_markdown(_opening(part)), *(_code(lines) for lines in code_cells(part.script, part.own)),
             _markdown(f"These are the numbers on the page:\n\n```\n{part.printed}\n```")]
    numbered = [cell | {"id": f"cell-{number}"} for number, cell in enumerate(cells, 1)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps({"cells": numbered, "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
                       "nbformat": 4, "nbformat_minor": 5}, indent=1, ensure_ascii=False)


def _opening(part: Part) -> str:
    link = f"[The page in this state]({part.link})\n\n" if part.link else ""
    return (f"# {part.title}\n\n{link}The cells below compute the numbers of the page without the page. They need its "
            f"package `dgm`: run `pip install -e .` once in the project's folder.\n\n{part.heading}:\n\n"
            f"$$\n{part.formula}\n$$")


def code_cells(script: str, own: Sequence[Own] = ()) -> list[str]:
    """The script as cells: its imports, the visitor's own data, what it computes, and its numbers."""
    used = [data for data in own if data.reads in script]
    for data in used:
        script = script.replace(data.reads, data.name)
    imports, computed, numbers = _cut(script)
    return [cell for cell in (imports, *(data.lines().strip() for data in used), computed, numbers) if cell]


def _cut(script: str) -> tuple[str, str, str]:
    """The script's first imports, the lines up to its `numbers`, and the rest."""
    statements, lines = ast.parse(script).body, script.splitlines()
    first = next((i for i, one in enumerate(statements) if not isinstance(one, ast.Import | ast.ImportFrom)),
                 len(statements))
    begin = statements[first - 1].end_lineno or 0 if first else 0
    numbers = next((one.lineno - 1 for one in statements if _sets_numbers(one)), len(lines))
    pieces = lines[:begin], lines[begin:max(begin, numbers)], lines[max(begin, numbers):]
    imports, computed, rest = ("\n".join(piece).strip("\n") for piece in pieces)
    return imports, computed, rest


def _sets_numbers(statement: ast.stmt) -> bool:
    return (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
            and statement.targets[0].id == "numbers")


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": _lines(text)}


def _code(text: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": _lines(text)}


def _lines(text: str) -> list[str]:
    """A text as the format has it: lines with their ends."""
    return text.splitlines(keepends=True)


def numbers_as_code(name: str, rows: Sequence[Sequence[float]]) -> str:
    """Python that sets a variable to a float64 tensor (N, D) with exactly these numbers."""
    body = "".join(f"    {list(row)},\n" for row in rows)
    return f"import torch\n{name} = torch.tensor([\n{body}], dtype=torch.float64)     # your own data"


def bytes_as_code(name: str, content: bytes) -> str:
    """Python that sets a variable to these bytes."""
    text = base64.b64encode(content).decode()
    body = "\n".join(text[i:i + 100] for i in range(0, len(text), 100))
    return f'import base64\n{name} = base64.b64decode("""\n{body}\n""")     # your own data'


def state_link(url: str, page: str, parameters: Mapping[str, str]) -> str:
    """The address of a state. url: of the app or of the page, "" where it is not known: then there is no link.

    >>> state_link("http://localhost:8501/", "gmm", {"part": "How many?", "k": "3"})
    'http://localhost:8501/gmm?part=How+many%3F&k=3'
    """
    query, root = urlencode(parameters), url.rstrip("/").removesuffix(f"/{page}")
    return f"{root}/{page}{'?' if query else ''}{query}" if url else ""


__all__ = ["MIME", "Own", "Part", "bytes_as_code", "code_cells", "numbers_as_code", "state_link", "written"]
