"""Bancard vPOS 2.0: what is signed and how, what its messages say, and what of them may be kept.

A message is proved by an MD5 over the shop's private key and some of its fields, concatenated without a separator.
``response`` and ``response_code`` are not among them, so who knows one token can forge a verdict: a token is never
stored or logged.

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
from typing import Any, Final

from mostrador.errors import Invalid

CURRENCY: Final = "PYG"
DESCRIPTION: Final = 20
"""The characters that the payer is shown of a purchase."""

_NO_AMOUNT: Final = "0.00"
_LARGEST: Final = Decimal(10) ** 13
_WIDEST_ID: Final = 10**19
_LONGEST: Final = 100
_MOST_KEYS: Final = 40
_HIDDEN: Final = "***"
# A token is 32 characters, a public key 32, a private key 40; but so are the keys of some messages.
_LIKE_A_SECRET: Final = re.compile(r"(?![A-Za-z]+Error\b)[0-9A-Za-z]{32,}")
_SECRET: Final = re.compile(
    "token|key|secret|passw|alias|card|cvv|cvc|expir|holder|phone|mail|address|security_code"
    "|(^|_)(ci|ip|ruc|pan|pin|cell|name|surname|document)(_|$)",
    re.IGNORECASE,
)
_NUMBERS: Final = frozenset("shop_process_id amount authorization_number ticket_number".split())
_NESTED: Final = frozenset("operation confirmation security_information messages".split())
_FIRST: Final = frozenset(
    "operation confirmation shop_process_id response response_code amount currency ticket_number".split()
)


class Key(StrEnum):
    """The keys of Bancard's messages that we act on."""

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


class BadResult(Invalid):
    code = "invalid_gateway_message"
    en = "{field} of the gateway's message cannot be {value}"
    es = "{field} del mensaje de la pasarela no puede ser {value}"


@dataclass(frozen=True, slots=True)
class Result:
    """How a payment went. ``amount`` is the text that was signed; ``token`` is not proved yet: see is_genuine."""

    process_id: int
    amount: str
    currency: str
    response: str
    response_code: str
    response_description: str
    token: str = field(repr=False)
    authorization_number: str | None
    ticket_number: str | None

    @property
    def is_approved(self) -> bool:
        """ "S" alone says that it was processed: a declined card comes as "S" as well."""
        return self.response == "S" and self.response_code == "00"

    @property
    def exact_amount(self) -> Decimal:
        return Decimal(self.amount)


@dataclass(frozen=True, slots=True)
class Message:
    """One of Bancard's remarks on a call, fit to be shown."""

    key: str
    description: str


def single_buy_token(private_key: str, process_id: int, amount: str, currency: str) -> str:
    """The signature of a purchase; ``amount`` is the very text that is sent, as amount_text gives it."""
    return _md5(private_key, process_id, amount, currency)


def confirm_token(private_key: str, process_id: int, amount: str, currency: str) -> str:
    """The signature that Bancard puts under a result; under the notice of a rollback over the amount ``"0.00"``."""
    return _md5(private_key, process_id, "confirm", amount, currency)


def confirmation_query_token(private_key: str, process_id: int) -> str:
    """The signature of the question how a purchase went."""
    return _md5(private_key, process_id, "get_confirmation")


def rollback_token(private_key: str, process_id: int) -> str:
    """The signature of a rollback, which has no currency (the manual's line says otherwise, and is wrong)."""
    return _md5(private_key, process_id, "rollback", _NO_AMOUNT)


def new_card_token(private_key: str, card_id: int, user_id: int) -> str:
    """The signature of a request to register a card."""
    return _md5(private_key, card_id, user_id, "request_new_card")


def cards_token(private_key: str, user_id: int) -> str:
    """The signature of the question which cards a user has."""
    return _md5(private_key, user_id, "request_user_cards")


def delete_card_token(private_key: str, user_id: int, alias_token: str) -> str:
    """The signature of forgetting a card."""
    return _md5(private_key, "delete_card", user_id, alias_token)


def charge_token(private_key: str, process_id: int, amount: str, currency: str, alias_token: str) -> str:
    """The signature of a charge on a registered card, and perhaps of its result."""
    return _md5(private_key, process_id, "charge", amount, currency, alias_token)


def amount_text(amount: Decimal) -> str:
    """``Decimal(10330)`` -> ``"10330.00"``, as it is both sent and signed. Raises BadGatewayAmount."""
    if not amount.is_finite() or not 0 < amount < _LARGEST or amount != amount.to_integral_value():
        raise BadGatewayAmount(value=_shown(str(amount)))
    return f"{amount:.2f}"


