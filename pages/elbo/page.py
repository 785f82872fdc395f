"""Lesson: the variational lower bound, KL, and EM as coordinate ascent.

Each statement of the slides, with a situation that shows it:

- log p(x) = L(q, theta) + KL(q || p(z|x)) >= L, for every q               /elbo
- L = E_q log p(x|z) - KL(q || p(z)); both forms of L agree                /elbo
- the gap is 0 where q is the posterior                                    /elbo?q=1_0.707
- restrict q to a family: a larger one leaves a smaller gap                /elbo?model=two+humps&family=two+Gaussians
- KL >= 0; where its nats come from                                        /elbo?part=KL
- KL = 0 only where q and p are equal                                      /elbo?part=KL&q=1_0.707
- KL(q || p) and KL(p || q) differ; a Gaussian picks one hump              /elbo?part=KL&model=two+humps&x=0.3&q=0_1
- KL(p || q) is infinite where q = 0 and p is not                          /elbo?part=KL&model=two+coins&share=0
- Z is unknown: the incomplete likelihood is maximised                     /elbo?part=Complete+and+incomplete
- E: q is the posterior, the bound touches                                 /elbo?part=EM&step=1
- M: theta goes to the top of the bound, log p rises at least as much      /elbo?part=EM&step=2
- repeat until convergence                                                 /elbo?part=EM&step=9999
- block-coordinate ascent of L(q, theta)                                   /elbo?part=Landscape
- max over q and theta of L is max of log p(x)                             /elbo?part=Landscape&move=20
- E and M by gradient steps (variational EM): the gap stays open           /elbo?part=Landscape&walk=gradient+steps
- q(z|x, phi): the posterior is intractable, and differs for every x       /elbo?part=Amortized&curvature=1
"""

from pages.elbo import amortized, bound, complete, em, kl, landscape
from pages.elbo.state import CONTROLS, NOTES, PRESETS
from ui import page

page.opening("elbo", CONTROLS)
page.parts({
    "The bound": bound.part,
    "KL": kl.part,
    "EM": em.part,
    "Landscape": landscape.part,
    "Complete and incomplete": complete.part,
    "Amortized": amortized.part,
}, PRESETS, NOTES)
page.closing("elbo")
