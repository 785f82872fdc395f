"""The VAE page's part on two runs: their settings, the runs that are kept, and the algorithm as printed."""
