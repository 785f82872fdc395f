"""Four ways on from the gradient lab: a race, a discrete latent, the two parts of the noise, a VAE."""

import numpy as np
import streamlit as st
import torch

from dgm import datasets, gradients_discrete, gradients_race, gradients_split, jobs, vae, vae_run, vae_signal
from dgm.figures import gradients_runs as figures
from dgm.gradients import ESTIMATORS, Estimate, Gaussian, estimate
from dgm.gradients_costs import COSTS
from dgm.ui import controls, lesson, live_run, question
from dgm.ui.gradients_lab import LEFT, RIGHT, SAMPLED, Lab

IMAGES = vae_run.Images("digits")
CONFIG = vae.Config(hidden=64, latent=2)
VAE_STEPS = 600
LOGITS = (0.6, -0.4, 0.1)


def race(lab: Lab) -> None:
    """Two optimisers with two gradients, from the same start, on the same noise."""
    st.markdown(r"Both walk down $J(q) = \mathbb{E}_q f + KL(q\,\|\,\mathcal{N}(0, 1))$ in $(\mu, \log\sigma)$; for a "
                r"log-likelihood it is minus the bound. Same start, same noise, 100 repeats; the bands hold 80 % and "
                "50 % of them.")
    first, second, third = st.columns(3)
    with first:
        one = controls.choice("First gradient", "racer", LEFT, many=True)
        other = controls.choice("Second gradient", "rival", [*RIGHT, *LEFT], many=True)
    with second:
        optimiser = controls.choice("Optimiser", "optimiser", gradients_race.OPTIMISERS)
        rate = controls.slider("Step length", "rate", 0.005, 0.3, 0.05, step=0.005, format="%.3f")
    with third:
        samples = controls.slider("Samples per step", "per_step", 1, 64, 1)
        accuracy = controls.slider("Accuracy asked for", "accuracy", 0.01, 1.0, 0.1, step=0.01)
    found = raced(lab, tuple(dict.fromkeys((one, other))), optimiser, rate, samples, accuracy)
    slow = found.lanes[0]
    if question.number(
            "race", f"How many of the 100 runs with the first gradient ({one}) ever come within {accuracy:g} of the "
            "best objective in 150 steps?",
            truth=lambda: float(slow.hit.isfinite().sum()),
            why=lambda exact: f"{exact:.0f} of 100 do; at the end their median distance is "
            f"{float(slow.bands[2, -1]):.3g}.", low=0.0, high=100.0, start=50.0, step=1.0, unit="runs"):
        lesson.figure(figures.race(found, lesson.palette()), key="race", alt=figures.race_alt(found))
        st.table({lane.name: {"median steps to the accuracy": _steps(lane),
                              "time to it, measured here": _time(lane),
                              "median distance at the end": f"{float(lane.bands[2, -1]):.3g}"} for lane in found.lanes})
        st.caption(f"The best q is N({found.best.mu:.3g}, {found.best.sigma:.3g}²), found on the exact objective.")


def _steps(lane: gradients_race.Lane) -> str:
    hit = gradients_race.median_hit(lane)
    return f"{hit:.0f}" if np.isfinite(hit) else "not within 150"


def _time(lane: gradients_race.Lane) -> str:
    hit = gradients_race.median_hit(lane)
    return f"{hit * lane.seconds * 1e3:.0f} ms for all repeats" if np.isfinite(hit) else "no"


@st.cache_data(max_entries=16, show_spinner="Racing")
def raced(lab: Lab, names: tuple[str, ...], optimiser: str, rate: float, samples: int,
          accuracy: float) -> gradients_race.Race:
    """The race of the page; the sampled bound races as its log-likelihood, whose KL is analytic."""
    likelihood = lab.kind in ("log-likelihood", "logistic", SAMPLED)
    cost = (COSTS["log-likelihood"](lab.k) if lab.kind == SAMPLED else lab.make(lab.k)).plus(lab.offset)
    goal = gradients_race.Goal(cost, -1.0 if likelihood else 1.0, 1.0)
    return gradients_race.race(goal, Gaussian(lab.mu - 1.0, lab.sigma), names, 150, rate, samples, 100, 0, optimiser,
                               accuracy)


