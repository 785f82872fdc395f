"""The pad's point as the control `z` of a page, in the link: `"z": link.parameter()` in its table of controls."""

from ui import controls
from ui.components.latent_pad import point
from ui.components.latent_pad.point import Z
from ui.control_types import Parameter


def parameter() -> Parameter:
    """The control of the point, for a page's table."""
    return Parameter((), point.parse, point.to_text)


def linked(latent: int) -> Z:
    """The current z (latent,); the origin, with a note, where the link's z has another number of dimensions."""
    z: Z = controls.value("z")
    if z and len(z) != latent:
        controls.note(f"The link's z is not a point of this {latent}-D latent space; the point starts at the origin.")
        go_to(())
        return (0.0,) * latent
    return z or (0.0,) * latent


def go_to(z: Z) -> None:
    """Set z, in the link too."""
    controls.set_value("z", z if any(z) else None)
