"""The PCA page: every part and preset, truths of the questions, links, bad input, and scripts that print the page's
numbers."""

import contextlib
import io
import math
import re
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from dgm import datasets, ppca
from dgm.ppca.toy_data import TOYS
from pages.ppca import model, state
from pages.ppca.cloud import GEYSER, NAMES, OWN, Cloud
from tests.pages.revealed import answer, empty_caches, number, opened_by_link
from tests.pages.visitor import Visitor, figures
from tests.ui.components.messages import commit

ROOT = Path(__file__).parents[3]
PARTS = state.PARTS
PRESETS = ("PCA: no noise at all", "A plane in space", "No line: two clusters", "One outlier",
           "EM with hardly any noise", "Original units", "Half an image", "A latent switched off")


fresh = pytest.fixture(scope="module", autouse=True)(empty_caches)
page = partial(opened_by_link, "ppca")


@pytest.mark.parametrize("part", PARTS)
def test_every_part_shows_its_figure_before_any_question(part: str) -> None:
    before, after = page(reveal=False, part=part), page(part=part)
    assert any("**Predict.**" in element.value for element in before.markdown) or part == "Digits"
    assert not before.error
    assert not after.error
    charts = [len(figures(at)) for at in (before, after)]
    assert charts[1] >= charts[0] >= 1
    assert all(figure["alt"].endswith(".") for figure in figures(after))


def test_dragged_points_belong_to_their_cloud_in_both_parts() -> None:
    at = page(data="one outlier")
    commit(at, "cloud", moved=[[11, 9.0, -9.0]])
    assert not at.exception
    assert any("points moved: 1" in element.value for element in (*at.caption, *at.success))
    assert any("9.0, -9.0" in block.value for block in at.code)
    next(group for group in at.get("button_group") if group.key == "part").set_value("EM").run()
    assert any("9.0, -9.0" in block.value for block in at.code)
    next(group for group in at.get("button_group") if group.key == "part").set_value("The model").run()
    at.selectbox(key="data").set_value("a line").run()
    assert any("points moved: 0" in element.value for element in at.caption)
    assert "moved" not in at.query_params


def test_a_link_carries_moved_points_and_z_and_start_over_puts_them_back() -> None:
    at = page(data="one outlier")
    commit(at, "cloud", moved=[[11, 9.0, -9.0], [12, -1.5, 0.2]])
    link = {name: str(at.query_params[name]) for name in ("moved", "line_z", "data")}
    assert link["line_z"] == "-1.5"
    other = page(**link)
    assert any("9.0, -9.0" in block.value for block in other.code)
    assert any("z = −1.50" in figure["alt"] for figure in figures(other))
    other.button(key="points start over").click().run()
    assert not other.exception
    assert not {"moved", "line_z"} & set(other.query_params)
    assert any("z = 1.00" in figure["alt"] for figure in figures(other))


def test_a_situation_puts_moved_points_back() -> None:
    visitor = Visitor("ppca")
    commit(visitor.at, "cloud", moved=[[2, 5.0, 5.0]])
    assert "moved" in visitor.at.query_params
    visitor.choose("A line and its noise")
    assert "moved" not in visitor.at.query_params
    assert any("points moved: 0" in element.value for element in visitor.at.caption)


@pytest.mark.parametrize("raw", ["x", "a1b2_1_2", "a1b2_-1_2_3", "a1b2_1_nan_3", "a1b2_1_2_1e300", "_inf_1_1"])
def test_a_link_with_bad_moved_points_shows_a_note(raw: str) -> None:
    at = page(reveal=False, moved=raw)
    assert any("moved points" in element.value for element in at.info)
    assert any("points moved: 0" in element.value for element in at.caption)


@pytest.mark.parametrize("raw", ["x", "nan", "99", ""])
def test_a_link_with_a_bad_z_of_the_strip_starts_at_one(raw: str) -> None:
    assert any("z = 1.00" in figure["alt"] for figure in figures(page(reveal=False, line_z=raw)))


@pytest.mark.parametrize("name", state.PRESETS)
def test_every_situation_says_what_to_look_at(name: str) -> None:
    note = state.NOTES[name]
    assert note.endswith(".")
    assert all(len(sentence.split()) <= 25 for sentence in re.split(r"[.:] ", note))
    shown = Visitor("ppca").choose(name) if name in PRESETS else None
    assert shown is None or any(element.value == note for element in shown.at.markdown)


