"""Signed links to a payment: whoever paid sees what became of it, and nothing else."""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from itsdangerous import BadSignature, Signer

from mostrador import settings
from mostrador.errors import NotFound
from mostrador.table import keys, reads
from mostrador.table.items.payments import Payment
from mostrador.tenancy import tenants

KEPT: Final = timedelta(days=30)


class DeadPaymentLink(NotFound):
    """Forged, expired, of another tenant: the same answer."""

    code = "not_found"
    en = "this link leads to no payment, or no longer"
    es = "este enlace no corresponde a ningún pago, o ya venció"


def token(tenant: str, payment_id: str) -> str:
    """The token of a payment's link."""
    return _signer(tenant).sign(payment_id).decode()


def verify_token(tenant: str, token: str, *, now: datetime) -> Payment:
    """The payment to which ``token`` leads. Raises NotHere (tenant), DeadPaymentLink."""
    tenants.current(tenant, now=now)
    try:
        payment_id = _signer(tenant).unsign(token).decode()
    except (BadSignature, ValueError) as error:
        raise DeadPaymentLink from error
    found = reads.one(keys.payment(tenant, payment_id))
    if not isinstance(found, Payment) or now > found.created_at + KEPT:
        raise DeadPaymentLink
    return found


def _signer(tenant: str) -> Signer:
    return Signer(settings.signing_key(), salt=f"payment {tenant}", digest_method=hashlib.sha256)
