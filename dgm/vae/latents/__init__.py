"""What the latents of a VAE carry, and how their aggregate fits the prior."""
