"""Variational autoencoder (slides "Variational autoencoder (VAE)", "Final algorithm")."""

from dgm.vae.checkpoint_file import (
    describe,
    load,
    pretrained,
    pretrained_names,
    pretrained_path,
    save,
)
from dgm.vae.model import (
    GRADIENTS,
    LIKELIHOODS,
    LOG_VAR_LIMIT,
    MAX_LATENT,
    Checkpoint,
    Config,
    Params,
    Posterior,
    field_names,
    init,
    kl_to_prior,
    shapes,
)
from dgm.vae.training import (
    advance,
    decode,
    elbo_terms,
    encode,
    iwae_bound,
    reconfigured,
    sample,
)

__all__ = [
    "GRADIENTS",
    "LIKELIHOODS",
    "LOG_VAR_LIMIT",
    "MAX_LATENT",
    "Checkpoint",
    "Config",
    "Params",
    "Posterior",
    "advance",
    "decode",
    "describe",
    "elbo_terms",
    "encode",
    "field_names",
    "init",
    "iwae_bound",
    "kl_to_prior",
    "load",
    "pretrained",
    "pretrained_names",
    "pretrained_path",
    "reconfigured",
    "sample",
    "save",
    "shapes",
]


def __dir__() -> list[str]:
    return __all__
