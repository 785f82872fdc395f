"""The gradient of the bound written out: what the two gradients of the lecture are, line by line, without autograd."""
