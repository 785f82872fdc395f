"""The pretrained weights, one safetensors file for a data set; `recipes` says how they are trained.

    python -m dgm.vae.checkpoints [data set ...]      # trains them again
"""
