"""Numbers as texts of a page or of a figure."""

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def written(value: float, form: str = ".4g") -> str:
    """A number with a true minus, never -0, and with a power of ten in place of "e-07". form: Python's, without "z".

    >>> written(-2.35), written(-1e-9, ".2f"), written(1.08e6, ".3g"), written(float("-inf"))
    ('−2.35', '0.00', '1.08 × 10⁶', '−∞')
    """
    mantissa, _, power = f"{value:z{form}}".replace("inf", "∞").partition("e")
    if power:
        mantissa += f" × 10{str(int(power)).translate(_RAISED)}"
    return mantissa.replace("-", "−")


def percent(share: float) -> str:
    """A share from 0 to 1 in whole percent; 0% and 100% only where it is exactly that.

    >>> percent(0.504), percent(0.9987), percent(1e-6), percent(1.0)
    ('50%', 'more than 99%', 'less than 1%', '100%')
    """
    text = f"{share:.0%}"
    if text == "100%" and share < 1:
        return "more than 99%"
    return "less than 1%" if text == "0%" and share > 0 else text


__all__ = ["percent", "written"]
