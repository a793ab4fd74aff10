"""`make bench`: every figure, printed as a table and written to bench/results.json.

A figure that misses its goal is reported, not an error; only what could not be measured is.
"""

import json
import os
import platform
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final

from bench import environment  # noqa: F401 - sets what the others read when they are imported

# isort: split
from bench import board, businesses, calls, figures, growth, month, operations, packages, progress, race, raffle
from bench.figures import Figure
from local import dynoxide

RESULTS: Final = Path(__file__).parent / "results.json"
PYTHON: Final = platform.python_version()


def main() -> int:
    measured: list[Figure] = []
    broken: list[str] = []
    shown = progress.start(_GROUPS)
    for name, group in _GROUPS.items():
        began = monotonic()
        shown.begin(name)
        try:
            measured += group()
        except Exception:  # noqa: BLE001 - the other figures are still wanted
            broken.append(name)
            traceback.print_exc()
        shown.end(monotonic() - began)
    order = sorted(measured, key=lambda figure: int(figure.number[1:]))
    print(figures.table(order))
    _write(order, broken)
    missed = sum(figure.is_met is False for figure in order)
    print(f"\n{len(order)} figures, {missed} miss their goal. MB are 10^6 bytes. Written to {RESULTS}")
    return 1 if broken else 0


def _on_dynoxide(group: Callable[[str], Iterator[Figure]]) -> list[Figure]:
    with dynoxide.running() as endpoint:
        os.environ["AWS_ENDPOINT_URL"] = endpoint
        businesses.forget()
        try:
            return list(group(endpoint))
        finally:
            del os.environ["AWS_ENDPOINT_URL"]
            businesses.forget()


_GROUPS: Final[dict[str, Callable[[], list[Figure]]]] = {
    "packages": lambda: list(packages.figures()),
    "operations": lambda: _on_dynoxide(operations.figures),
    "month": lambda: list(month.figures(f"Python {PYTHON}")),
    "calls": lambda: _on_dynoxide(calls.figures),
    "growth": lambda: _on_dynoxide(growth.figures),
    "board": lambda: _on_dynoxide(board.figures),
    "raffle": lambda: _on_dynoxide(raffle.figures),
    "race": lambda: _on_dynoxide(race.figures),
}


def _write(measured: Sequence[Figure], broken: Sequence[str]) -> None:
    terms = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": PYTHON,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, {_processor()}",
        "broken": list(broken),
        "figures": [figure.entry() for figure in measured],
    }
    RESULTS.write_text(json.dumps(terms, indent=1, ensure_ascii=False) + "\n")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    sys.exit(main())
