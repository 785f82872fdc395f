"""A valid call of every public callable of dgm.likelihood."""

import torch

from dgm import likelihood
from tests.dgm.attack.discovery import Call, not_called

X = torch.tensor([-2.0, -1.5, 0.0, 0.5, 2.0, 3.5], dtype=torch.float64)
BASE = "a family's base class: it has no density of its own"
METHODS = ("log_density", "log_prob", "moved", "replaced", "sample")
TRUSTED = "tensors of shapes that broadcast, from the package's own functions"


def calls() -> dict[str, Call]:
    members = {"Gaussian": likelihood.Gaussian(0, 2), "Laplace": likelihood.Laplace(0, 2),
               "StudentT": likelihood.StudentT(0, 1, 3), "Mixture": likelihood.Mixture(0.5, -1, 1, 1.5, 2)}
    found: dict[str, Call] = {"Density": not_called(BASE)} | {f"Density.{name}": not_called(BASE) for name in METHODS}
    for name, member in members.items():
        found[name] = Call(type(member), member.parameters)
        found[f"{name}.log_density"] = not_called(TRUSTED)
        found[f"{name}.log_prob"] = Call(member.log_prob, {"x": X})
        found[f"{name}.moved"] = Call(member.moved, {"shift": 0.5, "factor": 2.0})
        found[f"{name}.replaced"] = Call(member.replaced, member.parameters)
        found[f"{name}.sample"] = Call(member.sample, {"count": 3, "seed": 0})
    found["Mixture.log_joint"] = not_called(TRUSTED)
    one, two = members["Gaussian"], members["Mixture"]
    return found | {
        "ascend": Call(likelihood.ascend, {"x": X, "start": one, "rate": 0.25, "backtracking": True}),
        "divergence": Call(likelihood.divergence, {"truth": two, "model": one}),
        "em": Call(likelihood.em, {"x": X, "start": two, "weights": torch.ones(6)}),
        "fit": Call(likelihood.fit, {"family": "Student t", "x": X, "weights": torch.ones(6), "dof": 3.0}),
        "gradient": Call(likelihood.gradient, {"model": two, "x": X}),
        "kl_integrand": Call(likelihood.kl_integrand, {"truth": two, "model": one, "x": X}),
        "load_column": Call(likelihood.load_column, {"name": "waiting"}),
        "moments": Call(likelihood.moments, {"model": two}),
        "moved_surface": Call(likelihood.moved_surface, {"shape": two, "x": X, "shifts": [0.0, 0.5],
                                                         "factors": [1.0, 2.0]}),
        "nearest": Call(likelihood.nearest, {"truth": two, "family": "Laplace"}),
        "surface": Call(likelihood.surface, {"model": one, "x": X, "first": "mean", "second": "scale",
                                             "a": [0.0, 0.5], "b": [1.0, 2.0]}),
        "terms": Call(likelihood.terms, {"model": one, "x": X}),
    }
