"""Where a person lets a program into a calendar, or does not.

The page finds its way from its own address: it posts to where it came from, with the same query.
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
from stand_ins.google import calendars, records
from stand_ins.google.answers import HTML, Denied
from stand_ins.google.records import Account, Client, Code
from stand_ins.http import Answer, JSONObject

ZONE: Final = "America/Asuncion"
"""Of a calendar for which none was named."""
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
<label>Cuenta de Google<input type="email" name="account" value="$account" list="accounts" required></label>
<datalist id="accounts">$accounts</datalist>
<button name="decision" value="allow">Permitir</button>
<button name="decision" value="deny" formnovalidate>Rechazar</button>
</form>""")


class Refusal(Exception):
    """The request itself is wrong, so nobody may be sent back to where it says."""

    def __init__(self, error: str, description: str) -> None:
        self.error, self.description = error, description
        super().__init__(f"{error}: {description}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a program asks a person for."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str
    code_challenge: str
    is_offline: bool
    is_prompted: bool


def asked(sent: JSONObject) -> Asked:
    """Raises Refusal."""
    told = {name: value for name, value in sent.items() if isinstance(value, str)}
    client = records.find(Client, told.get("client_id", ""))
    if client is None:
        raise Refusal("invalid_client", "The OAuth client was not found.")
    if told.get("redirect_uri") not in client.redirect_uris:
        raise Refusal("redirect_uri_mismatch", f"{told.get('redirect_uri')} is not registered for this client.")
    challenge = told.get("code_challenge", "")
    is_proof = not challenge or (_CHALLENGE.fullmatch(challenge) and told.get("code_challenge_method") == "S256")
    if told.get("response_type") != "code" or not told.get("scope") or not is_proof:
        raise Refusal("invalid_request", "response_type, scope or code_challenge are not as they must be.")
    return Asked(
        client.client_id,
        told["redirect_uri"],
        told["scope"],
        told.get("state", ""),
        challenge,
        told.get("access_type") == "offline",
        "consent" in told.get("prompt", "").split(),
    )


def page(query: Mapping[str, str]) -> Answer:
    """Where a person decides."""
    try:
        wanted = asked(query)
    except Refusal as error:
        return _refused(error)
    options = "".join(f'<option value="{escape(one.email)}">' for one in records.listed(Account) if not one.public_key)
    content = _FORM.substitute(
        client=escape(wanted.client_id),
        scopes="".join(f"<li><code>{escape(one)}</code></li>" for one in wanted.scope.split()),
        account=escape(query.get("login_hint", "")),
        accounts=options,
    )
    return _html(200, "Permitir el acceso a su calendario", content)


def decide(query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """Back to who asked, with what was decided."""
    try:
        wanted = asked(query)
        if form.get("decision") != "allow":
            location = _back(wanted, error="access_denied")
        else:
            location = allowed(wanted, form.get("account", ""))
    except Refusal as error:
        return _refused(error)
    return Answer(_FOUND, HTML, b"", _HEADERS | {"Location": location})


def direct(sent: JSONObject) -> str:
    """Where the page would send somebody who allows it. Raises Denied."""
    usual = {"response_type": "code", "access_type": "offline", "prompt": "consent", "code_challenge_method": "S256"}
    try:
        return allowed(asked({**usual, **sent}), str(sent.get("account", "")))
    except Refusal as error:
        raise Denied("invalid", str(error)) from error


def allowed(wanted: Asked, email: str) -> str:
    """Where to go back with a code. A refresh token will come only the first time, unless it ``is_prompted``."""
    if not _EMAIL.fullmatch(email):
        raise Refusal("invalid_request", f"{email[:80]!r} is no account")
    known = know(email)

    def let_in(account: Account) -> tuple[bool, int]:
        is_first = wanted.client_id not in account.clients
        account.clients = [*account.clients, wanted.client_id] if is_first else account.clients
        return is_first, account.epoch(wanted.client_id)

    is_first, epoch = records.change(Account, email, make=lambda: known, alter=let_in)
    code = Code(
        "4/0A" + secrets.token_urlsafe(48),
        wanted.client_id,
        email,
        epoch,
        wanted.scope,
        wanted.redirect_uri,
        wanted.code_challenge,
        is_offline=wanted.is_offline and (is_first or wanted.is_prompted),
        expires_at=(clock.now() + _CODE_LIVES).isoformat(),
    )
    records.save(code)
    return _back(wanted, code=code.secret, scope=wanted.scope)


def know(email: str, zone: str = ZONE) -> Account:
    """The account, which is made with its calendar where there is none."""
    found = records.find(Account, email)
    if found:
        return found
    account = Account(email)
    try:
        records.save(account, calendars.new(email, owner=email, summary=email, zone=zone))
    except ConditionFailed:
        return records.find(Account, email) or account
    return account


def _back(wanted: Asked, **told: str) -> str:
    stated = {"state": wanted.state} if wanted.state else {}
    joint = "&" if "?" in wanted.redirect_uri else "?"
    return f"{wanted.redirect_uri}{joint}{urlencode(stated | told)}"


def _refused(error: Refusal) -> Answer:
    content = f"<p>Error 400: <code>{escape(error.error)}</code></p><p>{escape(error.description)}</p>"
    return _html(_BAD_REQUEST, "Acceso bloqueado", content)


def _html(status: int, title: str, content: str) -> Answer:
    """``content`` is HTML, ``title`` text."""
    page = _PAGE.substitute(title=escape(title), content=content)
    return Answer(status, HTML, page.encode(errors="replace"), _HEADERS)
