from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from mostrador.scheduling.rules import agenda
from mostrador.values import local_time

ASUNCION = ZoneInfo("America/Asuncion")
TEN = local_time.minute(datetime(2026, 12, 1, 13, tzinfo=UTC))


def test_a_hold_counts_until_the_second_it_lapses():
    held = agenda.Booking("a", "cut", TEN, 30, lapses_at=1000)

    assert agenda.live([held], 999) == [held]
    assert agenda.live([held], 1000) == []


def test_a_booking_that_stands_in_two_days_counts_once():
    late = agenda.Booking("a", "cut", TEN, 30)

    assert agenda.live([late, late], 0) == [late]


def test_bookings_that_touch_are_not_in_the_way():
    demand = agenda.Demand("cut", 30)

    assert agenda.in_the_way(demand, TEN + 30, [demand.booking("a", TEN)]) is None
    assert agenda.in_the_way(demand, TEN + 29, [demand.booking("a", TEN)]) is not None


def test_a_booking_stands_in_every_day_that_it_touches_buffers_included():
    party = agenda.Demand("party", 60, after=30)
    half_past_ten_at_night = TEN + 12 * 60 + 30

    assert agenda.days_touched(party, TEN, ASUNCION) == [date(2026, 12, 1)]
    assert agenda.days_touched(party, half_past_ten_at_night, ASUNCION) == [date(2026, 12, 1)]
    assert agenda.days_touched(party, half_past_ten_at_night + 1, ASUNCION) == [date(2026, 12, 1), date(2026, 12, 2)]
