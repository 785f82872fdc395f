"""A valid call of every public callable of dgm.vae and of its modules."""

import torch

from dgm import vae
from dgm.vae import gradient_noise, inference_gap, live_training, ranking
from dgm.vae.browser import export
from dgm.vae.evidence import importance
from dgm.vae.latents import aggregate, collapse
from dgm.vae.runs import as_printed, checkpoint_history, half_steps, pair
from tests.dgm.attack.discovery import Call

X = (torch.rand(6, 8, generator=torch.Generator().manual_seed(1)) < 0.5).float()
LABELS = torch.tensor([0, 1, 1, 0, 2, 2])
MADE = "made by init, load or advance, which check it"
torch.optim.LBFGS([torch.zeros(1)])   # torch's first optimizer imports for seconds, which would count as a call's


def calls() -> dict[str, Call]:
    config = vae.Config(latent=1, hidden=3, batch=4, dtype="float64")
    run = vae.init(config, X)
    two = vae.init(vae.Config(latent=2, hidden=3, batch=4), X)
    q = vae.Posterior(torch.zeros(2, 1), torch.zeros(2, 1))
    tracked = ("result",)       # keeps the gradient of its argument
    found: dict[str, Call] = {
        "Config": Call(vae.Config, {
            "latent": 2, "hidden": 4, "likelihood": "bernoulli", "sigma2": 1.0, "beta": 1.0,
            "gradient": "reparametrization", "optimizer": "Adam", "learning_rate": 0.5, "batch": 8, "seed": 0,
            "dtype": "float32", "warm_up": 5, "decay": 7}),
        "Images": Call(vae.Images, {"name": "digits", "seed": 0, "device": "cpu"}),
        "Posterior.draw": Call(q.draw, {"eps": torch.ones(2, 1)}, made="encode", unequal=tracked),
        "Posterior.log_prob": Call(q.log_prob, {"z": torch.ones(2, 1)}, made="encode", unequal=tracked),
        "advance": Call(vae.advance, {"checkpoint": run, "x": X, "steps": 2}, steps=("steps",)),
        "best_latent": Call(vae.best_latent, {"checkpoint": run, "x": X[0], "starts": 1, "seed": 0}),
        "code_spacing": Call(vae.code_spacing, {"means": torch.tensor([[0.0, 1.0], [2.0, 3.0]]), "share": 0.5}),
        "decode": Call(vae.decode, {"checkpoint": run, "z": torch.zeros(2, 1)}),
        "describe": Call(vae.describe, {"source": vae.save(run)}),
        "elbo_surgery": Call(vae.elbo_surgery, {"checkpoint": run, "x": X, "samples": 2, "seed": 0}),
        "elbo_terms": Call(vae.elbo_terms, {"checkpoint": run, "x": X, "seed": 0, "samples": 2}),
        "encode": Call(vae.encode, {"checkpoint": run, "x": X}),
        "highest_kl_class": Call(vae.highest_kl_class, {"checkpoint": run, "x": X, "labels": LABELS}),
        "image_terms": Call(vae.image_terms, {"checkpoint": run, "x": X[0], "draws": 3, "seed": 0}),
        "init": Call(vae.init, {"config": config, "x": X}),
        "interpolate": Call(vae.interpolate, {"checkpoint": run, "start": X[0], "end": X[1], "count": 3}),
        "iwae_bound": Call(vae.iwae_bound, {"checkpoint": run, "x": X, "samples": 2, "seed": 0}),
        "kl_by_class": Call(vae.kl_by_class, {"checkpoint": run, "x": X, "labels": LABELS}),
        "kl_to_prior": Call(vae.kl_to_prior, {"q": q}),
        "load": Call(vae.load, {"source": vae.save(run)}),
        "log_evidence": Call(vae.log_evidence, {"checkpoint": run, "x": X[:2], "tol": 0.01}),
        "log_likelihood_at": Call(vae.log_likelihood_at, {"checkpoint": run, "x": X[0], "z": [0.5]}),
        "manifold": Call(vae.manifold, {"checkpoint": two, "side": 3, "axes": (0, 1), "at": [0.0, 0.0]}),
        "code_width": Call(vae.code_width, {"q": vae.encode(run, X)}),
        "near_among": Call(vae.near_among, {"q": vae.encode(run, X)}),
        "near_distance": Call(vae.near_distance, {"checkpoint": run, "train": X}),
        "one_pass": Call(vae.one_pass, {"checkpoint": run, "x": X[0], "seed": 0}),
        "posterior_grid": Call(vae.posterior_grid, {"checkpoint": two, "image": X[0], "side": 3}),
        "pretrained": Call(vae.pretrained, {"name": "digits"}),
        "pretrained_names": Call(vae.pretrained_names, {}),
        "pretrained_path": Call(vae.pretrained_path, {"name": "digits"}),
        "nearest_by_code": Call(vae.nearest_by_code, {"checkpoint": run, "x": X, "among": X}),
        "prior_mass_off_data": Call(vae.prior_mass_off_data, {"checkpoint": run, "train": X, "near": 0.5, "samples": 5,
                                                              "seed": 0}),
        "reconfigured": Call(vae.reconfigured, {"checkpoint": run, "config": config}),
        "reconstruct": Call(vae.reconstruct, {"checkpoint": run, "x": X}),
        "sample": Call(vae.sample, {"checkpoint": run, "count": 2, "seed": 0, "pixels": True}),
        "save": Call(vae.save, {"checkpoint": run, "path": None, "notes": {"note": "text"}},
                     {"path": "a call would write files"}),
        "shapes": Call(vae.shapes, {"config": config, "pixels": 8}),
        "split_images": Call(vae.split_images, {"images": vae.Images("digits")}),
        "OwnImages": Call(vae.OwnImages, {"name": "own", "seed": 0, "device": "cpu", "pixels": 8, "bits": bytes(20)},
                          dict.fromkeys(("pixels", "bits", "beside"), "made by own_images; split_images checks them")),
        "own_images": Call(vae.own_images, {"x": X.repeat(4, 1), "seed": 0, "name": "mine", "beside": ""}),
        "inference_gap.gaps": Call(inference_gap.gaps, {"checkpoint": run, "x": X[:2], "family": "full"}),
        "inference_gap.gap": Call(inference_gap.gap, {"checkpoint": run, "x": X[:1]}),
        "inference_gap.bound": Call(inference_gap.bound, {"model": run, "image": X[0], "q": vae.encode(run, X[:1]),
                                                          "nodes": 3}),
        "ranking.bounds": Call(ranking.bounds, {"checkpoint": run, "x": X, "seed": 0}),
        "ranking.share_below": Call(ranking.share_below, {"value": 2.0, "others": torch.tensor([1.0, 2.0, 4.0])}),
    }
    return found | run_calls(config, run) | part_calls(config, run, two)


