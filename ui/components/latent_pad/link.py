"""The pad's point as a page's control `z`, in the link: `"z": link.parameter()` in its table of controls."""

from ui import controls
from ui.components.latent_pad import point
from ui.components.latent_pad.point import Z
from ui.control_types import Parameter


def parameter() -> Parameter:
    """The control of the point."""
    return Parameter((), point.parse, point.spell)


def linked(latent: int) -> Z:
    """The point of the page; the origin, with a note here, when it is no point of this space."""
    z: Z = controls.value("z")
    if z and len(z) != latent:
        controls.note(f"The link's z is not a point of this {latent}-D latent space; the point starts at the origin.")
        go_to(())
        return (0.0,) * latent
    return z or (0.0,) * latent


def go_to(z: Z) -> None:
    """Put the point at z, in the link too."""
    controls.set_value("z", z if any(z) else None)
