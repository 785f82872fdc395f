"""The public callables of every topic, found in the code: the test fails for one that has no example."""

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

# The topics' packages, and the modules that their docstrings say are imported by name.
MODULES = {
    "autoregressive": ("dgm.autoregressive", "dgm.autoregressive.live_training", "dgm.autoregressive.comparison"),
    "bayes": ("dgm.bayes",),
    "datasets": ("dgm.datasets", *(f"dgm.datasets.{name}" for name in ("framing", "own_images", "picture", "table"))),
    "elbo": ("dgm.elbo", "dgm.elbo.amortized"),
    "gmm": ("dgm.gmm", "dgm.gmm.selection", "dgm.gmm.continuous_mixture"),
    "gradients": ("dgm.gradients", *(f"dgm.gradients.{name}" for name in (
        "batch_noise", "categorical", "descent", "sweeps", "variance_terms"))),
    "ground": ("dgm.gaussian", "dgm.quadrature", "dgm.monte_carlo", "dgm.runtime"),
    "jobs": ("dgm.jobs",),
    "likelihood": ("dgm.likelihood",),
    "ppca": ("dgm.ppca", *(f"dgm.ppca.{name}" for name in (
        "complete_likelihood", "convergence", "em_steps", "linear_vae", "lower_bound", "missing", "preprocessing",
        "profile_likelihood", "saddles", "selection", "toy_data"))),
    "vae": ("dgm.vae", *(f"dgm.vae.{name}" for name in (
        "gradient_noise", "inference_gap", "live_training", "ranking", "browser.export", "evidence.importance",
        "latents.aggregate", "latents.collapse", "runs.as_printed", "runs.checkpoint_history", "runs.half_steps",
        "runs.pair"))),
}


class Call(NamedTuple):
    """A public callable with valid arguments."""

    function: Callable[..., Any]
    args: dict[str, Any]
    trusted: dict[str, str] = {}       # parameter, or parameter.field -> why it is not attacked   # noqa: RUF012
    nan: dict[str, str] = {}           # end of a result's path ("" for all) -> why it may be NaN   # noqa: RUF012
    unequal: tuple[str, ...] = ()      # fields that are measured, such as seconds
    steps: tuple[str, ...] = ()        # parameters that say how long a call works: no huge ones
    made: str = ""                     # of a NamedTuple's method: by what it is made, so that its fields are trusted


def not_called(reason: str) -> Call:
    """In place of a call: why there is none."""
    return Call(dict, {}, {"": reason})


def own_names(module: ModuleType) -> list[str]:
    """Public names: `__all__` of a package, and what a module defines."""
    if hasattr(module, "__path__") or hasattr(module, "__all__"):
        return [name for name in module.__all__ if hasattr(module, name)]
    return [name for name, made in vars(module).items()
            if not name.startswith("_") and getattr(made, "__module__", None) == module.__name__]


def is_container(made: Any) -> bool:
    """A NamedTuple takes what it is given; the functions that are handed one check it."""
    return inspect.isclass(made) and issubclass(made, tuple)


def is_abstract(made: Any) -> bool:
    return inspect.isclass(made) and (inspect.isabstract(made) or getattr(made, "_is_protocol", False)
                                      or issubclass(made, BaseException))


def methods(made: type) -> Iterator[str]:
    """Public methods written in dgm; properties take no arguments."""
    for name in dir(made):
        raw = inspect.getattr_static(made, name)
        function = raw.__func__ if isinstance(raw, classmethod | staticmethod) else raw
        if not name.startswith("_") and inspect.isfunction(function) and function.__module__.startswith("dgm"):
            yield name


def is_function(made: Any) -> bool:
    """A function, also one with a cache around it."""
    return inspect.isfunction(inspect.unwrap(made)) if callable(made) and not inspect.isclass(made) else False


@cache
def public(topic: str) -> tuple[str, ...]:
    """Names of what has to have an example: "fit", "selection.folds", "BetaBernoulli.posterior"."""
    found: list[str] = []
    for path in MODULES[topic]:
        module = import_module(path)
        prefix = "" if path == f"dgm.{topic}" else f"{path.rpartition('.')[2]}."
        for name in own_names(module):
            made = getattr(module, name)
            if inspect.isclass(made) and not is_abstract(made):
                found += [f"{prefix}{name}"] * (not is_container(made))
                found += [f"{prefix}{name}.{method}" for method in methods(made)]
            elif is_function(made) and not any(existing_is(topic, made, other) for other in found):
                found.append(f"{prefix}{name}")
            elif isinstance(made, dict):
                found += [f"{prefix}{name}[{key}]" for key, entry in made.items()
                          if is_function(entry) and not entry.__name__.startswith("_")]
    return tuple(dict.fromkeys(found))


def existing_is(topic: str, made: Any, name: str) -> bool:
    """Whether a found name is the same function: a module's function that its package shows too."""
    module = import_module(f"dgm.{topic}") if topic != "ground" else None
    return module is not None and "." not in name and getattr(module, name, None) is made