def part_calls(config: vae.Config, run: vae.Checkpoint, two: vae.Checkpoint) -> dict[str, Call]:
    digits = vae.Images("digits")
    history = checkpoint_history.History((run, run._replace(step=10)))
    exact = {"checkpoint": run, "x": X[:2], "samples": 5}
    toy = {"mean": 0.5, "x": 2.0, "n": 10}
    return {
        "aggregate.surgery": Call(aggregate.surgery, {"checkpoint": run, "x": X}),
        "aggregate.densities": Call(aggregate.densities, {"checkpoint": two, "x": X, "side": 3, "radius": 2.0}),
        "aggregate.draws": Call(aggregate.draws, {"checkpoint": run, "x": X, "count": 3, "seed": 0}),
        "as_printed.configured": Call(as_printed.configured, {"config": config, "n": 10}),
        "as_printed.toy_posterior": Call(as_printed.toy_posterior, {"x": 2.0, "n": 10}),
        "as_printed.toy_objective": Call(as_printed.toy_objective, {"variance": 0.5, **toy}),
        "as_printed.toy_gradient": Call(as_printed.toy_gradient, {"log_var": -0.5, **toy}),
        "as_printed.toy_path": Call(as_printed.toy_path, {
            "x": 2.0, "n": 10, "steps": 3, "rate": 0.25, "start": (0.5, 1.0)}, steps=("steps",)),
        "checkpoint_history.at": Call(checkpoint_history.at, {"history": history, "step": 5}),
        "checkpoint_history.bytes_of": Call(checkpoint_history.bytes_of, {"checkpoint": run}),
        "checkpoint_history.remember": Call(checkpoint_history.remember, {
            "history": history, "checkpoint": run._replace(step=20)}),
        "checkpoint_history.steps": Call(checkpoint_history.steps, {"history": history}),
        "collapse.units": Call(collapse.units, {"checkpoint": run, "x": X}),
        "collapse.sweep": Call(collapse.sweep, {"config": config, "images": digits, "betas": [0.5, 2.0], "steps": 2},
                               steps=("steps",)),
        "export.encoder_layers": Call(export.encoder_layers, {"checkpoint": run}),
        "export.decoder_layers": Call(export.decoder_layers, {"checkpoint": run}),
        "export.encode_by_layers": Call(export.encode_by_layers, {"layers": export.encoder_layers(run), "x": X}),
        "half_steps.encoder_step": Call(half_steps.encoder_step, {"checkpoint": run, "x": X, "steps": 2},
                                        steps=("steps",)),
        "half_steps.decoder_step": Call(half_steps.decoder_step, {"checkpoint": run, "x": X, "steps": 2},
                                        steps=("steps",)),
        "importance.weights": Call(importance.weights, {**exact, "seed": 0}),
        "importance.reach": Call(importance.reach, {**exact, "share": 0.5}),
        "pair.start": Call(pair.start, {"first": config, "second": config, "images": digits, "every": 50}),
        "pair.advance": Call(pair.advance, {"pair": pair.start(config, config, digits, every=50), "images": digits,
                                            "steps": 1}, steps=("steps",)),
        "pair.noise": Call(pair.noise, {"config": config, "n": 8, "step": 3}),
    }


