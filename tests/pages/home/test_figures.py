"""The tree of model families: both themes, and what a click in it finds."""

from pages.home import zoo
from pages.home.figures import tree
from tests.ui.figures.checked import checked, size
from ui.figures.theme import DARK, LIGHT


def test_both_themes_and_small() -> None:
    fig = tree.tree("PCA model", LIGHT)
    light, dark = checked(fig), checked(tree.tree("PCA model", DARK))
    assert light.layout.font.color != dark.layout.font.color
    assert size(fig) < 300_000


def test_a_click_in_the_tree_finds_each_family_once() -> None:
    fig = checked(tree.tree("PCA model"))
    found = [tree.clicked(trace, point) for trace in range(1, 4) for point in range(len(fig.data[trace].x))]
    assert sorted(filter(None, found)) == sorted(family.name for family in zoo.FAMILIES)
    assert tree.clicked(0, 0) is None
    assert tree.clicked(1, 99) is None
