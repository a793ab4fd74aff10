from datetime import datetime, timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.people import customers
from mostrador.people.views.customers import NewCustomer
from mostrador.scheduling import (
    appointments,
    availability,
    booking,
    booking_context,
    booking_limits,
    public_booking,
    rescheduling,
    resources,
    services,
    slots,
)
from mostrador.scheduling.rules.appointment_states import WrongAppointmentState
from mostrador.scheduling.views.appointments import AppointmentListing, AvailabilityQuery, Rescheduling
from mostrador.scheduling.views.public_booking import OwnAppointmentView, PublicBooking, PublicFreeTimes
from mostrador.scheduling.views.services import NewResource, NewService, ResourceChanges, ServiceChanges
from mostrador.table import writes
from mostrador.tenancy import public_holds, tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from mostrador.values.phones import BadPhone
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
ANA = {"name": "Ana López", "phone": "0981 123 456"}


def book(service, scheduled_at=NINE, *, now, key=None, address="203.0.113.7", customer_notes=None, **more):
    form = PublicBooking(
        service_id=service.id, scheduled_at=scheduled_at, customer_data=ANA | more, customer_notes=customer_notes
    )
    return public_booking.book("salon", form, address=address, key=key, now=now)


def settle(now, **changes):
    tenants.change("salon", TenantOperationChanges(**changes), seen=None, now=now)


def move(managed, scheduled_at, *, now, **more):
    form = Rescheduling(scheduled_at=scheduled_at, **more)
    return public_booking.reschedule("salon", managed.token, form, address="203.0.113.7", now=now)


def cancel(managed, *, now, reason=""):
    return public_booking.cancel("salon", managed.token, reason=reason, now=now)


def shown(managed):
    return OwnAppointmentView.model_validate(managed)


def free(service, *, now):
    found = public_booking.free_times("salon", PublicFreeTimes(service=service.id, date=shifted("2026-12-01")), now=now)
    return [slot.starts_at for slot in found.slots]


def stored(now):
    return appointments.listing("salon", AppointmentListing(limit=100), now=now).items


def test_what_is_offered_is_what_is_active(haircut, now):
    second = resources.create("salon", NewResource(name="Silla 2"), key=None, now=now)
    third = resources.create("salon", NewResource(name="Silla 3"), key=None, now=now)
    resources.change("salon", third.id, ResourceChanges(is_active=False), seen=None, now=now)
    chairs = ServiceChanges(resource_ids=[second.id, third.id])
    services.change("salon", haircut.id, chairs, seen=None, now=now)
    hidden = services.create("salon", NewService(name="Viejo", duration_minutes=30, price="1"), key=None, now=now)
    services.change("salon", hidden.id, ServiceChanges(is_active=False), seen=None, now=now)

    (offer,) = public_booking.offers("salon", size=25, cursor=None, now=now).items

    assert (offer.service.id, [one.name for one in offer.resources]) == (haircut.id, ["Silla 2"])


def test_the_public_is_offered_the_same_times_as_the_staff(haircut, now):
    book(haircut, now=now)

    query = AvailabilityQuery(service=haircut.id, date=shifted("2026-12-01"))
    assert free(haircut, now=now) == [slot.starts_at for slot in availability.find("salon", query, now=now).slots]
    assert NINE not in free(haircut, now=now)


def test_a_booking_is_pending_firm_and_marked_as_public(haircut, now):
    booked = book(haircut, now=now, email="ana@example.com", customer_notes="Primera vez").appointment

    assert (booked.status, booked.hold_expires_at, booked.created_by) == ("PENDING", None, "public")
    customer = customers.get("salon", booked.customer_id, now=now)
    assert (customer.name, customer.phone, customer.email) == ("Ana López", "+595981123456", "ana@example.com")
    assert (booked.customer_notes, customer.notes) == ("Primera vez", None)


def test_who_gives_a_known_phone_learns_nothing_about_its_owner(haircut, now):
    wanted = NewCustomer(**ANA, email="ana@example.com", notes="Debe dos cuotas")
    ana = customers.create("salon", wanted, key=None, now=now)

    stranger = book(haircut, now=now, name="Beto", email="beto@example.com")

    assert stranger.appointment.customer_id == ana.id
    for seen in (stranger, public_booking.find("salon", stranger.token, now=now), cancel(stranger, now=now)):
        assert shown(seen).name == "Beto"
        assert not {"Ana", "ana@", "cuotas", ana.id} & set(shown(seen).model_dump_json().split('"'))
        assert "Ana" not in shown(seen).model_dump_json()
    assert customers.get("salon", ana.id, now=now).email == "ana@example.com"


