"""Models and estimators of Deep Generative Models, Lecture 2: numbers only, no screen.

    import dgm
    dgm.gmm.fit(dgm.datasets.load("faithful").x, 2).log_lik      # nats per point

Each topic is a package, imported when it is first named. numpy and torch compute in DGM_THREADS threads, 1 by default,
where OMP_NUM_THREADS is not set and they were not imported before.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from dgm.environment import limit_threads

__all__ = ["arguments", "autoregressive", "bayes", "datasets", "elbo", "environment", "errors", "gaussian", "gmm",
           "gradient_run", "gradients", "jobs", "likelihood", "monte_carlo", "ppca", "quadrature", "runtime",
           "safetensors_file", "vae"]

limit_threads()     # before any module of dgm imports numpy or torch

if TYPE_CHECKING:
    from dgm import (
        arguments,
        autoregressive,
        bayes,
        datasets,
        elbo,
        environment,
        errors,
        gaussian,
        gmm,
        gradient_run,
        gradients,
        jobs,
        likelihood,
        monte_carlo,
        ppca,
        quadrature,
        runtime,
        safetensors_file,
        vae,
    )


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"dgm has no topic {name!r}: choose one of {', '.join(__all__)}")
    return import_module(f"dgm.{name}")


def __dir__() -> list[str]:
    return __all__
