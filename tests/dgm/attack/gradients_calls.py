"""A valid call of every public callable of dgm.gradients and of its modules."""

from functools import partial
from typing import Any

import torch

from dgm import gradients
from dgm.gradients import COSTS, batch_noise, categorical, descent, sweeps, variance_terms
from tests.dgm.attack.discovery import Call

EPS = torch.tensor([-1.0, 0.5, 2.0])
X = torch.tensor([[-2.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, -1.0]])


def calls() -> dict[str, Call]:
    cost, q = COSTS["quadratic"](1.0), gradients.Gaussian(0.5, 1.0)
    drawn = gradients.draw(cost, q, EPS)
    estimator = gradients.ESTIMATORS["reparametrization"]
    found: dict[str, Call] = {
        "Cost": Call(gradients.Cost, {"name": "square", "value": torch.square, "slope": lambda z: 2 * z},
                     {"name": "a text that is shown", "value": "the caller's own function",
                      "slope": "the caller's own function"}),
        "Cost.of": Call(cost.of, {"z": EPS, "vector": False}),
        "Cost.plus": Call(cost.plus, {"constant": 2.0}),
        "Draw": Call(gradients.Draw, {"cost": cost, "mu": 0.5, "sigma": 1.0, "eps": EPS, "vector": False}),
        "Draw.part": Call(drawn.part, {"start": 0, "stop": 2}),
        "Estimator": Call(gradients.Estimator, {
            "name": "mine", "function": estimator.function, "moments": estimator.moments, "description": "one more",
            "family": "reparametrization"}, dict.fromkeys(
                ("name", "function", "moments", "description", "family"), "the caller's own estimator")),
        "Estimator.prepared": Call(estimator.prepared, {"whole": drawn}),
        "Estimator.in_closed_form": Call(estimator.in_closed_form, {"cost": cost}),
        "bias": Call(gradients.bias, {"name": "reparametrization", "cost": gradients.formula("step(x)"), "q": q}),
        "draw": Call(gradients.draw, {"f": cost, "q": q, "eps": EPS}),
        "estimate": Call(gradients.estimate, {"gradients": torch.tensor([[1.0, 0.0], [3.0, 1.0], [2.0, 5.0]])}),
        "exact": Call(gradients.exact, {"name": "log-derivative", "cost": cost, "q": q, "samples": 2}),
        "find": Call(gradients.find, {"name": "log-derivative"}),
        "formula": Call(gradients.formula, {"text": "x**2 + 1"}),
        "log_derivative": Call(gradients.log_derivative, {"d": drawn}),
        "noise": Call(gradients.noise, {"samples": 3, "seed": 0, "dims": 2}),
        "reparametrization": Call(gradients.reparametrization, {"d": drawn}),
        "sampled_bound": Call(gradients.sampled_bound, {"x": 2.0, "mu": 1.0, "sigma": 0.5, "noise": 1.0}),
        "times_score": Call(gradients.times_score, {"d": drawn, "f_mu": EPS, "f_sigma": EPS}),
    }
    constants = {"general quadratic": {"a": 1.0, "b": 2.0, "c": 0.5}, "log-likelihood": {"x": 2.0, "noise": 0.5}}
    made = {f"COSTS[{name}]": Call(partial(value_of, name), constants.get(name, {"k": 1.5})) for name in COSTS}
    return found | made | batch_calls() | categorical_calls() | descent_calls() | sweep_calls()


def value_of(name: str, **constants: Any) -> torch.Tensor:
    """The cost of these constants at a few z: what a constructor has let pass shows there."""
    return COSTS[name](**constants)(EPS.double())


def batch_calls() -> dict[str, Call]:
    model = batch_noise.at_maximum_likelihood(X, 1)
    split = batch_noise.decoder(model, X)
    return {f"batch_noise.{name}": call for name, call in {
        "VarianceSplit.total": Call(split.total, {"batch_size": 2, "draws": 3}, made="decoder"),
        "at_maximum_likelihood": Call(batch_noise.at_maximum_likelihood, {"x": X, "q": 1, "noise_var": 0.5}),
        "with_best_encoder": Call(batch_noise.with_best_encoder, {"mean": torch.zeros(2), "W": torch.ones(2, 1),
                                                                  "noise_var": 0.5}),
        "perturbed": Call(batch_noise.perturbed, {"model": model, "size": 0.5, "seed": 0}),
        "decoder": Call(batch_noise.decoder, {"model": model, "x": X}),
        "encoder_reparametrized": Call(batch_noise.encoder_reparametrized, {"model": model, "x": X}),
        "encoder_log_derivative": Call(batch_noise.encoder_log_derivative, {"model": model, "x": X}),
        "toy_optimum": Call(batch_noise.toy_optimum, {"n": 10, "x": 2.0, "printed": True, "noise_var": 1.0}),
    }.items()}


