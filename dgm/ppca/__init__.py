"""The PCA model (slide "PCA model"): maximum likelihood in closed form and by EM, posterior, samples.

    >>> from dgm import ppca
    >>> x = ppca.sample(ppca.params([0.0, 0.0], [[2.0], [1.0]], 0.1), 500).x
    >>> theta = ppca.fit(x, 1)
    >>> ppca.posterior(x, theta).mean.shape
    torch.Size([500, 1])

Modules that are imported by their names: `complete_likelihood` (z observed, Monte Carlo), `convergence` (speed of EM),
`covariance_spectrum`, `em_steps`, `linear_vae`, `lower_bound` (diagonal q), `missing` (NaN in the data),
`preprocessing`, `profile_likelihood` (curves), `saddles`, `selection` (choice of q), `toy_data`.
"""

from dgm.ppca.convergence import axis_angle
from dgm.ppca.covariance_spectrum import Scatter, Spectrum, scatter, spectrum
from dgm.ppca.em_steps import Moments, Step, e_step, em, m_step
from dgm.ppca.lower_bound import diagonal_gap
from dgm.ppca.maximum_likelihood import closed_form, fit, reconstruction_errors
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
from dgm.ppca.preprocessing import standardise

__all__ = [
    "Draw",
    "Moments",
    "Params",
    "Posterior",
    "Scatter",
    "Spectrum",
    "Step",
    "axis_angle",
    "closed_form",
    "decode",
    "diagonal_gap",
    "e_step",
    "em",
    "fit",
    "log_likelihood",
    "log_prob",
    "m_step",
    "params",
    "posterior",
    "reconstruct",
    "reconstruction_errors",
    "rotate",
    "rotation",
    "sample",
    "scatter",
    "shrinkage",
    "spectrum",
    "standardise",
    "uncertainty",
]


def __dir__() -> list[str]:
    return __all__
