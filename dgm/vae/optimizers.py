"""SGD, Adam and RMSProp as updates of one parameter vector (slide "Final algorithm": "selected optimization method").

torch's optimizer classes add 0.1 ms a step to kernels that take a tenth of it on a small network, and their state
is internal; these call the same kernels, fused where torch has it, on a state that the caller passes.
Sources: Robbins and Monro 1951; Kingma and Ba 2015; Tieleman and Hinton 2012.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.optim.rmsprop import rmsprop
from torch.optim.sgd import sgd

State = dict[str, Tensor]


class Optimizer(NamedTuple):
    """One update of all parameters, concatenated into one vector, by torch's own kernel.

    >>> import torch
    >>> from dgm import vae
    >>> theta, adam = torch.ones(2), vae.OPTIMIZERS["Adam"]
    >>> adam.update(theta, torch.tensor([1.0, -5.0]), adam.init(theta), 0.1)   # Adam's first step has length 0.1
    >>> theta
    tensor([0.9000, 1.1000])
    """

    moments: tuple[str, ...]  # names of the state's tensors
    update: Callable[[Tensor, Tensor, State, float], None]  # parameters, gradient, state, rate: in place

    def init(self, flat: Tensor) -> State:
        """The state before the first update of parameters `flat`, of any shape: zeros."""
        return {name: flat.new_zeros(shape) for name, shape in self.shapes(flat.shape).items()}

    def shapes(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Name -> shape of the state's tensors for parameters of this shape.

        The kernels trust it: a tensor that is too short would be written beyond its end.
        """
        return {name: () if name == "step" else tuple(shape) for name in self.moments}


def _sgd(flat: Tensor, grad: Tensor, _: State, rate: float) -> None:
    sgd([flat], [grad], [None], weight_decay=0, momentum=0, lr=rate, dampening=0, nesterov=False,
        maximize=False, fused=True)


def _adam(flat: Tensor, grad: Tensor, state: State, rate: float) -> None:
    # The kernel below torch.optim.adam.adam, whose checks of lists take longer than the update of a small model.
    state["step"].add_(1)
    torch._fused_adam_([flat], [grad], [state["mean"]], [state["square"]], [], [state["step"]], lr=rate, beta1=0.9,
                       beta2=0.999, weight_decay=0, eps=1e-8, amsgrad=False, maximize=False)


def _rmsprop(flat: Tensor, grad: Tensor, state: State, rate: float) -> None:
    rmsprop([flat], [grad], [state["square"]], [], [], [state["step"]], foreach=False, lr=rate,
            alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False)


OPTIMIZERS: dict[str, Optimizer] = {
    "SGD": Optimizer((), _sgd),
    "Adam": Optimizer(("mean", "square", "step"), _adam),
    "RMSProp": Optimizer(("square", "step"), _rmsprop),
}
