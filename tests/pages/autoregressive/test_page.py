"""The lesson on exact likelihood: what dragging, clicking, typing and training do to its numbers."""

import math
import re
import time

import pytest
import torch

from dgm import autoregressive
from dgm.autoregressive.checkpoints import rows_file
from pages.autoregressive import network, three_pixels
from pages.autoregressive.state import (
    CONTROLS,
    DIGITS,
    DRAWN_FIRST,
    LIVE,
    LOGISTIC,
    NOTES,
    PIXELS,
    TABLE,
    ZOO,
)
from tests.pages.visitor import Visitor, figures
from tests.ui.components.messages import commit
from ui import live_run

STEM = "autoregressive"


def opened(part: str = "", **link: str) -> Visitor:
    return Visitor(STEM, {"part": part, **link} if part else link)


# Three pixels ---------------------------------------------------------------------------------------------------------


def test_the_joint_table_is_the_product_along_the_paths() -> None:
    page = opened(PIXELS)
    joint = figures(page.at)[1]["data"][0]["text"]
    x = autoregressive.all_images(3)
    expected = three_pixels.table((0, 1, 2), TABLE).log_prob(x).exp()
    assert [float(text) for text in joint] == pytest.approx(expected.tolist(), abs=6e-4)
    for image, path in enumerate(three_pixels.paths((0, 1, 2))):      # what the browser multiplies
        assert math.prod(TABLE[bar] if one else 1 - TABLE[bar] for bar, one in path) == pytest.approx(
            float(expected[image]))


def test_a_dragged_conditional_changes_the_table_and_a_click_chooses_an_image() -> None:
    page = opened(PIXELS)
    commit(page.at, "three pixels", moved=[[0, 0.0, 0.25]])
    page.run()
    assert page.link["table"].split("_")[0] == "0.25"
    commit(page.at, "three pixels", clicked={"figure": 1, "trace": 0, "point": 5})
    page.run()
    assert page.values["image3"] == "101"
    p = 0.25 * (1 - 0.9) * 0.6
    assert f"{p:.4f}" in page.at.latex[0].value


@pytest.mark.parametrize("order", ["3 2 1", "2 3 1"])
def test_another_order_has_the_same_joint_table(order: str) -> None:
    one, other = opened(PIXELS), opened(PIXELS, order3=order)
    assert figures(one.at)[1]["data"][0]["text"] == figures(other.at)[1]["data"][0]["text"]
    assert figures(one.at)[0]["alt"] != figures(other.at)[0]["alt"]
    commit(other.at, "three pixels", moved=[[0, 0.0, 0.5]])
    other.run()
    assert f"p(x{'₁₂₃'[int(order[0]) - 1]}=1) 0.50" in figures(other.at)[0]["alt"]


def test_counted_conditionals_are_shares_of_the_digits() -> None:
    page = opened(PIXELS).press("count")
    x = torch.tensor(three_pixels.middle_pixels()).double()
    first = float(page.link["table"].split("_")[0])
    assert first == pytest.approx(float(x[:, 0].mean()), abs=1e-4)
    pairs = x[x[:, 0] == 1][:, 1]
    assert float(page.link["table"].split("_")[2]) == pytest.approx(float(pairs.mean()), abs=1e-4)


# Digits ---------------------------------------------------------------------------------------------------------------


def test_the_image_grows_to_the_path_of_its_seed() -> None:
    page = opened(DIGITS, grow_seed="5")
    path = autoregressive.path(autoregressive.pretrained("made"), 5)
    image, chances = figures(page.at)[:2]
    assert len(image["frames"]) == len(chances["frames"]) == 65
    assert float(path.log_terms.sum()) == pytest.approx(float(page.printed().split("whole image: ")[1]), rel=1e-5)


def test_it_says_what_its_parameters_replace_and_where_the_playback_begins() -> None:
    page = opened(DIGITS)
    texts = page.texts()
    assert "a full table would need 2⁶⁴ − 1, about $1.8 \\cdot 10^{19}$" in texts
    assert "fitting maximises the sum of these over all training images" in texts
    assert f"{DRAWN_FIRST} of the 64 pixels are drawn at first" in NOTES["Pixel by pixel"]
    assert NOTES["Pixel by pixel"] in texts
    assert any(f"{DRAWN_FIRST} of 64 pixels" in alt for alt in page.alts())


