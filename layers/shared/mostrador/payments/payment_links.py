"""Signed links to a payment: the payer sees its state, and nothing else. They are good for 30 days."""

from datetime import datetime
from typing import Final

from mostrador import signed_links
from mostrador.errors import NotFound
from mostrador.table import keys, reads
from mostrador.table.items.payments import Payment
from mostrador.tenancy import tenants
from mostrador.values.next_actions import NextAction

_PURPOSE: Final = "payment"


class DeadPaymentLink(NotFound):
    """A forged link, an expired one, one of another tenant: the same answer."""

    code = "not_found"
    en = "this link leads to no payment, or no longer"
    es = "este enlace no corresponde a ningún pago, o ya venció"
    next_action = NextAction.ASK_FOR_LINK


def token(tenant: str, payment_id: str) -> str:
    """The token of a payment's link."""
    return signed_links.token(tenant, _PURPOSE, payment_id)


def verify_token(tenant: str, token: str, *, now: datetime) -> Payment:
    """The payment of a link. Raises NotHere (tenant), DeadPaymentLink."""
    tenants.current(tenant, now=now)
    payment_id = signed_links.verified_id(tenant, _PURPOSE, token)
    if payment_id is None:
        raise DeadPaymentLink
    stored = reads.get_item(keys.payment(tenant, payment_id))
    if not isinstance(stored, Payment) or signed_links.is_expired(stored.created_at, now):
        raise DeadPaymentLink
    return stored
