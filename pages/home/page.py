"""The home page: where to begin, the lessons, the slides as a list of links, and the zoo of generative models."""

from pages.home import lecture_map, slide_list, zoo_tree
from pages.home.state import CONTROLS
from ui import controls, lecture_hall, pacing
from ui.contents import HOME

lecture_map.opening()
controls.use(CONTROLS)
lecture_hall.ways(HOME)
put_pictures = lecture_map.part()
put_pictures()
pacing.after_paint(slide_list.part, zoo_tree.part)
