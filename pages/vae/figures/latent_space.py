"""Pictures of the variational autoencoder: curves, latent scatter, and sheets of decoded images."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageColor

from dgm.vae.live_training import Record, Snapshot
from ui.figures import spec, theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

PARTS = (("training", "train_recon", "train_kl", "solid"), ("held out", "held_out_recon", "held_out_kl", "dot"))


def curves(records: Sequence[Record], palette: Palette = LIGHT) -> Figure:
    """ELBO and reconstruction (left) and KL (right axis) over steps, training solid, held-out dotted."""
    fig = theme.figure(palette, x="step", y="nats per image", height=theme.HEIGHT)
    steps = np.array([record.step for record in records], np.int32)
    for part, recon_name, kl_name, dash in PARTS:
        recon = np.array([getattr(record, recon_name) for record in records], np.float32)
        kl = np.array([getattr(record, kl_name) for record in records], np.float32)
        rows = (("ELBO", recon - kl, "evidence", "y"), ("reconstruction", recon, "reconstruction", "y"),
                ("KL", kl, "kl", "y2"))
        for name, values, meaning, axis in rows:
            fig.add_scatter(x=steps, y=values, name=f"{name}, {part}", yaxis=axis,
                            mode="lines" if len(steps) > 2 else "lines+markers",
                            line={**theme.line(meaning, palette), "dash": dash},
                            hovertemplate=f"{name}, {part}: %{{y:.2f}}<extra>step %{{x}}</extra>")
    fig.update_layout(yaxis={"domain": [0.36, 1]}, yaxis2={**_axis(palette), "domain": [0, 0.27], "rangemode": "tozero",
                                                          "title": {"text": "KL, nats"}}, hovermode="x")
    fig.update_xaxes(anchor="y2")
    return fig


def _axis(palette: Palette) -> dict[str, object]:
    return {"gridcolor": palette.grid, "zeroline": False, "tickfont": {"color": palette.ink}, "automargin": True}


def curves_alt(records: Sequence[Record]) -> str:
    """The newest point of the curves in one sentence."""
    if not records:
        return "Training curves: no step has been taken yet."
    r = records[-1]
    return (f"Training curves up to step {r.step}: ELBO {r.train_recon - r.train_kl:.1f} nats per image in training "
            f"and {r.held_out_recon - r.held_out_kl:.1f} held out; held-out reconstruction {r.held_out_recon:.1f} "
            f"and KL {r.held_out_kl:.1f}.")


def sheet(images: ArrayLike, shape: tuple[int, int], columns: int, palette: Palette = LIGHT) -> bytes:
    """Images (M, D) in rows of `columns`, ink on paper, as one PNG with a pixel for each pixel."""
    share = np.clip(tiled(np.asarray(images, np.float32), shape, columns), 0, 1)[..., None]
    paper, ink = (np.array(ImageColor.getrgb(colour), np.float32) for colour in (palette.paper, palette.ink))
    out = BytesIO()
    Image.fromarray(np.round(paper + share * (ink - paper)).astype(np.uint8)).save(out, "PNG", compress_level=3)
    return out.getvalue()


def tiled(images: np.ndarray, shape: tuple[int, int], columns: int) -> np.ndarray:
    """(M, D) -> one (rows * H, columns * W) picture with a pixel's gap between images; short rows are padded."""
    rows = -(-len(images) // columns)
    full = np.zeros((rows * columns, *shape), np.float32)
    full[: len(images)] = images.reshape(len(images), *shape)
    framed = np.pad(full, ((0, 0), (0, 1), (0, 1)))
    high, wide = shape[0] + 1, shape[1] + 1
    return framed.reshape(rows, columns, high, wide).swapaxes(1, 2).reshape(rows * high, columns * wide)


def scatter(means: ArrayLike, labels: ArrayLike, palette: Palette = LIGHT, *, dims: tuple[int, int] = (0, 1),
            height: int = 440) -> Figure:
    """Latent means (N, L) of images on two of their dimensions, digits told apart by colour and marker."""
    z, classes = np.asarray(means, np.float32), np.asarray(labels)
    fig = theme.figure(palette, x=f"z<sub>{dims[0] + 1}</sub>", y=f"z<sub>{dims[1] + 1}</sub>", height=height)
    angle = np.linspace(0, 2 * np.pi, 120, dtype=np.float32)
    for radius in (1, 2, 3):
        fig.add_scatter(x=radius * np.cos(angle), y=radius * np.sin(angle), mode="lines", hoverinfo="skip",
                        line=theme.line("prior", palette, 1), showlegend=radius == 1, name="prior, 1 to 3 σ")
    for digit in np.unique(classes):
        chosen = z[classes == digit]
        fig.add_scatter(x=chosen[:, dims[0]], y=chosen[:, dims[1]], mode="markers", name=str(digit),
                        marker={"color": palette.classes[digit % 10], "symbol": theme.CLASS_MARKERS[digit % 10],
                                "size": 6, "opacity": 0.8},
                        hovertemplate=f"{digit}: (%{{x:.2f}}, %{{y:.2f}})<extra></extra>")
    fig.update_yaxes(scaleanchor="x")
    return fig


def film(frames: Sequence[Snapshot], labels: ArrayLike, palette: Palette = LIGHT) -> Figure:
    """The latent scatter of one run, a frame for each recorded step; axes hold still, so that only points move."""
    reach = max(3.5, *(float(np.abs(frame.means[:, :2].numpy()).max()) for frame in frames)) * 1.05
    fig = scatter(frames[0].means.numpy(), labels, palette)
    moving = range(3, len(fig.data))  # the prior's circles come first
    fig.frames = [spec.frame(name=f"step {frame.step:,}", traces=list(moving),
                           data=scatter(frame.means.numpy(), labels, palette).data[3:]) for frame in frames]
    fig.update_xaxes(range=[-reach, reach])
    fig.update_yaxes(range=[-reach, reach])
    return fig


def film_alt(frames: Sequence[Snapshot]) -> str:
    """The film in one sentence."""
    return (f"Film of the latent means of {len(frames[0].means)} held-out images by digit, {len(frames)} frames from "
            f"step {frames[0].step} to step {frames[-1].step}.")


def posterior_map(z1: ArrayLike, z2: ArrayLike, density: ArrayLike, encoder: tuple[ArrayLike, ArrayLike],
                  palette: Palette = LIGHT) -> Figure:
    """The exact posterior p(z | x) on the plane (shaded) and the encoder's q(z | x) (dashed, 1 and 2 deviations)."""
    fig = theme.figure(palette, x="z<sub>1</sub>", y="z<sub>2</sub>", height=theme.HEIGHT)
    faded = ((0.0, theme.rgba(palette["posterior"], 0)), (1.0, theme.rgba(palette["posterior"], 0.95)))
    fig.add_heatmap(x=np.asarray(z1, np.float32), y=np.asarray(z2, np.float32), z=np.asarray(density, np.float32),
                    colorscale=faded, showscale=False, zsmooth="best", hoverinfo="skip", name="posterior")
    mean, deviation = (np.asarray(part, np.float32) for part in encoder)
    angle = np.linspace(0, 2 * np.pi, 100, dtype=np.float32)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    for radius in (1, 2):
        x, y = mean[:2, None] + radius * deviation[:2, None] * circle
        fig.add_scatter(x=x, y=y, mode="lines", line=theme.line("q", palette), name="q(z | x), 1 and 2 σ",
                        showlegend=radius == 1)
    fig.update_yaxes(scaleanchor="x")
    return fig
