"""What may be paid online, how much of it now, and until when."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.payments.rules.checkout import (
    LONGEST_PAGE,
    MARGIN,
    MOST_CHECKOUTS,
    SHORTEST_PAGE,
    SHORTEST_TIME_TO_PAY,
    WITHOUT_HOLD,
    CurrencyNotTaken,
    NothingDue,
    NotPayable,
    TimeLimits,
    TooManyCheckouts,
    check_appointment,
    check_count,
    check_order,
    due_now,
    payment_request,
)
from mostrador.raffles.rules.states import OrderStatus
from mostrador.scheduling.rules.appointment_states import AppointmentStatus

NOW = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PAYABLE = {
    AppointmentStatus.PENDING,
    AppointmentStatus.CONFIRMED,
    AppointmentStatus.COMPLETED,
    AppointmentStatus.NO_SHOW,
}


def refused(call):
    """What NotPayable says of it; None where it may be paid."""
    try:
        call()
    except NotPayable as error:
        return error.facts["current"]
    return None


@pytest.mark.parametrize("status", AppointmentStatus)
def test_an_appointment_is_paid_unless_it_was_cancelled_or_has_lapsed(status):
    told = refused(lambda: check_appointment(status.value, held_until=None, now=NOW))

    assert told == (None if status in PAYABLE else status)


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("is_over", [False, True])
def test_an_order_is_paid_while_it_is_reserved_and_its_raffle_sells(status, is_over):
    told = refused(lambda: check_order(status.value, is_over=is_over, held_until=None, now=NOW))

    assert told == (None if status is OrderStatus.RESERVED and not is_over else status)


@pytest.mark.parametrize(
    ("held_until", "told"),
    [(None, None), (NOW + SECOND, None), (NOW, "EXPIRED"), (NOW - SECOND, "EXPIRED")],
    ids=["no hold", "a second left", "at its end", "after it"],
)
def test_what_is_held_is_paid_before_its_hold_ends(held_until, told):
    of_order = refused(lambda: check_order("RESERVED", is_over=False, held_until=held_until, now=NOW))
    of_appointment = refused(lambda: check_appointment("PENDING", held_until=held_until, now=NOW))

    assert (of_order, of_appointment) == (told, told)


def test_it_is_tried_so_often_and_no_more():
    check_count(MOST_CHECKOUTS - 1)

    with pytest.raises(TooManyCheckouts, match=f"{MOST_CHECKOUTS} times"):
        check_count(MOST_CHECKOUTS)


@pytest.mark.parametrize(
    ("due", "deposit", "paid", "all_of_it", "now"),
    [
        (80, None, None, False, 80),
        (80, 20, None, False, 20),
        (80, 20, None, True, 80),
        (60, 20, 20, False, 60),
        (79, 20, 1, False, 79),
        (80, 20, 0, False, 20),
        (80, 80, None, False, 80),
        (80, 79, None, False, 79),
        (20, 20, None, False, 20),
        (10, 20, None, False, 10),
        (80, 0, None, False, 80),
        (0, 20, 80, False, 0),
    ],
)
def test_the_deposit_is_asked_for_first_and_then_all_that_is_due(due, deposit, paid, all_of_it, now):
    told = [None if one is None else Decimal(one) for one in (deposit, paid)]

    assert due_now(Decimal(due), *told, all_of_it=all_of_it) == now


@given(due=st.integers(1, 10**6), deposit=st.none() | st.integers(0, 10**6), paid=st.none() | st.integers(0, 10**6))
def test_never_more_is_asked_for_than_is_due(due, deposit, paid):
    told = [None if one is None else Decimal(one) for one in (deposit, paid)]

    assert 0 < due_now(Decimal(due), *told, all_of_it=False) <= due


def ask(amount=80_000, currency="PYG", about="Turno 01/12 09:00", held_until=None, is_first=True, sale_cutoff=None):
    return payment_request(Decimal(amount), currency, about, TimeLimits(held_until, is_first, sale_cutoff), now=NOW)


@pytest.mark.parametrize("amount", [0, -1])
def test_where_nothing_is_due_nothing_is_asked_for(amount):
    with pytest.raises(NothingDue):
        ask(amount)


def test_where_nothing_is_due_no_currency_is_wrong():
    with pytest.raises(NothingDue):
        ask(0, "USD")


def test_a_currency_that_bancard_does_not_take_is_said_with_the_amount():
    with pytest.raises(CurrencyNotTaken, match=r"takes PYG only, and this costs 25\.00 USD"):
        ask(25, "USD")


@pytest.mark.parametrize(
    ("held_until", "payable_until", "then_held_until"),
    [
        (None, NOW + WITHOUT_HOLD, None),
        (NOW + timedelta(hours=24), NOW + timedelta(hours=24) - MARGIN, NOW + timedelta(hours=24)),
        (NOW + SHORTEST_TIME_TO_PAY + MARGIN, NOW + SHORTEST_TIME_TO_PAY, NOW + SHORTEST_TIME_TO_PAY + MARGIN),
        (NOW + SHORTEST_TIME_TO_PAY + MARGIN - SECOND, NOW + SHORTEST_TIME_TO_PAY, NOW + SHORTEST_TIME_TO_PAY + MARGIN),
        (NOW + SECOND, NOW + SHORTEST_TIME_TO_PAY, NOW + SHORTEST_TIME_TO_PAY + MARGIN),
    ],
    ids=["no hold", "a day", "just enough", "a second too short", "nearly over"],
)
def test_a_first_page_is_open_for_ten_minutes_and_closed_before_the_hold_ends(
    held_until, payable_until, then_held_until
):
    told = ask(held_until=held_until)

    assert (told.payable_until, told.held_until) == (payable_until, then_held_until)


def test_a_later_page_makes_no_hold_longer():
    told = ask(held_until=NOW + timedelta(minutes=5), is_first=False)

    assert (told.payable_until, told.held_until) == (NOW + timedelta(minutes=3), NOW + timedelta(minutes=5))


@pytest.mark.parametrize(
    "until",
    [
        {"held_until": NOW + MARGIN + SHORTEST_PAGE - SECOND, "is_first": False},
        {"sale_cutoff": NOW + MARGIN + SHORTEST_PAGE - SECOND},
    ],
    ids=["the hold", "the sale cutoff"],
)
def test_a_page_that_would_be_open_for_a_moment_is_not_made(until):
    with pytest.raises(NotPayable):
        ask(**until)


def test_nothing_is_paid_after_the_sale_cutoff():
    assert ask(sale_cutoff=NOW + timedelta(minutes=8)).payable_until == NOW + timedelta(minutes=6)


@given(about=st.text())
def test_what_the_payer_is_shown_fits_bancards_field(about):
    assert len(ask(about=about).description) <= 20


def test_the_payer_is_shown_what_is_paid():
    assert (ask().amount, ask().description) == (Decimal(80_000), "Turno 01/12 09:00")


def test_a_page_lives_for_a_day_where_a_hold_waits_for_staff_longer():
    limits = TimeLimits(NOW + 14 * LONGEST_PAGE, is_first=True)

    request = payment_request(Decimal(80_000), "PYG", "Turno", limits, now=NOW)

    assert (request.payable_until, request.held_until) == (NOW + LONGEST_PAGE, limits.held_until)
