"""The VAE page: answers against independent computation, a run trained from it, files and links that do not fit."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence
from torch.nn import functional

from dgm import datasets, vae
from dgm.datasets import openml
from dgm.vae import live_training
from pages.vae import shown_model
from pages.vae.state import EXPLORE, GENERATION, ONE, PRESETS
from tests.pages.notebooks import notebook_agrees
from tests.pages.visitor import Visitor, figures
from tests.ui.components.messages import commit, unpack
from tests.ui.components.messages import header as message_header
from ui import live_run
from ui.components.latent_pad import payload, point

STATES = [("digits", 17, 4), ("mnist-5k", 3, 0), ("mnist-5k", 481, 77), ("digits", 296, 9)]  # data, image, seed
ANSWER = re.compile(r"(?:It|The answer) is:? \*\*(.+?)\*\*")
SE = 6.0  # standard errors allowed
Opened = tuple[Visitor, vae.Checkpoint, vae.ImageSplit, int]


def answer(page: Visitor, key: str) -> str:
    """The truth that the page reveals."""
    page.press(f"skip {key}")
    found = next(match[1] for text in page.at.markdown if (match := ANSWER.search(text.value)))
    page.press(f"again {key}")
    return found


def number(text: str) -> float:
    return float(text.split(maxsplit=1)[0].replace("−", "-"))


@pytest.fixture(params=STATES, ids=lambda state: f"{state[0]}-{state[1]}", scope="module")
def opened(request: pytest.FixtureRequest) -> Opened:
    """A page that shows one image; the tests go from part to part."""
    name, image, seed = request.param
    link = {"data": name, "image": str(image), "seed": str(seed)}
    return Visitor("vae", link), vae.pretrained(name), vae.split_images(vae.Images(name)), image


def posterior(checkpoint: vae.Checkpoint, x: Tensor) -> Independent:
    """q(z | x) as torch's own distribution."""
    q = vae.encode(checkpoint, x)
    return Independent(Normal(q.mean.double(), (q.log_var.double() / 2).exp()), 1)


def log_likelihood(checkpoint: vae.Checkpoint, x: Tensor, z: Tensor) -> Tensor:
    """log p(x | z) from the decoder's means alone."""
    mean = vae.decode(checkpoint, z.float()).double().clamp(1e-12, 1 - 1e-12)
    return -functional.binary_cross_entropy(mean, x.double().expand_as(mean), reduction="none").sum(-1)


def test_the_gap_is_log_p_less_the_bound(opened: Opened) -> None:
    page, checkpoint, parts, image = opened
    if page.values["part"] != ONE:
        page.set("part", ONE).set("image", image)
    x = parts.test[image][None]
    torch.manual_seed(5)
    q, prior = posterior(checkpoint, x), Independent(Normal(torch.zeros(2).double(), 1.0), 1)
    recon = log_likelihood(checkpoint, x, q.sample((4000,))[:, 0])
    wide = Independent(Normal(q.mean[0], 2.5 * q.stddev[0]), 1)
    z = wide.sample((60_000,))
    weight = log_likelihood(checkpoint, x, z) + prior.log_prob(z) - wide.log_prob(z)
    ratio = (weight - weight.max()).exp()
    log_p = float(weight.logsumexp(0)) - np.log(len(z))
    gap = log_p - (float(recon.mean()) - float(kl_divergence(q, prior)))
    error = float((recon.std() ** 2 / 4000 + (ratio.std() / ratio.mean()) ** 2 / len(z)).sqrt())
    assert number(answer(page, "gap")) == pytest.approx(gap, abs=SE * error + 0.005 * gap + 0.01)


def test_the_prior_mass_off_the_data_is_that_of_fresh_draws(opened: Opened) -> None:
    page, checkpoint, parts, _ = opened
    page.set("part", EXPLORE)
    means = vae.encode(checkpoint, parts.train).mean.double().numpy()
    near = pad(page)["near"]
    z = np.random.default_rng(1).standard_normal((4000, 2))
    alone = np.array([np.square(means - point).sum(1).min() > near**2 for point in z])
    error = np.sqrt(2 * alone.mean() * (1 - alone.mean()) / len(z))
    assert number(answer(page, "off_data")) / 100 == pytest.approx(alone.mean(), abs=SE * error + 0.005)


