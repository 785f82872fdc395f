"""Part one of the Bayes page: prior, likelihood, evidence and posterior, at once and one observation at a time."""

import streamlit as st

from dgm import bayes
from dgm.bayes import summaries
from pages.bayes import models, priors
from pages.bayes.figures import dragged_prior, history, numbers
from pages.bayes.figures import predictive as predictive_figures
from pages.bayes.figures import theorem as figures
from pages.bayes.prior_limits import best_log_evidence
from pages.bayes.scene import MAX_LISTED, Scene
from pages.bayes.state import COIN, DIE, DRAWN_COIN, KNOWN_NOISE, MIXED_COIN, UNKNOWN_NOISE
from ui import cache, page, question, source_code
from ui.components.live_figure import live_figure
from ui.components.live_figure.playback import playback
from ui.figures.spec import Figure
from ui.figures.written import written

CLOSE = 0.3   # nats below the highest evidence, for the challenge
TERMS = ("prior", "likelihood", "posterior", "evidence", "nat")
SUBJECTS = {   # what theta is
    **dict.fromkeys((COIN, DRAWN_COIN, MIXED_COIN), "θ is the probability p of heads"),
    KNOWN_NOISE: "θ is the mean of numbers whose noise is known", UNKNOWN_NOISE: "θ is the mean μ and the deviation σ",
    DIE: "θ is the probabilities of the six faces"}
ORDER = ("it grows", "it stays", "it shrinks")


def part() -> None:
    """Prior, likelihood, evidence and posterior at once; then one observation at a time."""
    above = st.container()
    picture, settings = st.columns([3, 2], gap="medium")   # on a phone the picture is above its settings
    with settings:
        scene = models.choose()
    evidence = scene.prior.log_evidence(scene.data)
    with above:
        _introduction(scene, evidence)
    with picture:
        _figure(scene, evidence)
    if isinstance(scene.prior, summaries.Line):
        _in_nats(scene)
    if scene.size == 0:
        st.markdown("There are no observations yet. So the likelihood is 1 for every θ, the evidence is 1, and the "
                    "posterior is the prior.")
    if scene.size > 1:
        _ask_about_the_order(scene, evidence)
    _one_by_one(scene, evidence)
    if scene.size:
        _routes(scene, evidence)
    _challenge(scene, evidence)
    source_code.show([type(scene.prior).posterior, type(scene.prior).log_evidence, bayes.routes],
                     formula=r"p(\theta|\mathbf{X}) = \frac{p(\mathbf{X}|\theta)\,p(\theta)}{\int p(\mathbf{X}|\theta)"
                     r"\,p(\theta)\,d\theta}",
                     script=f"from dgm import bayes\nprior = {scene.prior_code}\nX = {scene.data_code}\n"
                     'numbers = {"log evidence": prior.log_evidence(X)}', numbers={"log evidence": evidence})


def _ask_about_the_order(scene: Scene, evidence: float) -> None:
    question.choice(
        "order", "Now the same observations arrive in the opposite order. What happens to the evidence p(X)?",
        ORDER, truth=lambda: _in_opposite_order(scene, evidence), about=scene.about,
        why=lambda _: "The evidence is one integral over θ of a product, and a product has no order. "
        + _what_the_order_changes(scene))


def _in_opposite_order(scene: Scene, evidence: float) -> str:
    """The option of ORDER that is right."""
    grows, stays, shrinks = ORDER
    if isinstance(scene.data, bayes.Counts):
        return stays
    other = scene.prior.log_evidence(scene.data.flip(0))
    if abs(other - evidence) < 1e-9 * (1 + abs(evidence)):
        return stays
    return grows if other > evidence else shrinks


def _what_the_order_changes(scene: Scene) -> str:
    """How many of the one-step predictives the opposite order changes."""
    if not scene.ordered or not 0 < scene.size <= MAX_LISTED:
        return "The one-step predictives may change; their logarithms add up to the same."
    changed, size = bayes.reversal(scene.prior, scene.data)
    return (f"Of the {size} one-step predictives below, {changed or 'none'} would change in the opposite order; "
            "their logarithms add up to the same.")