def description_of(text: str) -> str:
    """What the payer is shown of ``text``: 20 characters at most, cut between words where that leaves half of them."""
    plain = " ".join(_printable(unicodedata.normalize("NFC", text)).split())
    if len(plain) <= DESCRIPTION:
        return plain
    space = plain.rfind(" ", 0, DESCRIPTION + 1)
    return plain[: space if space >= DESCRIPTION // 2 else DESCRIPTION].rstrip(" ,;:-·(")


def process_id_of(entropy: int) -> int:
    """Any integer from 0 up as the id of a purchase: 15 digits, of which the first is 1-9 (a zero would be lost)."""
    return 10**14 + entropy % (9 * 10**14)


def result_of(raw: Any) -> Result:
    """The result that stands in a notice's ``operation`` or an answer's ``confirmation``. Raises BadResult.

    A missing token is an empty one, which no message is genuine with.
    """
    if not isinstance(raw, Mapping):
        raise BadResult(field="operation", value=type(raw).__name__)
    return Result(
        process_id=int(_matching(raw, "shop_process_id", "[1-9][0-9]{0,18}")),
        amount=_matching(raw, "amount", r"[0-9]{1,13}(\.[0-9]{1,2})?"),
        currency=_matching(raw, "currency", "[A-Z]{3}"),
        response=_matching(raw, "response", "[SN]"),
        response_code=_matching(raw, "response_code", "[0-9A-Za-z]{1,4}"),
        response_description=_optional(raw, "response_description") or "",
        token=_matching(raw, "token", r"(?s).{0,64}"),
        authorization_number=_optional(raw, "authorization_number"),
        ticket_number=_optional(raw, "ticket_number"),
    )


def is_rollback_notice(result: Result) -> bool:
    """Whether it tells that a payment was taken back, and not of a payment."""
    return result.exact_amount == 0


def is_genuine(
    result: Result, private_keys: Iterable[str], *, stored_amount: str | None = None, alias_token: str | None = None
) -> bool:
    """Whether the token is one that who has one of ``private_keys`` can make; how long it takes does not say which.

    ``stored_amount``: as it was sent, for where another spelling of the same amount was signed. ``alias_token``: the
    card's, for a charge.
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


def messages_of(raw: Any) -> tuple[Message, ...]:
    """All remarks of an answer, those with a key that we act on first; what is not a remark is passed over."""
    told = raw.get("messages") if isinstance(raw, Mapping) else None
    found = [
        Message(_shown(one["key"]), _shown(one["dsc"]) if isinstance(one.get("dsc"), str) else "")
        for one in (told if isinstance(told, list) else [])
        if isinstance(one, Mapping) and isinstance(one.get("key"), str)
    ]
    return tuple(sorted(found, key=lambda message: message.key not in set(Key)))


def masked(raw: Any) -> dict[str, Any]:
    """What of a message may be stored and logged: no token, no key, nothing of the card or the person.

    At most 40 keys in all and 100 characters in each; of what is nested only the parts that are known.
    """
    return _masked(raw, iter(range(_MOST_KEYS))) if isinstance(raw, Mapping) else {}


def _md5(*parts: str | int) -> str:
    return md5("".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def _candidates(result: Result, private_key: str, amount: str, alias_token: str | None) -> Iterator[str]:
    yield confirm_token(private_key, result.process_id, amount, result.currency)
    if alias_token is not None:
        yield charge_token(private_key, result.process_id, amount, result.currency, alias_token)


def _matching(raw: Mapping[str, Any], name: str, pattern: str) -> str:
    text = _text(raw, name)
    if not re.fullmatch(pattern, text):
        raise BadResult(field=name, value=_HIDDEN if name == "token" else _shown(repr(text[:40])))
    return text


def _optional(raw: Mapping[str, Any], name: str) -> str | None:
    return _shown(_text(raw, name)) or None


def _text(raw: Mapping[str, Any], name: str) -> str:
    """A field as it was written, ``""`` where there is none."""
    value = raw.get(name)
    if value is None or isinstance(value, str):
        return value or ""
    if name in _NUMBERS and isinstance(value, int) and not isinstance(value, bool) and abs(value) < _WIDEST_ID:
        return str(value)
    if name == "amount" and isinstance(value, float | Decimal):
        return str(value)
    raise BadResult(field=name, value=_HIDDEN if name == "token" else type(value).__name__)


def _masked(raw: Mapping[Any, Any], room: Iterator[int]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key in sorted(map(str, raw), key=lambda key: key not in _FIRST):
        if next(room, None) is None:
            break
        kept[_shown(key)] = _kept(key, raw.get(key), room)
    return kept


def _kept(key: str, value: Any, room: Iterator[int]) -> Any:
    if key in _NESTED and isinstance(value, Mapping):
        return _masked(value, room)
    if key in _NESTED and isinstance(value, list):
        return [_masked(one, room) for one in value[:5] if isinstance(one, Mapping)]
    if _SECRET.search(key) and key != "key":  # that of a message, which says what failed
        return _HIDDEN
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < _WIDEST_ID):
        return value
    if isinstance(value, str | float | Decimal):
        return _shown(str(value))
    return f"({type(value).__name__})"


def _shown(text: str) -> str:
    return _LIKE_A_SECRET.sub(_HIDDEN, _printable(text))[:_LONGEST]


def _printable(text: str) -> str:
    """Without controls and halves of surrogate pairs, which neither a log nor the table takes."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
