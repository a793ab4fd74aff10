from datetime import UTC, date, datetime, timedelta, timezone

from mostrador.table import keys

NOON = datetime(2026, 12, 1, 12, tzinfo=timezone(timedelta(hours=-3)))


def test_every_key_begins_with_its_tenant():
    made = [
        keys.tenant("s"),
        keys.member("s", "u"),
        keys.service("s", "i"),
        keys.resource("s", "i"),
        keys.usage("s", date(2026, 12, 1)),
        keys.customer("s", "i"),
        keys.customer_by_name("s", "ana", "i"),
        keys.phone("s", "+595"),
        keys.appointment("s", "i"),
        keys.appointment_by_start("s", NOON, "i"),
        keys.appointment_of_customer("s", "c", NOON, "i"),
        keys.agenda_day("s", "r", date(2026, 12, 1)),
    ]

    assert all(pk == "T#s" or pk.startswith("T#s#") for pk, _ in made)


def test_an_instant_in_a_key_is_utc_whatever_zone_it_came_in():
    assert keys.at(NOON) == keys.at(NOON.astimezone(UTC)) == "2026-12-01T15:00:00Z"


def test_instants_sort_as_they_follow_each_other_also_when_clocks_are_set_back():
    before = datetime(2026, 11, 1, 1, 30, tzinfo=timezone(timedelta(hours=-4)))
    after = datetime(2026, 11, 1, 1, 0, tzinfo=timezone(timedelta(hours=-5)))

    assert keys.at(before) < keys.at(after)
