"""A valid call of every public callable of dgm.elbo and of its modules."""

import torch

from dgm import elbo, gmm
from dgm.elbo import amortized
from tests.dgm.attack.discovery import Call

Z = torch.tensor([-1.0, 0.0, 2.5], dtype=torch.float64)
COINS_Z = torch.tensor([0.0, 1.0, 1.0], dtype=torch.float64)


def calls() -> dict[str, Call]:
    return {**model_calls(), **family_calls(), **bound_calls(), **table_calls(), **mixture_calls(), **ascent_calls(),
            **amortized_calls()}


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
        "NormalModel.sample": Call(model.sample, {"count": 4, "seed": 0}),
        "Posterior": Call(elbo.Posterior, {"model": model, "x": 1.5}),
        "Posterior.log_prob": Call(posterior.log_prob, {"z": Z}),
        "Posterior.sample": Call(posterior.sample, {"count": 4, "seed": 0}),
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
    samples = {f"{name}.sample": Call(q.sample, {"count": 4, "seed": 0}) for name, q in made.items()}
    return families | log_probs | samples


def bound_calls() -> dict[str, Call]:
    model, q = elbo.NormalModel(), elbo.Gaussian(0.5, 1.0)
    return {
        "elbo": Call(elbo.elbo, {"model": model, "q": q, "x": 1.5}),
        "histogram_of": Call(elbo.histogram_of, {"model": model, "x": 1.5, "low": -3.0, "high": 3.0, "count": 4}),
    }


def table_calls() -> dict[str, Call]:
    model, q = elbo.NormalModel(), elbo.Gaussian(0.5, 1.0)
    table = elbo.q_table(model, 1.5, -1.0, 1.0, 0.5, 1.0)
    at = {"model": model, "x": 1.5}
    return {
        "q_table": Call(elbo.q_table, {**at, "low": -1.0, "high": 1.0, "narrowest": 0.5, "widest": 1.0,
                                       "forward": True}),
        "mixture_information": Call(elbo.mixture_information, {"weights": [0.25, 0.5], "distances": [0.0, 2.0]}),
        "interpolate": Call(elbo.interpolate, {"table": table, "mean": 0.5, "sd": 0.75}),
        "forward_table": Call(elbo.forward_table, {**at, "table": table}),
        "sample_table": Call(elbo.sample_table, {**at, "table": table, "samples": 4, "seed": 0}),
        "kl": Call(elbo.kl, {"q": q, "p": elbo.Gaussian(0.0, 2.0)}),
        "kl_integrand": Call(elbo.kl_integrand, {"q": q, "p": elbo.Gaussian(0.0, 2.0), "z": Z}),
        "gaussian_fits": Call(elbo.gaussian_fits, at),
        "fits_to": Call(elbo.fits_to, {"p": elbo.Mixture([0.5, 0.5], [-2.0, 2.0], [0.5, 1.0])}),
        "monte_carlo": Call(elbo.monte_carlo, {**at, "q": q, "samples": 5, "seed": 0}),
        "importance_weighted": Call(elbo.importance_weighted, {**at, "q": q, "most": 3, "repeats": 4, "seed": 0}),
    }


def mixture_calls() -> dict[str, Call]:
    x = torch.tensor([[-2.0, 0.0], [-1.5, 0.5], [2.0, 0.0], [1.5, 0.5]], dtype=torch.float64)
    means = torch.tensor([[-2.0, 0.0], [2.0, 0.5]], dtype=torch.float64)
    theta = gmm.Params(torch.tensor([0.5, 0.5]).double().log(), means, torch.eye(2).double().repeat(2, 1, 1))
    coordinate, values = elbo.Coordinate("mean", 1, 0), torch.tensor([1.0, 1.5, 2.5], dtype=torch.float64)
    both = {"x": x, "theta": theta, "coordinate": coordinate}
    point = {"x": x, "theta": theta, "row": 1, "component": 0}
    return {
        "Coordinate": Call(elbo.Coordinate, {"kind": "mean", "component": 1, "column": 0}),
        "Coordinate.value": Call(coordinate.value, {"theta": theta}),
        "Coordinate.moved": Call(coordinate.moved, {"theta": theta, "value": 1.5}),
        "likelihood_curve": Call(elbo.likelihood_curve, {**both, "values": values}),
        "bound_curve": Call(elbo.bound_curve, {**both, "resp": torch.tensor([[1.0, 0.0], [0.75, 0.25]] * 2),
                                               "values": values}),
        "complete_curve": Call(elbo.complete_curve, {**both, "labels": torch.tensor([0, 0, 1, 1]), "values": values}),
        "curve_top": Call(elbo.curve_top, {"values": values, "curve": [-2.0, -1.0, -3.0][:len(values)]}),
        "responsibilities_at": Call(elbo.responsibilities_at, {**both, "anchor": 1.5}),
        "one_parameter_em": Call(elbo.one_parameter_em, both),
        "point_bound": Call(elbo.point_bound, {**point, "shares": torch.tensor([0.0, 0.25, 1.0]),
                                                "others": torch.tensor([0.0, 1.0])}),
        "responsibilities_with": Call(elbo.responsibilities_with, {**point, "share": 0.25}),
    }


def ascent_calls() -> dict[str, Call]:
    at = {"model": elbo.NormalModel(slope=0.5, curvature=0.5), "x": 1.5, "sd": 0.5}
    start = {"q": 0.5, "theta": 0.25}
    return {
        "landscape": Call(elbo.landscape, {**at, "q": Z, "theta": Z}),
        "coordinate_ascent": Call(elbo.coordinate_ascent, {**at, **start}),
        "gradient_ascent": Call(elbo.gradient_ascent, {**at, **start, "q_rate": 0.125, "theta_rate": 0.25}),
    }


def amortized_calls() -> dict[str, Call]:
    config = amortized.Config(elbo.NormalModel(), 2, 0.125, 4, 1)
    run = amortized.advance(amortized.init(config), 2)
    return {
        "amortized.Config": Call(amortized.Config, {"model": elbo.NormalModel(), "hidden": 2, "learning_rate": 0.125,
                                                    "batch": 4, "samples": 1, "seed": 0}),
        "amortized.init": Call(amortized.init, {"config": config}),
        "amortized.advance": Call(amortized.advance, {"encoder": run, "steps": 2}, steps=("steps",)),
        "amortized.continued": Call(amortized.continued, {"encoder": run, "data": None, "steps": 2}, steps=("steps",)),
        "amortized.encode": Call(amortized.encode, {"encoder": run, "xs": Z}),
        "amortized.sweep": Call(amortized.sweep, {"encoder": run, "xs": Z}),
    }
