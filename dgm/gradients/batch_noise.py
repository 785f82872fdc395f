"""Where the noise of a mini-batch gradient comes from (slides "Mini-batching (1) + Monte-Carlo (2)").

Linear VAE: z ~ N(0, I), x | z ~ N(W z + m, s2 I), q(z | x) = N(V (x - m), diag d). For i ~ U[1, n], z ~ q(z | x_i):
Var G = Var_i E[G | i] (batch part) + E_i Var[G | i] (Monte Carlo part), both exact. A batch of B with K draws each
has batch / B + monte_carlo / (B K). Gradients are of the mean bound over the n points, in nats.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.gradients.costs import LOG_2PI, tensor
from dgm.gradients.estimators import Gaussian


class LinearVAE(NamedTuple):
    mean: Tensor      # (D,)
    W: Tensor         # (D, q)   decoder
    noise_var: float  # s2
    V: Tensor         # (q, D)   encoder's mean map
    code_var: Tensor  # (q,)     encoder's variances


class Split(NamedTuple):
    """Exact moments of one gradient entry by entry, for one point drawn at random and one z."""

    mean: Tensor         # the gradient of the mean bound
    batch: Tensor        # Var_i E[G | i]
    monte_carlo: Tensor  # E_i Var[G | i]

    def total(self, batch_size: int = 1, draws: int = 1) -> tuple[float, float]:
        """The two parts summed over entries, for `batch_size` points (with replacement) and `draws` z each."""
        return float(self.batch.sum()) / batch_size, float(self.monte_carlo.sum()) / (batch_size * draws)


def at_optimum(x: Any, q: int, noise_var: float | None = None) -> LinearVAE:
    """PPCA's maximum likelihood as a linear VAE: there the encoder is the exact posterior."""
    x = tensor(x)
    m = x.mean(0)
    values, vectors = torch.linalg.eigh((x - m).T @ (x - m) / len(x))
    values, vectors = values.flip(0), vectors.flip(1)
    if not 1 <= q < len(values):
        raise ValueError(f"q must lie between 1 and {len(values) - 1}, not {q}")
    s2 = float(values[q:].mean()) if noise_var is None else noise_var
    W = vectors[:, :q] * (values[:q] - s2).clamp(min=0).sqrt()
    return encoded(m, W, s2)


def encoded(mean: Tensor, W: Tensor, noise_var: float) -> LinearVAE:
    """The best linear encoder for a decoder: posterior mean, diagonal variances 1 / precision."""
    precision = torch.eye(W.shape[1], dtype=W.dtype) + W.T @ W / noise_var
    return LinearVAE(mean, W, noise_var, torch.linalg.solve(precision, W.T) / noise_var, 1 / precision.diagonal())


def perturbed(model: LinearVAE, size: float, seed: int = 0) -> LinearVAE:
    """The model with its decoder and encoder moved at random, relative `size`: the state during training."""
    rng = runtime.generator(seed)

    def shake(a: Tensor) -> Tensor:
        return a + size * a.square().mean().sqrt() * torch.randn(a.shape, generator=rng, dtype=a.dtype)

    return model._replace(W=shake(model.W), V=shake(model.V))


def _split(mean: Tensor, variance: Tensor) -> Split:
    """From the conditional mean and variance of each point, (n, ...)."""
    return Split(mean.mean(0), mean.var(0, unbiased=False), variance.mean(0))


def decoder(model: LinearVAE, x: Any) -> Split:
    """G = grad_W log p(x_i | z) = (x_i - m - W z) z^T / s2, (D, q): products of joint Gaussians."""
    x = tensor(x) - model.mean
    code = x @ model.V.T                                                       # (n, q)
    residual = x - code @ model.W.T                                            # (n, D)
    cov_r = (model.W**2) @ model.code_var                                      # (D,)   Var r
    cross = -model.W * model.code_var                                          # (D, q) Cov(r, z)
    r, z = residual[:, :, None], code[:, None, :]
    mean = r * z + cross
    variance = (r**2 * model.code_var + z**2 * cov_r[:, None] + 2 * r * z * cross + cov_r[:, None] * model.code_var
                + cross**2)
    return _split(mean / model.noise_var, variance / model.noise_var**2)


def encoder_reparametrized(model: LinearVAE, x: Any) -> Split:
    """G = [W^T (x_i - m - W z) / s2 - V (x_i - m)] (x_i - m)^T, (q, D): the KL is analytic."""
    x = tensor(x) - model.mean
    code = x @ model.V.T
    pull = (x - code @ model.W.T) @ model.W / model.noise_var                  # (n, q)
    M = model.W.T @ model.W / model.noise_var
    spread = (M**2) @ model.code_var                                           # (q,)
    return _split((pull - code)[:, :, None] * x[:, None, :], spread[:, None] * x[:, None, :] ** 2)


