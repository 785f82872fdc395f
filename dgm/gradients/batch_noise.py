"""Where the noise of a mini-batch gradient comes from (slides "Mini-batching (1) + Monte-Carlo (2)").

Linear VAE: z ~ N(0, I), x | z ~ N(W z + m, s2 I), q(z | x) = N(V (x - m), diag d). For i ~ U[1, n], z ~ q(z | x_i):
Var G = Var_i E[G | i] (batch part) + E_i Var[G | i] (Monte Carlo part), both exact. A batch of B with K draws each
has batch / B + monte_carlo / (B K). Gradients are of the mean bound over the n points, in nats.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import ppca, runtime
from dgm.arguments import as_flag, as_integer, as_matrix, as_number, as_seed, as_vector, require_kind
from dgm.errors import ArgumentError
from dgm.gaussian import log_isotropic_normal
from dgm.gradients.draws import Gaussian

ROUNDING = 1e-24     # of the Monte Carlo part: 1e-12 of a deviation


class LinearVAE(NamedTuple):
    """Linear decoder W z + m with noise s2, linear encoder N(V (x - m), diag d)."""

    mean: Tensor      # (D,)     m
    W: Tensor         # (D, q)
    noise_var: float  # s2
    V: Tensor         # (q, D)
    code_var: Tensor  # (q,)     d


class VarianceSplit(NamedTuple):
    """Exact moments of one gradient entry by entry, for one point drawn at random and one z."""

    mean: Tensor         # the gradient of the mean bound
    batch: Tensor        # Var_i E[G | i]
    monte_carlo: Tensor  # E_i Var[G | i]

    def total(self, batch_size: int = 1, draws: int = 1) -> tuple[float, float]:
        """The two parts summed over entries, for `batch_size` points (with replacement) and `draws` z each.

        ArgumentError for numbers that are not whole, or below 1.
        """
        batch_size, draws = as_integer(batch_size, "batch_size", 1), as_integer(draws, "draws", 1)
        return float(self.batch.sum()) / batch_size, float(self.monte_carlo.sum()) / (batch_size * draws)


def at_maximum_likelihood(x: Any, q: int, noise_var: float | None = None) -> LinearVAE:
    """PPCA's maximum likelihood as a linear VAE: there the best encoder is the exact posterior.

    x: (n, D); q: latent dimensions; noise_var: s2, otherwise the one of maximum likelihood.
    ArgumentError or DataError as `ppca.fit`.

    >>> import torch
    >>> from dgm.gradients import batch_noise
    >>> x = torch.tensor([[-2.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> model = batch_noise.at_maximum_likelihood(x, 1)
    >>> model.noise_var, round(float(model.W.square().sum()), 6)     # eigenvalues 2 and 0.5
    (0.5, 1.5)
    """
    noise_var = None if noise_var is None else as_number(noise_var, "noise_var", above=0)
    fitted = ppca.fit(as_matrix(x, "x"), as_integer(q, "q", 1), noise_var)
    return with_best_encoder(fitted.mean, fitted.W, float(fitted.sigma2))


def with_best_encoder(mean: Tensor, W: Tensor, noise_var: float) -> LinearVAE:
    """The best linear encoder for a decoder: the posterior mean, and variances 1 / diagonal of the posterior precision.

    mean: (D,); W: (D, q); noise_var: s2 > 0. ArgumentError or DataError for others.

    >>> import torch
    >>> from dgm.gradients import batch_noise
    >>> model = batch_noise.with_best_encoder(torch.zeros(1), torch.ones(1, 1), 1.0)     # z | x ~ N(x / 2, 1 / 2)
    >>> model.V.item(), model.code_var.item()
    (0.5, 0.5)
    """
    mean, W, noise_var = as_vector(mean, "mean"), as_matrix(W, "W"), as_number(noise_var, "noise_var", above=0)
    if len(mean) != len(W):
        raise ArgumentError(f"mean has {len(mean)} numbers and W {len(W)} rows: give one row for each")
    precision = torch.eye(W.shape[1], dtype=W.dtype) + W.T @ W / noise_var
    return LinearVAE(mean, W, noise_var, torch.linalg.solve(precision, W.T) / noise_var, 1 / precision.diagonal())


def perturbed(model: LinearVAE, size: float, seed: int = 0) -> LinearVAE:
    """The model with N(0, size^2 * mean square) added to each entry of W and V: a state as during training.

    >>> import torch
    >>> from dgm.gradients import batch_noise
    >>> model = batch_noise.with_best_encoder(torch.zeros(1), torch.ones(1, 1), 1.0)
    >>> torch.equal(batch_noise.perturbed(model, 0.0).W, model.W)
    True
    """
    model, size, rng = _checked(model), as_number(size, "size"), runtime.generator(as_seed(seed))

    def with_noise(a: Tensor) -> Tensor:
        return a + size * a.square().mean().sqrt() * torch.randn(a.shape, generator=rng, dtype=a.dtype)

    return model._replace(W=with_noise(model.W), V=with_noise(model.V))


def _checked(model: LinearVAE) -> LinearVAE:
    """The model with its fields as float64 of shapes that fit."""
    require_kind(model, "model", LinearVAE, "a LinearVAE such as at_maximum_likelihood(x, q)")
    mean, W = as_vector(model.mean, "mean"), as_matrix(model.W, "W")
    V, code_var = as_matrix(model.V, "V"), as_vector(model.code_var, "code_var")
    if W.shape != (len(mean), len(code_var)) or V.shape != (len(code_var), len(mean)):
        raise ArgumentError(f"W has the shape {tuple(W.shape)}, V {tuple(V.shape)}: give (D, q) and (q, D) for D = "
                            f"{len(mean)} and q = {len(code_var)}")
    if bool((code_var < 0).any()):
        raise ArgumentError("code_var holds a negative number: give variances")
    return LinearVAE(mean, W, as_number(model.noise_var, "noise_var", above=0), V, code_var)


def _centred(model: LinearVAE, x: Any) -> tuple[LinearVAE, Tensor]:
    """The checked model, and x less its mean, (n, D)."""
    model = _checked(model)
    return model, as_matrix(x, "x", columns=len(model.mean)) - model.mean


def _split(mean: Tensor, variance: Tensor) -> VarianceSplit:
    """From the conditional mean and variance of each point, (n, ...). A batch part that is only rounding is 0."""
    batch, monte_carlo = mean.var(0, unbiased=False), variance.mean(0)
    batch = torch.where(batch <= ROUNDING * monte_carlo, 0.0, batch)
    found = VarianceSplit(mean.mean(0), batch, monte_carlo)
    if any(bool(part.isnan().any()) for part in found):
        raise ArgumentError("the gradients leave the range of numbers: scale the data, for example to unit variance")
    return found


def decoder(model: LinearVAE, x: Any) -> VarianceSplit:
    """G = grad_W log p(x_i | z) = (x_i - m - W z) z^T / s2: moments of products of joint Gaussians.

    x: (n, D). Each field has the shape of W, (D, q).

    >>> import torch
    >>> from dgm.gradients import batch_noise
    >>> model = batch_noise.with_best_encoder(torch.zeros(1), torch.ones(1, 1), 1.0)
    >>> batch_noise.decoder(model, [[1.0], [-1.0]]).mean.item()     # E[(1 - z) z], z ~ N(1/2, 1/2)
    -0.25
    """
    model, x = _centred(model, x)
    code = x @ model.V.T                                                       # (n, q)
    residual = x - code @ model.W.T                                            # (n, D)
    cov_r = (model.W**2) @ model.code_var                                      # (D,)   Var r
    cross = -model.W * model.code_var                                          # (D, q) Cov(r, z)
    r, z = residual[:, :, None], code[:, None, :]
    mean = r * z + cross
    variance = (r**2 * model.code_var + z**2 * cov_r[:, None] + 2 * r * z * cross + cov_r[:, None] * model.code_var
                + cross**2)
    return _split(mean / model.noise_var, variance / (model.noise_var * model.noise_var))


def encoder_reparametrized(model: LinearVAE, x: Any) -> VarianceSplit:
    """G = [W^T (x_i - m - W z) / s2 - V (x_i - m)] (x_i - m)^T: the reparametrization, with the KL analytic.

    x: (n, D). Each field has the shape of V, (q, D).

    >>> import torch
    >>> from dgm.gradients import batch_noise
    >>> model = batch_noise.with_best_encoder(torch.zeros(1), torch.ones(1, 1), 1.0)
    >>> split = batch_noise.encoder_reparametrized(model, [[1.0], [-1.0]])
    >>> split.mean.item(), split.batch.item(), split.monte_carlo.item()
    (0.0, 0.0, 0.5)
    """
    model, x = _centred(model, x)
    code = x @ model.V.T
    back = (x - code @ model.W.T) @ model.W / model.noise_var                  # (n, q)
    M = model.W.T @ model.W / model.noise_var
    spread = (M**2) @ model.code_var                                           # (q,)
    return _split((back - code)[:, :, None] * x[:, None, :], spread[:, None] * x[:, None, :] ** 2)


def encoder_log_derivative(model: LinearVAE, x: Any) -> VarianceSplit:
    """G = log p(x_i | z) grad_V log q(z | x_i) - grad_V KL, no baseline; f is a quadratic form in the noise e.

    f = f0 + g'e + e'He:
    E[f^2 e_b^2] = f0^2 + 2 f0 h1_b + |g|^2 + 2 g_b^2 + (tr H)^2 + 2 tr H^2 + 4 tr H H_bb + 8 (H^2)_bb,
    h1_b = tr H + 2 H_bb, and E[f e_b] = g_b.

    x: (n, D). Each field has the shape of V, (q, D).

    >>> import torch
    >>> from dgm.gradients import batch_noise
    >>> model = batch_noise.with_best_encoder(torch.zeros(1), torch.ones(1, 1), 1.0)
    >>> split = batch_noise.encoder_log_derivative(model, [[1.0], [-1.0]])
    >>> round(split.mean.item(), 9), split.monte_carlo.item() > 0.5
    (0.0, True)
    """
    model, x = _centred(model, x)
    root = model.code_var.sqrt()
    code = x @ model.V.T
    residual = x - code @ model.W.T
    f0 = log_isotropic_normal(residual, 0.0, model.noise_var)[:, None]         # (n, 1)
    g = residual @ model.W / model.noise_var * root                            # (n, q)
    H = -(root[:, None] * (model.W.T @ model.W) * root) / (2 * model.noise_var)
    h, H2, trace = H.diagonal(), H @ H, H.trace()
    square = (f0**2 + 2 * f0 * (trace + 2 * h) + (g**2).sum(1, keepdim=True) + 2 * g**2
              + trace**2 + 2 * H2.trace() + 4 * trace * h + 8 * H2.diagonal())
    scaled = (square - g**2) / model.code_var
    return _split((g / root - code)[:, :, None] * x[:, None, :], scaled[:, :, None] * x[:, None, :] ** 2)


SPLITS: dict[str, Callable[[LinearVAE, Any], VarianceSplit]] = {
    "decoder W": decoder,
    "encoder V, reparametrization": encoder_reparametrized,
    "encoder V, log-derivative": encoder_log_derivative,
}


def toy_optimum(n: float, x: float = 2.0, printed: bool = True, noise_var: float = 1.0) -> Gaussian:
    """The q at which the slide's rule is stationary, for n copies of x under z ~ N(0, 1), x | z ~ N(z, noise_var).

    The rule as printed, n grad log p - grad KL, is zero at N(n x / (n + s2), s2 / (n + s2)), the optimum of the bound
    with weight 1 / n on the KL (slide "Final algorithm"). With printed=False n multiplies both terms, and q is the
    posterior of one point, N(x / (1 + s2), s2 / (1 + s2)).
    ArgumentError for n < 1, or a noise_var that is not positive.

    >>> from dgm.gradients import batch_noise
    >>> q = batch_noise.toy_optimum(10, printed=False)
    >>> q.mu, round(q.sigma**2, 6)
    (1.0, 0.5)
    """
    n, x, printed = as_number(n, "n", low=1), as_number(x, "x"), as_flag(printed, "printed")
    noise_var = as_number(noise_var, "noise_var", above=0)
    weight = n if printed else 1.0
    total = weight + noise_var
    return Gaussian(weight / total * x, (noise_var / total) ** 0.5)
