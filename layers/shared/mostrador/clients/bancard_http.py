"""One request to Bancard's vPOS, and whether its operation happened.

The answer's body decides that, whatever the HTTP status. An unclear body is GatewayUnknown::

    Unavailable
    └── GatewayUnknown          it may have happened or not: query it
    Conflict
    └── GatewayRefused          it did not happen
        ├── GatewayKeysRefused  Bancard does not accept the business's keys
        └── DuplicateProcess    the purchase exists already; Bancard does not give its page again
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

import urllib3

from mostrador import settings
from mostrador.clients import http_bodies
from mostrador.errors import Conflict, Unavailable
from mostrador.observability import logger
from mostrador.payments.rules.bancard import Key, messages_of
from mostrador.values.next_actions import NextAction

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
# One pool for the process: a warm request saves the TLS handshake.
_POOL: Final = urllib3.PoolManager(retries=False)


class GatewayUnknown(Unavailable):
    code = "gateway_unknown"
    en = "whether the payment gateway did it is not known: {reason}"
    es = "no se sabe si la pasarela de pagos lo hizo"
    next_action = NextAction.READ_AGAIN


class GatewayRefused(Conflict):
    """``keys`` are the keys of Bancard's messages, those of Key first; ``reason`` has their texts."""

    code = "gateway_refused"
    en = "the payment gateway refused it: {reason}"
    es = "la pasarela de pagos lo rechazó: {keys:gateway}"

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.facts["keys"])


class GatewayKeysRefused(GatewayRefused):
    code = "gateway_keys_refused"
    en = "the payment gateway does not take the keys of this business: {reason}"
    es = "la pasarela de pagos no acepta las claves de este negocio"
    next_action = NextAction.CONNECT_INTEGRATION


class DuplicateProcess(GatewayRefused):
    code = "gateway_duplicate"
    en = "the payment gateway has this purchase already: {reason}"
    es = "la pasarela de pagos ya tiene esta compra"
    next_action = NextAction.START_AGAIN


@dataclass(frozen=True, slots=True)
class Application:
    """A business's account with one pair of keys; ``base_url`` is the vPOS's address without its path."""

    base_url: str
    public_key: str
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A kind of request: ``operation`` names it in the log; ``wait`` is the read timeout in seconds."""

    operation: str
    path: str
    wait: float
    method: str = "POST"


def request(application: Application, call: Call, fields: Mapping[str, object]) -> dict[str, object]:
    """The answer to ``call``: a success, or an error with messages. Raises GatewayUnknown."""
    envelope = {"public_key": application.public_key, "operation": fields}
    body = json.dumps(envelope, separators=(",", ":")).encode()
    send = _over_http2 if settings.bancard_http2() else _over_http1
    answer = _parsed(call, send(call, f"{application.base_url.rstrip('/')}{_PREFIX}{call.path}", body))
    if not is_success(answer) and not (answer.get("status") == "error" and messages_of(answer)):
        raise unknown(call, "it is neither a success nor an error")
    return answer


def request_success(application: Application, call: Call, fields: Mapping[str, object]) -> dict[str, object]:
    """The answer to ``call``, always a success. Raises GatewayUnknown, GatewayRefused."""
    answer = request(application, call, fields)
    if not is_success(answer):
        raise refusal(call, answer)
    return answer


def is_success(answer: Mapping[str, object]) -> bool:
    return answer.get("status") == "success"


def meaning_of(call: Call, answer: Mapping[str, object], meanings: Mapping[Key, T]) -> T:
    """The meaning of an error: the first of ``meanings`` whose key it has. Raises GatewayUnknown, GatewayRefused."""
    keys = {message.key for message in messages_of(answer)}
    if not keys & {*_KEY_TROUBLE, Key.POS_COMMUNICATION}:
        for key, meaning in meanings.items():
            if key in keys:
                return meaning
    raise refusal(call, answer)


def refusal(call: Call, answer: Mapping[str, object]) -> GatewayUnknown | GatewayRefused:
    """The exception for an answer of error, after logging it."""
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
    """The exception for an unknown outcome, after logging it; ``reason`` must hold nothing of Bancard's answer."""
    logger.warning("gateway.unknown", operation=call.operation, reason=reason)
    return GatewayUnknown(reason=reason)


def _parsed(call: Call, body: bytes) -> dict[str, object]:
    """The JSON object. A number with decimals stays text, since its text is signed. Raises GatewayUnknown."""
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
    """The raw body of the answer; redirects are not followed. Raises GatewayUnknown."""
    timeout = urllib3.Timeout(connect=_CONNECT, read=call.wait)
    try:
        with _POOL.request(
            call.method, url, body=body, headers=_HEADERS, timeout=timeout, preload_content=False, redirect=False
        ) as answer:
            return http_bodies.read(answer, _LARGEST)
    except urllib3.exceptions.HTTPError as error:
        raise unknown(call, type(error).__name__) from error


def _over_http2(call: Call, url: str, body: bytes) -> bytes:
    import httpx  # noqa: PLC0415 - installed only where HTTP/2 is on

    timeout = httpx.Timeout(call.wait, connect=_CONNECT)
    try:
        with _http2().stream(call.method, url, content=body, headers=_HEADERS, timeout=timeout) as answer:
            return http_bodies.joined(answer.iter_raw(), _LARGEST)
    except (httpx.HTTPError, httpx.InvalidURL, http_bodies.TooSlow) as error:
        raise unknown(call, type(error).__name__) from error


@cache
def _http2() -> "httpx.Client":
    """A client that trusts the system's certificates, as urllib3 does, and follows no redirect."""
    import httpx  # noqa: PLC0415

    return httpx.Client(http2=True, verify=ssl.create_default_context(), trust_env=False)
