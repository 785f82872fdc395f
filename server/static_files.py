"""`python -m server.static_files FOLDER`: the front end's files, each compressed beside it, for nginx to serve."""

import gzip
import shutil
import sys
from pathlib import Path

from ui.streamlit_internals import FRONT_END

COMPRESSED = {".js", ".css", ".json", ".svg", ".html", ".wasm", ".map"}


def fill(folder: Path) -> int:
    """Copy what is missing or has another size to `folder`, with a .gz of each text. Returns how many files there are.

    Addresses of the front end hold a hash of the content, so that a file with the name and size is the file.
    """
    found = [path for path in (FRONT_END / "static").rglob("*") if path.is_file()]
    for path in found:
        to = folder / path.relative_to(FRONT_END / "static")
        if not to.exists() or to.stat().st_size != path.stat().st_size:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
            if path.suffix in COMPRESSED:
                to.with_name(f"{to.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 6, mtime=0))
    return len(found)


def main() -> int:
    """Fill the folder that the command names."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    print(f"{fill(Path(sys.argv[1]))} files in {sys.argv[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
