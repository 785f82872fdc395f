"""The exact probability of one image: the pixels that are clicked, picked and typed, and the terms of log p."""

import pytest
import torch

from dgm import autoregressive
from pages.autoregressive import board, network
from pages.autoregressive.state import CLICK, ONE_IMAGE, PICK
from tests.pages.visitor import Visitor, figures
from tests.ui.components.messages import commit


def opened(**link: str) -> Visitor:
    return Visitor("autoregressive", {"part": ONE_IMAGE, **link})


def test_the_terms_add_up_to_the_exact_log_p() -> None:
    page = opened(held="7")
    model, image = autoregressive.pretrained("made"), network.parts().test[7]
    total = float(autoregressive.log_prob(model, image[None])[0])
    terms = figures(page.at)[0]["data"][1]["text"]
    shown = sum(float(text.replace("−", "-")) for text in terms)
    assert shown == pytest.approx(total, abs=0.64 / 2)      # 64 numbers of two decimals
    assert f"{abs(total):.2f} nats**" in page.texts()


def test_a_click_changes_a_pixel_and_the_text_with_it() -> None:
    page = opened(way=CLICK, rows=" ".join(["00000000"] * 8))
    commit(page.at, "one board", clicked={"figure": 0, "trace": 0, "point": 9})
    page.run()
    assert page.values["rows"].split()[1] == "01000000"
    assert "1 of its 64 pixels is black" in page.texts()


def test_a_click_after_picking_changes_the_picked_image() -> None:
    page = opened(held="20")
    page.set("way", CLICK)
    assert page.values["rows"] == ""
    commit(page.at, "one board", clicked={"figure": 0, "trace": 0, "point": 9})
    page.run()
    image = network.parts().test[20].clone()
    image[9] = 1 - image[9]
    assert page.values["rows"] == board.spell(image)


def test_an_image_picked_after_clicks_is_the_one_that_the_next_click_changes() -> None:
    page = opened(way=CLICK)
    commit(page.at, "one board", clicked={"figure": 0, "trace": 0, "point": 9})
    page.run()
    page.set("way", PICK).set("held", 20).set("way", CLICK)
    assert page.values["rows"] == ""
    black = int(network.parts().test[20].sum())
    assert f"{black} of its 64 pixels are black" in page.texts()
    commit(page.at, "one board", clicked={"figure": 0, "trace": 0, "point": 10})
    page.run()
    image = network.parts().test[20].clone()
    image[10] = 1 - image[10]
    assert page.values["rows"] == board.spell(image)


def held_out(page: Visitor, number: int) -> bool:
    """Whether the page shows this held-out image."""
    return f"{int(network.parts().test[number].sum())} of its 64 pixels are black" in page.texts()


def test_an_emptied_text_stays_empty_and_the_image_is_that_of_the_link() -> None:
    page = opened(way=CLICK, rows=" ".join(["01111110"] * 8), held="7")
    assert "48 of its 64 pixels are black" in page.texts()
    page.set("rows", "")
    assert page.notes() == []
    assert page.values["rows"] == ""
    assert held_out(page, 7)


@pytest.mark.parametrize("text", ["0101", "2" * 64, "<b>", "0" * 65, "0 " * 40])
def test_a_wrong_text_gives_a_sentence_that_names_the_image_also_in_a_fresh_link(text: str) -> None:
    page = opened(way=CLICK, rows=" ".join(["01111110"] * 8))
    page.set("rows", text)
    for shown in (page, opened(**page.link)):
        assert [note for note in shown.notes() if "Until then held-out image 3 is shown" in note]
        assert held_out(shown, 3)
        assert shown.values["rows"] == text


def test_texts_of_images_are_read_as_they_are_written() -> None:
    image = network.parts().test[0]
    assert torch.equal(board.parse(board.spell(image)), image)
    assert board.parse("0" * 63) is None


def test_a_click_in_the_gallery_chooses_that_image() -> None:
    page = opened()
    values = network.held_out(autoregressive.pretrained("made"))
    commit(page.at, "gallery", clicked={"figure": 0, "trace": 0, "point": 0})
    page.run()
    assert values[page.values["held"]] == values.max()
    assert f"{abs(float(values.max())):.2f} nats**" in page.texts()


def test_what_the_page_shows_of_the_empty_image_is_not_asked_for() -> None:
    assert "blank" in " ".join(opened().keys("commit "))
    assert opened().choose("Nothing at all").keys("commit ") == ["commit flip"]


def test_an_empty_image_and_a_chessboard_are_unlikely() -> None:
    usual = float(network.held_out(autoregressive.pretrained("made")).mean())
    for situation in ("Nothing at all", "A chessboard"):
        page = opened().choose(situation)
        total = float(page.printed().split("log p(x): ")[1].split()[0])
        assert total < usual - 5
