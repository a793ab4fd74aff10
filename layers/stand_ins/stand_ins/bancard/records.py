"""What the stand-in knows: each thing one item under keys of its own, and every change one conditional write."""

import secrets
import string
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from mostrador import clock
from mostrador.errors import Busy, NotFound
from mostrador.table import keys, reads, writes
from mostrador.table.keys import Key
from mostrador.table.writes import ConditionFailed
from stand_ins.items import StandInRecord

__all__ = ["ConditionFailed"]

NAME: Final = "bancard"
KEPT: Final = timedelta(days=30)
_ZONE: Final = ZoneInfo("America/Asuncion")
_LETTERS: Final = string.ascii_letters + string.digits
_ODD: Final = "*-_."


class Unknown(NotFound):
    code = "unknown_to_stand_in"
    en = "the stand-in knows no {kind} {id}"
    es = "la pasarela de práctica no conoce {kind} {id}"


class PurchaseState(StrEnum):
    """Of a purchase; CLOSED: taken back before it was paid."""

    OPEN = "OPEN"
    DECLINED = "DECLINED"
    PAID = "PAID"
    CLOSED = "CLOSED"
    ROLLED_BACK = "ROLLED_BACK"


@dataclass
class Record:
    """Something known; ``record_id`` tells it from others of its class."""

    @property
    def record_id(self) -> str:
        raise NotImplementedError


@dataclass
class Application(Record):
    """A shop; ``days`` are how many days it is ahead, ``behaviours`` what its next calls will meet."""

    public_key: str
    private_key: str = field(repr=False)
    confirmation_url: str
    days: int = 0
    behaviours: list[dict[str, Any]] = field(default_factory=list)

    @property
    def record_id(self) -> str:
        return self.public_key

    @property
    def day(self) -> str:
        """Today, for this shop; payments are taken back on the day they were made."""
        return f"{clock.now().astimezone(_ZONE) + timedelta(days=self.days):%Y-%m-%d}"


@dataclass
class Purchase(Record):
    """``outcome`` and ``charged`` are how it was paid and what amount that was; a charge has an ``alias_token``."""

    public_key: str
    shop_process_id: int
    process_id: str
    amount: str
    currency: str
    description: str
    return_url: str
    cancel_url: str
    additional_data: str
    alias_token: str | None = field(default=None, repr=False)
    state: str = PurchaseState.OPEN
    outcome: str | None = None
    charged: str | None = None
    paid_on: str | None = None
    confirmations: list[dict[str, Any]] = field(default_factory=list)

    @property
    def record_id(self) -> str:
        return of_shop(self.public_key, self.shop_process_id)


@dataclass
class Process(Record):
    """The page on which a purchase is paid."""

    process_id: str
    purchase: str

    @property
    def record_id(self) -> str:
        return self.process_id


@dataclass
class Registration(Record):
    """The page on which a card is registered."""

    process_id: str
    public_key: str
    user_id: int
    card_id: int
    return_url: str
    is_done: bool = False

    @property
    def record_id(self) -> str:
        return self.process_id


@dataclass
class Wallet(Record):
    """The ids of the cards that a user of a shop has registered."""

    public_key: str
    user_id: int
    cards: list[int] = field(default_factory=list)

    @property
    def record_id(self) -> str:
        return of_shop(self.public_key, self.user_id)


@dataclass
class Alias(Record):
    """What a card is called once, for a short time."""

    alias_token: str = field(repr=False)
    public_key: str
    user_id: int
    card_id: int
    expires_at: str
    is_used: bool = False

    @property
    def record_id(self) -> str:
        return self.alias_token

    @property
    def is_over(self) -> bool:
        return self.is_used or clock.now() >= datetime.fromisoformat(self.expires_at)


T = TypeVar("T", bound=Record)
R = TypeVar("R")


def of_shop(public_key: str, number: int) -> str:
    """The id of a record for which a shop has a number of its own."""
    return f"{public_key}#{number}"


def new_process_id() -> str:
    """20 characters, of which one needs to be encoded in an address or surprises whoever thinks of letters."""
    letters = [secrets.choice(_LETTERS) for _ in range(20)]
    letters[4] = secrets.choice(_ODD)
    return "".join(letters)


def new_alias() -> str:
    return secrets.token_hex(20)


def find(of: type[T], record_id: str) -> T | None:
    found = reads.one(_key(of, record_id))
    return of(**found.body) if found else None


def get(of: type[T], record_id: str) -> T:
    """Raises Unknown."""
    found = find(of, record_id)
    if found is None:
        raise Unknown(kind=of.__name__.lower(), id=record_id.rpartition("#")[2])
    return found


def create(*made: Record) -> None:
    """All of them or none. Raises Refused where there is one already."""
    with writes.transaction() as tx:
        for one in made:
            tx.save(StandInRecord(*_key(type(one), one.record_id), body=asdict(one), expires_at=_expires_at()))


def change(of: type[T], record_id: str, alter: Callable[[T], R]) -> R:
    """What ``alter`` gives of the record as it is, which then becomes what ``alter`` made of it. Raises Unknown, Busy.

    Where somebody was quicker, ``alter`` is asked again; what it raises changes nothing.
    """
    for _ in writes.attempts():
        item = reads.one(_key(of, record_id))
        if item is None:
            raise Unknown(kind=of.__name__.lower(), id=record_id.rpartition("#")[2])
        record = of(**item.body)
        given = alter(record)
        item.body, item.expires_at = asdict(record), _expires_at()
        try:
            with writes.transaction() as tx:
                tx.save(item)
        except ConditionFailed:
            continue
        return given
    raise Busy


def _key(of: type[Record], record_id: str) -> Key:
    return keys.stand_in_record(NAME, of.__name__.upper(), record_id)


def _expires_at() -> int:
    return int((clock.now() + KEPT).timestamp())
