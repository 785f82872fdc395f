"""`python -m tools.reference [--out build/reference]`: build the API reference (`make reference`).

The server of `make run` shows it at /reference/; the files can be opened or served without it. A warning is an error.
"""

import argparse
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path

import pdoc.doc
import pdoc.search
from pdoc import render

from tools.local_server import ROOT
from tools.reference import pages, typeset

OUT = ROOT / "build" / "reference"


def settings() -> None:
    """pdoc's settings: our docstrings, our style, no script or picture of another host."""
    render.configure(docformat="markdown", template_directory=Path(__file__).parent / "templates", math=False,
                     mermaid=False, footer_text="Deep Generative Models, Lecture 2: dgm")
    render.env.filters["to_html"] = pdoc.search.to_html = typeset.html     # on the pages, and in what the search finds


def build(out: Path) -> list[str]:
    """Write the reference to the folder `out`, which is emptied before. Returns the names of the modules."""
    settings()
    shutil.rmtree(out, ignore_errors=True)
    modules = {name: pages.documented(name) for name in pages.names()}
    for name, module in modules.items():
        write(out / f"{name.replace('.', '/')}.html", render.html_module(module, modules))
    write(out / "index.html", render.html_index(modules))
    write(out / "search.js", search(modules))
    return list(modules)


def search(modules: Mapping[str, pdoc.doc.Module]) -> str:
    """The index of pdoc's search."""
    return render.search_index(modules)


def write(path: Path, text: str) -> None:
    """Write a file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main() -> None:
    """Build it where the command says."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    warnings.simplefilter("error")
    print(f"{len(build(options.out))} modules in {options.out}")


if __name__ == "__main__":
    main()