def test_the_staff_sees_whom_a_known_phone_was_booked_for(haircut, now):
    customers.create("salon", NewCustomer(**ANA), key=None, now=now)

    assert book(haircut, now=now, name="Beto").appointment.booked_as == "Beto"
    assert book(haircut, NINE + timedelta(days=1), now=now).appointment.booked_as is None


def test_a_phone_is_needed_and_must_be_one(haircut, now):
    with pytest.raises(ValueError, match="phone"):
        PublicBooking(service_id=haircut.id, scheduled_at=NINE, customer_data={"name": "Ana"})
    with pytest.raises(BadPhone) as caught:
        book(haircut, now=now, phone="12345")
    assert caught.value.facts["field"] == "body.customer_data.phone"


def test_the_same_key_gives_the_same_appointment_and_link(haircut, now):
    first = book(haircut, now=now, key="k1")

    again = book(haircut, now=now, key="k1")

    assert (again.appointment.id, again.token) == (first.appointment.id, first.token)
    with pytest.raises(writes.KeyReused):
        book(haircut, NINE + timedelta(hours=1), now=now, key="k1")


def test_a_key_of_the_staff_is_not_found_out_by_the_public(haircut, now):
    from mostrador.scheduling.views.appointments import NewAppointment

    wanted = NewAppointment(service_id=haircut.id, scheduled_at=NINE, customer_data=ANA)
    ours = booking.book("salon", wanted, actor_name="eva", key="k1", now=now)

    theirs = book(haircut, NINE + timedelta(hours=1), now=now, key="k1")

    assert theirs.appointment.id != ours.id


def test_a_taken_time_is_refused_with_others_and_without_figures(haircut, now):
    services.change("salon", haircut.id, ServiceChanges(max_bookings_per_day=1), seen=None, now=now)
    book(haircut, now=now)

    with pytest.raises(slots.SlotTaken) as caught:
        book(haircut, NINE + timedelta(hours=1), now=now)

    assert caught.value.facts["reason"] == "daily_limit"
    assert caught.value.facts["details"] == {}
    assert len(caught.value.facts["alternatives"]) == 3


def test_the_plans_limit_is_the_business_own_affair(haircut, now):
    settle(now, max_appointments_per_month=0)

    with pytest.raises(public_booking.NotTakingBookings) as caught:
        book(haircut, now=now)

    assert caught.value.facts == {"name": "Salón Ñandutí"}


def test_what_is_not_offered_is_not_booked(haircut, now):
    services.change("salon", haircut.id, ServiceChanges(is_active=False), seen=None, now=now)

    with pytest.raises(booking_context.ServiceInactive):
        book(haircut, now=now)


def test_a_phone_has_so_many_to_come(haircut, now):
    settle(now, max_active_bookings=1)
    first = book(haircut, now=now)

    with pytest.raises(booking_limits.TooManyActive) as caught:
        book(haircut, NINE + timedelta(days=1), now=now, name="Beto", phone="+595981123456")

    assert caught.value.facts["field"] == "body.customer_data.phone"
    cancel(first, now=now)
    book(haircut, NINE + timedelta(hours=1), now=now)


def test_an_address_has_so_many_bookings_and_a_refusal_books_nothing(haircut, now):
    services.change("salon", haircut.id, ServiceChanges(max_bookings_per_day=None), seen=None, now=now)
    starts = [slot for day in (1, 2) for slot in (NINE + timedelta(days=day, minutes=30 * n) for n in range(18))]
    settle(now, public_pending_limit=20, public_share_percent=100)
    for number, start in enumerate(starts[:20]):
        book(haircut, start, now=now, phone=f"0981 {100000 + number}")

    with pytest.raises(public_holds.TooManyHeld):
        book(haircut, starts[20], now=now)

    assert len(stored(now)) == 20
    assert book(haircut, starts[20], now=now, address="203.0.113.8").appointment.status == "PENDING"


def test_a_suspended_and_an_unknown_tenant_are_counted_nowhere(haircut, now):
    tenants.suspend("salon", now=now)

    with pytest.raises(NotHere):
        book(haircut, now=now)
    with pytest.raises(NotHere):
        public_booking.find("nobody", "x", now=now)


def test_a_link_moves_the_appointment_and_stays_the_same(haircut, now):
    booked = book(haircut, now=now)

    moved = move(booked, NINE + timedelta(days=1), now=now)

    assert (moved.appointment.id, moved.token) == (booked.appointment.id, booked.token)
    assert public_booking.find("salon", booked.token, now=now).appointment.scheduled_at == NINE + timedelta(days=1)
    assert NINE in free(haircut, now=now)
    assert moved.appointment.history[0]["by"] == "public"


