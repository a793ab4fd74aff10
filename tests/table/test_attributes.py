from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.scheduling.rules.agenda import Booking
from mostrador.table.attributes import InstantAttribute, packed, short, unpacked
from mostrador.values import local_time

DAY = date(2026, 12, 1)
MIDNIGHT = local_time.wall_midnight(DAY)
bookings = st.builds(
    Booking,
    appointment_id=st.uuids().map(lambda one: one.hex),
    service=st.uuids().map(lambda one: one.hex[-16:]),
    starts=st.integers(MIDNIGHT - 4000, MIDNIGHT + 4000),
    duration=st.integers(5, 1440),
    before=st.integers(0, 240),
    after=st.integers(0, 240),
    lapses_at=st.integers(0, 2**32 - 1),
)


@given(bookings)
def test_a_packed_booking_comes_back_as_it_was(booking):
    line = packed(booking, DAY)

    assert unpacked({short(booking.appointment_id): line}, DAY) == [booking]
    assert (len(line), len(short(booking.appointment_id))) == (18, 22)


def test_an_instant_is_kept_in_utc():
    noon = datetime.fromisoformat("2026-12-01T12:00:00-03:00")

    kept = InstantAttribute().serialize(noon)

    assert kept == "2026-12-01T15:00:00Z"
    assert InstantAttribute().deserialize(kept) == noon.astimezone(UTC)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="has no zone"):
        InstantAttribute().serialize(datetime(2026, 12, 1))