def test_the_class_of_the_highest_kl(opened: Opened) -> None:
    page, checkpoint, parts, _ = opened
    page.set("part", GENERATION)
    data = datasets.load(page.values["data"])
    assert data.labels is not None
    labels = data.labels[data.split().test]
    prior = Independent(Normal(torch.zeros(2).double(), 1.0), 1)
    kl = kl_divergence(posterior(checkpoint, parts.test), prior)
    means = [float(kl[labels == digit].mean()) for digit in range(10)]
    assert answer(page, "highest_kl") == str(int(np.argmax(means)))


# The visitor's run ---------------------------------------------------------------------------------------------------

@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list:  # type: ignore[type-arg]
    """The runs that the page made, the newest last."""
    made, ensure_run = [], live_run.ensure_run

    def recorded(*args: object, **options: object) -> object:
        made.append(ensure_run(*args, **options))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr(live_run, "ensure_run", recorded)
    return made


def until(page: Visitor, words: str, seconds: float = 60) -> Visitor:
    """Rerun the page, as its refreshing fragments do, until its progress bar has these words."""
    end = time.monotonic() + seconds
    while words not in page.at.get("progress")[0].proto.text:
        assert time.monotonic() < end, page.at.get("progress")[0].proto.text
        time.sleep(0.1)
        page.run()
    return page


SMALL = {"data": "digits", "hidden": "20", "steps": "300"}


def test_training_from_the_page(worker: ThreadPoolExecutor, runs: list, tmp_path: Path,  # type: ignore[type-arg]
                                capsys: pytest.CaptureFixture[str]) -> None:
    page = Visitor("vae", SMALL)
    assert "not started" in page.at.get("progress")[0].proto.text
    page.press("vae play")
    assert page.values["model"] == "my run"
    until(page, "finished")
    records = runs[-1].latest.records
    assert [record.step for record in records] == list(range(0, 301, live_training.EVERY))
    first, last = (record.held_out_recon - record.held_out_kl for record in (records[0], records[-1]))
    assert last > first + 1.5
    assert any("300" in alt for alt in page.alts())
    for name in ("vae play", "vae step"):
        assert page.at.button(key=name).disabled
        assert page.at.button(key=name).help == "All 300 steps are taken. Start over to train again."
    vae.save(runs[-1].latest.checkpoint, tmp_path / "vae.safetensors")
    capsys.readouterr()
    with chdir(tmp_path):
        exec(page.script(), {})
    assert capsys.readouterr().out.strip() == page.printed()
    assert notebook_agrees(page)
    page.press("vae reset")
    assert "not started" in page.at.get("progress")[0].proto.text


def test_step_pause_and_another_optimizer(worker: ThreadPoolExecutor, runs: list) -> None:  # type: ignore[type-arg]
    page = Visitor("vae", SMALL | {"steps": "200000"})
    page.press("vae step")
    runs[-1].wait(30)
    assert "step 20 " in page.run().at.get("progress")[0].proto.text
    page.press("vae play")
    runs[-1].wait(30, until=lambda progress: progress.step > 40)
    page.set("optimizer", "SGD")
    assert "asked here when its training stops" in page.texts(), "a moving model is asked about no step long past"
    assert "prediction off_data" not in [slider.key for slider in page.at.select_slider]
    assert runs[-1].latest.checkpoint.config.optimizer == "SGD"
    assert runs[-1].latest.step > 20, "another optimizer goes on with the same run"
    page.press("vae pause")
    runs[-1].wait(30)
    rest = runs[-1].latest.step
    page.run()
    near = shown_model.near(runs[-1].latest.checkpoint, vae.Images("digits"))
    assert f"has its latent mean within {near:g}?" in page.texts(), "the question is of the run as it rests"
    assert "paused" in page.run().at.get("progress")[0].proto.text
    assert runs[-1].latest.step == rest
    page.set("latent", 3)
    assert runs[-1].latest.step == 0, "another model is a new run"


def test_too_large_a_step_stops_with_the_reason_and_the_last_good_weights(
        worker: ThreadPoolExecutor, runs: list) -> None:  # type: ignore[type-arg]
    page = Visitor("vae", SMALL)
    page.press("preset Step too large")     # which starts the run
    until(page, "stopped", 120)
    assert "Stopped after step" in page.texts()
    assert all(bool(value.isfinite().all()) for value in runs[-1].latest.checkpoint.params.values())


