"""The PCA page: figure and formula from one state, numbers of all latents, and a reason where q ends early."""

import re
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from dgm import datasets, ppca
from dgm.ppca import linear_vae, toy_data
from dgm.ppca.convergence import half_steps
from dgm.ppca.preprocessing import hold_out_third
from dgm.ppca.selection import choose
from pages.ppca import linear_vae as vae_part
from pages.ppca import results, tables
from pages.ppca.figures import point_clouds
from pages.ppca.state import NOTES, PRESETS
from tests.pages.revealed import empty_caches
from tests.pages.visitor import figures, open_app
from tests.ui.components.messages import commit, unpack
from ui.figures import encoding
from ui.figures.theme import LIGHT

fresh = pytest.fixture(scope="module", autouse=True)(empty_caches)


def page(**controls: Any) -> AppTest:
    """The page opened by a link with these parameters."""
    at = open_app("ppca")
    for name, value in controls.items():
        at.query_params[name] = str(value)
    at.run()
    assert not at.exception
    return at


@pytest.mark.parametrize("end", [-1, 1])
def test_a_released_diamond_stays_at_the_end_of_its_axis(end: int) -> None:
    at = page()
    strip = next(figure for figure in figures(at) if "xaxis2" in figure["layout"])["layout"]["xaxis2"]["range"]
    commit(at, "cloud", moved=[[12, 1.1 * end * strip[1], 0.0]])
    assert float(at.query_params["line_z"]) == end * strip[1]


def numbers(at: AppTest, formula: str) -> list[float]:
    """The numbers under the braces of the first formula that has this text."""
    text = next(element.value for element in at.latex if formula in element.value)
    return [float(found) for found in re.findall(r"_\{\\textcolor\{#\w+\}\{(-?[\d.]+)", text)]


@pytest.mark.parametrize("kind", ["plain", "parameter-expanded"])
def test_the_formula_of_em_is_about_the_frame_that_is_shown(kind: str) -> None:
    x = toy_data.TOYS["a line"](200, 0)
    expanded = kind != "plain"
    run = results.em_runs(results.Cloud("a line"), 0)
    halves = half_steps(ppca.scatter(x), (run.expanded if expanded else run.plain).steps, expanded)
    at = page(part="EM", em=kind)
    for frame in (0, 1, 2, 7, len(halves) - 1):
        if frame:
            commit(at, "em_frames", frame=frame)
            assert not at.exception
        bound, log_lik, best = numbers(at, r"\max_\theta \log p")
        assert bound == pytest.approx(halves[frame].bound, rel=1e-3)
        assert log_lik == pytest.approx(halves[frame].log_lik, rel=1e-3)
        assert best == pytest.approx(ppca.log_likelihood(x, ppca.fit(x, 1)) / 200, rel=1e-3)


@pytest.mark.parametrize("q", [1, 10, 30, 60])
def test_the_pad_holds_every_latent(q: int) -> None:
    """log p(z) and the distances to the training images are those of z in all q dimensions."""
    at = page(part="Digits", latents=q)
    pad = next(part for part in at.get("bidi_component") if part.proto.component_name == "dgm_latent_pad")
    header, arrays = unpack(pad.proto.bytes)
    assert header["latent"] == len(header["z"]) == q
    data = datasets.load("digits")
    train = data.x[data.split().train].double()
    theta = ppca.fit(train, q)
    means = ppca.posterior(train, theta).mean
    torch.testing.assert_close(torch.from_numpy(arrays["train"].copy()).reshape(-1, q), means.float())
    torch.testing.assert_close(torch.from_numpy(arrays["weight0"].copy()).reshape(-1, q), theta.W.float())


def of_rank_three() -> torch.Tensor:
    """Rows of iris whose last column is the sum of two others."""
    x = datasets.load("iris").x.double()
    return torch.cat([x[:, :3], x[:, :1] + x[:, 1:2]], 1)


