"""Train a VAE on 8 x 8 digits, save it, load it, and draw digits that nobody has written.

    python -m examples.train_a_vae [FILE]

It takes about two seconds on one core. The lines with `# %%` begin a cell of a notebook.
"""

# %% Black and white images (N, 64), split into training, validation and test
import sys
import tempfile
from pathlib import Path

from dgm import vae

images = vae.split_images(vae.Images("digits"))

# %% Training is a pure function of the checkpoint: 2,000 steps are 4 times 500 steps
run = vae.init(vae.Config(latent=2, hidden=128, learning_rate=3e-3), images.train)
print("step   log p(x) >= L = reconstruction - KL   (test images, nats per image)")
for _ in range(4):
    run = vae.advance(run, images.train, 500)
    reconstruction, kl = (float(term.mean()) for term in vae.elbo_terms(run, images.test, seed=0))
    print(f"{run.step:4d}   {reconstruction - kl:.2f} = {reconstruction:.2f} - {kl:.2f}")

# %% A file without code: safetensors, with the settings and a note
file = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp()) / "my-vae.safetensors"
vae.save(run, file, notes={"made by": "examples/train_a_vae.py"})
loaded = vae.load(file)
print(f"\n{file.name}: step {vae.describe(file)['step']}, {file.stat().st_size / 1000:.0f} kB")

# %% z ~ N(0, I), decoded (slide "Variational autoencoder (VAE)"): the probability of ink, in five shades
digits = vae.sample(loaded, count=6, seed=3).reshape(6, 8, 8)
for row in range(8):
    print("   ".join("".join(" .:*#"[min(4, int(5 * ink))] for ink in digit[row].tolist()) for digit in digits))
