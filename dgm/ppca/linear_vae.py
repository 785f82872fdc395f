"""A VAE with linear layers is the PCA model: the maximum of its training objective is known in closed form.

With fixed noise sigma^2 and weight beta on the KL, the best linear VAE has (lambda: eigenvalues of S)

    |w_j|^2 = max(0, lambda_j - beta sigma^2),   var q(z_j | x) = min(1, beta sigma^2 / lambda_j),
    mean KL_j = max(0, 1/2 log(lambda_j / (beta sigma^2))),

so a latent is active exactly where lambda_j > beta sigma^2 (Lucas et al. 2019, "Don't blame the ELBO!").
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import vae
from dgm.arguments import as_integer, as_number, as_seed, as_vector, require_kind, shown
from dgm.errors import ArgumentError, DataError
from dgm.gaussian import LOG_2PI, kl_to_standard_normal
from dgm.ppca.covariance_spectrum import Spectrum, as_complete, as_data, check_q, check_spectrum, spectrum
from dgm.ppca.maximum_likelihood import noiseless
from dgm.ppca.model import Params, log_prob, params
from dgm.ppca.profile_likelihood import profile_log_lik

SMALLEST_DEVIATION, LARGEST_DEVIATION = 0.01, 100.0     # of the data, per column
MOST_LATENTS = 16      # of a VAE
DECODER = "decoder.out.bias", "decoder.out.weight"
EVERY = 50                         # steps between two measurements of the gap
FIRST_RATE, SMALLEST_RATE, LARGEST_RATE = 0.1, 1e-9, 0.2
FASTER, SLOWER = 1.2, 0.5          # factors of the rate: where the gap is below the last three, and where it is not
LONGEST = 60.0                     # times the root of the gap: the largest rate near the maximum
ACTIVE_KL = 0.01                   # nats: a latent with less mean KL than this is inactive


class Optimum(NamedTuple):
    """The best linear VAE for one noise and beta, (q,) each."""

    squared_length: Tensor   # |w_j|^2
    variance: Tensor         # of q(z_j | x), the same for every x
    kl: Tensor               # mean over the data of KL(q(z_j | x) || prior), nats


class Units(NamedTuple):
    """The same numbers of a trained linear VAE; latents in order of their KL, largest first."""

    squared_length: Tensor   # (L,)
    variance: Tensor         # (L,) mean over the data
    kl: Tensor               # (L,)

    @property
    def active(self) -> int:
        """Number of latents with a mean KL above ACTIVE_KL (active units, Burda et al. 2016).

        >>> import torch
        >>> from dgm.ppca.linear_vae import Units
        >>> Units(torch.ones(2), torch.ones(2), torch.tensor([0.8, 0.0])).active
        1
        """
        return int((self.kl > ACTIVE_KL).sum())


class Collapse(NamedTuple):
    """The best linear VAE along a path of sigma^2 or beta."""

    squared_length: Tensor   # (S, q)
    kl: Tensor               # (S, q) nats


class Training(NamedTuple):
    """A linear VAE in training and its distance to the exact maximum, every EVERY steps."""

    checkpoint: vae.Checkpoint
    maximum: float                  # of the objective, nats per row
    steps: tuple[int, ...] = ()
    gaps: tuple[float, ...] = ()    # nats per row

    @property
    def step(self) -> int:
        return self.checkpoint.step


def optimum(spec: Spectrum, q: int, sigma2: float, beta: float = 1.0) -> Optimum:
    """The best linear VAE from the top q eigenvalues: the three formulas above (Lucas et al. 2019).

    q: 0 .. D. Returns three tensors (q,). ArgumentError for another q, and unless sigma2 and beta are positive.

    >>> from dgm import ppca
    >>> from dgm.ppca.linear_vae import optimum
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])      # eigenvalues 2 and 1/2
    >>> best = optimum(spec, 2, sigma2=1.0)
    >>> best.squared_length.tolist(), best.variance.tolist()
    ([1.0, 0.0], [0.5, 1.0])
    """
    spec = check_spectrum(spec)
    level = _level(sigma2, beta)
    values = spec.values[: check_q(q, len(spec.values), fixed_noise=True)]
    active = values > level
    share = torch.where(active, level / torch.where(active, values, 1.0), 1.0)
    return Optimum((values - level).clamp_min(0), share, torch.where(active, -0.5 * share.log(), 0.0))


def active_count(spec: Spectrum, sigma2: float, beta: float = 1.0) -> int:
    """How many latents the best linear VAE uses at most: the eigenvalues above beta sigma^2 (Lucas et al. 2019).

    ArgumentError unless sigma2 and beta are positive.

    >>> from dgm import ppca
    >>> from dgm.ppca.linear_vae import active_count
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])      # eigenvalues 2 and 1/2
    >>> [active_count(spec, 1.0, beta) for beta in (0.1, 1.0, 3.0)]
    [2, 1, 0]
    """
    return int((check_spectrum(spec).values > _level(sigma2, beta)).sum())


def _level(sigma2: Any, beta: Any) -> float:
    """beta sigma^2, the eigenvalue below which a latent is inactive."""
    noise, weight = as_number(sigma2, "sigma2"), as_number(beta, "beta")
    if not (noise > 0 and weight > 0):
        raise ArgumentError(f"sigma2 = {noise:g} and beta = {weight:g}: both have to be positive")
    if not 0 < noise * weight < math.inf:
        raise ArgumentError(f"sigma2 = {noise:g} times beta = {weight:g} leaves the range of floats: change the unit "
                            "of the data")
    return noise * weight


def maximum(spec: Spectrum, q: int, sigma2: float, beta: float = 1.0) -> float:
    """max of E_q log p(x | z) - beta KL over all linear VAEs, mean nats per row; PPCA's log-likelihood at beta = 1.

    Divided by beta it is the bound of a model with noise beta sigma^2, but for the normalising constant.
    q: 0 .. D. ArgumentError for another q, and unless sigma2 and beta are positive.

    >>> from dgm import ppca
    >>> from dgm.ppca.linear_vae import maximum
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])
    >>> round(maximum(spec, 1, spec.noise(1)), 4)
    -2.8379
    """
    spec, level = check_spectrum(spec), _level(sigma2, beta)
    dim, sigma2, beta = len(spec.values), float(sigma2), float(beta)
    inner = float(profile_log_lik(spec, q, level)) + dim / 2 * (LOG_2PI + math.log(level))
    return beta * inner - dim / 2 * (LOG_2PI + math.log(sigma2))


def configure(x: Any, latent: int, sigma2: float | None = None, *, beta: float = 1.0, seed: int = 0) -> vae.Config:
    """Configuration of a linear VAE with exact gradients over all rows; without `sigma2` PPCA's best noise.

    x: (N, D). latent: L. Raises as `dgm.ppca.scatter` and `dgm.vae.Config`; DataError where no noise is left.

    >>> from dgm.ppca import linear_vae
    >>> config = linear_vae.configure([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]], 1)
    >>> config.hidden, config.sigma2
    (0, 0.5)
    """
    latent = as_integer(latent, "latent", 1, MOST_LATENTS)
    if sigma2 is None:
        spec = spectrum(x)
        if why := noiseless(spec, latent, "give sigma2"):
            raise DataError(why)
        sigma2 = spec.noise(latent)
    else:
        as_complete(x)
    noise, beta = as_number(sigma2, "sigma2", above=0), as_number(beta, "beta", above=0)
    return vae.Config(latent=latent, hidden=0, likelihood="gaussian", sigma2=noise, beta=beta, gradient="exact",
                      dtype="float64", batch=0, learning_rate=FIRST_RATE, seed=as_seed(seed))


def init(x: Any, config: vae.Config) -> Training:
    """An untrained linear VAE for `x` (N, D), and its maximum.

    ArgumentError for a configuration that is not linear and Gaussian with exact gradients over all rows, and for one
    of other columns. DataError for columns whose variance is far from 1: gradient steps have a unit.

    >>> from dgm.ppca import linear_vae
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> training = linear_vae.init(x, linear_vae.configure(x, 1))
    >>> training.step, round(training.maximum, 4)
    (0, -2.8379)
    """
    require_kind(config, "config", vae.Config, "what configure returns")
    if config.hidden or config.likelihood != "gaussian" or config.gradient != "exact" or config.batch:
        raise ArgumentError("a linear VAE has hidden=0, likelihood='gaussian', gradient='exact', batch=0: "
                            "use `configure`")
    data = as_complete(x)
    spec = spectrum(data)
    deviation = float(spec.values.mean()) ** 0.5
    if not SMALLEST_DEVIATION < deviation < LARGEST_DEVIATION:
        raise DataError(f"the columns have a standard deviation of about {deviation:.3g}, which gradient steps do not "
                        "reach: give them variance 1 with dgm.ppca.standardise")
    best = maximum(spec, min(config.latent, data.shape[1]), config.sigma2, config.beta)
    checkpoint = vae.init(config, data)
    return Training(checkpoint, best, (0,), (best - objective(checkpoint, data),))


def objective(checkpoint: vae.Checkpoint, x: Any) -> float:
    """Mean of E_q log p(x | z) - beta KL, exact, nats per row.

    Slide "Variational autoencoder (VAE)". x: (N, D). ArgumentError for a checkpoint that is not a linear VAE's.

    >>> from dgm.ppca import linear_vae
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> training = linear_vae.init(x, linear_vae.configure(x, 1))
    >>> linear_vae.objective(training.checkpoint, x) < training.maximum
    True
    """
    recon, kl = vae.elbo_terms(checkpoint, _data_of(checkpoint, x))
    return float((recon - checkpoint.config.beta * kl).mean())


def _data_of(checkpoint: Any, x: Any) -> Tensor:
    """x as the table of this linear VAE's columns."""
    return as_data(x, columns=len(decoder_params(checkpoint).mean))


