"""The families of the generative models zoo (slide S3 of the lecture): their likelihood, samples and latents."""

from dataclasses import dataclass

LIKELIHOODS = ("exact", "bound", "none")
ASKED = ("VAE with 2 latents, ELBO", "independent pixels")     # rows of the comparison that lesson 1 asks for


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
    row: str = ""    # of the comparison on the held-out digits


BRANCHES = NONE, AS_MANY, INTEGRATED, NO_DENSITY = (
    "no latent variables",                                   # the density is written down for x itself
    "latent variables, as many as x has coordinates",        # an invertible map, or a chain of copies of x
    "latent variables that are summed or integrated out",    # p(x) = integral p(x | z) p(z) dz
    "samples only, no density",
)

FAMILIES: tuple[Family, ...] = (
    Family("Autoregressive", NONE, "exact",
           "a product of conditionals, one network pass for all of them", "one coordinate after another, in order",
           "none", "autoregressive", "MADE"),
    Family("Normalizing flow", AS_MANY, "exact",
           "change of variables: the density of z times the Jacobian's determinant",
           r"draw $\mathbf{z}$, apply the inverse map",
           "as many as x has coordinates; they are not observed, but x fixes them exactly, so no integral is left",
           "flows"),
    Family("Diffusion", AS_MANY, "bound", "a bound summed over the noise levels",
           "start from noise, remove it step by step", "a chain of noisy copies, each as large as x", "diffusion"),
    Family("Mixture of Gaussians", INTEGRATED, "exact", "a sum over the $K$ components",
           "draw a component, then a point of its Gaussian", "one discrete $z$ with $K$ values", "gmm",
           "mixture of 10 Gaussians, rounded"),
    Family("PCA model", INTEGRATED, "exact", r"the integral over $\mathbf{z}$ is a Gaussian again",
           r"draw $\mathbf{z}$, map it to $W\mathbf{z} + \mu$, add noise",
           "a few continuous ones, fewer than x has coordinates", "ppca", "PPCA with 2 directions, rounded"),
    Family("Variational autoencoder", INTEGRATED, "bound",
           r"the integral has no closed form, $\mathcal{L}$ stays below $\log p(\mathbf{x})$",
           r"draw $\mathbf{z} \sim \mathcal{N}(0, I)$, decode", "a few continuous ones", "vae",
           ASKED[0]),
    Family("Adversarial (GAN)", NO_DENSITY, "none",
           "p(x) cannot be computed; a discriminator compares samples with data instead",
           r"draw $\mathbf{z}$, one pass through the generator", "the generator's input", "gan"),
)


def family(name: str) -> Family:
    """The family with this name. KeyError when there is none."""
    return {entry.name: entry for entry in FAMILIES}[name]
