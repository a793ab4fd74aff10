"""All writes of the table: a failed condition is a refusal, a lost race is repeated."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from mostrador import context
from mostrador.errors import Busy, Invalid, ServiceError, Stale
from mostrador.table import audit_trail, code_of, keys, reads
from mostrador.table.attempts import attempts
from mostrador.table.base import HasVersion, Item, Versioned, connection
from mostrador.values.next_actions import NextAction
from mostrador.values.wire import WireItem

T = TypeVar("T", bound=Versioned)
L = TypeVar("L")
R = TypeVar("R")
_Request = dict[str, Any]
"""One action of TransactWriteItems, as PynamoDB makes it."""
TRIES: Final = 8
RETURN_OLD: Final = "ALL_OLD"
"""``return_values`` of a write whose refusal should bring the item that was in the way."""
_REFUSED: Final = "ConditionalCheckFailed"
_ONE_REFUSED: Final = "ConditionalCheckFailedException"
_CONTENDED: Final = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "TransactionInProgressException"}
)


class KeyReused(Invalid):
    code = "idempotency_key_reused"
    en = "this Idempotency-Key was used for another request before"
    es = "esta clave de idempotencia ya se usó para otra solicitud"
    next_action = NextAction.USE_ANOTHER_KEY


class ConditionFailed(Exception):
    """A condition did not hold; nothing was written.

    ``failed`` counts conditions; ``found`` are the items in the way of writes that asked for them with RETURN_OLD.
    """

    def __init__(self, failed: int, found: Sequence[Item]) -> None:
        self.failed, self.found = failed, found
        super().__init__(f"{failed} conditions failed")


def retrying(
    load: Callable[[int], L],
    decide: Callable[[L], R],
    *,
    on: type[Exception] | tuple[type[Exception], ...] = ConditionFailed,
    seconds: float = 5.0,
    longest: float = 0.4,
    exhausted: type[ServiceError] = Busy,
) -> R:
    """Load, decide and write; again from the start while the write is refused because somebody was quicker.

    ``load`` gets the number of the attempt, from 0. ``decide`` writes and returns the result. The exceptions ``on``
    start the next attempt, after a pause of at most ``longest`` seconds. Raises ``exhausted`` when the attempts or the
    ``seconds`` are used up.
    """
    for attempt in attempts(seconds, longest=longest):
        loaded = load(attempt)
        try:
            return decide(loaded)
        except on:
            continue
    raise exhausted


class Transaction:
    """All or nothing, with a line for the audit log, committed at the end of the ``with``.

    Repeated by itself only while every cause is contention, which botocore does not do.
    """

    def __init__(self) -> None:
        self._puts: list[_Request] = []
        self._deletions: list[_Request] = []
        self._updates: list[_Request] = []
        self._checks: list[_Request] = []
        self._versioned: list[Item] = []
        self._saved: list[Versioned] = []
        self._changes: dict[str, list[audit_trail.Change]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._commit()

    def save(self, item: Item, condition: Condition | None = None, return_values: str | None = None) -> None:
        """Write the whole item; one with a version on the condition that its version is still the stored one."""
        put = item.get_save_kwargs_from_instance(condition=condition, return_values_on_condition_failure=return_values)
        self._puts.append(put)
        self._versioned.append(item)
        self._note(item, put["Item"])

    def delete(self, item: Item, condition: Condition | None = None, *, add_version_condition: bool = True) -> None:
        """Delete the item; with ``add_version_condition`` only if its version is the stored one."""
        deletion = item.get_delete_kwargs_from_instance(
            condition=condition, add_version_condition=add_version_condition
        )
        self._deletions.append(deletion)
        self._note(item, {})

    def update(
        self,
        item: Item,
        actions: Sequence[Action],
        condition: Condition | None = None,
        return_values: str | None = None,
    ) -> None:
        """Change some attributes without reading the item. Raises TypeError for one that the audit log follows."""
        if isinstance(item, Versioned):
            raise TypeError(f"{type(item).__name__} is saved whole, so that the audit log sees what changes")
        update = item.get_update_kwargs_from_instance(
            list(actions), condition=condition, return_values_on_condition_failure=return_values
        )
        self._updates.append(update)

    def condition_check(self, kind: type[Item], pk: str, sk: str, *, condition: Condition, **more: str) -> None:
        """Refuse the transaction unless ``condition`` holds for an item that it does not write."""
        self._checks.append(kind.get_operation_kwargs_from_class(pk, range_key=sk, condition=condition) | more)

    def _note(self, item: Item, after: WireItem) -> None:
        """Keep the change of an item that has a version, for the audit log."""
        if not isinstance(item, Versioned):
            return
        if after:
            self._saved.append(item)
        if change := audit_trail.change(item, after):
            self._changes.setdefault(keys.tenant_of(item.pk), []).append(change)

    def _commit(self) -> None:
        for tenant, changes in self._changes.items():
            self.save(audit_trail.entry(tenant, changes), condition=Item.pk.does_not_exist())
        self._write()
        for item in self._versioned:
            item.update_local_version_attribute()  # type: ignore[no-untyped-call] # PynamoDB has no types here
        for saved in self._saved:
            saved.loaded = saved.serialize()

    def _write(self) -> None:
        """Send it. Raises ConditionFailed, and Busy when contention outlasts the tries."""
        for _ in attempts(seconds=2.0, most=TRIES):
            try:
                connection().connection.transact_write_items(
                    condition_check_items=self._checks,
                    delete_items=self._deletions,
                    put_items=self._puts,
                    update_items=self._updates,
                )
            except TransactWriteError as error:
                codes = _causes(error)
                if _REFUSED in codes:
                    raise _condition_failed(error) from error
                if not codes or codes - _CONTENDED:
                    raise
            else:
                return
        raise Busy


def _causes(error: TransactWriteError) -> set[str]:
    reasons = {reason.code for reason in error.cancellation_reasons if reason}
    return reasons or {code_of(error)} & _CONTENDED


def _condition_failed(error: TransactWriteError) -> ConditionFailed:
    failed = [reason for reason in error.cancellation_reasons if reason and reason.code == _REFUSED]
    in_the_way = [Item.from_raw_data(reason.raw_item) for reason in failed if reason.raw_item]
    return ConditionFailed(len(failed), in_the_way)


def transaction() -> Transaction:
    """A context in which saves, updates, deletions and checks become one transaction at its end.

    Raises ConditionFailed when a condition fails and Busy when contention outlasts the tries.
    """
    return Transaction()


@contextmanager
def refusing(refusal: ServiceError) -> Iterator[None]:
    """Turn a failed condition, of one write or of a transaction, into ``refusal``."""
    try:
        yield
    except ConditionFailed as error:
        raise refusal from error
    except PynamoDBException as error:
        if code_of(error) != _ONE_REFUSED:
            raise
        raise refusal from error


@contextmanager
def one_write() -> Iterator[None]:
    """Turn the failed condition of a single write into ConditionFailed."""
    try:
        yield
    except PynamoDBException as error:
        if code_of(error) != _ONE_REFUSED:
            raise
        raise ConditionFailed(1, []) from error


Also = Callable[[Transaction, Any], None]
"""Adds to the transaction that saves an item."""


def nothing(_tx: Transaction, _item: Versioned) -> None:
    """Add nothing to the transaction."""


def create(item: T, also: Also = nothing) -> T:
    """Save a new item, or return the one that the same request created before; ``also`` adds to the transaction.

    Raises KeyReused, and Busy where a condition of ``also`` did not hold.
    """
    try:
        with transaction() as tx:
            tx.save(item)
            also(tx, item)
    except ConditionFailed as error:
        earlier: T | None = reads.get_item((item.pk, item.sk))
        if earlier is None:
            raise Busy from error
        return same_request(earlier, item.fingerprint)
    return item


def same_request(earlier: T | None, fingerprint: str | None) -> T:
    """``earlier`` if its request has this ``fingerprint``. Raises KeyReused."""
    if earlier is None or earlier.fingerprint != fingerprint:
        raise KeyReused
    return earlier


def check_version(item: HasVersion, seen: int | None, *, shown: object = None) -> None:
    """Raise Stale or FieldNotAllowed where If-Match or the body's read-only fields are not the item's, as ``shown``."""
    if seen is not None and item.version != seen:
        raise Stale(given=seen, current=item.version)
    context.compare_copy(shown or item)


def stale_error(item: HasVersion) -> Stale:
    """The refusal of a write made from a copy that somebody changed meanwhile."""
    return Stale(given=item.version, current=item.version + 1)


def edited(
    load: Callable[[], T], alter: Callable[[T], None], *, also: Also = nothing, seen: int | None, now: datetime
) -> T:
    """Load an item, alter it and save it; again from the start while somebody else is quicker.

    ``also`` may alter it further. Raises Stale where the caller's copy (``seen``, from If-Match) is not the stored
    version, and Busy.
    """

    def decide(item: T) -> T:
        check_version(item, seen)
        alter(item)
        item.updated_at = now
        with transaction() as tx:
            also(tx, item)
            tx.save(item)
        return item

    return retrying(lambda _attempt: load(), decide)


def update_attribute(item: Versioned, action: Action, *, condition: Condition) -> None:
    """Write one attribute of an item that nobody edits: no new version, and no line in the audit log.

    Raises ConditionFailed where ``condition`` does not hold.
    """
    with one_write():
        connection().update_item(item.pk, range_key=item.sk, actions=[action], condition=condition)


def save_unaudited(item: Item) -> None:
    """Save one item by itself, on its version where it has one: no line in the audit log. Raises ConditionFailed."""
    with one_write():
        item.save()


def delete(item: Versioned) -> None:
    """Delete an item unless somebody changed it since it was read. Raises Stale."""
    with refusing(stale_error(item)), transaction() as tx:
        tx.delete(item)
