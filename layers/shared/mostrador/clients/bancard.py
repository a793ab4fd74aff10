"""Bancard vPOS 2.0: a shop's purchases, how they went, taking them back, and the cards that its customers registered.

``bancard_wire`` says what every function here raises. Nothing is asked twice: after GatewayUnknown ask how the
purchase stands, with confirmation.

Bancard, "vPOS 2.0: Especificaciones Técnicas Single Buy", 1.22.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from mostrador.clients import bancard_http as wire
from mostrador.clients.bancard_http import (
    Application,
    Call,
    DuplicateProcess,
    GatewayKeysRefused,
    GatewayRefused,
    GatewayUnknown,
)
from mostrador.payments.rules import bancard
from mostrador.payments.rules.bancard import CURRENCY, BadResult, Key, Result

__all__ = [
    "Application",
    "Card",
    "Charge",
    "DuplicateProcess",
    "GatewayKeysRefused",
    "GatewayRefused",
    "GatewayUnknown",
    "Purchase",
    "PurchaseAnswer",
    "PurchaseState",
    "RollbackOutcome",
    "ThreeDS",
    "cards",
    "charge",
    "confirmation",
    "delete_card",
    "new_card",
    "rollback",
    "single_buy",
]  # fmt: skip

# Seconds. A charge waits for the issuer, who may take 49.
_QUERY_WAIT: Final = 8.0
_BUY_WAIT: Final = 12.0
_CARDS_WAIT: Final = 12.0
_CHARGE_WAIT: Final = 55.0


class PurchaseState(StrEnum):
    """How a purchase stands with Bancard."""

    PAID_OR_DECLINED = "PAID_OR_DECLINED"
    NOT_PAID = "NOT_PAID"
    ROLLED_BACK = "ROLLED_BACK"
    UNKNOWN_PURCHASE = "UNKNOWN_PURCHASE"


class RollbackOutcome(StrEnum):
    """What came of taking a payment back; TOO_LATE: only the shop's portal can still do it."""

    DONE = "DONE"
    NOT_PAID = "NOT_PAID"
    ALREADY = "ALREADY"
    TOO_LATE = "TOO_LATE"
    UNKNOWN_PURCHASE = "UNKNOWN_PURCHASE"


# Where Bancard gives several reasons, the first here counts.
_STANDINGS: Final = {
    Key.ALREADY_ROLLBACKED: PurchaseState.ROLLED_BACK,
    Key.PAYMENT_NOT_FOUND: PurchaseState.NOT_PAID,
    Key.BUY_NOT_FOUND: PurchaseState.UNKNOWN_PURCHASE,
}
_ROLLBACKS: Final = {
    Key.TRANSACTION_ALREADY_CONFIRMED: RollbackOutcome.TOO_LATE,
    Key.ALREADY_ROLLBACKED: RollbackOutcome.ALREADY,
    Key.PAYMENT_NOT_FOUND: RollbackOutcome.NOT_PAID,
    Key.BUY_NOT_FOUND: RollbackOutcome.UNKNOWN_PURCHASE,
}


@dataclass(frozen=True, slots=True)
class Purchase:
    """``amount`` as rules.bancard.amount_text gives it, ``description`` as description_of does."""

    process_id: int
    amount: str
    description: str
    return_url: str
    cancel_url: str
    additional_data: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """A purchase with a registered card; with a ``return_url`` Bancard may ask for 3-D Secure."""

    process_id: int
    amount: str
    description: str
    alias_token: str = field(repr=False)
    number_of_payments: int = 1
    return_url: str = ""
    additional_data: str = ""


@dataclass(frozen=True, slots=True)
class PurchaseAnswer:
    """How a purchase stands: ``result`` where it was tried, ``raw`` what of the answer may be kept."""

    result: Result | None
    state: PurchaseState
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ThreeDS:
    """The cardholder has to prove themselves first, on the page of ``process_id``."""

    process_id: str


@dataclass(frozen=True, slots=True)
class Card:
    """A registered card; ``alias_token`` works once, for some ten minutes."""

    card_id: int
    alias_token: str = field(repr=False)
    masked_number: str = field(repr=False)
    expiration: str = field(repr=False)
    brand: str
    card_type: str


def single_buy(application: Application, purchase: Purchase) -> str:
    """The id of the page on which ``purchase`` is paid, which Bancard tells once: a repeat is a DuplicateProcess."""
    call = Call("single_buy", "/single_buy", _BUY_WAIT)
    token = bancard.single_buy_token(application.private_key, purchase.process_id, purchase.amount, CURRENCY)
    # The id is a number here and a text in the questions below, as in Bancard's own examples.
    fields = {
        "token": token,
        "shop_process_id": purchase.process_id,
        "amount": purchase.amount,
        "currency": CURRENCY,
        "additional_data": purchase.additional_data,
        "description": purchase.description,
        "return_url": purchase.return_url,
        "cancel_url": purchase.cancel_url,
    }
    return _page(call, wire.request_success(application, call, fields))


