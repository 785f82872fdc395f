"""Amortized inference in one dimension (slide "Amortized variational inference"): one encoder for every x.

    q(z | x, phi) = N(m(x), s(x)^2),   phi <- phi + rate dL/dphi,   L estimated with z = m(x) + s(x) e, e ~ N(0, 1)

The gap to log p(x) has two parts (Cremer, Li and Duvenaud 2018), both exact here, in nats:
    approximation  log p(x) - max over Gaussians of L      what the family costs
    amortization   max over Gaussians of L - L(encoder)    what one network for all x costs
`advance(encoder, steps) -> encoder` is a pure fold: each step draws x ~ p(x) and e from (seed, step) alone.
"""

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_integer, as_number, as_seed, as_tensor, require_kind
from dgm.elbo import gaussian_terms
from dgm.elbo.families import log_mixture
from dgm.elbo.fits import ascended
from dgm.elbo.normal_model import NormalModel, as_observations, evidence_at
from dgm.errors import ArgumentError
from dgm.gaussian import log_normal
from dgm.gradient_run import require_finite

MOST_HIDDEN, MOST_BATCH, MOST_SAMPLES = 256, 4096, 64
MOST_STEPS = 10**6               # of one call
NARROWEST, WIDEST = 1e-3, 50.0   # deviations of an encoder
FIRST, SECOND, TINY = 0.9, 0.999, 1e-8    # Adam's constants (Kingma and Ba 2015)
COARSE = (81, 33)                # means and deviations among which a best Gaussian is looked for
GAINED = 1e-9                    # nats: below it a gap is what the search leaves

Params = dict[str, Tensor]


@dataclass(frozen=True)
class Config:
    """What decides a run: the model, the encoder's size, the step size and the seed.

    hidden: tanh units, 0 to 256; 0 makes m(x) and log s(x) linear in x. batch: x of one step, 1 to 4096; samples: z
    for each x, 1 to 64. ArgumentError names the field that cannot be used.

    >>> from dgm.elbo import amortized
    >>> amortized.Config(hidden=4).learning_rate
    0.02
    """

    model: NormalModel = field(default_factory=NormalModel)
    hidden: int = 8
    learning_rate: float = 0.02
    batch: int = 64
    samples: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        require_kind(self.model, "model", NormalModel, "a NormalModel")
        found: dict[str, Any] = {
            "hidden": as_integer(self.hidden, "hidden", 0, MOST_HIDDEN),
            "learning_rate": as_number(self.learning_rate, "learning_rate", above=0, high=10.0),
            "batch": as_integer(self.batch, "batch", 1, MOST_BATCH),
            "samples": as_integer(self.samples, "samples", 1, MOST_SAMPLES), "seed": as_seed(self.seed)}
        for name, value in found.items():
            object.__setattr__(self, name, value)


class Encoder(NamedTuple):
    """A run at one step."""

    config: Config
    step: int
    params: Params    # float64; "W", "b" of the output, with hidden units also "V", "a" of the first layer
    moments: Params   # of Adam
    losses: Tensor    # (steps of the last advance,)  minus the estimated bound, nats per x


class Codes(NamedTuple):
    """q(z | x) at each x."""

    mean: Tensor  # (M,)
    sd: Tensor    # (M,)


class Sweep(NamedTuple):
    """The encoder, the best Gaussian and the exact evidence over x, (M,) each; nats."""

    x: Tensor
    mean: Tensor           # of the encoder's q
    sd: Tensor
    best_mean: Tensor      # of the Gaussian with the largest bound
    best_sd: Tensor
    log_evidence: Tensor   # log p(x)
    best_bound: Tensor     # L of the best Gaussian
    bound: Tensor          # L of the encoder's q
    approximation: Tensor  # log p(x) - best_bound, 0 or more
    amortization: Tensor   # best_bound - bound, 0 or more


