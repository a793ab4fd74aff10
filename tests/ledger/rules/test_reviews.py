from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from mostrador.ledger.rules import reviews

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("hours", "latest", "due"),
    [(None, 48, 24), (12, 48, 12), (24, 3, 3), (1, 1, 1)],
    ids=["the default", "the tenant's", "not after the start", "both"],
)
def test_a_review_takes_the_tenants_hours_and_ends_by_the_latest(hours, latest, due):
    assert reviews.due_at(hours, NOW + latest * HOUR, now=NOW) == NOW + due * HOUR


@pytest.mark.parametrize(
    ("total", "is_in_review", "owed"), [(Decimal(1), True, True), (Decimal(0), True, None), (Decimal(1), False, None)]
)
def test_money_may_be_owed_for_what_costs_something_and_ends_in_review(total, is_in_review, owed):
    assert reviews.may_be_owed(total, is_in_review=is_in_review) is owed
