"""The slides of the lecture in their order, and for each the state of the app that shows it."""

from collections.abc import Mapping
from typing import NamedTuple


class Slide(NamedTuple):
    """One slide, and the page and the query parameters that show it."""

    title: str
    shows: str                       # what is seen there
    stem: str                        # of the lesson
    link: Mapping[str, str] = {}


SLIDES: tuple[Slide, ...] = (
    Slide("Recap: MLE problem", "a density moved over points, and its log-likelihood", "autoregressive"),
    Slide("Recap: likelihood as product of conditionals", "three pixels and all their conditionals",
          "autoregressive", {"part": "Three pixels"}),
    Slide("Recap: sampling, one coordinate after another", "a digit drawn pixel by pixel",
          "autoregressive", {"part": "Digits"}),
    Slide("Generative models zoo", "the models on the same images", "autoregressive", {"part": "In the zoo"}),
    Slide("Bayes theorem", "prior, likelihood, posterior and evidence of a coin", "bayes"),
    Slide("Bayesian inference", "posterior predictive beside prior predictive and plug-in",
          "bayes", {"part": "What comes next", "tosses": "HHH"}),
    Slide("Maximum a posteriori (MAP)", "one posterior over p and over logit p",
          "bayes", {"part": "MAP", "tosses": "TTTH"}),
    Slide("Latent variable models", "a density as a sum of faint Gaussians, one for each z",
          "gmm", {"part": "Continuous z"}),
    Slide("Mixture of Gaussians", "points drawn in two steps: z, then x", "gmm"),
    Slide("PCA model", "a line, its noise, and the density of both", "ppca"),
    Slide("Incomplete likelihood", "with z and without z, on the same data",
          "elbo", {"part": "Complete and incomplete"}),
    Slide("Variational lower bound", "log p(x) = bound + gap, with a q that is dragged", "elbo"),
    Slide("Kullback–Leibler divergence", "where the nats of a KL come from", "elbo", {"part": "KL"}),
    Slide("EM algorithm", "E and M, half-step by half-step", "gmm", {"part": "EM"}),
    Slide("EM: the “ugly pic”", "the bound under log p(x) touches it after each E", "elbo", {"part": "EM"}),
    Slide("Amortized inference, variational EM", "one encoder for every x", "elbo", {"part": "Amortized"}),
    Slide("Mini-batches and Monte Carlo gradients", "the two parts of a gradient's variance",
          "gradients", {"part": "Mini-batches"}),
    Slide("Log-derivative trick", "the wide cloud of its gradients", "gradients"),
    Slide("Reparametrization trick", "where its variance comes from", "gradients", {"part": "Why"}),
    Slide("VAE: final algorithm", "a VAE trained live by the slide's steps",
          "vae", {"data": "digits", "model": "my run"}),
    Slide("VAE: generation of objects", "drag z, and the decoder draws", "vae"),
)
