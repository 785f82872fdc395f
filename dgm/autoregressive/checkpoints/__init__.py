"""The pretrained weights, one safetensors file for a model; `recipes` says how they are trained.

    python -m dgm.autoregressive.checkpoints [model ...]      # trains them again
"""
