"""The home page: the lecture as a map, and the zoo of generative models."""

from pages.home import lecture_map, zoo_tree
from pages.home.state import CONTROLS
from ui import controls

lecture_map.opening()
controls.use(CONTROLS)
lecture_map.part()
zoo_tree.part()