def categorical_calls() -> dict[str, Call]:
    cost, q = COSTS["quadratic"](1.0), categorical.Categorical(*torch.tensor([[0.0, 0.0], [0.0, 2.0]]).double())
    noise = torch.tensor([[0.25, 0.5], [1.0, -0.5]])
    f = torch.tensor([1.0, 1.5]).double()
    return {f"categorical.{name}": call for name, call in {
        "gumbel": Call(categorical.gumbel, {"q": q, "samples": 3, "seed": 0}),
        "sampled_category": Call(categorical.sampled_category, {"q": q, "noise": noise}),
        "scores": Call(categorical.scores, {"q": q, "category": torch.tensor([1, 0])}),
        "enumeration": Call(categorical.enumeration, {"cost": cost, "q": q}),
        "log_derivative": Call(categorical.log_derivative, {"cost": cost, "q": q, "noise": noise, "baseline": "mean"}),
        "gumbel_softmax": Call(categorical.gumbel_softmax, {"cost": cost, "q": q, "noise": noise, "temperature": 0.5}),
        **{name: Call(getattr(categorical, name), {"f": f, "q": q})
           for name in ("no_baseline", "mean_baseline", "best_baseline")},
    }.items()}


def descent_calls() -> dict[str, Call]:
    objective, start = descent.Objective(COSTS["quadratic"](1.0)), gradients.Gaussian(0.5, 1.0)
    mu, sigma = torch.tensor([1.0, 2.0], dtype=torch.float64), torch.tensor([1.0, 0.5], dtype=torch.float64)
    race = {"start": start, "rate": 0.125, "samples": 2, "repeats": 3, "seed": 0, "optimizer": "SGD"}
    compared = descent.compare(objective, start, ["reparametrization"], steps=2, repeats=3)
    return {f"descent.{name}": call for name, call in {
        "objective_value": Call(descent.objective_value, {"objective": objective, "mu": mu, "sigma": sigma}),
        "optimum": Call(descent.optimum, {"objective": objective, "start": start}),
        "gradient": Call(descent.gradient, {"objective": objective, "name": "log-derivative", "mu": mu, "sigma": sigma,
                                            "eps": torch.tensor([[0.5, 1.0], [-1.0, 0.0]])}),
        "descend": Call(descent.descend, {"objective": objective, "name": "log-derivative", **race}),
        "update": Call(descent.update, {"before": descent.Ensemble(0, mu, sigma, {}),
                                        "g": torch.tensor([[1.0, 0.5], [-2.0, 1.0]], dtype=torch.float64), "rate": 0.5,
                                        "optimizer": "SGD"}),
        "compare": Call(descent.compare, {"objective": objective, "names": ["reparametrization"], "steps": 2, **race,
                                          "accuracy": 0.0625},
                        dict.fromkeys(("objective", *race), "attacked in optimum and descend, which take less time"),
                        unequal=("seconds",)),
        "median_hitting_time": Call(descent.median_hitting_time, {"trajectory": compared.trajectories[0]}),
    }.items()}


def sweep_calls() -> dict[str, Call]:
    plan = sweeps.Plan("sigma", (0.5, 1.0), COSTS["quadratic"])
    point = sweeps.Setting(COSTS["quadratic"](0.0), 1.0, 1.0)
    names = ["log-derivative", "reparametrization"]
    return {
        "sweeps.Plan": Call(sweeps.Plan, {"axis": "sigma", "values": (0.5, 1.0), "make": COSTS["quadratic"], "k": 1.0,
                                          "q": gradients.Gaussian(0.5, 1.0), "dims": 1, "samples": 1, "offset": 0.0}),
        "sweeps.Plan.at": Call(plan.at, {"v": 0.5}),
        "sweeps.Plan.curve": Call(plan.curve, {"name": "log-derivative"}),
        "sweeps.sweep": Call(sweeps.sweep, {"plan": plan, "names": names, "draws": 50, "seed": 0}),
        "sweeps.exact_at": Call(sweeps.exact_at, {"name": "log-derivative", "point": point}),
        "sweeps.variances": Call(sweeps.variances, {"point": point, "names": names, "eps": EPS.double(),
                                                    "centres": torch.zeros(2, 2, dtype=torch.float64)}),
        "sweeps.crossings": Call(sweeps.crossings, {"plan": plan, "one": names[0], "other": names[1]}),
        "sweeps.work_normalised": Call(sweeps.work_normalised, {
            "f": COSTS["quadratic"](0.0), "q": gradients.Gaussian(0.5, 1.0), "names": names, "samples": 50, "seed": 0,
            "repeats": 1}, unequal=("seconds",)),
        "variance_terms.expand": Call(variance_terms.expand, {
            "cost": COSTS["quadratic"](0.0), "q": gradients.Gaussian(0.5, 1.0), "parameter": "mu", "reach": 3.0,
            "points": 11}),
        "variance_terms.curvature": Call(variance_terms.curvature, {
            "cost": COSTS["quadratic"](0.0), "mu": torch.tensor(0.5, dtype=torch.float64), "step": 1e-3}),
    }
