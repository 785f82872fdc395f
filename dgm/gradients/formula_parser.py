"""A cost from text: parsed to a syntax tree, every node checked against a list, nothing is executed.

`formula("exp(-x**2) + 0.1*x")` is a Cost; a wrong formula raises FormulaError, one sentence with the position.
"""

import ast
import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import NoReturn

import torch
from torch import Tensor

from dgm.arguments import require_kind
from dgm.errors import DgmError
from dgm.gradients.costs import Cost, autograd_slope
from dgm.gradients.features import of_functions

MAX_LENGTH, MAX_NODES, MAX_DEPTH, MAX_NUMBER = 200, 120, 24, 1e9

VARIABLES = ("x", "z")
CONSTANTS = {"pi": math.pi, "e": math.e}
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "abs": torch.abs, "cos": torch.cos, "cosh": torch.cosh, "exp": torch.exp, "log": torch.log,
    "sigmoid": torch.sigmoid, "sin": torch.sin, "sinh": torch.sinh, "softplus": torch.nn.functional.softplus,
    "sqrt": torch.sqrt, "step": lambda x: (x > 0).to(x.dtype), "tan": torch.tan, "tanh": torch.tanh,
}
BINARY: dict[type[ast.operator], Callable[[Tensor, Tensor], Tensor]] = {
    ast.Add: torch.add, ast.Sub: torch.sub, ast.Mult: torch.mul, ast.Div: torch.div, ast.Pow: torch.pow,
}
UNARY: dict[type[ast.unaryop], Callable[[Tensor], Tensor]] = {ast.UAdd: torch.clone, ast.USub: torch.neg}
ALLOWED = f"use x, pi, e, + - * / ** and {', '.join(FUNCTIONS)}"


class FormulaError(DgmError):
    """One sentence: the position (1 is the first character), what is wrong there, what to write instead.

    >>> from dgm import gradients
    >>> try:
    ...     gradients.formula("x^2")
    ... except gradients.FormulaError as error:
    ...     print(error)
    position 2: write powers as x**2, not x^2
    """

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"position {position}: {reason}")
        self.position = position


def formula(text: str) -> Cost:
    """The cost written in `text`, a function of x (or z) in Python's notation, whose slope is autograd's.

    FormulaError when it cannot be read, uses anything but numbers, + - * / ** and the listed functions, or has no
    finite value between x = -3 and x = 3.

    >>> import torch
    >>> from dgm import gradients
    >>> cost = gradients.formula("(x - 1)**2")
    >>> cost(torch.tensor([3.0])).item(), cost.slope(torch.tensor([3.0])).item()
    (4.0, 4.0)
    """
    parse(text)
    return _compiled(text)


@lru_cache(maxsize=64)     # the same text is the same cost, whose integrals are shared
def _compiled(text: str) -> Cost:
    body = parse(text)
    value = partial(evaluate, body)
    if not bool(value(torch.linspace(-3, 3, 61, dtype=torch.float64)).isfinite().any()):
        raise FormulaError(1, "this has no finite value anywhere between x = -3 and x = 3; check divisions and logs")
    parts = [partial(evaluate, part) for part in parts_of(body)]
    return Cost("formula", value, autograd_slope(value), features=(0.0,),
                places=of_functions([*parts, *map(autograd_slope, parts)]))


def parts_of(body: ast.expr) -> list[ast.expr]:
    """What a formula consists of, besides numbers and x itself; the poles of tan are the zeros of a cosine.

    >>> [ast.unparse(part) for part in parts_of(parse("1/(x - 2) + tan(x)"))]
    ['1 / (x - 2) + tan(x)', '1 / (x - 2)', 'tan(x)', 'cos(x)', 'x - 2']
    """
    found: dict[str, ast.expr] = {}
    for node in ast.walk(body):
        if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Call) and any(
                isinstance(part, ast.Name) and part.id in VARIABLES for part in ast.walk(node)):
            found.setdefault(ast.unparse(node), node)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "tan":
            cosine = ast.Call(ast.Name("cos"), node.args, [])
            found.setdefault(ast.unparse(cosine), cosine)
    return list(found.values())


