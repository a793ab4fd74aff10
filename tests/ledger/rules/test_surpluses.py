"""The question where money above the price goes."""

from decimal import Decimal

from mostrador.ledger.rules import surpluses
from mostrador.ledger.rules.surpluses import PriceSurplus


def test_it_names_the_surplus_and_the_choices():
    asked = surpluses.unexplained(Decimal(5000), "PYG", PriceSurplus)

    assert asked.facts == {"surplus": "5000 PYG", "choices": [choice.value for choice in PriceSurplus]}
    assert "Gs. 5.000" in asked.says("es")
