"""Lesson: maximum likelihood, and models that draw one coordinate after the other."""

from pages.autoregressive import digits, maximum, one_image, three_pixels, zoo
from pages.autoregressive.state import CONTROLS, NOTES, PRESETS
from ui import page

page.opening("autoregressive", CONTROLS)
page.parts({
    "Maximum likelihood": maximum.part,
    "Three pixels": three_pixels.part,
    "Digits": digits.part,
    "Read log p(x)": one_image.part,
    "In the zoo": zoo.part,
}, PRESETS, NOTES)
page.closing("autoregressive")
