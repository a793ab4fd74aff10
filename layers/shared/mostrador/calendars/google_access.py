"""The way into a tenant's Google Calendar: which connection counts, its access token, what its refusals mean.

A process keeps access tokens while they last, and remembers for some seconds that Google did not answer: so a day
without Google costs a change some milliseconds, and not the time-out of every call.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from mostrador import settings
from mostrador.calendars.rules import google_event as rules
from mostrador.calendars.rules.event_plan import Choices
from mostrador.clients import google_oauth
from mostrador.clients.google_calendar import (
    Calendar,
    CalendarBusy,
    CalendarForbidden,
    CalendarGone,
    CalendarUnauthorized,
    CalendarUnreachable,
)
from mostrador.clients.google_oauth import Access, GoogleUnavailable, Grant, GrantDead, ServiceAccount
from mostrador.errors import Conflict, ServiceError, Unavailable
from mostrador.observability import logger
from mostrador.process_cache import ProcessCache
from mostrador.table import keys
from mostrador.table.items.tenants import Integration
from mostrador.table.keys import Key
from mostrador.tenancy import integrations
from mostrador.tenancy.integrations import IntegrationState, IntegrationType

T = TypeVar("T")
OAUTH, SERVICE_ACCOUNT = "oauth", "service_account"
"""How what is sealed opens the calendar: its ``type``."""
_MARGIN: Final = timedelta(minutes=1)
_REST: Final = timedelta(seconds=10)
_OUR_FAULT: Final = frozenset({"invalid_client", "unauthorized_client", "deleted_client", "disabled_client"})
"""Google does not know *us*: no tenant could mend that by connecting again."""
_tokens: Final = ProcessCache[str, Access](size=500)
_resting: Final = ProcessCache[str, datetime](size=500)
_EVERYBODY: Final = ""
_SILENT: Final = re.compile(r"\w+Error|status 5.*")
"""The reason where no answer came (the name of urllib3's exception), or the token endpoint has a fault of its own."""


class CalendarBroken(Conflict):
    code = "calendar_broken"
    en = "the connection to Google Calendar is broken: connect it again"
    es = "la conexión con Google Calendar está caída: vuelva a conectarla"


class CalendarResting(Unavailable):
    code = "calendar_resting"
    en = "Google Calendar did not answer a moment ago; it is asked again shortly"
    es = "Google Calendar no respondió recién; se le vuelve a preguntar en breve"


def keys_of(tenant: str, resource_id: str | None) -> list[Key]:
    """Where the connections are that may count for a resource."""
    ids = [None, resource_id] if resource_id else [None]
    return [keys.integration(tenant, IntegrationType.GOOGLE_CALENDAR, one) for one in ids]


def counting(tenant: str, resource_id: str | None, found: Mapping[Key, Any]) -> Integration | None:
    """Of what was ``found``, the connection that counts for a resource: its own before the tenant's."""
    for key in reversed(keys_of(tenant, resource_id)):
        one = found.get(key)
        if isinstance(one, Integration) and one.sealed and not is_leaving(one):
            return one
    return None


def choices(connection: Integration) -> Choices:
    """What the tenant chose for this calendar."""
    return Choices.of(connection.settings)


def ask(connection: Integration, question: Callable[[Calendar], T], *, now: datetime) -> T:
    """The answer of the connection's calendar. An access token that is refused is renewed, once.

    Where Google is silent nobody asks it for a while; after an answer that is no good, only this connection does not.
    Raises CalendarBroken (the connection is marked), CalendarResting, GoogleUnavailable, SecretsUnavailable, and what
    ``clients.google_calendar`` raises.
    """
    check(connection, now=now)
    try:
        try:
            return question(_calendar(connection, now))
        except CalendarUnauthorized:
            _tokens.drop(_name(connection))
            return question(_calendar(connection, now))
    except (CalendarUnauthorized, CalendarForbidden, GrantDead, CalendarGone) as refused:
        integrations.mark_broken(connection, _reason(refused), now=now)
        raise CalendarBroken from refused
    except (CalendarUnreachable, GoogleUnavailable) as error:
        is_silent = _SILENT.fullmatch(error.facts["reason"])
        _resting.put(_EVERYBODY if is_silent else _name(connection), now + _REST)
        raise
    except CalendarBusy as busy:
        if rules.OUR_FAULT in busy.facts["reason"]:
            logger.error("Google does not know us", reason=rules.OUR_FAULT)
        asked = busy.facts.get("retry_after")
        _resting.put(_name(connection), now + (timedelta(seconds=asked) if asked else _REST))
        raise


def check(connection: Integration, *, now: datetime) -> None:
    """Raise CalendarBroken, CalendarResting where the calendar is not to be asked now."""
    if (
        connection.status == IntegrationState.BROKEN
        or not connection.sealed
        or (is_leaving(connection) and connection.reason)
    ):
        raise CalendarBroken
    if rests(connection, now=now):
        raise CalendarResting


def is_leaving(connection: Integration) -> bool:
    """Whether it is being disconnected: it is no target, and who finds it broken as well does not wait for it."""
    return bool(connection.status == IntegrationState.REMOVING)


def rests(connection: Integration | None, *, now: datetime) -> bool:
    """Whether Google is better not asked just now, for this connection or (None) for any."""
    names = [_EVERYBODY, *([_name(connection)] if connection else [])]
    return any(now < (_resting.get(name) or now) for name in names)


def end(connection: Integration, *, now: datetime) -> None:
    """Give the grant back to Google, if it answers; a service account's is the tenant's to end."""
    told = json.loads(integrations.secrets(connection, now=now)[0])
    if told["type"] != OAUTH:
        return
    try:
        google_oauth.revoke(settings.google_revoke_url(), told["refresh_token"])
    except GoogleUnavailable as error:
        logger.warning("grant not revoked", tenant=keys.tenant_of(connection.pk), reason=str(error))


def forget() -> None:
    """Drop what this process knows of tokens and of who rests."""
    _tokens.clear()
    _resting.clear()


def _calendar(connection: Integration, now: datetime) -> Calendar:
    told = json.loads(integrations.secrets(connection, now=now)[0])
    name = _name(connection)
    access = _tokens.get(name)
    if access is None or now >= access.expires_at - _MARGIN:
        access = _tokens.put(name, _granted(told, now))
    quota_user = keys.tenant_of(connection.pk) if told["type"] == SERVICE_ACCOUNT else None
    return Calendar(settings.google_api_base(), choices(connection).calendar_id, access.token, quota_user)


def _granted(told: Mapping[str, Any], now: datetime) -> Access:
    """A new access token. Raises GrantDead, GoogleUnavailable."""
    url = settings.google_token_url()
    try:
        if told["type"] == SERVICE_ACCOUNT:
            account = ServiceAccount(
                told["client_email"], told["private_key"], told["private_key_id"], subject=told.get("subject")
            )
            return google_oauth.service_token(url, account, google_oauth.SCOPE, now)
        grant = Grant(settings.google_client_id(), settings.google_client_secret(), told["refresh_token"])
        return google_oauth.access_token(url, grant, now)
    except GrantDead as dead:
        if dead.facts["reason"] not in _OUR_FAULT or told["type"] == SERVICE_ACCOUNT:
            raise
        logger.error("Google does not know us", reason=dead.facts["reason"])
        raise GoogleUnavailable(reason=dead.facts["reason"]) from dead


def _name(connection: Integration) -> str:
    """One connection with its present credentials."""
    return hashlib.sha256(f"{connection.pk}{connection.sk}{connection.sealed}".encode()).hexdigest()


def _reason(refused: ServiceError) -> str:
    return f"{refused.code}: {refused.facts.get('reason', '')}"
