"""The model that answers a drawing in the browser, and the message that it is sent in."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ui.components.latent_pad import payload

Layers = Sequence[tuple[Any, Any]]
NAMES = tuple("0123456789")


class Answering(NamedTuple):
    """Encoder and decoder as layers, how a drawing becomes an image of the data, and the map behind q.

    Layers are (weight (out, in), bias (out,)) with tanh between them; the encoder gives mean and raw log-variance, of
    which limit * tanh(raw / limit) is the log-variance.
    """

    encoder: Layers
    decoder: Layers
    limit: float
    image_shape: tuple[int, int]
    latent: int
    means: Any                  # (M, latent) of images, drawn on the map
    labels: Any                 # (M,)
    faint: float                # fainter ink is outside the drawing
    share: float                # of the image's side, for the longer side of the drawing
    threshold: float = 0.5      # from which on a pixel is black


def packed(header: Mapping[str, Any], model: Answering) -> bytes:
    """The message: a header and float32 arrays. ValueError when shapes do not fit."""
    size = payload.as_size(model.image_shape)
    pixels = size[0] * size[1]
    encoder = payload.as_layers(model.encoder, pixels, 2 * model.latent)
    means = payload.as_rows(model.means, "means", model.latent)
    arrays = {**payload.as_layers(model.decoder, model.latent, pixels),
              **{f"encoder_{name}": array for name, array in encoder.items()},
              "means": means, "labels": payload.as_labels(model.labels, len(means), len(NAMES))}
    return payload.pack({**header, "latent": model.latent, "image": size, "depth": len(model.decoder),
                         "encoders": len(model.encoder), "hidden": "tanh", "output": "sigmoid", "limit": model.limit,
                         "faint": model.faint, "share": model.share, "threshold": model.threshold,
                         "span": payload.span(means, (0.0,)), "axes": payload.largest_spread(means, model.latent),
                         "names": NAMES, **payload.style("prior", "q")}, arrays)


__all__ = ["Answering", "packed"]
