"""Allowed imports, sizes of folders and files, and constructs that are forbidden."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import dgm
from tests.each_file import each_of
from ui.contents import HOME, LESSONS, PAGES
from ui.figures import theme

ROOT = Path(__file__).parents[1]
LIMIT = 400      # lines of a file
MODULES = 15     # modules in a folder, its __init__ not counted
FOLDERS = ("dgm", "ui", "pages", "server", "tests", "benchmarks", "tools", "deploy", "examples")
SOURCES = sorted([ROOT / "app.py", *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))])
TEXTS = sorted(path for folder in ("dgm", "ui", "pages", "server") for path in (ROOT / folder).rglob("*")
               if path.suffix in {".py", ".js", ".css", ".html", ".toml"})

# The arrows: what a package may import of this project, besides itself. All imports count, those inside functions and
# under TYPE_CHECKING too. A name stands for the package and all that is in it.
GROUND = {"dgm.arguments", "dgm.errors", "dgm.runtime", "dgm.gaussian", "dgm.quadrature", "dgm.monte_carlo",
          "dgm.safetensors_file", "dgm.gradient_run", "dgm.environment"}
TOPICS: dict[str, set[str]] = {      # among topics: what the lecture builds on
    "dgm.datasets": set(),
    "dgm.jobs": set(),
    "dgm.likelihood": {"dgm.datasets"},
    "dgm.bayes": {"dgm.datasets"},
    "dgm.gmm": {"dgm.datasets"},
    "dgm.elbo": {"dgm.gmm"},                            # the bound of a mixture's EM
    "dgm.vae": {"dgm.datasets"},
    "dgm.ppca": {"dgm.datasets", "dgm.vae"},            # the linear VAE
    "dgm.gradients": {"dgm.datasets", "dgm.ppca", "dgm.vae"},
    "dgm.autoregressive": {"dgm.datasets", "dgm.vae", "dgm.gmm", "dgm.ppca"},   # compared on the same images
}
ARROWS: dict[str, set[str]] = {
    **{name: set() for name in GROUND},
    "dgm.arguments": {"dgm.errors"},
    "dgm.environment": {"dgm.errors"},
    "dgm.quadrature": {"dgm.arguments", "dgm.errors"},
    "dgm.gaussian": {"dgm.arguments", "dgm.errors"},
    "dgm.monte_carlo": {"dgm.arguments", "dgm.errors"},
    "dgm.runtime": {"dgm.arguments", "dgm.environment", "dgm.errors"},
    "dgm.safetensors_file": {"dgm.arguments", "dgm.errors"},
    "dgm.gradient_run": {"dgm.arguments", "dgm.errors", "dgm.safetensors_file"},
    **{topic: GROUND | below for topic, below in TOPICS.items()},
    "ui": {"dgm.datasets", "dgm.environment", "dgm.jobs", "dgm.runtime", "dgm.errors"},
    "server": {"ui", "dgm"},
    "app": {"server", "ui", "dgm.runtime"},
    **{f"pages.{entry.stem}": {"ui", "dgm"} for entry in (HOME, *LESSONS)},
    "tools": {"ui", "dgm", "server", "pages.vae"},      # runs shown at once
    "benchmarks": {"ui", "dgm", "pages", "server", "tools"},
    "examples": {"dgm"},
    "tests": {"ui", "dgm", "pages", "server", "tools", "benchmarks", "app"},
}
OURS = {"dgm", "ui", "pages", "server", "app", "tools", "benchmarks", "examples", "tests"}
DRAWING = {"streamlit", "plotly"}    # not imported by dgm

BANNED_IMPORTS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
BANNED_CALLS = {"eval", "exec", "compile", "__import__"}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
# Hosts that may be named in code; no page sends a request to another host.
KNOWN_HOSTS = {"127.0.0.1", "localhost", "www.w3.org"}


def name_of(path: Path) -> str:
    """ui/page.py -> ui.page."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Full names of all that a file imports, wherever in it: `from dgm import vae` is dgm.vae."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
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


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def package_of(name: str) -> str | None:
    """The package of ARROWS that a module belongs to; None for the root packages themselves and foreign ones."""
    return max((package for package in ARROWS if within(name, package)), key=len, default=None)


def of(*packages: str) -> list[Path]:
    return [path for path in SOURCES if any(within(name_of(path), package) for package in packages)]


@each_of(SOURCES)
def test_imports_follow_the_arrows(path: Path) -> None:
    home = package_of(name_of(path))
    if home is None:    # the root packages: dgm names its topics on demand, pages names nothing
        assert name_of(path) in {"dgm", "pages"}
        return
    for name in imports(path):
        if name.partition(".")[0] in OURS:
            allowed = ARROWS[home] | {home}
            assert any(within(name, package) for package in allowed), f"{home} may not import {name}"


def test_the_arrows_run_in_no_circle() -> None:
    """By package: lessons, topics and layers."""
    def targets(package: str) -> set[str]:
        below = {name for name in ARROWS for allowed in ARROWS[package] if within(name, allowed)}
        return below - {package}

    done: set[str] = set()
    while ready := {name for name in ARROWS if name not in done and targets(name) <= done}:
        done |= ready
    assert done == set(ARROWS), f"a circle among {sorted(set(ARROWS) - done)}"


