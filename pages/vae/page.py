"""Lesson: the variational autoencoder, its latent space to explore, its training live.

What the lecture says, and the state that shows it:
    S14 amortized, variational EM   ?part=One+image&image=8 (gap split in two), ?part=Half-steps
    S15 mini-batch, Monte Carlo     ?more=true (batch of 1 to 512), and the gradient lab's part on the VAE
    S16 log-derivative trick        ?part=Two+runs
    S17 reparametrization trick     ?part=One+image (z* = mu + sigma eps*, with numbers), ?part=Two+runs
    S18 final algorithm             the first state (Train), ?part=Two+runs&b_rule=as+printed, ?part=Collapse
    S19 generation                  the first state (drag the point), ?part=Generation
"""

from pages.vae import collapse, generation, half_steps, own_pictures, own_run
from pages.vae.explore import cockpit
from pages.vae.image import one_image
from pages.vae.pairs import two_runs
from pages.vae.state import CONTROLS, NOTES, PRESETS
from ui import page

page.opening("vae", CONTROLS)
page.parts({
    "Explore": cockpit.part,
    "One image": one_image.part,
    "Half-steps": half_steps.part,
    "Two runs": two_runs.part,
    "Collapse": collapse.part,
    "Generation": generation.part,
}, PRESETS, NOTES, then=own_run.begin_situation, own=lambda: own_pictures.current() is not None)
page.closing("vae")