def _introduction(scene: Scene, evidence: float) -> None:
    page.introduction(
        f"**Posterior = likelihood × prior / evidence.** Here {SUBJECTS[scene.model]}. The evidence $p(\\mathbf{{X}})$ "
        "is the integral of likelihood × prior. The part **What comes next** predicts, **MAP** shows what is lost.",
        page.term("posterior", r"p(\theta|\mathbf{X})") + r"=\frac{"
        + page.term("likelihood", r"p(\mathbf{X}|\theta)") + r"\," + page.term("prior", r"p(\theta)") + "}{"
        + page.term("evidence", r"\int p(\mathbf{X}|\theta)\,p(\theta)\,d\theta", numbers.latex_exp(evidence))
        + "}", TERMS)


def _in_nats(scene: Scene) -> None:
    """The theorem's logarithms at the posterior mean, each with its value."""
    mean = float(scene.prior.posterior(scene.data).predictive().mean)
    terms = bayes.theorem_terms(scene.prior, scene.data, mean)
    page.claim(
        f"Take logarithms and put in one θ, here the posterior mean {numbers.format_mean(mean)}. Then log posterior = "
        "log likelihood + log prior − log evidence. These are natural logarithms, in nats. The three on the right are "
        "rounded to three decimals.",
        page.term("posterior", r"\log p(\theta|\mathbf{X})", numbers.latex_nats(numbers.log_posterior(terms))) + "="
        + page.term("likelihood", r"\log p(\mathbf{X}|\theta)", numbers.latex_nats(terms.log_likelihood)) + "+"
        + page.term("prior", r"\log p(\theta)", numbers.latex_nats(terms.log_prior)) + "-"
        + page.term("evidence", r"\log p(\mathbf{X})", numbers.latex_nats(terms.log_evidence), "nats"))


def _figure(scene: Scene, evidence: float) -> None:
    if isinstance(scene.prior, bayes.BetaBernoulli):
        _dragged_curves(scene.prior, scene)
    elif isinstance(scene.prior, summaries.Line):
        curves = bayes.curves(scene.prior, scene.data)
        page.figure(figures.theorem_curves(curves, scene.symbol, page.palette()), key="four",
                    alt=figures.theorem_curves_alt(curves, scene.symbol))
        _say_what_is_cut(curves)
    elif isinstance(scene.prior, bayes.NormalInverseGamma):
        _normal_plane(scene.prior, scene, evidence)
    else:
        _face_bars(scene, evidence)


def _dragged_curves(prior: bayes.BetaBernoulli, scene: Scene) -> None:
    """The curves of a coin, whose prior is dragged by a point."""
    curves = bayes.curves(prior, scene.data)
    before: dict[str, float] = cache.of_session("bayes tops of a dragged prior", dict)    # for comparison
    drawn = dragged_prior.beta_curves(curves, prior, scene.data, page.palette(), before)
    before.update(drawn.tops)
    live_figure(drawn.figure, key="four curves", base=prior, on_edit=priors.from_drag,
                drag={"trace": drawn.handle, "names": ["the prior's mean and its density there"],
                      "follow": drawn.follow},
                alt=figures.theorem_curves_alt(curves, scene.symbol))
    st.caption("Drag the point on the prior, or move it with the arrow keys: sideways for its mean, up for a narrower "
               "prior. All curves and the evidence follow.")
    _say_what_is_cut(curves)


def _say_what_is_cut(curves: bayes.Curves) -> None:
    """That a part of the shaded area has no room in the figure."""
    if figures.is_cut(curves):
        st.caption("Here likelihood × prior goes to infinity at an end, so the figure cuts a part of the area off. The "
                   "evidence beside it is exact and counts all of it.")


def _normal_plane(prior: bayes.NormalInverseGamma, scene: Scene, evidence: float) -> None:
    plane, best = bayes.normal_plane(prior, scene.data), prior.posterior(scene.data).map("log s2")
    page.figure(figures.normal_plane(plane, best, page.palette(), unit=scene.quantity), key="plane",
                alt=figures.normal_plane_alt(plane, best))
    near, far = figures.CONTOURS
    st.caption(f"Contours {near:g} and {far:g} nats below each top; the evidence is the volume under prior times "
               f"likelihood, log p(X) = {numbers.format_nats(evidence)}.")


