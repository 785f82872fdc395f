"""dgm.optimizers: the very steps of torch's own classes, and no state but the one that is handed in."""

import pytest
import torch

from dgm.vae.optimizers import OPTIMIZERS

TORCH = {"SGD": torch.optim.SGD, "Adam": torch.optim.Adam, "RMSProp": torch.optim.RMSprop}


def test_the_menu_has_the_slides_three() -> None:
    assert list(OPTIMIZERS) == ["SGD", "Adam", "RMSProp"] == list(TORCH)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_step_for_step_as_torch(name: str, dtype: torch.dtype, device: torch.device) -> None:
    g = torch.Generator().manual_seed(3)
    flat = torch.randn(50, generator=g, dtype=dtype).to(device)
    theirs = torch.nn.Parameter(flat.clone())
    peer = TORCH[name]([theirs], lr=0.03)
    optimizer = OPTIMIZERS[name]
    state = optimizer.fresh(flat)
    assert tuple(state) == optimizer.moments
    for _ in range(25):
        grad = torch.randn(50, generator=g, dtype=dtype).to(device) * 10 ** torch.linspace(-4, 2, 50).to(device, dtype)
        theirs.grad = grad.clone()
        peer.step()
        optimizer.update(flat, grad, state, 0.03)
        torch.testing.assert_close(flat, theirs.detach(), rtol=8 * torch.finfo(dtype).eps, atol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_whole_state_is_in_the_callers_hands(name: str) -> None:
    """Going on from a copy of the state is going on: nothing is kept elsewhere."""
    g = torch.Generator().manual_seed(0)
    grads = torch.randn(6, 20, generator=g)
    optimizer = OPTIMIZERS[name]

    def run(flat: torch.Tensor, state: dict[str, torch.Tensor], rows: torch.Tensor) -> None:
        for grad in rows:
            optimizer.update(flat, grad.clone(), state, 0.01)

    whole = torch.ones(20)
    run(whole, optimizer.fresh(whole), grads)
    part = torch.ones(20)
    state = optimizer.fresh(part)
    run(part, state, grads[:4])
    moved, copied = part.clone(), {key: value.clone() for key, value in state.items()}
    run(moved, copied, grads[4:])
    assert torch.equal(moved, whole)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_gradient_is_only_read(name: str) -> None:
    flat, grad = torch.ones(4), torch.tensor([1.0, -2.0, 0.0, 3.0])
    OPTIMIZERS[name].update(flat, grad, OPTIMIZERS[name].fresh(flat), 0.1)
    assert grad.tolist() == [1.0, -2.0, 0.0, 3.0]
    assert (torch.sign(1 - flat) == torch.sign(grad)).all()
