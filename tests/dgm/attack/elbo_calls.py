"""A valid call of every public callable of dgm.elbo and of its modules."""

import torch

from dgm import elbo
from tests.dgm.attack.discovery import Call

Z = torch.tensor([-1.0, 0.0, 2.5], dtype=torch.float64)
COINS_Z = torch.tensor([0.0, 1.0, 1.0], dtype=torch.float64)


def calls() -> dict[str, Call]:
    return {**model_calls(), **family_calls(), **bound_calls()}


def model_calls() -> dict[str, Call]:
    model, coins = elbo.NormalModel(slope=0.5, curvature=1.0, noise=0.5), elbo.TwoCoins(0.5, 3)
    both = {"x": 1.5, "z": Z}
    posterior = elbo.Posterior(model, 1.5)
    return {
        "NormalModel": Call(elbo.NormalModel, {
            "weights": [0.5, 0.5], "means": [-2.0, 2.0], "sds": [0.5, 1.0], "slope": 1.0, "intercept": 0.0,
            "curvature": 0.0, "noise": 1.0}),
        "NormalModel.mean": Call(model.mean, {"z": Z}),
        "NormalModel.log_prior": Call(model.log_prior, {"z": Z}),
        "NormalModel.log_likelihood": Call(model.log_likelihood, both),
        "NormalModel.log_joint": Call(model.log_joint, both),
        "NormalModel.log_evidence": Call(model.log_evidence, {"x": 1.5}),
        "NormalModel.posterior": Call(model.posterior, {"x": 1.5}),
        "NormalModel.sample": Call(model.sample, {"n": 4, "seed": 0}),
        "Posterior": Call(elbo.Posterior, {"model": model, "x": 1.5}),
        "Posterior.log_prob": Call(posterior.log_prob, {"z": Z}),
        "Posterior.sample": Call(posterior.sample, {"n": 4, "seed": 0}),
        "TwoCoins": Call(elbo.TwoCoins, {"bias": 0.5, "tosses": 2, "weight": 0.25}),
        "TwoCoins.log_prior": Call(coins.log_prior, {"z": COINS_Z}),
        "TwoCoins.log_likelihood": Call(coins.log_likelihood, {"x": 1, "z": COINS_Z}),
        "TwoCoins.log_joint": Call(coins.log_joint, {"x": 1, "z": COINS_Z}),
        "TwoCoins.log_evidence": Call(coins.log_evidence, {"x": 1}),
        "TwoCoins.posterior": Call(coins.posterior, {"x": 1}),
        "evidence_curve": Call(elbo.evidence_curve, {"model": model, "xs": Z}),
    }


def family_calls() -> dict[str, Call]:
    families = {
        "Gaussian": Call(elbo.Gaussian, {"mean": 0.5, "sd": 1.0}),
        "Mixture": Call(elbo.Mixture, {"weights": [0.5, 0.5], "means": [-2.0, 2.0], "sds": [0.5, 1.0]}),
        "Histogram": Call(elbo.Histogram, {"low": -1.0, "high": 3.0, "masses": [0.25, 0.75]}),
        "Categorical": Call(elbo.Categorical, {"probabilities": [0.25, 0.75]}),
    }
    made = {name: call.function(**call.args) for name, call in families.items()}
    log_probs = {f"{name}.log_prob": Call(q.log_prob, {"z": COINS_Z if name == "Categorical" else Z})
                 for name, q in made.items()}
    samples = {f"{name}.sample": Call(q.sample, {"n": 4, "seed": 0}) for name, q in made.items()}
    return families | log_probs | samples


def bound_calls() -> dict[str, Call]:
    model, q = elbo.NormalModel(), elbo.Gaussian(0.5, 1.0)
    return {
        "elbo": Call(elbo.elbo, {"model": model, "q": q, "x": 1.5}),
        "histogram_of": Call(elbo.histogram_of, {"model": model, "x": 1.5, "low": -3.0, "high": 3.0, "count": 4}),
    }
