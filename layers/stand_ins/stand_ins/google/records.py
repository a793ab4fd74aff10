"""The stand-in's records: each is one item under keys of its own, and each change is conditional on its version."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, ClassVar, Final, TypeAlias, TypedDict, TypeVar

from mostrador import clock
from mostrador.table import keys, reads, writes
from mostrador.table.keys import Key
from stand_ins.items import StandInRecord

EventFields: TypeAlias = dict[str, Any]
"""The writable fields of an event, as ``fields.validated`` makes them."""
NAME: Final = "google"
EVERYBODY: Final = "*"
KEPT: Final = timedelta(days=30)
_LONGEST_KEY: Final = 1024  # bytes that DynamoDB takes
_AT_ONCE: Final = 90  # of the 100 actions of a transaction


@dataclass
class Record:
    """A record. The fields in ``id_fields``, its path, tell it from others of its class.

    ``stored`` is its item as it was read.
    """

    id_fields: ClassVar[tuple[str, ...]]
    stored: StandInRecord | None = field(init=False, default=None, repr=False, compare=False)

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(getattr(self, name) for name in self.id_fields)


@dataclass
class Account(Record):
    """A person with a calendar, to which ``clients`` have access; or a service account, with a ``public_key`` (PEM).

    ``revoked`` counts the revocations by client, and for all clients ("*"). A service account ``acts_for`` others where
    their domain lets it.
    """

    id_fields = ("email",)
    email: str
    clients: list[str] = field(default_factory=list)
    revoked: dict[str, int] = field(default_factory=dict)
    public_key: str = ""
    acts_for: list[str] = field(default_factory=list)

    def epoch(self, client_id: str) -> int:
        """A number that changes with each revocation of the client's grants."""
        return self.revoked.get(client_id, 0) + self.revoked.get(EVERYBODY, 0)

    def end(self, client_id: str) -> None:
        """Revoke the grants of a client, or of EVERYBODY."""
        self.revoked[client_id] = self.revoked.get(client_id, 0) + 1
        self.clients = [other for other in self.clients if client_id not in (other, EVERYBODY)]


@dataclass
class Client(Record):
    """A program that asks people for access."""

    id_fields = ("client_id",)
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: list[str]


@dataclass
class Granted(Record):
    """A client's grant for an account, good while its epoch is the account's; identified by a ``secret``."""

    id_fields = ("secret",)
    secret: str = field(repr=False)
    client_id: str
    account: str
    epoch: int
    scope: str


@dataclass
class Code(Granted):
    """A code, good once; ``is_offline``: for a refresh token too."""

    redirect_uri: str
    code_challenge: str
    is_offline: bool
    expires_at: str
    is_used: bool = False


@dataclass
class Refresh(Granted):
    """A refresh token."""


@dataclass
class Access(Granted):
    """An access token; ``is_service``: of a service account that acts for itself."""

    expires_at: str
    is_service: bool = False


@dataclass
class Calendar(Record):
    """``changes`` counts every change of its events; ``incarnation`` changes each time it is emptied."""

    id_fields = ("calendar_id",)
    calendar_id: str
    owner: str
    summary: str
    time_zone: str
    incarnation: str
    description: str = ""
    changes: int = 0
    shared: dict[str, str] = field(default_factory=dict)


@dataclass
class Event(Record):
    """``fields`` are those that callers may write; ``place`` is the calendar's count at its last change.

    ``writes`` counts the operations on it: ``{"insert": 1, "patch": 2, "person_delete": 1}``.
    """

    id_fields = ("calendar_id", "event_id")
    calendar_id: str
    event_id: str
    fields: EventFields
    created: str
    creator: str
    organizer: str
    ical_uid: str
    updated: str = ""
    place: int = 0
    sequence: int = 0
    writes: dict[str, int] = field(default_factory=dict)


class Fault(TypedDict):
    """``how`` the next ``times`` calls of an operation on a calendar go wrong; a slow call takes ``seconds``."""

    calendar: str
    operation: str
    how: str
    times: int
    seconds: float


@dataclass
class Faults(Record):
    """The faults of the next calls, in the order in which they were ordered."""

    id_fields = ("name",)
    name: str = "all"
    waiting: list[Fault] = field(default_factory=list)


T = TypeVar("T", bound=Record)
R = TypeVar("R")


def find(of: type[T], *path: str) -> T | None:
    return _loaded(of, reads.get_item(_key(of, path))) if _is_storable(path) else None


def listed(of: type[T], *parents: str) -> list[T]:
    """All records of a class, or those below ``parents``, in the order of their ids; consistent."""
    partition = _key(of, (*parents, ""))[0]
    items = reads.span(partition, reads.LOWEST, reads.HIGHEST, consistent=True)
    return [record for item in items if (record := _loaded(of, item))]


def save(*changed: Record) -> None:
    """Save all of them or none. Raises ConditionFailed where one was changed, or made, since it was read."""
    with writes.transaction() as tx:
        for record in changed:
            tx.save(_item(record))


def change(of: type[T], *path: str, make: Callable[[], T], alter: Callable[[T], R]) -> R:
    """Alter the record, or the one that ``make`` makes, and save it; returns the result of ``alter``. Raises Busy.

    Where somebody was quicker, ``alter`` gets the record as it is by then. An exception of its changes nothing.
    """

    def alter_and_save(record: T) -> R:
        result = alter(record)
        save(record)
        return result

    return writes.retrying(lambda _: find(of, *path) or make(), alter_and_save)


def remove(records: Sequence[Record]) -> None:
    """Raises ConditionFailed where one was changed since it was read."""
    for first in range(0, len(records), _AT_ONCE):
        with writes.transaction() as tx:
            for record in records[first : first + _AT_ONCE]:
                tx.delete(_item(record))


def _is_storable(path: Sequence[str]) -> bool:
    return all(part and len(part.encode(errors="replace")) <= _LONGEST_KEY for part in path)


def _key(of: type[Record], path: Sequence[str]) -> Key:
    return keys.stand_in_record(NAME, "#".join([of.__name__.upper(), *path[:-1]]), path[-1])


def _loaded(of: type[T], item: StandInRecord | None) -> T | None:
    if item is None:
        return None
    record = of(**item.body)
    record.stored = item
    return record


def _item(record: Record) -> StandInRecord:
    item = record.stored or StandInRecord(*_key(type(record), record.path))
    item.body = {column.name: getattr(record, column.name) for column in fields(record) if column.init}
    item.expires_at = int((clock.now() + KEPT).timestamp())
    return item
