"""Choosing a data set: the registry as a menu, the download with its progress, source and licence."""

import streamlit as st

from dgm import datasets
from dgm.errors import DataError
from ui import controls, messages


def menu(kind: datasets.Kind, first: str) -> controls.Choice:
    """A control that chooses a data set, for a page's table. kind: of the data. first: the default."""
    return controls.Choice("Data", datasets.names(kind), first, menu=True,
                           help="Sets marked OpenML are downloaded once; the others need no network.")


def choose(name: str = "data", seed: int = 0) -> datasets.Dataset:
    """Draw the control and load the chosen data set, or the default one, with a message, when that fails.

    name: of a control made by `menu`. seed: of the split.
    """
    first, chosen = controls.default(name), controls.draw(name)
    try:
        _download(chosen)
        return datasets.load(chosen, seed)
    except DataError as error:
        messages.show_error(error, f"Showing {first} meanwhile.", icon=":material/cloud_off:")
        return datasets.load(first, seed)


def _download(name: str) -> None:
    if datasets.is_local(name):
        return
    with st.status(f"Downloading {datasets.SOURCES[name].title} from OpenML", expanded=True) as status:
        line = st.empty()
        for received in datasets.fetch(name):
            line.caption(f"{received / 1e6:.1f} MB received")
        status.update(label=f"{datasets.SOURCES[name].title} is on disk", state="complete")


def credit(data: datasets.Dataset) -> None:
    """Show source, licence and split of a data set as a caption."""
    split = data.split()
    st.caption(f"{data.source}. Licence: {data.licence}. {len(split.train):,} images train, {len(split.validation):,} "
               f"validate, {len(split.test):,} test.".replace("images", "images" if data.image_shape else "rows"))
