"""Which modules the reference documents, and their comments on fields as docstrings."""

import inspect
import re
import tokenize
from collections.abc import Iterator
from importlib import import_module
from typing import get_type_hints

import pdoc.doc

import dgm
from tools.local_server import ROOT

GENERATED = ("Alias for field", "Create new instance of")    # by Python, of NamedTuples


def names() -> list[str]:
    """`dgm`, its topics, and the modules that a topic's docstring names in backticks."""
    topics = [f"dgm.{name}" for name in dgm.__all__]
    return ["dgm", *(name for topic in topics for name in (topic, *by_name(topic)))]


def by_name(topic: str) -> Iterator[str]:
    """The modules of a topic that its docstring names, with or without `dgm.<topic>` before."""
    for word in re.findall(r"`([a-z_.]+)`", inspect.getdoc(import_module(topic)) or ""):
        module = f"{topic}.{word.removeprefix(f'{topic}.')}"
        if is_module(module):
            yield module


def is_module(name: str) -> bool:
    """Whether this project has such a module or package."""
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def documented(name: str) -> pdoc.doc.Module:
    """A module as pdoc reads it; a field's docstring is the comment on its line."""
    module = pdoc.doc.Module(import_module(name))
    for member in module.flattened_own_members:
        if isinstance(member, pdoc.doc.Class):
            resolve_types(member)
            comment_fields(member)
    return module


def resolve_types(made: pdoc.doc.Class) -> None:
    """Replace types that a NamedTuple names before they exist, which pdoc looks for in `collections` alone."""
    if issubclass(made.obj, tuple) and hasattr(made.obj, "_fields"):
        made.obj.__new__.__annotations__ = get_type_hints(made.obj)


def comment_fields(made: pdoc.doc.Class) -> None:
    """Give the fields of a dataclass or NamedTuple the comments on their lines, their symbols and shapes."""
    comments = dict(commented(made.source))
    for member in made.own_members:
        if member.docstring.startswith(GENERATED):
            member.docstring = ""
        if isinstance(member, pdoc.doc.Variable) and not member.docstring:
            member.docstring = comments.get(member.name, "")


def commented(source: str) -> Iterator[tuple[str, str]]:
    """Name and comment of each line `name: type ... # comment` of a class."""
    lines = iter(source.splitlines(keepends=True))
    for token in tokenize.generate_tokens(lambda: next(lines, "")):
        field = re.match(r"\s+(\w+)\s*:", token.line) if token.type == tokenize.COMMENT else None
        if field and not token.string.startswith("# noqa"):
            yield field[1], token.string.partition("# noqa")[0].lstrip("# ").strip()
