"""The PCA model: one import for the lesson, and its maximum likelihood in closed form."""

from dgm.ppca.em_steps import (
    Step,
    em,
)
from dgm.ppca.maximum_likelihood import (
    closed_form,
    fit,
)
from dgm.ppca.model import (
    Draw,
    Params,
    Posterior,
    decode,
    log_likelihood,
    log_prob,
    params,
    posterior,
    reconstruct,
    rotate,
    rotation,
    sample,
    shrinkage,
    uncertainty,
)

__all__ = [
    "Draw",
    "Params",
    "Posterior",
    "Step",
    "closed_form",
    "decode",
    "em",
    "fit",
    "log_likelihood",
    "log_prob",
    "params",
    "posterior",
    "reconstruct",
    "rotate",
    "rotation",
    "sample",
    "shrinkage",
    "uncertainty",
]


def __dir__() -> list[str]:
    return __all__
