"""Staff stands for an e-mail that it wrote; nobody stands for one that came without an account."""

import pytest

from mostrador import context
from mostrador.people import confirmed_emails
from mostrador.people.confirmed_emails import NoEmail
from mostrador.table.items.people import Customer

VISITOR = context.Actor(context.PUBLIC, context.PUBLIC, context.PUBLIC)
STAFF = context.Actor("u-1", "staff", "eva@example.com")


@pytest.mark.parametrize(
    ("actor", "email", "expected"),
    [(STAFF, "ana@example.com", True), (VISITOR, "ana@example.com", False), (STAFF, None, False)],
)
def test_a_new_customers_email_is_confirmed_by_staff_alone(actor, email, expected):
    with context.working("salon", actor):
        assert confirmed_emails.is_confirmed_by_caller(Customer(email=email)) is expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"name": "Ana"}, False),
        ({"email": "ana@example.com"}, False),  # the one that is stored: nobody looked at it
        ({"email": "otra@example.com"}, True),
        ({"email": "otra@example.com", "email_is_confirmed": False}, False),
        ({"email_is_confirmed": True}, True),
        ({"email": None}, False),
    ],
)
def test_a_change_confirms_the_email_that_it_writes(wanted, expected):
    customer = Customer(email="ana@example.com", email_is_confirmed=False)

    confirmed_emails.apply(customer, wanted)

    assert customer.email_is_confirmed is expected


def test_there_must_be_an_email_to_confirm():
    with pytest.raises(NoEmail):
        confirmed_emails.apply(Customer(), {"email_is_confirmed": True})
