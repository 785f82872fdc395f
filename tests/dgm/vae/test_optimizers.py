"""optimizers: the same steps as torch's own classes, and no state besides the one that is passed."""

import pytest
import torch

from dgm.vae.optimizers import OPTIMIZERS

TORCH = {"SGD": torch.optim.SGD, "Adam": torch.optim.Adam, "RMSProp": torch.optim.RMSprop}


def test_the_optimizers_are_the_three_of_the_slide() -> None:
    assert list(OPTIMIZERS) == ["SGD", "Adam", "RMSProp"] == list(TORCH)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_step_equals_torchs(name: str, dtype: torch.dtype, device: torch.device) -> None:
    g = torch.Generator().manual_seed(3)
    flat = torch.randn(50, generator=g, dtype=dtype).to(device)
    expected = torch.nn.Parameter(flat.clone())
    peer = TORCH[name]([expected], lr=0.03)
    optimizer = OPTIMIZERS[name]
    state = optimizer.init(flat)
    assert tuple(state) == optimizer.moments
    for _ in range(25):
        grad = torch.randn(50, generator=g, dtype=dtype).to(device) * 10 ** torch.linspace(-4, 2, 50).to(device, dtype)
        expected.grad = grad.clone()
        peer.step()
        optimizer.update(flat, grad, state, 0.03)
        torch.testing.assert_close(flat, expected.detach(), rtol=8 * torch.finfo(dtype).eps, atol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_passed_state_is_the_whole_state(name: str) -> None:
    """Steps from a copy of the state equal uninterrupted steps."""
    g = torch.Generator().manual_seed(0)
    grads = torch.randn(6, 20, generator=g)
    optimizer = OPTIMIZERS[name]

    def run(flat: torch.Tensor, state: dict[str, torch.Tensor], rows: torch.Tensor) -> None:
        for grad in rows:
            optimizer.update(flat, grad.clone(), state, 0.01)

    whole = torch.ones(20)
    run(whole, optimizer.init(whole), grads)
    part = torch.ones(20)
    state = optimizer.init(part)
    run(part, state, grads[:4])
    resumed, copied = part.clone(), {key: value.clone() for key, value in state.items()}
    run(resumed, copied, grads[4:])
    assert torch.equal(resumed, whole)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_gradient_is_not_changed(name: str) -> None:
    flat, grad = torch.ones(4), torch.tensor([1.0, -2.0, 0.0, 3.0])
    OPTIMIZERS[name].update(flat, grad, OPTIMIZERS[name].init(flat), 0.1)
    assert grad.tolist() == [1.0, -2.0, 0.0, 3.0]
    assert (torch.sign(1 - flat) == torch.sign(grad)).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_state_has_the_shape_of_the_parameters(name: str) -> None:
    """A state that is shorter than the parameters would be written beyond its end."""
    flat = torch.zeros(2, 3)
    state = OPTIMIZERS[name].init(flat)
    assert {tuple(value.shape) for moment, value in state.items() if moment != "step"} <= {(2, 3)}
    assert {moment: tuple(value.shape) for moment, value in state.items()} == OPTIMIZERS[name].shapes((2, 3))
