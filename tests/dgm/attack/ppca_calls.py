"""A valid call of every public callable of dgm.ppca and of its modules."""

import math
from itertools import islice

import torch

from dgm import ppca
from dgm.ppca import (
    complete_likelihood,
    convergence,
    em_steps,
    linear_vae,
    lower_bound,
    missing,
    preprocessing,
    profile_likelihood,
    saddles,
    selection,
    toy_data,
)
from tests.dgm.attack.discovery import Call

X = torch.tensor([[-3.0, 0.0, 0.5], [3.0, 0.5, 0.0], [0.0, -2.0, 0.5], [0.5, 2.0, -0.5], [1.0, 1.0, 1.0],
                  [-1.0, 0.5, -1.5]], dtype=torch.float64)
HOLES = X.clone()
HOLES[1, 2] = HOLES[4, 0] = math.nan
ANGLES = torch.tensor([0.0, 0.5, 1.0])
Z = torch.tensor([[1.0], [0.5], [-1.0], [0.0], [2.0], [-0.5]])


def calls() -> dict[str, Call]:
    theta = ppca.params([0.0, 0.5, 0.0], [[2.0], [1.0], [0.0]], 0.5)
    wide = ppca.params([0.0, 0.0, 0.0], [[2.0, 0.0], [1.0, 1.0], [0.0, 0.5]], 0.5)
    spec, scatter = ppca.spectrum(X), ppca.scatter(X)
    moments, _ = ppca.e_step(scatter, theta)
    steps = list(islice(ppca.em(X, 1), 3))
    distance = torch.tensor([1.0, 0.5, 0.25, 0.125])
    found: dict[str, Call] = {
        "axis_angle": Call(ppca.axis_angle, {"a": theta, "b": theta}, nan={"": "W = 0 has no direction"}),
        "closed_form": Call(ppca.closed_form, {"spec": spec, "q": 1, "sigma2": 0.5}),
        "decode": Call(ppca.decode, {"z": Z, "theta": theta}),
        "diagonal_gap": Call(ppca.diagonal_gap, {"theta": wide}),
        "e_step": Call(ppca.e_step, {"data": scatter, "theta": theta}),
        "em": Call(ppca.em, {"x": X, "q": 1, "expanded": False, "seed": 0}),
        "fit": Call(ppca.fit, {"x": X, "q": 1, "sigma2": 0.5}),
        "log_likelihood": Call(ppca.log_likelihood, {"x": X, "theta": theta}),
        "log_prob": Call(ppca.log_prob, {"x": X, "theta": theta}),
        "m_step": Call(ppca.m_step, {"data": scatter, "moments": moments, "expanded": False}),
        "params": Call(ppca.params, {"mean": [0.0, 0.5], "W": [[2.0], [1.0]], "sigma2": 0.5}),
        "posterior": Call(ppca.posterior, {"x": X, "theta": theta}),
        "reconstruct": Call(ppca.reconstruct, {"x": X, "theta": theta, "shrink": True}),
        "reconstruction_errors": Call(ppca.reconstruction_errors, {"x": X, "spec": spec, "qs": [0, 1]}),
        "rotate": Call(ppca.rotate, {"theta": wide, "R": torch.tensor([[0.0, 1.0], [1.0, 0.0]])}),
        "rotation": Call(ppca.rotation, {"angle": 0.5, "q": 3, "plane": (0, 1)}),
        "sample": Call(ppca.sample, {"theta": theta, "count": 4, "seed": 0}),
        "scatter": Call(ppca.scatter, {"x": X}),
        "shrinkage": Call(ppca.shrinkage, {"theta": theta}),
        "spectrum": Call(ppca.spectrum, {"x": X}),
        "standardise": Call(ppca.standardise, {"x": X}),
        "uncertainty": Call(ppca.uncertainty, {"theta": theta}),
        "Scatter.apply": Call(scatter.apply, {"W": torch.eye(3).double().numpy()}, made="scatter"),
        "Spectrum.noise": Call(spec.noise, {"q": 1}, made="spectrum"),
        "complete_likelihood.complete_log_prob": Call(complete_likelihood.complete_log_prob,
                                                      {"x": X, "z": Z, "theta": theta}),
        "complete_likelihood.fit_complete": Call(complete_likelihood.fit_complete, {"x": X, "z": Z}),
        "complete_likelihood.monte_carlo": Call(complete_likelihood.monte_carlo, {"point": X[0], "theta": theta,
                                                                                  "samples": 5, "seed": 0}),
        "convergence.predicted_rates": Call(convergence.predicted_rates, {"spec": spec, "q": 1, "expanded": False}),
        "convergence.covariance_distances": Call(convergence.covariance_distances, {"steps": steps, "best": theta}),
        "convergence.measured_rate": Call(convergence.measured_rate, {"distance": distance, "floor": 1e-9}),
        "convergence.first_step_within": Call(convergence.first_step_within, {"log_liks": [-9.0, -5.0, -4.0],
                                                                              "best": -4.0, "within": 0.5}),
        "convergence.half_steps": Call(convergence.half_steps, {"data": scatter, "steps": steps, "expanded": False}),
        "convergence.projected_means": Call(convergence.projected_means, {"x": X, "steps": steps, "expanded": False}),
        "em_steps.bound": Call(em_steps.bound, {"data": scatter, "moments": moments, "theta": theta}),
        "em_steps.init": Call(em_steps.init, {"data": scatter, "q": 1, "seed": 0}),
        "em_steps.check_noise": Call(em_steps.check_noise, {"sigma2": 0.5, "variance": 1.0, "q": 1}),
        "em_steps.iterate": Call(em_steps.iterate, {"data": scatter, "theta": theta, "expanded": False}),
        "lower_bound.precision": Call(lower_bound.precision, {"theta": wide}),
        "lower_bound.bound_terms": Call(lower_bound.bound_terms, {"x": X, "theta": wide}),
        "lower_bound.gap_over_rotation": Call(lower_bound.gap_over_rotation, {"theta": wide, "angles": ANGLES,
                                                                              "plane": (0, 1)}),
        "missing.observed": Call(missing.observed, {"x": HOLES}, nan={"": "NaN marks what is missing"}),
        "missing.iterate": Call(missing.iterate, {"x": HOLES, "theta": theta, "expanded": True, "variance": 1.0}),
        "missing.em": Call(missing.em, {"x": HOLES, "q": 1, "expanded": True, "seed": 0}),
        "missing.fit": Call(missing.fit, {"x": HOLES, "q": 1, "seed": 0, "tol": 1e-3, "max_steps": 20}),
        "missing.impute": Call(missing.impute, {"x": HOLES, "theta": theta}),
        "missing.erase": Call(missing.erase, {"x": X, "share": 0.5, "seed": 0}, nan={"": "NaN marks what is erased"}),
        "missing.erase_lower_half": Call(missing.erase_lower_half, {"images": torch.ones(2, 4), "shape": (2, 2)},
                                         nan={"": "NaN marks what is erased"}),
        "missing.imputation_errors": Call(missing.imputation_errors, {
            "truth": X, "filled": missing.impute(HOLES, theta), "theta": theta}),
        "preprocessing.dequantise": Call(preprocessing.dequantise, {
            "x": torch.tensor([[0.0, 0.25, 1.0]]), "levels": 4.0, "seed": 0}),
        "preprocessing.hold_out_third": Call(preprocessing.hold_out_third, {"x": X}),
        "profile_likelihood.profile_log_lik": Call(profile_likelihood.profile_log_lik, {"spec": spec, "q": 1,
                                                                                        "sigma2": 0.5}),
        "profile_likelihood.log_lik_fixed_plane": Call(profile_likelihood.log_lik_fixed_plane, {
            "spec": spec, "q": 1, "sigma2": torch.tensor([0.5, 1.0])}),
        "profile_likelihood.likelihood_over_angle": Call(profile_likelihood.likelihood_over_angle, {
            "spec": spec, "angles": ANGLES, "axes": (0, 1)}),
        "saddles.stationary_point": Call(saddles.stationary_point, {"spec": spec, "axes": (0,)}),
        "saddles.stationary_log_lik": Call(saddles.stationary_log_lik, {"spec": spec, "axes": (0,)}),
        "saddles.growth_factor": Call(saddles.growth_factor, {"spec": spec, "axes": (0,)}),
        "saddles.perturbed_em": Call(saddles.perturbed_em, {"data": scatter, "axes": (0,), "size": 1e-3, "seed": 0,
                                                            "expanded": False}),
        "selection.Choice.best": Call(selection.choose(X, X).best, {}, made="choose"),
        "selection.free_parameters": Call(selection.free_parameters, {"dim": 3, "q": 1}),
        "selection.bic_per_point": Call(selection.bic_per_point, {"spec": spec, "q": 1}),
        "selection.held_out": Call(selection.held_out, {"spec": spec, "test": X}),
        "selection.minka": Call(selection.minka, {"spec": spec, "q": 1}),
        "selection.choose": Call(selection.choose, {"train": X, "test": X, "most": 2},
                                 nan={"evidence": "Minka's approximation is not defined for q = 0"}),
        "toy_data.line_truth": Call(toy_data.line_truth, {"noise": 0.5}),
        "toy_data.plane_truth": Call(toy_data.plane_truth, {"noise": 0.5}),
        "toy_data.old_faithful": Call(toy_data.old_faithful, {}),
        "toy_data.share_off_data": Call(toy_data.share_off_data, {"x": X, "drawn": X + 1}),
    }
    for name in ("line", "plane", "clusters", "curve", "thin", "ball", "outlier"):
        found[f"toy_data.{name}"] = Call(getattr(toy_data, name), {"n": 5, "seed": 0})
    return found | {f"linear_vae.{name}": call for name, call in linear_vae_calls().items()}