def confirmation(application: Application, process_id: int) -> PurchaseAnswer:
    """How a purchase stands."""
    call = Call("confirmation", "/single_buy/confirmations", _QUERY_WAIT)
    token = bancard.confirmation_query_token(application.private_key, process_id)
    answer = wire.request(application, call, {"token": token, "shop_process_id": str(process_id)})
    if wire.is_success(answer):
        return _told(call, answer, process_id)
    return PurchaseAnswer(None, wire.meaning_of(call, answer, _STANDINGS), bancard.masked(answer))


def rollback(application: Application, process_id: int) -> RollbackOutcome:
    """Take a payment back, or make sure that there will be none. May be repeated."""
    call = Call("rollback", "/single_buy/rollback", _QUERY_WAIT)
    token = bancard.rollback_token(application.private_key, process_id)
    answer = wire.request(application, call, {"token": token, "shop_process_id": str(process_id)})
    if not wire.is_success(answer):
        return wire.meaning_of(call, answer, _ROLLBACKS)
    if Key.ROLLBACK_SUCCESSFUL not in {message.key for message in bancard.messages_of(answer)}:
        raise wire.unknown(call, "it does not say that it rolled back")
    return RollbackOutcome.DONE


def new_card(application: Application, *, card_id: int, user_id: int, phone: str, mail: str, return_url: str) -> str:
    """The id of the page on which a user registers a card; ``card_id`` is ours, ``phone`` as dialled in Paraguay."""
    call = Call("new_card", "/cards/new", _CARDS_WAIT)
    fields = {
        "token": bancard.new_card_token(application.private_key, card_id, user_id),
        "card_id": card_id,
        "user_id": user_id,
        "user_cell_phone": phone,
        "user_mail": mail,
        "return_url": return_url,
    }
    return _page(call, wire.request_success(application, call, fields))


def cards(application: Application, user_id: int) -> list[Card]:
    """The user's registered cards, each with a fresh alias."""
    call = Call("cards", f"/users/{user_id}/cards", _CARDS_WAIT)
    token = bancard.cards_token(application.private_key, user_id)
    found = wire.request_success(application, call, {"token": token}).get("cards")
    if not isinstance(found, list):
        raise wire.unknown(call, "it has no list of cards")
    return [_card(call, one) for one in found]


def charge(application: Application, wanted: Charge) -> PurchaseAnswer | ThreeDS:
    """Charge a registered card: how that went, or the page where 3-D Secure is asked for."""
    call = Call("charge", "/charge", _CHARGE_WAIT)
    fields = {
        "token": bancard.charge_token(
            application.private_key, wanted.process_id, wanted.amount, CURRENCY, wanted.alias_token
        ),
        "shop_process_id": wanted.process_id,
        "amount": wanted.amount,
        "currency": CURRENCY,
        "number_of_payments": wanted.number_of_payments,
        "additional_data": wanted.additional_data,
        "description": wanted.description,
        "alias_token": wanted.alias_token,
    }
    # Without a page to come back to there can be no 3-D Secure.
    if wanted.return_url:
        fields |= {"return_url": wanted.return_url, "extra_response_attributes": ["confirmation.process_id"]}
    answer = wire.request_success(application, call, fields)
    wrapped = _wrapped(answer)
    if wrapped.get("response") is None and "process_id" in (asked := answer | wrapped):
        return ThreeDS(_page(call, asked))
    return _told(call, answer, wanted.process_id)


def delete_card(application: Application, user_id: int, alias_token: str) -> None:
    """Forget a registered card."""
    call = Call("delete_card", f"/users/{user_id}/cards", _CARDS_WAIT, method="DELETE")
    token = bancard.delete_card_token(application.private_key, user_id, alias_token)
    wire.request_success(application, call, {"token": token, "alias_token": alias_token})


def _wrapped(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The result in an answer, which stands in ``confirmation`` or in ``operation``."""
    found = (answer.get(name) for name in ("confirmation", "operation"))
    return next((one for one in found if isinstance(one, dict)), {})


def _told(call: Call, answer: Mapping[str, Any], process_id: int) -> PurchaseAnswer:
    try:
        result = bancard.result_of(_wrapped(answer))
    except BadResult as error:
        raise wire.unknown(call, f"its {error.facts['field']} is not right") from error
    if result.process_id != process_id:
        raise wire.unknown(call, "it is about another purchase")
    return PurchaseAnswer(result, PurchaseState.PAID_OR_DECLINED, bancard.masked(answer))


def _page(call: Call, answer: Mapping[str, Any]) -> str:
    page = answer.get("process_id")
    if not isinstance(page, str) or not re.fullmatch("[!-~]{1,60}", page):
        raise wire.unknown(call, "it has no process_id")
    return page


def _card(call: Call, raw: Any) -> Card:
    """Bancard gives a card's number masked, and ``expiration_date`` as month and year."""
    card_id = raw.get("card_id") if isinstance(raw, dict) else None
    if not isinstance(card_id, int | str) or not re.fullmatch("[0-9]{1,19}", str(card_id)):
        raise wire.unknown(call, "one of its cards is not right")
    texts = ("alias_token", "card_masked_number", "expiration_date", "card_brand", "card_type")
    alias, number, expiration, brand, kind = (_short(raw.get(name)) for name in texts)
    return Card(int(card_id), alias, number, expiration, brand, kind)


def _short(value: Any) -> str:
    return value[:255] if isinstance(value, str) else ""
