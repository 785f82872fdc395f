"""The home page: where to begin, the lessons, the slides as a list of links, and the zoo of generative models."""

from pages.home import lecture_map, slide_list, zoo_tree
from pages.home.state import CONTROLS
from ui import controls
from ui.components.follow_theme import follow_theme

lecture_map.opening()
controls.use(CONTROLS)
put_pictures = lecture_map.part()
slide_list.part()
put_samples = zoo_tree.part()
follow_theme()
put_pictures()
put_samples()
