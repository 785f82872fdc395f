"""Lesson: the variational lower bound, KL, and EM as coordinate ascent.

Each statement of the slides, with a situation that shows it:

- log p(x) = L(q, theta) + KL(q || p(z|x)) >= L, for every q           /elbo
- L = E_q log p(x|z) - KL(q || p(z)); both forms of L agree            /elbo?q=0.2_1.2
- the gap is 0 where q is the posterior                                /elbo?q=1_0.707
- max of L over q is min of KL over q: log p(x) has no q in it         /elbo?model=two+humps
- KL >= 0; where its nats come from                                    /elbo?part=KL
- KL = 0 only where q and p are equal                                  /elbo?part=KL&q=1_0.707
- KL(q || p) and KL(p || q) differ; a Gaussian picks one hump          /elbo?part=KL&model=two+humps&x=0.3&q=0_1
- KL(p || q) is infinite where q = 0 and p is not                      /elbo?part=KL&model=two+coins&share=0
- Z is known: the complete likelihood is maximised                     /elbo?part=Complete+and+incomplete&overlap=1
- Z is unknown: the incomplete likelihood is maximised                 /elbo?part=Complete+and+incomplete
- EM: initialise theta                                                 /elbo?part=EM
- E: q is the posterior, the bound touches                             /elbo?part=EM&step=1
- M: theta goes to the top of the bound, log p rises at least as much  /elbo?part=EM&step=2
- repeat until convergence                                             /elbo?part=EM&step=9999
- block-coordinate ascent of L(q, theta)                               /elbo?part=Landscape
- max over q and theta of L is max of log p(x)                         /elbo?part=Landscape&move=20
- the posterior may be intractable: here it has no closed form         /elbo?model=curved
- q is different for each x: one encoder q(z|x, phi) gives all         /elbo?part=Amortized&curvature=1
- restrict q to a family: a larger one leaves a smaller gap            /elbo?model=two+humps&family=two+Gaussians
- E by a gradient step in phi, at fixed theta                          /elbo?part=Landscape&walk=gradient+steps&move=1
- M by a gradient step in theta, at fixed phi: the gap stays open      /elbo?part=Landscape&walk=gradient+steps&move=2
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
