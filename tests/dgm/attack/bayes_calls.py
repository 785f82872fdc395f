"""A valid call of every public callable of dgm.bayes."""

from typing import Any

import torch

from dgm import bayes
from tests.dgm.attack.discovery import Call

COIN = torch.tensor([1.0, 0.0, 1.0])
NUMBERS = torch.tensor([0.5, 1.0, 2.5, -1.0], dtype=torch.float64)
PAIRS = (torch.tensor([[1.0, -1.0], [1.0, 1.0], [1.0, 0.5]]), torch.tensor([0.0, 1.0, 0.0]))
LINE = (torch.tensor([-1.0, -0.5, 0.5, 1.0]), torch.tensor([-2.0, -1.0, 1.0, 2.5]))
AT = torch.tensor([0.25, 0.5], dtype=torch.float64)
MIXTURE = bayes.MixturePrior((1, 3), (bayes.BetaBernoulli(2, 2), bayes.BetaBernoulli(2, 9)))
GIVEN = "a torch generator is what the annotation says"

# class -> (belief, data, theta of plug_in)
BELIEFS: dict[str, tuple[Any, Any, Any]] = {
    "BetaBernoulli": (bayes.BetaBernoulli(2, 3), COIN, 0.5),
    "DirichletCategorical": (bayes.DirichletCategorical((1, 2, 3)), torch.tensor([0.0, 2.0, 1.0]), [0.25, 0.25, 0.5]),
    "HistogramPrior": (bayes.histogram_prior([0.0, 1.0, 2.0], 20), COIN, 0.5),
    "LinearRegression": (bayes.LinearRegression(1.0, 2.0).posterior(PAIRS), PAIRS, torch.tensor([0.5, 1.0]).double()),
    "MixturePrior": (MIXTURE, COIN, 0.5),
    "NormalInverseGamma": (bayes.NormalInverseGamma(0.0, 1.0, 2.0, 3.0), NUMBERS, (0.5, 1.0)),
    "NormalNormal": (bayes.NormalNormal(0.0, 4.0, 1.0), NUMBERS, 0.5),
}


def belief_calls() -> dict[str, Call]:
    found: dict[str, Call] = {}
    for name, (belief, data, theta) in BELIEFS.items():
        pairs = isinstance(data, tuple)
        one = (data[0][:1], data[1][:1]) if pairs else data[:1]
        points = torch.stack([AT, AT], -1) if name == "NormalInverseGamma" else AT
        given: dict[str, dict[str, Any]] = {
            "posterior": {"data": data}, "log_evidence": {"data": data}, "log_marginal": {"data": data},
            "mle": {"data": data}, "observations": {"data": data}, "updates": {"data": data},
            "class_counts": {"data": data}, "log_predictive_of": {"observation": one},
            "map": {"axis": belief.axes[0]}, "checked_axis": {"name": belief.axes[0]},
            "plug_in": {"theta": theta, "x": PAIRS[0]} if pairs else {"theta": theta},
            "predictive": {"x": PAIRS[0]} if pairs else {},
            "prior_predictive": {"x": PAIRS[0]} if pairs else {},
            "log_prob": {"theta": points, "axis": belief.axes[0]},
            "log_likelihood": {"theta": points, "data": data},
            "quantile": {"level": AT}, "knots": {"level": AT}, "s2_quantile": {"level": 0.5}, "mu_marginal": {},
            "mean_and_root": {"size": 2}, "sample": {"count": 2, "seed": 0},
        }
        for method, args in given.items():
            if hasattr(belief, method):
                trusted = {"generator": GIVEN} if "generator" in args else {}
                moved_on = ("",) if trusted else ()   # each call draws from where the generator stands
                found[f"{name}.{method}"] = Call(getattr(belief, method), args, trusted, unequal=moved_on)
    return found


