"""What a call costs at DynamoDB, seen from botocore's own events: round trips, and capacity units by index."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from mostrador.table import base

_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})


@dataclass(slots=True)
class Spent:
    """``trips`` are the operations sent, in order; units by ``table`` or the index's name."""

    trips: list[str] = field(default_factory=list)
    read: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)

    def sent(self, request: Any, **_: Any) -> None:
        target = request.headers["X-Amz-Target"]
        self.trips.append((target.decode() if isinstance(target, bytes) else target).rpartition(".")[2])

    def answered(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        consumed = parsed.get("ConsumedCapacity") or []
        units = self.written if model.name in _WRITES else self.read
        for table in [consumed] if isinstance(consumed, dict) else consumed:
            for index, part in {"table": table["Table"], **table.get("GlobalSecondaryIndexes", {})}.items():
                if part["CapacityUnits"]:
                    units[index] += part["CapacityUnits"]


def size(item: Mapping[str, Any]) -> int:
    """Bytes of a raw item as DynamoDB charges them: names and values; each begun KB of a write is a unit."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    if kind == "S":
        return len(held.encode())
    if kind == "N":
        return (len(held) + 1) // 2 + 1
    if kind == "M":
        return 3 + len(held) + size(held)
    return len(held) if kind == "B" else 1


@contextmanager
def metered() -> Iterator[Spent]:
    """What is spent in the context by the client that PynamoDB uses, retries included."""
    spent = Spent()
    events: Any = base.client().meta.events
    handlers = {
        "before-parameter-build.dynamodb": _ask_for_units,
        "before-send.dynamodb": spent.sent,
        "after-call.dynamodb": spent.answered,
    }
    for event, handler in handlers.items():
        events.register(event, handler)
    try:
        yield spent
    finally:
        for event, handler in handlers.items():
            events.unregister(event, handler)


def _ask_for_units(params: dict[str, Any], model: Any, **_: Any) -> None:
    if "ReturnConsumedCapacity" in model.input_shape.members:
        params["ReturnConsumedCapacity"] = "INDEXES"
