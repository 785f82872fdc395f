"""The latent pad with the model that is shown, and a question about the space between the images."""

import math

import streamlit as st

from dgm import vae
from pages.vae import own_pictures, shown_model
from pages.vae.explore import path
from pages.vae.scene import Scene
from pages.vae.state import SAMPLE
from ui import controls, page, question
from ui.components.latent_pad import latent_pad, link
from ui.figures.written import written

PAD = "pad"
FEW = 5.0        # draws of 100: fewer are called few


def pad(checkpoint: vae.Checkpoint, scene: Scene, height: int) -> None:
    """The pad, and what its picture shows. height: of the map."""
    place = st.container()
    plane = checkpoint.config.latent == 2
    seed, record = _below(plane)
    latent, near = checkpoint.config.latent, shown_model.near(checkpoint, scene.images)
    means = shown_model.pad_means(checkpoint, scene.images)
    with place:
        latent_pad(
            PAD, shown_model.decoder_layers(checkpoint), image_shape=scene.shape, latent=latent, means=means.held_out,
            labels=scene.classes(len(means.held_out)), train_means=means.train, near=near,
            z=link.linked(latent), seed=seed, height=height, on_change=link.go_to, record=record,
            path=controls.value("path") if plane else (), on_path=path.remember, draws=shown_model.random_codes(latent),
            marks=_own_codes(checkpoint))
    spread = shown_model.spread(checkpoint, scene.images)
    st.caption(f"{about_dots(len(means.held_out), len(scene.held_out), len(means.train))} "
               f"{about_near(near, spread, moment(checkpoint, scene))}")
    if plane:
        path.show(checkpoint, scene.shape, record)


def _own_codes(checkpoint: vae.Checkpoint) -> shown_model.Means | None:
    """Latent means of the visitor's own pictures, where they stand beside MNIST's."""
    own = own_pictures.current()
    return shown_model.means_of(checkpoint, own.pictures) if own is not None and own.beside else None


def moment(checkpoint: vae.Checkpoint, scene: Scene) -> str:
    """The step at which a distance counts as near, in brackets; "" for a model that rests. It changes with training."""
    return f" (at step {checkpoint.step:,})" if scene.training else ""


def about_dots(dots: int, test: int, train: int) -> str:
    """Which images the dots are, and which ones are counted near the point. test, train: how many images there are."""
    which = f"the first {dots:,} of {test:,}" if dots < test else f"all {test:,}"
    return (f"The dots are codes of {which} test images. The means near the point are counted among {train:,} training "
            "images, which are not drawn.")


def about_near(near: float, spread: float, moment: str = "") -> str:
    """What the pad calls near. near: the distance. spread: of a draw from an image's q to its mean. moment: when."""
    which = ("That is so chosen that 99 of 100 training images have another one's mean this near." if near > spread else
             "This is how far a draw from q(z | x) lies from its mean, on average.")
    return f"A latent mean is near when it is at most {written(near, 'g')} from the point{moment}. {which}"


def _below(plane: bool) -> tuple[int | None, bool]:
    """The seed of a draw of pixels, None for the decoder's mean; and whether the next drag is recorded."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sample = controls.draw("pixels") == SAMPLE
        seed = int(controls.draw("pixel_seed")) if sample else None
        return seed, bool(plane and controls.draw("record"))


def ask(scene: Scene) -> None:
    """A question about the space between the images."""
    page.section(lambda: scene.ask(lambda: _ask_mass_off_data(scene)))


def _ask_mass_off_data(scene: Scene) -> None:
    """Predict how much of the prior lies where no training image has its code."""
    def off_data() -> shown_model.Estimate:
        return shown_model.prior_mass_off_data(scene.checkpoint, scene.images)

    question.number(
        "off_data", r"Now draw $\mathbf{z} \sim \mathcal{N}(0, I)$ many times. Of 100 draws, how many "
        "land where **no** training image has its latent mean within "
        f"{written(shown_model.near(scene.checkpoint, scene.images), 'g')}?",
        truth=lambda: 100 * off_data().value, error=lambda: 100 * off_data().error,
        why=lambda exact: why_off_data(exact, shown_model.spread(scene.checkpoint, scene.images),
                                       scene.checkpoint.config.latent),
        low=0.01, high=100.0, start=10.0, unit="of 100", ratio=True, about=scene.situation)


def why_off_data(exact: float, spread: float, latent: int) -> str:
    """Why so many draws of 100 have no mean near. spread: as for `about_near`. latent: dimensions of z."""
    if spread > math.sqrt(latent) / 2:
        return (f"A draw from q(z | x) lies {spread:.2g} from its mean here; one from the prior lies "
                f"{math.sqrt(latent):.2g} from the origin. Each q is nearly as wide as the prior, so near reaches far. "
                "It does not follow that the means fill the prior.")
    if exact < FEW:
        return ("The codes reach nearly everywhere in the prior, because the KL pulls every q(z | x) towards it. The "
                "few other draws are decoded where no image has its mean near.")
    return ("The decoder draws something there as well. A clear picture does not show that images have their codes "
            "near z.")