def test_a_run_is_kept_when_a_setting_or_the_situation_asks_for_another(
        worker: ThreadPoolExecutor, runs: list) -> None:  # type: ignore[type-arg]
    page = Visitor("vae", SMALL | {"model": "my run"})
    page.press("vae step")
    runs[-1].wait(30)
    trained = runs[-1]
    weights = trained.latest.checkpoint.params
    page.set("latent", 3)
    assert runs[-1] is not trained
    assert "kept at step 20 (latents 2)" in page.texts()
    page.set("latent", 2)
    assert runs[-1] is trained, "its settings bring the run back"
    assert runs[-1].latest.checkpoint.params is weights
    page.press("preset Weight of the KL 40")
    assert runs[-1] is not trained
    assert "kept at step 20" in page.texts()
    page.press("vae back")
    assert runs[-1] is trained
    assert "step 20 of" in page.at.get("progress")[0].proto.text
    assert (page.values["hidden"], page.values["beta"], page.values["data"]) == (20, 1.0, "digits")


def test_a_situation_of_another_part_leaves_the_run_alone(
        worker: ThreadPoolExecutor, runs: list) -> None:  # type: ignore[type-arg]
    page = Visitor("vae", {"data": "mnist-5k", "steps": "200000"})
    page.press("vae step")
    runs[-1].wait(60)
    trained = runs[-1]
    page.set("part", "Half-steps")
    page.press("preset E alone")
    assert runs[-1] is trained
    assert runs[-1].latest.step == 20


@pytest.mark.parametrize("name", [name for name, state in PRESETS.items() if "model" in state and "part" not in state])
def test_a_situation_about_a_run_starts_it_and_the_others_do_not(
        worker: ThreadPoolExecutor, runs: list, name: str) -> None:  # type: ignore[type-arg]
    page = Visitor("vae", {"data": "digits"})
    page.press("preset 8 × 8 digits")
    assert runs[-1].progress.state == "idle"
    page.press(f"preset {name}")
    assert "starts its own run" in page.texts()
    runs[-1].wait(60, until=lambda progress: progress.step > 0 or progress.state == "failed")
    assert runs[-1].progress.step > 0 or runs[-1].progress.state == "failed"
    if runs[-1].progress.state == "running":
        page.press("vae pause")


def test_a_changed_optimizer_is_marked_on_the_curve(worker: ThreadPoolExecutor, runs: list) -> None:  # type: ignore[type-arg]
    page = Visitor("vae", SMALL)
    page.press("vae step")
    runs[-1].wait(30)
    page.set("optimizer", "SGD")
    (curves,) = [figure for figure in figures(page.at) if figure["alt"].startswith("Training curves")]
    assert [mark["text"] for mark in curves["layout"]["annotations"]][:-1] == ["optimizer Adam → SGD"]
    assert [line["x0"] for line in curves["layout"]["shapes"]] == [20]
    page.press("vae reset")
    page.press("vae step")
    runs[-1].wait(30)
    (curves,) = [figure for figure in figures(page.run().at) if figure["alt"].startswith("Training curves")]
    assert len(curves["layout"]["annotations"]) == 1, "a run that starts over has no changes behind it"


# Files and links ------------------------------------------------------------------------------------------------------

