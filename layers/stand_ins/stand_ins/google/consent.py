"""The page where a person gives a program access to a calendar, or denies it.

The page posts to its own address, with the same query.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from string import Template
from typing import Final
from urllib.parse import urlencode

from mostrador import clock
from mostrador.table.writes import ConditionFailed
from stand_ins import entry
from stand_ins.google import calendars, records
from stand_ins.google.answers import HTML, Denied
from stand_ins.google.records import Account, Client, Code
from stand_ins.http import Answer, JSONObject

ZONE: Final = "America/Asuncion"
"""The zone of a calendar without another one."""
_CODE_LIVES: Final = timedelta(minutes=10)
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_EMAIL: Final = re.compile(r"[^@\s/]{1,64}@[^@\s/]{1,190}")
_BAD_REQUEST: Final = 400
_FOUND: Final = 302
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE: Final = Template("""<!DOCTYPE html>
<html lang="es"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem}
label,input{display:block;width:100%;box-sizing:border-box}input,button{font:inherit;padding:.5rem;margin:.5rem 0}
code{overflow-wrap:anywhere}</style></head>
<body><h1>$title</h1>$content</body></html>
""")
_FORM: Final = Template("""
<p>Google de práctica: aquí nada es real.</p>
<p><strong>$client</strong> pide acceder a su cuenta:</p><ul>$scopes</ul>
<form method="post">
<label>Cuenta de Google<input type="email" name="account" value="$account" required></label>
<label>Clave de práctica de esta instalación<input type="password" name="token" required></label>
<button name="decision" value="allow">Permitir</button>
<button name="decision" value="deny" formnovalidate>Rechazar</button>
</form>""")


class Refusal(Exception):
    """The request itself is wrong, so nobody may be sent back to where it says."""

    def __init__(self, error: str, description: str) -> None:
        self.error, self.description = error, description
        super().__init__(f"{error}: {description}")


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """A program's request for a person's consent."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str
    code_challenge: str
    is_offline: bool
    is_prompted: bool


def parsed(sent: JSONObject) -> ConsentRequest:
    """Raises Refusal."""
    fields = {name: value for name, value in sent.items() if isinstance(value, str)}
    client = records.find(Client, fields.get("client_id", ""))
    if client is None:
        raise Refusal("invalid_client", "The OAuth client was not found.")
    if fields.get("redirect_uri") not in client.redirect_uris:
        raise Refusal("redirect_uri_mismatch", f"{fields.get('redirect_uri')} is not registered for this client.")
    challenge = fields.get("code_challenge", "")
    is_proof = not challenge or (_CHALLENGE.fullmatch(challenge) and fields.get("code_challenge_method") == "S256")
    if fields.get("response_type") != "code" or not fields.get("scope") or not is_proof:
        raise Refusal("invalid_request", "response_type, scope or code_challenge are not as they must be.")
    return ConsentRequest(
        client.client_id,
        fields["redirect_uri"],
        fields["scope"],
        fields.get("state", ""),
        challenge,
        fields.get("access_type") == "offline",
        "consent" in fields.get("prompt", "").split(),
    )


def page(query: Mapping[str, str]) -> Answer:
    """The page where a person decides."""
    try:
        request = parsed(query)
    except Refusal as error:
        return _refused(error)
    content = _FORM.substitute(
        client=escape(request.client_id),
        scopes="".join(f"<li><code>{escape(scope)}</code></li>" for scope in request.scope.split()),
        account=escape(query.get("login_hint", "")),
    )
    return _html(200, "Permitir el acceso a su calendario", content)


def decide(query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """Redirect to the program with the person's decision."""
    try:
        request = parsed(query)
        if form.get("decision") != "allow":
            location = _back(request, error="access_denied")
        else:
            _check_token(form.get("token"))
            location = allowed(request, form.get("account", ""))
    except Refusal as error:
        return _refused(error)
    return Answer(_FOUND, HTML, b"", _HEADERS | {"Location": location})


def _check_token(given: str | None) -> None:
    """Raise Refusal unless it is the stack's token: anybody may open the page."""
    if not entry.is_token(given):
        raise Refusal("access_denied", "La clave de práctica falta o es otra.")


def direct(sent: JSONObject) -> str:
    """The address to which the page would send a person who allows it. Raises Denied."""
    usual = {"response_type": "code", "access_type": "offline", "prompt": "consent", "code_challenge_method": "S256"}
    try:
        return allowed(parsed({**usual, **sent}), str(sent.get("account", "")))
    except Refusal as error:
        raise Denied("invalid", str(error)) from error


def allowed(request: ConsentRequest, email: str) -> str:
    """The address to return to, with a code. Only a first or ``is_prompted`` consent gives a refresh token."""
    if not _EMAIL.fullmatch(email):
        raise Refusal("invalid_request", f"{email[:80]!r} is no account")
    known = know(email)

    def let_in(account: Account) -> tuple[bool, int]:
        is_first = request.client_id not in account.clients
        account.clients = [*account.clients, request.client_id] if is_first else account.clients
        return is_first, account.epoch(request.client_id)

    is_first, epoch = records.change(Account, email, make=lambda: known, alter=let_in)
    code = Code(
        "4/0A" + secrets.token_urlsafe(48),
        request.client_id,
        email,
        epoch,
        request.scope,
        request.redirect_uri,
        request.code_challenge,
        is_offline=request.is_offline and (is_first or request.is_prompted),
        expires_at=(clock.now() + _CODE_LIVES).isoformat(),
    )
    records.save(code)
    return _back(request, code=code.secret, scope=request.scope)


def know(email: str, zone: str = ZONE) -> Account:
    """The account, which is made with its calendar where there is none."""
    known_account = records.find(Account, email)
    if known_account:
        return known_account
    account = Account(email)
    try:
        records.save(account, calendars.new(email, owner=email, summary=email, zone=zone))
    except ConditionFailed:
        return records.find(Account, email) or account
    return account


def _back(request: ConsentRequest, **parameters: str) -> str:
    stated = {"state": request.state} if request.state else {}
    joint = "&" if "?" in request.redirect_uri else "?"
    return f"{request.redirect_uri}{joint}{urlencode(stated | parameters)}"


def _refused(error: Refusal) -> Answer:
    content = f"<p>Error 400: <code>{escape(error.error)}</code></p><p>{escape(error.description)}</p>"
    return _html(_BAD_REQUEST, "Acceso bloqueado", content)


def _html(status: int, title: str, content: str) -> Answer:
    """``content`` is HTML, ``title`` text."""
    page = _PAGE.substitute(title=escape(title), content=content)
    return Answer(status, HTML, page.encode(errors="replace"), _HEADERS)
