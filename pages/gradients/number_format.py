"""Numbers as the lesson's text, formulas and axes show them."""

from math import inf, isinf

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def short(x: float) -> str:
    """Three digits, or a whole number with separators, for sentences; "infinite" for inf."""
    if isinf(x):
        return "infinite"
    return f"{x:,.0f}" if 1000 <= abs(x) < 1e6 else f"{x + 0.0:.3g}"   # + 0.0: no minus before zero


def latex(x: float) -> str:
    """Four digits, or a whole number with separators, for formulas."""
    if x == inf:
        return r"\infty"
    if abs(x) < 1e-14:
        return "0"
    return f"{x:,.0f}".replace(",", "{,}") if 1e4 <= abs(x) < 1e7 else f"{x:.4g}"


def axis_label(x: float) -> str:
    """0.01 .. 1000 as they are, other values as one digit times a power of ten, for logarithmic axes."""
    if 0.009 < x < 2000:
        return f"{x:g}"
    digit, exponent = f"{x:.0e}".split("e")
    power = f"10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    return power if digit == "1" else f"{digit}·{power}"
