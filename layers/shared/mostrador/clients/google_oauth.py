"""Google's OAuth 2.0 over HTTP: consent, tokens and their revocation, without Google's own library.

https://developers.google.com/identity/protocols/oauth2/web-server
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

import urllib3

from mostrador.clients import http_bodies
from mostrador.errors import Conflict, Unavailable
from mostrador.values.next_actions import NextAction

SCOPE: Final = "https://www.googleapis.com/auth/calendar.events"
SMALL: Final = 256 * 1024  # bytes of any answer but a list

_TIMEOUT: Final = urllib3.Timeout(connect=3, read=8)
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_OK: Final = 200
_CLIENT_ERRORS: Final = 4
_DEAD: Final = frozenset(
    "invalid_grant invalid_client unauthorized_client deleted_client disabled_client access_denied "
    "admin_policy_enforced".split()
)
_REVOKED_ALREADY: Final = ("invalid_token", "invalid_grant")
_JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_SECONDS: Final = 3600  # the longest that Google takes


class GrantDead(Conflict):
    code = "calendar_grant_dead"
    en = "Google no longer lets us into this calendar ({reason}): connect it again"
    es = "Google ya no nos deja entrar a este calendario: vuelva a conectarlo"
    next_action = NextAction.CONNECT_INTEGRATION


class GoogleUnavailable(Unavailable):
    code = "calendar_unavailable"
    en = "Google did not answer as it should: {reason}"
    es = "Google no respondió como debe"


@dataclass(frozen=True, slots=True)
class Grant:
    """The grant of a tenant's consent, good until it is revoked."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A Google account without a person; ``private_key`` in PEM.

    With domain-wide delegation it acts for ``subject``. The audience stays Google's own wherever the assertion is sent,
    as in Google's libraries.
    """

    client_email: str
    private_key: str = field(repr=False)
    private_key_id: str
    token_uri_audience: str = "https://oauth2.googleapis.com/token"
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """A bearer token and the instant from which Google refuses it."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of Google's; ``content`` is the JSON of its body, None where it is no JSON."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: object = field(repr=False)


def challenge(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def consent_url(
    auth_url: str, *, client_id: str, redirect_uri: str, scope: str, state: str, code_challenge: str
) -> str:
    """The page where a person gives us access. Google must ask every time, or it returns no refresh token."""
    parameters = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": state,
        "code_challenge": code_challenge,
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    }
    return f"{auth_url}?{urlencode(parameters)}"


def exchange(
    token_url: str,
    *,
    client_id: str,
    client_secret: str,
    code: str,
    redirect_uri: str,
    code_verifier: str,
    now: datetime,
) -> tuple[Grant, Access]:
    """Exchange a consent's ``code`` for its grant, once. Raises GrantDead, GoogleUnavailable."""
    answer = _token(
        token_url,
        grant_type="authorization_code",
        client_id=client_id,
        client_secret=client_secret,
        code=code,
        redirect_uri=redirect_uri,
        code_verifier=code_verifier,
    )
    refresh_token = answer.get("refresh_token")
    if not isinstance(refresh_token, str) or not refresh_token:
        raise GrantDead(reason="no refresh token came")
    return Grant(client_id, client_secret, refresh_token), _access(answer, now)


def access_token(token_url: str, grant: Grant, now: datetime) -> Access:
    """A new token, usually good for an hour. Raises GrantDead, GoogleUnavailable."""
    answer = _token(
        token_url,
        grant_type="refresh_token",
        client_id=grant.client_id,
        client_secret=grant.client_secret,
        refresh_token=grant.refresh_token,
    )
    return _access(answer, now)


def service_token(token_url: str, account: ServiceAccount, scope: str, now: datetime) -> Access:
    """A new token of a service account. Raises GrantDead, also for an unreadable key, and GoogleUnavailable.

    https://developers.google.com/identity/protocols/oauth2/service-account#httprest
    """
    return _access(_token(token_url, grant_type=_JWT_BEARER, assertion=_assertion(account, scope, now)), now)


def revoke(revoke_url: str, token: str) -> None:
    """Revoke a grant by its refresh or access token; again changes nothing. Raises GoogleUnavailable."""
    answer = _posted(revoke_url, token=token)
    if answer.status != _OK and _error(answer.content) not in _REVOKED_ALREADY:
        raise _unavailable(answer)


def send(
    method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None, largest: int = SMALL
) -> Answer:
    """One request, not repeated, not redirected; its answer has at most ``largest`` bytes. Raises GoogleUnavailable."""
    try:
        with _pool().request(
            method, url, body=body, headers=headers, timeout=_TIMEOUT, preload_content=False, decode_content=False
        ) as answer:
            content = http_bodies.read(answer, largest)
    except urllib3.exceptions.HTTPError as error:
        raise GoogleUnavailable(reason=type(error).__name__) from error
    if len(content) > largest:
        raise GoogleUnavailable(reason=f"more than {largest} bytes")
    return Answer(answer.status, answer.headers, _parsed(content))


@cache
def _pool() -> urllib3.PoolManager:
    """One pool for the process, so that a warm function has its connection already."""
    return urllib3.PoolManager(retries=False)


def _parsed(body: bytes) -> object:
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed


def _posted(url: str, **fields: str) -> Answer:
    return send("POST", url, headers=_FORM, body=urlencode(fields).encode())


def _token(token_url: str, **fields: str) -> Mapping[str, object]:
    """The token endpoint's answer. Raises GrantDead, GoogleUnavailable."""
    answer = _posted(token_url, **fields)
    if answer.status == _OK and isinstance(answer.content, Mapping):
        return answer.content
    error = _error(answer.content)
    if answer.status // 100 == _CLIENT_ERRORS and error in _DEAD:
        raise GrantDead(reason=error)
    raise _unavailable(answer)


def _error(content: object) -> str:
    """The error code of an OAuth answer (RFC 6749, section 5.2), empty where there is none."""
    error = content.get("error") if isinstance(content, Mapping) else None
    return error[:64] if isinstance(error, str) else ""


def _unavailable(answer: Answer) -> GoogleUnavailable:
    return GoogleUnavailable(reason=f"status {answer.status} {_error(answer.content)}".rstrip())


def _access(answer: Mapping[str, object], now: datetime) -> Access:
    token, seconds = answer.get("access_token"), answer.get("expires_in", "")
    if not isinstance(token, str) or not (token and token.isascii() and token.isprintable()):
        raise GoogleUnavailable(reason="no access token came")
    no_time = "no time came until which the token is good"
    if not isinstance(seconds, str | int | float):
        raise GoogleUnavailable(reason=no_time)
    try:
        return Access(token, now + timedelta(seconds=int(seconds)))
    except (ValueError, OverflowError) as error:
        raise GoogleUnavailable(reason=no_time) from error


def _assertion(account: ServiceAccount, scope: str, now: datetime) -> str:
    """The signed claim to be the account. PyJWT and its cryptography are imported here: few tenants need them."""
    import jwt  # noqa: PLC0415

    issued_at = int(now.timestamp())
    claims = {
        "iss": account.client_email,
        "scope": scope,
        "aud": account.token_uri_audience,
        "iat": issued_at,
        "exp": issued_at + _ASSERTION_SECONDS,
        **({"sub": account.subject} if account.subject else {}),
    }
    try:
        return jwt.encode(claims, account.private_key, algorithm="RS256", headers={"kid": account.private_key_id})
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:  # AttributeError: a public key
        raise GrantDead(reason="the private key cannot be read") from error
