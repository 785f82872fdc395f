"""Questions about a trained VAE: the bound of one image, the KL of each class, prior mass far from data, the best z.

Shapes: N images of D pixels, L latents. Log-likelihoods in nats per image. Each function raises ArgumentError or
DataError for a checkpoint, images or numbers that do not fit.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from dgm import runtime
from dgm.arguments import as_integer, as_number, as_seed
from dgm.vae.borders import MAX_COUNT, as_labels, as_latent
from dgm.vae.exact_evidence import INTEGRABLE_LATENTS, log_evidence
from dgm.vae.inference import decode, elbo_terms, encode, iwae_bound
from dgm.vae.latent_space import near_among
from dgm.vae.model import Checkpoint, as_checkpoint, image_for, kl_to_prior, reconstruction

NEAR = 0.5          # a latent distance for models of 2 latents; `near_distance` means the same for any number of them
IWAE_DRAWS = 500    # of the bound that stands in for log p(x) where it cannot be integrated
BLOCK = 4000        # draws whose distances to all latent means are in memory at a time
GUESSES = 2000      # draws from the prior among which `best_latent` starts


class ImageTerms(NamedTuple):
    """The bound of one image and the log evidence above it, nats."""

    reconstruction: float  # E_q log p(x | z), a mean of draws
    error: float           # its standard error
    kl: float              # KL(q(z | x) || p(z)), exact
    evidence: float        # log p(x) where it can be integrated, with 1 or 2 latents; else the IWAE bound of 500 draws
    exact: bool            # which of the two


def image_terms(checkpoint: Checkpoint, x: Tensor, *, draws: int = 400, seed: int = 0) -> ImageTerms:
    """The bound's terms for one image and its log evidence, L = reconstruction - kl <= evidence.

    x: (D,) one image. draws: z ~ q(z | x) behind the reconstruction, 2 or more.

    >>> from dgm import vae
    >>> x = vae.split_images(vae.Images("digits")).test[0]
    >>> terms = vae.image_terms(vae.pretrained("digits"), x)
    >>> terms.reconstruction - terms.kl < terms.evidence, terms.exact
    (True, True)
    """
    checkpoint, draws = as_checkpoint(checkpoint), as_integer(draws, "draws", 2, MAX_COUNT)
    image = image_for(checkpoint, x)
    recon, kl = elbo_terms(checkpoint, image.expand(draws, -1), seed=seed)
    integral = log_evidence(checkpoint, image) if checkpoint.config.latent <= INTEGRABLE_LATENTS else None
    exact = integral is not None and bool(integral.error.isfinite())
    evidence = integral.log_p if integral and exact else iwae_bound(checkpoint, image, IWAE_DRAWS, seed)
    recon = recon.double()
    return ImageTerms(recon.mean().item(), (recon.std() / draws**0.5).item(), kl[0].item(), evidence.item(), exact)


class OnePass(NamedTuple):
    """One image on its way through the model: q(z | x), a draw z = mean + deviation * noise, and the decoded image."""

    mean: Tensor            # (L,) of q(z | x)
    deviation: Tensor       # (L,)
    noise: Tensor           # (L,) eps ~ N(0, I)
    z: Tensor               # (L,)
    decoded: Tensor         # (D,) E[x | z]
    log_likelihood: float   # log p(x | z), nats


@torch.no_grad()
def one_pass(checkpoint: Checkpoint, x: Tensor, seed: int = 0) -> OnePass:
    """One image x (D,) through encoder, z = g(x, eps, phi) and decoder (slide "Final algorithm").

    >>> from dgm import vae
    >>> x = vae.split_images(vae.Images("digits")).test[0]
    >>> way = vae.one_pass(vae.pretrained("digits"), x)
    >>> bool((way.mean + way.deviation * way.noise == way.z).all())
    True
    """
    checkpoint = as_checkpoint(checkpoint)
    image = image_for(checkpoint, x)
    q = encode(checkpoint, image)
    noise = torch.randn(q.mean.shape, generator=runtime.generator(as_seed(seed)), dtype=torch.float32).to(q.mean)
    z = q.draw(noise)
    return OnePass(q.mean[0], (0.5 * q.log_var[0]).exp(), noise[0], z[0], decode(checkpoint, z)[0],
                   _log_likelihood(checkpoint, image, z).item())


def reconstruct(checkpoint: Checkpoint, x: Tensor) -> Tensor:
    """Images x (N, D) through the encoder's mean and the decoder: (N, D).

    >>> import torch
    >>> from dgm import vae
    >>> tuple(vae.reconstruct(vae.pretrained("digits"), torch.zeros(3, 64)).shape)
    (3, 64)
    """
    return decode(checkpoint, encode(checkpoint, x).mean)


def nearest_by_code(checkpoint: Checkpoint, x: Tensor, among: Tensor) -> Tensor:
    """For each image of x (N, D) the row of that image of `among` (M, D) whose latent mean is nearest: (N,) int64.

    Distances are Euclidean, between the means of q(z | x); the first of equal ones is taken.

    >>> from dgm import vae
    >>> x = vae.split_images(vae.Images("digits")).test[:5]
    >>> vae.nearest_by_code(vae.pretrained("digits"), x[2:4], x).tolist()
    [2, 3]
    """
    means, others = (encode(checkpoint, images).mean.double() for images in (x, among))
    return torch.cat([torch.cdist(block, others).argmin(dim=1) for block in torch.split(means, BLOCK)])


def kl_by_class(checkpoint: Checkpoint, x: Tensor, labels: Tensor) -> dict[int, float]:
    """Mean KL(q(z | x) || p(z)) of the images of each class, nats per image.

    x: (N, D). labels: (N,) whole numbers. Returns label -> mean, labels ascending.

    >>> import torch
    >>> from dgm import vae
    >>> x = vae.split_images(vae.Images("digits")).test[:4]
    >>> list(vae.kl_by_class(vae.pretrained("digits"), x, torch.tensor([5, 3, 3, 5])))
    [3, 5]
    """
    kl = kl_to_prior(encode(checkpoint, x)).double().cpu()
    labels = as_labels(labels, len(kl))
    return {int(label): kl[labels == label].mean().item() for label in sorted(set(labels.tolist()))}


def highest_kl_class(checkpoint: Checkpoint, x: Tensor, labels: Tensor) -> int:
    """The class whose images have the highest mean KL. Arguments as `kl_by_class`.

    >>> import torch
    >>> from dgm import vae
    >>> x = vae.split_images(vae.Images("digits")).test[:4]
    >>> vae.highest_kl_class(vae.pretrained("digits"), x, torch.tensor([3, 3, 3, 3]))
    3
    """
    means = kl_by_class(checkpoint, x, labels)
    return max(means, key=means.__getitem__)


def near_distance(checkpoint: Checkpoint, train: Tensor) -> float:
    """The latent distance within which a training image's latent mean is near: `near_among` of the encoded images.

    train: (N, D) images, N >= 2.

    >>> from dgm import vae
    >>> train = vae.split_images(vae.Images("digits")).train
    >>> round(vae.near_distance(vae.pretrained("digits"), train), 2)
    0.28
    """
    return near_among(encode(checkpoint, train))


def prior_mass_off_data(checkpoint: Checkpoint, train: Tensor, *, near: float | None = None, samples: int = 4000,
                        seed: int = 0) -> float:
    """Share of draws z ~ N(0, I) with no training image's latent mean within `near`: decoded without any data there.

    train: (N, D) images. near: Euclidean distance in latent space; None: `near_distance`. Returns a share p, 0 to 1,
    with the standard error sqrt(p (1 - p) / samples).

    >>> from dgm import vae
    >>> train = vae.split_images(vae.Images("digits")).train
    >>> 0 < vae.prior_mass_off_data(vae.pretrained("digits"), train) < 0.1
    True
    """
    near = near_distance(checkpoint, train) if near is None else as_number(near, "near", 0)
    means = encode(checkpoint, train).mean.double().cpu()
    shape = as_integer(samples, "samples", 1, MAX_COUNT), means.shape[1]
    z = torch.randn(shape, generator=runtime.generator(as_seed(seed)), dtype=torch.float64)
    far = [(torch.cdist(block, means).min(dim=1).values > near).double() for block in torch.split(z, BLOCK)]
    return torch.cat(far).mean().item()


@torch.inference_mode(False)
@torch.enable_grad()
def best_latent(checkpoint: Checkpoint, x: Tensor, *, starts: int = 2, seed: int = 0) -> tuple[Tensor, float]:
    """argmax_z log p(x | z) of one image x (D,), as far as a search finds it: z (L,) and the value there, nats.

    The `starts` best of many draws from the prior and of the encoder's mean are optimised by L-BFGS.

    >>> from dgm import vae
    >>> model, x = vae.pretrained("digits"), vae.split_images(vae.Images("digits")).test[0]
    >>> z, log_likelihood = vae.best_latent(model, x)
    >>> log_likelihood >= vae.log_likelihood_at(model, x, [0.0, 0.0])
    True
    """
    checkpoint, starts = as_checkpoint(checkpoint), as_integer(starts, "starts", 1, GUESSES)
    image = image_for(checkpoint, x)
    image = image.clone() if image.is_inference() else image
    weight = checkpoint.params["decoder.out.weight"]
    guesses = torch.randn(GUESSES, checkpoint.config.latent, generator=runtime.generator(as_seed(seed)),
                          dtype=torch.float32).to(weight)
    guesses = torch.cat([encode(checkpoint, image).mean, guesses])
    scores = _log_likelihood(checkpoint, image, guesses)
    best = guesses[scores.topk(starts).indices].clone().requires_grad_()
    optimizer = torch.optim.LBFGS([best], max_iter=30, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        total = -_log_likelihood(checkpoint, image, best).sum()
        torch.autograd.backward(total)
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    candidates = torch.cat([best.detach(), guesses[scores.topk(1).indices]])
    final = _log_likelihood(checkpoint, image, candidates).detach()
    winner = int(final.argmax())
    return candidates[winner], final[winner].item()


def log_likelihood_at(checkpoint: Checkpoint, x: Tensor, z: Sequence[float]) -> float:
    """log p(x | z) of one image x (D,) at one latent z, L finite numbers; nats.

    >>> import torch
    >>> from dgm import vae
    >>> vae.log_likelihood_at(vae.pretrained("digits"), torch.ones(64), [0.0, 0.0]) < 0
    True
    """
    checkpoint = as_checkpoint(checkpoint)
    point = as_latent(z, checkpoint.config.latent)[None].to(checkpoint.params["decoder.out.weight"])
    return _log_likelihood(checkpoint, image_for(checkpoint, x), point).item()


def _log_likelihood(checkpoint: Checkpoint, image: Tensor, z: Tensor) -> Tensor:
    return reconstruction(checkpoint.params, checkpoint.config, image.to(z), z)
