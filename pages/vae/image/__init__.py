"""The VAE page's part on one image: its posterior, its bound and its gap, the challenge, a digit of one's own."""
