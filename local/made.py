"""The files that are made before `sam build`, which the template and the layer include: ``python -m local.made``."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from local import gateway, holidays, openapi
from local.stack import ROOT

PACKAGE: Final = ROOT / "layers" / "shared" / "mostrador"
MADE: Final[Mapping[Path, Callable[[], object]]] = {
    PACKAGE / "openapi.json": openapi.document,
    PACKAGE / "holidays.json": holidays.by_country,
    ROOT / ".build" / "gateway.json": gateway.definition,
    ROOT / ".build" / "stand_ins.json": gateway.stand_ins,
    ROOT / ".build" / "resources.json": gateway.resources,
}


def make() -> None:
    """Write each file at once, so that nobody reads half of one. The same code gives the same text."""
    for path, value in MADE.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        unfinished.write_text(json.dumps(value(), sort_keys=True, ensure_ascii=False, separators=(",", ":")))
        unfinished.replace(path)


if __name__ == "__main__":
    make()
    sys.exit(0)
