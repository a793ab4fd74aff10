"""What the stand-in knows: each thing one item under keys of its own, and every change conditional on its version."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, Final, TypeVar

from mostrador import clock
from mostrador.errors import Busy
from mostrador.table import keys, reads, writes
from mostrador.table.keys import Key
from mostrador.table.writes import ConditionFailed
from stand_ins.items import StandInRecord

NAME: Final = "google"
EVERYBODY: Final = "*"
KEPT: Final = timedelta(days=30)
_LONGEST_KEY: Final = 1024  # bytes that DynamoDB takes
_AT_ONCE: Final = 90  # of the 100 actions of a transaction


@dataclass
class Record:
    """Something known; ``path`` tells it from others of its class. ``stored`` is its item as it was read."""

    stored: StandInRecord | None = field(init=False, default=None, repr=False, compare=False)

    @property
    def path(self) -> tuple[str, ...]:
        raise NotImplementedError


@dataclass
class Account(Record):
    """Somebody who has a calendar, and lets ``clients`` into it.

    ``revoked`` counts, by client and for all of them ("*"), how often what was granted ended. A service account has a
    ``public_key`` (PEM), and ``acts_for`` others where a domain lets it.
    """

    email: str
    clients: list[str] = field(default_factory=list)
    revoked: dict[str, int] = field(default_factory=dict)
    public_key: str = ""
    acts_for: list[str] = field(default_factory=list)

    @property
    def path(self) -> tuple[str, ...]:
        return (self.email,)

    def epoch(self, client_id: str) -> int:
        """Another after each end of what the client was granted."""
        return self.revoked.get(client_id, 0) + self.revoked.get(EVERYBODY, 0)

    def end(self, client_id: str) -> None:
        """Revoke what a client, or EVERYBODY, was granted."""
        self.revoked[client_id] = self.revoked.get(client_id, 0) + 1
        self.clients = [one for one in self.clients if client_id not in (one, EVERYBODY)]


@dataclass
class Client(Record):
    """A program that asks people to be let in."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: list[str]

    @property
    def path(self) -> tuple[str, ...]:
        return (self.client_id,)


@dataclass
class Granted(Record):
    """What a client may do for an account, as long as its epoch is the account's; told by a ``secret``."""

    secret: str = field(repr=False)
    client_id: str
    account: str
    epoch: int
    scope: str

    @property
    def path(self) -> tuple[str, ...]:
        return (self.secret,)


@dataclass
class Code(Granted):
    """Good once, for a refresh token too where ``is_offline``."""

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
    """An access token; ``is_service``: of a service account that acts for nobody."""

    expires_at: str
    is_service: bool = False


@dataclass
class Calendar(Record):
    """``changes`` counts every change of its events; ``incarnation`` is another each time it is emptied."""

    calendar_id: str
    owner: str
    summary: str
    time_zone: str
    incarnation: str
    description: str = ""
    changes: int = 0
    shared: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> tuple[str, ...]:
        return (self.calendar_id,)


@dataclass
class Event(Record):
    """``fields`` are those that callers may write; ``place`` is the calendar's count when it was last changed.

    ``writes`` counts what was done to it: ``{"insert": 1, "patch": 2, "person_delete": 1}``.
    """

    calendar_id: str
    event_id: str
    fields: dict[str, Any]
    created: str
    creator: str
    organizer: str
    ical_uid: str
    updated: str = ""
    place: int = 0
    sequence: int = 0
    writes: dict[str, int] = field(default_factory=dict)

    @property
    def path(self) -> tuple[str, ...]:
        return self.calendar_id, self.event_id


@dataclass
class Behaviours(Record):
    """How the next calls go wrong, in the order in which that was asked for."""

    waiting: list[dict[str, Any]] = field(default_factory=list)

    @property
    def path(self) -> tuple[str, ...]:
        return ("all",)


T = TypeVar("T", bound=Record)
R = TypeVar("R")


def find(of: type[T], *path: str) -> T | None:
    return _loaded(of, reads.one(_key(of, path))) if _is_storable(path) else None


def listed(of: type[T], *parents: str) -> list[T]:
    """All of a kind, or of what ``parents`` names, in the order of their ids; consistent."""
    partition = _key(of, (*parents, ""))[0]
    found = reads.span(partition, reads.LOWEST, reads.HIGHEST, consistent=True)
    return [one for item in found if (one := _loaded(of, item))]


def save(*changed: Record) -> None:
    """All of them or none. Raises Refused where one was changed, or made, since it was read."""
    with writes.transaction() as tx:
        for record in changed:
            tx.save(_item(record))


def again(act: Callable[[], R]) -> R:
    """What ``act`` gives, asked once more whenever somebody was quicker. Raises Busy."""
    for _ in writes.attempts():
        try:
            return act()
        except ConditionFailed:
            continue
    raise Busy


def change(of: type[T], *path: str, make: Callable[[], T], alter: Callable[[T], R]) -> R:
    """What ``alter`` gives of the record, or of the one that ``make`` makes, which is then stored. Raises Busy.

    What ``alter`` raises changes nothing.
    """

    def act() -> R:
        record = find(of, *path) or make()
        given = alter(record)
        save(record)
        return given

    return again(act)


def remove(gone: Sequence[Record]) -> None:
    """Raises Refused where one was changed since it was read."""
    for first in range(0, len(gone), _AT_ONCE):
        with writes.transaction() as tx:
            for record in gone[first : first + _AT_ONCE]:
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
    item.body = {one.name: getattr(record, one.name) for one in fields(record) if one.init}
    item.expires_at = int((clock.now() + KEPT).timestamp())
    return item
