"""The model as one line: x, encoder, mean and deviation, one draw z, decoder, E[x | z]; with one image's numbers."""

import base64
import html
from collections.abc import Sequence

from dgm import vae
from pages.vae.figures import image_sheet
from ui.figures.theme import LIGHT, Palette

SHOWN = 3        # coordinates that are written out
SIDE = 104       # CSS pixels of a picture


def network(way: vae.OnePass, image: Sequence[float], shape: tuple[int, int], name: str,
            palette: Palette = LIGHT) -> str:
    """The line as HTML. image: the pixels of x (D,). name: of the image, in words."""
    q, recon = palette["q"], palette["reconstruction"]
    numbers = (f"<div><span style='color:{q}'><b>μ</b> = {_vector(way.mean.tolist())}</span></div>"
               f"<div><span style='color:{q}'><b>σ</b> = {_vector(way.deviation.tolist())}</span></div>")
    draw = (f"<div>ε* = {_vector(way.noise.tolist())}</div>"
            f"<div><b>z*</b> = μ + σ ε*</div><div>= {_vector(way.z.tolist())}</div>")
    steps = (
        _picture(image, shape, f"{name}", "<i>x</i>", palette),
        _arrow("encoder, φ", q),
        _box("<i>q</i>(<i>z</i> | <i>x</i>, φ)", numbers),
        _arrow("draw", palette.ink),
        _box("one code", draw),
        _arrow("decoder, θ", recon),
        _picture(way.decoded.tolist(), shape, "the decoded image", "E[<i>x</i> | <i>z*</i>]", palette,
                 f"<div style='color:{recon}'>log <i>p</i>(<i>x</i> | <i>z*</i>, θ) = "
                 f"{_number(way.log_likelihood, 1)} nats</div>"),
    )
    return f"<div class='network-place'><div class='network'>{''.join(steps)}</div></div>"


def _number(value: float, digits: int = 2) -> str:
    text = f"{value:z.{digits}f}"
    return text.replace("-", "−")


def _vector(values: Sequence[float]) -> str:
    more = ", …" if len(values) > SHOWN else ""
    return f"({', '.join(_number(value) for value in values[:SHOWN])}{more})"


def _box(title: str, body: str) -> str:
    return f"<div><div>{title}</div>{body}</div>"


def _arrow(name: str, colour: str) -> str:
    arrow = "<div class='arrow' aria-hidden='true'>⟶</div>"
    return f"<div style='color:{colour}'><div>{name}</div>{arrow}</div>"


def _picture(pixels: Sequence[float], shape: tuple[int, int], alt: str, title: str, palette: Palette,
             below: str = "") -> str:
    data = base64.b64encode(image_sheet.png([list(pixels)], shape, 1, palette)).decode()
    return (f"<div><div>{title}</div><img class='pixels' alt='{html.escape(alt)}' "
            f"style='width:{SIDE}px' src='data:image/png;base64,{data}'>{below}</div>")