def other_files() -> dict[str, bytes]:
    digits = vae.save(vae.pretrained("digits"))
    bias = {"decoder.out.bias": torch.zeros(784)}
    return {
        "noise": bytes(range(256)) * 8, "pickle": b"\x80\x04K\x01.", "torch's archive": b"PK\x03\x04" + bytes(64),
        "cut": digits[: len(digits) // 2], "empty header": (0).to_bytes(8, "little"),
        "other weights": safetensors.torch.save({"w": torch.ones(3)}),
        "our name, other tensors": safetensors.torch.save(bias, metadata={"format": "dgm.vae 1", "config": "{}"}),
        "other images": digits,
        "too large": vae.save(vae.init(vae.Config(hidden=700), torch.zeros(20, 784))),
    }


@pytest.mark.parametrize("kind", other_files())
def test_another_file_is_an_error_and_changes_nothing(kind: str, runs: list) -> None:  # type: ignore[type-arg]
    page = Visitor("vae", {"data": "mnist-5k"})
    before, numbers = runs[-1].latest, page.printed()
    page.at.file_uploader(key="weights").set_value((f"{kind}.safetensors", other_files()[kind], ""))
    page.run()
    assert [error.value.startswith("Nothing was changed") for error in page.at.error] == [True]
    assert runs[-1].latest is before
    assert page.printed() == numbers


def test_a_run_starts_with_uploaded_weights(runs: list) -> None:  # type: ignore[type-arg]
    parts = vae.split_images(vae.Images("digits"))
    trained = vae.advance(vae.init(vae.Config(hidden=20), parts.train), parts.train, 30)
    page = Visitor("vae", SMALL | {"model": "my run"})
    page.at.file_uploader(key="weights").set_value(("vae.safetensors", vae.save(trained), ""))
    page.run()
    assert [note.value for note in page.at.success] == [
        "My run now starts with these weights, and the page shows them."]
    page.run()
    start = runs[-1].latest.checkpoint
    assert start.step == 30
    assert all(torch.equal(start.params[name], value) for name, value in trained.params.items())


@pytest.mark.parametrize("raw", ["nan,1", "inf,0", "a,b", "1", "1,2,3", "1000001,9", "<script>", ",", "1e400,1"])
def test_a_bad_z_is_a_note_and_is_ignored(raw: str) -> None:
    page = Visitor("vae", {"z": raw})
    assert len(page.notes()) == 1
    assert "z is not a point" in page.notes()[0]
    assert page.link == {}


@pytest.mark.parametrize("z", ["0.5,-1.25", "21.7,-23.5", "1234.567,-5000"])
def test_a_good_z_stays(z: str) -> None:
    page = Visitor("vae", {"z": z})
    assert page.notes() == []
    assert page.link == {"z": z}


def pad(page: Visitor) -> dict[str, Any]:
    """The header of the pad's message."""
    return next(header for part in page.at.get("bidi_component")
                if (header := message_header(part)).get("key") == "pad")


@pytest.mark.parametrize(("z", "link"), [
    ((1.5, -20.25), "1.5,-20.25"), ((21.7, -24.0), "21.7,-24"), ((5000.0, 1234.567), "5000,1234.567"),
    ((-89_999.123, 0.001), "-89999.123,0.001")])
def test_the_point_is_where_it_was_released(z: tuple[float, float], link: str) -> None:
    page = Visitor("vae", {"data": "digits"})
    commit(page.at, "pad", z=list(z))
    assert page.at.session_state["z"] == z
    assert page.link == {"data": "digits", "z": link}
    again = Visitor("vae", page.link)
    assert again.notes() == []
    assert pad(again)["z"] == list(z)
    assert pad(again)["span"] >= max(map(abs, z))
    page.press("preset Far from all codes")
    assert page.link == {"z": "4.5,4.5"}


def test_the_pad_goes_as_far_as_latent_means() -> None:
    assert point.LIMIT == vae.MAX_Z


def test_online_data_without_network_name_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def no_network(name: str) -> None:
        raise OSError("no route to host")

    monkeypatch.setenv("DGM_CACHE", str(tmp_path))
    monkeypatch.setattr(openml, "_download", no_network)
    page = Visitor("vae", {"data": "fashion-mnist"})
    assert "no route to host" in page.at.error[0].value
    assert "mnist-5k" in page.at.error[0].value
    assert page.printed()
    page.set("data", "digits")
    assert list(page.at.error) == []


def test_a_device_that_is_not_here_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    page = Visitor("vae", {"device": "cuda"})
    assert any("CUDA" in note for note in page.notes())
    assert page.printed()


def noise(page: Visitor) -> np.ndarray:
    """The noise of the pad's picture: that of a draw, nothing for the decoder's mean."""
    (found,) = [part for part in page.at.get("bidi_component") if part.proto.component_name == "dgm_latent_pad"]
    return np.asarray(unpack(found.proto.bytes)[1]["noise"])


def test_the_picture_of_the_pad_is_that_of_the_controls() -> None:
    def drawn(seed: int) -> np.ndarray:
        return payload.noise(64, "sigmoid", seed)

    link = {"data": "digits", "pixels": "a sample of pixels", "pixel_seed": "5"}
    page = Visitor("vae", link)
    np.testing.assert_array_equal(noise(page), drawn(5))
    np.testing.assert_array_equal(noise(page.set("pixel_seed", 7)), drawn(7))
    assert noise(page.set("pixels", "decoder mean")).size == 0
    seed = page.set("pixels", "a sample of pixels").values["pixel_seed"]     # it was not drawn meanwhile
    np.testing.assert_array_equal(noise(page), drawn(seed))
    np.testing.assert_array_equal(noise(Visitor("vae", link | {"hide": "pixels,pixel_seed"})), drawn(5))
    np.testing.assert_array_equal(noise(Visitor("vae", link | {"pixel_seed": "soon"})), drawn(0))
