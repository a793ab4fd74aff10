"""What a fixture leaves in moto's table is made once in a process, and put back for every other test that asks for it.

Making a salon takes some 50 ms, putting one back less than one: that times some thousand tests.
"""

import copy
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from moto.backends import get_backend

from mostrador import clock, process_cache

P = ParamSpec("P")
T = TypeVar("T")
ACCOUNT, REGION = "123456789012", "us-east-1"


@dataclass(frozen=True)
class Snapshot:
    """The table's items and stream after something was made, and what its maker gave back."""

    state: bytes
    made: Any


_kept: dict[tuple[bytes, str, datetime | None, frozenset[tuple[str, str]]], Snapshot] = {}
_RUNNING = clock.now


def once(name: str, make: Callable[[], T]) -> T:
    """What ``make()`` gives, with the table as it leaves it; ``make`` runs once for each table that there was before.

    ``name`` says all that the outcome depends on but the table, the environment and a clock that a test has set.
    ``make`` may keep nothing but in the table: what it leaves in our caches is forgotten, whether it ran or not. Where
    the table has a stream, that has the same records, too. On another engine than moto everything is made.
    """
    if "AWS_ENDPOINT_URL" in os.environ:
        return make()
    table = _table()
    settings = frozenset(one for one in os.environ.items() if not one[0].startswith("PYTEST_"))
    before = (_dumped(table), name, None if clock.now is _RUNNING else clock.now(), settings)
    if before in _kept:
        _put_back(table, _kept[before].state)
    else:
        made = make()
        _kept[before] = Snapshot(_dumped(table), made)
    process_cache.clear_all()
    return copy.deepcopy(_kept[before].made)


@contextmanager
def put_back() -> Iterator[None]:
    """The table is afterwards as it was before the block. An item is never changed, only replaced: see quick_moto."""
    table = _table()
    before = copy.deepcopy(table)
    try:
        yield
    finally:
        table.items = before.items
        if table.stream_shard:
            table.stream_shard.items = before.stream_shard.items
        process_cache.clear_all()


def kept(build: Callable[P, T]) -> Callable[P, T]:
    """A ``build`` that does its work ``once`` for the same arguments, which their representations tell apart.

    Not for one whose outcome a test changes by patching what it calls.
    """

    @wraps(build)
    def built(*told: P.args, **named: P.kwargs) -> T:
        name = f"{build.__module__}.{build.__qualname__} {told!r} {sorted(named.items())!r}"
        return once(name, lambda: build(*told, **named))

    return built


def _table() -> Any:
    (table,) = get_backend("dynamodb")[ACCOUNT][REGION].tables.values()
    return table


def _dumped(table: Any) -> bytes:
    return pickle.dumps((table.items, table.stream_shard and table.stream_shard.items))


def _put_back(table: Any, state: bytes) -> None:
    table.items, records = pickle.loads(state)  # noqa: S301 - our own
    if table.stream_shard:
        table.stream_shard.items = records