def init(config: Config) -> Encoder:
    """An encoder at step 0: q is about N(0, 1) for every x. ArgumentError for another config.

    >>> from dgm.elbo import amortized
    >>> amortized.init(amortized.Config()).params["V"].shape
    torch.Size([8, 1])
    """
    require_kind(config, "config", Config, "an amortized.Config")
    rng, hidden = runtime.generator(config.seed, 0), config.hidden
    first = {"V": torch.randn(hidden, 1, generator=rng, dtype=torch.float64),
             "a": torch.randn(hidden, generator=rng, dtype=torch.float64)} if hidden else {}
    inner = hidden or 1
    W = 0.1 / math.sqrt(inner) * torch.randn(2, inner, generator=rng, dtype=torch.float64)
    params = {**first, "W": W, "b": torch.zeros(2, dtype=torch.float64)}
    return Encoder(config, 0, params, {}, torch.zeros(0, dtype=torch.float64))


@torch.inference_mode(False)
@torch.enable_grad()
def advance(encoder: Encoder, steps: int) -> Encoder:
    """The run `steps` Adam steps later; pure, and the same bits however the steps are divided into calls.

    steps: 0 to 10^6; 0 gives the encoder itself. DivergedError when a parameter is no longer finite, ArgumentError for
    other steps or encoders.

    >>> from dgm.elbo import amortized
    >>> run = amortized.advance(amortized.init(amortized.Config()), 20)
    >>> run.step, tuple(run.losses.shape)
    (20, (20,))
    """
    encoder, count = _as_encoder(encoder), as_integer(steps, "steps", 0, MOST_STEPS)
    if not count:
        return encoder
    config, shapes = encoder.config, {name: value.shape for name, value in encoder.params.items()}
    flat = _flat(encoder.params)
    first, second = (_flat(encoder.moments[name]) if encoder.moments else torch.zeros_like(flat)
                     for name in ("first", "second"))
    losses = []
    for step in range(encoder.step, encoder.step + count):
        flat.requires_grad_(True)
        loss = _loss(_named(flat, shapes), config, step)
        gradient, = torch.autograd.grad(loss, flat)
        losses.append(loss.detach())
        first = FIRST * first + (1 - FIRST) * gradient
        second = SECOND * second + (1 - SECOND) * gradient.square()
        rate = config.learning_rate / (1 - FIRST ** (step + 1))
        flat = flat.detach() - rate * first / ((second / (1 - SECOND ** (step + 1))).sqrt() + TINY)
    found = Encoder(config, encoder.step + count, _named(flat, shapes, copied=True),
                    {"first": first.clone(), "second": second.clone()}, torch.stack(losses))
    require_finite(found.step, found.losses, (flat, first, second), config.learning_rate)
    return found


def continued(encoder: Encoder, data: None, steps: int) -> Encoder:
    """`advance` as `dgm.jobs` calls it; data is None, because an encoder draws its x from the model.

    ArgumentError for other data, else errors as `advance`.

    >>> from dgm.elbo import amortized
    >>> amortized.continued(amortized.init(amortized.Config()), None, 5).step
    5
    """
    if data is not None:
        raise ArgumentError("an encoder draws its x from the model: give None as data")
    return advance(encoder, steps)


def _loss(params: Params, config: Config, step: int) -> Tensor:
    """Minus an estimate of the mean bound over x ~ p(x): z = m + s e, the entropy of q exact."""
    model, g = config.model, runtime.generator(config.seed, 1, step)
    chosen = torch.multinomial(torch.tensor(model.weights, dtype=torch.float64), config.batch, replacement=True,
                               generator=g)
    noise = torch.randn(2 + config.samples, config.batch, generator=g, dtype=torch.float64)
    means, sds = (torch.tensor(part, dtype=torch.float64)[chosen] for part in (model.means, model.sds))
    x = _curve(model, means + sds * noise[0]) + model.noise * noise[1]
    mean, sd = _codes(params, config, x)
    z = mean + sd * noise[2:]
    joint = log_mixture(z, model.weights, model.means, model.sds) + log_normal(x, _curve(model, z), model.noise**2)
    return -(joint.mean(0) + gaussian_terms.entropy(sd)).mean()


