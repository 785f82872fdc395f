"""The examples in docstrings run and print what they say."""

import doctest
import inspect
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Only modules with an example are imported: page.py and ui/frame.py draw a page on import.
MODULES = sorted(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                 for folder in ("dgm", "ui", "pages", "server") for path in (ROOT / folder).rglob("*.py")
                 if ">>> " in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name: str) -> None:
    found = doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert found.attempted > 0
    assert found.failed == 0


def test_every_folder_is_searched() -> None:
    assert {name.partition(".")[0] for name in MODULES} >= {"dgm", "ui", "pages"}


TOPICS = ("autoregressive", "bayes", "datasets", "elbo", "gmm", "gradients", "jobs", "likelihood", "ppca", "vae")


@pytest.mark.parametrize("topic", TOPICS)
def test_every_public_function_of_a_topic_has_an_example(topic: str) -> None:
    package = import_module(f"dgm.{topic}")
    functions = {name: made for name in package.__all__ if inspect.isfunction(made := getattr(package, name))}
    without = {name for name, made in functions.items() if ">>> " not in str(made.__doc__)}
    assert without <= ({"fetch"} if topic == "datasets" else set()), without    # `fetch` downloads
