"""A tenant, or one of its resources, connected to a Google Calendar: by a consent or a service account's key.

A signed state binds a consent to the tenant, the resource and the user. It is good once, for ten minutes; the verifier
of PKCE stays here. The grant is sealed and never shown.
"""

import json
import secrets
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from itsdangerous import BadSignature, URLSafeSerializer

from mostrador import ids, settings
from mostrador.calendars import disconnection, google_access, watches
from mostrador.calendars.google_access import OAUTH, SERVICE_ACCOUNT
from mostrador.calendars.rules.event_plan import Choices, EventState
from mostrador.clients import google_oauth
from mostrador.errors import Conflict, Invalid, NotFound
from mostrador.scheduling import resources
from mostrador.table import keys, reads, writes
from mostrador.table.items.calendars import CalendarConsent
from mostrador.table.items.tenants import Integration
from mostrador.tenancy import integrations, tenants
from mostrador.tenancy.rules.integration_states import IntegrationState, IntegrationType
from mostrador.values.next_actions import NextAction

if TYPE_CHECKING:
    from mostrador.calendars.views.calendars import CalendarForm

LIVES: Final = timedelta(minutes=10)
_SYSTEM: Final = IntegrationType.GOOGLE_CALENDAR


class NoConsents(Conflict):
    code = "calendar_consent_off"
    en = "this installation is not registered with Google: connect with a service account"
    es = "esta instalación no está registrada en Google: conecte con una cuenta de servicio"
    next_action = NextAction.USE_SERVICE_ACCOUNT


class CannotInvite(Invalid):
    code = "calendar_cannot_invite"
    en = "Google lets a service account invite only on behalf of a person: give a subject, or leave attendees false"
    es = "para Google una cuenta de servicio invita solo en nombre de una persona: indique subject o no invite"


class DeadConsent(NotFound):
    """The state is forged, expired, used or somebody else's: the answer is the same."""

    code = "calendar_consent_dead"
    en = "this consent is not under way, or no longer: ask for it again"
    es = "este permiso no está en curso, o ya venció: vuelva a pedirlo"
    next_action = NextAction.ASK_FOR_CONSENT


class ConsentDenied(Invalid):
    code = "calendar_consent_denied"
    en = "Google did not let us in: {reason}"
    es = "Google no dio el permiso, o la persona lo negó"
    next_action = NextAction.ASK_FOR_CONSENT


def get(tenant: str, resource_id: str | None, *, now: datetime) -> Integration:
    """The connection, with its parked events. Raises NotHere."""
    return with_parked(tenant, integrations.get(tenant, _SYSTEM, resource_id, now=now))


def with_parked(tenant: str, connection: Integration) -> Integration:
    """The connection with the number of events that Google refuses, and the reason of one of them."""
    unsettled = reads.span(keys.calendar_partition(tenant), connection.sk, f"{connection.sk}#~", index="gsi1")
    reasons = [record.reason for record in unsettled if record.state == EventState.PARKED]
    connection.parked_events, connection.parked_reason = len(reasons), next(iter(reasons), None)
    return connection


def connect(
    tenant: str, form: "CalendarForm", resource_id: str | None, *, seen: int | None, actor_name: str, now: datetime
) -> Integration:
    """Store the calendar's options; with a service account, connect at once. A broken connection is tried again.

    Raises NotHere (resource), Stale, Busy, SecretsUnavailable, CannotInvite.
    """
    chosen = form.model_dump(mode="json", exclude={"service_account"})
    account = form.service_account
    secret = json.dumps({"type": SERVICE_ACCOUNT} | account.model_dump(exclude_none=True)) if account else None
    can_invite = _can_invite(secret or _present_secret(tenant, resource_id, now))
    if form.attendees and not can_invite:
        raise CannotInvite(field="body.attendees", value=True)
    chosen["can_invite"] = can_invite
    return _put(tenant, resource_id, chosen, secret, seen=seen, actor_name=actor_name, now=now)


def _present_secret(tenant: str, resource_id: str | None, now: datetime) -> str | None:
    stored = integrations.find(tenant, _SYSTEM, resource_id)
    return integrations.secrets(stored, now=now)[0] if stored and stored.sealed else None


def _can_invite(secret: str | None) -> bool:
    """Whether Google lets these credentials invite guests: a service account must act for somebody."""
    credentials = json.loads(secret) if secret else {}
    return credentials.get("type") != SERVICE_ACCOUNT or bool(credentials.get("subject"))