def _curve(model: NormalModel, z: Tensor) -> Tensor:
    return model.slope * z + model.intercept + model.curvature * z.square()


def encode(encoder: Encoder, xs: Any) -> Codes:
    """q(z | x) at each of xs (M,), M up to 5000: mean and deviation (M,).

    ArgumentError for another encoder, or x beyond +-100.

    >>> from dgm.elbo import amortized
    >>> codes = amortized.encode(amortized.init(amortized.Config()), [0.0, 1.0])
    >>> tuple(codes.mean.shape), bool((codes.sd > 0).all())
    ((2,), True)
    """
    encoder = _as_encoder(encoder)
    return Codes(*_codes(encoder.params, encoder.config, as_observations(xs)))


def _codes(params: Params, config: Config, x: Tensor) -> tuple[Tensor, Tensor]:
    centre, scale = _moments(config.model)
    h = ((x - centre) / scale)[:, None]
    if "V" in params:
        h = torch.tanh(h @ params["V"].T + params["a"])
    mean, log_sd = (h @ params["W"].T + params["b"]).T
    return mean, log_sd.clamp(math.log(NARROWEST), math.log(WIDEST)).exp()


@lru_cache(maxsize=64)
def _moments(model: NormalModel) -> tuple[float, float]:
    """Mean and deviation of x under the model: what the encoder's input is scaled by."""
    e, weights = gaussian_terms.standard_rule(math.inf, 1.0)
    parts = [(w, _curve(model, m + s * e)) for w, m, s in zip(model.weights, model.means, model.sds, strict=True)]
    mean = sum(w * float(weights @ g) for w, g in parts)
    square = sum(w * float(weights @ (g - mean).square()) for w, g in parts)
    return mean, math.sqrt(square + model.noise**2)


def sweep(encoder: Encoder, xs: Any) -> Sweep:
    """The encoder's q, the best Gaussian and log p(x) at each of xs (M,), with both parts of the gap.

    M up to 500, x within +-100; ArgumentError for others.

    >>> import torch
    >>> from dgm.elbo import amortized
    >>> run = amortized.advance(amortized.init(amortized.Config(hidden=0)), 300)
    >>> found = amortized.sweep(run, torch.linspace(-3, 3, 7))
    >>> float(found.approximation.max()), bool(found.amortization.max() < 0.1)       # a Gaussian posterior
    (0.0, True)
    """
    encoder, x = _as_encoder(encoder), as_observations(xs)
    if len(x) > 500:
        raise ArgumentError(f"xs holds {len(x)} numbers: give 1 to 500")
    model, (mean, sd) = encoder.config.model, _codes(encoder.params, encoder.config, x)
    bound = gaussian_terms.bound(model, x, mean, sd)
    best_mean, best_sd, best_bound = _best(model, x, (mean, sd, bound))
    log_evidence = evidence_at(model, x)
    return Sweep(x, mean, sd, best_mean, best_sd, log_evidence, best_bound, bound,
                 _cleaned(log_evidence - best_bound), _cleaned(best_bound - bound))


def _cleaned(gap: Tensor) -> Tensor:
    return torch.where(gap > GAINED, gap, 0.0)


