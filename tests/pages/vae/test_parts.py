"""The parts of the VAE page: each opens with its figure, older links open the part they meant, answers are dgm's."""

import math
import re
from typing import Any

import numpy as np
import pytest
import torch

from dgm import ppca, vae
from dgm.ppca import linear_vae
from dgm.vae import inference_gap
from dgm.vae.latents import aggregate
from dgm.vae.runs import as_printed, half_steps, pair
from pages.vae import shown_model
from pages.vae.half_step_results import ROWS, SEED
from pages.vae.image import held_out
from pages.vae.pairs import pair_settings
from pages.vae.state import COLLAPSE, CONTROLS, EXPLORE, GENERATION, HALVES, ONE, PARTS, PRESETS, TWO, TYPICAL
from tests.pages.visitor import Visitor, figures
from ui.figures.written import written

ANSWER = re.compile(r"(?:It|The answer) is:? \*\*(.+?)\*\*")
QUESTIONS = {EXPLORE: {"off_data"}, ONE: {"gap"}, HALVES: {"half M", "half E"}, TWO: {"printed"}, COLLAPSE: {"active"},
             GENERATION: {"mutual", "highest_kl"}}


def opened(part: str, **link: str) -> Visitor:
    return Visitor("vae", {"data": "digits", "part": part, **link})


def answer(page: Visitor, key: str) -> str:
    page.press(f"skip {key}")
    return next(match[1] for text in page.at.markdown if (match := ANSWER.search(text.value)))


@pytest.mark.parametrize("part", PARTS)
def test_a_part_has_its_figure_its_formula_its_questions_and_its_script(part: str) -> None:
    page = opened(part)
    assert page.values["part"] == part
    assert page.alts()
    assert page.at.latex
    assert page.printed()
    assert {key.removeprefix("commit ") for key in page.keys("commit ")} == QUESTIONS[part]


@pytest.mark.parametrize(("link", "part", "values"), [
    ({}, EXPLORE, {}),
    ({"z": "4.5,4.5"}, EXPLORE, {}),
    ({"latent": "16", "model": "my run"}, EXPLORE, {"model": "my run"}),
    ({"image": "8", "seed": "3"}, ONE, {"image": 8, "seed": 3}),
    ({"challenge": "true", "target": "5"}, ONE, {"image": 5, "challenge": True}),
    ({"target": "5"}, ONE, {"image": 5}),
    ({"view": "your own digit"}, ONE, {}),
    ({"view": "samples", "sample_seed": "4"}, GENERATION, {"view": "samples", "sample_seed": 4}),
    ({"view": "reconstructions", "first": "20"}, GENERATION, {"view": "reconstructions", "first": 20}),
    ({"view": "interpolation", "from": "3", "to": "9"}, GENERATION, {"from": 3, "to": 9}),
    ({"part": COLLAPSE, "image": "8"}, COLLAPSE, {}),
])
def test_an_older_link_opens_the_part_that_it_meant(link: dict[str, str], part: str, values: dict[str, Any]) -> None:
    page = Visitor("vae", {"data": "digits", **link})
    assert page.values["part"] == part
    assert {name: page.values[name] for name in values} == values
    assert [note for note in page.notes() if "link" in note.lower()] == []


@pytest.mark.parametrize(("raw", "said", "becomes"), [
    ("-4", "0 or more", 0), ("5000", "0 to 296", 296), ("200000", "0 to 296", 296), ("9" * 400, "0 or more", TYPICAL)])
def test_a_link_beyond_the_images_is_told_the_range_of_the_field_or_none(raw: str, said: str, becomes: int) -> None:
    page = opened(ONE, image=raw)
    assert page.values["image"] == becomes
    (note,) = [note for note in page.notes() if "link" in note]
    assert said in note


