"""The VAE page keeps what it says: about near codes, estimates, the end of a situation, and where a run stands."""

import math
import re
import time
from typing import Any

import numpy as np
import pytest
import torch

from dgm import runtime, vae
from dgm.jobs import executors, workers
from dgm.vae import inference_gap
from dgm.vae.checkpoints import curves
from pages.vae import shown_model
from pages.vae.explore import cockpit, training
from pages.vae.explore import pad as explore_pad
from pages.vae.state import CONTROLS, NOTES, PRESETS
from tests.pages.visitor import Visitor
from tests.ui.components.messages import unpack
from ui import live_run
from ui.figures.written import written

SOON = 120.0
SHOWN = re.compile(r"It is \*\*(.+?)(?: ± (.+?))? nats\*\*")


def pad(page: Visitor) -> tuple[dict[str, Any], np.ndarray]:
    """The distance of the pad's near points, and the latent means (M, L) that it counts."""
    message = next(part.proto.bytes for part in page.at.get("bidi_component")
                   if part.proto.component_name == "dgm_latent_pad")
    header, arrays = unpack(message)
    return header, arrays["train"].reshape(-1, header["latent"])


def count_near(header: dict[str, Any], means: np.ndarray, z: list[float]) -> int:
    place = np.zeros(means.shape[1])
    place[: len(z)] = z
    return int((np.linalg.norm(means - place, axis=1) <= header["near"]).sum())


@pytest.mark.parametrize("link", [
    ("vae", {}), ("vae", {"data": "digits"}), ("vae", {"data": "digits", "model": "my run", "latent": "10"}),
    ("vae", {"model": "my run", "latent": "16"}),
    *(("ppca", {"part": "Digits", "latents": str(q)}) for q in (2, 10, 30)),
], ids=str)
def test_the_origin_has_codes_near_and_a_place_far_away_none(link: tuple[str, dict[str, str]]) -> None:
    page = Visitor(*link)
    header, means = pad(page)
    assert count_near(header, means, [0.0])
    assert not count_near(header, means, [9.0, 9.0][: means.shape[1]])
    assert f"at most {header['near']:g} from the point" in page.texts()


def shown_gap(page: Visitor) -> tuple[float, str | None]:
    page.press("skip gap")
    found = next(match for text in page.at.markdown if (match := SHOWN.search(text.value)))
    return float(found[1]), found[2]


def test_the_gap_of_a_plane_is_exact_and_its_two_parts_are_shown() -> None:
    x = vae.split_images(vae.Images("digits")).test[17]
    gap = inference_gap.gap(vae.pretrained("digits"), x[None])
    page = Visitor("vae", {"data": "digits", "image": "17"})
    shown, error = shown_gap(page)
    assert error is None
    assert shown == pytest.approx(gap.log_p - gap.bound, rel=5e-3)
    (ruler,) = [alt for alt in page.alts() if "ruler" in alt]
    parts = re.findall(r"(?:amortiz|approxim)ation gap (\d+\.\d+)", ruler)
    amortization, approximation = map(float, parts)
    assert amortization == pytest.approx(gap.amortization, abs=1e-3)
    assert approximation == pytest.approx(gap.approximation, abs=1e-3)


def test_a_gap_of_draws_is_shown_with_its_standard_error() -> None:
    page = Visitor("vae", {"part": "One image", "data": "digits", "model": "my run", "latent": "3", "hidden": "10"})
    _, error = shown_gap(page)
    assert error is not None
    assert 0 < float(error) < 0.5
    assert any("± " in alt for alt in page.alts() if "ruler" in alt)
    assert any(r" \pm " in formula.value for formula in page.at.latex)


def test_where_log_p_is_out_of_reach_no_text_calls_it_exact() -> None:
    page = Visitor("vae", {"part": "One image", "data": "digits", "model": "my run", "latent": "3", "hidden": "10"})
    page.press("skip gap")
    (ruler,) = [alt for alt in page.alts() if "ruler" in alt]
    assert "log p(x) is at least" in ruler
    assert "exact" not in ruler


def test_too_much_kl_switches_the_latents_off_by_the_end_of_the_run() -> None:
    setting = PRESETS["Weight of the KL 40"]
    parts = vae.split_images(vae.Images(CONTROLS["data"].default))
    run = vae.init(vae.Config(beta=setting["beta"]), parts.train)
    run = vae.advance(run, parts.train, int(CONTROLS["steps"].default))
    kl = vae.elbo_terms(run, parts.validation)[1]
    assert kl.mean() < 0.01                                  # q(z | x) has become the prior
    images = vae.manifold(run, 7).images.flatten(0, 1)
    trained = vae.manifold(vae.pretrained("mnist-5k"), 7).images.flatten(0, 1)
    assert images.std(0).max() < 0.1 * trained.std(0).max()  # and all images decode to one


