"""The home page: the lecture as a map, and the zoo of generative models."""
