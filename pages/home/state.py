"""The controls of the home page."""

from pages.home.zoo import FAMILIES
from ui.control_types import Choice, Control

CONTROLS: dict[str, Control] = {
    "family": Choice("Family", tuple(family.name for family in FAMILIES), first="Variational autoencoder",
                     menu=True),
}
