"""The families of the generative models zoo (slide S3 of the lecture): their likelihood, samples and latents."""

from dataclasses import dataclass

LIKELIHOODS = ("exact", "bound", "none")


@dataclass(frozen=True)
class Family:
    """One family of models."""

    name: str
    branch: str
    likelihood: str  # one of LIKELIHOODS
    density: str     # how log p(x) is computed
    sampling: str    # how a new x is drawn
    latents: str
    lesson: str      # stem of the lesson that shows it


BRANCHES = (
    "observed variables only",   # the density is written down for x itself
    "latent variables",          # x is explained by an unseen z
    "no density",                # samples alone
)

FAMILIES: tuple[Family, ...] = (
    Family("Autoregressive", "observed variables only", "exact",
           "a product of conditionals, one network pass for all of them", "one coordinate after another, in order",
           "none", "autoregressive"),
    Family("Normalizing flow", "observed variables only", "exact",
           "change of variables: the density of z times the Jacobian's determinant",
           r"draw $\mathbf{z}$, apply the inverse map",
           "as many as x has coordinates; nothing is hidden, the map can be undone", "flows"),
    Family("Mixture of Gaussians", "latent variables", "exact", "a sum over the $K$ components",
           "draw a component, then a point of its Gaussian", "one discrete $z$ with $K$ values", "gmm"),
    Family("PCA model", "latent variables", "exact", r"the integral over $\mathbf{z}$ is a Gaussian again",
           r"draw $\mathbf{z}$, map it to $W\mathbf{z} + \mu$, add noise",
           "$q$ continuous ones, fewer than x has coordinates", "ppca"),
    Family("Variational autoencoder", "latent variables", "bound",
           r"the integral is out of reach, $\mathcal{L}$ stays below $\log p(\mathbf{x})$",
           r"draw $\mathbf{z} \sim \mathcal{N}(0, I)$, decode", "a few continuous ones", "vae"),
    Family("Diffusion", "latent variables", "bound", "a bound summed over the noise levels",
           "start from noise, remove it step by step", "a chain of noisy copies, each as large as x", "diffusion"),
    Family("Adversarial (GAN)", "no density", "none", "not defined: a critic compares samples",
           r"draw $\mathbf{z}$, one pass through the generator", "the generator's input", "gan"),
)


def family(name: str) -> Family:
    """The family with this name. KeyError when there is none."""
    return {entry.name: entry for entry in FAMILIES}[name]
