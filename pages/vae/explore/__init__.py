"""The VAE page's first part: the pad with its picture, the run and its curves, and how the model is trained."""
