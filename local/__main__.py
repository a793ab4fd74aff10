"""`make dev`: the whole stack, until Ctrl-C."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from local import site, up, welcome
from local.stack import ROOT, LocalFailure

LAST_PORT = 65535
ABOVE = 1000
"""The address for people has this many more than MiniStack's port: a second stack takes the next one."""


def main() -> int:
    started = time.monotonic()
    with stopped_by_signals("make dev"):
        running = up.up(ROOT / ".local", local_port(), say=lambda line: _say(started, line))
        try:
            with site.serving(site.app(running.stack.api_url), local_port() + ABOVE) as address:
                print(welcome.welcome(running.stack, running.logins, address))
                _say(started, "Ready. Ctrl-C stops it")
                running.server.process.wait()
            raise LocalFailure(f"MiniStack stopped by itself; its log is {running.server.log}")
        finally:
            up.down(running)


@contextmanager
def stopped_by_signals(command: str) -> Iterator[None]:
    """Ends the program with one line: for Ctrl-C and its kin, or saying what a person must put right."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        yield
    except LocalFailure as failure:
        sys.exit(f"{command}: {failure}")
    except KeyboardInterrupt:
        print("\nStopped; what you made is kept in .local/ for the next time")
        sys.exit(0)


def local_port() -> int:
    text = os.environ.get("MOSTRADOR_PORT") or "4566"
    if not text.isdigit() or not 0 < int(text) <= LAST_PORT:
        raise LocalFailure(f"MOSTRADOR_PORT must be a port number, not {text!r}")
    return int(text)


def _say(started: float, line: str) -> None:
    print(f"[{time.monotonic() - started:5.1f} s] {line}", flush=True)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