def test_the_first_view_has_two_questions() -> None:
    at = page(reveal=False)
    assert sum("**Predict.**" in element.value for element in at.markdown) >= 2


@pytest.mark.parametrize("name", PRESETS)
def test_presets_open_without_errors_and_the_first_one_resets_the_page(name: str) -> None:
    visitor = Visitor("ppca").choose(name)
    assert not visitor.at.error
    visitor.choose("A line and its noise")
    assert visitor.values["part"] == "The model"
    assert visitor.values["data"] == "a line"


@pytest.mark.parametrize(("name", "seed"), [("a line", 0), ("a curve", 3), ("one outlier", 7), ("a round cloud", 2)])
def test_truths_on_clouds(name: str, seed: int) -> None:
    at = page(data=name, seed=seed, turn=25)
    x = TOYS[name](200, seed)
    values = torch.linalg.eigvalsh(torch.cov(x.T, correction=0)).flip(0)
    best = ppca.fit(x, 1)
    quarter = ppca.fit(x, 1, sigma2=float(values[1]) / 4)
    fall = (ppca.log_likelihood(x, best) - ppca.log_likelihood(x, quarter)) / len(x)
    assert number(at, "a quarter of its most likely") == pytest.approx(fall, rel=6e-3)
    rotated = ppca.params(best.mean, torch.zeros(2, 1), 1.0)
    u = best.W[:, 0] / best.W.norm()
    r = math.radians(25)
    v = u * math.cos(r) + torch.stack([-u[1], u[0]]) * math.sin(r)
    along = float(((x - best.mean) @ v).var(correction=0))
    noise = max(float(values.sum()) - along, 0.0)
    if along > noise:
        rotated = ppca.Params(best.mean, (v * (along - noise) ** 0.5)[:, None], torch.tensor(noise).double())
    else:
        rotated = rotated._replace(sigma2=values.mean())
    lost = (ppca.log_likelihood(x, best) - ppca.log_likelihood(x, rotated)) / len(x)
    assert number(at, "How many nats") == pytest.approx(lost, rel=6e-3, abs=1e-6)


@pytest.mark.parametrize("start", [0, 5])
def test_truth_of_the_steps(start: int) -> None:
    at = page(part="EM", start=start)
    x = TOYS["a line"](200, 0)
    best = ppca.log_likelihood(x, ppca.fit(x, 1)) / 200
    steps = next(i for i, s in enumerate(islice(ppca.em(x, 1, seed=start), 3000)) if best - s.log_lik < 1e-6)
    assert number(at, "How many steps until") == steps
    assert answer(at, "axes 1 and 3").startswith("where it started")


@pytest.mark.parametrize(("angle", "dims"), [(30, 2), (90, 3), (0, 2)])
def test_truth_of_the_rotation(angle: int, dims: int) -> None:
    assert answer(page(part="Tables", angle=angle, dims=dims), "W is turned by") == "it does not change"


@pytest.mark.parametrize(("latents", "noise", "beta"), [(2, 1.0, 1.0), (4, 1.0, 5.0), (3, 3.0, 2.0), (2, 10.0, 10.0)])
def test_truth_of_the_latents_that_are_on(latents: int, noise: float, beta: float) -> None:
    at = page(part="Linear VAE", vae_latents=latents, vae_noise=noise, beta=beta)
    spec = ppca.spectrum(ppca.standardise(datasets.load("wine").x))
    level = 2 * beta * noise * spec.noise(latents)
    assert number(at, "VAE then use") == int((spec.values[:latents] > level).sum())


def test_truth_of_the_explained_variance() -> None:
    at = page(part="Digits", latents=17, look="reconstructions")
    data = datasets.load("digits")
    split = data.split()
    theta = ppca.fit(data.x[split.train], 34)
    test = data.x[split.test].double()
    left = ((ppca.reconstruct(test, theta, shrink=False) - test) ** 2).sum() / ((test - theta.mean) ** 2).sum()
    assert number(at, "Now 34 are kept") == pytest.approx(100 * (1 - float(left)), rel=6e-3)