def parse(text: str) -> ast.expr:
    """The checked syntax tree of `text`. FormulaError when it is no formula, ArgumentError when it is no text.

    >>> ast.unparse(parse(" 2*x "))
    '2 * x'
    """
    require_kind(text, "text", str, "a formula such as '(x - 1)**2'")
    if not text.strip():
        raise FormulaError(1, "the formula is empty; write for example (x - 1)**2")
    if len(text) > MAX_LENGTH:
        raise FormulaError(MAX_LENGTH + 1, f"the formula is longer than {MAX_LENGTH} characters; shorten it")
    power = text.find("^")
    if power >= 0:
        raise FormulaError(power + 1, "write powers as x**2, not x^2")
    for position, character in enumerate(text, 1):
        if not (character.isascii() and character.isprintable()):
            raise FormulaError(position, f"the character {character!r} is not allowed; {ALLOWED}")
    lead = len(text) - len(text.lstrip())
    try:
        body = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise FormulaError(lead + (error.offset or 1), "this does not read as a formula; close every bracket and write "
                           "every product with *, as in 2*x") from None
    except (RecursionError, MemoryError, ValueError):
        raise FormulaError(1, "the formula is nested too deeply; simplify it") from None
    if sum(1 for _ in ast.walk(body)) > MAX_NODES:
        raise FormulaError(1, f"the formula has more than {MAX_NODES} parts; simplify it")
    check(body, lead, 1)
    return body


def check(node: ast.AST, lead: int, depth: int) -> None:
    """Accept only numbers, x, constants, the listed operators and one-argument functions."""
    if depth > MAX_DEPTH:
        fail(node, lead, f"brackets are nested deeper than {MAX_DEPTH}; simplify the formula")
    match node:
        case ast.Constant(value=bool() | str() | bytes() | None | complex()):
            fail(node, lead, "only numbers are allowed here")
        case ast.Constant(value=int() | float() as number):
            if not abs(number) <= MAX_NUMBER:
                fail(node, lead, f"numbers must lie between -{MAX_NUMBER:g} and {MAX_NUMBER:g}")
        case ast.Name(id=name):
            if name not in VARIABLES and name not in CONSTANTS:
                fail(node, lead, f"{name!r} is not known; {ALLOWED}")
        case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
            check(operand, lead, depth + 1)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            check(left, lead, depth + 1)
            check(right, lead, depth + 1)
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            check(argument, lead, depth + 1)
        case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
            fail(node, lead, f"{name} takes exactly one argument, as in {name}(x)")
        case ast.Call(func=ast.Name(id=name)):
            fail(node, lead, f"{name!r} is not a known function; {ALLOWED}")
        case _:
            fail(node, lead, f"this is not allowed in a formula; {ALLOWED}")


def fail(node: ast.AST, lead: int, reason: str) -> NoReturn:
    """FormulaError at the position of a node, after `lead` spaces."""
    raise FormulaError(lead + 1 + getattr(node, "col_offset", 0), reason)


def evaluate(node: ast.AST, x: Tensor) -> Tensor:
    """The value of a checked tree at x (...,), always in floats: 9**9**9 is inf at once, not a long computation."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return torch.full_like(x, float(number))
        case ast.Name(id=name):
            return x if name in VARIABLES else torch.full_like(x, CONSTANTS[name])
        case ast.UnaryOp(op=op, operand=operand):
            return UNARY[type(op)](evaluate(operand, x))
        case ast.BinOp(left=left, op=ast.Pow(), right=right) if (whole := integer_exponent(right)) is not None:
            return torch.pow(evaluate(left, x), whole)     # keeps the derivative finite at 0
        case ast.BinOp(left=left, op=op, right=right):
            return BINARY[type(op)](evaluate(left, x), evaluate(right, x))
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return FUNCTIONS[name](evaluate(argument, x))
    raise AssertionError(f"unchecked node {type(node).__name__}")


def integer_exponent(node: ast.AST) -> int | None:
    """The value of a whole-number exponent, or None."""
    match node:
        case ast.Constant(value=int() as number):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as number)):
            return -number
    return None