def encoder_log_derivative(model: LinearVAE, x: Any) -> Split:
    """G = log p(x_i | z) grad_V log q(z | x_i) - grad_V KL, no baseline; f is a quadratic form in the noise.

    f = f0 + g'e + e'He:
    E[f^2 e_b^2] = f0^2 + 2 f0 h1_b + |g|^2 + 2 g_b^2 + (tr H)^2 + 2 tr H^2 + 4 tr H H_bb + 8 (H^2)_bb,
    h1_b = tr H + 2 H_bb, and E[f e_b] = g_b.
    """
    x = tensor(x) - model.mean
    root = model.code_var.sqrt()
    code = x @ model.V.T
    residual = x - code @ model.W.T
    s2, D = model.noise_var, x.shape[1]
    f0 = (-(residual**2).sum(1) / (2 * s2) - D / 2 * (LOG_2PI + torch.log(tensor(s2))))[:, None]     # (n, 1)
    g = residual @ model.W / s2 * root                                         # (n, q)
    H = -(root[:, None] * (model.W.T @ model.W) * root) / (2 * s2)
    h, H2, trace = H.diagonal(), H @ H, H.trace()
    square = (f0**2 + 2 * f0 * (trace + 2 * h) + (g**2).sum(1, keepdim=True) + 2 * g**2
              + trace**2 + 2 * H2.trace() + 4 * trace * h + 8 * H2.diagonal())
    scaled = (square - g**2) / model.code_var
    return _split((g / root - code)[:, :, None] * x[:, None, :], scaled[:, :, None] * x[:, None, :] ** 2)


SPLITS: dict[str, Callable[[LinearVAE, Any], Split]] = {
    "decoder W": decoder,
    "encoder V, reparametrization": encoder_reparametrized,
    "encoder V, log-derivative": encoder_log_derivative,
}


def sample(name: str, model: LinearVAE, x: Any, count: int, seed: int = 0) -> Tensor:
    """`count` draws of the gradient `name`, i ~ U[1, n] and z ~ q(z | x_i): what the exact bars are checked against."""
    rng = runtime.generator(seed)
    x = tensor(x) - model.mean
    x = x[torch.randint(len(x), (count,), generator=rng)]
    eps = torch.randn(count, len(model.code_var), generator=rng, dtype=torch.float64)
    code = x @ model.V.T
    z = code + model.code_var.sqrt() * eps
    r = x - z @ model.W.T
    if name == "decoder W":
        return r[:, :, None] * z[:, None, :] / model.noise_var
    if name == "encoder V, reparametrization":
        return (r @ model.W / model.noise_var - code)[:, :, None] * x[:, None, :]
    f = -(r**2).sum(1) / (2 * model.noise_var) - x.shape[1] / 2 * (LOG_2PI + torch.log(tensor(model.noise_var)))
    return (f[:, None] * eps / model.code_var.sqrt() - code)[:, :, None] * x[:, None, :]


def toy_optimum(n: float, x: float = 2.0, printed: bool = True, noise_var: float = 1.0) -> Gaussian:
    """Where n copies of x under z ~ N(0, 1), x | z ~ N(z, noise_var) lead q.

    The slide's rule n grad log p - grad KL has its zero at N(n x / (n + s2), s2 / (n + s2)), the bound with weight
    1 / n on the KL; with n on both terms q is the posterior of one point, N(x / (1 + s2), s2 / (1 + s2)).
    """
    if not n >= 1:
        raise ValueError(f"n must be at least 1, not {n:g}")
    weight = n if printed else 1.0
    total = weight + noise_var
    return Gaussian(weight * x / total, (noise_var / total) ** 0.5)


def toy_path(n: float, x: float = 2.0, printed: bool = True, steps: int = 60, start: Gaussian | None = None) -> Tensor:
    """(steps + 1, 2) of (mu, sigma): exact ascent on the rule's expected gradient over n, so that rates compare."""
    q = start or Gaussian(0.0, 1.0)
    phi = tensor([float(q.mu), float(q.sigma)])
    path, weight = [phi], 1 / n if printed else 1.0
    for _ in range(steps):
        mu, sigma = phi
        likelihood = torch.stack([x - mu, -sigma])
        kl = torch.stack([mu, sigma - 1 / sigma])
        # Newton's own rate in mu, a damped one in sigma: the fixed point is what matters.
        phi = phi + 0.2 * (likelihood - weight * kl)
        phi = torch.stack([phi[0], phi[1].clamp(min=0.02)])
        path.append(phi)
    return torch.stack(path)
