"""Run by the Python that a layer is for: which ``.py`` files below some folders it would run without compiling them.

Prints, each on a line: how many there are, how many have bytecode that it accepts, the first that has none.
"""

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from types import CodeType
from typing import Any, NoReturn

UNCHECKED_HASH = 0b01


class Loader(SourceFileLoader):
    """Python's own loader, except that it does not compile."""

    def source_to_code(self, data: Any, path: Any, **_: Any) -> NoReturn:  # type: ignore[override]  # noqa: ARG002
        raise ImportError("there is no bytecode that this Python accepts")


def is_accepted(source: Path) -> bool:
    """Whether the bytecode is of the kind that no date can invalidate, and Python takes it."""
    try:
        head = Path(cache_from_source(str(source))).read_bytes()[:8]
        code = Loader("module", str(source)).get_code("module")
    except (ImportError, OSError):
        return False
    is_unchecked = head[:4] == MAGIC_NUMBER and int.from_bytes(head[4:], "little") == UNCHECKED_HASH
    return is_unchecked and isinstance(code, CodeType)


if __name__ == "__main__":
    sources = sorted(source for folder in sys.argv[1:] for source in Path(folder).rglob("*.py"))
    refused = [source for source in sources if not is_accepted(source)]
    print(len(sources), len(sources) - len(refused), next(iter(refused), ""), sep="\n")
