"""The terms of the lecture, each defined once, in glossary.md: every page shows the same text for the same term."""

from pathlib import Path


def _read(path: Path) -> dict[str, str]:
    """heading -> text below it."""
    entries = path.read_text(encoding="utf-8").split("\n## ")[1:]
    return {heading.strip(): " ".join(text.split()) for heading, _, text in (e.partition("\n") for e in entries)}


TERMS = _read(Path(__file__).with_name("glossary.md"))
