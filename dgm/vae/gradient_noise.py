"""Signal-to-noise of grad_phi in a VAE (slides "Log-derivative trick", "Reparametrization trick", "Final algorithm").

Ratio of a layer = |E G| / sqrt(tr Var G) for one mini-batch gradient G: at 1 the noise is as long as the signal. Every
estimator sees the same images and the same eps. The slide's estimators: log p(x | z) sampled, the KL analytic.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.vae import live_training, training
from dgm.vae.model import as_images, kl_to_prior, posterior

NAMES = ("log-derivative", "reparametrization")
REPEATS = 12   # mini-batches behind each ratio of a record


class Signal(NamedTuple):
    """At one training step: rows are estimators, columns layers of the encoder."""

    step: int
    names: tuple[str, ...]   # E
    layers: tuple[str, ...]  # P, e.g. "encoder.out.weight"
    ratio: Tensor            # (E, P)
    signal: Tensor           # (E, P)  |E G|, measured by the quietest estimator
    noise: Tensor            # (E, P)  sqrt(tr Var G)


def gradients(checkpoint: training.Checkpoint, x: Tensor, name: str, repeats: int, seed: int = 0) -> dict[str, Tensor]:
    """`repeats` mini-batch gradients of the mean bound in every encoder parameter, (repeats, *shape), by `name`."""
    if name not in training.GRADIENTS:
        raise ValueError(f"unknown gradient {name!r}: choose one of {', '.join(training.GRADIENTS)}")
    config = checkpoint.config
    fixed = {key: value.detach() for key, value in checkpoint.params.items()}
    phi = {key: value.clone().requires_grad_() for key, value in fixed.items() if key.startswith("encoder")}
    params = {**fixed, **phi}
    x = as_images(x).to(fixed["decoder.out.bias"])
    found: dict[str, list[Tensor]] = {key: [] for key in phi}
    for repeat in range(repeats):
        rng = runtime.generator(seed, 7, repeat)
        batch = x[torch.randint(len(x), (config.batch or len(x),), generator=rng)]
        eps = torch.randn(len(batch), config.latent, generator=rng).to(batch)
        q = posterior(params, batch)
        _, surrogate = training.GRADIENTS[name](params, config, batch, q, eps)
        bound = (surrogate - config.beta * kl_to_prior(q)).mean()
        for key, g in zip(phi, torch.autograd.grad(bound, list(phi.values())), strict=True):
            found[key].append(g)
    return {key: torch.stack(rows) for key, rows in found.items()}


def ratio(g: Tensor) -> tuple[Tensor, Tensor]:
    """(|E G|, sqrt(tr Var G)) from independent rows (R, ...); the mean's own noise is taken off its square."""
    rows = g.double().flatten(1)
    noise2 = rows.var(0).sum()
    signal2 = rows.mean(0).square().sum() - noise2 / len(rows)
    return signal2.clamp(min=0).sqrt(), noise2.sqrt()


def measure(checkpoint: training.Checkpoint, x: Tensor, names: Sequence[str] = NAMES, repeats: int = 24,
            seed: int = 0) -> Signal:
    """The ratio of every estimator and layer at this checkpoint."""
    if repeats < 2:
        raise ValueError("a variance needs at least 2 repeats")
    rows = []
    for name in names:
        found = gradients(checkpoint, x, name, repeats, seed)
        rows.append(torch.stack([torch.stack(ratio(g)) for g in found.values()], 1))       # (2, P)
    signal, noise = torch.stack(rows, 1)
    # All estimators have one mean: the quietest knows its length best, the others would drown it.
    signal = signal.gather(0, noise.argmin(0, keepdim=True)).expand_as(noise)
    return Signal(checkpoint.step, tuple(names), tuple(found), signal / noise.clamp(min=1e-30), signal, noise)


class Record(NamedTuple):
    """Both runs at one step."""

    step: int
    bounds: tuple[float, ...]  # mean bound of held-out images, nats, of the run trained by each estimator
    signal: Signal             # of both estimators, at the weights of the run trained by reparametrization


class Duel(NamedTuple):
    """The same VAE trained by each estimator from the same weights, images and noise."""

    runs: tuple[training.Checkpoint, ...]
    records: tuple[Record, ...] = ()
    every: int = 25

    @property
    def step(self) -> int:
        return self.runs[0].step


def start(config: training.Config, images: live_training.Images, every: int = 25) -> Duel:
    """Both runs before their first step. ValueError when `every` is not positive."""
    if every < 1:
        raise ValueError(f"every must be at least 1 step, not {every}")
    x = live_training.parts(images).train
    return Duel(tuple(training.init(replace(config, gradient=name), x) for name in NAMES), (), every)


def advance(duel: Duel, images: live_training.Images, steps: int) -> Duel:
    """`steps` more steps of both runs and the records that fall due; pure, blind to how steps are cut into calls."""
    parts = live_training.parts(images)
    end = duel.step + steps
    duel = _recorded(duel, parts)
    while duel.step < end:
        stride = min(duel.every - duel.step % duel.every, end - duel.step)
        runs = tuple(training.advance(run, parts.train, stride) for run in duel.runs)
        duel = _recorded(duel._replace(runs=runs), parts)
    return duel


def _recorded(duel: Duel, parts: live_training.Parts) -> Duel:
    if duel.step % duel.every or (duel.records and duel.records[-1].step >= duel.step):
        return duel
    held = parts.validation[:200]
    bounds = tuple(float((recon - kl).mean()) for recon, kl in (training.elbo_terms(run, held, 3) for run in duel.runs))
    signal = measure(duel.runs[NAMES.index("reparametrization")], parts.train, repeats=REPEATS, seed=duel.step)
    return duel._replace(records=(*duel.records, Record(duel.step, bounds, signal)))
