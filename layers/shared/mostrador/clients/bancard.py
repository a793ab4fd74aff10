"""Bancard vPOS 2.0: a business's purchases, their state, their rollback, and its customers' registered cards.

Every function raises the errors of ``bancard_http``. No request is repeated: after GatewayUnknown, query the purchase
with ``confirmation``.

Bancard, "vPOS 2.0: Especificaciones Técnicas Single Buy", 1.22.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mostrador.clients import bancard_http
from mostrador.clients.bancard_http import Application, Call
from mostrador.payments.rules import bancard, bancard_masking
from mostrador.payments.rules.bancard import CURRENCY, BadResult, Key, Result

# Seconds. A charge waits for the card's issuer, which may take 49.
_QUERY_WAIT: Final = 8.0
_BUY_WAIT: Final = 12.0
_CARDS_WAIT: Final = 12.0
_CHARGE_WAIT: Final = 55.0


class PurchaseState(StrEnum):
    """The state of a purchase at Bancard."""

    PAID_OR_DECLINED = "PAID_OR_DECLINED"
    NOT_PAID = "NOT_PAID"
    ROLLED_BACK = "ROLLED_BACK"
    UNKNOWN_PURCHASE = "UNKNOWN_PURCHASE"


class RollbackOutcome(StrEnum):
    """The outcome of a rollback. TOO_LATE: only the business can still do it, in Bancard's portal."""

    DONE = "DONE"
    NOT_PAID = "NOT_PAID"
    ALREADY = "ALREADY"
    TOO_LATE = "TOO_LATE"
    UNKNOWN_PURCHASE = "UNKNOWN_PURCHASE"


# If Bancard names several keys, the first of these counts.
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
    """``amount`` comes from rules.bancard.amount_text, ``description`` from description_of."""

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
    """Bancard's answer about a purchase: the ``result`` of an attempt to pay, if any; ``raw`` is the masked answer."""

    result: Result | None
    state: PurchaseState
    raw: dict[str, object]


@dataclass(frozen=True, slots=True)
class ThreeDS:
    """The cardholder must authenticate first, on the page of ``process_id``."""

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
    """The id of the page on which the purchase is paid. Bancard gives it once: a repeat is a DuplicateProcess."""
    call = Call("single_buy", "/single_buy", _BUY_WAIT)
    token = bancard.single_buy_token(application.private_key, purchase.process_id, purchase.amount, CURRENCY)
    # The id is a number here and a text in the queries below, as in Bancard's examples.
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
    return _page(call, bancard_http.request_success(application, call, fields))


def confirmation(application: Application, process_id: int) -> PurchaseAnswer:
    """Bancard's answer about a purchase."""
    call = Call("confirmation", "/single_buy/confirmations", _QUERY_WAIT)
    token = bancard.confirmation_query_token(application.private_key, process_id)
    answer = bancard_http.request(application, call, {"token": token, "shop_process_id": str(process_id)})
    if bancard_http.is_success(answer):
        return _with_result(call, answer, process_id)
    return PurchaseAnswer(None, bancard_http.meaning_of(call, answer, _STANDINGS), bancard_masking.masked(answer))


def rollback(application: Application, process_id: int) -> RollbackOutcome:
    """Give a payment back, or make sure that none will be made. It can be repeated."""
    call = Call("rollback", "/single_buy/rollback", _QUERY_WAIT)
    token = bancard.rollback_token(application.private_key, process_id)
    answer = bancard_http.request(application, call, {"token": token, "shop_process_id": str(process_id)})
    if not bancard_http.is_success(answer):
        return bancard_http.meaning_of(call, answer, _ROLLBACKS)
    if Key.ROLLBACK_SUCCESSFUL not in {message.key for message in bancard.messages_of(answer)}:
        raise bancard_http.unknown(call, "it does not say that it rolled back")
    return RollbackOutcome.DONE


