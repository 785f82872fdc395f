"""Variational autoencoder (slides "Variational autoencoder (VAE)", "Final algorithm").

    from dgm import vae
    images = vae.split_images(vae.Images("digits"))
    checkpoint = vae.init(vae.Config(latent=2), images.train)
    checkpoint = vae.advance(checkpoint, images.train, 1000)
    recon, kl = vae.elbo_terms(checkpoint, images.test)        # nats per image

By module: `live_training` (a run with its history), `gradient_noise`, `inference_gap`, `ranking`, `checkpoints`;
`runs.half_steps` (phi or theta alone), `runs.as_printed` (beta = 1/n), `runs.checkpoint_history`, `runs.pair` (A, B);
`latents.collapse`, `latents.aggregate`; `evidence.importance`; `browser.export`. `backward`: the gradient written out.
"""

from dgm.vae.checkpoint_file import describe, load, pretrained, pretrained_names, pretrained_path, save
from dgm.vae.exact_evidence import Evidence, PosteriorGrid, log_evidence, posterior_grid
from dgm.vae.images import Images, ImageSplit, OwnImages, own_images, split_images
from dgm.vae.inference import decode, elbo_terms, encode, iwae_bound, sample
from dgm.vae.inspection import (
    NEAR,
    ImageTerms,
    OnePass,
    best_latent,
    highest_kl_class,
    image_terms,
    kl_by_class,
    log_likelihood_at,
    near_distance,
    nearest_by_code,
    one_pass,
    prior_mass_off_data,
    reconstruct,
)
from dgm.vae.latent_space import (
    ElboSurgery,
    Manifold,
    code_spacing,
    code_width,
    elbo_surgery,
    interpolate,
    manifold,
    near_among,
)
from dgm.vae.model import (
    GRADIENTS,
    LIKELIHOODS,
    LOG_VAR_LIMIT,
    MAX_LATENT,
    MAX_Z,
    Checkpoint,
    Config,
    Params,
    Posterior,
    init,
    kl_to_prior,
    shapes,
)
from dgm.vae.optimizers import OPTIMIZERS
from dgm.vae.training import advance, reconfigured

__all__ = [
    "GRADIENTS",
    "LIKELIHOODS",
    "LOG_VAR_LIMIT",
    "MAX_LATENT",
    "MAX_Z",
    "NEAR",
    "OPTIMIZERS",
    "Checkpoint",
    "Config",
    "ElboSurgery",
    "Evidence",
    "ImageSplit",
    "ImageTerms",
    "Images",
    "Manifold",
    "OnePass",
    "OwnImages",
    "Params",
    "Posterior",
    "PosteriorGrid",
    "advance",
    "best_latent",
    "code_spacing",
    "code_width",
    "decode",
    "describe",
    "elbo_surgery",
    "elbo_terms",
    "encode",
    "highest_kl_class",
    "image_terms",
    "init",
    "interpolate",
    "iwae_bound",
    "kl_by_class",
    "kl_to_prior",
    "load",
    "log_evidence",
    "log_likelihood_at",
    "manifold",
    "near_among",
    "near_distance",
    "nearest_by_code",
    "one_pass",
    "own_images",
    "posterior_grid",
    "pretrained",
    "pretrained_names",
    "pretrained_path",
    "prior_mass_off_data",
    "reconfigured",
    "reconstruct",
    "sample",
    "save",
    "shapes",
    "split_images",
]


def __dir__() -> list[str]:
    return __all__
