"""The list of lessons, which menu, home page, links to the next lesson and tests of pages use."""

from dataclasses import dataclass
from pathlib import Path

PAGES = Path(__file__).parents[1] / "pages"


@dataclass(frozen=True)
class Lesson:
    """One page: `pages/<stem>/page.py` at the address /<stem>."""

    stem: str
    title: str
    icon: str
    question: str              # that a visitor can answer afterwards
    concepts: tuple[str, ...]  # that the home page shows beside it
    latent: bool = True        # whether its models have latent variables z

    @property
    def path(self) -> Path:
        """The page's file."""
        return PAGES / self.stem / "page.py"


LESSONS: tuple[Lesson, ...] = (
    Lesson("autoregressive", "Exact likelihood", ":material/grid_on:",
           "How is a model fitted by maximum likelihood? How does one coordinate after another give an exact p(x)?",
           ("log-likelihood", "product of conditionals", "one pixel at a time", "exact log p(x)"), latent=False),
    Lesson("bayes", "Bayes, evidence and MAP", ":material/balance:",
           "How do data turn a prior into a posterior and predict the next observation? What is lost when only the "
           "most probable θ (MAP) is kept?",
           ("prior and posterior", "evidence", "predictive", "MAP"), latent=False),
    Lesson("gmm", "Mixture of Gaussians and EM", ":material/bubble_chart:",
           "We see points, not which Gaussian each came from. How does EM find both, and why can log p(x) never fall?",
           ("components and responsibilities", "the bound touches log p", "E-step and M-step", "how many components")),
    Lesson("ppca", "The PCA model", ":material/timeline:",
           "Which probability model hides behind PCA, and what can one do with it that PCA alone cannot?",
           ("probabilistic PCA", "noise and shrinkage", "EM without N", "the linear VAE")),
    Lesson("elbo", "The lower bound and KL", ":material/vertical_align_top:",
           "How does any q give a lower bound on log p(x), what is the gap, and how does EM raise the bound?",
           ("lower bound and gap", "KL in both directions", "coordinate ascent", "amortization gap")),
    Lesson("gradients", "The gradient lab", ":material/science:",
           "Two estimators of one gradient: how many times larger is the log-derivative's variance, and why?",
           ("log-derivative trick", "reparametrization trick", "variance and baselines")),
    Lesson("vae", "Variational autoencoder", ":material/gesture:",
           "How does a network learn a code for every image, so that a random code decodes to a new digit?",
           ("latent space", "reconstruction and KL", "the final algorithm")),
)

HOME = Lesson("home", "Overview", ":material/home:",
              "What is a latent variable model, how is one fitted, and what can it draw?",
              ())


SLIDE_LINKS = "slides"     # address of the table with a link for each slide, a page outside the menu


def entry(stem: str) -> Lesson:
    """The lesson with this stem, or the home page. KeyError when it is not in the list.

    >>> entry("gmm").title
    'Mixture of Gaussians and EM'
    """
    return {lesson.stem: lesson for lesson in (HOME, *LESSONS)}[stem]


def of_page(what: str, stem: str) -> str:
    """A few words about what a visitor has made, with the title of its page where that is in the list.

    >>> of_page("your table a.csv", "ppca"), of_page("your table a.csv", "")
    ('your table a.csv (“The PCA model”)', 'your table a.csv')
    """
    return f"{what} (“{entry(stem).title}”)" if any(stem == lesson.stem for lesson in (HOME, *LESSONS)) else what


def is_of_another_page(what: str, stem: str) -> bool:
    """Whether words of `of_page`, or of a run, name another page than this one.

    >>> is_of_another_page("training at step 7 (“The PCA model”, paused)", "gmm")
    True
    """
    return any(f"“{lesson.title}”" in what for lesson in (HOME, *LESSONS) if lesson.stem != stem)


def following(stem: str) -> Lesson | None:
    """The lesson after this one in the lecture's order, None after the last. ValueError when `stem` is no lesson.

    >>> following("gmm").stem, following("vae")
    ('ppca', None)
    """
    after = [lesson.stem for lesson in LESSONS].index(stem) + 1
    return LESSONS[after] if after < len(LESSONS) else None