def test_a_table_of_fewer_directions_than_columns_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    x = of_rank_three()
    monkeypatch.setattr(tables, "_own", lambda scaled: tables.Table(tables.OWN, x, None))
    at = page(part="Tables", dims=3, reveal="true")
    captions = [element.value for element in at.caption]
    assert any("q = 2 here: the rows vary in 3 directions only, of 4" in text for text in captions)
    excluded = choose(*hold_out_third(x)).excluded
    assert excluded.startswith("q = 3 is left out")
    assert any(excluded[1:] in text for text in captions)


def test_a_smaller_q_than_chosen_is_told() -> None:
    at = page(part="Tables", table="iris", dims=9)
    assert any("q = 3 here: 4 columns" in element.value for element in at.caption)
    assert not any(" here: " in element.value for element in page(part="Tables", table="wine", dims=9).caption)
    assert any("2 latents here: 3 columns" in element.value
               for element in page(part="Linear VAE", rows="plane", vae_latents=4).caption)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_a_cloud_fills_its_figure_in_every_unit(scale: float, offset: float) -> None:
    x = (toy_data.line(50) + offset) * scale
    fig = point_clouds.cloud(x, ppca.fit(x, 1))
    low, high = fig.layout["xaxis"]["range"]
    width = float((x.amax(0) - x.amin(0)).max())
    assert width < high - low < 1.5 * width
    drawn = torch.from_numpy(encoding.numbers(x[:, 0]).astype("f8"))
    assert float((drawn - x[:, 0]).abs().max()) <= encoding.SMALLEST * width


@pytest.mark.parametrize(("controls", "place", "other"), [
    ({"data": "a plane in space", "noise": 0}, "the plane", "the line"),
    ({"data": "a plane in space", "noise": 0, "q": 1}, "the line", "the plane"),
    ({"noise": 0}, "the line", "the plane"),
    ({"data": "a plane in space", "noise": 5, "q": 2}, "the plane", "the line")])
def test_without_noise_the_points_are_on_a_line_or_a_plane(controls: dict[str, Any], place: str, other: str) -> None:
    """In the introduction, in the claim and in the answer about the noise."""
    at = page(part="The model", reveal="true", **controls)
    texts = [element.value for kind in ("markdown", "caption") for element in at.get(kind)]
    opening = next(text for text in texts if "Fitted by maximum likelihood" in text)
    assert f"on {place.replace('the', 'a')}" in opening
    assert place in opening
    claim = next(text for text in texts if text.startswith(("PCA is the limit", "The noise is now", "Variation al")))
    assert place in claim or "of 2 directions" in claim
    assert other not in claim
    why = next(text for text in texts if text.startswith("The points lie farther"))
    assert f"from {place}" in why


def test_the_held_out_rows_of_a_table_may_prefer_the_largest_q() -> None:
    largest, smaller = (page(part="Tables", reveal="true", **table)
                        for table in ({"scaled": "false"}, {"table": "wine"}))
    why = ["\n".join(element.value for element in at.caption) for at in (largest, smaller)]
    assert "The held-out rows take it too" in why[0]
    assert "accidents of the training rows lower" not in why[0]
    assert "accidents of the training rows lower" in why[1]


def test_at_the_best_angle_nothing_falls_and_no_angle_is_minus_zero() -> None:
    at = page(part="The model", turn=0, reveal="true")
    assert any("the largest that there is" in element.value for element in at.caption)
    assert not any("-0 degrees" in figure["alt"] for figure in figures(at))


def test_missing_pixels_are_not_white() -> None:
    for at, name in ((page(part="Digits", look="missing pixels"), "missing pixels"),
                     (page(part="Digits", look="reconstructions"), "Images and their reconstructions")):
        (sheet,) = [figure for figure in figures(at) if name in figure["alt"]]
        assert sheet["layout"]["plot_bgcolor"] == LIGHT.grid
        low, high = sheet["layout"]["xaxis"]["range"]
        assert (low, high % 1) == (-1.5, 0.5)


