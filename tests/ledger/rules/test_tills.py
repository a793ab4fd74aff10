"""The decisions of a till: the money that a move brings, the till in which it counts, the count at the close."""

from decimal import Decimal
from typing import NamedTuple

import pytest

from mostrador.errors import NotHere
from mostrador.ledger.rules import tills


class Drawer(NamedTuple):
    till_id: str
    drawer: str
    opened_by_user: str


FRONT, BAR = Drawer("t1", "Caja", "eva"), Drawer("t2", "Barra", "ana")


@pytest.mark.parametrize(
    ("before", "after", "provider", "change"),
    [
        ("PENDING", "PAID", "MANUAL", 5),
        ("PENDING", "REFUND_DUE", "MANUAL", 5),
        ("PAID", "REFUND_DUE", "MANUAL", 0),
        ("REFUND_DUE", "PAID", "MANUAL", 0),
        ("REFUND_DUE", "REFUNDED", "MANUAL", -5),
        ("PENDING", "PAID", "BANCARD", 0),
        ("REFUND_DUE", "REFUNDED", "BANCARD", 0),
    ],
)
def test_money_that_is_received_or_given_back_changes_the_till(before, after, provider, change):
    assert tills.change(before, after, Decimal(5), provider) == change


def test_the_till_is_the_only_one_or_the_own_one_or_the_named_one():
    assert tills.choose([], None, user="eva") is None
    assert tills.choose([BAR], None, user="eva") == BAR
    assert tills.choose([FRONT, BAR], None, user="eva") == FRONT
    assert tills.choose([FRONT, BAR], "BARRA", user="eva") == BAR
    assert tills.choose([FRONT, BAR], "t2", user="eva") == BAR
    with pytest.raises(tills.WhichTill):
        tills.choose([FRONT, BAR], None, user="leo")
    with pytest.raises(NotHere):
        tills.choose([FRONT], "Patio", user="eva")
