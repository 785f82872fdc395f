"""EM for a mixture of Gaussians, written out in a few lines and compared with `dgm.gmm` step by step.

    python -m examples.em_by_hand

The lines with `# %%` begin a cell: VS Code and Jupyter (with jupytext) open the file as a notebook.
"""

# %% Old Faithful: 272 eruptions, (N, D) = (272, 2): length and waiting time in minutes
from itertools import islice

import torch
from torch.distributions import MultivariateNormal

from dgm import datasets, gmm

x = datasets.load("faithful").x
start = gmm.init(x, k=2, seed=0)      # log_weights (K,), means (K, D), covs (K, D, D)


# %% One step of EM (slide "EM algorithm")
def e_step(theta: gmm.Params) -> tuple[torch.Tensor, float]:
    """q(z) = p(z | x, theta) (N, K), and log p(x | theta) in nats per point."""
    joint = theta.log_weights + MultivariateNormal(theta.means, theta.covs).log_prob(x[:, None])   # log p(x, z | theta)
    evidence = joint.logsumexp(dim=1)                                                              # log p(x | theta)
    return (joint - evidence[:, None]).exp(), float(evidence.mean())


def m_step(q: torch.Tensor) -> gmm.Params:
    """theta = argmax of L(q, theta): weighted shares, means and covariances."""
    n = q.sum(dim=0)                                                # points of each component
    means = q.T @ x / n[:, None]
    apart = x[:, None] - means                                      # (N, K, D)
    covs = torch.einsum("nk,nki,nkj->kij", q, apart, apart) / n[:, None, None]
    return gmm.Params((n / len(x)).log(), means, covs)


# %% Ten steps, beside those of dgm: the same numbers, and log p(x) never falls
theta, by_hand = start, []
for _ in range(10):
    q, log_lik = e_step(theta)
    by_hand.append(log_lik)
    theta = m_step(q)
by_dgm = [step.log_lik for step in islice(gmm.em(x, start, floor=0), 10)]      # floor=0: exact maximum likelihood

print("step   by hand       dgm           (log p(x), nats per point)")
for index, (own, other) in enumerate(zip(by_hand, by_dgm, strict=True)):
    print(f"{index:4d}   {own:.8f}   {other:.8f}")
