"""The gradient of minus the bound of one mini-batch (slides "Log-derivative trick", "Reparametrization trick").

    -L = 1/B sum_n [ -log p(x_n | z_n) + beta KL(q(z | x_n) || p(z)) ],   z = mu + sigma eps,   lv = log sigma^2

In theta the gradient is that of log p(x | z) at the z that were drawn. In phi there are two estimates of the gradient
of E_q log p(x | z), and they differ in two lines, `_reparametrization` and `_log_derivative`. The KL's part is exact:

    d mu = beta mu,    d lv = beta (e^lv - 1) / 2

Shapes: B images of D pixels, L latents. A slope is the derivative of -L; the factor 1/B is already in it.
"""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from dgm.gaussian import LOG_2PI
from dgm.vae.backward.dense import Part
from dgm.vae.model import LOG_VAR_LIMIT, Config

_softplus = torch.ops.aten.softplus.out     # into prepared memory, which torch.nn.functional does not offer
_tanh_slope = torch.ops.aten.tanh_backward.grad_input


class Bound:
    """Memory for the bound of a batch and its gradient, for one set of parameters."""

    def __init__(self, config: Config, params: Mapping[str, Tensor], slopes: Mapping[str, Tensor], rows: int) -> None:
        """params, slopes: views of the vectors that hold the parameters and receive the gradient. rows: B."""
        self.config, self.rows = config, rows
        self.encoder, self.decoder = (Part(name, params, slopes, rows) for name in ("encoder", "decoder"))
        self.slope = torch.empty_like(self.decoder.output)       # (B, D) of the decoder's output
        self.q_slope = torch.empty_like(self.encoder.output)     # (B, 2 L) of the encoder's
        shape = rows, config.latent
        self.squash, self.log_var, self.deviation, self.spread, self.z = (
            self.slope.new_empty(shape) for _ in range(5))
        self.mean = self.encoder.output[:, : config.latent]
        self.mean_slope, self.log_var_slope = torch.split(self.q_slope, config.latent, 1)

    def gradient(self, x: Tensor, eps: Tensor, beta: float) -> Tensor:
        """Write the gradient for images x (B, D) and noise eps (B, L); return -L, a scalar, nats per image."""
        self._encode(x)
        loss = ESTIMATORS[self.config.gradient](self, x, eps)
        return self._add_kl(loss.sum(), beta)

    def _encode(self, x: Tensor) -> None:
        """q(z | x): mean, log-variance within its limit, standard deviation."""
        raw = self.encoder.forward(x)[:, self.config.latent :]
        torch.mul(raw, 1 / LOG_VAR_LIMIT, out=self.squash).tanh_()
        torch.mul(self.squash, LOG_VAR_LIMIT, out=self.log_var)
        torch.mul(self.log_var, 0.5, out=self.deviation).exp_()

    def draw(self, eps: Tensor) -> Tensor:
        """z = mu + sigma eps (B, L)."""
        return torch.addcmul(self.mean, self.deviation, eps, out=self.z)

    def decode(self, x: Tensor, z: Tensor) -> Tensor:
        """-log p(x | z) (B,), with its gradient in theta."""
        loss = LOSSES[self.config.likelihood](x, self.decoder.forward(z), self.slope, self.config)
        self.decoder.backward(self.slope.mul_(1 / self.rows))
        return loss

    def _add_kl(self, loss: Tensor, beta: float) -> Tensor:
        """-L, with its gradient in phi, from the sum of -log p(x | z) and the slopes of that part in q."""
        share = beta / self.rows
        torch.expm1(self.log_var, out=self.spread)
        self.mean_slope.add_(self.mean, alpha=share)
        self.log_var_slope.add_(self.spread, alpha=0.5 * share)
        # Through lv = limit tanh(raw / limit), whose slope is 1 - squash^2.
        _tanh_slope(self.log_var_slope, self.squash, grad_input=self.log_var_slope)
        self.encoder.backward(self.q_slope)
        kl = self.spread.sub_(self.log_var).addcmul_(self.mean, self.mean).sum()
        return kl.mul_(0.5 * share).add_(loss, alpha=1 / self.rows)


# --- log p(x | z) and its slope in the decoder's output ---------------------------------------------------------

def _bernoulli(x: Tensor, output: Tensor, slope: Tensor, _: Config) -> Tensor:
    """-log p = log(1 + e^y) - x y for logits y; its slope is sigmoid(y) - x."""
    loss = _softplus(output, out=slope).addcmul_(x, output, value=-1).sum(-1)
    torch.sigmoid(output, out=slope).sub_(x)
    return loss


def _gaussian(x: Tensor, output: Tensor, slope: Tensor, config: Config) -> Tensor:
    """-log p = |x - y|^2 / (2 sigma^2) + D/2 log(2 pi sigma^2) for means y; its slope is (y - x) / sigma^2."""
    loss = torch.sub(output, x, out=slope).square().sum(-1).mul_(0.5 / config.sigma2)
    slope.mul_(1 / config.sigma2)
    return loss.add_(0.5 * x.shape[1] * (LOG_2PI + math.log(config.sigma2)))


LOSSES: dict[str, Callable[[Tensor, Tensor, Tensor, Config], Tensor]] = {
    "bernoulli": _bernoulli, "gaussian": _gaussian}   # x, output, memory for the slope -> -log p(x | z) (B,)


# --- estimates of the gradient in phi of E_q[-log p(x | z)] -----------------------------------------------------

def _reparametrization(bound: Bound, x: Tensor, eps: Tensor) -> Tensor:
    """Through z = mu + sigma eps: d mu = dz, d lv = dz eps sigma / 2, where dz is the slope of -log p(x | z) in z."""
    loss = bound.decode(x, bound.draw(eps))
    bound.decoder.input_slope(bound.mean_slope)
    torch.mul(bound.mean_slope, eps, out=bound.log_var_slope).mul_(bound.deviation).mul_(0.5)
    return loss


def _log_derivative(bound: Bound, x: Tensor, eps: Tensor) -> Tensor:
    """-log p(x | z) grad log q(z | x): d mu = -log p eps / sigma, d lv = -log p (eps^2 - 1) / 2; no slope in z."""
    loss = bound.decode(x, bound.draw(eps))
    weight = (loss / bound.rows)[:, None]
    torch.div(eps, bound.deviation, out=bound.mean_slope).mul_(weight)
    torch.square(eps, out=bound.log_var_slope).sub_(1).mul_(weight).mul_(0.5)
    return loss


def _exact(bound: Bound, x: Tensor, _: Tensor) -> Tensor:
    """The expectation itself for a linear Gaussian decoder: at z = mu, plus sum_l var_l |w_l|^2 / (2 sigma^2)."""
    loss = bound.decode(x, bound.mean)
    bound.decoder.input_slope(bound.mean_slope)
    layer, noise = bound.decoder.out, bound.config.sigma2
    variance, length = bound.log_var.exp(), layer.weight.square().sum(0)
    torch.mul(variance, length, out=bound.log_var_slope)
    loss.add_(bound.log_var_slope.sum(1), alpha=0.5 / noise)
    bound.log_var_slope.mul_(0.5 / noise / bound.rows)
    layer.weight_slope.addcmul_(layer.weight, variance.mean(0), value=1 / noise)
    return loss


ESTIMATORS: dict[str, Callable[[Bound, Tensor, Tensor], Tensor]] = {
    "reparametrization": _reparametrization, "log-derivative": _log_derivative, "exact": _exact}
