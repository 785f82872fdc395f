"""Figures kept between reruns: a slider redraws its own figure, the others on the page are ready."""

import hashlib
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import streamlit as st
import torch

P = ParamSpec("P")
R = TypeVar("R")


def _digest(x: torch.Tensor) -> str:
    return hashlib.blake2b(x.contiguous().numpy().tobytes(), digest_size=16).hexdigest() + str(tuple(x.shape))


def kept(function: Callable[P, R]) -> Callable[P, R]:
    """The function with its last results remembered by the values of its arguments; nobody changes a result."""
    remembered: Callable[P, R] = st.cache_resource(max_entries=64, show_spinner=False,
                                                   hash_funcs={torch.Tensor: _digest})(function)
    return remembered
