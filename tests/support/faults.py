"""Answers that DynamoDB gives on a bad day, put in front of the real engine through botocore's own events."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from mostrador.errors import ServiceError
from mostrador.table import TableFailure, base

Refusal = dict[str, Any]

KINDS = ("before", "after", "throttle", "conflict")


def cancelled(*codes: str) -> Refusal:
    """A cancelled transaction with these reasons, one for each action."""
    error = {"Code": "TransactionCanceledException", "Message": f"Transaction cancelled [{', '.join(codes)}]"}
    return {"Error": error, "CancellationReasons": [{"Code": code} for code in codes]}


def refused(code: str) -> Refusal:
    """A refused request, like ThrottlingException."""
    return {"Error": {"Code": code, "Message": code}}


@contextmanager
def answering(operation: str, *answers: Refusal, client: Any = None) -> Iterator[list[str]]:
    """The next calls of ``operation`` get these answers, the rest the engine's; yields the calls seen.

    The answer stands for what botocore has after its own retries; ``client`` is DynamoDB's when left out.
    """
    client = client or base.client()
    waiting, seen = list(answers), []

    def answer(**_: Any) -> tuple[Any, Refusal] | None:
        seen.append(operation)
        if not waiting:
            return None
        return SimpleNamespace(status_code=400), waiting.pop(0) | {"ResponseMetadata": {}}

    event = f"before-call.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    client.meta.events.register_first(event, answer)
    try:
        yield seen
    finally:
        client.meta.events.unregister(event, answer)


@contextmanager
def crashing(number: int, kind: str) -> Iterator[list[str]]:
    """The SDK call ``number`` (from 0) of the block goes wrong; yields the names of the calls made.

    Kinds: ``before`` (nothing was sent), ``after`` (it was carried out, the answer got lost), ``throttle``,
    ``conflict`` (a transaction that met others; else like ``throttle``).
    """
    client: Any = base.client()
    calls: list[str] = []

    def enter(model: Any, **_: Any) -> tuple[Any, Refusal] | None:
        calls.append(model.name)
        if len(calls) - 1 != number or kind == "after":
            return None
        if kind == "before":
            raise ConnectTimeoutError(endpoint_url="dynamodb")
        conflict = kind == "conflict" and model.name == "TransactWriteItems"
        refusal = cancelled("TransactionConflict") if conflict else refused("ProvisionedThroughputExceededException")
        return SimpleNamespace(status_code=400), refusal | {"ResponseMetadata": {}}

    def leave(**_: Any) -> None:
        if len(calls) - 1 == number and kind == "after":
            raise ReadTimeoutError(endpoint_url="dynamodb")

    client.meta.events.register_first("before-call.dynamodb", enter)
    client.meta.events.register_last("after-call.dynamodb", leave)
    try:
        yield calls
    finally:
        client.meta.events.unregister("before-call.dynamodb", enter)
        client.meta.events.unregister("after-call.dynamodb", leave)


def points_of(calls: int) -> Any:
    """A fixture: runs a call that goes wrong at one of the first so many SDK calls, in each way; then once more.

    What it runs gives what the second, undisturbed call gives.
    """
    points = [(number, kind) for number in range(calls) for kind in KINDS]

    @pytest.fixture(params=points, ids=lambda point: f"{point[1]} {point[0]}")
    def crash(request: Any) -> Callable[[Callable[[], Any]], Any]:
        def run(call: Callable[[], Any]) -> Any:
            with crashing(*request.param), suppress(TableFailure, ServiceError):
                call()
            return call()

        return run

    return crash