def advance(training: Training, x: Any, steps: int) -> Training:
    """`steps` gradient steps of `dgm.vae.advance`; pure, and the same however the steps are divided into calls.

    The rate grows while the gap decreases and is halved when it does not: momentum overshoots in the narrow valley
    along the rotations of W, where only the diagonal q has a slope. It falls with the root of the gap, which is in
    proportion to the distance that is left: with rates that do not, Adam leaves the maximum again. x: (N, D), float64.
    DivergedError as `dgm.vae.advance`; DataError for a table of other columns.

    >>> import torch
    >>> from dgm.ppca import linear_vae
    >>> x = torch.tensor([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]], dtype=torch.float64)
    >>> training = linear_vae.advance(linear_vae.init(x, linear_vae.configure(x, 1)), x, 200)
    >>> training.steps, training.gaps[-1] < 0.01 * training.gaps[0]
    ((0, 50, 100, 150, 200), True)
    """
    require_kind(training, "training", Training, "what init returns")
    as_number(training.maximum, "maximum of training")
    if not as_vector(training.gaps, "gaps of training").shape == as_vector(training.steps, "steps of training").shape:
        raise ArgumentError("steps and gaps of training have unequal lengths: use what init or advance returns")
    x = _data_of(training.checkpoint, x)
    end = training.step + as_integer(steps, "steps", 0)
    while training.step < end:
        due = min(end, (training.step // EVERY + 1) * EVERY)
        checkpoint = vae.advance(training.checkpoint, x, due - training.step)
        training = training._replace(checkpoint=checkpoint)
        if checkpoint.step % EVERY == 0:
            training = _measured(training, x)
    return training


def _measured(training: Training, x: Tensor) -> Training:
    """The training with its gap appended and the learning rate of the next steps."""
    checkpoint = training.checkpoint
    gap = max(training.maximum - objective(checkpoint, x), 0.0)
    decreases = gap < min(training.gaps[-3:])
    rate = checkpoint.config.learning_rate * (FASTER if decreases else SLOWER)
    config = replace(checkpoint.config, learning_rate=max(min(rate, LARGEST_RATE, LONGEST * gap**0.5), SMALLEST_RATE))
    return training._replace(checkpoint=vae.reconfigured(checkpoint, config),
                             steps=(*training.steps, checkpoint.step), gaps=(*training.gaps, gap))


def decoder_params(checkpoint: vae.Checkpoint) -> Params:
    """The decoder of a linear VAE as a PCA model: mu its bias (D,), W its weight (D, L), sigma^2 its noise.

    >>> from dgm.ppca import linear_vae
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> theta = linear_vae.decoder_params(linear_vae.init(x, linear_vae.configure(x, 1)).checkpoint)
    >>> tuple(theta.W.shape), float(theta.sigma2)
    ((2, 1), 0.5)
    """
    if not isinstance(checkpoint, vae.Checkpoint) or not isinstance(checkpoint.config, vae.Config):
        raise ArgumentError(f"checkpoint has to be that of a linear VAE, not {shown(checkpoint)}")
    config, weights = checkpoint.config, checkpoint.params
    linear = isinstance(weights, Mapping) and {*DECODER} <= {*weights} and not config.hidden
    if not linear or config.likelihood != "gaussian":
        raise ArgumentError("this checkpoint is not that of a linear VAE with a Gaussian likelihood: use that of "
                            "`init`")
    bias, weight = (weights[name] for name in DECODER)
    return params(bias, weight, config.sigma2)


def evidence(checkpoint: vae.Checkpoint, x: Any) -> float:
    """Mean log p(x | theta) of the decoder, exact, nats per row: the bound at beta = 1 plus KL(q, posterior).

    x: (N, D).

    >>> from dgm.ppca import linear_vae
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> checkpoint = linear_vae.init(x, linear_vae.configure(x, 1)).checkpoint
    >>> linear_vae.evidence(checkpoint, x) >= linear_vae.objective(checkpoint, x)
    True
    """
    return float(log_prob(x, decoder_params(checkpoint)).mean())


def units(checkpoint: vae.Checkpoint, x: Any) -> Units:
    """Squared column length, variance of q and mean KL of every latent, largest KL first.

    x: (N, D). Returns three tensors (L,), to compare with `optimum`.

    >>> from dgm.ppca import linear_vae
    >>> x = [[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]]
    >>> tuple(linear_vae.units(linear_vae.init(x, linear_vae.configure(x, 1)).checkpoint, x).kl.shape)
    (1,)
    """
    q = vae.encode(checkpoint, _data_of(checkpoint, x))
    kl = kl_to_standard_normal(q.mean, q.log_var).mean(0)
    order = kl.argsort(descending=True)
    squared_length = (checkpoint.params["decoder.out.weight"] ** 2).sum(0)
    return Units(squared_length[order], q.log_var.exp().mean(0)[order], kl[order])


def collapse(spec: Spectrum, q: int, sigma2: Sequence[float], beta: Sequence[float]) -> Collapse:
    """`optimum` at every pair of (sigma2, beta): where each latent becomes inactive.

    sigma2, beta: S values each. Returns two tensors (S, q). Raises as `optimum`; ArgumentError for unequal lengths.

    >>> from dgm import ppca
    >>> from dgm.ppca.linear_vae import collapse
    >>> spec = ppca.spectrum([[-2.0, 0.0], [2.0, 0.0], [0.0, -1.0], [0.0, 1.0]])      # eigenvalues 2 and 1/2
    >>> collapse(spec, 2, sigma2=[0.25, 1.0, 3.0], beta=[1.0, 1.0, 1.0]).squared_length.tolist()
    [[1.75, 0.25], [1.0, 0.0], [0.0, 0.0]]
    """
    noises, weights = as_vector(sigma2, "sigma2").tolist(), as_vector(beta, "beta").tolist()
    if len(noises) != len(weights) or not noises:
        raise ArgumentError(f"{len(noises)} values of sigma2 and {len(weights)} of beta: give one of each for every "
                            "place of the path")
    found = [optimum(spec, q, noise, weight) for noise, weight in zip(noises, weights, strict=True)]
    return Collapse(torch.stack([best.squared_length for best in found]), torch.stack([best.kl for best in found]))
