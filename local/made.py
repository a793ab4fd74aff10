"""The files that are made before `sam build`, which the template and the layer include: ``python -m local.made``."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from local import gateway, holidays, openapi
from local.stack import ROOT

GATEWAY: Final = ROOT / ".build" / "gateway.json"
GATEWAY_LOCALLY: Final = ROOT / ".build" / "gateway-local.json"
"""What local stacks include in its place: see ``gateway.definition``."""
PACKAGE: Final = ROOT / "layers" / "shared" / "mostrador"
MADE: Final[Mapping[Path, Callable[[], object]]] = {
    PACKAGE / "openapi.json": openapi.document,
    PACKAGE / "holidays.json": holidays.by_country,
    GATEWAY: gateway.definition,
    GATEWAY_LOCALLY: partial(gateway.definition, is_counted=False),
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


def for_local_stacks(built: Path) -> str:
    """The text of a built template, which includes the definition for local stacks."""
    return built.read_text().replace(
        f"{GATEWAY.parent.name}/{GATEWAY.name}", f"{GATEWAY.parent.name}/{GATEWAY_LOCALLY.name}"
    )


if __name__ == "__main__":
    make()
    sys.exit(0)
