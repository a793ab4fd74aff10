"""Bancard's messages: its answers and refusals as it writes them, and the fields of requests that it accepts.

Bancard, "vPOS 2.0: Especificaciones Técnicas Single Buy", 1.22. The text of most refusals is not documented.
"""

import json
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from mostrador.payments.rules.bancard import CURRENCY, DESCRIPTION
from stand_ins import addresses
from stand_ins.http import Answer, JSONObject

JSON: Final = "application/json; charset=utf-8"
LONGEST: Final = 255
_NO_AMOUNT: Final = re.compile(r"0+\.00")
_AMOUNT: Final = re.compile(r"[0-9]{1,13}\.00")
_DESCRIPTIONS: Final = {
    "InvalidJsonError": "Invalid JSON",
    "InvalidPublicKeyError": "Invalid public key",
    "ApplicationNotFoundError": "Application not found",
    "InvalidTokenError": "Invalid token",
    "InvalidAmountError": "Amount attribute must be greater than zero.",
    "BuyNotFoundError": "Buy Not Found",
    "PaymentNotFoundError": "Payment Not Found",
    "AlreadyRollbackedError": "Transaction already rollbacked",
    "TransactionAlreadyConfirmed": "Transaction already confirmed",
    "CardNotFoundError": "Card not found",
    "CardAliasTokenExpiredError": "Card alias token expired",
    "CardAlreadyRegisteredByUserError": "Card already registered by user",
}
_BAD_REQUEST, _FORBIDDEN, _NOT_FOUND, _UNPROCESSABLE = 400, 403, 404, 422
_STATUSES: Final = {
    "InvalidJsonError": _BAD_REQUEST,
    "InvalidPublicKeyError": _FORBIDDEN,
    "ApplicationNotFoundError": _FORBIDDEN,
    "InvalidTokenError": _FORBIDDEN,
    "BuyNotFoundError": _NOT_FOUND,
    "PaymentNotFoundError": _NOT_FOUND,
    "CardNotFoundError": _NOT_FOUND,
}


class Denied(Exception):
    """A refusal in Bancard's own words."""

    def __init__(self, key: str, description: str | None = None) -> None:
        self.key, self.description = key, _DESCRIPTIONS.get(key, key) if description is None else description
        super().__init__(key)

    @property
    def status(self) -> int:
        """The HTTP status of this error, if errors have one of their own; it is not documented."""
        return _STATUSES.get(self.key, _UNPROCESSABLE)


def json_bytes(content: object) -> bytes:
    r"""JSON as Bancard writes it: without spaces, and ``\u`` for everything outside ASCII."""
    return json.dumps(content, separators=(",", ":")).encode()


def json_answer(content: object, status: int = 200) -> Answer:
    return Answer(status, JSON, json_bytes(content))


def refused(error: Denied, *, has_status: bool = False) -> Answer:
    """An error; with HTTP 200 unless it ``has_status``."""
    message = {"key": error.key, "level": "error", "dsc": error.description}
    return json_answer({"status": "error", "messages": [message]}, error.status if has_status else 200)


def parsed(body: bytes) -> dict[str, object]:
    """A JSON object. Raises Denied."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Denied("InvalidJsonError") from error
    if not isinstance(content, dict):
        raise Denied("InvalidJsonError")
    return content


def operation_of(content: JSONObject) -> dict[str, object]:
    operation = content.get("operation")
    if not isinstance(operation, dict):
        raise invalid("operation")
    return operation


def invalid(name: str) -> Denied:
    return Denied("InvalidOperationError", f"{name} is invalid")


def number(sent: JSONObject, name: str, digits: int) -> int:
    """An id, which may be a number or its text; leading zeros are lost. Raises Denied."""
    value = sent.get(name)
    written = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not re.fullmatch(f"[0-9]{{1,{digits}}}", written):
        raise invalid(name)
    return int(written)


def process_number(sent: JSONObject) -> int:
    return number(sent, "shop_process_id", 15)


def text(sent: JSONObject, name: str, longest: int = LONGEST, *, default: str | None = None) -> str:
    """A text without control characters, required where there is no ``default``. Raises Denied."""
    value = default if sent.get(name) is None else sent[name]
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise invalid(name)
    return value


def address(sent: JSONObject, name: str, *, is_optional: bool = False) -> str:
    """A page to go to. Raises Denied."""
    value = text(sent, name, default="" if is_optional else None)
    if not is_web(value) and not (is_optional and not value):
        raise invalid(name)
    return value


def amount(sent: JSONObject) -> str:
    """Whole guaranies as text, such as ``"10330.00"``. Raises Denied."""
    value = text(sent, "amount")
    if _NO_AMOUNT.fullmatch(value) or value.startswith("-"):
        raise Denied("InvalidAmountError")
    if not _AMOUNT.fullmatch(value):
        raise invalid("amount")
    return value


def currency(sent: JSONObject) -> str:
    if text(sent, "currency") != CURRENCY:
        raise invalid("currency")
    return CURRENCY


def description(sent: JSONObject) -> str:
    return text(sent, "description", DESCRIPTION)


def is_web(url: str) -> bool:
    """Whether it is an address that a browser may be sent to."""
    parts = _split(url)
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable()


def is_postable(url: str) -> bool:
    """Whether a confirmation may be posted there, as far as its text tells: see ``stand_ins.addresses``."""
    return is_web(url) and addresses.is_public_literal(url)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - a wrong port raises
    except ValueError:
        return None
    return parts
