"""A tenant, or one of its resources, connected to a Google Calendar: by a consent or a service account's key.

A consent is bound to the tenant, the resource and who asked for it by a signed state of ten minutes, good once; the
verifier of PKCE stays here. What Google grants is sealed and never shown.
"""

import json
import secrets
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from itsdangerous import BadSignature, URLSafeSerializer

from mostrador import ids, settings
from mostrador.calendars import google_access, watches
from mostrador.calendars.google_access import OAUTH, SERVICE_ACCOUNT
from mostrador.calendars.rules.event_plan import Choices
from mostrador.clients import google_oauth
from mostrador.errors import Conflict, Invalid, NotFound
from mostrador.scheduling import resources
from mostrador.table import keys, reads, writes
from mostrador.table.items.calendars import CalendarConsent
from mostrador.table.items.tenants import Integration
from mostrador.tenancy import integrations, tenants
from mostrador.tenancy.integrations import IntegrationState, IntegrationType

if TYPE_CHECKING:
    from mostrador.calendars.views.calendars import CalendarForm

LIVES: Final = timedelta(minutes=10)
_SYSTEM: Final = IntegrationType.GOOGLE_CALENDAR


class NoConsents(Conflict):
    code = "calendar_consent_off"
    en = "this installation is not registered with Google: connect with a service account"
    es = "esta instalación no está registrada en Google: conecte con una cuenta de servicio"


class DeadConsent(NotFound):
    """Forged, lapsed, or used before: the same answer."""

    code = "calendar_consent_dead"
    en = "this consent is not under way, or no longer: ask for it again"
    es = "este permiso no está en curso, o ya venció: vuelva a pedirlo"


class ConsentDenied(Invalid):
    code = "calendar_consent_denied"
    en = "Google did not let us in: {reason}"
    es = "Google no nos dejó entrar: {reason}"


def get(tenant: str, resource_id: str | None, *, now: datetime) -> Integration:
    """Raises NotHere."""
    return integrations.get(tenant, _SYSTEM, resource_id, now=now)


def connect(
    tenant: str, form: "CalendarForm", resource_id: str | None, *, seen: int | None, actor_name: str, now: datetime
) -> Integration:
    """Choose what the calendar shows; with a service account, connect at once. A broken connection is tried again.

    Raises NotHere (resource), Stale, Busy, SecretsUnavailable.
    """
    chosen = form.model_dump(mode="json", exclude={"service_account"})
    account = form.service_account
    secret = json.dumps({"type": SERVICE_ACCOUNT} | account.model_dump(exclude_none=True)) if account else None
    return _put(tenant, resource_id, chosen, secret, seen=seen, actor_name=actor_name, now=now)


def consent(tenant: str, resource_id: str | None, *, redirect_uri: str, actor_name: str, now: datetime) -> str:
    """The address at which a person lets us into a calendar. Raises NoConsents, NotHere."""
    _check_resource(tenant, resource_id, now)
    if not settings.google_client_id():
        raise NoConsents
    consent_id, verifier = ids.new(), secrets.token_urlsafe(48)
    expires_at = int((now + LIVES).timestamp())
    asked = CalendarConsent(*keys.calendar_consent(tenant, consent_id))
    asked.resource_id, asked.verifier, asked.actor_name, asked.expires_at = (
        resource_id,
        verifier,
        actor_name,
        expires_at,
    )
    writes.save_unaudited(asked)
    return google_oauth.consent_url(
        settings.google_auth_url(),
        client_id=settings.google_client_id(),
        redirect_uri=redirect_uri,
        scope=google_oauth.SCOPE,
        state=_signer().dumps([tenant, consent_id, expires_at]),
        code_challenge=google_oauth.challenge(verifier),
    )


def consume_state(state: str, *, now: datetime) -> tuple[str, str]:
    """Tenant and consent that Google's ``state`` names. Raises DeadConsent."""
    try:
        tenant, consent_id, expires_at = _signer().loads(state)
    except (BadSignature, ValueError) as error:
        raise DeadConsent from error
    if now.timestamp() >= expires_at:
        raise DeadConsent
    return tenant, consent_id


def granted(tenant: str, consent_id: str, *, code: str, error: str, redirect_uri: str, now: datetime) -> Integration:
    """Take what Google returned with, once. Raises DeadConsent, ConsentDenied, GrantDead, GoogleUnavailable, Busy."""
    asked = _used(tenant, consent_id)
    if error or not code:
        raise ConsentDenied(reason=error[:80] or "no code")
    grant, _access = google_oauth.exchange(
        settings.google_token_url(),
        client_id=settings.google_client_id(),
        client_secret=settings.google_client_secret(),
        code=code,
        redirect_uri=redirect_uri,
        code_verifier=asked.verifier,
        now=now,
    )
    found = integrations.find(tenant, _SYSTEM, asked.resource_id)
    chosen = found.settings if found else asdict(Choices())
    secret = json.dumps({"type": OAUTH, "refresh_token": grant.refresh_token})
    return _put(tenant, asked.resource_id, chosen, secret, seen=None, actor_name=asked.actor_name, now=now)


def disconnect(tenant: str, resource_id: str | None, *, removes: bool, seen: int | None, now: datetime) -> None:
    """Forget the calendar and its credentials; with ``removes`` once our events are gone from it, else they stay.

    Out of a broken one nothing can be removed. Raises NotHere, Stale, Busy.
    """
    connection = get(tenant, resource_id, now=now)
    writes.check_version(connection, seen)
    if removes and connection.sealed and connection.status != IntegrationState.BROKEN:
        leaving = writes.edited(lambda: get(tenant, resource_id, now=now), _leave, seen=seen, now=now)
        watches.wake(tenant, leaving, now=now)
        return
    watches.forget_connection(tenant, connection, now=now)


def _leave(connection: Integration) -> None:
    connection.status = IntegrationState.REMOVING.value


def _put(tenant: str, resource_id: str | None, chosen: dict[str, Any], secret: str | None, **more: Any) -> Integration:
    """Store it, and have the calendar brought up to date if there is a way into it."""
    now: datetime = more["now"]
    _check_resource(tenant, resource_id, now)
    item = integrations.put(tenant, _SYSTEM, settings=chosen, secret=secret, resource_id=resource_id, **more)
    google_access.forget()
    if item.sealed:
        watches.wake(tenant, item, now=now)
        watches.wake_others(tenant, item.sk, now=now)
    return item


def _check_resource(tenant: str, resource_id: str | None, now: datetime) -> None:
    """Raise NotHere."""
    if resource_id:
        resources.get(tenant, resource_id, now=now)
    else:
        tenants.current(tenant, now=now)


def _used(tenant: str, consent_id: str) -> CalendarConsent:
    """The consent, taken away so that nobody uses it again. Raises DeadConsent."""
    asked = reads.one(keys.calendar_consent(tenant, consent_id))
    if not isinstance(asked, CalendarConsent):
        raise DeadConsent
    with writes.refusing(DeadConsent()):
        asked.delete(condition=CalendarConsent.verifier == asked.verifier)
    return asked


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings.signing_key(), salt="calendar consent")
