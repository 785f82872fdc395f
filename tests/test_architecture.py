"""The house keeps its shape: who may import whom, how large a file may grow, and what may not stand in code at all."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from dgm.figures import theme
from dgm.ui.lessons import HOME, LESSONS, PAGES

ROOT = Path(__file__).parents[1]
LIMIT = 400  # lines of a file
FOLDERS = ("dgm", "pages", "tests", "benchmarks", "tools", "deploy")
SOURCES = sorted([ROOT / "app.py", *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))])
TEXTS = sorted(path for folder in ("dgm", "pages") for path in (ROOT / folder).rglob("*")
               if path.suffix in {".py", ".js", ".css", ".html", ".toml"})
STEMS = {path.stem.split("_")[0] for path in (ROOT / "pages").glob("*.py")} - {"home"}
# Modules that lessons and the frame stand on; `jobs` and `workers` know nothing of them.
GROUND = {"datasets", "runtime", "errors", "tables", "synthetic", "openml", "images", "optimizers", "weights", "data"}
SERVING = {"serve", "jobs", "workers", "turns", "ui", "figures", "checkpoints"}
# The lecture's own order: what a lesson may build on, besides itself.
BUILDS_ON = {"vae": {"elbo", "ppca"}, "ppca": {"vae", "elbo"}, "gmm": {"elbo"}, "bayes": {"elbo"},
             "gradients": {"elbo"}, "elbo": {"bayes", "gmm", "ppca"}, "autoregressive": set()}
BANNED_IMPORTS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
BANNED_CALLS = {"eval", "exec", "compile", "__import__"}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
# Addresses that are read by people or by the one download that is asked for; never requested by a page.
KNOWN_HOSTS = {"127.0.0.1", "localhost", "www.w3.org"}


def name_of(path: Path) -> str:
    """dgm/ui/lesson.py -> dgm.ui.lesson."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Full names of all that a file imports, wherever in it: `from dgm import vae` is dgm.vae."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


