"""Manage links: a signed token with which whoever booked sees, moves and cancels the appointment, without account.

The token is the appointment's id and its signature, so it stays the same wherever the appointment is moved to. It is
good until 30 days after the appointment's end. The last letter of 32 signed bytes in base64url is never ``-`` or
``_``, so a messenger that makes a link of it does not cut it.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from itsdangerous import BadSignature, Signer

from mostrador import settings
from mostrador.errors import NotFound
from mostrador.table import keys, reads
from mostrador.table.items.scheduling import Appointment

KEPT: Final = timedelta(days=30)


class DeadLink(NotFound):
    """Forged, expired, of another tenant, of what was deleted: the same answer."""

    code = "not_found"
    en = "this link leads to no appointment, or no longer"
    es = "este enlace no corresponde a ningún turno, o ya venció"


def token(tenant: str, appointment_id: str) -> str:
    """The token of an appointment's link."""
    return _signer(tenant).sign(appointment_id).decode()


def verify_token(tenant: str, token: str, *, now: datetime) -> Appointment:
    """The appointment to which ``token`` leads. Raises DeadLink."""
    try:
        appointment_id = _signer(tenant).unsign(token).decode()
    except (BadSignature, ValueError) as error:
        raise DeadLink from error
    found = reads.one(keys.appointment(tenant, appointment_id))
    if not isinstance(found, Appointment) or now > found.ends_at + KEPT:
        raise DeadLink
    return found


def _signer(tenant: str) -> Signer:
    return Signer(settings.signing_key(), salt=f"manage {tenant}", digest_method=hashlib.sha256)
