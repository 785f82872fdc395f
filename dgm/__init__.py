"""Deep Generative Models, Lecture 2: the models, estimators, figures and pages.

`dgm.<lesson>` computes, `dgm.figures.<lesson>` draws, `dgm.ui` and `pages/` show.
"""
