"""The lower bound of the EM slides for any q.

log p(x | theta) = L(q, theta) + KL(q, p(z | x, theta)),  L = E_q log p(x, z | theta) + H(q), nats per point
(slide "EM algorithm"; Bishop, PRML, eq. 9.70 to 9.72).
"""

from typing import NamedTuple

import torch
from torch import Tensor

from dgm.gmm.log_density import Evaluator, blocks
from dgm.gmm.model import checked, evaluate
from dgm.gmm.params import Params, Points, as_responsibilities

NO_SHARE = -2.0             # stands for log(0/p), times q = 0
ROUNDING = 16 * 2.0**-52    # of log p(x), nats: what float64 leaves of a gap that is zero


class Elbo(NamedTuple):
    """The decomposition of log p(x | theta) at some q, each mean nats per point."""

    bound: float     # L(q, theta) = complete + entropy
    gap: float       # KL(q, p(z | x, theta)), summed on its own, not by subtraction; 0 where it is rounding
    log_lik: float   # incomplete: log p(x | theta)
    complete: float  # E_q log p(x, z | theta)
    entropy: float   # H(q)
    kl: float        # KL(q, pi), pi the weights of the components

    @property
    def reconstruction(self) -> float:
        """E_q log p(x | z, theta) = L + KL(q, pi)."""
        return self.bound + self.kl


def elbo(x: Points, resp: Tensor, params: Params) -> Elbo:
    """L(q, theta), KL(q, posterior) and log p(x | theta) for any responsibilities q.

    log p(x | theta) = L(q, theta) + KL(q, p(z | x, theta))   (slide "EM algorithm", PRML eq. 9.70)

    x: (N, D) points. resp: (N, K), rows sum to 1; one-hot rows make `complete` the log-likelihood log p(x, z | theta)
    of points with known components. params: K components.
    ArgumentError when rows of resp are no distributions over the K components; else errors as `e_step`.

    >>> import torch
    >>> from dgm import datasets, gmm
    >>> x = datasets.load("faithful").x
    >>> parts = gmm.elbo(x, torch.full((272, 2), 0.5), gmm.init(x, 2))
    >>> round(parts.bound + parts.gap - parts.log_lik, 9) == 0, parts.gap > 0
    (True, True)
    """
    z, evaluator, frame, theta = evaluate(x, params)
    q = as_responsibilities(resp, z.shape[1], len(theta.means)).to(z.device)
    gap, incomplete, complete, entropy = (_totals(z, evaluator, q) / len(q)).tolist()
    gap = without_rounding(gap, incomplete)
    complete, incomplete = complete - frame.log_volume, incomplete - frame.log_volume
    counts = q.sum(0)
    expected_log_weight = float(torch.where(counts > 0, counts * theta.log_weights, 0.0).sum()) / len(q)
    return Elbo(complete + entropy, gap, incomplete, complete, entropy, max(-entropy - expected_log_weight, 0.0))


def without_rounding(gap: float, log_lik: float) -> float:
    """A gap of the bound to log_lik, nats: 0 where it is no more than the rounding of log_lik."""
    return gap if gap > ROUNDING * max(abs(log_lik), 1.0) else 0.0


def _totals(z: Tensor, evaluator: Evaluator, q: Tensor) -> Tensor:
    """(4,): sums over the points of KL(q, posterior), log p(z_n), E_q log p(z_n, k) and H(q), working coordinates."""
    totals, k = z.new_zeros(4), q.shape[1]
    for cut in blocks(len(q), evaluator.rows + k, z.device):
        buffer = z.new_empty(evaluator.rows, cut.stop - cut.start)
        joint = z.new_empty(k, cut.stop - cut.start)
        evaluator.log_joint(evaluator.features(z[:, cut], buffer), buffer, joint)
        log_lik, part = checked(joint.logsumexp(0), cut.start), q[cut].T.contiguous()
        none, log_part = part == 0, part.log()
        entropy = part * log_part.masked_fill_(none, 0.0)
        excess = log_part.sub_(joint.sub_(log_lik)).masked_fill_(none, NO_SHARE)   # log(q/p)
        terms = (divergence(part, excess, joint), log_lik, part * excess, entropy)
        gap, total, weighted, negative = (term.sum() for term in terms)
        totals += torch.stack([gap, total, total + negative - weighted, -negative])
    return totals


def divergence(q: Tensor, excess: Tensor, log_p: Tensor) -> Tensor:
    """q log(q/p) - q + p for each entry: sums to KL(q, p), and no entry is negative.

    excess: t = log(q/p), any number below -1 where q is zero. Near zero the entry is q (t + expm1(-t)), of order t^2,
    where q log(q/p) alone is rounding.
    """
    near = excess.neg().expm1_().add_(excess).mul_(q)
    far = log_p.exp().sub_(q).addcmul_(q, excess)
    return torch.where(excess.abs() < 1, near, far).clamp_(min=0)
