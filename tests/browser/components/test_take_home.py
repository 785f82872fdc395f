"""What a visitor saves: pictures, numbers and animated pictures of figures, pad, drawing and images; the notebook."""

import csv
import re
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import Locator, Page, expect

from dgm import gmm
from dgm.datasets import load
from tests.browser.walk import settled, show
from tests.ui.take_home.read_notebook import read_notebook
from ui.figures.encoding import SHARE
from ui.figures.theme import DARK, LIGHT

pytestmark = pytest.mark.browser

SVG, PNG, CSV = "Picture (SVG)", "Picture (PNG)", "Numbers (CSV)"
WORDS = "{http://www.w3.org/2000/svg}text"


@pytest.fixture
def opened(shared_page: Page, serve: Callable[..., str], seen: Any) -> Callable[..., Page]:
    """Open a state in the page of the module's tests."""

    def open_link(link: str, color_scheme: Any = None) -> Page:
        shared_page.emulate_media(color_scheme=color_scheme)
        show(shared_page, seen, serve("app.py"), link)
        return settled(shared_page)

    return open_link


def saved(page: Page, place: Locator, label: str) -> tuple[str, bytes]:
    """Name and content of the file that an entry of a list "Save" gives."""
    place.locator(".dgm-save summary").click()
    with page.expect_download() as download:
        place.get_by_role("button", name=label, exact=True).click()
    content = Path(download.value.path()).read_bytes()
    expect(place.locator(".dgm-save-status")).to_have_text(f"Saved: {download.value.suggested_filename}",
                                                            timeout=60_000)
    expect(place.locator(".dgm-save-box")).not_to_be_visible()
    return download.value.suggested_filename, content


def texts(svg: bytes) -> str:
    return " ".join("".join(word.itertext()) for word in ElementTree.fromstring(svg).iter(WORDS))


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))


def corner(png: bytes) -> tuple[int, ...]:
    return Image.open(BytesIO(png)).convert("RGB").getpixel((1, 1))     # type: ignore[return-value]


@pytest.mark.parametrize(("theme", "seed"), [(LIGHT, 2), (DARK, 3)])   # of another state, which begins at its start
def test_a_figure_is_saved_as_it_is_seen(opened: Callable[..., Page], theme: object, seed: int) -> None:
    dark = theme is DARK
    page = opened(f"gmm?part=EM&k=3&seed={seed}", "dark" if dark else "light")
    figure = page.locator(".dgm-live").first
    expect(figure).to_have_attribute("data-frame", "0", timeout=60_000)
    page.get_by_role("button", name="Next step").first.click()
    expect(figure).to_have_attribute("data-frame", "2", timeout=60_000)
    name, svg = saved(page, figure, SVG)
    assert re.fullmatch(rf"gmm_EM_[\w-]+_frame_3_.*k=3.*seed={seed}.*\.svg", name)
    said = texts(svg)
    assert "Mixture of Gaussians and EM · EM" in said
    assert "waiting [min]" in said
    assert f'fill="{DARK.paper if dark else LIGHT.paper}"'.encode() in svg
    _, png = saved(page, figure, PNG)
    assert Image.open(BytesIO(png)).width >= 1600
    assert sum(corner(png)) < 150 if dark else sum(corner(png)) > 700
    _, numbers = saved(page, figure, CSV)
    rows = [row for row in table(numbers) if row["trace"] == "data"]
    assert len(rows) == 272
    assert (rows[0]["eruption [min]"], rows[0]["waiting [min]"]) == ("3.6", "79")
    points = load("faithful").x
    first = gmm.e_step(points, gmm.init(points, 3, seed)).resp[0].tolist()      # of the first E
    assert [float(rows[0][f"q(z={j})"]) for j in (1, 2, 3)] == pytest.approx(first, abs=SHARE / 2 + 0.005)
    assert not {"colour value", "opacity", "angle"} & set(rows[0])


def test_an_animated_picture_has_the_frames_of_the_playback(serve: Callable[..., str], new_page: Callable[..., Page]
                                                            ) -> None:
    page = new_page(width=390, has_touch=True)
    page.goto(f"{serve('app.py')}/gmm?part=EM&k=1")
    settled(page)
    figure = page.locator(".dgm-live").first
    count = int(page.locator(".dgm-transport input[type=range]").first.get_attribute("max") or 0) + 1
    _, content = saved(page, figure, "Animated picture (PNG)")
    picture = Image.open(BytesIO(content))
    frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)]
    assert len(frames) == min(count, 36)
    assert (frames[0] != frames[-1]).any()
    assert frames[-1].mean() > 200, "what does not change is still there"
    _, numbers = saved(page, figure, "Numbers of all frames (CSV)")
    assert {row["frame"] for row in table(numbers)} == {str(i + 1) for i in range(count)}


