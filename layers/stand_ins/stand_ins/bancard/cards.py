"""Registered cards: a shop asks for them, a person registers them on a page, and an alias of one use charges them."""

from datetime import timedelta
from functools import partial
from typing import Final

from mostrador import clock
from mostrador.errors import Conflict
from mostrador.payments.rules import bancard
from stand_ins.bancard import messages, records
from stand_ins.bancard.messages import Denied
from stand_ins.bancard.records import Alias, Application, Registration, Wallet
from stand_ins.http import JSONObject

_DIGITS: Final = 19
_LIVES: Final = timedelta(minutes=10)
_PROCESSED: Final = "cards.bancard_proccesed"


class AlreadyRegistered(Conflict):
    code = "already_registered"
    en = "this request to register a card has been answered"
    es = "este pedido de catastro ya fue respondido"


def new(application: Application, sent: JSONObject) -> dict[str, object]:
    """A page on which a user registers a card. Raises Denied."""
    card_id, user_id = messages.number(sent, "card_id", _DIGITS), messages.number(sent, "user_id", _DIGITS)
    check_token(sent, bancard.new_card_token(application.private_key, card_id, user_id))
    for required in ("user_cell_phone", "user_mail"):
        messages.text(sent, required)
    return_url = messages.address(sent, "return_url")
    if card_id in _wallet(application, user_id).cards:
        raise Denied("CardAlreadyRegisteredByUserError")
    process_id = records.new_process_id()
    records.create(Registration(process_id, application.public_key, user_id, card_id, return_url))
    return {"status": "success", "process_id": process_id}


def listed(application: Application, sent: JSONObject, user_id: int) -> dict[str, object]:
    """The user's cards, each under a new alias. Raises Denied."""
    check_token(sent, bancard.cards_token(application.private_key, user_id))
    until = (clock.now() + _LIVES).isoformat()
    aliases = [
        Alias(records.new_alias(), application.public_key, user_id, card_id, until)
        for card_id in _wallet(application, user_id).cards
    ]
    if aliases:
        records.create(*aliases)
    attributes = sent.get("extra_response_attributes")
    extra = {"bancard_proccesed": True} if isinstance(attributes, list) and _PROCESSED in attributes else {}
    return {"status": "success", "cards": [_card(alias) | extra for alias in aliases]}


def delete(application: Application, sent: JSONObject, user_id: int) -> dict[str, object]:
    """Raises Denied."""
    alias_token = alias_of(sent)
    check_token(sent, bancard.delete_card_token(application.private_key, user_id, alias_token))
    alias = use(application, alias_token)
    if alias.user_id != user_id:
        raise Denied("CardNotFoundError")
    records.change(Wallet, _wallet(application, user_id).record_id, partial(_forget, card_id=alias.card_id))
    return {"status": "success"}


def use(application: Application, alias_token: str) -> Alias:
    """The card of an alias, which is thereby used up. Raises Denied."""
    try:
        alias = records.change(Alias, alias_token, partial(_used, public_key=application.public_key))
    except records.Unknown as error:
        raise Denied("CardNotFoundError") from error
    if alias.card_id not in _wallet(application, alias.user_id).cards:
        raise Denied("CardNotFoundError")
    return alias


def register(process_id: str, *, succeeds: bool) -> Registration:
    """Register the card as the person at the page decided. Raises Unknown, AlreadyRegistered."""
    registration = records.change(Registration, process_id, _done)
    if succeeds:
        wallet = Wallet(registration.public_key, registration.user_id, [registration.card_id])
        try:
            records.create(wallet)
        except records.ConditionFailed:
            records.change(Wallet, wallet.record_id, lambda known: known.cards.append(registration.card_id))
    return registration


def alias_of(sent: JSONObject) -> str:
    """Raises Denied."""
    alias_token = messages.text(sent, "alias_token")
    if not alias_token:
        raise Denied("CardNotFoundError")
    return alias_token


def check_token(sent: JSONObject, right: str) -> None:
    """Raises Denied."""
    if sent.get("token") != right:
        raise Denied("InvalidTokenError")


def _wallet(application: Application, user_id: int) -> Wallet:
    empty = Wallet(application.public_key, user_id)
    return records.find(Wallet, empty.record_id) or empty


def _used(alias: Alias, *, public_key: str) -> Alias:
    if alias.public_key != public_key:
        raise Denied("CardNotFoundError")
    if alias.is_over:
        raise Denied("CardAliasTokenExpiredError")
    alias.is_used = True
    return alias


def _done(registration: Registration) -> Registration:
    if registration.is_done:
        raise AlreadyRegistered
    registration.is_done = True
    return registration


def _forget(wallet: Wallet, *, card_id: int) -> None:
    if card_id not in wallet.cards:
        raise Denied("CardNotFoundError")
    wallet.cards.remove(card_id)


def _card(alias: Alias) -> dict[str, object]:
    return {
        "alias_token": alias.alias_token,
        "card_masked_number": "5418********0014",
        "expiration_date": "08/31",
        "card_brand": "MasterCard",
        "card_id": alias.card_id,
        "card_type": "credit",
    }
