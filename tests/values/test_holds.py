from datetime import UTC, datetime, timedelta

from mostrador.values.holds import has_lapsed

EXPIRES = datetime(2026, 11, 30, 13, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_hold_lapses_at_the_very_second():
    assert [has_lapsed(EXPIRES, EXPIRES + late) for late in (-SECOND, 0 * SECOND, SECOND)] == [False, True, True]


def test_seconds_since_the_epoch_count_alike():
    expires = int(EXPIRES.timestamp())

    assert [has_lapsed(expires, expires + late) for late in (-1, 0, 1)] == [False, True, True]


def test_what_never_expires_never_lapses():
    assert not has_lapsed(None, EXPIRES)
