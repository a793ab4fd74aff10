"""The token endpoint: access tokens for a consent's code, a refresh token or a service account's assertion.

https://developers.google.com/identity/protocols/oauth2/web-server
"""

import base64
import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from mostrador import clock
from stand_ins.google import access, faults, records, service_accounts
from stand_ins.google.answers import GrantDenied, json_answer
from stand_ins.google.records import Access, Account, Client, Code, Granted, Refresh
from stand_ins.http import Answer

SECONDS: Final = 3599
JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_UNAUTHORIZED: Final = 401
_REVOKED: Final = "Token has been expired or revoked."

Form = Mapping[str, str]


def form_of(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def token(form: Form, headers: Mapping[str, str]) -> Answer:
    """A new access token. Raises GrantDenied, and Denied where the portal wants it."""
    kind = form.get("grant_type", "")
    if kind == JWT_BEARER:
        return _of_service_account(form)
    if kind not in ("authorization_code", "refresh_token"):
        raise GrantDenied("unsupported_grant_type", f"Invalid grant_type: {kind}")
    client = _client(form, headers)
    granted = _code(form, client) if kind == "authorization_code" else _refresh(form, client)
    return faults.meet(lambda: _exchanged(granted), operation=faults.TOKEN, calendar=granted.account)


def revoke(form: Form) -> Answer:
    """End all that this client was granted for the account of a token. Raises GrantDenied."""
    secret = form.get("token", "")
    granted = records.find(Refresh, secret) or records.find(Access, secret)
    if granted is None or not access.is_live(granted):
        raise GrantDenied("invalid_token", "Token expired or revoked")
    account = Account(granted.account)
    records.change(Account, granted.account, make=lambda: account, alter=lambda known: known.end(granted.client_id))
    return json_answer({})


def _client(form: Form, headers: Mapping[str, str]) -> Client:
    """The client, by form or by HTTP Basic. Raises GrantDenied."""
    client_id, secret = _basic(headers.get("authorization", "")) or (
        form.get("client_id", ""),
        form.get("client_secret", ""),
    )
    client = records.find(Client, client_id)
    if client is None:
        raise GrantDenied("invalid_client", "The OAuth client was not found.", status=_UNAUTHORIZED)
    if not _is_same(client.client_secret, secret):
        raise GrantDenied("invalid_client", "The provided client secret is invalid.", status=_UNAUTHORIZED)
    return client


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, written = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(written).decode().partition(":")
    except ValueError as error:
        raise GrantDenied("invalid_client", "Unauthorized", status=_UNAUTHORIZED) from error
    return unquote_plus(client_id), unquote_plus(secret)


def _is_same(given: str, other: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), other.encode(errors="replace"))


def _code(form: Form, client: Client) -> Code:
    """The consent behind a code. Raises GrantDenied."""
    code = records.find(Code, form.get("code", ""))
    if code is None or code.client_id != client.client_id:
        raise GrantDenied("invalid_grant", "Malformed auth code.")
    if code.redirect_uri != form.get("redirect_uri"):
        raise GrantDenied("redirect_uri_mismatch", "Bad Request")
    _check_verifier(code.code_challenge, form.get("code_verifier", ""))
    return code


def _check_verifier(challenge: str, verifier: str) -> None:
    """RFC 7636, section 4.6; only S256."""
    if challenge and not verifier:
        raise GrantDenied("invalid_grant", "Missing code verifier.")
    digest = sha256(verifier.encode(errors="replace")).digest()
    if challenge and not _is_same(challenge, base64.urlsafe_b64encode(digest).decode().rstrip("=")):
        raise GrantDenied("invalid_grant", "Invalid code verifier.")


def _refresh(form: Form, client: Client) -> Refresh:
    """Raises GrantDenied."""
    refresh = records.find(Refresh, form.get("refresh_token", ""))
    if refresh is None or refresh.client_id != client.client_id:
        raise GrantDenied("invalid_grant", "Bad Request")
    return refresh


def _exchanged(granted: Granted) -> Answer:
    """Raises GrantDenied where the grant was revoked, and for a used code."""
    if not access.is_live(granted):
        raise GrantDenied("invalid_grant", _REVOKED)
    if not isinstance(granted, Code):
        return json_answer(_new_access(granted))
    records.change(Code, granted.secret, make=lambda: granted, alter=_use)
    if not granted.is_offline:
        return json_answer(_new_access(granted))
    kept = Refresh(_secret("1//0"), granted.client_id, granted.account, granted.epoch, granted.scope)
    records.save(kept)
    return json_answer(_new_access(granted) | {"refresh_token": kept.secret})


def _use(code: Code) -> None:
    if code.is_used or code.expires_at <= clock.now().isoformat():
        raise GrantDenied("invalid_grant", "Bad Request")
    code.is_used = True


def _new_access(granted: Granted, *, is_service: bool = False) -> dict[str, object]:
    """The answer with a new access token."""
    access_token = _secret("ya29.a0")
    expires_at = (clock.now() + timedelta(seconds=SECONDS)).isoformat()
    issued = Access(
        access_token, granted.client_id, granted.account, granted.epoch, granted.scope, expires_at, is_service
    )
    records.save(issued)
    return {"access_token": access_token, "expires_in": SECONDS, "scope": granted.scope, "token_type": "Bearer"}


def _of_service_account(form: Form) -> Answer:
    granted = service_accounts.granted(form.get("assertion", ""))
    is_service = granted.account == granted.client_id
    return faults.meet(
        lambda: json_answer(_new_access(granted, is_service=is_service)),
        operation=faults.TOKEN,
        calendar=granted.account,
    )


def _secret(prefix: str) -> str:
    return prefix + secrets.token_urlsafe(48)
