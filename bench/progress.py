"""Progress of the bench on standard error: which group is measured, how far it is, and how long it has taken.

A terminal shows one line that is rewritten. Anything else gets a new line, at most one each EVERY seconds.
"""

import sys
from collections.abc import Collection, Iterable, Iterator, Sized
from time import monotonic
from typing import Final, TextIO, TypeVar

EVERY: Final = 5.0
_WIDTH: Final = 79
T = TypeVar("T")


class Progress:
    """The groups of a run, numbered, each with its steps."""

    def __init__(self, groups: Sized, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._groups, self._number, self._group = len(groups), 0, ""
        self._began = self._said_at = monotonic()

    def begin(self, group: str) -> None:
        """Say that ``group`` begins."""
        self._number, self._group = self._number + 1, group
        self._say("started", always=True)

    def end(self, seconds: float) -> None:
        """Say how long the group took."""
        self._say(f"done in {seconds:.0f} s", always=True)
        if self._out.isatty():
            self._out.write("\n")

    def step(self, name: str, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` steps of ``name`` are finished."""
        self._say(f"{name} {done}/{total}", always=False)

    def _say(self, text: str, *, always: bool) -> None:
        now = monotonic()
        is_terminal = self._out.isatty()
        if not always and not is_terminal and now - self._said_at < EVERY:
            return
        self._said_at = now
        minutes, seconds = divmod(int(now - self._began), 60)
        line = f"[{minutes}:{seconds:02d}] {self._number}/{self._groups} {self._group}: {text}"
        self._out.write(f"\r{line[:_WIDTH]:<{_WIDTH}}" if is_terminal else f"{line}\n")
        self._out.flush()


_current: Progress | None = None


def start(groups: Sized) -> Progress:
    """Begin to report a run of these groups."""
    global _current  # noqa: PLW0603 - one run in a process
    _current = Progress(groups)
    return _current


def step(name: str, done: int, total: int) -> None:
    """Report a finished step of the current run; nothing without a run."""
    if _current:
        _current.step(name, done, total)


def steps(name: str, items: Collection[T]) -> Iterator[T]:
    """Yield the items, and report each one when the next is asked for."""
    for done, item in enumerate(items, 1):
        yield item
        step(name, done, len(items))


def each(name: str, items: Iterable[T], total: int) -> Iterator[T]:
    """As ``steps``, for items whose number only the caller knows."""
    for done, item in enumerate(items, 1):
        yield item
        step(name, done, total)
