"""Bancard vPOS 2.0: the signatures of messages and their meaning.

A message's token is an MD5 over the business's private key and some of its fields, concatenated without a separator.
``response`` and ``response_code`` are not among them. So anybody with one token can forge a result: a token is never
stored or logged (see ``bancard_masking``).

Bancard, "vPOS 2.0: Especificaciones Técnicas Single Buy", 1.22.
"""

import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from hashlib import md5
from typing import Final

from mostrador.errors import Invalid
from mostrador.payments.rules.bancard_masking import HIDDEN, is_id, printable, shown
from mostrador.tenancy.rules.integration_states import BANCARD_CURRENCY
from mostrador.values.next_actions import NextAction

CURRENCY: Final = BANCARD_CURRENCY
DESCRIPTION: Final = 20
"""Longest description of a purchase that Bancard shows the payer, in characters."""

_MOST_READ: Final = 500
"""Characters of a text from which a description is made."""
_NO_AMOUNT: Final = "0.00"
_LARGEST: Final = Decimal(10) ** 13
_NUMBERS: Final = frozenset("shop_process_id amount authorization_number ticket_number".split())


class Key(StrEnum):
    """The keys of Bancard's messages that change our decisions."""

    INVALID_TOKEN = "InvalidTokenError"
    INVALID_PUBLIC_KEY = "InvalidPublicKeyError"
    PUBLIC_KEY_NOT_FOUND = "PublicKeyNotFoundError"
    APPLICATION_NOT_FOUND = "ApplicationNotFoundError"
    UNAUTHORIZED_OPERATION = "UnauthorizedOperationError"
    INVALID_OPERATION = "InvalidOperationError"
    BUY_NOT_FOUND = "BuyNotFoundError"
    PAYMENT_NOT_FOUND = "PaymentNotFoundError"
    ALREADY_ROLLBACKED = "AlreadyRollbackedError"
    TRANSACTION_ALREADY_CONFIRMED = "TransactionAlreadyConfirmed"
    POS_COMMUNICATION = "PosCommunicationError"
    ROLLBACK_SUCCESSFUL = "RollbackSuccessful"


class BadGatewayAmount(Invalid):
    code = "invalid_amount_for_gateway"
    en = "{value} cannot be paid through the gateway: it takes a whole, positive number of guaranies"
    es = "{value} no se puede cobrar por la pasarela: admite un número entero y positivo de guaraníes"
    next_action = NextAction.PAY_AT_BUSINESS


class BadResult(Invalid):
    code = "invalid_gateway_message"
    en = "{field} of the gateway's message cannot be {value}"
    es = "un dato del mensaje de la pasarela no es válido"


@dataclass(frozen=True, slots=True)
class Signed:
    """The part of a message that its token signs. ``amount`` is the signed text; see ``is_genuine`` for ``token``."""

    process_id: int
    amount: str
    currency: str
    token: str = field(repr=False)

    @property
    def exact_amount(self) -> Decimal:
        return Decimal(self.amount)


@dataclass(frozen=True, slots=True)
class Result(Signed):
    """The result of a purchase. Its token, which does not sign all of it, is not verified yet."""

    response: str
    response_code: str
    response_description: str
    authorization_number: str | None
    ticket_number: str | None

    @property
    def is_approved(self) -> bool:
        """Whether it was paid. ``response`` "S" means only processed: a declined card has it too."""
        return self.response == "S" and self.response_code == "00"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of Bancard's answer, without secrets."""

    key: str
    description: str


def single_buy_token(private_key: str, process_id: int, amount: str, currency: str) -> str:
    """The token of a purchase; ``amount`` is the text that is sent, from amount_text."""
    return _md5(private_key, process_id, amount, currency)


def confirm_token(private_key: str, process_id: int, amount: str, currency: str) -> str:
    """Bancard's token of a result; the token of a rollback's notice has the amount ``"0.00"``."""
    return _md5(private_key, process_id, "confirm", amount, currency)


def confirmation_query_token(private_key: str, process_id: int) -> str:
    """The token of a query for a purchase's result."""
    return _md5(private_key, process_id, "get_confirmation")


def rollback_token(private_key: str, process_id: int) -> str:
    """The token of a rollback. It has no currency: the manual's line says otherwise, and is wrong."""
    return _md5(private_key, process_id, "rollback", _NO_AMOUNT)


def new_card_token(private_key: str, card_id: int, user_id: int) -> str:
    """The token of a request to register a card."""
    return _md5(private_key, card_id, user_id, "request_new_card")


def cards_token(private_key: str, user_id: int) -> str:
    """The token of a query for a user's cards."""
    return _md5(private_key, user_id, "request_user_cards")


def delete_card_token(private_key: str, user_id: int, alias_token: str) -> str:
    """The token of a request to delete a card."""
    return _md5(private_key, "delete_card", user_id, alias_token)


def charge_token(private_key: str, process_id: int, amount: str, currency: str, alias_token: str) -> str:
    """The token of a charge on a registered card, and perhaps of its result."""
    return _md5(private_key, process_id, "charge", amount, currency, alias_token)


