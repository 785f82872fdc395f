"""Ways to train a VAE and to look back: half-steps, the algorithm as printed, two runs at once, kept checkpoints."""
