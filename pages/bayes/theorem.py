"""Part one of the Bayes page: prior, likelihood, evidence and posterior, at once and one observation at a time."""

import streamlit as st

from dgm import bayes
from pages.bayes import models, predictive
from pages.bayes.figures import editing, two_unknowns
from pages.bayes.figures import theorem as figures
from pages.bayes.models import Scene
from ui import page, question, source_code
from ui.components.live_figure.playback import playback

LONGEST_FILM = 60  # observations that are played one by one
LINES = bayes.BetaBernoulli | bayes.NormalNormal | bayes.MixturePrior | bayes.HistogramPrior
COINS = bayes.BetaBernoulli | bayes.MixturePrior | bayes.HistogramPrior


def theorem() -> None:
    """Prior, likelihood, evidence and posterior at once; then one observation at a time."""
    said = st.container()
    left, right = st.columns([2, 3], gap="medium")
    with left:
        scene = models.choose()
    evidence = scene.prior.log_evidence(scene.data)
    with said:
        _claim(scene, evidence)
    with right:
        _four(scene, evidence)
    if question.choice(
            "order", "The same observations arrive in the opposite order. What happens to the evidence p(X)?",
            ["it grows", "it stays", "it shrinks"], truth=lambda: _reversed(scene, evidence),
            why=lambda _: "The evidence is one integral over theta of a product, and a product has no order. The "
            "one-step predictives below do change, each of them; their sum does not."):
        _one_by_one(scene, evidence)
    _routes(scene, evidence)
    best = _best_evidence(scene)
    if best is not None:
        page.challenge(
            f"Change the prior (not the data) until ln p(X) comes within 0.3 nats of {figures.nats(best)}: the "
            "likelihood at its maximum, which no prior can pass.", evidence >= best - 0.3, figures.nats(evidence))
    source_code.show([type(scene.prior).posterior, type(scene.prior).log_evidence, bayes.routes],
                     formula=r"p(\theta|\mathbf{X}) = \frac{p(\mathbf{X}|\theta)\,p(\theta)}{\int p(\mathbf{X}|\theta)"
                     r"\,p(\theta)\,d\theta}",
                     script=f"from dgm import bayes\nprior = {scene.code}\nX = {scene.data_code}\n"
                     'numbers = {"log evidence": prior.log_evidence(X)}', numbers={"log evidence": evidence})


def _reversed(scene: Scene, evidence: float) -> str:
    other = scene.prior.log_evidence(scene.data.flip(0)) if scene.singles else evidence
    return "it stays" if abs(other - evidence) < 1e-9 * (1 + abs(evidence)) else "it grows" if other > evidence \
        else "it shrinks"


def _claim(scene: Scene, evidence: float) -> None:
    name = r"p(\theta|\mathbf{X})"
    if not isinstance(scene.prior, LINES):
        page.claim("What was believed before, times how well it explains the data, divided by the evidence, is what "
                     "is believed now.",
                     page.term("posterior", name) + r"=\frac{" + page.term("likelihood", r"p(\mathbf{X}|\theta)")
                     + page.term("prior", r"p(\theta)") + "}{" + page.term("evidence", r"p(\mathbf{X})",
                                                                              f"e^{{{evidence:.3f}}}") + "}")
        return
    mean = float(scene.prior.posterior(scene.data).predictive().mean)
    terms = bayes.theorem_terms(scene.prior, scene.data, mean)
    page.claim(
        f"Bayes' theorem in nats, at one place, the posterior mean θ = {mean:.4g}: what the data say of θ is added to "
        "what was believed of it; the evidence is what both add up to over all θ.",
        page.term("posterior", r"\ln " + name, terms.log_posterior) + "="
        + page.term("likelihood", r"\ln p(\mathbf{X}|\theta)", terms.log_likelihood) + "+"
        + page.term("prior", r"\ln p(\theta)", terms.log_prior) + "-"
        + page.term("evidence", r"\ln p(\mathbf{X})", terms.log_evidence, "nats"))


def _four(scene: Scene, evidence: float) -> None:
    palette = page.palette()
    if isinstance(scene.prior, LINES):
        curves = bayes.curves(scene.prior, scene.data)
        page.figure(figures.four(curves, scene.symbol, palette), key="four",
                      alt=figures.four_alt(curves, scene.symbol))
    elif isinstance(scene.prior, bayes.NormalInverseGamma):
        plane, best = bayes.normal_plane(scene.prior, scene.data), scene.prior.posterior(scene.data).map("log s2")
        page.figure(two_unknowns.normal_plane(plane, best, palette), key="plane",
                      alt=two_unknowns.normal_plane_alt(plane, best))
        st.caption(f"Contours 1 and 3 nats below each top; the evidence is the volume under prior times likelihood, "
                   f"ln p(X) = {figures.nats(evidence)}.")
    else:
        answers = bayes.predictives(scene.prior, scene.data)
        chances = bayes.outcome_probabilities(answers.posterior, len(scene.outcomes))
        page.figure(predictive.bars(scene, answers, None), key="faces",
                      alt="Probability of each face under the prior, the posterior and its MAP; under the posterior "
                      + ", ".join(f"{face}: {float(p):.3f}" for face, p in zip(scene.outcomes, chances, strict=True))
                      + ".")
        st.caption("Six probabilities that add to one cannot be drawn as a curve: these are their prior mean, "
                   "posterior mean and MAP.")


def _one_by_one(scene: Scene, evidence: float) -> None:
    page.heading("One observation at a time")
    if not scene.singles or not 0 < scene.size <= LONGEST_FILM:
        st.caption(f"With 1 to {LONGEST_FILM} observations the belief is played here one observation at a time.")
        return
    palette, history = page.palette(), bayes.history(scene.prior, scene.data)
    gains = [update.log_predictive for update in scene.prior.updates(scene.data)]
    bars, sentence = editing.growing(gains, evidence, palette), figures.chain_alt(gains, evidence)
    st.markdown("Each observation was predicted from those before it. The logarithms of these one-step predictives "
                r"add up to the log evidence: $\ln p(\mathbf{X}) = \sum_n \ln p(x_n | x_1, .., x_{n-1})$.")
    if history is None:
        playback(bars, key="chain", base=(scene.model, scene.size), alts=sentence, start=scene.size)
        return
    playback([editing.learning(history.theta, history.densities, scene.symbol, palette), bars],
             key="history", base=(scene.model, scene.size), start=scene.size,
             alts=[editing.learning_alt(scene.size, scene.symbol), sentence])


def _routes(scene: Scene, evidence: float) -> None:
    if not scene.singles:
        st.caption(f"ln p(X) = {figures.nats(evidence)} for {scene.size:,} observations, by the closed form; the other "
                   "routes go through them one by one.")
        return
    routes = bayes.routes(scene.prior, scene.data)
    known = [value for value in routes if value is not None]
    apart = max(known) - min(known)
    verdict = f"they differ by at most {apart:.0e} nats" if apart else "they agree to the last digit"
    joint = "out of reach here" if routes.marginal is None else f"{routes.marginal:.6f}"
    st.caption(f"Three routes to ln p(X): closed form {routes.closed:.6f}, θ integrated out of the joint density "
               f"{joint}, sum of one-step predictives {routes.chain:.6f}; {verdict}.")


def _best_evidence(scene: Scene) -> float | None:
    """The highest log likelihood of a coin: the evidence is an average of likelihoods and cannot pass it."""
    if not isinstance(scene.prior, COINS) or scene.size == 0:
        return None
    return float(scene.prior.log_likelihood(scene.prior.mle(scene.data), scene.data))
