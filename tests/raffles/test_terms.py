"""What is promised when a sale opens; tests/raffles/test_raffles.py has the rest of the opening."""

from datetime import timedelta

import pytest

from mostrador.raffles.rules.randomness import LotteryAtAnotherTime
from tests.support.raffles import BY_LOTTERY, drafted, opened

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def test_a_lottery_draws_with_the_raffle_where_nothing_else_is_said(salon, now):
    raffle = opened(now, method=BY_LOTTERY)

    assert raffle.commitment["method"]["held_at"] == raffle.commitment["draw_at"]


def test_a_lottery_that_draws_before_the_last_sale_or_after_the_draw_is_refused(salon, now):
    raffle = drafted(now)
    least = raffle.sale_closes_at + 20 * MINUTE

    for at in (least - SECOND, raffle.draw_at + SECOND):
        with pytest.raises(LotteryAtAnotherTime) as refused:
            opened(now, method=BY_LOTTERY | {"held_at": at.isoformat()})
        assert refused.value.facts["field"] == "body.method.held_at"
    assert opened(now, method=BY_LOTTERY | {"held_at": least.isoformat()}).status == "OPEN"
