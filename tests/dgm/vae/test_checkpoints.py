"""checkpoints: the notes describe the stored weights, and training chooses the step by validation images."""

from pathlib import Path

import pytest
import torch

from dgm import vae
from dgm.vae.checkpoints import recipes

REQUIRED = {"digits": (-20.0, -19.1), "mnist-5k": (-160.0, -155.0)}  # test ELBO and IW-500 to reach, nats per image


def test_both_offline_data_sets_have_a_model() -> None:
    assert vae.pretrained_names() == sorted(recipes.RECIPES) == ["digits", "mnist-5k"]


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_the_recorded_numbers_are_those_of_the_stored_weights(name: str) -> None:
    run, texts = vae.pretrained(name), vae.describe(vae.pretrained_path(name))
    data = vae.split_images(vae.Images(texts["data"], int(texts["data_seed"])))
    assert texts["test"] == f"{len(data.test)} images"
    assert texts["unit"] == "nats per image"
    assert run.config == recipes.RECIPES[name].config
    elbo = recipes.mean_bound(run, data.test, samples=int(texts["test_elbo_samples"]),
                              seed=int(texts["test_seed"]))
    assert float(texts["test_elbo"]) == pytest.approx(elbo, abs=0.005)
    assert float(texts["validation_elbo"]) == pytest.approx(recipes.mean_bound(run, data.validation), abs=0.005)
    assert elbo > REQUIRED[name][0]


@pytest.mark.parametrize(("name", "images"), [("digits", 80), ("mnist-5k", 50)])
def test_the_recorded_evidence(name: str, images: int) -> None:
    """A part of the test images, within four standard errors."""
    run, texts = vae.pretrained(name), vae.describe(vae.pretrained_path(name))
    x = vae.split_images(vae.Images(name)).test[:images]
    iwae = vae.iwae_bound(run, x, int(texts["test_iwae_samples"]), int(texts["test_seed"]))
    exact = vae.log_evidence(run, x).log_p
    for text, values in ((texts["test_iwae"], iwae), (texts["test_log_p"], exact)):
        tolerance = 4 * values.std().item() / images**0.5
        assert float(text) == pytest.approx(values.mean().item(), abs=tolerance)
    assert float(texts["test_elbo"]) < float(texts["test_iwae"]) < float(texts["test_log_p"])
    assert float(texts["test_iwae"]) > REQUIRED[name][1]


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_files_are_small_and_have_two_latents(name: str) -> None:
    run, path = vae.pretrained(name), vae.pretrained_path(name)
    assert path.stat().st_size < 1.5 * 2**20
    assert run.config.latent == 2
    assert run.moments == {}
    assert vae.advance(run, vae.split_images(vae.Images(name)).train, 1).step == run.step + 1
    assert run.params["decoder.out.weight"].dtype == torch.float32
    assert Path(path).suffix == ".safetensors"


def test_the_best_candidate_is_found_and_the_series_ends() -> None:
    blank = vae.init(vae.Config(hidden=0), torch.ones(1, 2))
    bounds = [-5.0, -3.0, -4.0, -2.0, -2.5, -2.4, -2.3, -1.0]
    series = (recipes.Candidate(blank._replace(step=step), bound) for step, bound in enumerate(bounds))
    best = recipes.best(series, patience=3)
    assert (best.checkpoint.step, best.bound) == (3, -2.0)
    assert next(series).bound == -1.0


def test_a_candidate_is_an_average_of_a_run() -> None:
    data = vae.split_images(vae.Images("digits"))
    recipe = recipes.Recipe(vae.Config(hidden=8), every=5, decay=0.5)
    run = vae.init(recipe.config, data.train)
    weights = []
    for _ in range(3):
        run = vae.advance(run, data.train, 5)
        weights.append(run.params["decoder.out.weight"])
    series = recipes.candidates(recipe, data)
    third = [next(series) for _ in range(3)][-1]
    expected = (weights[0] + weights[1]) / 4 + weights[2] / 2
    torch.testing.assert_close(third.checkpoint.params["decoder.out.weight"], expected)
    assert third.checkpoint.step == 15
    assert third.bound == recipes.mean_bound(third.checkpoint, data.validation)


def test_the_command_trains_a_model_and_writes_its_file(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from dgm.vae.checkpoints import __main__ as command

    small = recipes.Recipe(vae.Config(hidden=2), every=2, patience=1)
    monkeypatch.setitem(recipes.RECIPES, "digits", small)
    numbers = {"test_elbo": -3.0, "test_iwae": -2.0, "test_log_p": -1.0}
    monkeypatch.setattr(recipes, "test_numbers", lambda *_: numbers)
    monkeypatch.setattr(command, "__file__", str(tmp_path / "__main__.py"))
    command.main(["digits"])
    path = tmp_path / "digits.safetensors"
    assert vae.load(path).config == small.config
    assert vae.describe(path)["made_by"] == "python -m dgm.vae.checkpoints"
    assert (tmp_path / "digits.csv").read_text(encoding="utf-8").startswith("step,train_recon")
    assert "digits.safetensors: step" in capsys.readouterr().out