def test_the_frame_is_in_the_link() -> None:
    page = opened(DIGITS)
    commit(page.at, "growing image", frame=40)
    page.run()
    assert page.link["step"].startswith("40~")
    again = Visitor(STEM, page.link)
    assert any("40 of 64 pixels" in alt for alt in again.alts())


@pytest.mark.parametrize("name", network.STORED.values())
def test_the_controls_reach_the_settings_of_the_shipped_models(name: str) -> None:
    shipped = autoregressive.pretrained(name)
    config = shipped.config
    settings = {"order": config.order, "run_seed": config.seed, "learning_rate": config.learning_rate,
                "batch": config.batch, "steps": shipped.step, **({"hidden": config.hidden[0]} if config.hidden else {})}
    for control, value in settings.items():
        assert CONTROLS[control].fit(value) == value, control
        step = getattr(CONTROLS[control], "step", None)
        assert step is None or (value - getattr(CONTROLS[control], "low", 0)) % step == 0, control


def test_a_run_trains_and_its_images_appear() -> None:
    page = opened(DIGITS, model=LIVE, network=LOGISTIC, steps="200")
    assert "Press Train" in page.texts()
    run = page.press(f"{network.PAGE} play").at.session_state[f"live run of {network.PAGE}"].run
    deadline = time.monotonic() + 120
    while live_run.active(run) and time.monotonic() < deadline:      # it pauses where nobody reads its progress
        time.sleep(0.2)
    page.run()
    assert run.latest.step == 200
    assert any("16 images that the model draws at step" in alt for alt in page.alts())
    held_out = run.latest.records[-1].held_out
    assert held_out > run.latest.records[0].held_out + 3
    assert f"{abs(held_out):.2f}" in page.texts()
    run.stop()


def test_completions_keep_what_is_given() -> None:
    model = autoregressive.pretrained("made")
    image = network.parts().test[3]
    found = network.completions(model, image, 24, 12, 0)
    given = network.order(model)[:24]
    assert (found[:, given] == image[given]).all()
    assert found.shape == (12, 64)


# The zoo --------------------------------------------------------------------------------------------------------------


def test_the_table_has_every_row_and_covers_what_is_asked() -> None:
    page = opened(ZOO)
    for row in rows_file.stored():
        assert f"| {row.model} |" in page.texts()
    assert "Where does the ELBO lie" in page.texts()
    bound = next(row for row in rows_file.stored() if row.model == "VAE with 2 latents, ELBO")
    number = f"−{abs(bound.nats):.2f}"
    assert number not in page.texts()
    assert not any(number in alt for alt in page.alts())
    page.press("skip bound")
    assert number in page.texts()
    assert any(number in alt for alt in page.alts())


@pytest.mark.parametrize("reveal", ["0", "1"])
def test_the_table_has_the_order_of_the_figure(reveal: str) -> None:
    page = opened(ZOO, reveal=reveal)
    (order,) = [fig["layout"]["yaxis"]["categoryarray"] for fig in figures(page.at)]
    names = {row.model for row in rows_file.stored()}
    listed = [name for name in re.findall(r"^\| ([^|]+) \|", page.texts(), re.M) if name in names]
    assert listed == order[::-1]


def test_a_mean_of_log_ratios_is_called_a_geometric_mean() -> None:
    assert "On average (geometric mean) a held-out digit is about" in opened(ZOO, reveal="1").texts()


def test_made_is_better_than_the_logistic_model_by_the_promised_amount() -> None:
    rows = {row.model: row.nats for row in rows_file.stored()}
    assert rows["MADE"] >= -18.1 + 1.5
    mean = float(network.held_out(autoregressive.pretrained("made")).mean())
    assert mean == pytest.approx(rows["MADE"], abs=1e-4)


def test_a_thousand_images_are_drawn_in_time() -> None:
    model = autoregressive.pretrained("made")
    autoregressive.sample(model, 2)
    start = time.process_time()
    autoregressive.sample(model, 1000)
    assert time.process_time() - start < 5      # 0.5 s on a core of its own
