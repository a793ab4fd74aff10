"""P1, P2, P3: how fast the built functions start, whether their bytecode is taken, how large they are."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench import artefacts, progress
from bench.artefacts import Artefacts
from bench.environment import ENVIRONMENT
from bench.figures import Figure
from local import template

ROUNDS: Final = 7
MEGA: Final = 1_000_000
API: Final = 0.55
GOALS: Final[Mapping[str, float]] = {
    "AuthorizerFunction": 0.45,
    **dict.fromkeys(("OutboxFunction", "PaymentsWebhookFunction", "CalendarSyncFunction"), 0.40),
}
MOST_MEMORY: Final = 50
MOST_LAYER: Final = 25
_HERE: Final = Path(__file__).parent
_URL: Final = "https://bench.invalid/pool"

Start = tuple[float, float]
"""Seconds, and resident bytes at the peak."""


def figures() -> Iterator[Figure]:
    yield from _bytecode(artefacts.shipped())
    yield from _sizes(artefacts.shipped())
    yield from _inits(artefacts.runnable(), artefacts.plain())


def _inits(built: Artefacts, plain: Path) -> Iterator[Figure]:
    """Rounds in which everything starts once, so that what else the machine does falls on all alike."""
    names = list(artefacts.functions())
    numbers = progress.steps("rounds of all functions", range(ROUNDS + 1))
    rounds = [_round(built, plain, names) for _ in numbers][1:]  # the first only warms the disk's cache
    engine = f"Python {built.interpreter.version} {built.home.name}"
    base = median(starts[""][0] for starts in rounds)
    for name in names:
        ratio = median(starts[name][0] / starts[""][0] for starts in rounds)
        terms = {"ms": 1000 * median(starts[name][0] for starts in rounds), "botocore alone ms": 1000 * base}
        yield Figure("P1", f"init of {name}", engine, ratio, "x", at_most=GOALS.get(name, API), terms=terms)
    for name in names:
        peak = median(starts[name][1] for starts in rounds) / MEGA
        yield Figure("P3", f"memory after init of {name}", engine, peak, "MB", at_most=MOST_MEMORY)
    yield Figure("P3", "memory of botocore alone", engine, median(starts[""][1] for starts in rounds) / MEGA, "MB")


def _round(built: Artefacts, plain: Path, names: list[str]) -> dict[str, Start]:
    """The start of each function by its name, and of plain botocore under the empty name."""
    starts = {"": _start(built, "plain", [plain], {})}
    for name in progress.steps("init", names):
        starts[name] = _start(built, "ours", [built.function(name), *built.layers(name)], _settings(name))
    return starts


def _start(built: Artefacts, kind: str, path: list[Path], settings: Mapping[str, str]) -> Start:
    child = [built.interpreter.path, "-I", "-S", "-B", str(_HERE / "child_init.py"), kind, *map(str, path)]
    answer = subprocess.run(
        child, cwd=built.home, env={**ENVIRONMENT, **settings}, capture_output=True, text=True, check=True
    )
    seconds, peak = answer.stdout.split()[-2:]
    return float(seconds), float(peak)


def _settings(name: str) -> dict[str, str]:
    """The function's environment as the template declares it, stand-ins for what only a deployment knows."""
    declared: dict[str, Any] = dict(template.load()["Globals"]["Function"]["Environment"]["Variables"])
    declared |= artefacts.functions()[name].get("Environment", {}).get("Variables", {})
    return {
        key: value if isinstance(value, str) else ENVIRONMENT.get(key, _URL)
        for key, value in declared.items()
        if not key.startswith("AWS_")
    }


def _bytecode(built: Artefacts) -> Iterator[Figure]:
    layers = sorted({layer for name in artefacts.functions() for layer in artefacts.layers_of(name)})
    parts = {layer: [built.home / layer] for layer in layers}
    parts["the functions"] = [built.function(name) for name in artefacts.functions()]
    for part, folders in parts.items():
        command = [built.interpreter.path, "-I", "-B", str(_HERE / "child_bytecode.py"), *map(str, folders)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
        sources, accepted, refused = int(answer[0]), int(answer[1]), answer[2]
        terms: dict[str, float | str] = {"files": sources}
        if refused:
            terms["first refused"] = refused.removeprefix(f"{built.home}/")
        engine = f"Python {built.interpreter.version}"
        share = 100 * accepted / sources
        yield Figure("P2", f"bytecode accepted in {part}", engine, share, "%", at_least=100, terms=terms)


def _sizes(built: Artefacts) -> Iterator[Figure]:
    engine = f"Python {built.interpreter.version} {built.home.name}"
    for layer in ("SharedLayer", "AuthorizerLayer"):
        home = built.home / layer / "python"
        parts = {folder.name: _bytes(folder) / MEGA for folder in home.iterdir() if folder.is_dir()}
        largest = dict(sorted(parts.items(), key=lambda part: -part[1])[:6])
        size, on_disk = _bytes(home) / MEGA, _on_disk(home) / MEGA
        yield Figure("P3", f"{layer} unzipped, in bytes", engine, size, "MB", at_most=MOST_LAYER, terms=largest)
        yield Figure("P3", f"{layer} unzipped, by du", engine, on_disk, "MB", at_most=MOST_LAYER)


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _on_disk(folder: Path) -> int:
    """As du says: whole blocks, folders too."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*"))