def _face_bars(scene: Scene, evidence: float) -> None:
    probs = scene.outcome_probabilities(bayes.predictives(scene.prior, scene.data))
    _, posterior, _ = probs
    assert posterior is not None   # only a MAP can be missing
    page.figure(predictive_figures.predictive_bars(scene.outcomes, probs, palette=page.palette()), key="faces",
                alt="Probability of each face under the prior, the posterior and its MAP; under the posterior "
                + ", ".join(f"{face}: {p:.3f}" for face, p in zip(scene.outcomes, posterior.tolist(), strict=True))
                + ".")
    st.caption("Six probabilities that add to one cannot be drawn as a curve. These are their prior mean, "
               f"posterior mean and MAP. The evidence is log p(X) = {numbers.format_nats(evidence)}.")


def _one_by_one(scene: Scene, evidence: float) -> None:
    page.heading("One observation at a time")
    if not scene.ordered or not 0 < scene.size <= MAX_LISTED:
        st.caption(f"With 1 to {MAX_LISTED} observations the posterior is shown here after each of them.")
        return
    st.markdown("Each observation was predicted from those before it. The logarithms of these one-step predictives "
                r"add up to the log evidence: $\log p(\mathbf{X}) = \sum_n \log p(x_n | x_1, .., x_{n-1})$.")
    found, base = bayes.history(scene.prior, scene.data), (scene.model, scene.size)
    if found is None:
        chain, alt = _chain([update.log_predictive for update in scene.prior.updates(scene.data)], evidence)
        playback(chain, key="chain", base=base, alts=alt, start=scene.size)
        return
    chain, alt = _chain(found.log_predictives, evidence)
    playback([history.belief_frames(found.theta, found.densities, scene.symbol, page.palette()), chain],
             key="history", base=base, start=scene.size,
             alts=[history.belief_frames_alt(scene.size, scene.symbol), alt])


def _chain(log_predictives: list[float], evidence: float) -> tuple[Figure, str]:
    """The chain of one-step predictives and its sentence."""
    return (history.chain_frames(log_predictives, evidence, page.palette()),
            history.chain_alt(log_predictives, evidence))


def _routes(scene: Scene, evidence: float) -> None:
    if not scene.ordered:
        st.caption(f"log p(X) = {numbers.format_nats(evidence)} for {scene.size:,} observations, by the closed form; "
                   "the other routes go through them one by one.")
        return
    routes = bayes.routes(scene.prior, scene.data)
    found = [value for value in routes if value is not None]
    apart = max(found) - min(found)
    verdict = ("they differ by less than 0.000001 nats" if apart < 1e-6 else
               f"they differ by {written(apart, '.2g')} nats")
    joint, chain = ("out of reach here" if route is None else _six(route)
                    for route in (routes.marginal, routes.chain))
    st.caption(f"Three routes to log p(X): closed form {_six(routes.closed)}, θ integrated out of the joint density "
               f"{joint}, sum of one-step predictives {chain}; {verdict}.")


def _six(value: float) -> str:
    """To six decimals, with a true minus."""
    return f"{value:z.6f}".replace("-", "−")


def _challenge(scene: Scene, evidence: float) -> None:
    """Of a coin: the evidence is an average of likelihoods and cannot exceed their maximum."""
    if not isinstance(scene.prior, summaries.Coin) or scene.size == 0:
        return
    highest = float(scene.prior.log_likelihood(scene.prior.mle(scene.data), scene.data))
    best = best_log_evidence(type(scene.prior), scene.data)
    bound = "the log-likelihood at its maximum, which no prior can exceed"
    goal = (f"within {CLOSE:g} nats of {numbers.format_nats(highest)}. This is {bound}." if best > highest - CLOSE else
            f"within {CLOSE:g} nats of {numbers.format_nats(best)}. No prior of these controls reaches more; "
            f"{numbers.format_nats(highest)} is {bound}.")
    page.challenge(f"Change the prior (not the data) until log p(X) comes {goal}",
                   evidence >= (highest if best > highest - CLOSE else best) - CLOSE,
                   f"log p(X) = {numbers.format_nats(evidence)}")