def run_calls(config: vae.Config, run: vae.Checkpoint) -> dict[str, Call]:
    digits = vae.Images("digits")
    parts = vae.split_images(digits)
    small = vae.ImageSplit(parts.train[:4], parts.validation[:4], parts.test[:4])
    model = vae.init(config, parts.train)
    both = gradient_noise.start(config, digits, every=50)
    g = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    return {
        "gradient_noise.gradients": Call(gradient_noise.gradients, {
            "checkpoint": run, "x": X, "name": "reparametrization", "repeats": 2, "seed": 0}),
        "gradient_noise.signal_and_noise": Call(gradient_noise.signal_and_noise, {"g": g}),
        "gradient_noise.measure": Call(gradient_noise.measure, {
            "checkpoint": run, "x": X, "names": ("log-derivative", "reparametrization"), "repeats": 2, "seed": 0}),
        "gradient_noise.start": Call(gradient_noise.start, {"config": config, "images": digits, "every": 50}),
        "gradient_noise.advance": Call(gradient_noise.advance, {
            "comparison": both, "images": digits, "steps": 1}, steps=("steps",)),
        "live_training.start": Call(live_training.start, {"config": config, "images": digits, "every": 50}),
        "live_training.advance": Call(live_training.advance, {
            "run": live_training.start(config, digits, every=50), "images": digits, "steps": 1}, steps=("steps",)),
        "live_training.snapshot": Call(live_training.snapshot, {"checkpoint": model, "data": small}),
        "live_training.measure": Call(live_training.measure, {"checkpoint": model, "data": small}),
    }
