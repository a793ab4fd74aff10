"""Access to a tenant's Google Calendar: the connection that counts, its access token, the meaning of refusals.

A process keeps access tokens while they last. It also remembers for some seconds that Google did not answer, so that
an outage of Google costs a change some milliseconds, and not the time-out of every call.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, TypeVar

from mostrador import settings
from mostrador.calendars.rules import google_errors
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
from mostrador.table import keys, writes
from mostrador.table.base import Item
from mostrador.table.items.tenants import Integration
from mostrador.table.keys import Key
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationState, IntegrationType
from mostrador.values.next_actions import NextAction

T = TypeVar("T")
OAUTH, SERVICE_ACCOUNT = "oauth", "service_account"
"""The kinds of sealed credentials: their ``type``."""
_PRIMARY: Final = Choices().calendar_id
_MARGIN: Final = timedelta(minutes=1)
_REST: Final = timedelta(seconds=10)
_UNKNOWN_CLIENT: Final = frozenset({"invalid_client", "unauthorized_client", "deleted_client", "disabled_client"})
"""Google does not accept this installation: a tenant that connected again would not help."""
_tokens: Final = ProcessCache[str, Access](size=500)
_resting: Final = ProcessCache[str, datetime](size=500)
_ALL_CONNECTIONS: Final = ""
_SILENT: Final = re.compile(r"\w+Error|status 5.*")
"""The reason where no answer came (the name of urllib3's exception), or the token endpoint failed by itself."""


class CalendarBroken(Conflict):
    code = "calendar_broken"
    en = "the connection to Google Calendar is broken: connect it again"
    es = "la conexión con Google Calendar está caída: vuelva a conectarla"
    next_action = NextAction.CONNECT_INTEGRATION


class CalendarResting(Unavailable):
    code = "calendar_resting"
    en = "Google Calendar did not answer a moment ago; it is asked again shortly"
    es = "Google Calendar no respondió recién; se le vuelve a preguntar en breve"


def keys_of(tenant: str, resource_id: str | None) -> list[Key]:
    """The keys of the connections that may count for a resource."""
    owners = [None, resource_id] if resource_id else [None]
    return [keys.integration(tenant, IntegrationType.GOOGLE_CALENDAR, owner) for owner in owners]


def effective_connection(tenant: str, resource_id: str | None, items: Mapping[Key, Item]) -> Integration | None:
    """The connection that counts for a resource, out of ``items``: its own before the tenant's."""
    for key in reversed(keys_of(tenant, resource_id)):
        connection = items.get(key)
        if isinstance(connection, Integration) and connection.sealed and not is_leaving(connection):
            return connection
    return None


def is_same_calendar(one: Integration, other: Integration) -> bool:
    """Whether both write to one calendar. ``primary`` is the calendar of whoever agreed, so it tells nothing."""
    calendar_id = choices(one).calendar_id
    return one.sk == other.sk or (calendar_id != _PRIMARY and calendar_id == choices(other).calendar_id)


def choices(connection: Integration) -> Choices:
    """The tenant's options for this calendar."""
    return Choices.of(connection.settings)


def ask(connection: Integration, request: Callable[[Calendar], T], *, now: datetime) -> T:
    """The result of ``request`` on the connection's calendar. An access token that is refused is renewed, once.

    Where Google is silent nobody asks it for a while; after a bad answer only this connection does not.
    Raises CalendarBroken (the connection is marked), CalendarResting, GoogleUnavailable, SecretsUnavailable, and what
    ``clients.google_calendar`` raises.
    """
    check(connection, now=now)
    try:
        return _with_fresh_token(connection, request, now)
    except (CalendarUnauthorized, CalendarForbidden, GrantDead, CalendarGone) as refusal:
        integrations.mark_broken(connection, _reason(refusal), now=now)
        raise CalendarBroken from refusal
    except (CalendarUnreachable, GoogleUnavailable) as error:
        is_silent = _SILENT.fullmatch(error.facts["reason"])
        _resting.put(_ALL_CONNECTIONS if is_silent else _name(connection), now + _REST)
        raise
    except CalendarBusy as busy:
        if google_errors.API_NOT_ENABLED in busy.facts["reason"]:
            logger.error("Google does not know us", reason=google_errors.API_NOT_ENABLED)
        seconds = busy.facts.get("retry_after")
        _resting.put(_name(connection), now + (timedelta(seconds=seconds) if seconds else _REST))
        raise


def _with_fresh_token(connection: Integration, request: Callable[[Calendar], T], now: datetime) -> T:
    try:
        return request(_calendar(connection, now))
    except CalendarUnauthorized:
        _tokens.drop(_name(connection))
        return request(_calendar(connection, now))


def check(connection: Integration, *, now: datetime) -> None:
    """Raise CalendarBroken or CalendarResting where the calendar must not be asked now."""
    is_hopeless = connection.status == IntegrationState.BROKEN or (is_leaving(connection) and connection.reason)
    if is_hopeless or not connection.sealed:
        raise CalendarBroken
    if rests(connection, now=now):
        raise CalendarResting


def is_leaving(connection: Integration) -> bool:
    """Whether it is being disconnected. No event belongs there, and once it is broken nobody waits for its repair."""
    return connection.status == IntegrationState.REMOVING


def rests(connection: Integration | None, *, now: datetime) -> bool:
    """Whether Google should not be asked just now, for this connection or (None) for any."""
    names = [_ALL_CONNECTIONS, *([_name(connection)] if connection else [])]
    return any(now < (_resting.get(name) or now) for name in names)


def revoke_grant(connection: Integration, *, now: datetime) -> None:
    """Revoke the grant at Google, if Google answers. The tenant itself must end a service account's."""
    credentials = _credentials(connection, now)
    if credentials["type"] != OAUTH:
        return
    try:
        google_oauth.revoke(settings.google_revoke_url(), credentials["refresh_token"])
    except GoogleUnavailable as error:
        logger.warning("grant not revoked", tenant=keys.tenant_of(connection.pk), reason=str(error))


def has_no_guests(refusal: ServiceError) -> bool:
    """Whether Google refused the event for its guests, because a service account acts for nobody."""
    return google_errors.CANNOT_INVITE in refusal.facts.get("reason", "")


def mark_cannot_invite(connection: Integration) -> None:
    """Record that this connection invites nobody, so that its events are made without guests."""
    connection.settings = connection.settings | {"can_invite": False}
    with suppress(writes.ConditionFailed), writes.transaction() as tx:  # somebody connects it anew at this moment
        tx.save(connection)
    logger.warning("calendar.cannot_invite", tenant=keys.tenant_of(connection.pk), connection=connection.sk)


def forget() -> None:
    """Drop the access tokens of this process, and its knowledge of who rests."""
    _tokens.clear()
    _resting.clear()


def _calendar(connection: Integration, now: datetime) -> Calendar:
    credentials = _credentials(connection, now)
    name = _name(connection)
    access = _tokens.get(name)
    if access is None or now >= access.expires_at - _MARGIN:
        access = _tokens.put(name, _new_token(credentials, now))
    quota_user = keys.tenant_of(connection.pk) if credentials["type"] == SERVICE_ACCOUNT else None
    return Calendar(settings.google_api_base(), choices(connection).calendar_id, access.token, quota_user)


def _credentials(connection: Integration, now: datetime) -> Mapping[str, str]:
    """The opened credentials: ``type``, and the fields of a grant or a service account."""
    credentials: Mapping[str, str] = json.loads(integrations.secrets(connection, now=now)[0])
    return credentials


def _new_token(credentials: Mapping[str, str], now: datetime) -> Access:
    """A new access token. Raises GrantDead, GoogleUnavailable."""
    url = settings.google_token_url()
    if credentials["type"] == SERVICE_ACCOUNT:
        account = ServiceAccount(
            credentials["client_email"],
            credentials["private_key"],
            credentials["private_key_id"],
            subject=credentials.get("subject"),
        )
        return google_oauth.service_token(url, account, google_oauth.SCOPE, now)
    grant = Grant(settings.google_client_id(), settings.google_client_secret(), credentials["refresh_token"])
    try:
        return google_oauth.access_token(url, grant, now)
    except GrantDead as dead:
        if dead.facts["reason"] not in _UNKNOWN_CLIENT:
            raise
        logger.error("Google does not know us", reason=dead.facts["reason"])
        raise GoogleUnavailable(reason=dead.facts["reason"]) from dead


def _name(connection: Integration) -> str:
    """A name for the connection with its present credentials."""
    return hashlib.sha256(f"{connection.pk}{connection.sk}{connection.sealed}".encode()).hexdigest()


def _reason(refusal: ServiceError) -> str:
    return f"{refusal.code}: {refusal.facts.get('reason', '')}"
