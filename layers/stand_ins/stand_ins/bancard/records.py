"""The stand-in's records: each is one item under keys of its own, and each change one conditional write."""

import secrets
import string
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final, TypedDict, TypeVar
from zoneinfo import ZoneInfo

from mostrador import clock
from mostrador.errors import NotFound
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
    es = "la pasarela de práctica no conoce esto: {id}"


class PurchaseState(StrEnum):
    """The state of a purchase; CLOSED: rolled back before it was paid."""

    OPEN = "OPEN"
    DECLINED = "DECLINED"
    PAID = "PAID"
    CLOSED = "CLOSED"
    ROLLED_BACK = "ROLLED_BACK"


@dataclass
class Record:
    """A record. The fields in ``id_fields`` tell it from others of its class."""

    id_fields: ClassVar[tuple[str, ...]]

    @property
    def record_id(self) -> str:
        return "#".join(str(getattr(self, name)) for name in self.id_fields)


class FaultOrder(TypedDict):
    """``how`` the next ``times`` calls of an operation go wrong; a slow call takes ``seconds``."""

    operation: str
    how: str
    times: int
    seconds: float


class ShopAnswer(TypedDict):
    """A shop's answer to a confirmation: a status and a text, or the name of an error."""

    status: int | None
    answer: str | None
    error: str | None


class Confirmation(ShopAnswer):
    """A confirmation that was posted to the shop at ``url``, and its answer."""

    at: str
    url: str
    sent: object


@dataclass
class Application(Record):
    """A shop. It is ``days`` days ahead; ``faults`` are those of its next calls."""

    id_fields = ("public_key",)
    public_key: str
    private_key: str = field(repr=False)
    confirmation_url: str
    days: int = 0
    faults: list[FaultOrder] = field(default_factory=list)

    @property
    def day(self) -> str:
        """Today, for this shop; a payment can be rolled back on its own day only."""
        return f"{clock.now().astimezone(_ZONE) + timedelta(days=self.days):%Y-%m-%d}"


@dataclass
class Purchase(Record):
    """``outcome`` and ``charged`` are the payer's choice and the paid amount; a charge has an ``alias_token``."""

    id_fields = ("public_key", "shop_process_id")
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
    confirmations: list[Confirmation] = field(default_factory=list)


@dataclass
class Process(Record):
    """The page on which a purchase is paid."""

    id_fields = ("process_id",)
    process_id: str
    purchase: str


@dataclass
class Registration(Record):
    """The page on which a card is registered."""

    id_fields = ("process_id",)
    process_id: str
    public_key: str
    user_id: int
    card_id: int
    return_url: str
    is_done: bool = False


@dataclass
class Wallet(Record):
    """The ids of the cards that a user of a shop has registered."""

    id_fields = ("public_key", "user_id")
    public_key: str
    user_id: int
    cards: list[int] = field(default_factory=list)


@dataclass
class Alias(Record):
    """A name of a card, good once and for a short time."""

    id_fields = ("alias_token",)
    alias_token: str = field(repr=False)
    public_key: str
    user_id: int
    card_id: int
    expires_at: str
    is_used: bool = False

    @property
    def is_over(self) -> bool:
        return self.is_used or clock.now() >= datetime.fromisoformat(self.expires_at)


T = TypeVar("T", bound=Record)
R = TypeVar("R")


def of_shop(public_key: str, number: int) -> str:
    """The id of a record that has a number of the shop's."""
    return f"{public_key}#{number}"


def new_process_id() -> str:
    """20 characters; one of them is not a letter or digit, and may have to be encoded in an address."""
    letters = [secrets.choice(_LETTERS) for _ in range(20)]
    letters[4] = secrets.choice(_ODD)
    return "".join(letters)


def new_alias() -> str:
    return secrets.token_hex(20)


def find(of: type[T], record_id: str) -> T | None:
    item = reads.get_item(_key(of, record_id))
    return of(**item.body) if item else None


def get(of: type[T], record_id: str) -> T:
    """Raises Unknown."""
    record = find(of, record_id)
    if record is None:
        raise _unknown(of, record_id)
    return record


def create(*records: Record) -> None:
    """Store all of them or none. Raises ConditionFailed where there is one already."""
    with writes.transaction() as tx:
        for record in records:
            key = _key(type(record), record.record_id)
            tx.save(StandInRecord(*key, body=asdict(record), expires_at=_expires_at()))


def change(of: type[T], record_id: str, alter: Callable[[T], R]) -> R:
    """Alter a record and save it; returns the result of ``alter``. Raises Unknown, Busy.

    Where somebody was quicker, ``alter`` gets the record as it is by then. An exception of its changes nothing.
    """

    def load(_: int) -> StandInRecord:
        item: StandInRecord | None = reads.get_item(_key(of, record_id))
        if item is None:
            raise _unknown(of, record_id)
        return item

    def save(item: StandInRecord) -> R:
        record = of(**item.body)
        result = alter(record)
        item.body, item.expires_at = asdict(record), _expires_at()
        with writes.transaction() as tx:
            tx.save(item)
        return result

    return writes.retrying(load, save)


def _unknown(of: type[Record], record_id: str) -> Unknown:
    return Unknown(kind=of.__name__.lower(), id=record_id.rpartition("#")[2])


def _key(of: type[Record], record_id: str) -> Key:
    return keys.stand_in_record(NAME, of.__name__.upper(), record_id)


def _expires_at() -> int:
    return int((clock.now() + KEPT).timestamp())
