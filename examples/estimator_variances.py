"""How much do estimators of one gradient vary? A table: exact variances, and those of 100,000 samples.

    python -m examples.estimator_variances

The gradient is d/dmu and d/dsigma of E_q f(z), with f(z) = (z - 1)^2 and q = N(0, 1) (slides "Log-derivative trick",
"Reparametrization trick"). The lines with `# %%` begin a cell of a notebook.
"""

# %% The cost, the distribution and the noise that all estimators share
from dgm import gradients

cost = gradients.COSTS["quadratic"](1.0)
q = gradients.Gaussian(mu=0.0, sigma=1.0)
eps = gradients.noise(100_000, seed=0)      # z = mu + sigma eps

# %% By hand: two of them are a line each
z = q.mu + q.sigma * eps
log_derivative = (z - 1) ** 2 * (z - q.mu) / q.sigma**2      # f(z) d/dmu log q(z)
reparametrization = 2 * (z - 1)                              # d/dmu f(mu + sigma eps)
print(f"d/dmu: exact {2 * (q.mu - 1):.2f}, log-derivative {float(log_derivative.mean()):.2f}, "
      f"reparametrization {float(reparametrization.mean()):.2f}")

# %% All of them, with their exact variances
NAMES = ("log-derivative", "log-derivative + mean baseline", "log-derivative + best baseline", "reparametrization")
print(f"\n{'variance of one sample':32} {'d/dmu':>8} {'sampled':>8} {'d/dsigma':>9} {'sampled':>8}")
for name in NAMES:
    exact = gradients.exact(name, cost, q).variance.tolist()
    sampled = gradients.ESTIMATORS[name](cost, q, eps).var(dim=0).tolist()
    print(f"{name:32} {exact[0]:8.2f} {sampled[0]:8.2f} {exact[1]:9.2f} {sampled[1]:8.2f}")

# %% To know d/dmu to one decimal, its standard error has to be about 0.05: so many samples
for name in ("log-derivative", "reparametrization"):
    variance = float(gradients.exact(name, cost, q).variance[0])
    print(f"{name}: {variance / 0.05**2:,.0f} samples")
