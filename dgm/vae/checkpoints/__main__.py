"""Train the pretrained models: python -m dgm.vae.checkpoints [data set ...]"""

import sys
from pathlib import Path

from dgm import runtime
from dgm.vae import checkpoint_file
from dgm.vae.checkpoints import curves
from dgm.vae.checkpoints.recipes import RECIPES, make


def main(names: list[str]) -> None:
    runtime.set_threads()
    for name in names or list(RECIPES):
        checkpoint, texts = make(name)
        path = Path(__file__).parent / f"{name}.safetensors"
        checkpoint_file.save(checkpoint, path, texts)
        curves.write(name, checkpoint.step, path.parent)
        print(f"{path.name}: step {checkpoint.step}, validation ELBO {texts['validation_elbo']}, "
              f"test ELBO {texts['test_elbo']}, IW bound {texts['test_iwae']}, "
              f"exact log p {texts['test_log_p']} nats per image")


if __name__ == "__main__":
    main(sys.argv[1:])
