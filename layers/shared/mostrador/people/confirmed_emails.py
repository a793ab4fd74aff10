"""Whether staff stands for a customer's e-mail: nobody is invited on one that came without an account."""

from collections.abc import Mapping
from typing import Any

from mostrador import context
from mostrador.errors import Invalid
from mostrador.table.items.people import Customer


class NoEmail(Invalid):
    code = "no_email_to_confirm"
    en = "there is no e-mail to confirm"
    es = "no hay un correo que confirmar"


def is_confirmed_by_caller(customer: Customer) -> bool:
    """Whether the e-mail of a new customer comes from staff."""
    return customer.email is not None and not context.is_public()


def apply(customer: Customer, wanted: Mapping[str, Any]) -> None:
    """Set these attributes of a customer. Staff writes them, so another e-mail is confirmed unless they deny it.

    Raises NoEmail.
    """
    before = customer.email
    for name, value in wanted.items():
        setattr(customer, name, value)
    if customer.email is None and wanted.get("email_is_confirmed"):
        raise NoEmail(field="body.email_is_confirmed", value=True)
    if customer.email != before and "email_is_confirmed" not in wanted:
        customer.email_is_confirmed = customer.email is not None
