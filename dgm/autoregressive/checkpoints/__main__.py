"""Train the pretrained models: python -m dgm.autoregressive.checkpoints [model ...]"""

import sys
import time
from pathlib import Path

from dgm import runtime
from dgm.autoregressive import checkpoint_file, comparison
from dgm.autoregressive.checkpoints import recipes, rows_file


def main(names: list[str]) -> None:
    runtime.set_threads()
    folder = Path(__file__).parent
    for name in names or list(recipes.RECIPES):
        begin = time.perf_counter()
        checkpoint, texts = recipes.make(name)
        checkpoint_file.save(checkpoint, folder / f"{name}.safetensors", texts)
        print(f"{name}: step {checkpoint.step} in {time.perf_counter() - begin:.1f} s, "
              f"validation {texts['validation']}, test {texts['test_log_p']} nats per image")
    rows_file.write(comparison.rows(), folder)


if __name__ == "__main__":
    main(sys.argv[1:])
