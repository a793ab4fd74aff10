"""Manage links: signed tokens with which customers see, move and cancel an appointment without an account.

The token holds the appointment's id, so it stays the same when the appointment is moved. It is good until 30 days after
the appointment's end.
"""

from datetime import datetime
from typing import Final

from mostrador import signed_links
from mostrador.errors import NotFound
from mostrador.table import keys, reads
from mostrador.table.items.scheduling import Appointment
from mostrador.values.next_actions import NextAction

_PURPOSE: Final = "manage"


class DeadLink(NotFound):
    """Forged, expired, of another tenant or of a deleted appointment: the same answer."""

    code = "not_found"
    en = "this link leads to no appointment, or no longer"
    es = "este enlace no corresponde a ningún turno, o ya venció"
    next_action = NextAction.ASK_FOR_LINK


def token(tenant: str, appointment_id: str) -> str:
    """The token of an appointment's link."""
    return signed_links.token(tenant, _PURPOSE, appointment_id)


def verify_token(tenant: str, token: str, *, now: datetime) -> Appointment:
    """The appointment of a link. Raises DeadLink."""
    appointment_id = signed_links.verified_id(tenant, _PURPOSE, token)
    if appointment_id is None:
        raise DeadLink
    found = reads.get_item(keys.appointment(tenant, appointment_id))
    if not isinstance(found, Appointment) or signed_links.is_expired(found.ends_at, now):
        raise DeadLink
    return found