def amount_text(amount: Decimal) -> str:
    """``Decimal(10330)`` -> ``"10330.00"``, the text that is sent and signed. Raises BadGatewayAmount."""
    if not amount.is_finite() or not 0 < amount < _LARGEST or amount != amount.to_integral_value():
        raise BadGatewayAmount(value=shown(str(amount)))
    return f"{amount:.2f}"


def description_of(text: str) -> str:
    """``text`` for the payer: 20 characters at most, cut between words where that leaves half of them."""
    plain = " ".join(printable(unicodedata.normalize("NFC", text[:_MOST_READ])).split())
    if len(plain) <= DESCRIPTION:
        return plain
    space = plain.rfind(" ", 0, DESCRIPTION + 1)
    return plain[: space if space >= DESCRIPTION // 2 else DESCRIPTION].rstrip(" ,;:-·(")


def process_id_of(entropy: int) -> int:
    """The id of a purchase from a random integer: 15 digits, the first of them 1-9 (a leading zero would be lost)."""
    return 10**14 + entropy % (9 * 10**14)


def signed_of(raw: object) -> Signed:
    """The signed part of a notice's ``operation`` or an answer's ``confirmation``, and no more. Raises BadResult.

    A missing token is read as an empty one, which is never genuine.
    """
    if not isinstance(raw, Mapping):
        raise BadResult(field="operation", value=type(raw).__name__)
    return Signed(
        process_id=int(_matching(raw, "shop_process_id", "[1-9][0-9]{0,18}")),
        amount=_matching(raw, "amount", r"[0-9]{1,13}(\.[0-9]{1,2})?"),
        currency=_matching(raw, "currency", "[A-Z]{3}"),
        token=_matching(raw, "token", r"(?s).{0,64}"),
    )


def result_of(raw: object) -> Result:
    """The result in a notice's ``operation`` or an answer's ``confirmation``. Raises BadResult."""
    signed = signed_of(raw)
    if not isinstance(raw, Mapping):  # signed_of has refused it
        raise BadResult(field="operation", value=type(raw).__name__)
    return Result(
        process_id=signed.process_id,
        amount=signed.amount,
        currency=signed.currency,
        token=signed.token,
        response=_matching(raw, "response", "[SN]"),
        response_code=_matching(raw, "response_code", "[0-9A-Za-z]{1,4}"),
        response_description=_optional(raw, "response_description") or "",
        authorization_number=_optional(raw, "authorization_number"),
        ticket_number=_optional(raw, "ticket_number"),
    )


def is_rollback_notice(result: Signed) -> bool:
    """Whether the message is about a rollback, and not about a payment."""
    return result.exact_amount == 0


def is_genuine(
    result: Signed, private_keys: Iterable[str], *, stored_amount: str | None = None, alias_token: str | None = None
) -> bool:
    """Whether the token was made with one of the ``private_keys``; the time this takes does not tell which.

    ``stored_amount`` is the amount as we sent it, since Bancard may sign another spelling of it. ``alias_token`` is
    the card's, for a charge.
    """
    amounts = {result.amount}
    if stored_amount is not None and Decimal(stored_amount) == result.exact_amount:
        amounts.add(stored_amount)
    if is_rollback_notice(result):
        amounts.add(_NO_AMOUNT)
    given = result.token.encode("utf-8", "surrogatepass")
    matches = [
        hmac.compare_digest(candidate.encode(), given)
        for private_key in private_keys
        for amount in sorted(amounts)
        for candidate in _candidates(result, private_key, amount, alias_token)
    ]
    return any(matches)


def messages_of(raw: object) -> tuple[Message, ...]:
    """All messages of an answer, those with a key of Key first; entries of another shape are skipped."""
    entries = raw.get("messages") if isinstance(raw, Mapping) else None
    messages = [
        Message(shown(entry["key"]), shown(entry["dsc"]) if isinstance(entry.get("dsc"), str) else "")
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, Mapping) and isinstance(entry.get("key"), str)
    ]
    return tuple(sorted(messages, key=lambda message: message.key not in set(Key)))


def _md5(*parts: str | int) -> str:
    return md5("".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def _candidates(result: Signed, private_key: str, amount: str, alias_token: str | None) -> Iterator[str]:
    yield confirm_token(private_key, result.process_id, amount, result.currency)
    if alias_token is not None:
        yield charge_token(private_key, result.process_id, amount, result.currency, alias_token)


def _matching(raw: Mapping[object, object], name: str, pattern: str) -> str:
    text = _text(raw, name)
    if not re.fullmatch(pattern, text):
        raise BadResult(field=name, value=HIDDEN if name == "token" else shown(repr(text[:40])))
    return text


def _optional(raw: Mapping[object, object], name: str) -> str | None:
    return shown(_text(raw, name)) or None


def _text(raw: Mapping[object, object], name: str) -> str:
    """A field as it was written; ``""`` where it is missing. Raises BadResult."""
    value = raw.get(name)
    if value is None:
        return ""
    if isinstance(value, str) or _is_number_of(name, value):
        return str(value)
    raise BadResult(field=name, value=HIDDEN if name == "token" else type(value).__name__)


def _is_number_of(name: str, value: object) -> bool:
    """Whether the field may be written as this number."""
    if name == "amount" and isinstance(value, float | Decimal):
        return True
    return name in _NUMBERS and is_id(value) and not isinstance(value, bool)