def test_the_gaps_of_many_images_are_computed_when_asked_for() -> None:
    page = opened(ONE)
    assert not any(alt.startswith("Gaps of") for alt in page.alts())
    page.set("many", True)
    (alt,) = [alt for alt in page.alts() if alt.startswith("Gaps of")]
    x = vae.split_images(vae.Images("digits")).test[:held_out.IMAGES]
    each = [inference_gap.gap(vae.pretrained("digits"), image[None]) for image in x[:5]]
    found = held_out.split(vae.pretrained("digits"), vae.Images("digits"), held_out.IMAGES)
    assert found.amortization[:5].tolist() == pytest.approx([gap.amortization for gap in each], abs=0.02)
    assert f"amortization gap {float(found.amortization.mean()):.2f}" in alt


def test_where_log_p_is_not_known_the_page_says_so_instead_of_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    gap, terms, split = shown_model.split_gap, shown_model.terms, held_out.split
    monkeypatch.setattr(shown_model, "split_gap", lambda *args: gap(*args)._replace(error=math.inf))
    monkeypatch.setattr(shown_model, "terms", lambda *args: terms(*args)._replace(exact=False))
    monkeypatch.setattr(shown_model, "log_evidence", lambda *args: None)
    first = torch.arange(held_out.IMAGES) == 0
    monkeypatch.setattr(held_out, "split", lambda *args: (
        found := split(*args))._replace(error=found.error.masked_fill(first, math.inf)))
    text = opened(ONE, reveal="1").set("many", True).set("challenge", True).texts()
    assert text.count("log p(x) is not known here: the exact posterior") == 3     # ruler, plane and challenge
    assert "The line is the IWAE bound" in text
    assert "first 40 test images, without 1 whose log p(x) is not known" in text
    assert "Exact: log p(x) =" not in text


def test_the_typical_image_has_the_median_gap_and_the_large_gap_is_one_of_the_largest() -> None:
    model, images = vae.pretrained("mnist-5k"), vae.Images("mnist-5k")
    found = held_out.split(model, images, held_out.IMAGES)
    gaps = (found.amortization + found.approximation).sort().values.tolist()
    x = vae.split_images(images).test[[CONTROLS["image"].default, PRESETS["A large gap"]["image"]]]
    typical, large = (inference_gap.gap(model, image[None]) for image in x)
    middle = held_out.IMAGES // 2
    assert gaps[middle - 2] < typical.log_p - typical.bound < gaps[middle + 1]
    assert large.log_p - large.bound > gaps[int(0.8 * held_out.IMAGES)]
    q = vae.encode(model, x[:1])
    apart = ((typical.best.mean - q.mean).abs() / (0.5 * q.log_var).exp()).max()
    assert 1 < apart < 2, "the ellipses of one and two deviations lie beside the posterior and overlap it"


# Half-steps ----------------------------------------------------------------------------------------------------------

def after(start: vae.Checkpoint, moves: str, steps: int) -> tuple[float, float]:
    x = vae.split_images(vae.Images("digits")).train[:ROWS]
    for kind in moves:
        start = (half_steps.encoder_step if kind == "E" else half_steps.decoder_step)(start, x, steps).checkpoint
    recon, kl = vae.elbo_terms(start, x, seed=SEED)
    return float(recon.double().mean()), float(kl.double().mean())


@pytest.mark.parametrize(("begin", "moves"), [("an untrained model", "EEM"), ("the model shown", "ME")])
def test_each_press_is_one_half_step(begin: str, moves: str) -> None:
    page = opened(HALVES, begin=begin, moves=moves[:-1], reveal="1")
    page.press(f"half {moves[-1]}")
    assert page.link["moves"] == moves
    start = vae.pretrained("digits") if begin == "the model shown" else vae.init(
        vae.Config(), vae.split_images(vae.Images("digits")).train)
    recon, kl = after(start, moves, 10)
    (alt,) = [alt for alt in page.alts() if alt.startswith("After")]
    assert f"After {len(moves)} half-steps ({moves})" in alt
    assert f"to {written(recon, '.2f')} nats" in alt
    assert f"to {kl:.2f}, the bound" in alt
    page.press("half back")
    assert page.link["moves"] == moves[:-1]