def _best(model: NormalModel, x: Tensor, start: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, deviation and bound (M,) of the best Gaussian: Newton's method from a grid, and from the encoder's q."""
    places, widths, fixed = _coarse(model)
    table = gaussian_terms.expected_log_likelihood(model, x[:, None, None], places, widths[:, None]) + fixed
    chosen = table.flatten(1).argmax(1)
    found = [start]
    for mean, sd in ((places[chosen % len(places)], widths[chosen // len(places)]), start[:2]):
        found.append(_improved(model, x, mean, sd))
    stacked = [torch.stack(part) for part in zip(*found, strict=True)]
    best = stacked[2].argmax(0, keepdim=True)
    mean, sd, bound = (part.gather(0, best)[0] for part in stacked)
    return mean, sd, bound


def _improved(model: NormalModel, x: Tensor, mean: Tensor, sd: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The local maximum of the bound near each start, with the bound there; -inf where none is reached."""
    def log_joint(z: Tensor) -> Tensor:
        prior = log_mixture(z, model.weights, model.means, model.sds)
        return prior + log_normal(x[:, None], _curve(model, z), model.noise**2)

    best, width, arrived = ascended(log_joint, mean, sd.clamp(min=NARROWEST))
    return best, width, torch.where(arrived, gaussian_terms.bound(model, x, best, width), -math.inf)


@lru_cache(maxsize=16)
def _coarse(model: NormalModel) -> tuple[Tensor, Tensor, Tensor]:
    """Means (A,), deviations (B,), and of the bound there the part without x, (B, A): E_q log p(z) + H(q)."""
    low = min(m - 6 * s for m, s in zip(model.means, model.sds, strict=True))
    high = max(m + 6 * s for m, s in zip(model.means, model.sds, strict=True))
    narrow, wide = math.log(min(*model.sds, model.noise) / 20), math.log((high - low) / 3)
    with torch.inference_mode(False):
        places = torch.linspace(low, high, COARSE[0], dtype=torch.float64)
        widths = torch.linspace(narrow, wide, COARSE[1], dtype=torch.float64).exp()
        prior = gaussian_terms.expected_log_prior(model, places, widths[:, None])
        return places, widths, prior + gaussian_terms.entropy(widths)[:, None]


# Parameters ----------------------------------------------------------------------------------------------------------


def _flat(params: Any) -> Tensor:
    values = params.values() if isinstance(params, dict) else [params]
    return torch.cat([value.reshape(-1) for value in values]).clone()


def _named(flat: Tensor, shapes: dict[str, torch.Size], copied: bool = False) -> Params:
    pieces = torch.split(flat, [shape.numel() for shape in shapes.values()])
    named = {name: piece.view(shape) for (name, shape), piece in zip(shapes.items(), pieces, strict=True)}
    return {name: value.detach().clone() for name, value in named.items()} if copied else named


def _as_encoder(encoder: Any) -> Encoder:
    require_kind(encoder, "encoder", Encoder, "an Encoder of amortized.init")
    require_kind(encoder.config, "config", Config, "an amortized.Config")
    hidden, step = encoder.config.hidden, as_integer(encoder.step, "step", 0, 10**15)
    shapes = {**({"V": (hidden, 1), "a": (hidden,)} if hidden else {}), "W": (2, hidden or 1), "b": (2,)}
    params = _as_parts(encoder.params, "params", shapes)
    size = sum(value.numel() for value in params.values())
    require_kind(encoder.moments, "moments", dict, "a dict")
    moments = _as_parts(encoder.moments, "moments", {"first": (size,), "second": (size,)}) if encoder.moments else {}
    if moments and bool((moments["second"] < 0).any()):
        raise ArgumentError("moments holds a negative square: give an Encoder of amortized.init or advance")
    return Encoder(encoder.config, step, params, moments, as_tensor(encoder.losses, "losses"))


def _as_parts(parts: Any, name: str, shapes: dict[str, Any]) -> Params:
    if not isinstance(parts, dict) or set(parts) != set(shapes):
        raise ArgumentError(f"{name} has to hold {', '.join(shapes)}: give an Encoder of amortized.init or advance")
    found = {key: as_tensor(parts[key], name) for key in shapes}
    if any(found[key].shape != torch.Size(shape) for key, shape in shapes.items()):
        raise ArgumentError(f"{name} has other shapes than the config says: give an Encoder of amortized.init")
    return found
