"""The fields that a test in a browser types into, by state: the page, its link, an option that no link carries.

They are every text field and two number fields of each page, which are one kind of widget. Finding them takes half a
minute, so they are listed for the browser; tests/pages/test_every_field.py finds them and holds that these are all.
"""

from collections import defaultdict
from urllib.parse import urlencode

from tests.pages.fields import Field

State = tuple[str, str, str]

NUMBERS = 2
TABLE = "One row a line; commas, semicolons, tabs or blanks between the cells"
TYPED: dict[State, list[str]] = {
    ("autoregressive", "", ""): ["Seed of the draws", "Seed of these points"],
    ("autoregressive", "part=Digits&way=click+or+type", ""): ["Rows of the image, 0 white and 1 black"],
    ("bayes", "", ""): ["Observations"],
    ("bayes", "model=die", ""): ["Rolls", "Prior count of each face"],
    ("bayes", "model=number%2C+unknown+noise", ""): ["Observations", "Prior mean m"],
    ("bayes", "model=coin%2C+drawn+prior", ""): ["Heights of the prior at p = 0, 1/8, .. 1"],
    ("bayes", "part=What+comes+next", ""): ["Held-out observations"],
    ("bayes", "model=die&part=What+comes+next", ""): ["Held-out observations"],
    ("bayes", "model=number%2C+unknown+noise&part=What+comes+next", ""): ["Held-out observations"],
    ("bayes", "part=Regression", ""): ["Points x:y"],
    ("bayes", "part=No+closed+form", ""): ["Points x:label"],
    ("gmm", "", ""): ["Seed of the draws", "Seed of the start"],
    ("gmm", "start=given", ""): ["Means by hand"],
    ("gmm", "", "Paste a table"): [TABLE],
    ("ppca", "", ""): ["Seed of the draws", "Seed"],
    ("ppca", "", "Paste a table"): [TABLE],
    ("ppca", "part=Tables", "Paste a table"): [TABLE],
    ("elbo", "", ""): ["Seed of the samples"],
    ("elbo", "part=Complete+and+incomplete", ""): ["Seed of the observations"],
    ("gradients", "", ""): ["Seed"],
    ("gradients", "cost=formula", ""): ["f(z) ="],
    ("vae", "", ""): ["Seed of the run", "Steps in all"],
}


def typed(found: tuple[Field, ...]) -> dict[State, list[str]]:
    """Those of the found fields that a browser types into."""
    states, numbers = defaultdict(list), defaultdict[str, int](int)
    for field in found:
        numbers[field.stem] += field.kind == "number_input"
        if field.kind != "number_input" or numbers[field.stem] <= NUMBERS:
            states[field.stem, urlencode(sorted(field.link)), field.option].append(field.label)
    return dict(states)