def test_m_never_changes_the_kl_and_the_page_says_so_and_shows_it_with_the_answer() -> None:
    page = opened(HALVES, moves="EMM")

    def kl() -> int:
        (figure,) = [figure for figure in figures(page.at) if figure["alt"].startswith("After")]
        (line,) = [trace for trace in figure["data"] if trace["name"] == "KL"]
        return len(line["text"])

    def in_formula() -> bool:
        return any("{?}" in formula.value for formula in page.at.latex)

    (alt,) = [alt for alt in page.alts() if alt.startswith("After")]
    assert (kl(), "KL" in alt, in_formula()) == (2, False, True)
    assert answer(page, "half M") == "It stays the same"
    assert (kl(), in_formula()) == (4, False)
    page.press("half M")
    assert kl() == 5, "the answer holds for every later press"


def test_before_the_first_m_nothing_of_the_kl_is_covered() -> None:
    assert any("the KL from" in alt for alt in opened(HALVES, moves="EE").alts())


@pytest.mark.parametrize(("link", "said"), [
    ({"begin": "an untrained model", "moves": "E"}, "one term for more of the other"),
    ({"begin": "an untrained model", "moves": "", "rate": "1"}, "The bound falls"),
])
def test_after_e_the_bounds_change_is_computed_and_a_fall_has_its_reason(link: dict[str, str], said: str) -> None:
    page = opened(HALVES, **link)
    start = vae.init(vae.Config(learning_rate=float(link.get("rate", 0.002))),
                     vae.split_images(vae.Images("digits")).train)
    before, then = (np.subtract(*after(start, link["moves"] + more, 10)) for more in ("", "E"))
    assert (then > before) == ("falls" not in said)
    answer(page, "half E")
    assert said in page.texts()
    change = f"so the bound by {'+' if then > before else ''}{written(then - before, '.3g')}"
    assert change in page.texts()
    if link["moves"]:
        assert "The last press, E, changed the bound by" in page.texts()


@pytest.mark.parametrize("raw", ["X", "EME ", "E" * 41, "<b>"])
def test_other_letters_are_one_sentence(raw: str) -> None:
    page = opened(HALVES, moves=raw)
    assert any("half-steps" in note for note in page.notes())
    assert page.printed()


# Two runs, collapse, generation ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", [name for name, state in PRESETS.items() if state.get("part") == TWO])
def test_a_situation_of_two_runs_shows_finished_ones_at_once(name: str) -> None:
    page = Visitor("vae").choose(name)
    (alt,) = [alt for alt in page.alts() if alt.startswith("Bound on validation images of 2 runs")]
    assert alt.count("a finished run") == 2
    ends = [-float(end) for end in re.findall(r"a finished run −([\d.]+)", alt)]
    assert ends[0] > ends[1] or name == "2 or 10 latents"


def test_finished_runs_are_told_from_those_of_the_visitor() -> None:
    page = Visitor("vae", {"part": TWO})
    assert "trained before, with these settings, for 2,000 steps" in page.texts()
    assert [bar.proto.text.startswith("My runs A and B: step 0") for bar in page.at.get("progress")] == [True]
    assert "model" not in page.values, "this part shows neither the pretrained model nor my run"
    assert "trained before" not in opened(TWO).texts(), "the page brings none for these images"


def test_the_finished_runs_are_those_of_their_settings() -> None:
    images, config = vae.Images("mnist-5k"), vae.Config()
    other = vae.Config(gradient="log-derivative")
    stored = pair_settings.reference(pair_settings.Sides(config, other, ("", "")), images)
    both = pair.advance(pair.start(config, other, images), images, stored[0][1].step)
    for records, run in zip(stored, (both.a, both.b), strict=True):
        made = {record.step: record for record in run.records}
        for record in records[:2]:
            assert record[1:] == pytest.approx(made[record.step][1:], abs=0.1)


