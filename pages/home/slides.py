"""The slides of the lecture in their order, and for each the state of the app that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ui.contents import LESSONS


@dataclass(frozen=True)
class State:
    """A page and its query parameters."""

    stem: str
    link: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Slide:
    """One slide, and the states that show it, the best first; the first whose lesson exists is linked."""

    title: str
    shows: str                  # what is seen there
    states: tuple[State, ...]

    @property
    def state(self) -> State | None:
        """The state that is linked, None while no lesson shows the slide."""
        listed = {lesson.stem for lesson in LESSONS}
        return next((state for state in self.states if state.stem in listed), None)


def _slide(title: str, shows: str, *states: tuple[str, Mapping[str, str]]) -> Slide:
    return Slide(title, shows, tuple(State(stem, link) for stem, link in states))


SLIDES: tuple[Slide, ...] = (
    _slide("Recap: MLE problem", "a density moved over points, and its log-likelihood", ("autoregressive", {})),
    _slide("Recap: likelihood as product of conditionals", "three pixels and all their conditionals",
           ("autoregressive", {"part": "Three pixels"})),
    _slide("Recap: sampling, one coordinate after another", "a digit drawn pixel by pixel",
           ("autoregressive", {"part": "Digits"})),
    _slide("Generative models zoo", "the models on the same images", ("autoregressive", {"part": "In the zoo"})),
    _slide("Bayes theorem", "prior, likelihood, posterior and evidence of a coin", ("bayes", {})),
    _slide("Bayesian inference", "posterior predictive beside prior predictive and plug-in",
           ("bayes", {"part": "What comes next", "tosses": "HHH"})),
    _slide("Maximum a posteriori (MAP)", "one posterior over p and over logit p",
           ("bayes", {"part": "MAP", "tosses": "TTTH"})),
    _slide("Latent variable models", "a density as a sum of faint Gaussians, one for each z",
           ("gmm", {"part": "Continuous z"})),
    _slide("Mixture of Gaussians", "points drawn in two steps: z, then x", ("gmm", {})),
    _slide("PCA model", "a line, its noise, and the density of both", ("ppca", {})),
    _slide("Incomplete likelihood", "with z and without z, on the same data",
           ("elbo", {"part": "Complete and incomplete"}), ("gmm", {"part": "EM", "data": "three-clusters", "k": "3",
                                                                   "known": "true"})),
    _slide("Variational lower bound", "log p(x) = bound + gap, with a q that is dragged",
           ("elbo", {}), ("gmm", {"part": "EM"})),
    _slide("Kullback–Leibler divergence", "where the nats of a KL come from",
           ("elbo", {"part": "KL"}), ("ppca", {"part": "Linear VAE"})),
    _slide("EM algorithm", "E and M, half-step by half-step", ("gmm", {"part": "EM"})),
    _slide("EM: the “ugly pic”", "the bound under log p(x) touches it after each E",
           ("elbo", {"part": "EM"}), ("gmm", {"part": "EM", "k": "3"})),
    _slide("Amortized inference, variational EM", "one encoder for every x",
           ("elbo", {"part": "Amortized"}), ("ppca", {"part": "Linear VAE"})),
    _slide("Mini-batches and Monte Carlo gradients", "the two parts of a gradient's variance",
           ("gradients", {"part": "Mini-batches"})),
    _slide("Log-derivative trick", "the wide cloud of its gradients", ("gradients", {})),
    _slide("Reparametrization trick", "where its variance comes from", ("gradients", {"part": "Why"})),
    _slide("VAE: final algorithm", "a VAE trained live by the slide's steps",
           ("vae", {"data": "digits", "model": "my run"})),
    _slide("VAE: generation of objects", "drag z, and the decoder draws", ("vae", {})),
)


def linked() -> tuple[tuple[Slide, State], ...]:
    """The slides that a lesson shows, each with its state."""
    return tuple((slide, slide.state) for slide in SLIDES if slide.state is not None)
