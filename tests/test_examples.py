"""The examples in docstrings run and print what they say; the scripts in examples/ run and show what they claim."""

import doctest
import inspect
import os
import re
import subprocess
import sys
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

from dgm import gradients

ROOT = Path(__file__).parents[1]
FOLDERS = ("dgm", "ui", "pages", "server", "tools", "benchmarks")
# Only modules with an example are imported: page.py and ui/frame.py draw a page on import.
MODULES = sorted(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                 for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")
                 if ">>> " in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name: str) -> None:
    found = doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert found.attempted > 0
    assert found.failed == 0


def test_every_folder_is_searched() -> None:
    assert {name.partition(".")[0] for name in MODULES} == set(FOLDERS)


@pytest.mark.parametrize("topic", [path.parent.name for path in sorted(ROOT.glob("dgm/*/__init__.py"))])
def test_every_public_function_of_a_topic_has_an_example(topic: str) -> None:
    package = import_module(f"dgm.{topic}")
    functions = {name: made for name in package.__all__ if inspect.isfunction(made := getattr(package, name))}
    without = {name for name, made in functions.items() if ">>> " not in str(made.__doc__)}
    assert without <= ({"fetch"} if topic == "datasets" else set()), without    # `fetch` downloads


NUMBER = re.compile(r"-?[\d,]*\.?\d+")


def printed_by(script: str, *arguments: str) -> list[str]:
    """The lines that a script in examples/ prints, run as its first lines say; a warning is an error."""
    assert f"    python -m examples.{script}" in (ROOT / "examples" / f"{script}.py").read_text(encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-W", "error", "-m", f"examples.{script}", *arguments], cwd=ROOT,
                          env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def numbers(line: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(line)]


def test_every_script_is_tested_and_short() -> None:
    found = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / "examples").glob("*")
             if path.is_file()}
    assert set(found) == {"em_by_hand.py", "estimator_variances.py", "train_a_vae.py"}
    assert max(found.values()) <= 50


def test_em_by_hand_is_dgms_em() -> None:
    rows = [numbers(line) for line in printed_by("em_by_hand")[1:]]
    assert [row[0] for row in rows] == list(range(10))
    assert all(own == other for _, own, other in rows)
    assert all(after[1] >= before[1] for before, after in pairwise(rows))


def test_estimator_variances_are_the_closed_forms() -> None:
    """At mu - k = -1 and sigma = 1: the table of closed forms, and samples that agree with it."""
    lines = printed_by("estimator_variances")
    rows = {line[:32].strip(): numbers(line[32:]) for line in lines[3:7]}
    expected = {"log-derivative": (30, 136), "log-derivative + mean baseline": (18, 96),
                "log-derivative + best baseline": (14, 64), "reparametrization": (4, 12)}
    assert {name: (row[0], row[2]) for name, row in rows.items()} == expected
    q, cost = gradients.Gaussian(mu=0.0, sigma=1.0), gradients.COSTS["quadratic"](1.0)
    for name, row in rows.items():
        draws = gradients.ESTIMATORS[name](cost, q, gradients.noise(100_000, seed=1))
        errors = ((draws - draws.mean(0)) ** 2).std(0) / 100_000**0.5      # of a sampled variance, from other draws
        for exact, sampled, error in zip(row[::2], row[1::2], errors.tolist(), strict=True):
            assert sampled == pytest.approx(exact, abs=4 * error + 0.005), name
    assert lines[7:] == ["log-derivative: 12,000 samples", "reparametrization: 1,600 samples"]


def test_a_vae_is_trained_saved_and_drawn_from(tmp_path: Path) -> None:
    lines = printed_by("train_a_vae", str(tmp_path / "my-vae.safetensors"))
    rows = [numbers(line.replace(" - ", " ")) for line in lines[1:5]]
    assert [row[0] for row in rows] == [500, 1000, 1500, 2000]
    assert all(bound == pytest.approx(reconstruction - kl, abs=0.011) for _, bound, reconstruction, kl in rows)
    assert rows[-1][1] > rows[0][1] > -25
    assert lines[6].startswith("my-vae.safetensors: step 2000")
    assert len(lines[7:]) == 8
    assert {len(line) for line in lines[7:]} == {63}
    assert [file.name for file in tmp_path.iterdir()] == ["my-vae.safetensors"]
