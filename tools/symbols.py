"""`python -m tools.symbols`: writes docs/symbols.md, the table of the symbols and colours of all pages.

A row is a meaning of `ui/figures/theme.py`; its symbols are read from the pages' `page.term(meaning, latex)`.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tools.local_server import ROOT
from ui.contents import LESSONS
from ui.figures.theme import TONES, Tone

FILE = ROOT / "docs" / "symbols.md"
STEMS = ("home", *(lesson.stem for lesson in LESSONS))
MEANINGS = {
    "evidence": "What is exact: log p of the data with everything else integrated out, and other exact values",
    "prior": "What is assumed before the data: p(θ) of parameters, p(z) of latents",
    "likelihood": "p of the data given parameters or latents, and terms of it",
    "posterior": "p of parameters or latents given the data",
    "q": "What stands for the posterior: q, its bound, a plug-in value, an estimate by samples",
    "reconstruction": "First term of the bound, and what a decoder makes of a latent",
    "kl": "Second term of the bound: KL from the prior",
    "gap": "What the bound leaves out: KL from the posterior",
    "log-derivative": "The log-derivative estimator",
    "baseline": "The log-derivative estimator with a baseline",
    "reparametrization": "The reparametrization estimator",
    "data": "Data, and what belongs to them alone",
    "held-out": "Data that were not used for fitting",
}
# Meanings with one colour and different second cues: no figure draws both as lines or both as areas.
SHARED = {
    frozenset({"prior", "kl"}): "the KL is measured from this prior; an area, hatched",
    frozenset({"gap", "log-derivative", "baseline"}): "a gap is a hatched area, an estimator a line or points",
    frozenset({"reconstruction", "reparametrization"}): "a reconstruction is an area or an image, an estimator a line "
                                                        "or diamonds",
}


class Use(NamedTuple):
    """A coloured term of a page."""

    meaning: str
    latex: str
    stem: str


def constant(node: ast.expr) -> str | None:
    """The string that the expression is, None where it is computed."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@cache
def uses() -> tuple[Use, ...]:
    """The terms of all pages whose meaning and symbol stand in the source."""
    return tuple(_uses())


def _uses() -> Iterator[Use]:
    for path in sorted((ROOT / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "page.term" and len(node.args) > 1:
                meaning, latex = map(constant, node.args[:2])
                if meaning and latex:
                    yield Use(meaning, latex, path.relative_to(ROOT).parts[1])


def symbols(meaning: str) -> dict[str, list[str]]:
    """The meaning's symbols as LaTeX -> the stems of the pages that show them, in the lecture's order."""
    found = defaultdict(set)
    for use in uses():
        if use.meaning == meaning:
            found[use.latex].add(use.stem)
    return {latex: [stem for stem in STEMS if stem in found[latex]] for latex in sorted(found)}


def cue(tone: Tone) -> str:
    """The second cue of a meaning in words."""
    kinds = {"line": (tone.dash, "solid"), "points": (tone.marker, "circle"), "hatch": (tone.hatch, "")}
    return ", ".join(f"{name} `{value}`" for name, (value, usual) in kinds.items() if value != usual) or "solid, circle"


def without_bars(latex: str) -> str:
    """The LaTeX without the character that ends a cell of a table."""
    return latex.replace(r"\|", r"\Vert ").replace("|", r"\mid ")


def rows() -> Iterator[str]:
    for name, tone in TONES.items():
        shown = "<br>".join(f"${without_bars(latex)}$ ({', '.join(stems)})" for latex, stems in symbols(name).items())
        yield f"| {name} | {MEANINGS[name]} | `{tone.light}` | `{tone.dark}` | {cue(tone)} | {shown} |"


def table() -> str:
    """The whole file."""
    shared = "\n".join(f"* {', '.join(sorted(names))}: {reason}." for names, reason in SHARED.items())
    return "\n".join([
        "# Symbols and colours", "",
        "One meaning has one colour, one second cue and the same symbols on every page. Written by "
        "`python -m tools.symbols` from", "`ui/figures/theme.py` and the formulas of the pages; a test compares them.",
        "", "| Meaning | What it is | Light | Dark | Second cue | Symbols (pages) |", "|---|---|---|---|---|---|",
        *rows(), "", "Meanings that share a colour:", "", shared, ""])


if __name__ == "__main__":
    Path(FILE).write_text(table(), encoding="utf-8")
