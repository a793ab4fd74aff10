from decimal import Decimal

import pytest

from mostrador.values import money


@pytest.mark.parametrize(
    ("typed", "currency", "shown"),
    [("25", "USD", "25.00"), ("25.5", "USD", "25.50"), ("150000", "PYG", "150000"), ("1.234", "KWD", "1.234")],
)
def test_an_amount_has_the_digits_of_its_currency(typed, currency, shown):
    assert money.text(money.amount(typed, currency), currency) == shown


@pytest.mark.parametrize(
    ("typed", "currency"),
    [("0.5", "PYG"), ("1.001", "USD"), ("-1", "USD"), ("NaN", "USD"), ("1e14", "USD"), ("x", "USD")],
)
def test_an_amount_that_cannot_be_is_refused_with_its_value(typed, currency):
    with pytest.raises(money.BadAmount, match=typed):
        money.amount(typed, currency)


def test_a_currency_that_iso_4217_does_not_have_is_refused():
    with pytest.raises(money.UnknownCurrency, match="GUARANI"):
        money.digits("GUARANI")


def test_no_digit_is_lost():
    assert money.amount("9999999999999.99", "USD") == Decimal("9999999999999.99")
