"""One call of Bancard's vPOS: what is sent, what came back, and what that says of whether it happened.

It is read from the body, whatever the HTTP status; where the body does not tell, nothing is assumed::

    Unavailable
    └── GatewayUnknown          it may have happened or not: ask
    Conflict
    └── GatewayRefused          it did not happen
        ├── GatewayKeysRefused  the shop's keys are not right
        └── DuplicateProcess    the purchase exists already; its page is not told again
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import urllib3

from mostrador import settings
from mostrador.clients import http_bodies
from mostrador.errors import Conflict, Unavailable
from mostrador.observability import logger
from mostrador.payments.rules.bancard import Key, messages_of

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
_PREFIX: Final = "/vpos/api/0.3"
_CONNECT: Final = 3.0
_LARGEST: Final = 65_536
_MOST: Final = 10
_HEADERS: Final = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "mostrador",
}
_KEY_TROUBLE: Final = {
    Key.INVALID_TOKEN,
    Key.INVALID_PUBLIC_KEY,
    Key.PUBLIC_KEY_NOT_FOUND,
    Key.APPLICATION_NOT_FOUND,
    Key.UNAUTHORIZED_OPERATION,
}
# It lives as long as the process does: a warm call saves the handshake.
_POOL: Final = urllib3.PoolManager(retries=False)


class GatewayUnknown(Unavailable):
    code = "gateway_unknown"
    en = "whether the payment gateway did it is not known: {reason}"
    es = "no se sabe si la pasarela de pagos lo hizo: {reason}"


class GatewayRefused(Conflict):
    """``keys`` are those of Bancard's messages, what we act on first; ``reason`` has their words."""

    code = "gateway_refused"
    en = "the payment gateway refused it: {reason}"
    es = "la pasarela de pagos lo rechazó: {reason}"

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.facts["keys"])


class GatewayKeysRefused(GatewayRefused):
    code = "gateway_keys_refused"
    en = "the payment gateway does not take the keys of this business: {reason}"
    es = "la pasarela de pagos no acepta las claves de este negocio: {reason}"


class DuplicateProcess(GatewayRefused):
    code = "gateway_duplicate"
    en = "the payment gateway has this purchase already: {reason}"
    es = "la pasarela de pagos ya tiene esta compra: {reason}"


@dataclass(frozen=True, slots=True)
class Application:
    """A shop's account: ``base_url`` is where the vPOS is, to which its own path is added."""

    base_url: str
    public_key: str
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """``operation`` names it in the log; ``wait`` is how many seconds Bancard may be silent."""

    operation: str
    path: str
    wait: float
    method: str = "POST"


def request(application: Application, call: Call, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to ``call``, one of success or one of error with its messages. Raises GatewayUnknown."""
    envelope = {"public_key": application.public_key, "operation": fields}
    body = json.dumps(envelope, separators=(",", ":")).encode()
    send = _over_http2 if settings.bancard_http2() else _over_http1
    answer = _parsed(call, send(call, f"{application.base_url.rstrip('/')}{_PREFIX}{call.path}", body))
    if not is_success(answer) and not (answer.get("status") == "error" and messages_of(answer)):
        raise unknown(call, "it is neither a success nor an error")
    return answer


def request_success(application: Application, call: Call, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to ``call``, one of success. Raises GatewayUnknown, GatewayRefused."""
    answer = request(application, call, fields)
    if not is_success(answer):
        raise refusal(call, answer)
    return answer


def is_success(answer: Mapping[str, Any]) -> bool:
    return answer.get("status") == "success"


def meaning_of(call: Call, answer: Mapping[str, Any], meanings: Mapping[Key, T]) -> T:
    """What an answer of error says, the first of ``meanings`` that it names. Raises GatewayUnknown, GatewayRefused."""
    keys = {message.key for message in messages_of(answer)}
    if not keys & {*_KEY_TROUBLE, Key.POS_COMMUNICATION}:
        for key, meant in meanings.items():
            if key in keys:
                return meant
    raise refusal(call, answer)


def refusal(call: Call, answer: Mapping[str, Any]) -> GatewayUnknown | GatewayRefused:
    """What an answer of error amounts to, noted in the log."""
    messages = messages_of(answer)
    keys = tuple(dict.fromkeys(message.key for message in messages))[:_MOST]
    if Key.POS_COMMUNICATION in keys:
        return unknown(call, Key.POS_COMMUNICATION)
    reason = "; ".join(f"{message.key}: {message.description}" for message in messages)[:200]
    is_taken = any(
        message.key == Key.INVALID_OPERATION and "already been taken" in message.description.lower()
        for message in messages
    )
    logger.warning("gateway.refused", operation=call.operation, keys=keys)
    if not _KEY_TROUBLE.isdisjoint(keys):
        return GatewayKeysRefused(keys=keys, reason=reason)
    return (DuplicateProcess if is_taken else GatewayRefused)(keys=keys, reason=reason)


def unknown(call: Call, reason: str) -> GatewayUnknown:
    """That nobody knows, noted in the log; so ``reason`` has nothing of what Bancard said."""
    logger.warning("gateway.unknown", operation=call.operation, reason=reason)
    return GatewayUnknown(reason=reason)


def _parsed(call: Call, body: bytes) -> dict[str, Any]:
    """JSON in which a number with decimals stays the text it is, for that is what was signed."""
    if len(body) > _LARGEST:
        raise unknown(call, "it is too long")
    try:
        answer = json.loads(body, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise unknown(call, "it is not JSON") from error
    if not isinstance(answer, dict):
        raise unknown(call, "it is not an object")
    return answer


def _over_http1(call: Call, url: str, body: bytes) -> bytes:
    """What comes back; a redirect is not followed."""
    timeout = urllib3.Timeout(connect=_CONNECT, read=call.wait)
    try:
        with _POOL.request(
            call.method, url, body=body, headers=_HEADERS, timeout=timeout, preload_content=False, redirect=False
        ) as answer:
            return http_bodies.read(answer, _LARGEST)
    except urllib3.exceptions.HTTPError as error:
        raise unknown(call, type(error).__name__) from error


def _over_http2(call: Call, url: str, body: bytes) -> bytes:
    import httpx  # noqa: PLC0415 - where HTTP/2 is off it need not be there

    timeout = httpx.Timeout(call.wait, connect=_CONNECT)
    try:
        with _http2().stream(call.method, url, content=body, headers=_HEADERS, timeout=timeout) as answer:
            return http_bodies.joined(answer.iter_raw(), _LARGEST)
    except (httpx.HTTPError, httpx.InvalidURL, http_bodies.TooSlow) as error:
        raise unknown(call, type(error).__name__) from error


@cache
def _http2() -> "httpx.Client":
    """It trusts whom urllib3 trusts, what the system does, and follows no redirect."""
    import httpx  # noqa: PLC0415

    return httpx.Client(http2=True, verify=ssl.create_default_context(), trust_env=False)
