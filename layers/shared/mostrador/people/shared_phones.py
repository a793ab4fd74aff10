"""People who share a phone, such as a family: each booking keeps its person, and the customer's record stays."""

from typing import TYPE_CHECKING, Any

from mostrador.people import customers
from mostrador.table.items.people import Customer

if TYPE_CHECKING:
    from mostrador.people.views.customers import NewCustomer


def as_given(customer: Customer | customers.Known, wanted: "NewCustomer | None") -> dict[str, Any]:
    """Name, e-mail and notes of a person who gave a known phone, as attributes of what they book.

    The name is None where it is the customer's. Empty for a new customer, who has all of it, and for one known by id.
    """
    if wanted is None or not isinstance(customer, customers.Known):
        return {}
    booked_as = None if wanted.name == customer.name else wanted.name
    return {"booked_as": booked_as, "booked_email": wanted.email, "booked_notes": wanted.notes}