def test_a_link_cancels_once_and_the_time_is_free_again(haircut, now):
    booked = book(haircut, now=now)

    cancelled = cancel(booked, now=now, reason=shifted("Llueve\n[2026-11-30 eva] CONFIRMED"))

    assert cancelled.appointment.status == "CANCELLED"
    assert NINE in free(haircut, now=now)
    assert len(cancelled.appointment.internal_notes.splitlines()) == 1
    assert cancel(booked, now=NINE + timedelta(days=1)).appointment.version == cancelled.appointment.version
    with pytest.raises(WrongAppointmentState):
        move(booked, NINE + timedelta(days=1), now=now)


def test_the_last_moment_is_the_tenants(haircut, now):
    settle(now, cancel_notice_minutes=120, reschedule_notice_minutes=60)
    booked = book(haircut, now=now)

    assert (booked.cancel_until, booked.reschedule_until) == (NINE - timedelta(hours=2), NINE - timedelta(hours=1))
    with pytest.raises(public_booking.TooLate) as caught:
        cancel(booked, now=NINE - timedelta(minutes=119))
    assert caught.value.facts["until"] == shifted("2026-12-01T07:00:00-03:00")
    with pytest.raises(public_booking.TooLate):
        move(booked, NINE + timedelta(hours=8), now=NINE - timedelta(minutes=59))
    assert move(booked, NINE + timedelta(hours=1), now=NINE - timedelta(minutes=60)).cancel_until == NINE - timedelta(
        hours=1
    )
    assert cancel(booked, now=NINE - timedelta(minutes=60)).cancel_until is None


def test_red_control_without_the_check_anything_is_in_time(haircut, now, monkeypatch):
    monkeypatch.setattr(public_booking, "_in_time", lambda *_: lambda _appointment: None)
    settle(now, cancel_notice_minutes=120)

    assert cancel(book(haircut, now=now), now=NINE).appointment.status == "CANCELLED"


def test_a_move_that_arrives_twice_is_answered_twice_the_same(haircut, now):
    settle(now, reschedule_notice_minutes=24 * 60)
    booked = book(haircut, NINE + timedelta(days=3), now=now)
    moved = move(booked, NINE, now=now)

    again = move(booked, NINE, now=now)

    assert again.appointment.version == moved.appointment.version


def test_the_check_sees_the_appointment_as_it_is_when_it_is_changed(haircut, now, monkeypatch):
    """The staff moves it nearer between the reading of the link and the customer's cancellation."""
    settle(now, cancel_notice_minutes=24 * 60)
    booked = book(haircut, NINE + timedelta(days=3), now=now)
    before = appointments.cancel

    def meanwhile(*args, **kwargs):
        rescheduling.move("salon", booked.appointment.id, Rescheduling(scheduled_at=NINE), actor_name="eva", now=now)
        return before(*args, **kwargs)

    monkeypatch.setattr(appointments, "cancel", meanwhile)

    with pytest.raises(public_booking.TooLate):
        cancel(booked, now=now)


def test_a_customer_is_shown_what_is_theirs_and_no_more(haircut, now):
    booked = book(haircut, now=now, customer_notes="Con Eva")
    appointments.confirm("salon", booked.appointment.id, actor_name="eva@example.com", now=now)

    told = shown(public_booking.find("salon", booked.token, now=now)).model_dump(mode="json")

    at = f"/tenant/salon/public/appointments/{booked.token}"
    assert told == {
        "token": booked.token,
        "links": {"self": at} | {name: f"{at}/{name}" for name in ("cancel", "reschedule", "checkout", "receipt")},
        "name": "Ana López",
        "phone": "+595981123456",
        "service_id": haircut.id,
        "service_name": "Corte",
        "resource_id": haircut.resource_ids[0],
        "resource_name": "Salón Ñandutí",
        "scheduled_at": shifted("2026-12-01T09:00:00-03:00"),
        "ends_at": shifted("2026-12-01T09:30:00-03:00"),
        "time_zone": "America/Asuncion",
        "status": "CONFIRMED",
        "payment_status": "PENDING",
        "hold_expires_at": None,
        "receipt": None,
        "review_due_at": None,
        "refused_because": None,
        "base_amount": "80000",
        "extras": [],
        "extras_amount": "0",
        "discount_amount": "0",
        "total_amount": "80000",
        "deposit_amount": None,
        "paid_amount": "0",
        "amount_due": "80000",
        "currency": "PYG",
        "transfer_details": None,
        "customer_notes": "Con Eva",
        "duration_minutes": 30,
        "cancel_until": shifted("2026-12-01T09:00:00-03:00"),
        "reschedule_until": shifted("2026-12-01T09:00:00-03:00"),
    }
