"""The final algorithm as its slide prints it: n on the reconstruction's gradient alone.

    printed   n grad log p(x_i | z*) - grad KL(q(z | x_i) || p(z))  =  n [grad log p - beta grad KL],   beta = 1/n

So it trains L_beta with beta = 1/n: the prior counts n times too little. The toy z ~ N(0, 1), x | z ~ N(z, 1) has the
optimum of L_beta in closed form; the linear VAE's is `dgm.ppca.linear_vae.optimum(..., beta=1/n)`. Nats.
"""

import math
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from dgm.arguments import as_integer, as_number, as_vector
from dgm.errors import DivergedError
from dgm.gaussian import LOG_2PI
from dgm.vae.model import Config, as_config

MAX_IMAGES = 10**9
MAX_STEPS = 100_000
LARGEST = 1e6       # of x and of means
WIDEST = 50.0       # log-variance, either way


class Toy(NamedTuple):
    """q = N(mean, variance) of the toy."""

    mean: float
    variance: float


def configured(config: Config, n: int) -> Config:
    """The configuration that trains what the slide prints for n images: beta / n in place of beta.

    The printed gradient is n times that of the result, so SGD's rate has to be n times smaller for the same steps as
    printed; Adam and RMSProp divide by the gradient's size. ArgumentError for no Config and n < 1.

    >>> from dgm import vae
    >>> from dgm.vae.runs import as_printed
    >>> as_printed.configured(vae.Config(), 100).beta
    0.01
    """
    config, n = as_config(config), as_integer(n, "n", 1, MAX_IMAGES)
    return replace(config, beta=config.beta / n)


def toy_posterior(x: float, n: int = 1) -> Toy:
    """Where the printed rule ends for one x: N(n x / (n + 1), 1 / (n + 1)); n = 1 is the exact posterior.

    >>> from dgm.vae.runs import as_printed
    >>> [round(number, 4) for number in as_printed.toy_posterior(2.0, n=10)]
    [1.8182, 0.0909]
    """
    x, n = as_number(x, "x", -LARGEST, LARGEST), as_integer(n, "n", 1, MAX_IMAGES)
    return Toy(n * x / (n + 1), 1 / (n + 1))


def toy_objective(mean: float, variance: float, x: float, n: int = 1) -> float:
    """L_beta of q = N(mean, variance) in the toy, beta = 1/n: E log N(x | z, 1) - KL(q || N(0, 1)) / n, nats.

    >>> from dgm.vae.runs import as_printed
    >>> round(as_printed.toy_objective(1.0, 0.5, 2.0), 4)        # log N(2 | 0, 2): the bound is reached
    -2.2655
    """
    mean, variance = as_number(mean, "mean", -LARGEST, LARGEST), as_number(variance, "variance", above=0)
    x, n = as_number(x, "x", -LARGEST, LARGEST), as_integer(n, "n", 1, MAX_IMAGES)
    recon = -0.5 * (LOG_2PI + (x - mean) ** 2 + variance)
    return recon - 0.5 * (mean**2 + variance - 1 - math.log(variance)) / n


def toy_gradient(mean: float, log_var: float, x: float, n: int = 1) -> tuple[float, float]:
    """The printed gradient in mean and log-variance, n on the first term alone: n grad E log p - grad KL.

    >>> from dgm.vae.runs import as_printed
    >>> as_printed.toy_gradient(0.0, 0.0, 2.0, n=10)
    (20.0, -5.0)
    """
    mean, log_var = as_number(mean, "mean", -LARGEST, LARGEST), as_number(log_var, "log_var", -WIDEST, WIDEST)
    x, n = as_number(x, "x", -LARGEST, LARGEST), as_integer(n, "n", 1, MAX_IMAGES)
    return n * (x - mean) - mean, -0.5 * n * math.exp(log_var) - 0.5 * math.expm1(log_var)


def toy_path(x: float, n: int = 1, steps: int = 60, rate: float = 0.3,
             start: tuple[float, float] = (0.0, 1.0)) -> Tensor:
    """Mean and variance of q along gradient ascent with the printed rule, the gradient divided by n.

    start: mean and variance. Returns (steps + 1, 2) float64. DivergedError when the rate is too large.

    >>> from dgm.vae.runs import as_printed
    >>> [round(number, 2) for number in as_printed.toy_path(2.0, n=10, steps=400)[-1].tolist()]
    [1.82, 0.09]
    """
    steps, rate = as_integer(steps, "steps", 0, MAX_STEPS), as_number(rate, "rate", above=0)
    n = as_integer(n, "n", 1, MAX_IMAGES)
    mean, variance = as_vector(start, "start", size=2).tolist()
    variance = as_number(variance, "the variance of start", above=0)
    path = [(mean, variance)]
    for _ in range(steps):
        log_var = math.log(path[-1][1])
        if not (abs(path[-1][0]) <= LARGEST and abs(log_var) <= WIDEST):
            raise DivergedError(f"the path leaves the range of numbers after {len(path) - 1} steps: lower the rate")
        d_mean, d_log_var = toy_gradient(path[-1][0], log_var, x, n)
        moved = max(-WIDEST - 1, min(log_var + rate * d_log_var / n, WIDEST + 1))
        path.append((path[-1][0] + rate * d_mean / n, math.exp(moved)))
    return torch.tensor(path, dtype=torch.float64)