def test_the_bound_with_a_weight_has_a_symbol_of_its_own() -> None:
    record = training.Record(10, -100.0, 2.0, -110.0, 3.0)
    plain, weighted = training._at(record, 1.0), training._at(record, 4.0)
    assert r"\mathcal{L}_\beta" not in plain
    assert "-113" in plain
    assert r"\mathcal{L}_\beta" in weighted
    assert "-122" in weighted
    assert r"\mathcal{L}_\beta" in training._about(4.0, "the newest measured", 200)


def test_a_paused_page_shows_the_step_where_the_run_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a worker process, whose chunk is in flight when the visitor presses Pause."""
    pool = executors.process_pool(1, int, env={"OMP_NUM_THREADS": "1"})
    monkeypatch.setattr(workers, "_shared", pool)
    runs, ensure_run = [], live_run.ensure_run
    monkeypatch.setattr(live_run, "ensure_run", lambda *args, **options: (
        runs.append(ensure_run(*args, **options)) or runs[-1]))
    try:
        page = Visitor("vae", {"data": "digits", "hidden": "20", "steps": "200000"})
        page.press("vae play")
        end = time.monotonic() + SOON
        while runs[-1].progress.step < 50:
            assert time.monotonic() < end
            time.sleep(0.05)
        page.press("vae pause")
        shown = page.at.get("progress")[0].proto.text
        assert "paused" in shown
        pool.submit(int).result(SOON)    # the chunk that was in flight has come back by now
        time.sleep(0.5)
        step = runs[-1].progress.step
        assert f"step {step:,} of" in shown
        page.run()
        assert f"step {step:,} of" in page.at.get("progress")[0].proto.text
        page.press("vae play")           # and it goes on from there
        while runs[-1].progress.step <= step:
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        runs[-1].stop()
        executors.kill(pool)


# What the first sight shows ------------------------------------------------------------------------------------------

def test_the_pretrained_model_brings_the_curve_of_its_run() -> None:
    for name in vae.pretrained_names():
        records = curves.curve(name)
        page = Visitor("vae", {"data": name})
        (alt,) = [alt for alt in page.alts() if alt.startswith("Training curves")]
        assert f"up to step {records[-1].step};" in alt
        bound = records[-1].held_out_recon - records[-1].held_out_kl
        assert f"{written(bound, '.2f')} on validation images. " in alt
        assert f"shown, step {vae.pretrained(name).step}, has" in alt
        found = shown_model.measured(vae.pretrained(name), vae.Images(name))     # not the end of the run's curve
        assert re.search(rf"reconstruction −{-found.held_out_recon:.2f} and the KL {found.held_out_kl:.2f}", alt)
        assert page.printed().splitlines()[0] == f"reconstruction: {found.held_out_recon:.6g}"
        assert f"−{-found.held_out_recon:.2f}" in page.texts()
        assert records[-1].step <= vae.pretrained(name).step < records[-1].step + records[1].step


def test_the_stored_curve_is_that_of_the_recipe() -> None:
    stored = {record.step: record for record in curves.curve("digits")}
    made = [line.split(",") for line in curves.make("digits", list(stored)[1]).split()[1:]]
    for step, *terms in (made[0], made[-1]):
        assert [float(term) for term in terms] == pytest.approx(stored[int(step)][1:], abs=0.05)


def test_every_prediction_can_reach_its_answer() -> None:
    """The answers of all situations, as far as they need no training, and of an untrained run."""
    links = [{"data": "digits"}, *({"part": "One image", "image": image} for image in ("0", "8", "40", "300")),
             *({"part": part, "data": "digits", "model": "my run", **more} for part in ("Explore", "One image")
               for more in ({}, {"latent": "16"}))]
    for link in links:
        page = Visitor("vae", link)
        for key in ("gap",) if page.values["part"] == "One image" else ("off_data",):
            options = [float(option.replace(",", "")) for option in page.at.select_slider(
                key=f"prediction {key}").options]
            page.press(f"skip {key}")
            shown = next(float(match[1]) for text in page.at.markdown
                         if (match := re.search(r"It is \*\*([\d.]+)", text.value)))
            page.press(f"again {key}")
            assert options[0] <= shown <= options[-1], (link, key, shown)


def test_the_gap_of_one_image_does_not_answer_for_another_seed_model_or_image() -> None:
    page = Visitor("vae", {"part": "One image", "data": "digits", "model": "my run"})
    page.press("commit gap")
    assert "You said" in page.texts()
    for name, value in (("image", 4), ("seed", 1), ("latent", 3)):
        page.set(name, value)
        assert "You said" not in page.texts(), name
        page.press("commit gap")


def test_the_gap_is_covered_until_it_is_asked_for_and_the_rest_of_the_figure_is_not() -> None:
    page = Visitor("vae", {"part": "One image", "data": "digits"})
    assert [alt.endswith("log p(x) lies above it.") for alt in page.alts() if "ruler" in alt] == [True]
    page.press("skip gap")
    assert ["gap of" in alt for alt in page.alts() if "ruler" in alt] == [True]


@pytest.mark.parametrize("state", [{}, {"beta": "4"}, {"optimizer": "SGD", "rate": "0.1"},
                                   {"gradient": "log-derivative", "batch": "7"}])
def test_the_algorithm_has_the_numbers_of_the_run(state: dict[str, str]) -> None:
    page = Visitor("vae", {"data": "digits", **state})
    text = page.texts()
    assert "$n$ = 1,350" in text
    assert (r"4\,\nabla_\phi KL" in text) == ("beta" in state)
    assert f"{state.get('optimizer', 'Adam')}, learning rate {state.get('rate', '0.002')}" in text
    assert f"mini-batch of {state.get('batch', '64')} images" in text
    assert ("log-derivative estimate" in text) == ("gradient" in state)


def test_only_devices_of_this_machine_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    page = Visitor("vae", {"data": "digits"})
    assert "cuda" not in page.widget("device").options


def test_no_sentence_of_the_situations_is_long() -> None:
    assert set(NOTES) == set(PRESETS)
    for note in NOTES.values():
        assert all(len(sentence.split()) <= 25 for sentence in re.split(r"[.;:] ", note))


@pytest.mark.parametrize(("exact", "spread", "words"), [
    (0.0, 1.4, "near reaches far"), (2.0, 0.2, "reach nearly everywhere"), (40.0, 0.2, "clear picture does not show")])
def test_why_draws_have_neighbours_follows_the_model(exact: float, spread: float, words: str) -> None:
    assert words in explore_pad.why_off_data(exact, spread, 2)


def test_what_is_near_is_said_by_what_decides_it() -> None:
    one, other = explore_pad.about_near(0.3, 0.2), explore_pad.about_near(1.4, 1.4, " (at step 20)")
    assert one.endswith("99 of 100 training images have another one's mean this near.")
    assert other.endswith("This is how far a draw from q(z | x) lies from its mean, on average.")
    assert "at most 1.4 from the point (at step 20). " in other
    assert all(len(sentence.split()) <= 25 for sentence in re.split(r"[.] ", one))
    assert "8.7 × 10¹⁶" in explore_pad.about_near(8.7e16, 1.0)


def test_how_much_of_the_prior_is_off_the_data_is_said_after_it_was_asked() -> None:
    page = Visitor("vae", {"data": "digits"})
    page.set("part", "Generation")
    assert "of 4,000 draws from the prior" not in page.texts()
    page.set("part", "Explore").press("skip off_data").set("part", "Generation")
    found = re.search(r"([\d,]+) of 4,000 draws from the prior .* Near is a distance of at most 0\.28\.", page.texts())
    exact = shown_model.prior_mass_off_data(vae.pretrained("digits"), vae.Images("digits")).value
    assert found
    assert int(found[1].replace(",", "")) == round(4000 * exact)


def test_a_slider_of_equal_ratios_says_so() -> None:
    labels = [slider.label for slider in Visitor("vae", {"data": "digits"}).at.select_slider]
    assert "Your prediction (of 100, logarithmic scale)" in labels


def test_an_untrained_encoder_is_as_wide_as_the_prior_and_the_trained_one_is_not() -> None:
    images = vae.Images("digits")
    start = vae.init(vae.Config(), vae.split_images(images).train)
    untrained, trained = (shown_model.spread(model, images) for model in (start, vae.pretrained("digits")))
    assert trained < math.sqrt(2) / 2 < untrained


def test_the_random_codes_are_one_sequence_from_the_prior() -> None:
    codes = shown_model.random_codes(2)
    assert np.array_equal(codes[:3], torch.randn(200, 2, generator=runtime.generator(0))[:3])
    assert np.abs(codes.mean(0)).max() < 4 / math.sqrt(len(codes))
    assert np.abs(codes.var(0) - 1).max() < 4 * math.sqrt(2 / len(codes))


def test_the_numbers_name_their_model_and_a_line_breaks_before_no_kl() -> None:
    text = cockpit._bound("Pretrained model", curves.curve("digits")[-1])
    assert re.match(r":small\[Pretrained model, step [\d,]+:\] ", text)
    assert "\N{NO-BREAK SPACE}−\N{NO-BREAK SPACE}$" in text
