from datetime import timedelta

from mostrador.scheduling.rules.public_share import Day, is_over, is_unproven, still_holds

NINE = 9 * 60
DAY = Day(open_minutes=600, busy_minutes=15, capacity=1)
CLASS = Day(open_minutes=600, busy_minutes=60, capacity=10)


def held(*starts, minutes=15):
    return {str(number): (start, minutes) for number, start in enumerate(starts)}


def test_the_first_booking_is_always_possible():
    assert not is_over({}, NINE, Day(open_minutes=60, busy_minutes=60, capacity=1), percent=1)


def test_the_share_is_of_the_days_time():
    assert not is_over(held(NINE), NINE + 15, DAY, percent=5)  # 30 of 600 minutes
    assert is_over(held(NINE, NINE + 15), NINE + 30, DAY, percent=5)
    assert not is_over(held(NINE, NINE + 15), NINE + 30, DAY, percent=8)


def test_a_longer_booking_uses_up_more():
    assert is_over(held(NINE, minutes=30), NINE + 30, DAY, percent=5)


def test_further_seats_of_a_held_class_take_seats_and_no_time():
    five = held(*[NINE] * 4, minutes=60)

    assert not is_over(five, NINE, CLASS, percent=5)  # 5 seats of 100, although the hour is 10 % of the day
    assert is_over(held(*[NINE] * 5, minutes=60), NINE, CLASS, percent=5)


def test_another_class_takes_time():
    assert is_over(held(NINE, minutes=60), NINE + 60, CLASS, percent=5)


def test_a_whole_day_may_be_allowed():
    assert not is_over(held(*range(NINE, NINE + 585, 15)), NINE + 585, DAY, percent=100)


def test_only_what_strangers_made_and_nobody_paid_or_confirmed_is_unproven():
    assert is_unproven(is_public=True, status="PENDING", paid=None)
    assert not is_unproven(is_public=False, status="PENDING", paid=None)
    assert not is_unproven(is_public=True, status="CONFIRMED", paid=None)
    assert not is_unproven(is_public=True, status="PENDING", paid=100)


def test_a_hold_stops_counting_in_the_second_in_which_it_lapses(now):
    ends, later = now + timedelta(minutes=5), now + timedelta(days=1)

    assert still_holds("PENDING", ends, later, None, ends - timedelta(seconds=1))
    assert not still_holds("PENDING", ends, later, None, ends)
    assert not still_holds("PENDING", None, ends, None, ends)  # it has begun
    assert not still_holds("PENDING", ends, later, 100, now)
    assert not still_holds("CONFIRMED", None, later, None, now)
