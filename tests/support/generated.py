"""The generated clients, made once in a run of the tests."""

import atexit
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from local import clients
from tests.support.template import ROOT

CALLERS = ROOT / "tests" / "generated" / "callers"
"""Programs that know the API by a generated client alone."""


@cache
def folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="mostrador-clients-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@cache
def document() -> Path:
    return clients.document(folder())


@cache
def python_client() -> Path:
    """The folder of the package ``mostrador_client``."""
    made = folder() / "python"
    clients.python(document(), made)
    return made


@cache
def typescript_client() -> Path:
    """A project with the generated types, the caller and what both need."""
    made = folder() / "typescript"
    made.mkdir()
    clients.typescript(document(), made)
    (made / "node_modules").symlink_to(ROOT / "node_modules")
    for name in ("package.json", "tsconfig.json", "book.ts"):
        shutil.copy(CALLERS / name, made / name)
    return made


def run(command: Sequence[str | Path], place: Path) -> tuple[int, str]:
    """The exit status of one of our own commands in a folder, and what it printed."""
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)  # noqa: S603
    return done.returncode, done.stdout + done.stderr


def mypy(*checked: Path) -> tuple[int, str]:
    """What ``mypy --strict`` says, without the settings of this project."""
    strict = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={folder() / 'mypy'}"]
    return run([*strict, *checked], python_client())


def tsc(project: Path, *options: str) -> tuple[int, str]:
    """What the TypeScript compiler says of a project."""
    return run([clients.NODE_TOOLS / "tsc", "--project", project, *options], project)
