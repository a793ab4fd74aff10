"""Calls that truly meet: the first writes of each client wait until every other client is about to write too."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Condition, get_ident
from typing import Any

from mostrador.errors import ServiceError
from mostrador.table import base

WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem")
WRITES_IN_STEP = 2  # of each client; its later writes, and its further tries, run free
PATIENCE_SECONDS = 3  # a client may wait for a lock that another client has


class LockStep:
    """Lets the clients' writes go only when each client that is still at work waits to write.

    So all have read the same before any writes. A missing guard is seen in every run, not by chance.
    """

    def __init__(self, clients: int) -> None:
        self._changed = Condition()
        self._working, self._waiting, self._round = clients, 0, 0
        self._left: dict[int, int] = {}  # by thread: its writes in step that are still to come

    @contextmanager
    def client(self) -> Iterator[None]:
        """The calling thread is one of the clients while the block lasts."""
        self._left[get_ident()] = WRITES_IN_STEP
        try:
            yield
        finally:
            with self._changed:
                del self._left[get_ident()]
                self._stop_working()

    def before_write(self, **_: Any) -> None:
        """Wait for the other clients: botocore calls this before each write. Other threads pass."""
        with self._changed:
            if not self._left.get(get_ident()):
                return
            self._left[get_ident()] -= 1
            mine = self._round
            self._waiting += 1
            self._stop_working()
            if not self._changed.wait_for(lambda: self._round != mine, timeout=PATIENCE_SECONDS):
                self._waiting -= 1
                self._working += 1

    def _stop_working(self) -> None:
        self._working -= 1
        if not self._working:
            self._working, self._waiting = self._waiting, 0
            self._round += 1
            self._changed.notify_all()


def at_once(clients: int, call: Callable[[int], Any]) -> list[Any]:
    """What each of ``clients`` simultaneous calls gave: a result or a refusal; anything else fails the test."""
    step, events = LockStep(clients), base.client().meta.events

    def one(number: int) -> Any:
        with step.client():
            try:
                return call(number)
            except ServiceError as refusal:
                return refusal

    for write in WRITES:
        events.register_first(f"before-call.dynamodb.{write}", step.before_write)
    try:
        with ThreadPoolExecutor(clients) as pool:
            return list(pool.map(one, range(clients)))
    finally:
        for write in WRITES:
            events.unregister(f"before-call.dynamodb.{write}", step.before_write)