def own(path: Path) -> set[str]:
    """Second parts of what is imported from dgm: {"vae", "figures", ...}."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("dgm.")}


def layer(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    if parts[0] != "dgm":
        return parts[0]
    return {"ui": "ui", "figures": "figures", "checkpoints": "checkpoints"}.get(parts[1], "model")


def of(*layers: str) -> list[Path]:
    return [path for path in SOURCES if layer(path) in layers]


def lesson_of(module: str) -> str | None:
    """The lesson a module of dgm belongs to: gmm_init -> gmm."""
    stem = module.split("_", maxsplit=1)[0]
    return stem if stem in BUILDS_ON else None


ids = {"ids": lambda path: str(path.relative_to(ROOT))}


@pytest.mark.parametrize("path", of("model", "checkpoints"), **ids)
def test_mathematics_knows_no_screen(path: Path) -> None:
    assert not {"streamlit", "plotly"} & tops(path)
    if path.stem not in {"serve", "__main__"}:
        assert not {"ui", "figures"} & own(path)


@pytest.mark.parametrize("path", of("figures"), **ids)
def test_figures_know_states_and_nothing_that_runs(path: Path) -> None:
    assert "streamlit" not in tops(path)
    assert not {"ui", "jobs", "workers", "turns", "datasets", "serve"} & own(path)


@pytest.mark.parametrize("path", [path for path in of("figures") if path.stem != "theme"], **ids)
def test_colours_come_from_the_theme_alone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"[\"']#[0-9a-fA-F]{3,8}[\"']", text)


@pytest.mark.parametrize("path", [ROOT / f"dgm/{name}.py" for name in ("jobs", "workers", "turns")], **ids)
def test_runs_know_no_lesson_and_no_screen(path: Path) -> None:
    assert own(path) <= {"jobs", "workers", "turns", "errors"}
    assert not {"streamlit", "plotly"} & tops(path)


@pytest.mark.parametrize("path", of("pages"), **ids)
def test_a_page_composes(path: Path) -> None:
    """No function but cached ones and fragments, no class, no plotting library, no private name of another module."""
    assert not {"plotly", "matplotlib"} & tops(path)
    for node in ast.walk(tree(path)):
        assert not isinstance(node, ast.ClassDef)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = {ast.unparse(mark).partition("(")[0] for mark in node.decorator_list}
            assert names & {"st.cache_data", "st.cache_resource", "st.fragment"}, f"{node.name} belongs in dgm"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert not node.attr.startswith("_"), f"{ast.unparse(node)} is private"


@pytest.mark.parametrize("path", of("model"), **ids)
def test_lessons_build_on_what_the_lecture_builds_on(path: Path) -> None:
    lesson = lesson_of(path.stem)
    used = {found for module in own(path) if (found := lesson_of(module))}
    if lesson is None:
        assert not used or path.stem in {"serve"}, "the ground floor knows no lesson"
        return
    assert used <= {lesson} | BUILDS_ON[lesson]
    assert not own(path) & (SERVING - {"checkpoints"})


def test_modules_import_in_no_circle() -> None:
    """At the top of files; an import inside a function may look back."""
    modules = {name_of(path): path for path in SOURCES if path.is_relative_to(ROOT / "dgm")}
    arrows = {name: {target for found in _top_imports(path) for target in (found, found.rpartition(".")[0])
                     if target in modules and target not in {name, "dgm"}}
              for name, path in modules.items()}
    done: set[str] = set()
    while ready := {name for name in arrows if name not in done and arrows[name] - _own_package(name) <= done}:
        done |= ready
    assert set(arrows) == done, f"a circle among {sorted(set(arrows) - done)}"


def _own_package(name: str) -> set[str]:
    """A module of a package may name the package that is loading it."""
    return {name.rpartition(".")[0]}


def _top_imports(path: Path) -> Iterator[str]:
    for node in tree(path).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", SOURCES, **ids)
def test_files_are_small_and_have_a_noun(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LIMIT
    assert not BANNED_NAMES & set(path.with_suffix("").parts[len(ROOT.parts):])


@pytest.mark.parametrize("path", of("app.py", "model", "checkpoints", "figures", "ui", "pages", "tools"), **ids)
def test_nothing_unpickles_or_evaluates(path: Path) -> None:
    assert not BANNED_IMPORTS & tops(path)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in BANNED_CALLS, f"line {node.lineno} calls {called}"
            assert called not in {"torch.load", "torch.save"}, f"line {node.lineno}"
            if called in {"np.load", "numpy.load"}:  # without pickle it reads plain arrays
                assert "allow_pickle=False" in ast.unparse(node), f"line {node.lineno}"
            assert not any(keyword.arg == "unsafe_allow_html" for keyword in node.keywords), f"line {node.lineno}"


@pytest.mark.parametrize("path", TEXTS, **ids)
def test_code_names_no_foreign_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    hosts = set(re.findall(r"(?:https?|wss?):\\?/\\?/([\w.-]+)", text)) - KNOWN_HOSTS
    assert not hosts
    if path.suffix in {".js", ".css", ".html"}:
        assert not re.search(r"@import|\beval\(|new Function|innerHTML\s*\+?=(?!\s*MARKUP\b)|document\.write", text)


@pytest.mark.parametrize("path", of("app.py", "model", "checkpoints", "figures", "ui", "pages"), **ids)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert not tree(path).body or ast.get_docstring(tree(path))


def test_listed_lessons_have_their_files() -> None:
    stems = [entry.stem for entry in LESSONS]
    assert len(set(stems)) == len(stems)
    assert {path.stem for path in PAGES.glob("*.py")} == {HOME.stem, *stems}
    for stem in stems:
        assert (ROOT / f"dgm/{stem}.py").is_file()
        assert (ROOT / f"dgm/figures/{stem}.py").is_file()


def test_settings_and_figures_share_one_palette() -> None:
    with (ROOT / ".streamlit/config.toml").open("rb") as file:
        settings = tomllib.load(file)["theme"]
    for name, palette in (("light", theme.LIGHT), ("dark", theme.DARK)):
        colours = settings[name]
        assert colours["textColor"] == palette.ink
        assert colours["backgroundColor"] == palette.paper
        assert colours["primaryColor"] == colours["linkColor"] == palette.accent
    assert settings["light"]["textColor"] == theme.TONES["evidence"].light
    assert settings["dark"]["textColor"] == theme.TONES["evidence"].dark


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_every_meaning_reads_as_text(palette: theme.Palette) -> None:
    """Contrast of at least 4.5 to 1 on the page, as WCAG AA asks of text."""
    for meaning in theme.TONES:
        assert contrast(palette[meaning], palette.paper) >= 4.5, meaning
    for colour in palette.classes:
        assert contrast(colour, palette.paper) >= 4.5, colour


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two "#rrggbb"."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(weight * s for weight, s in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
