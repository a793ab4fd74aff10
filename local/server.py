"""MiniStack with what ours needs besides: ``python -P local/server.py`` for ``python -m ministack``."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))  # not PYTHONPATH, which the functions would inherit

from ministack.app import main  # type: ignore[import-untyped]

from local import iam, layers, processes

if __name__ == "__main__":
    iam.teach()
    layers.share()
    processes.limit()
    main()
