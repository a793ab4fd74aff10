"""Clients generated from the OpenAPI document: ``python -m local.clients`` writes them below ``client/``."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from local import openapi
from local.stack import ROOT, LocalFailure

CLIENTS: Final = ROOT / "client"
PYTHON_NAMES: Final = ROOT / "local" / "python_client.yml"
NODE_TOOLS: Final = ROOT / "node_modules" / ".bin"
_COMPLAINT: Final = re.compile(r"warning|unable to|skipp|omitted|could not", re.IGNORECASE)


class GeneratorComplained(LocalFailure):
    """The generator failed, or left a part of the document out of the client; the message is its output."""


def document(folder: Path) -> Path:
    """Write the document as it is served at ``/openapi.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "openapi.json"
    path.write_text(json.dumps(openapi.document(), ensure_ascii=False))
    return path


def python(described: Path, folder: Path) -> None:
    """Write the project of the package ``mostrador_client`` to ``folder``. Raises GeneratorComplained."""
    generator = Path(sys.executable).with_name("openapi-python-client")
    options = ["--config", str(PYTHON_NAMES), "--output-path", str(folder), "--overwrite", "--fail-on-warning"]
    _run([str(generator), "generate", "--path", str(described), *options])


def typescript(described: Path, folder: Path) -> None:
    """Write the types for openapi-fetch to ``schema.d.ts`` in ``folder``. Raises GeneratorComplained.

    A field with a default may be left out of a request, so it is optional there.
    """
    target = folder / "schema.d.ts"
    _run([str(NODE_TOOLS / "openapi-typescript"), str(described), "-o", str(target), "--default-non-nullable=false"])


def _run(command: list[str]) -> None:
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # ruff tidies the Python client
    done = subprocess.run(command, env=os.environ | {"PATH": tools}, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode or _COMPLAINT.search(said):
        raise GeneratorComplained(said)


def main() -> None:
    described = document(CLIENTS)
    python(described, CLIENTS / "python")
    typescript(described, CLIENTS / "typescript")
    print(f"Clients for Python and TypeScript are in {CLIENTS.relative_to(ROOT)}/")


if __name__ == "__main__":
    main()