def consent(
    tenant: str, resource_id: str | None, *, redirect_uri: str, actor: str, actor_name: str, now: datetime
) -> str:
    """The address where a person gives us access to a calendar; ``actor`` alone, a user's id, can finish it.

    Raises NoConsents, NotHere.
    """
    _check_resource(tenant, resource_id, now)
    if not settings.google_client_id():
        raise NoConsents
    consent_id, verifier = ids.new(), secrets.token_urlsafe(48)
    expires_at = int((now + LIVES).timestamp())
    pending = CalendarConsent(
        *keys.calendar_consent(tenant, consent_id),
        resource_id=resource_id,
        verifier=verifier,
        actor=actor,
        actor_name=actor_name,
        expires_at=expires_at,
    )
    writes.save_unaudited(pending)
    return google_oauth.consent_url(
        settings.google_auth_url(),
        client_id=settings.google_client_id(),
        redirect_uri=redirect_uri,
        scope=google_oauth.SCOPE,
        state=_signer().dumps([tenant, consent_id, expires_at]),
        code_challenge=google_oauth.challenge(verifier),
    )


def check_state(state: str, *, now: datetime) -> None:
    """Raise DeadConsent for a state that is not ours, or lapsed."""
    _opened_state(state, now=now)


def _opened_state(state: str, *, now: datetime) -> tuple[str, str]:
    """The tenant and the consent that Google's ``state`` names. Raises DeadConsent."""
    try:
        tenant, consent_id, expires_at = _signer().loads(state)
    except (BadSignature, ValueError) as error:
        raise DeadConsent from error
    if now.timestamp() >= expires_at:
        raise DeadConsent
    return tenant, consent_id


def granted(
    tenant: str, state: str, *, code: str, error: str, redirect_uri: str, actor: str, now: datetime
) -> Integration:
    """Connect by the code of a consent that ``actor``, a user's id, asked for.

    Raises DeadConsent, ConsentDenied, GrantDead, GoogleUnavailable, Busy.
    """
    named, consent_id = _opened_state(state, now=now)
    if named != tenant:
        raise DeadConsent
    pending = _consume(tenant, consent_id, actor)
    if error or not code:
        raise ConsentDenied(reason=error[:80] or "no code")
    grant, _access = google_oauth.exchange(
        settings.google_token_url(),
        client_id=settings.google_client_id(),
        client_secret=settings.google_client_secret(),
        code=code,
        redirect_uri=redirect_uri,
        code_verifier=pending.verifier,
        now=now,
    )
    stored = integrations.find(tenant, _SYSTEM, pending.resource_id)
    chosen = (stored.settings if stored else asdict(Choices())) | {"can_invite": True}
    secret = json.dumps({"type": OAUTH, "refresh_token": grant.refresh_token})
    return _put(tenant, pending.resource_id, chosen, secret, seen=None, actor_name=pending.actor_name, now=now)


def disconnect(tenant: str, resource_id: str | None, *, removes: bool, seen: int | None, now: datetime) -> None:
    """Delete the connection and its credentials; with ``removes`` after our events are deleted from the calendar.

    Nothing can be deleted through a broken connection. Raises NotHere, Stale, Busy.
    """
    connection = get(tenant, resource_id, now=now)
    writes.check_version(connection, seen)
    if removes and connection.sealed and connection.status != IntegrationState.BROKEN:
        leaving = writes.edited(lambda: get(tenant, resource_id, now=now), _mark_removing, seen=seen, now=now)
        watches.wake(tenant, leaving, now=now)
        return
    disconnection.forget_connection(tenant, connection, now=now)


def _mark_removing(connection: Integration) -> None:
    connection.status = IntegrationState.REMOVING.value


def _put(
    tenant: str,
    resource_id: str | None,
    chosen: dict[str, object],
    secret: str | None,
    *,
    seen: int | None,
    actor_name: str,
    now: datetime,
) -> Integration:
    """Store the connection, and have the calendar proved if there are credentials."""
    _check_resource(tenant, resource_id, now)
    item = integrations.put(
        tenant,
        _SYSTEM,
        settings=chosen,
        secret=secret,
        resource_id=resource_id,
        seen=seen,
        actor_name=actor_name,
        now=now,
    )
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


def _consume(tenant: str, consent_id: str, actor: str) -> CalendarConsent:
    """The consent that ``actor`` began, deleted so that nobody uses it again. Raises DeadConsent."""
    pending = reads.get_item(keys.calendar_consent(tenant, consent_id))
    if not isinstance(pending, CalendarConsent) or pending.actor != actor:
        raise DeadConsent
    with writes.refusing(DeadConsent()):
        pending.delete(condition=CalendarConsent.verifier == pending.verifier)
    return pending


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings.signing_keys(), salt="calendar consent")
