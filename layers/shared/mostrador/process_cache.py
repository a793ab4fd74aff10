"""Caches that live as long as the process: each holds a fixed number of entries, the least recently used goes first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final, Generic, NamedTuple, TypeVar
from weakref import WeakSet

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_CACHES: Final[WeakSet["ProcessCache[Any, Any]"]] = WeakSet()


class _Entry(NamedTuple, Generic[V]):
    value: V
    stored_at: datetime | None


class ProcessCache(Generic[K, V]):
    """At most ``size`` entries; threads may share it. An entry that is stored with a time can be asked for by age."""

    def __init__(self, size: int) -> None:
        self._size: Final = size
        self._lock: Final = Lock()
        self._entries: Final[OrderedDict[K, _Entry[V]]] = OrderedDict()
        _CACHES.add(self)

    def get(self, key: K, *, now: datetime | None = None, max_age: timedelta | None = None) -> V | None:
        """The value; None where there is none, or one that was stored more than ``max_age`` before ``now``."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or _is_too_old(entry.stored_at, now, max_age):
                return None
            self._entries.move_to_end(key)
            return entry.value

    def put(self, key: K, value: V, *, now: datetime | None = None) -> V:
        """Store ``value`` as of ``now``, and return it."""
        with self._lock:
            self._entries[key] = _Entry(value, now)
            self._entries.move_to_end(key)
            if len(self._entries) > self._size:
                self._entries.popitem(last=False)
        return value

    def get_or_make(self, key: K, make: Callable[[], V]) -> V:
        """The value, made and stored where there is none. Two threads may both make it."""
        value = self.get(key)
        return self.put(key, make()) if value is None else value

    def drop(self, key: K) -> None:
        """Remove one entry if it is there."""
        with self._lock:
            self._entries.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)


def clear_all() -> None:
    """Empty every cache of this process, as if it had just started."""
    for cache in list(_CACHES):
        cache.clear()


def _is_too_old(stored_at: datetime | None, now: datetime | None, max_age: timedelta | None) -> bool:
    return stored_at is not None and now is not None and max_age is not None and now - stored_at > max_age
