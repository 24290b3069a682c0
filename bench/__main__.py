"""`make bench`: every benchmark of this folder, one after another; a JSON line a figure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main() -> int:
    """Exit code: that of the first benchmark that failed, else 0."""
    names = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    for name in names:
        print(f"# {name}", file=sys.stderr, flush=True)
        run = subprocess.run(
            [sys.executable, "-m", f"bench.{name}"], cwd=FOLDER.parent, check=False
        )
        if run.returncode:
            return run.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
