"""How anything is written: a condition that fails is a refusal, a lost race is tried again."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, TypeVar

from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.transactions import TransactWrite

from mostrador.errors import Busy, Invalid, ServiceError, Stale
from mostrador.table import reads
from mostrador.table.items import Item, Versioned

T = TypeVar("T", bound=Versioned)
TRIES: Final = 8
_REFUSED: Final = "ConditionalCheckFailed"
_CONTENDED: Final = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "TransactionInProgressException"}
)


class KeyReused(Invalid):
    code = "idempotency_key_reused"
    en = "this Idempotency-Key was used for another request before"
    es = "esta Idempotency-Key ya se usó para otra solicitud"


class Refused(Exception):
    """A condition did not hold; nothing was written."""


def pause(attempt: int) -> None:
    """Wait before try number ``attempt`` (from 0) is repeated: full jitter, at most 0.4 s."""
    time.sleep(random.uniform(0, min(0.4, 0.01 * 2**attempt)))  # noqa: S311 - not a secret


class _Transaction(TransactWrite):
    """All or nothing; repeated by itself only while every cause is contention, which botocore does not do."""

    def _commit(self) -> Any:
        for attempt in range(TRIES):
            try:
                return super()._commit()
            except TransactWriteError as error:
                codes = _causes(error)
                if _REFUSED in codes:
                    raise Refused(codes) from error
                if not codes or codes - _CONTENDED:
                    raise
                pause(attempt)
        raise Busy


def _causes(error: TransactWriteError) -> set[str]:
    reasons = {reason.code for reason in error.cancellation_reasons if reason}
    return reasons or {error.cause_response_code or ""} & _CONTENDED


def transaction() -> _Transaction:
    """A context in which saves, updates, deletions and checks become one transaction at its end.

    Raises Refused when a condition fails and Busy when contention outlasts the tries.
    """
    return _Transaction(connection=Item._get_connection().connection)


@contextmanager
def refusing(refusal: ServiceError) -> Iterator[None]:
    """Turn a failed condition, of one write or of a transaction, into ``refusal``."""
    try:
        yield
    except Refused as error:
        raise refusal from error
    except PynamoDBException as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise refusal from error


def create(made: T) -> T:
    """Save a new item, or return the one that the same request made before under its key. Raises KeyReused."""
    try:
        with refusing(KeyReused()):
            made.save()
    except KeyReused:
        earlier: T | None = reads.one((made.pk, made.sk))
        return same_request(earlier, made.fingerprint)
    return made


def same_request(earlier: T | None, fingerprint: str | None) -> T:
    """``earlier`` if the request that made it has this ``fingerprint``; raises KeyReused otherwise."""
    if earlier is None or earlier.fingerprint != fingerprint:
        raise KeyReused
    return earlier


def check_version(item: Any, seen: int | None) -> None:
    """Raise Stale when the caller's copy (If-Match) is not the stored version."""
    if seen is not None and item.version != seen:
        raise Stale(given=seen, current=item.version)


def stale(item: Any) -> Stale:
    """The refusal of a write made from a copy that somebody changed meanwhile."""
    return Stale(given=item.version, current=item.version + 1)


def save(item: Any, now: datetime) -> None:
    """Save an edited item unless somebody did so since it was read. Raises Stale."""
    item.updated_at = now
    with refusing(stale(item)):
        item.save()


def delete(item: Any) -> None:
    """Delete an item unless somebody changed it since it was read. Raises Stale."""
    with refusing(stale(item)):
        item.delete()
