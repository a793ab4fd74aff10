"""A till holds what its movements say: opened with a float, closed with a count, never changed afterwards."""

import pytest

from mostrador.errors import NotHere
from mostrador.ledger import payments, tills
from mostrador.ledger.rules import tills as rules
from mostrador.ledger.views.tills import TillListing, TillSheetView
from mostrador.table.writes import KeyReused
from tests.support.counter import DAY, HOUR, close, expected, move, opened, take, visit, void


def test_cash_in_and_out_counts_once_per_key(salon, now):
    till = opened(now)

    move(till, now), move(till, now)
    move(till, now, "BANK_DEPOSIT", "50000", key="bank")
    move(till, now, "CASH_IN", "1000", key="in")

    assert expected(till, now) == {"CASH": "46000"}
    with pytest.raises(KeyReused):
        move(till, now, amount="6000")
    with pytest.raises(rules.NothingMoved):
        move(till, now, amount="0", key="nothing")


def test_the_close_keeps_expected_counted_and_difference(salon, now):
    till, booked = opened(now), visit(now)
    take(booked, now), take(booked, now, method="CARD")

    closed = close(till, now + HOUR, CASH="109000", CARD="10000", note="Faltó vuelto")

    assert (closed.status, closed.closed_by, closed.closed_at, closed.note) == (
        "CLOSED", "eva", now + HOUR, "Faltó vuelto"
    )  # fmt: skip
    assert closed.counts == [
        {"method": "CASH", "expected": "110000", "counted": "109000", "difference": "-1000"},
        {"method": "CARD", "expected": "10000", "counted": "10000", "difference": "0"},
    ]


def test_a_difference_needs_a_note_and_nothing_is_closed_without(salon, now):
    till = opened(now)

    with pytest.raises(rules.DifferenceWithoutNote) as refused:
        close(till, now, CASH="99000")

    assert refused.value.facts["differences"] == "CASH -1000"
    assert tills.get("salon", till.id, now=now).status == "OPEN"


def test_the_same_close_again_changes_nothing_and_another_is_refused(salon, now):
    till = opened(now)
    first = close(till, now, CASH="100000")

    assert close(till, now + HOUR, CASH="100000").version == first.version
    with pytest.raises(rules.TillClosed):
        close(till, now, CASH="100001", note="Apareció")
    with pytest.raises(rules.TillClosed):
        move(till, now)


def test_one_till_is_open_per_drawer_and_tenant(salon, clinic, now):
    first = opened(now, key="k")

    assert opened(now, key="k").id == first.id
    with pytest.raises(KeyReused):
        opened(now, key="k", opening_float="1")
    with pytest.raises(rules.TillAlreadyOpen):
        opened(now, "CAJA")
    opened(now, "Barra")
    opened(now, tenant="clinic")
    close(first, now, CASH="100000")
    assert opened(now).id != first.id


@pytest.mark.parametrize("next_till", [False, True])
def test_a_payment_of_a_closed_till_is_not_voided(salon, now, next_till):
    till, booked = opened(now), visit(now)
    payment = take(booked, now)
    close(till, now, CASH="110000")
    if next_till:
        opened(now + HOUR)

    with pytest.raises(rules.NotInOpenTill):
        void(payment, now + HOUR)

    assert payments.get("salon", payment.id, now=now).status == "PAID"


def test_tills_are_listed_by_local_day_and_status(salon, clinic, now):
    first = opened(now)
    close(first, now, CASH="100000")
    second = opened(now + DAY)

    def ids(tenant="salon", **query):
        return [one.id for one in tills.listing(tenant, TillListing(**query), now=now + DAY).items]

    assert ids() == [second.id, first.id]
    assert ids(status="OPEN") == [second.id]
    assert ids(date=now.date()) == [first.id]
    assert ids("clinic") == []
    with pytest.raises(NotHere):
        tills.get("clinic", first.id, now=now)


def test_the_sheet_shows_the_movements_with_their_sign(salon, now):
    till = opened(now)
    move(till, now)

    shown = TillSheetView.model_validate(tills.sheet("salon", till.id, now=now)).model_dump()

    (row,) = shown["movements"]
    assert (row["kind"], row["amount"], row["by"], row["reason"]) == ("EXPENSE", "-5000", "eva", "Café")
    assert shown["counts"][0]["expected"] == "95000"