def discrete(lab: Lab) -> None:
    """A categorical latent: no reparametrization; enumeration, log-derivative and the biased relaxation."""
    st.markdown("A categorical $z$ has no $g(\\xi, \\epsilon)$ that is differentiable in $\\xi$: the drawn category "
                "jumps. With few categories the sum over all of them is exact. The log-derivative still works. "
                "Gumbel-softmax replaces $z$ by a soft mean of places and follows that: it is **biased**.")
    left, right = st.columns(2)
    with left:
        temperature = controls.slider("Temperature of Gumbel-softmax", "temperature", 0.05, 2.0, 0.5, step=0.05)
    with right:
        samples = controls.slider("Samples", "draws", 100, 20_000, 5_000, step=100)
    found, truth = categories(lab, temperature, samples)
    biased = found["Gumbel-softmax (biased)"]
    if question.choice("bias", f"With {samples:,} samples, is the bias of Gumbel-softmax visible beyond two standard "
                       "errors in any logit?", ["yes", "no"],
                       truth=lambda: "yes" if _gap(biased, truth) > 2 else "no",
                       why=lambda _: f"Its largest distance from the exact gradient is {_gap(biased, truth):.1f} "
                       "standard errors. More samples shrink the error bar, not the bias; a lower temperature "
                       "shrinks the bias and raises the variance."):
        lesson.figure(figures.categories(found, truth, lesson.palette()), key="categories",
                      alt=figures.categories_alt(found, truth))


def _gap(found: Estimate, truth: np.ndarray) -> float:
    return float(((found.mean.numpy() - truth) / found.mean_error.clamp(min=1e-12).numpy()).__abs__().max())


@st.cache_data(max_entries=16, show_spinner=False)
def categories(lab: Lab, temperature: float, samples: int) -> tuple[dict[str, Estimate], np.ndarray]:
    """Every categorical estimator on three places around mu, from the same Gumbel noise."""
    q = gradients_discrete.Categorical(torch.tensor(LOGITS), lab.mu + lab.sigma * torch.tensor([-1.5, 0.0, 1.5]))
    noise, cost = gradients_discrete.gumbel(q, samples, 0), lab.cost
    found = {}
    for name, estimator in gradients_discrete.ESTIMATORS.items():
        if name != "exact enumeration":
            more = {"temperature": temperature} if name.startswith("Gumbel") else {}
            found[name] = estimate(estimator(cost, q, noise, **more))
    return found, gradients_discrete.enumeration(cost, q).numpy()


def parts() -> None:
    """Batch part and Monte Carlo part of a linear VAE's gradient, and the slide's n."""
    st.markdown(r"Two approximations make one stochastic gradient: which point, $i \sim U[1, n]$, and which latent, "
                r"$z^* \sim q$. For the linear VAE both variances are exact: "
                r"$\mathrm{Var}\,G = \mathrm{Var}_i\,\mathbb{E}[G|i] + \mathbb{E}_i\,\mathrm{Var}[G|i]$.")
    first, second, third = st.columns(3)
    with first:
        size = controls.slider("Distance from the optimum", "away", 0.0, 1.0, 0.3, step=0.05,
                               help="0: PPCA's maximum likelihood. Larger: weights as early in training.")
    with second:
        batch = controls.slider("Points in a batch", "batch", 1, 128, 1)
    with third:
        draws = controls.slider("Draws of z per point", "z_draws", 1, 64, 1)
    found = split(size)
    if question.choice("parts", "Drawing more z per point helps one of the two parts. For the encoder with "
                       "reparametrization, which part is the larger one here?", ["batch part", "Monte Carlo part"],
                       truth=lambda: _larger(found["encoder V, reparametrization"], batch, draws),
                       why=lambda _: "Draws divide the Monte Carlo part alone; a larger batch divides both. That is "
                       "why one z per point is enough once the points are many."):
        lesson.figure(figures.split(found, batch, draws, lesson.palette()), key="split",
                      alt=figures.split_alt(found, batch, draws))
        st.caption("Iris, centred; two latents; gradients of the mean bound.")
    printed_rule()


def _larger(part: gradients_split.Split, batch: int, draws: int) -> str:
    of_batch, of_draws = part.total(batch, draws)
    return "batch part" if of_batch > of_draws else "Monte Carlo part"


@st.cache_data(max_entries=16, show_spinner=False)
def split(size: float) -> dict[str, gradients_split.Split]:
    """Exact parts for the linear VAE on iris, `size` away from the maximum likelihood."""
    x = datasets.load("iris").x
    model = gradients_split.perturbed(gradients_split.at_optimum(x, 2), size)
    return {name: part(model, x) for name, part in gradients_split.SPLITS.items()}


