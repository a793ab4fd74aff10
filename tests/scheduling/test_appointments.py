from datetime import UTC, datetime, timedelta

import pytest

from mostrador.errors import NotHere, Stale
from mostrador.scheduling import appointments, availability, booking, conclusions
from mostrador.scheduling.rules.appointment_states import NotDeletable, WrongAppointmentState
from mostrador.scheduling.views.appointments import (
    AppointmentChanges,
    AppointmentListing,
    AvailabilityQuery,
    NewAppointment,
)
from mostrador.table import keys, reads
from mostrador.table.items.scheduling import Appointment
from mostrador.table.reads import BadCursor
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))


@pytest.fixture
def booked(haircut, now):
    return book(haircut, NINE, now)


def book(service, scheduled_at, now, name="Ana", **more):
    wanted = NewAppointment(
        service_id=service.id, scheduled_at=scheduled_at, **({"customer_data": {"name": name}} | more)
    )
    return booking.book("salon", wanted, actor_name="eva", key=None, now=now)


def is_free(service, scheduled_at, now):
    query = AvailabilityQuery(service=service.id, date=scheduled_at.date())
    return scheduled_at in [slot.starts_at for slot in availability.find("salon", query, now=now).slots]


def listed(now, **query):
    page = appointments.listing("salon", AppointmentListing.model_validate(query), now=now)
    return [item.id for item in page.items]


def test_confirming_records_who_and_when(booked, now):
    confirmed = appointments.confirm("salon", booked.id, actor_name="eva", now=now)

    assert confirmed.status == "CONFIRMED"
    assert confirmed.history == [{"at": shifted("2026-11-30T13:00:00Z"), "by": "eva", "change": "CONFIRMED"}]


def test_each_state_keeps_when_it_was_entered(haircut, booked, now):
    assert (booked.confirmed_at, booked.cancelled_at, booked.completed_at) == (None, None, None)
    appointments.confirm("salon", booked.id, actor_name="eva", now=now)
    done = conclusions.complete("salon", booked.id, actor_name="eva", now=NINE)
    sure = book(haircut, NINE + timedelta(hours=1), now, status="CONFIRMED")
    off = appointments.cancel("salon", sure.id, reason="", actor_name="eva", now=now + timedelta(minutes=1))

    assert (done.confirmed_at, done.cancelled_at, done.completed_at) == (now, None, NINE)
    assert (off.confirmed_at, off.cancelled_at, off.completed_at) == (now, now + timedelta(minutes=1), None)


def test_confirming_twice_changes_nothing(booked, now):
    first = appointments.confirm("salon", booked.id, actor_name="eva", now=now)

    assert appointments.confirm("salon", booked.id, actor_name="eva", now=now).version == first.version


def test_cancelling_keeps_the_reason_and_frees_the_time(haircut, booked, now):
    cancelled = appointments.cancel("salon", booked.id, reason="llueve", actor_name="eva", now=now)

    assert cancelled.internal_notes.endswith("eva] CANCELLED: llueve")
    assert is_free(haircut, NINE, now)
    assert (
        appointments.cancel("salon", booked.id, reason="otra", actor_name="eva", now=now).version == cancelled.version
    )


def test_what_is_cancelled_is_not_confirmed(booked, now):
    appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=now)

    with pytest.raises(WrongAppointmentState, match="CANCELLED cannot become CONFIRMED"):
        appointments.confirm("salon", booked.id, actor_name="eva", now=now)


def test_deleting_frees_the_time(haircut, booked, now):
    appointments.delete("salon", booked.id, seen=None, now=now)

    assert is_free(haircut, NINE, now)
    with pytest.raises(NotHere):
        appointments.get("salon", booked.id, now=now)


def test_what_is_paid_is_not_deleted(booked, now):
    booked.update(actions=[Appointment.payment_status.set("PAID")])

    with pytest.raises(NotDeletable, match="PAID"):
        appointments.delete("salon", booked.id, seen=None, now=now)


