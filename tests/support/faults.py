"""Answers that DynamoDB gives on a bad day, put in front of the real engine through botocore's own events."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from mostrador.table.items import Item

Refusal = dict[str, Any]


def cancelled(*codes: str) -> Refusal:
    """A cancelled transaction with these reasons, one for each action."""
    error = {"Code": "TransactionCanceledException", "Message": f"Transaction cancelled [{', '.join(codes)}]"}
    return {"Error": error, "CancellationReasons": [{"Code": code} for code in codes]}


def refused(code: str) -> Refusal:
    """A refused request, like ThrottlingException."""
    return {"Error": {"Code": code, "Message": code}}


@contextmanager
def answering(operation: str, *answers: Refusal) -> Iterator[list[str]]:
    """The next calls of ``operation`` get these answers, the rest the engine's; yields the calls seen.

    The answer stands for what botocore has after its own retries.
    """
    client: Any = Item._get_connection().connection.client
    waiting, seen = list(answers), []

    def answer(**_: Any) -> tuple[Any, Refusal] | None:
        seen.append(operation)
        if not waiting:
            return None
        return SimpleNamespace(status_code=400), waiting.pop(0) | {"ResponseMetadata": {}}

    event = f"before-call.dynamodb.{operation}"
    client.meta.events.register_first(event, answer)
    try:
        yield seen
    finally:
        client.meta.events.unregister(event, answer)
