"""The home page: the lessons in their order, the slides, and the zoo of generative models."""
