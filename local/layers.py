"""MiniStack unpacks a function's layers anew for each of its processes: 3,700 files and 60 MB, two seconds each time.

Here it unpacks each layer once, and the processes share it, as they share the bytecode that the first of them writes.
"""

import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path
from threading import Lock
from types import SimpleNamespace, TracebackType
from typing import Any

from ministack.core import lambda_runtime  # type: ignore[import-untyped]

_unpacking = Lock()


def share() -> None:
    """Have this process's MiniStack unpack each layer once."""
    lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": _opened})


def _opened(path: str, *more: Any) -> Any:
    """As ``zipfile.ZipFile`` for the code of a function; for a layer, what MiniStack asks of one."""
    return LayerArchive(path) if Path(path).name.startswith("layer_") else zipfile.ZipFile(path, *more)


class LayerArchive:
    """The archive of a layer that MiniStack has just written beside the folder where it wants the layer."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def __enter__(self) -> "LayerArchive":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._path.unlink()

    def namelist(self) -> list[str]:
        """Nothing to be checked for each process: ``extractall`` leaves no name outside of its folder."""
        return []

    def extractall(self, folder: str) -> None:
        """Put a link to the shared copy where the empty ``folder`` is."""
        shared = _unpacked(self._path)
        Path(folder).rmdir()
        Path(folder).symlink_to(shared)


def _unpacked(archive: Path) -> Path:
    folder = Path(tempfile.gettempdir()) / f"layer-{sha256(archive.read_bytes()).hexdigest()}"
    with _unpacking:
        if not folder.exists():
            partly = Path(tempfile.mkdtemp())
            with zipfile.ZipFile(archive) as zip_file:
                zip_file.extractall(partly)
            partly.rename(folder)
    return folder