def linear_vae_calls() -> dict[str, Call]:
    spec, config = ppca.spectrum(X), linear_vae.configure(X, 1)
    training = linear_vae.init(X, config)
    checkpoint = training.checkpoint
    return {
        "optimum": Call(linear_vae.optimum, {"spec": spec, "q": 1, "sigma2": 0.5, "beta": 1.0}),
        "maximum": Call(linear_vae.maximum, {"spec": spec, "q": 1, "sigma2": 0.5, "beta": 1.0}),
        "configure": Call(linear_vae.configure, {"x": X, "latent": 1, "sigma2": 0.5, "beta": 1.0, "seed": 0}),
        "init": Call(linear_vae.init, {"x": X, "config": config}),
        "objective": Call(linear_vae.objective, {"checkpoint": checkpoint, "x": X}),
        "advance": Call(linear_vae.advance, {"training": training, "x": X, "steps": 2}, steps=("steps",)),
        "decoder_params": Call(linear_vae.decoder_params, {"checkpoint": checkpoint}),
        "evidence": Call(linear_vae.evidence, {"checkpoint": checkpoint, "x": X}),
        "units": Call(linear_vae.units, {"checkpoint": checkpoint, "x": X}),
        "active_count": Call(linear_vae.active_count, {"spec": spec, "sigma2": 0.25, "beta": 2.0}),
        "collapse": Call(linear_vae.collapse, {"spec": spec, "q": 1, "sigma2": [0.25, 1.0], "beta": [1.0, 2.0]}),
    }