@pytest.mark.parametrize(("latents", "said"), [(49, "Now 60 are kept"), (60, "cannot be doubled")])
def test_q_is_doubled_as_far_as_the_training_images_vary(latents: int, said: str) -> None:
    """Of 64 pixels some are blank in every image: 61 directions, of which one at least is left to the noise."""
    at = page(part="Digits", look="reconstructions", latents=latents, reveal="true")
    assert any(said in element.value for kind in ("markdown", "caption") for element in at.get(kind))


def test_the_situation_with_hardly_any_noise_and_its_answer_agree() -> None:
    """The note leaves the number to the question; the page says how far the steps that are shown are from the maximum.
    """
    state = PRESETS["EM with hardly any noise"]
    at = page(reveal="true", step=2 * results.PLAYED, **state)
    run = results.em_runs(results.Cloud(state["data"]), 0).plain
    assert "thousand" not in NOTES["EM with hardly any noise"]
    assert 1000 <= run.needed < 10_000
    assert 0.01 < run.gaps[results.PLAYED] < 0.1
    texts = [element.value for kind in ("markdown", "caption") for element in at.get(kind)]
    assert any(f"{run.needed:,.0f} steps" in text for text in texts)
    assert any(f"log p is {run.gaps[results.PLAYED]:.2g} nats per point below its maximum" in text for text in texts)


@pytest.mark.parametrize("data", ["a round cloud", "two clusters"])
def test_sections_with_a_fixed_model_say_so(data: str) -> None:
    at = page(data=data)
    said = [element.value for element in at.markdown if "a fixed model, whatever points are chosen" in element.value]
    assert len(said) == 2
    assert all("σ² = 0.160" in text for text in said)
    assert any("its log is −" in element.value for element in at.caption)


@pytest.mark.parametrize("table", tables.CLASSES)
def test_the_legend_of_the_latent_plane_names_the_classes(table: str) -> None:
    at = page(part="Tables", table=table)
    (plane,) = [figure for figure in figures(at) if figure["alt"].startswith("Latent plane")]
    assert "of 3 classes" in plane["alt"]
    means = [trace for trace in plane["data"] if trace["name"].startswith("E[z | x], ")]
    assert [trace["name"].partition(", ")[2] for trace in means] == list(tables.CLASSES[table])
    assert len({trace["marker"]["color"] for trace in means}) == 3
    assert len({trace["marker"]["symbol"] for trace in means}) == 3


def test_rows_of_a_table_without_classes_have_one_name() -> None:
    x = toy_data.plane(30)
    found = point_clouds.latent(ppca.posterior(x, ppca.fit(x, 2)))
    assert [trace["name"] for trace in found.data if trace["name"].startswith("E[")] == ["E[z | x]"]


@pytest.mark.parametrize(("latents", "said"), [(10, True), (2, False)])
def test_the_latent_plane_says_that_distances_are_over_all_latents(latents: int, said: bool) -> None:
    texts = [element.value for element in page(part="Digits", latents=latents).caption]
    assert any(f"over all {latents} latents" in text for text in texts) == said


@pytest.mark.parametrize(("beta", "bounded"), [(0.2, False), (0.5, False), (2.0, True), (5.0, True)])
def test_a_heavier_kl_gives_a_looser_bound_and_a_lighter_one_gives_none(beta: float, bounded: bool) -> None:
    spec = ppca.spectrum(ppca.standardise(datasets.load("wine").x))
    noise = spec.noise(2)
    assert (linear_vae.maximum(spec, 2, noise, beta) <= linear_vae.maximum(spec, 2, noise, 1.0)) == bounded
    assert ("no longer a bound" in vae_part.weight_in_words(beta)) != bounded
    assert ("looser" in vae_part.weight_in_words(beta)) == bounded


def test_the_variance_along_the_line_is_what_z_adds_to_the_noise() -> None:
    """Their sum is the largest eigenvalue of S, which the question about the direction calls projected variance."""
    at = page(reveal="true")
    along, noise = numbers(at, "added along the line")[1:]
    said = re.search(r"projected variance falls from ([\d.]+)", " ".join(element.value for element in at.caption))
    assert said
    assert along + noise == pytest.approx(float(said.group(1)), abs=0.006)