def test_modules_import_in_no_circle() -> None:
    """All imports, those inside functions too; a module names its neighbours, not the package that re-exports it."""
    modules = {name_of(path): path for path in SOURCES if name_of(path) != "dgm"}    # which imports on demand
    arrows = {name: {target for found in imports(path)
                     if (target := found if found in modules else found.rpartition(".")[0]) in modules}
              for name, path in modules.items()}
    done: set[str] = set()
    while ready := {name for name in arrows if name not in done and arrows[name] <= done}:
        done |= ready
    assert set(arrows) == done, f"a circle among {sorted(set(arrows) - done)}"


@each_of(of("dgm"))
def test_dgm_imports_no_screen_library(path: Path) -> None:
    assert not DRAWING & tops(path)


@each_of([path for path in of("ui", "pages") if "figures" in path.parts])
def test_figures_import_neither_streamlit_nor_runs_nor_data(path: Path) -> None:
    assert "streamlit" not in tops(path)
    assert not any(within(name, "dgm.jobs") or within(name, "dgm.datasets") for name in imports(path))


@each_of([path for path in of("ui", "pages") if "figures" in path.parts and path.stem != "theme"])
def test_colours_come_from_the_theme_alone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"[\"']#[0-9a-fA-F]{3,8}[\"']", text)


@each_of([PAGES / entry.stem / "page.py" for entry in (HOME, *LESSONS)])
def test_a_page_script_only_calls_its_parts(path: Path) -> None:
    """It has no function, no class, no plotting library, no private name."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 70
    assert not {"plotly", "matplotlib"} & tops(path)
    for node in ast.walk(tree(path)):
        assert not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef), "a part belongs in a file"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert not node.attr.startswith("_"), f"{ast.unparse(node)} is private"


def test_folders_are_small() -> None:
    folders = {path.parent for path in SOURCES}
    crowded = {str(folder.relative_to(ROOT)): count for folder in folders
               if (count := sum(path.name != "__init__.py" for path in folder.glob("*.py"))) > MODULES}
    assert not crowded


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_topic_shows_its_public_names_only(topic: str) -> None:
    package = import_module(topic)
    assert dir(package) == sorted(package.__all__)
    assert len(set(package.__all__)) == len(package.__all__)
    for name in package.__all__:
        assert not name.startswith("_")
        assert getattr(package, name) is not None
    submodules = {path.stem for path in (ROOT / topic.replace(".", "/")).glob("*.py")}
    assert not submodules & set(package.__all__), "a module and a public name of one name overwrite each other"


def test_dgm_names_its_topics() -> None:
    assert set(dir(dgm)) == {name.removeprefix("dgm.") for name in (*TOPICS, *GROUND)}
    for name in dir(dgm):
        assert getattr(dgm, name).__name__ == f"dgm.{name}"


def test_session_state_is_used_in_few_files_of_ui() -> None:
    """Other files use controls, edits, questions, runs and the cache of the session."""
    users = {str(path.relative_to(ROOT)) for path in of("app", "dgm", "ui", "pages", "server")
                if "st.session_state" in {ast.unparse(node) for node in ast.walk(tree(path))
                                          if isinstance(node, ast.Attribute)}}
    assert all(name.startswith("ui/") for name in users), users
    assert len(users) <= 5, users


@each_of(SOURCES)
def test_files_are_small_and_have_specific_names(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LIMIT
    assert not BANNED_NAMES & set(path.with_suffix("").parts[len(ROOT.parts):])


@each_of(of("app", "dgm", "ui", "pages", "server", "tools"))
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


@each_of(of("dgm"))
def test_least_squares_are_solved_by_a_named_driver(path: Path) -> None:
    """Without one, torch 2.13 lets LAPACK's gelsy read pivots that nobody has set, so that results vary by chance."""
    calls = [ast.unparse(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    assert all("driver='gelsd'" in call for call in calls if call.startswith("torch.linalg.lstsq("))


@each_of(TEXTS)
def test_code_names_no_foreign_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    hosts = set(re.findall(r"(?:https?|wss?):\\?/\\?/([\w.-]+)", text)) - KNOWN_HOSTS
    assert not hosts
    if path.suffix in {".js", ".css", ".html"}:
        assert not re.search(r"@import|\beval\(|new Function|innerHTML\s*\+?=(?!\s*MARKUP\b)|document\.write", text)


@each_of(of("app", "dgm", "ui", "pages", "server"))
def test_every_module_has_a_docstring(path: Path) -> None:
    assert not tree(path).body or ast.get_docstring(tree(path))


def test_listed_lessons_have_their_folders() -> None:
    stems = [entry.stem for entry in LESSONS]
    assert len(set(stems)) == len(stems)
    assert {path.parent.name for path in PAGES.glob("*/page.py")} == {HOME.stem, *stems}
    for stem in stems:
        assert (ROOT / f"dgm/{stem}/__init__.py").is_file()
        assert (PAGES / stem / "figures/__init__.py").is_file()
        assert (PAGES / stem / "state.py").is_file()


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
def test_every_meaning_has_the_contrast_of_text(palette: theme.Palette) -> None:
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