@pytest.mark.parametrize("part", PARTS)
def test_scripts_print_what_the_page_shows(part: str) -> None:
    at = page(part=part)
    blocks = [element.value for element in at.code]
    script = next(text for text in blocks if text.startswith("# This reproduces"))
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(script, "script", "exec"), {})
    assert output.getvalue().strip() == blocks[-1].strip()


def test_a_link_opens_the_same_state() -> None:
    chosen = {"data": "a plane in space", "q": 1, "noise": 2.5, "draws": 3, "seed": 4, "turn": -40}
    at = page(**chosen)
    for name, value in chosen.items():
        assert at.session_state[name] == value
    claim = [element.value for element in at.latex]
    assert [element.value for element in page(**chosen).latex] == claim


@pytest.mark.parametrize(("name", "raw"), [("noise", "1e99"), ("noise", "nan"), ("data", "nowhere"), ("seed", "-7"),
                                           ("part", "Nowhere"), ("draws", "x"), ("own", "1_2_3"), ("nonsense", "1")])
def test_a_link_with_a_bad_parameter_shows_a_note(name: str, raw: str) -> None:
    at = page(reveal=False, **{name: raw})
    assert at.info
    assert not at.error
    assert at.latex


def test_a_z_of_another_dimension_shows_a_note() -> None:
    at = page(part="Digits", z="1,2")
    assert any("is not a point of this 10-D latent space" in element.value for element in at.info)


def test_own_points_are_fitted_and_points_on_a_line_show_an_error() -> None:
    own = page(own="-2_-1_0_0.5_1_0_2_1.5")
    x = torch.tensor([[-2, -1], [0, 0.5], [1, 0], [2, 1.5]], dtype=torch.float64)
    quarter = ppca.fit(x, 1, sigma2=float(ppca.fit(x, 1).sigma2) / 4)
    fall = (ppca.log_likelihood(x, ppca.fit(x, 1)) - ppca.log_likelihood(x, quarter)) / 4
    assert number(own, "a quarter of its most likely") == pytest.approx(fall, rel=6e-3)
    flat = page(own="-2_-2_0_0_1_1_2_2")
    assert any("vary in 1 direction only" in element.value for element in flat.error)
    assert any("shows its own data meanwhile" in element.value for element in flat.error)
    assert not any("sigma" in element.value or "q below 1" in element.value for element in flat.error)
    assert not any("In use" in element.value for element in flat.caption)
    assert flat.latex


def test_moved_points_are_part_of_the_cloud() -> None:
    cloud = Cloud("a line", 0, ((3, 9.0, -9.0), (5000, 1.0, 1.0)))
    assert cloud.x[3].tolist() == [9.0, -9.0]
    assert torch.equal(cloud.x[4:], cloud.base[4:])


MOVED = ((3, 9.1, -9.0), (3, 0.1, 0.2), (1, 7.0, 7.7), (5000, 1.0, 1.0))
OWN_POINTS = ((-2.0, -1.0), (0.0, 0.5), (1.0, 0.1), (2.0, 1.5))


@pytest.mark.parametrize("cloud", [*(Cloud(name, 3) for name in NAMES), Cloud("a line", 1, MOVED),
                                   Cloud(GEYSER, 0, MOVED), Cloud(OWN, own=OWN_POINTS),
                                   Cloud(OWN, 0, MOVED, OWN_POINTS)], ids=lambda cloud: f"{cloud.name} {cloud.moved}")
def test_script_of_a_cloud_makes_the_same_points(cloud: Cloud) -> None:
    scope: dict[str, Any] = {}
    exec(cloud.script, scope)
    assert torch.equal(scope["x"], cloud.x)
    assert "pages" not in cloud.script


def test_a_noise_level_opens_the_figure_that_has_one() -> None:
    at = page(reveal=False)
    next(button for button in at.button if button.key == "opens a noise level").click().run()
    assert any("the noise level is" in figure["alt"] for figure in figures(at))


@pytest.mark.parametrize("name", model.BEYOND_PCA)
def test_what_pca_alone_does_not_give_opens_where_it_is_shown(name: str) -> None:
    at = page(reveal=False)
    next(button for button in at.button if button.key == f"opens {name}").click().run()
    assert not at.exception
    assert not at.error
    assert figures(at)
    for control, value in model.BEYOND_PCA[name].items():
        written = at.query_params[control]
        text = written if isinstance(written, str) else written[0]
        assert text == str(value) or float(text) == value
