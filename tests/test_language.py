"""British spelling in comments, docstrings, strings and prose, and plain technical names instead of metaphors."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.each_file import each_of

ROOT = Path(__file__).parents[1]
CODE = ("dgm", "ui", "pages", "server", "tools")
FOLDERS = (*CODE, "tests", "benchmarks", "examples", "docs", "deploy")
SUFFIXES = {".py", ".js", ".css", ".md"}
FILES = sorted([*ROOT.glob("*.md"), ROOT / "app.py",
                *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES)])
NAMED = [path for path in FILES if path.suffix in {".py", ".js"} and path.relative_to(ROOT).parts[0] in CODE]

# Not American: sizes and prizes; words of torch (optimizer), of the lecture (reparametrization, amortized, normalizing
# flows, "selected optimization method"), of scikit-learn (its solver `randomized`), of Streamlit's log (deserialize).
EXCEPTIONS = re.compile(r"(?:re|over|under|down|out)?siz(?:e[drs]?|ing)|prize[ds]?|seiz(?:e[ds]?|ing)|optimizers?|"
                        r"reparametriz(?:e[ds]?|ing|ations?)|amortiz(?:ed|ation)|normalizing flows?|"
                        r"selected optimization method|randomized|deserializ(?:e|ing)", re.IGNORECASE)
AMERICAN = re.compile(r"(?<![\w.@/-])(?:normalizing flows?|selected optimization method|"
                      r"[a-z]+iz(?:e[drs]?|ers|ing|ations?)|[a-z]+yz(?:e[ds]?|ing)|"
                      r"(?:behavi|fav|flav|hon|lab|neighb)or\w*|"
                      r"centers?|centered|centering|fibers?|grays?|grayish|(?:cancel|label|level|model|signal|travel)"
                      r"(?:ed|ing|er|ers)|defense|offense|license[ds]?|catalogs?|analogs?|fulfill|enroll|skeptical)"
                      r"(?![\w.=(-])", re.IGNORECASE)
COLOR = re.compile(r"(?<![\w.@/\"'`(-])color(?:s|ed|ing|ful)?(?![\w.=:(\"'`-])", re.IGNORECASE)
# A string without a blank is a key or a value of plotly, CSS or the DOM; so are plotly's positions of texts.
KEY = re.compile(r"\S*|(?:top|middle|bottom) (?:left|center|right)")

# Parts of identifiers, and words of comments and docstrings. None has a technical meaning here.
METAPHORS = re.compile(r"lids?|museums?|duels?|obey(?:s|ed|ing)?|fore(?:told|tells?)|hear[ds]|said|"
                       r"believe[ds]?|believing|climb(?:s|ed|ing)?|films?|dearest|stray(?:s|ed)?", re.IGNORECASE)
METAPHOR_NAMES = re.compile(r"refus(?:e[ds]?|als?|ing)|springs|lanes?|told|tells?|forgets?", re.IGNORECASE)


class Piece(NamedTuple):
    """A text of a file: where it begins, and whether it is a comment, a docstring, a string, a name or prose."""

    line: int
    kind: str
    text: str


QUOTES = re.compile(r"^[rbfRBF]*[\"']+|[\"']+$")


def docstring_lines(source: str) -> set[int]:
    """Lines where a docstring begins."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.body[0].lineno for node in ast.walk(ast.parse(source))
            if isinstance(node, owners) and node.body and ast.get_docstring(node) is not None}


def python_pieces(source: str) -> Iterator[Piece]:
    docstrings = docstring_lines(source)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        line = token.start[0]
        if token.type == tokenize.COMMENT:
            yield Piece(line, "comment", token.string)
        elif token.type == tokenize.STRING or tokenize.tok_name[token.type] == "FSTRING_MIDDLE":
            yield Piece(line, "docstring" if line in docstrings else "string", QUOTES.sub("", token.string))
        elif token.type == tokenize.NAME:
            yield Piece(line, "name", token.string)


JS = re.compile(r"(?P<comment>//[^\n]*|/\*.*?\*/)|"
                r"(?P<string>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|"
                r"(?P<name>[A-Za-z_$][\w$]*)", re.DOTALL)


def js_pieces(source: str) -> Iterator[Piece]:
    for found in JS.finditer(source):
        yield Piece(source.count("\n", 0, found.start()) + 1, str(found.lastgroup), found[0].strip("\"'`"))


def css_pieces(source: str) -> Iterator[Piece]:
    for found in re.finditer(r"/\*.*?\*/", source, re.DOTALL):
        yield Piece(source.count("\n", 0, found.start()) + 1, "comment", found[0])


def markdown_pieces(source: str) -> Iterator[Piece]:
    yield Piece(1, "prose", re.sub(r"```.*?```", lambda code: "\n" * code[0].count("\n"), source, flags=re.DOTALL))


READERS = {".py": python_pieces, ".js": js_pieces, ".css": css_pieces, ".md": markdown_pieces}


@cache
def pieces(path: Path) -> list[Piece]:
    return list(READERS[path.suffix](path.read_text(encoding="utf-8")))


def without_code(text: str) -> str:
    """The text without what stands in backticks, without the lines of doctests and the addresses of links."""
    return re.sub(r"``?[^`\n]*``?|^\s*(?:>>>|\.\.\.) .*$|(?<=\])\([^)\s]*\)", "", text, flags=re.MULTILINE)


def american(piece: Piece) -> list[str]:
    """American spellings of a piece; names are free, as are keys."""
    if piece.kind == "name" or (piece.kind == "string" and KEY.fullmatch(piece.text)):
        return []
    text = without_code(piece.text)
    words = [*AMERICAN.findall(text), *COLOR.findall(text)]
    return [word for word in words if not EXCEPTIONS.fullmatch(word)]


def metaphors(piece: Piece) -> list[str]:
    """Metaphors of a name, a comment or a docstring; a visitor's text may hold them."""
    if piece.kind == "name":
        words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", piece.text)
        return [word for word in words if METAPHORS.fullmatch(word) or METAPHOR_NAMES.fullmatch(word)]
    words = re.findall(r"[A-Za-z]+", without_code(piece.text)) if piece.kind in {"comment", "docstring"} else []
    return [word for word in words if METAPHORS.fullmatch(word)]


@each_of(FILES)
def test_spelling_is_british(path: Path) -> None:
    if path == Path(__file__):
        return
    found = {f"line {piece.line}: {word}" for piece in pieces(path) for word in american(piece)}
    assert not found, sorted(found)


@each_of(NAMED)
def test_names_and_comments_are_literal(path: Path) -> None:
    found = {f"line {piece.line}: {word}" for piece in pieces(path) for word in metaphors(piece)}
    assert not found, sorted(found)
