"""The ids of our events: legal, of one event each, and read back as they were made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.calendars.rules import event_ids
from mostrador.calendars.rules.event_ids import Place

APPOINTMENT = "0192f3a15b7c7d119c2e0a1b2c3d4e5f"
appointments = st.text("0123456789abcdef", min_size=32, max_size=32)
places = st.sampled_from(Place)


@given(appointments, st.integers(0, 10**9), places)
def test_an_event_id_is_legal_and_tells_its_appointment_generation_and_place(appointment, generation, place):
    made = event_ids.event_id(appointment, generation, place)

    assert event_ids.name_of(made) == (appointment, generation, place)
    assert set(made) <= set("0123456789abcdefghijklmnopqrstuv")
    assert 5 <= len(made) <= 1024


def test_the_generation_is_written_in_base32hex():
    ends = [event_ids.event_id(APPOINTMENT, generation)[32:] for generation in (0, 1, 31, 32)]

    assert ends == ["g0", "g1", "gv", "g10"]


@given(st.tuples(appointments, st.integers(0, 99), places), st.tuples(appointments, st.integers(0, 99), places))
def test_two_events_never_share_an_id(one, other):
    assert (event_ids.event_id(*one) == event_ids.event_id(*other)) == (one == other)


def test_the_id_of_the_main_event_is_as_it_was_before_there_was_a_second():
    assert event_ids.event_id(APPOINTMENT, 0) == f"{APPOINTMENT}g0"
    assert event_ids.event_id(APPOINTMENT, 0, Place.SECOND) == f"{APPOINTMENT}h0"


@pytest.mark.parametrize(
    ("appointment", "generation"), [("abc", 0), (APPOINTMENT.upper(), 0), (APPOINTMENT, -1), (APPOINTMENT, 32**12)]
)
def test_what_makes_no_event_id_says_what_it_was(appointment, generation):
    with pytest.raises(ValueError, match=f"{appointment}.* {generation} "):
        event_ids.event_id(appointment, generation)


@pytest.mark.parametrize(
    "foreign",
    ["", APPOINTMENT, f"{APPOINTMENT}g", f"{APPOINTMENT}g01", f"{APPOINTMENT}g0\n", f"{APPOINTMENT}g0_20261105",
     f"{APPOINTMENT}gw", f"{APPOINTMENT}i0", f"{APPOINTMENT}G0", f"a{APPOINTMENT}g0"],
)  # fmt: skip
def test_an_id_that_is_not_ours_is_of_no_appointment(foreign):
    assert event_ids.name_of(foreign) is None


@given(st.text("0123456789abcdefghv", max_size=40))
def test_whatever_id_is_taken_for_ours_is_one_that_we_make(told):
    found = event_ids.name_of(told)

    assert found is None or event_ids.event_id(*found) == told
