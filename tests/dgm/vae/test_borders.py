"""dgm.vae at its border: what means the same gives the same bits, and what a model cannot use is refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from dgm import datasets, safetensors_file, vae
from dgm.errors import ArgumentError, CheckpointError, DataError, DgmError
from dgm.vae import gradient_noise, inference_gap, live_training, ranking
from tests.dgm.vae.small_models import IMAGES, SMALL, start

OF_IMAGES: dict[str, Callable[[vae.Checkpoint, Any], Any]] = {
    "advance": lambda run, x: vae.advance(run, x, 2),
    "encode": vae.encode,
    "elbo_terms": vae.elbo_terms,
    "iwae_bound": lambda run, x: vae.iwae_bound(run, x, 3),
    "log_evidence": vae.log_evidence,
    "reconstruct": vae.reconstruct,
    "kl_by_class": lambda run, x: vae.kl_by_class(run, x, torch.arange(len(x))),
    "near_distance": vae.near_distance,
    "prior_mass_off_data": lambda run, x: vae.prior_mass_off_data(run, x, samples=50),
    "elbo_surgery": lambda run, x: vae.elbo_surgery(run, x, 2),
    "gradients": lambda run, x: gradient_noise.gradients(run, x, "reparametrization", 2),
    "measure": lambda run, x: gradient_noise.measure(run, x, repeats=2),
    "bounds": ranking.bounds,
}
OF_ONE_IMAGE: dict[str, Callable[[vae.Checkpoint, Any], Any]] = {
    "image_terms": lambda run, x: vae.image_terms(run, x, draws=5),
    "best_latent": vae.best_latent,
    "log_likelihood_at": lambda run, x: vae.log_likelihood_at(run, x, [0.0, 0.5]),
    "posterior_grid": lambda run, x: vae.posterior_grid(run, x, 5),
    "interpolate": lambda run, x: vae.interpolate(run, x, x, 3),
    "gap": inference_gap.gap,
}
X = IMAGES[:6]


def run(name: str, x: Any, checkpoint: vae.Checkpoint | None = None) -> Any:
    return (OF_IMAGES | OF_ONE_IMAGE)[name](start() if checkpoint is None else checkpoint, x)


def bits(result: Any) -> list[Any]:
    """The numbers of a result, in order."""
    if isinstance(result, torch.Tensor):
        return [result.dtype, result.tolist()]
    if isinstance(result, dict):
        return [(key, bits(value)) for key, value in result.items()]
    return [bits(part) for part in result] if isinstance(result, tuple) else [result]


@pytest.mark.parametrize("name", [*OF_IMAGES, *OF_ONE_IMAGE])
@pytest.mark.parametrize("form", [
    torch.Tensor.tolist, torch.Tensor.numpy, torch.Tensor.double, torch.Tensor.bool,
    lambda x: x.numpy().astype(np.uint8), lambda x: x.clone().requires_grad_(), lambda x: x.to_sparse()],
    ids=["list", "numpy", "float64", "bool", "uint8", "gradient", "sparse"])
def test_images_in_any_form_give_the_same_bits(name: str, form: Callable[[torch.Tensor], Any]) -> None:
    x = X if name in OF_IMAGES else X[0]
    assert bits(run(name, form(x))) == bits(run(name, x))


@pytest.mark.parametrize("name", [*OF_IMAGES, *OF_ONE_IMAGE])
def test_images_that_a_bernoulli_decoder_cannot_explain_are_refused(name: str) -> None:
    good = X if name in OF_IMAGES else X[0]
    bad = good.clone()
    bad.view(-1)[3] = float("nan")
    for x, reason in ((255 * good, "from 0 to 255 .* divide by 255"), (good - 0.5, r"from -0.5 to 0.5 .* scale them"),
                      (good * 1.001, "needs 0 to 1"), (bad, "missing"), (bad.nan_to_num(float("inf")), "infinite")):
        with pytest.raises(DataError, match=reason):
            run(name, x)
    run(name, 0.3 * good)   # grey levels are fine


@pytest.mark.parametrize("name", [*OF_IMAGES, *OF_ONE_IMAGE])
def test_images_of_another_size_are_refused(name: str) -> None:
    good = X if name in OF_IMAGES else X[0]
    with pytest.raises(DataError, match=r"table \(N, 12\) .* shape .*784\): give images of the size"):
        run(name, torch.zeros(*good.shape[:-1], 784))


@pytest.mark.parametrize("name", OF_IMAGES)
def test_a_single_image_needs_its_first_axis(name: str) -> None:
    with pytest.raises(DataError, match=r"give one image as x\[None\]"):
        run(name, X[0])
    with pytest.raises(DataError, match=r"give each image as a row, x.reshape"):
        run(name, X.reshape(-1, 3, 4))


def test_a_gaussian_decoder_takes_any_finite_image() -> None:
    model = start(likelihood="gaussian")
    assert vae.elbo_terms(model, 255 * X - 100)[0].isfinite().all()
    with pytest.raises(DataError, match="missing"):
        vae.elbo_terms(model, X * float("nan"))
    with pytest.raises(DataError, match="from 0 to 255"):
        vae.init(vae.Config(**SMALL), 255 * X)


# --- settings --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("one", [np.int64(1), np.uint8(1), torch.tensor(1), 1.0, np.float32(1)])
def test_whole_numbers_of_any_kind_are_settings(one: Any) -> None:
    names = ("latent", "hidden", "batch", "seed", "beta", "sigma2", "learning_rate")
    made = vae.Config(**dict.fromkeys(names, one))
    assert made == vae.Config(**dict.fromkeys(names, 1))
    assert [type(getattr(made, name)) for name in names] == [int] * 4 + [float] * 3
    assert vae.load(vae.save(vae.init(made, X))).config == made
    assert bits(vae.advance(start(), X, one)) == bits(vae.advance(start(), X, 1))
    assert vae.sample(start(), one, one).shape == (1, 12)
    assert vae.Images("digits", one) == vae.Images("digits", 1)
    assert datasets.load("moons", one).seed == 1


@pytest.mark.parametrize("call", [
    lambda: vae.advance(None, X, 1), lambda: vae.advance(start(), X, 1.5), lambda: vae.advance(start(), X, "1"),
    lambda: vae.init(None, X),
    lambda: vae.elbo_terms(live_training.start(vae.Config(hidden=2), vae.Images("digits")), X),
    lambda: vae.elbo_terms(start()._replace(params={}), X), lambda: vae.elbo_terms(start(), X, samples=0),
    lambda: vae.elbo_terms(start(), X, seed=-1), lambda: vae.sample(start(), -1), lambda: vae.sample(start(), 10**12),
    lambda: vae.sample(start(), 3, pixels="yes"), lambda: vae.decode(start(), torch.zeros(2)),
    lambda: vae.decode(start(), torch.zeros(1, 3)), lambda: vae.manifold(start(), axes=(0, 2)),
    lambda: vae.manifold(start(), axes=(1, 1)), lambda: vae.manifold(start(), 0),
    lambda: vae.manifold(start(), at=[0.0]),
    lambda: vae.log_likelihood_at(start(), X[0], [0.0]), lambda: vae.log_likelihood_at(start(), X[0], "ab"),
    lambda: vae.kl_by_class(start(), X, [0, 1]), lambda: vae.kl_by_class(start(), X, [0.5] * 6),
    lambda: vae.log_evidence(start(), X, tol=0), lambda: vae.best_latent(start(), X[0], starts=0),
    lambda: vae.kl_to_prior(vae.Posterior(torch.zeros(2, 2), torch.zeros(2, 3))), lambda: vae.split_images("digits"),
    lambda: vae.Images("digits", device="tpu"), lambda: vae.reconfigured(start(), None), lambda: vae.save(None),
    lambda: vae.load(3), lambda: vae.pretrained(["digits"]), lambda: vae.save(start(), "/proc/nothing/file"),
    lambda: vae.save(start(), notes={"a": 3}), lambda: vae.shapes(vae.Config(), 0), lambda: datasets.load(["iris"]),
    lambda: datasets.load("iris", True), lambda: datasets.load("iris", "1"), lambda: datasets.is_local("cifar"),
    lambda: datasets.fetch("cifar"), lambda: datasets.names("films"), lambda: datasets.binarise("text"),
    lambda: datasets.binarise([float("nan")]),
])
def test_what_cannot_be_meant_is_one_sentence_of_ours(call: Callable[[], Any]) -> None:
    with pytest.raises(DgmError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    assert not message.endswith(".")


def test_the_data_set_of_a_seed_is_not_that_of_true() -> None:
    datasets.load("moons", 1)
    with pytest.raises(ArgumentError, match="seed"):
        datasets.load("moons", True)


# --- modes of torch --------------------------------------------------------------------------------------------------

CALLS: dict[str, Callable[[], Any]] = {
    "init and advance": lambda: vae.advance(start(), X, 3),
    "advance on all images": lambda: vae.advance(start(batch=0, gradient="log-derivative", optimizer="RMSProp"), X, 3),
    "advance in float64": lambda: vae.advance(start(dtype="float64"), X, 3),
    "sample": lambda: vae.sample(start(), 5, pixels=True),
    "sample of a gaussian": lambda: vae.sample(start(likelihood="gaussian"), 5, pixels=True),
    "manifold": lambda: vae.manifold(start(), 3),
    "pretrained": lambda: vae.load(vae.save(vae.pretrained("digits"))).params,
    **{name: lambda name=name: run(name, X) for name in OF_IMAGES},
    **{name: lambda name=name: run(name, X[0]) for name in OF_ONE_IMAGE},
}


@pytest.mark.parametrize("name", CALLS)
def test_no_mode_of_torch_changes_a_bit(name: str) -> None:
    expected = bits(CALLS[name]())
    for mode in (torch.no_grad(), torch.enable_grad(), torch.inference_mode()):
        with mode:
            assert bits(CALLS[name]()) == expected
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float64)
        assert bits(CALLS[name]()) == expected
    finally:
        torch.set_default_dtype(before)


def test_a_checkpoint_made_in_inference_mode_goes_on_outside() -> None:
    with torch.inference_mode():
        made, x = start(), X.clone()
    assert bits(vae.advance(made, x, 3)) == bits(vae.advance(start(), X, 3))
    assert bits(vae.best_latent(made, x[0])) == bits(vae.best_latent(start(), X[0]))


# --- files -----------------------------------------------------------------------------------------------------------

def test_every_flipped_bit_of_a_file_is_refused() -> None:
    tiny = vae.advance(vae.init(vae.Config(latent=1, hidden=0, batch=2), X[:, :3].clone()), X[:, :3], 2)
    packed = vae.save(tiny, notes={"note": "two words"})
    vae.load(packed)
    loaded = []
    for at in range(len(packed)):
        for bit in range(8):
            flipped = bytearray(packed)
            flipped[at] ^= 1 << bit
            try:
                vae.load(bytes(flipped))
            except CheckpointError:
                continue
            loaded.append((at, bit))
    assert loaded == []


def test_a_sample_of_flipped_bits_of_the_files_of_the_package_is_refused() -> None:
    for name in vae.pretrained_names():
        packed = vae.pretrained_path(name).read_bytes()
        vae.load(packed)
        for at in np.random.default_rng(0).integers(0, len(packed), 60):
            flipped = bytearray(packed)
            flipped[at] ^= 1 << int(at) % 8
            with pytest.raises(CheckpointError):
                vae.load(bytes(flipped))
            if flipped[:8] == packed[:8]:
                with pytest.raises(CheckpointError):
                    vae.describe(bytes(flipped))


def test_a_file_without_its_digest_is_refused_and_one_from_before_there_was_one_is_read() -> None:
    file = safetensors_file.read(vae.save(start()))
    assert file.sealed
    bare = safetensors_file.safetensors.torch.save(file.tensors, file.metadata)
    assert not safetensors_file.read(bare).sealed
    with pytest.raises(CheckpointError, match="lost its digest"):
        vae.load(bare)
    old = safetensors_file.safetensors.torch.save(file.tensors, file.metadata | {"format": "dgm.vae 1"})
    assert vae.load(old).config == start().config
    assert bits(vae.load(old).params) == bits(start().params)


def test_a_note_cannot_stand_for_the_digest() -> None:
    for note in ("0" * 64, '"sha256":"' + "0" * 64 + '"'):
        packed = vae.save(start(), notes={"sha256": note, "a": note})
        assert vae.describe(packed)["a"] == note
        assert "sha256" not in vae.describe(packed)
        assert vae.load(packed).step == 0


# --- the images of a data set -----------------------------------------------------------------------------------------

def test_parts_are_black_and_white_disjoint_and_fixed() -> None:
    data, whole = vae.split_images(vae.Images("digits")), datasets.load("digits")
    assert data is vae.split_images(vae.Images("digits"))
    assert [len(part) for part in data] == [1350, 150, 297]
    assert all(set(part.unique().tolist()) == {0.0, 1.0} for part in data)
    assert torch.equal(data.test, datasets.binarise(whole.x)[whole.split().test])
    assert not torch.equal(data.test, vae.split_images(vae.Images("digits", 1)).test)


def test_names_without_images_are_errors() -> None:
    with pytest.raises(DataError, match="has no images: choose one of digits"):
        vae.split_images(vae.Images("iris"))
    with pytest.raises(DataError, match="no data set 'cats'"):
        vae.split_images(vae.Images("cats"))