def printed_rule() -> None:
    """The n-scaling switch: as on the slide, or on both terms."""
    st.markdown(r"**The slide's $n$.** The final algorithm multiplies $\nabla \log p$ by $n$ but not $\nabla KL$: read "
                r"literally it weighs the KL by $1/n$. Here $z \sim \mathcal{N}(0, 1)$, "
                r"$x|z \sim \mathcal{N}(z, 1)$, $x = 2$, so the posterior is $\mathcal{N}(1, 0.5)$.")
    left, right = st.columns([2, 1])
    with left:
        n = controls.slider("$n$", "n", 1, 100, 10)
    with right:
        literal = controls.switch("As printed on the slide", "printed", True)
    q, posterior = gradients_split.toy_optimum(n, printed=literal), gradients_split.toy_optimum(n, printed=False)
    if question.number("rule", f"Trained with the rule chosen above and n = {n}, which variance does q end with?",
                       truth=lambda: q.sigma**2,
                       why=lambda exact: f"q ends at N({q.mu:.3g}, {exact:.3g}); the posterior is N(1, 0.5). With n on "
                       "both terms, or on none, the two agree.", low=0.0, high=1.0, start=0.5, step=0.01):
        lesson.figure(figures.rules(q, posterior, n, lesson.palette(), literal), key="rules",
                      alt=figures.rules_alt(q, posterior, n, literal))


def inside_a_vae() -> None:
    """The same VAE trained by each gradient, live, with the signal-to-noise ratio of grad_phi layer by layer."""
    st.markdown("Two copies of one VAE (8 × 8 digits, 2 latents, 64 hidden units) start from the same weights and see "
                "the same images and noise. One is trained with the log-derivative, one with reparametrization. Beside "
                "it: how much signal one mini-batch gradient of the encoder carries, layer by layer.")
    run = live_run.follow("gradients", IMAGES, None, make=_duel, tune=lambda duel: duel)
    run.total = VAE_STEPS
    if not question.choice("duel", f"After {VAE_STEPS} steps, which has the higher bound on held-out images?",
                           ["log-derivative", "reparametrization", "the same, within 1 nat"],
                           truth=lambda: winner(*duel_bounds()),
                           why=lambda _: f"{duel_bounds()[1]:.1f} nats against {duel_bounds()[0]:.1f} with the "
                           "log-derivative. Both gradients have the same mean, but below a ratio of 1 a step goes "
                           "mostly where the noise points: train both and watch."):
        return
    with st.container(border=True):
        live_run.buttons(run, "gradients", steps=25)
        live_run.watch(run, lambda: live_run.meter(run, per_step=1, what="steps"), "duel meter")
    layer = controls.choice("Layer of the encoder", "layer", ENCODER, ENCODER[2], many=True)
    live_run.watch(run, lambda: duel_figures(run.latest, ENCODER.index(layer)), "duel figures")


ENCODER = ("encoder.hidden.weight", "encoder.hidden.bias", "encoder.out.weight", "encoder.out.bias")


def _duel() -> jobs.Run:
    return jobs.Run(vae_signal.advance, vae_signal.start(CONFIG, IMAGES), IMAGES)


@st.cache_data(max_entries=1, show_spinner="Training both")
def duel_bounds() -> tuple[float, ...]:
    """The two bounds after VAE_STEPS steps: the same runs as the live ones, measured at the end only."""
    start = vae_signal.start(CONFIG, IMAGES, every=VAE_STEPS)
    return vae_signal.advance(start, IMAGES, VAE_STEPS).records[-1].bounds


def winner(log_derivative: float, reparametrization: float) -> str:
    """Whose bound is higher, as an answer."""
    if abs(log_derivative - reparametrization) < 1:
        return "the same, within 1 nat"
    return vae_signal.NAMES[int(reparametrization > log_derivative)]


def duel_figures(duel: vae_signal.Duel, layer: int) -> None:
    """Bounds and ratios of the records so far."""
    if not duel.records:
        st.caption("Press Train: the two bounds and the two ratios appear here.")
        return
    steps = np.array([record.step for record in duel.records])
    bounds = {name: np.array([record.bounds[i] for record in duel.records])
              for i, name in enumerate(vae_signal.NAMES)}
    ratios = {name: np.stack([record.signal.ratio[i].numpy() for record in duel.records], 1)
              for i, name in enumerate(vae_signal.NAMES)}
    left, right = st.columns(2)
    with left:
        lesson.figure(figures.bounds(bounds, steps, lesson.palette()), key="bounds",
                      alt=figures.bounds_alt(bounds, steps))
    with right:
        lesson.figure(figures.signal(ratios, steps, ENCODER, layer, lesson.palette()), key="signal",
                      alt=figures.signal_alt(ratios, steps, ENCODER, layer))


WAYS = {"Race to the optimum": race, "A latent without reparametrization": discrete,
        "Batch and Monte Carlo": lambda _: parts(), "Inside a VAE": lambda _: inside_a_vae()}
assert set(LEFT) | set(RIGHT) == set(ESTIMATORS)