def calls() -> dict[str, Call]:
    model, normal = bayes.LogisticRegression(1.0), bayes.NormalNormal(0.0, 4.0, 1.0)
    line = bayes.LinearRegression(1.0, 4.0)
    grid = bayes.grid_posterior(model, PAIRS, 12)
    predictives = bayes.predictives(normal, NUMBERS)
    w, axis = torch.tensor([0.5, 1.0]).double(), torch.linspace(-1, 1, 5).double()
    two = bayes.Mixture(torch.tensor([0.5, 0.5]).log(), (bayes.Bernoulli(0.5, 0.5), bayes.Bernoulli(0.25, 0.75)))
    band = bayes.Normal(torch.zeros(2), torch.ones(2))
    scaling = bayes.Scaling.of(*LINE)
    found = belief_calls()
    return found | {
        "BetaBernoulli": Call(bayes.BetaBernoulli, {"a": 2.0, "b": 3.0}),
        "DirichletCategorical": Call(bayes.DirichletCategorical, {"alpha": (1.0, 2.0, 3.0)}),
        "HistogramPrior": Call(bayes.HistogramPrior, {"p": torch.tensor([0.25, 0.75]),
                                                      "log_mass": torch.tensor([0.0, -1.0]).double()}),
        "LinearRegression": Call(bayes.LinearRegression, {
            "alpha": 1.0, "beta": 2.0, "weights": w, "root": torch.eye(2)}),
        "LogisticRegression": Call(bayes.LogisticRegression, {"alpha": 1.0}),
        "MixturePrior": Call(bayes.MixturePrior, {"weights": (1.0, 3.0), "components": MIXTURE.components}),
        "NormalInverseGamma": Call(bayes.NormalInverseGamma, {"m": 0.0, "k": 1.0, "a": 2.0, "b": 3.0}),
        "NormalNormal": Call(bayes.NormalNormal, {"mean": 0.0, "var": 4.0, "noise_var": 1.0}),
        "Bernoulli.log_prob": Call(bayes.Bernoulli(0.25, 0.75).log_prob, {"x": COIN}),
        "Categorical.log_prob": Call(bayes.Categorical(torch.tensor([0.25, 0.75])).log_prob, {"x": COIN}),
        "Normal.log_prob": Call(bayes.Normal(torch.tensor(0.0), torch.tensor(1.0)).log_prob, {"x": NUMBERS}),
        "StudentT.log_prob": Call(bayes.StudentT(0.0, 1.0, 3.0).log_prob, {"x": NUMBERS}),
        "Mixture.log_prob": Call(two.log_prob, {"x": COIN}),
        "Laplace.predictive": Call(model.laplace(PAIRS).predictive, {"x": PAIRS[0]}, made="laplace"),
        "GridPosterior.predictive": Call(grid.predictive, {"x": PAIRS[0], "stride": 2}, made="grid_posterior"),
        **{f"LogisticRegression.{name}": Call(getattr(model, name), {"data": PAIRS})
           for name in ("newton", "map", "laplace")},
        "LogisticRegression.mle": Call(model.mle, {"data": (PAIRS[0], torch.tensor([1.0, 1.0, 0.0]))}),
        "LogisticRegression.maximise": Call(model.maximise, {"data": PAIRS, "tol": 1e-9, "max_steps": 50}),
        "LogisticRegression.log_prior": Call(model.log_prior, {"w": w}),
        "LogisticRegression.log_likelihood": Call(model.log_likelihood, {"w": w, "data": PAIRS}),
        "LogisticRegression.log_joint": Call(model.log_joint, {"w": w, "data": PAIRS}),
        "LogisticRegression.plug_in": Call(model.plug_in, {"theta": w, "x": PAIRS[0]}),
        "Scaling.of": Call(bayes.Scaling.of, {"x": LINE[0], "y": LINE[1]}),
        "Scaling.to_standard": Call(scaling.to_standard, {"data": LINE}, made="Scaling.of"),
        "Scaling.to_units": Call(scaling.to_units, {"band": band}, made="Scaling.of"),
        "axis_view": Call(bayes.axis_view, {"belief": MIXTURE, "axis": "p", "points": 11}),
        "beta_through": Call(bayes.beta_through, {"mean": 0.4, "density": 2.0}),
        "log_density_at_mean": Call(bayes.log_density_at_mean, {"a": [0.5, 2.0], "b": [1.0, 3.5]}),
        "coordinate": Call(bayes.coordinate, {"p": AT, "axis": "logit p"}),
        "curves": Call(bayes.curves, {"prior": normal, "data": NUMBERS, "points": 11}),
        "degree_scores": Call(bayes.degree_scores, {"train": LINE, "held_out": LINE, "prior": line, "highest": 2}),
        "fit_polynomial": Call(bayes.fit_polynomial, {"train": LINE, "held_out": LINE, "prior": line, "degree": 2,
                                                      "draws": 2, "seed": 1}),
        "grid_cost": Call(bayes.grid_cost, {"highest": 2, "size": 3, "budget": 0.5, "alpha": 1.0},
                          unequal=("seconds", "measured")),
        "grid_posterior": Call(bayes.grid_posterior, {"model": model, "data": PAIRS, "size": 12}),
        "half_width": Call(bayes.half_width, {"distribution": bayes.StudentT(0.0, 1.0, 3.0)}),
        "hdr_level": Call(bayes.hdr_level, {"log_mass": torch.tensor([-1.0, -2.0, -0.5]), "inside": 0.5}),
        "histogram_prior": Call(bayes.histogram_prior, {"heights": [0.0, 1.0, 2.0], "points": 20}),
        "history": Call(bayes.history, {"prior": normal, "data": NUMBERS, "points": 11}),
        "iter_degree_scores": Call(bayes.iter_degree_scores, {
            "train": LINE, "held_out": LINE, "alpha": 1.0, "beta": 4.0, "highest": 2}),
        "log_joint_on": Call(bayes.log_joint_on, {"model": model, "w0": axis, "w1": axis, "data": PAIRS}),
        "map_rows": Call(bayes.map_rows, {"belief": MIXTURE}),
        "normal_plane": Call(bayes.normal_plane, {
            "prior": BELIEFS["NormalInverseGamma"][0], "data": NUMBERS, "size": 5}),
        "outcome_probabilities": Call(bayes.outcome_probabilities,
                                      {"distribution": bayes.Bernoulli(0.25, 0.75), "outcomes": 2}),
        "polynomial_features": Call(bayes.polynomial_features, {"x": LINE[0], "degree": 2}),
        "predictives": Call(bayes.predictives, {"prior": normal, "data": NUMBERS, "axis": "theta"}),
        "deviation_ratio": Call(bayes.deviation_ratio, {"prior": normal, "data": NUMBERS}),
        "reversal": Call(bayes.reversal, {"prior": normal, "data": NUMBERS}),
        "routes": Call(bayes.routes, {"prior": normal, "data": NUMBERS}),
        "score": Call(bayes.score, {"distribution": bayes.StudentT(0.0, 1.0, 3.0), "held_out": NUMBERS}),
        "scores": Call(bayes.scores, {"answers": predictives, "held_out": NUMBERS}),
        "standard_units": Call(bayes.standard_units, {"x": NUMBERS}),
        "theorem_terms": Call(bayes.theorem_terms, {"prior": normal, "data": NUMBERS, "theta": 0.5}),
        "widening": Call(bayes.widening, {"prior": normal, "data": NUMBERS}),
    }
