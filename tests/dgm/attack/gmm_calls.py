"""A valid call of every public callable of dgm.gmm and of its modules."""

from itertools import islice

import torch

from dgm import gmm
from dgm.gmm import continuous_mixture, selection
from tests.dgm.attack.discovery import Call, not_called

X = torch.tensor([[-2.0, 0.0], [-1.5, 0.5], [-2.5, -0.5], [-2.0, 1.0], [2.0, 0.0], [1.5, 0.5], [2.5, 1.5], [2.0, -0.5]],
                 dtype=torch.float64)
MEANS = torch.tensor([[-2.0, 0.0], [2.0, 0.5]], dtype=torch.float64)
FIRST = {"rate": "needs two gains: the first two steps of a climb have none"}
LABELS = torch.tensor([0, 1, 1, 0])


def calls() -> dict[str, Call]:
    theta = gmm.Params(torch.tensor([0.5, 0.5]).double().log(), MEANS, torch.eye(2).double().repeat(2, 1, 1))
    steps = list(islice(gmm.em(X, theta), 3))
    resp = torch.tensor([[1.0, 0.0], [0.75, 0.25]] * 4)
    curve = continuous_mixture.Curve()
    at = torch.tensor([0.0, 1.0])
    em = {"covariance": "full", "floor": 1e-6}
    found = [selection.candidate(X, 1, count=2), selection.candidate(X, 2, count=2)]
    return {
        "aic": Call(gmm.aic, {"x": X, "params": theta, "covariance": "full"}),
        "bic": Call(gmm.bic, {"x": X, "params": theta, "covariance": "full"}),
        "e_step": Call(gmm.e_step, {"x": X, "params": theta}),
        "elbo": Call(gmm.elbo, {"x": X, "resp": resp, "params": theta}),
        "em": Call(gmm.em, {"x": X, "params": theta, **em, "threads": 1}, nan=FIRST),
        "fit": Call(gmm.fit, {"x": X, "k": 2, **em, "restarts": 1, "seed": 0, "tol": 1e-2, "max_steps": 4,
                              "method": "k-means++", "threads": 1}, nan=FIRST),
        "free_parameters": Call(gmm.free_parameters, {"k": 2, "d": 3, "covariance": "full"}),
        "half_steps": Call(gmm.half_steps, {"x": X, "steps": steps}),
        "init": Call(gmm.init, {"x": X, "k": 2, "seed": 0, "method": "k-means++", "means": MEANS}),
        "kmeans": Call(gmm.kmeans, {"x": X, "means": MEANS, "max_steps": 9}),
        "lloyd": Call(gmm.lloyd, {"x": X, "means": MEANS}),
        "log_prob": Call(gmm.log_prob, {"x": X, "params": theta}),
        "m_step": Call(gmm.m_step, {"x": X, "resp": resp, **em}),
        "match_groups": Call(gmm.match_groups, {"one": LABELS, "other": 1 - LABELS, "k": 2}),
        "sample": Call(gmm.sample, {"params": theta, "count": 5, "seed": 0}),
        "score": Call(gmm.score, {"x": X, "params": theta}),
        "trace": Call(gmm.trace, {"x": X, "params": theta, **em, "tol": 1e-2, "max_steps": 4, "threads": 1},
                      nan=FIRST),
        "Step": not_called("made by em alone"),
        "Step.remaining": Call(steps[2].remaining, {"tol": 1e-7}),
        "selection.folds": Call(selection.folds, {"n": 8, "count": 2, "seed": 0}),
        "selection.most_components": Call(selection.most_components, {"n": 8, "count": 2}),
        "selection.held_out": Call(selection.held_out, {
            "x": X, "k": 1, "covariance": "full", "count": 2, "seed": 0, "restarts": 1, "floor": 1e-6, "tol": 0.1}),
        "selection.candidate": Call(selection.candidate, {
            "x": X, "k": 1, "covariance": "full", "restarts": 1, "seed": 0, "floor": 1e-6, "count": 2, "tol": 0.1},
            nan=FIRST),
        "selection.best": Call(selection.best, {"candidates": found, "criterion": "bic_per_point"}, nan=FIRST),
        "continuous_mixture.Curve": Call(continuous_mixture.Curve, {"slope": 1.0, "swing": 1.5, "frequency": 2.0,
                                                                    "noise": 0.5}),
        "continuous_mixture.Curve.mean": Call(curve.mean, {"z": at}),
        "continuous_mixture.Curve.log_likelihood": Call(curve.log_likelihood, {"x": at, "z": at}),
        "continuous_mixture.evidence": Call(continuous_mixture.evidence, {"x": at, "curve": curve}),
        "continuous_mixture.monte_carlo": Call(continuous_mixture.monte_carlo, {"x": at, "curve": curve, "samples": 5,
                                                                                "seed": 0}),
        "continuous_mixture.log_relative_error": Call(continuous_mixture.log_relative_error, {
            "x": at, "curve": curve, "samples": 5}),
    }