@pytest.mark.parametrize("latent", [10, 2])
def test_the_first_sweep_is_there_at_once_and_ends_in_collapse(latent: int) -> None:
    page = Visitor("vae", {"part": COLLAPSE, "sweep_latent": str(latent)})
    (alt,) = [alt for alt in page.alts() if alt.startswith("KL of each latent of trained models")]
    counts = [int(count) for count in re.findall(r"(\d+) at β", alt)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == latent
    assert counts[-1] == 0


@pytest.mark.parametrize("n", [1, 10, 40])
def test_the_end_of_the_printed_rule_is_the_closed_form(n: int) -> None:
    page = opened(TWO, n=str(n))
    printed = as_printed.toy_posterior(2.0, n)
    assert any(f"mean {printed.mean:.2f} and variance {printed.variance:.4f}" in alt for alt in page.alts())
    assert f"Here $x = 2$ is observed, and $n = {n}$." in page.texts()
    assert any(r"\mathcal{N}(1,\, 0.5)" in formula.value for formula in page.at.latex), "x / 2 and 1 / 2"
    assert float(answer(page, "printed")) == pytest.approx(1 / (10 * n + 1), rel=5e-3)


def test_the_linear_vae_pays_half_a_log_n_more_for_each_latent_as_printed() -> None:
    text = opened(TWO).texts()
    found = re.search(r"ends at ([\d.]+) nats; as printed, with n = 1,350, it ends at ([\d.]+)", text)
    assert found
    assert float(found[2]) - float(found[1]) == pytest.approx(2 * 0.5 * np.log(1350), abs=0.02)


@pytest.mark.parametrize(("latent", "beta"), [(10, 3.0), (10, 20.0), (3, 8.0)])
def test_the_linear_vae_counts_its_active_latents(latent: int, beta: float) -> None:
    page = opened(COLLAPSE, sweep_latent=str(latent), weight=f"{beta:g}")
    spec = ppca.spectrum(vae.split_images(vae.Images("digits")).train)
    sigma2 = float(spec.values[latent:].mean())
    active, then = (int((spec.values[:latent] > weight * sigma2).sum()) for weight in (beta, 2 * beta))
    assert any(f"at β = {beta:g}, {active} of {latent} latents are active" in alt for alt in page.alts())
    assert answer(page, "active") == str(then)
    text = page.texts()
    assert text.index("the others are **active**") < text.index("latents are active")
    assert "the pretrained model at step" in text
    assert float(linear_vae.optimum(spec, latent, sigma2, beta).kl.sum()) == pytest.approx(
        float(dict(line.split(": ") for line in page.printed().splitlines())["KL"]), rel=1e-4)


def test_the_parts_of_the_kl_add_up() -> None:
    page = opened(GENERATION)
    exact = aggregate.surgery(vae.pretrained("digits"), vae.split_images(vae.Images("digits")).test)
    shown = {name: float(value) for name, value in (line.split(": ") for line in page.printed().splitlines())}
    assert shown["mutual information"] + shown["KL(q(z), p(z))"] == pytest.approx(shown["mean KL"], abs=1e-4)
    mutual, error = (float(text) for text in answer(page, "mutual").removesuffix(" nats").split(" ± "))
    assert mutual == pytest.approx(exact.mutual, abs=5 * error)


def test_draws_from_both_clouds_are_decoded() -> None:
    page = opened(GENERATION)
    clouds = [alt for alt in page.alts() if "codes of the" in alt and "mean (" in alt]
    assert len(clouds) == 2
    assert [("prior" in alt, "aggregate" in alt) for alt in clouds] == [(True, False), (False, True)]
    x = vae.split_images(vae.Images("digits")).test
    draws = aggregate.draws(vae.pretrained("digits"), x, 400, 0)
    assert "({}, {})".format(*(written(float(mean), ".2f") for mean in draws.prior.mean(0)[:2])) in clouds[0]
    assert torch.isfinite(draws.aggregate).all()