def new_card(application: Application, *, card_id: int, user_id: int, phone: str, mail: str, return_url: str) -> str:
    """The id of the page on which a user registers a card. ``card_id`` is ours; ``phone`` as dialled in Paraguay."""
    call = Call("new_card", "/cards/new", _CARDS_WAIT)
    fields = {
        "token": bancard.new_card_token(application.private_key, card_id, user_id),
        "card_id": card_id,
        "user_id": user_id,
        "user_cell_phone": phone,
        "user_mail": mail,
        "return_url": return_url,
    }
    return _page(call, bancard_http.request_success(application, call, fields))


def cards(application: Application, user_id: int) -> list[Card]:
    """The user's registered cards, each with a fresh alias."""
    call = Call("cards", f"/users/{user_id}/cards", _CARDS_WAIT)
    token = bancard.cards_token(application.private_key, user_id)
    raw_cards = bancard_http.request_success(application, call, {"token": token}).get("cards")
    if not isinstance(raw_cards, list):
        raise bancard_http.unknown(call, "it has no list of cards")
    return [_card(call, raw) for raw in raw_cards]


def charge(application: Application, purchase: Charge) -> PurchaseAnswer | ThreeDS:
    """Charge a registered card: its result, or the page for 3-D Secure where the issuer requires that."""
    call = Call("charge", "/charge", _CHARGE_WAIT)
    fields = {
        "token": bancard.charge_token(
            application.private_key, purchase.process_id, purchase.amount, CURRENCY, purchase.alias_token
        ),
        "shop_process_id": purchase.process_id,
        "amount": purchase.amount,
        "currency": CURRENCY,
        "number_of_payments": purchase.number_of_payments,
        "additional_data": purchase.additional_data,
        "description": purchase.description,
        "alias_token": purchase.alias_token,
    }
    # Without a page to come back to there can be no 3-D Secure.
    if purchase.return_url:
        fields |= {"return_url": purchase.return_url, "extra_response_attributes": ["confirmation.process_id"]}
    answer = bancard_http.request_success(application, call, fields)
    raw_result = _raw_result(answer)
    merged = {**answer, **raw_result}
    if raw_result.get("response") is None and "process_id" in merged:
        return ThreeDS(_page(call, merged))
    return _with_result(call, answer, purchase.process_id)


def delete_card(application: Application, user_id: int, alias_token: str) -> None:
    """Delete a registered card."""
    call = Call("delete_card", f"/users/{user_id}/cards", _CARDS_WAIT, method="DELETE")
    token = bancard.delete_card_token(application.private_key, user_id, alias_token)
    bancard_http.request_success(application, call, {"token": token, "alias_token": alias_token})


def _raw_result(answer: Mapping[str, object]) -> Mapping[str, object]:
    """The result in an answer, from ``confirmation`` or ``operation``; empty where it has none."""
    parts = (answer.get(name) for name in ("confirmation", "operation"))
    return next((part for part in parts if isinstance(part, dict)), {})


def _with_result(call: Call, answer: Mapping[str, object], process_id: int) -> PurchaseAnswer:
    try:
        result = bancard.result_of(_raw_result(answer))
    except BadResult as error:
        raise bancard_http.unknown(call, f"its {error.facts['field']} is not right") from error
    if result.process_id != process_id:
        raise bancard_http.unknown(call, "it is about another purchase")
    return PurchaseAnswer(result, PurchaseState.PAID_OR_DECLINED, bancard_masking.masked(answer))


def _page(call: Call, answer: Mapping[str, object]) -> str:
    page = answer.get("process_id")
    if not isinstance(page, str) or not re.fullmatch("[!-~]{1,60}", page):
        raise bancard_http.unknown(call, "it has no process_id")
    return page


def _card(call: Call, raw: object) -> Card:
    """Bancard masks the card's number; ``expiration_date`` is month and year."""
    fields = raw if isinstance(raw, dict) else {}
    card_id = fields.get("card_id")
    if not isinstance(card_id, int | str) or not re.fullmatch("[0-9]{1,19}", str(card_id)):
        raise bancard_http.unknown(call, "one of its cards is not right")
    texts = ("alias_token", "card_masked_number", "expiration_date", "card_brand", "card_type")
    alias, number, expiration, brand, card_type = (_short(fields.get(name)) for name in texts)
    return Card(int(card_id), alias, number, expiration, brand, card_type)


def _short(value: object) -> str:
    return value[:255] if isinstance(value, str) else ""
