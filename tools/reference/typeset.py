"""Docstrings as HTML: paragraphs, arguments, examples, and formulas in the letters of the lecture.

Docstrings are plain text that reads well in a terminal; pdoc would read them as Markdown, where `a * b * c` is a word
in italics. Formulas need no script here: theta is θ, x_i and sigma^2 get a subscript and a superscript.
"""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby
from operator import itemgetter

import pygments
from markupsafe import Markup
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonConsoleLexer, PythonLexer

LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "eps": "ε", "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ",
    "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi":
    "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ", "Psi":
    "Ψ", "Omega": "Ω"}
SIGNS = {"&lt;=": "≤", "&gt;=": "≥", "-&gt;": "→", " * ": " · ", " - ": " − ", "grad ": "∇"}
NAME = "|".join(sorted(LETTERS, key=len, reverse=True))
LETTER = re.compile(rf"(?<![\w.`&])({NAME})(?=_|\d|\b)(?!:|_[a-z]{{2}}|\w*\()")
SIGN = re.compile("|".join(map(re.escape, SIGNS)))
BASE = "A-Za-z" + "".join(LETTERS.values())
SUBSCRIPT = re.compile(rf"(?<![\w<])([{BASE}∑∏])_(\w{{1,2}}(?::\w(?:-1)?)?|theta|phi)(?![\w(\[])")
SUM = re.compile(r"\b(sum|prod)(?=_\w\b)")
POWER = re.compile(r"(?<=[\w)\]>])\^(?:\(([^()]*)\)|(-?\w+))")
ARGUMENT = re.compile(r"(?:(?<=^)|(?<=\. )|(?<=[.;]\n))((?:\w+, )*\w+):(?= )")
FORMAT = HtmlFormatter(cssclass="pdoc-code codehilite")


def html(text: str) -> Markup:
    """The HTML of a docstring.

    >>> html("log p(x_i | theta), sigma^2 >= 0.")
    Markup('<p>log p(x<sub>i</sub> | θ), σ<sup>2</sup> ≥ 0.</p>')
    """
    return Markup("\n".join(block_html(block) for block in blocks(text)))


def blocks(text: str) -> Iterator[str]:
    """Paragraphs, code and examples, which a line of another kind ends too."""
    for piece in re.split(r"\n\s*\n", text.strip("\n")):
        lines = piece.splitlines()
        for _, block in groupby(zip(kinds(lines), lines, strict=True), key=itemgetter(0)):
            yield "\n".join(line for _, line in block)


def kinds(lines: list[str]) -> Iterator[str]:
    """What each line belongs to; what an example prints belongs to it."""
    example = False
    for line in lines:
        example |= line.lstrip().startswith(">>>")
        yield "example" if example else "code" if line.startswith("    ") else "prose"


def block_html(block: str) -> str:
    """One block: an example, code, or a paragraph."""
    if block.lstrip().startswith(">>>"):
        return pygments.highlight(dedented(block), PythonConsoleLexer(), FORMAT)
    if block.startswith("    "):
        return pygments.highlight(dedented(block), PythonLexer(), FORMAT)
    return f"<p>{paragraph(block)}</p>"


def dedented(block: str) -> str:
    """The block without the blanks before its first line."""
    indent = len(block) - len(block.lstrip())
    return "\n".join(line[indent:] for line in block.splitlines())


def paragraph(text: str) -> str:
    """Prose: words in backticks are code, the others may be formulas."""
    parts = re.split(r"`([^`]+)`", text)
    return "".join(f"<code>{escape(part)}</code>" if index % 2 else prose(part) for index, part in enumerate(parts))


def prose(text: str) -> str:
    """Arguments in bold; formulas with their letters, indices and powers."""
    parts = ARGUMENT.split(escape(text, quote=False))
    return "".join(f"<b>{part}</b>:" if index % 2 else formula(part) for index, part in enumerate(parts))


def formula(text: str) -> str:
    """Letters, signs, indices and powers of escaped text."""
    text = LETTER.sub(lambda found: LETTERS[found[1]], text)
    text = SUM.sub(lambda found: {"sum": "∑", "prod": "∏"}[found[1]], text)
    text = SIGN.sub(lambda found: SIGNS[found[0]], text)
    text = SUBSCRIPT.sub(lambda found: f"{found[1]}<sub>{LETTERS.get(found[2], found[2])}</sub>", text)
    return POWER.sub(lambda found: f"<sup>{found[1] or found[2]}</sup>", text)
