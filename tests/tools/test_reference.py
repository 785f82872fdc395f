"""The API reference builds without a warning, has every public name and asks no other host."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import pytest

from tests.dgm.attack import discovery
from tools.reference import pages, typeset

ROOT = Path(__file__).parents[2]
MODULES = pages.names()
COMMENT = re.compile(r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/")    # of CSS: where pdoc's style comes from


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference, built as `make reference` builds it: with warnings as errors, in a process of its own."""
    out = tmp_path_factory.mktemp("reference")
    done = subprocess.run([sys.executable, "-W", "error", "-m", "tools.reference", "--out", str(out)], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr.lower()
    return out


def page(built: Path, module: str) -> str:
    return (built / f"{module.replace('.', '/')}.html").read_text(encoding="utf-8")


def test_the_first_page_lists_all_modules_and_the_search_has_their_formulas(built: Path) -> None:
    assert set(re.findall(r'<dt><a href="([^"]+)"', page(built, "dgm"))) == {
        f"{name.replace('.', '/')}.html" for name in MODULES if name != "dgm"}
    assert r"log p(x | \u03b8)" in (built / "search.js").read_text(encoding="utf-8")


def names_of(module: ModuleType) -> set[str]:
    """Public names, without the variables of types."""
    packaged = hasattr(module, "__path__") and not hasattr(module, "__all__")
    names = [] if packaged or module.__name__ == "dgm" else discovery.own_names(module)
    return {name for name in names if not isinstance(getattr(module, name), TypeVar)}


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_there(built: Path, module: str) -> None:
    shown = set(re.findall(r'<section id="(\w+)"', page(built, module)))
    missing = names_of(import_module(module)) - shown
    assert not missing


def test_every_public_module_is_there() -> None:
    """Those that the tests with hostile arguments know, too."""
    assert {name for topic in discovery.MODULES.values() for name in topic} <= set(MODULES)


def links(text: str) -> list[str]:
    """What a page makes a browser load, and where its links lead."""
    return re.findall(r' (?:href|src|srcset|action)="([^"]*)"', text)


def test_no_page_names_another_host(built: Path) -> None:
    for path in built.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        hosts = set(re.findall(r"(?:https?:|=[\"']?|\(\s*)//([a-z0-9-]+(?:\.[a-z0-9-]+)+)", COMMENT.sub("", text)))
        assert hosts <= {"www.w3.org"}, path     # the name space of SVG
        assert not [link for link in links(text) if re.match(r"(?:[a-z]+:)?//", link)], path
        assert not re.search(r"jsdelivr|mathjax|@import", text, re.IGNORECASE), path


def test_links_lead_to_pages_and_names_that_exist(built: Path) -> None:
    names = {path: set(re.findall(r'id="([^"]+)"', path.read_text(encoding="utf-8")))
             for path in built.resolve().rglob("*.html")}
    broken = [(path.name, link) for path in names for link in links(path.read_text(encoding="utf-8"))
              if not link.startswith(("data:", "${")) and not leads(path, link, names)]
    assert not broken[:10]


def leads(path: Path, link: str, names: dict[Path, set[str]]) -> bool:
    """Whether a link of the page at `path` leads to a page, and to a name that it has."""
    to, _, name = link.partition("#")
    target = (path.parent / to).resolve() if to else path
    return target in names and (not name or name in names[target])


@pytest.mark.parametrize(("text", "html"), [
    ("log p(x_i | theta)", "log p(x<sub>i</sub> | θ)"),
    ("sigma^2, sigma2 and x^(a - 1)", "σ<sup>2</sup>, σ2 and x<sup>a − 1</sup>"),
    ("sum_k pi_k N(x | mu_k, Sigma_k)", "∑<sub>k</sub> π<sub>k</sub> N(x | μ<sub>k</sub>, Σ<sub>k</sub>)"),
    ("theta: (N, D), a * b * c <= `theta`", "<b>theta</b>: (N, D), a · b · c ≤ <code>theta</code>"),
    ("order_seed and weight_decay; rate * weight_decay", "order_seed and weight_decay; rate · weight_decay"),
    ("<script>alert(1)</script> & co", "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co"),
    ("`<b>`", "<code>&lt;b&gt;</code>"),
])
def test_formulas(text: str, html: str) -> None:
    assert typeset.html(text) == f"<p>{html}</p>"


def test_examples_and_code_are_shown_as_they_are() -> None:
    shown = re.sub(r"<[^>]+>", "", typeset.html("One line.\n>>> 2 * 3\n6\n\n    x = theta * 2\nAfter.\n"))
    assert [line for line in shown.splitlines() if line] == [
        "One line.", "&gt;&gt;&gt; 2 * 3", "6", "x = theta * 2", "After."]


def test_comments_on_fields_become_their_docstrings() -> None:
    fields = {member.name: member.docstring for member in pages.documented("dgm.gmm").get("Params").own_members}
    assert fields["means"] == "(K, D)     mu"
    assert not fields.get("__init__")
