"""The slides of the lecture in their order, and for each the states of the app that show it.

`docs/slides.md` is written from this list by `python -m tools.slide_links`.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from ui.components.scroll_to import FIGURE, PARAMETER
from ui.contents import HOME, SLIDE_LINKS, entry

BESIDE = "."                        # base, beside another page: the app may be below any path of a host
LOCAL = "http://localhost:8501"     # where `make run` serves the pages
HALL = {"present": "1"}             # of a link for the lecture hall


class Slide(NamedTuple):
    """One slide, or one statement of it, and the page and the query parameters that show it."""

    number: int                      # in the lecture's file, whose title page is slide 1
    title: str
    shows: str                       # what is seen there
    stem: str                        # of the lesson
    link: Mapping[str, str] = {}
    at: str = ""                     # FIGURE or the heading to which the page scrolls; "": it stays at its top

    def query(self, *, hall: bool = False) -> dict[str, str]:
        """The query parameters of the state. In the lecture hall the first figure is on the first screen anyway."""
        scroll = {PARAMETER: self.at} if self.at and not (hall and self.at == FIGURE) else {}
        return dict(self.link) | scroll | (HALL if hall else {})

    def address(self, base: str, *, hall: bool = False) -> str:
        """The address of the state. base: of the app, without a slash at its end; BESIDE another page of it."""
        query = urlencode(self.query(hall=hall))
        return f"{base}/{'' if self.stem == HOME.stem else self.stem}{f'?{query}' if query else ''}"


SLIDES: tuple[Slide, ...] = (
    Slide(2, "Recap: MLE problem", "a density moved over points, and its log-likelihood", "autoregressive"),
    Slide(3, "Recap: likelihood as product of conditionals", "three pixels and all their conditionals",
          "autoregressive", {"part": "Three pixels"}),
    Slide(3, "Recap: sampling, one coordinate after another", "a digit drawn pixel by pixel",
          "autoregressive", {"part": "Digits"}, at=FIGURE),
    Slide(4, "Generative models zoo", "the families: likelihood, samples and latents of each", "home",
          {"family": "Normalizing flow"}, at="The generative models zoo"),
    Slide(4, "The zoo in numbers", "the models of the lecture on the same images", "autoregressive",
          {"part": "In the zoo"}, at=FIGURE),
    Slide(5, "Bayes theorem", "prior, likelihood, posterior and evidence of a coin", "bayes", at=FIGURE),
    Slide(6, "Bayesian inference", "posterior predictive beside prior predictive and plug-in",
          "bayes", {"part": "What comes next", "tosses": "HHH"}, at=FIGURE),
    Slide(7, "Maximum a posteriori (MAP)", "one posterior over p and over logit p",
          "bayes", {"part": "MAP", "tosses": "TTTH"}, at=FIGURE),
    Slide(7, "If the evidence is intractable", "a posterior without closed form, on a grid",
          "bayes", {"part": "No closed form"}, at=FIGURE),
    Slide(8, "Latent variable models", "a density as a sum of faint Gaussians, one for each z",
          "gmm", {"part": "Continuous z"}),
    Slide(9, "Example: mixture of Gaussians", "points drawn in two steps: z, then x", "gmm", at=FIGURE),
    Slide(9, "Example: PCA model", "a line, its noise, and the density of both", "ppca", at=FIGURE),
    Slide(10, "PCA goal", "the line of largest variance, without noise", "ppca", {"noise": "0"}, at=FIGURE),
    Slide(11, "Incomplete likelihood", "with z and without z, on the same data",
          "elbo", {"part": "Complete and incomplete"}),
    Slide(12, "Variational lower bound", "log p(x) = bound + gap, with a q that is dragged", "elbo"),
    Slide(12, "Kullback–Leibler divergence", "where the nats of a KL come from", "elbo", {"part": "KL"}),
    Slide(13, "Evidence lower bound (ELBO)", "both forms of the bound, where q is the posterior",
          "elbo", {"x": "1", "q": "0.5_0.707"}),
    Slide(14, "EM algorithm", "E and M, half-step by half-step", "gmm", {"part": "EM"}, at=FIGURE),
    Slide(15, "EM: the “ugly pic”", "the bound under log p(x) touches it after each E",
          "elbo", {"part": "EM"}, at=FIGURE),
    Slide(16, "Amortized variational inference", "one encoder for every x", "elbo", {"part": "Amortized"}),
    Slide(17, "Variational EM-algorithm", "E and M by gradient steps, on the bound as a landscape",
          "elbo", {"part": "Landscape", "walk": "gradient steps"}, at=FIGURE),
    Slide(18, "Mini-batches and Monte Carlo", "the two parts of a gradient's variance",
          "gradients", {"part": "Mini-batches"}),
    Slide(19, "The gradient in φ", "two estimators of it, in a VAE", "gradients", {"part": "The VAE"}),
    Slide(20, "Log-derivative trick", "the wide cloud of its gradients", "gradients", at=FIGURE),
    Slide(20, "Problem: huge variance", "the variance along the width of q",
          "gradients", {"part": "Sweeps"}, at=FIGURE),
    Slide(21, "Reparametrization trick", "where the two variances come from", "gradients", {"part": "Why"}, at=FIGURE),
    Slide(22, "Variational assumption", "z = μ(x) + σ(x) ε for one image, with its numbers",
          "vae", {"part": "One image"}, at="The way of the image through the network"),
    Slide(23, "VAE: final algorithm", "the slide's steps, with the settings of a run",
          "vae", {"data": "digits", "model": "my run"}, at="The final algorithm"),
    Slide(23, "VAE: the algorithm at work", "press Train: the codes move, and the bound is drawn",
          "vae", {"data": "digits", "model": "my run"}),
    Slide(23, "VAE: the two gradients", "two runs, one for each estimator", "vae", {"part": "Two runs"}, at=FIGURE),
    Slide(24, "VAE: encoder and decoder", "images, and what the decoder makes of their codes",
          "vae", {"part": "Generation", "view": "reconstructions"}, at="What was learned"),
    Slide(26, "VAE: generation of objects", "drag z, and the decoder draws", "vae"),
    Slide(26, "VAE: z ~ N(0, I)", "the prior beside the codes of all images", "vae", {"part": "Generation"}, at=FIGURE),
)


def list_of(stem: str) -> str:
    """A list in markdown: the links of the slides that a page shows, and the link of the table. stem: the page's."""
    links = [f"[{slide.number}. {slide.title}]({slide.address(BESIDE)})" for slide in SLIDES if slide.stem == stem]
    return "\n".join(f"- {link}" for link in (*links, f"[All links as a table]({BESIDE}/{SLIDE_LINKS})"))


def table(base: str) -> str:
    """A table in markdown, one row for each entry of SLIDES. base: as in `Slide.address`."""
    return "\n".join(("| slide | title | what to look at | page | lecture hall |", "|" + 5 * "---|", *rows(base)))


def rows(base: str) -> Iterator[str]:
    """The rows of the table."""
    for slide in SLIDES:
        yield (f"| {slide.number} | {slide.title} | {slide.shows} | [{entry(slide.stem).title}]({slide.address(base)})"
               f" | [open large]({slide.address(base, hall=True)}) |")


def file(base: str) -> str:
    """The file `docs/slides.md`. base: the address of the app."""
    return f"""# Links for the lecture

One link for each slide of "Deep Generative Models, Lecture 2". It opens the state of the app that shows the slide. The
last column opens it for the lecture hall, which can be played by keys: Page Down and Page Up step, N goes to the next
part or page and P back, Space plays, E and M take the half-step of that name, F fills the screen with the figure,
X leaves.

Written by `python -m tools.slide_links`; with `--host` and the address of your server. The page `/slides`
has the same table with the address that it was opened by.

{table(base)}
"""