def test_the_pad_and_pictures_are_saved(opened: Callable[..., Page]) -> None:
    page = opened("vae?z=1,-0.5")
    pad = page.locator(".latent-pad").first
    name, svg = saved(page, pad, SVG)
    assert name.startswith("vae_")
    assert svg.count(b"<image") == 2
    assert "z = (1.00, −0.50)" in texts(svg)
    names = [word for word in ElementTree.fromstring(svg).iter(WORDS) if (word.text or "").isdigit()]
    assert [word.text for word in names] == [str(digit) for digit in range(10)]
    map_width = float(next(ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}image")).get("width", "0"))
    assert all(float(word.get("x", "0")) + 10 < map_width for word in names)
    _, codes = saved(page, pad, "Codes of the images, and z (CSV)")
    first, *means = table(codes)
    assert (first["what"], first["z₁"], first["z₂"]) == ("z", "1", "-0.5")
    assert len(means) > 200
    _, pixels = saved(page, pad, "Pixels of the picture (CSV)")
    assert {0 <= float(row["decoder's mean"]) <= 1 for row in table(pixels)} == {True}


def test_a_picture_of_images_is_saved_with_its_pixels(opened: Callable[..., Page]) -> None:
    page = opened("vae?part=Generation")
    place = page.locator(".picture").first
    place.get_by_role("button", name="Save").click()
    page.keyboard.press("Escape")
    _, png = saved(page, place, PNG)
    assert Image.open(BytesIO(png)).width >= 1600
    _, pixels = saved(page, place, "Pixels (CSV)")
    rows = table(pixels)
    images = max(int(row["image"]) for row in rows)
    assert len(rows) == images * max(int(row["row"]) for row in rows) * max(int(row["column"]) for row in rows)
    ink = np.array([float(row["ink"]) for row in rows])
    assert (ink.min() >= 0, ink.max() <= 1, ink.max() > 0.9) == (True, True, True)


@pytest.mark.parametrize(("link", "names"), [
    ("vae", ["solid: training, dotted: validation", "reconstruction, validation"]),
    ("vae?part=One+image", ["exact posterior p(z | x)", "q(z | x), 1 and 2 σ"])])
def test_what_the_page_says_beside_a_figure_is_in_its_picture(opened: Callable[..., Page], link: str,
                                                              names: list[str]) -> None:
    page = opened(link)
    _, svg = saved(page, page.locator(".dgm-live").first, SVG)
    assert [name for name in names if name not in texts(svg)] == []


def test_a_marker_on_an_axis_is_whole(opened: Callable[..., Page]) -> None:
    page = opened("ppca")
    _, svg = saved(page, page.locator(".dgm-live").first, SVG)
    tree = ElementTree.fromstring(svg)
    above = {child: parent for parent in tree.iter() for child in parent}

    def is_cut(part: ElementTree.Element) -> bool:
        return bool(part.get("clip-path")) or (part in above and is_cut(above[part]))

    markers = [part for part in tree.iter() if part.get("class") == "point"]
    assert [is_cut(part) for part in markers].count(False) == 1, "the diamond on the axis of z"


def test_an_empty_sheet_gives_no_file(opened: Callable[..., Page]) -> None:
    page = opened("vae?part=One+image")
    menu = page.locator(".dgm-save", has=page.locator("[aria-label='Save this drawing']"))
    menu.locator("summary").click()
    expect(menu.locator(".dgm-save-status")).to_have_text("Nothing is drawn yet.")
    assert menu.locator(".dgm-save-list button").count() == 0


def test_the_list_is_used_by_keyboard_alone(opened: Callable[..., Page]) -> None:
    page = opened("bayes")
    menu = page.locator(".dgm-save").first
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(menu.get_by_role("button", name=SVG)).to_be_focused()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.startswith("bayes_")
    expect(menu.locator(".dgm-save-box")).not_to_be_visible()
    expect(menu.locator("summary")).to_be_focused()
    expect(menu.locator("summary")).to_have_text("Saved")
    expect(menu.locator("summary")).to_have_text("Save")
    page.keyboard.press("Enter")
    expect(menu.locator(".dgm-save-box")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.locator(".dgm-save-box")).not_to_be_visible()
    expect(menu.locator("summary")).to_be_focused()


def test_the_list_opens_where_there_is_room(opened: Callable[..., Page]) -> None:
    page = opened("bayes")
    menu = page.locator(".dgm-save").first
    for edge, place in (("end", "above"), ("start", "below")):
        menu.evaluate("(e, block) => e.scrollIntoView({ block })", edge)
        menu.locator("summary").click()
        expect(menu.get_by_role("button", name=CSV)).to_be_in_viewport(ratio=1)
        own, button = (menu.locator(part).bounding_box() for part in (".dgm-save-box", "summary"))
        assert own
        assert button
        assert ("above" if own["y"] < button["y"] else "below") == place
        page.mouse.click(2, 450)        # a press outside
        expect(menu.locator(".dgm-save-box")).not_to_be_visible()


def test_the_notebook_is_saved_from_beside_the_script(opened: Callable[..., Page], serve: Callable[..., str]) -> None:
    page, url = opened("gmm?part=EM&k=3&code=true"), serve("app.py")
    with page.expect_download() as download:
        page.get_by_role("button", name="Notebook (.ipynb)").click()
    assert download.value.suggested_filename == "gmm_EM_notebook.ipynb"
    content = Path(download.value.path()).read_text(encoding="utf-8")
    link = re.search(r"\[The page in this state\]\((.*?)\)", content)
    assert link, content[:500]
    assert link[1] == f"{url}/gmm?part=EM&k=3"
    assert any("gmm.trace(" in cell for cell in read_notebook(content))
