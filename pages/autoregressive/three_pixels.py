"""A part to come."""


def part() -> None:
    """Nothing yet."""
