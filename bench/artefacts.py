"""The packages that are measured: what ships, the same for this machine, and what SAM would have made by default."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from local import template
from local.stack import ROOT, build_environment

HOME: Final = ROOT / ".build" / "bench"
ZIP_EPOCH: Final = 315_532_800
"""1980-01-01T00:00:00Z, the date of every file in a zip of SAM's."""
_SHARED: Final = ROOT / "layers" / "shared"


class BuildFailure(Exception):
    """A package could not be built; the message says where its log is."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python on this machine, by its ``3.13`` and its path."""

    version: str
    path: str


@dataclass(frozen=True, slots=True)
class Artefacts:
    """A build directory of SAM's: one folder per function and layer."""

    home: Path
    interpreter: Interpreter

    def function(self, name: str) -> Path:
        return self.home / name

    def layers(self, name: str) -> list[Path]:
        """The folders that a function's layers put on the path."""
        return [self.home / layer / "python" for layer in layers_of(name)]


def functions() -> dict[str, dict[str, Any]]:
    """The properties of each function of the template, by logical id."""
    return {name: function["Properties"] for name, function in template.resources("AWS::Serverless::Function").items()}


def layers_of(name: str) -> list[str]:
    shared: list[dict[str, str]] = template.load()["Globals"]["Function"]["Layers"]
    return [layer["Ref"] for layer in [*shared, *functions()[name].get("Layers", [])]]


@cache
def interpreter() -> Interpreter:
    """The Python that ships, if it is on this machine; else the one that runs this."""
    shipped = str(template.load()["Parameters"]["Runtime"]["Default"]).removeprefix("python")
    found = subprocess.run(
        ["make", "-s", "-C", str(_SHARED), "python"],
        env=_environment({"LAYER_PYTHON": shipped}),
        capture_output=True,
        text=True,
        check=False,
    )
    path = found.stdout.strip()
    if found.returncode == 0 and path:
        return Interpreter(shipped, path)
    return Interpreter(f"{sys.version_info.major}.{sys.version_info.minor}", sys.executable)


@cache
def shipped() -> Artefacts:
    """For Lambda on arm64."""
    return _built("arm64", "aarch64-manylinux2014")


@cache
def runnable() -> Artefacts:
    """The same for this machine."""
    machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    wheels = f"{platform.machine()}-manylinux2014" if sys.platform == "linux" else "local"
    return shipped() if wheels == "aarch64-manylinux2014" else _built(machine, wheels)


@cache
def plain() -> Path:
    """botocore as `pip install --target` leaves it, every file dated 1980: SAM's default package."""
    home = HOME / f"plain-{interpreter().version}"
    shutil.rmtree(home, ignore_errors=True)
    locked = str(_SHARED / "requirements.txt")
    uv = shutil.which("uv", path=_environment({})["PATH"]) or "uv"
    command = [uv, "pip", "install", "--python", interpreter().path, "--target", str(home), "botocore", "-c", locked]
    _run(command, _environment({}), HOME / "plain.log")
    _date(home)
    return home


def _built(machine: str, wheels: str) -> Artefacts:
    """`sam build`, its functions compiled as the Makefile does, every file dated as unzipped on Lambda."""
    home, python, log = HOME / machine, interpreter(), HOME / f"{machine}.log"
    settings = _environment({"LAYER_PLATFORM": wheels, "LAYER_PYTHON": python.version})
    parameters = [f"Runtime=python{python.version}", f"Architecture={machine}"]
    command = [sys.executable, "-m", "samcli", "build", "--parallel", "--build-dir", str(home)]
    _run([*command, "--parameter-overrides", *parameters], settings, log)
    folders = [str(home / name) for name in functions()]
    compiled = [python.path, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-s", str(home)]
    _run([*compiled, *folders], settings, log)
    _date(home)
    return Artefacts(home, python)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    known = build_environment()
    path = f"{Path(sys.executable).parent}{os.pathsep}{known['PATH']}"
    cached = {"LAYER_CACHE": os.environ.get("LAYER_CACHE", str(ROOT / ".build" / "layers"))}
    return {**known, **cached, "PATH": path, "SAM_CLI_TELEMETRY": "0", **more}


def _run(command: list[str], settings: Mapping[str, str], log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        finished = subprocess.run(
            command,
            cwd=ROOT,
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode:
        raise BuildFailure(f"{Path(command[0]).name} {' '.join(command[1:4])} failed; its log is {log}")


def _date(home: Path) -> None:
    for path in home.rglob("*"):
        os.utime(path, (ZIP_EPOCH, ZIP_EPOCH), follow_symlinks=False)
