"""The controls of the home page."""

from pages.home import zoo
from ui.control_types import Choice, Control

CONTROLS: dict[str, Control] = {
    "family": Choice("Family", tuple(family.name for family in zoo.FAMILIES), first="Variational autoencoder",
                     menu=True),
}
