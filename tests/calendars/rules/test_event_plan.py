"""What an appointment's event should be, and how long to wait."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.calendars.rules import event_plan, google_event
from mostrador.calendars.rules.event_plan import AppointmentFacts, Choices

NINE = datetime(2026, 12, 1, 12, tzinfo=UTC)


def told(**changed):
    usual = {
        "tenant": "salon",
        "appointment_id": "0" * 32,
        "resource_id": "1" * 32,
        "status": "CONFIRMED",
        "service": "Corte",
        "resource": "Eva",
        "customer": "Ana",
        "phone": "+595981123456",
        "notes": "flequillo",
        "email": "ana@example.com",
        "starts_at": NINE,
        "ends_at": NINE + timedelta(minutes=30),
        "delayed_to": None,
        "time_zone": "America/Asuncion",
        "revision": 1,
    }
    return AppointmentFacts(**usual | changed)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("PENDING", "tentative"),
        ("CONFIRMED", "confirmed"),
        ("COMPLETED", "confirmed"),
        ("NO_SHOW", "confirmed"),
        ("CANCELLED", None),
        ("EXPIRED", None),
    ],
)
def test_what_lives_is_an_event_and_what_is_dead_is_none(status, said):
    content = event_plan.content(told(status=status), Choices())

    assert (content.status if content else None) == said


def test_pending_ones_are_left_out_where_the_tenant_wants_that():
    choices = Choices(show_pending=False)

    assert event_plan.content(told(status="PENDING"), choices) is None
    assert event_plan.content(told(), choices) is not None


def test_the_summary_is_the_tenants_and_the_description_tells_the_rest():
    content = event_plan.content(told(), Choices(summary="{resource}: {service} ({customer})"))

    assert content.summary == "Eva: Corte (Ana)"
    assert content.description.splitlines() == [
        "Servicio: Corte",
        "Profesional: Eva",
        "Cliente: Ana",
        "Teléfono: +595981123456",
        "Notas: flequillo",
    ]


def test_a_name_that_looks_like_a_placeholder_is_only_a_name():
    assert event_plan.content(told(customer="{resource"), Choices()).summary == "Corte · {resource"


def test_a_private_calendar_tells_nothing_of_the_customer():
    content = event_plan.content(told(), Choices(private=True))

    assert content.is_private
    for secret in ("Ana", "595981", "flequillo"):
        assert secret not in content.summary + content.description


def test_the_customer_is_invited_only_where_the_tenant_wants_that():
    assert event_plan.content(told(), Choices()).attendees == ()
    assert event_plan.content(told(), Choices(attendees=True)).attendees == ("ana@example.com",)
    assert event_plan.content(told(email=None), Choices(attendees=True)).attendees == ()
    assert event_plan.content(told(), Choices(attendees=True, can_invite=False)).attendees == ()


def test_guests_do_not_see_the_notes():
    alone, with_guest = (event_plan.content(told(), Choices(attendees=invites)) for invites in (False, True))

    assert "flequillo" in alone.description
    assert "flequillo" not in with_guest.description
    assert "Cliente: Ana" in with_guest.description


@pytest.mark.parametrize("part", ["notes", "customer", "service", "resource", "phone"])
def test_a_text_of_the_description_is_no_markup(part):
    content = event_plan.content(told(**{part: '<a href="https://evil.test">Ñandú & co</a>'}), Choices())

    assert "<a" not in content.description
    assert '&lt;a href="https://evil.test"&gt;Ñandú &amp; co&lt;/a&gt;' in content.description


def test_concluding_an_appointment_changes_nothing_in_the_calendar():
    prints = {
        google_event.fingerprint(event_plan.content(told(status=one, revision=n), Choices()))
        for n, one in enumerate(("CONFIRMED", "COMPLETED", "NO_SHOW"))
    }

    assert len(prints) == 1


def test_choices_that_were_added_since_are_as_by_default():
    assert Choices.of({"calendar_id": "c", "unknown": 1}) == Choices(calendar_id="c")


@given(attempt=st.integers(0, 10_000), chance=st.floats(0, 0.999), asked=st.none() | st.integers(0, 10_000))
def test_the_wait_is_never_less_than_asked_nor_much_longer_than_a_quarter_of_an_hour(attempt, chance, asked):
    wait = event_plan.wait(attempt, chance, asked)

    assert wait >= max(5, asked or 0)
    assert wait <= max(900, asked or 0)


def test_the_wait_grows():
    assert [event_plan.wait(attempt, 0.999, None) for attempt in (0, 4, 6, 9, 20)] == [
        5,
        pytest.approx(16, rel=0.01),
        pytest.approx(64, rel=0.01),
        pytest.approx(512, rel=0.01),
        pytest.approx(900, rel=0.01),
    ]


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_longer_than_a_minute_and_a_bit(attempt, chance):
    assert 0 <= event_plan.backoff(attempt, chance) < 64


def test_the_longest_wait_doubles_up_to_its_ceiling():
    assert [event_plan.backoff(attempt, 0.5) for attempt in range(8)] == [0.5, 1, 2, 4, 8, 16, 32, 32]


def test_a_late_visit_says_until_when_on_the_business_clock():
    late = event_plan.content(told(delayed_to=NINE + timedelta(minutes=20)), Choices())
    plain = event_plan.content(told(), Choices())

    assert "Atrasado hasta: 09:20" in late.description.splitlines()
    assert (late.starts_at, "Atrasado" in plain.description) == (NINE, False)
