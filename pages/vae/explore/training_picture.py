"""Training as an animated picture: the decoded latent plane at the kept steps of a run."""

from collections.abc import Sequence

import numpy as np

from dgm import vae
from pages.vae.figures import image_sheet
from ui.figures.theme import Palette

FRAMES = 48             # at most
WHOLE, EACH, LAST = 4000, (120, 800), 1500    # milliseconds: of all frames but the last, limits of each, of the last
SIDE, ACROSS = 12, 520  # images in a row, and pixels of the picture


def animated(kept: Sequence[vae.Checkpoint], shape: tuple[int, int], palette: Palette, title: str = "") -> bytes:
    """The file. kept: of a run, in order; some are left out where there are more than FRAMES. shape: (H, W)."""
    shown = [kept[i] for i in sorted({round(i) for i in np.linspace(0, len(kept) - 1, FRAMES)})]
    sheets = np.stack([image_sheet.tile(_plane(checkpoint), shape, SIDE) for checkpoint in shown])
    high, wide = sheets.shape[1:]
    each = min(max(WHOLE // len(shown), EACH[0]), EACH[1])
    return image_sheet.animation(sheets, (high, wide), palette, side=ACROSS, title=title,
                                 milliseconds=[*[each] * (len(shown) - 1), LAST],
                                 captions=[f"step {checkpoint.step:,}" for checkpoint in shown])


def _plane(checkpoint: vae.Checkpoint) -> np.ndarray:
    """Decoded images over the latent plane, (SIDE^2, D)."""
    return vae.manifold(checkpoint, SIDE).images.flatten(0, 1).float().cpu().numpy()


__all__ = ["animated"]
