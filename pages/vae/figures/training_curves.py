"""The bound and its two terms over the steps of a training run."""

from collections.abc import Sequence

import numpy as np

from dgm.vae.live_training import Record
from ui.figures import theme
from ui.figures.spec import Figure
from ui.figures.theme import LIGHT, Palette

MEASURED_ON = (("training", "train_recon", "train_kl", "solid"), ("held out", "held_out_recon", "held_out_kl", "dot"))


def curves(records: Sequence[Record], palette: Palette = LIGHT) -> Figure:
    """ELBO and reconstruction above, KL below, nats per image over the steps; training solid, held-out dotted."""
    fig = theme.figure(palette, x="step", y="nats per image", height=theme.HEIGHT)
    steps = np.array([record.step for record in records], np.int32)
    for images, recon_name, kl_name, dash in MEASURED_ON:
        recon = np.array([getattr(record, recon_name) for record in records], np.float32)
        kl = np.array([getattr(record, kl_name) for record in records], np.float32)
        rows = (("ELBO", recon - kl, "evidence", "y"), ("reconstruction", recon, "reconstruction", "y"),
                ("KL", kl, "kl", "y2"))
        for name, values, meaning, axis in rows:
            fig.add_scatter(x=steps, y=values, name=f"{name}, {images}", yaxis=axis,
                            mode="lines" if len(steps) > 2 else "lines+markers",
                            line={**theme.line(meaning, palette), "dash": dash},
                            hovertemplate=f"{name}, {images}: %{{y:.2f}}<extra>step %{{x}}</extra>")
    fig.update_layout(yaxis={"domain": [0.36, 1]}, hovermode="x",
                      yaxis2={**_axis(palette), "domain": [0, 0.27], "rangemode": "tozero",
                              "title": {"text": "KL, nats"}})
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