def test_deleting_what_was_cancelled_leaves_the_next_booking_alone(haircut, booked, now):
    appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=now)
    book(haircut, NINE, now)

    appointments.delete("salon", booked.id, seen=None, now=now)

    assert not is_free(haircut, NINE, now)


def test_an_edit_from_an_old_copy_is_refused(booked, now):
    appointments.change("salon", booked.id, AppointmentChanges(customer_notes="uno"), seen=1, now=now)

    with pytest.raises(Stale, match="version 1"):
        appointments.change("salon", booked.id, AppointmentChanges(customer_notes="dos"), seen=1, now=now)

    assert appointments.get("salon", booked.id, now=now).customer_notes == "uno"


def test_a_patch_leaves_out_what_it_does_not_name(haircut, now):
    booked = book(haircut, NINE, now, customer_notes="afuera", internal_notes="adentro")

    changed = appointments.change("salon", booked.id, AppointmentChanges(customer_notes=None), seen=None, now=now)

    assert (changed.customer_notes, changed.internal_notes) == (None, "adentro")


def test_lists_by_date_status_customer_and_words(haircut, now):
    ana = book(haircut, NINE, now, "Ana")
    beto = book(
        haircut,
        NINE + timedelta(days=1),
        now,
        "Beto Núñez",
        customer_data={"name": "Beto Núñez", "phone": "0982 222 222"},
    )
    appointments.confirm("salon", beto.id, actor_name="eva", now=now)

    assert listed(now) == [ana.id, beto.id]
    assert listed(now, sort="-scheduled_at") == [beto.id, ana.id]
    assert listed(now, **{"from": NINE + timedelta(hours=1)}) == [beto.id]
    assert listed(now, **{"from": (NINE + timedelta(days=1)).astimezone(UTC)}) == [beto.id]
    assert listed(now, to=NINE + timedelta(days=1)) == [ana.id]
    assert listed(now, status="PENDING") == [ana.id]
    assert listed(now, payment_status="PAID") == []
    assert listed(now, customer=beto.customer_id) == [beto.id]
    assert listed(now, customer=beto.customer_id, **{"from": NINE + timedelta(days=2)}) == []
    assert listed(now, service="0" * 32) == []
    assert listed(now, resource=haircut.resource_ids[0]) == [ana.id, beto.id]
    assert listed(now, q="nunez") == [beto.id]
    assert listed(now, q="0982 222") == [beto.id]


def test_a_list_is_read_page_by_page_also_when_filtered(haircut, now):
    made = [book(haircut, NINE + timedelta(days=n // 8, minutes=30 * (n % 8)), now).id for n in range(11)]
    for query in ({}, {"status": "PENDING"}, {"sort": "-scheduled_at"}):
        seen, cursor = [], None
        while True:
            page = appointments.listing("salon", AppointmentListing(limit=4, cursor=cursor, **query), now=now)
            seen += [item.id for item in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert seen == (made[::-1] if query.get("sort") else made)


def test_a_cursor_belongs_to_its_tenant_and_list(haircut, clinic, now):
    for n in range(3):
        book(haircut, NINE + timedelta(minutes=30 * n), now)
    cursor = appointments.listing("salon", AppointmentListing(limit=1), now=now).next

    for tenant, query in (("clinic", {}), ("salon", {"status": "PENDING"})):
        with pytest.raises(BadCursor):
            appointments.listing(tenant, AppointmentListing(limit=1, cursor=cursor, **query), now=now)


def test_another_tenant_does_not_find_it(booked, clinic, now):
    with pytest.raises(NotHere):
        appointments.get("clinic", booked.id, now=now)
    assert appointments.listing("clinic", AppointmentListing(), now=now).items == []


def test_a_booking_writes_under_its_own_tenant_only(booked, clinic):
    assert reads.everything(keys.appointments_partition("clinic"), "APPOINTMENT#") == []
    assert booked.pk == "T#salon#APPOINTMENTS"
