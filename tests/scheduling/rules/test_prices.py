"""Prices as rules: the parts add up in every currency, and nobody takes off more than the role may."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.scheduling.rules import prices
from mostrador.scheduling.rules.appointment_states import AmountIsFixed, AppointmentStatus, PaymentStatus
from mostrador.scheduling.rules.prices import DiscountTooLarge, PriceClosed
from mostrador.values import money
from mostrador.values.money import BadAmount

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
currencies = st.sampled_from(["PYG", "USD", "KWD"])


def amounts(currency):
    return st.integers(0, 10**8).map(lambda units: Decimal(units).scaleb(-money.digits(currency)))


@st.composite
def priced(draw):
    currency = draw(currencies)
    extra = st.builds(
        lambda amount, quantity, removed_by: line(str(amount), quantity, removed_by),
        amounts(currency), st.integers(1, 9), st.sampled_from([None, "eva"]),
    )  # fmt: skip
    by_percent = st.integers(1, 100).map(lambda percent: discount(percent=percent))
    by_amount = amounts(currency).map(lambda amount: discount(amount=str(amount)))
    return (
        draw(amounts(currency)),
        draw(st.lists(extra, max_size=4)),
        draw(st.none() | by_percent | by_amount),
        currency,
    )


def line(amount, quantity=1, removed_by=None):
    return prices.Extra(
        id="0", description="x", quantity=quantity, amount=amount, service_id=None, by="eva", removed_by=removed_by
    )


def discount(percent=None, amount=None):
    return prices.Discount(percent=percent, amount=amount, reason="x", by="eva")


@given(priced())
def test_the_parts_add_up_to_a_total_of_the_currency(one):
    agreed, extras, off, currency = one
    price = prices.price(agreed, extras, off, currency)

    counted = sum(extra["quantity"] * Decimal(extra["amount"]) for extra in extras if not extra["removed_by"])
    assert (price.agreed, price.extras) == (agreed, counted)
    assert price.total == agreed + counted - price.discount
    assert 0 <= price.discount <= agreed + counted
    assert money.amount(str(price.total), currency) == price.total


@given(priced(), st.integers(0, 100))
def test_a_discount_within_the_limit_is_given_and_any_more_is_not(one, limit):
    agreed, extras, off, currency = one
    price = prices.price(agreed, extras, off, currency)

    if price.share * 100 <= limit:
        prices.check_discount(Fraction(0), price.share, limit=limit, role="staff")
    else:
        with pytest.raises(DiscountTooLarge):
            prices.check_discount(Fraction(0), price.share, limit=limit, role="staff")


@pytest.mark.parametrize(
    ("agreed", "percent", "currency", "taken_off"),
    [
        ("80000", 10, "PYG", "8000"),
        ("25", 10, "PYG", "3"),
        ("25.05", 10, "USD", "2.51"),
        ("80000", 100, "PYG", "80000"),
    ],
)
def test_a_percentage_is_rounded_half_up_to_the_currency(agreed, percent, currency, taken_off):
    assert prices.price(Decimal(agreed), [], discount(percent=percent), currency).discount == Decimal(taken_off)


def test_an_amount_takes_off_at_most_all_of_it():
    price = prices.price(Decimal(100), [line("50", 2)], discount(amount="500"), "PYG")

    assert (price.discount, price.total, price.share) == (200, 0, 1)


def test_what_was_given_before_does_not_count_against_another_role():
    prices.check_discount(Fraction(1, 2), Fraction(2, 5), limit=20, role="staff")

    with pytest.raises(DiscountTooLarge, match="51 %"):
        prices.check_discount(Fraction(1, 2), Fraction(501, 1000), limit=20, role="staff")


def test_a_sum_that_no_currency_has_is_refused():
    with pytest.raises(BadAmount):
        prices.price(Decimal(1), [line(str(money.LARGEST - 1))], None, "PYG")


def check(status, payment=PaymentStatus.PENDING, after=DAY, *, is_owed=False):
    prices.check_open(status, payment, NOON, is_owed=is_owed, now=NOON + after)


@pytest.mark.parametrize("status", [AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW])
def test_a_price_stays_open_for_a_day_after_the_conclusion(status):
    check(status)

    with pytest.raises(PriceClosed):
        check(status, after=DAY + timedelta(seconds=1))


@pytest.mark.parametrize(
    "status", [AppointmentStatus.CANCELLED, AppointmentStatus.EXPIRED, AppointmentStatus.IN_REVIEW]
)
def test_a_price_that_nobody_owes_or_that_is_declared_as_paid_stays(status):
    with pytest.raises(AmountIsFixed):
        check(status)


@pytest.mark.parametrize("status", [AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED])
def test_a_price_stays_while_money_is_to_go_back(status):
    check(status)

    with pytest.raises(AmountIsFixed):
        check(status, is_owed=True)
