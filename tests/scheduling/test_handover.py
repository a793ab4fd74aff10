"""An appointment that gets another customer, other notes or another second resource, and what two editors see."""

from datetime import datetime, timedelta

import pytest

from mostrador.errors import NotHere, Stale
from mostrador.ledger.rules.payment_states import Target
from mostrador.people import customers
from mostrador.people.views.customers import CustomerChanges, NewCustomer
from mostrador.scheduling import (
    appointments,
    booking,
    booking_limits,
    customer_copies,
    handover,
    rebooking,
    resources,
    services,
    slots,
    waiting_list,
)
from mostrador.scheduling.freed_time import Change
from mostrador.scheduling.views.appointments import AppointmentListing, NewAppointment
from mostrador.scheduling.views.rebooking import Rebooking
from mostrador.scheduling.views.services import NewResource, NewService
from mostrador.table import keys, reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support.days import shifted
from tests.support.http import staff, viewer
from tests.support.lines import cancel, fill, join, open_for, sweep
from tests.support.till import Till

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
HOUR = timedelta(hours=1)
ANA, BETO = "0981 123 456", "0982 222 222"


@pytest.fixture
def cut(salon, now):
    return offer(now, "Corte", "80000")


def offer(now, name, price, minutes=30, **more):
    form = {"name": name, "duration_minutes": minutes, "price": price, "currency": "PYG"} | more
    return services.create("salon", NewService.model_validate(form), key=None, now=now)


def book(service, now, at=NINE, phone=ANA, name="Ana", **more):
    customer = {"name": name, "phone": phone} if phone else {"name": name}
    form = {"service_id": service.id, "scheduled_at": at, "customer_data": customer} | more
    return booking.book("salon", NewAppointment.model_validate(form), actor_name="eva", key=None, now=now)


def person(now, name="Beto", phone=BETO, tenant="salon"):
    wanted = {"name": name, "phone": phone} if phone else {"name": name}
    return customers.create(tenant, NewCustomer.model_validate(wanted), key=None, now=now)


def rebook(appointment, now, seen=None, **form):
    form = Rebooking.model_validate(form)
    return rebooking.rebook("salon", appointment.id, form, seen=seen, actor_name="eva", now=now)


def limit(most, now):
    tenants.change("salon", TenantChanges(max_active_bookings=most), seen=None, now=now)


def counted(phone):
    found = reads.get_item(keys.active_bookings("salon", phone))
    return len(found.lines) if found else 0


def of(customer, now, **query):
    query = {"customer": customer} if customer else query
    return [one.id for one in appointments.listing("salon", AppointmentListing.model_validate(query), now=now).items]


def test_another_customer_has_it_everywhere(cut, now):
    booked, beto = book(cut, now), person(now)

    changed = rebook(booked, now, customer_id=beto.id)

    assert (changed.customer_id, changed.customer_name, changed.customer_phone) == (beto.id, "Beto", "+595982222222")
    assert (of(booked.customer_id, now), of(beto.id, now)) == ([], [booked.id])
    window = {"from": NINE.isoformat(), "to": (NINE + HOUR).isoformat()}
    assert (of(None, now, q="beto", **window), of(None, now, q="ana", **window)) == ([booked.id], [])
    assert customers.get("salon", beto.id, now=now).last_appointment_at == NINE
    (told,) = changed.history
    assert (told["change"], told["from_customer_id"], told["customer_id"]) == ("CHANGED", booked.customer_id, beto.id)


def test_what_a_person_with_a_shared_phone_gave_does_not_stay(cut, now):
    book(cut, now)
    child = book(cut, now, at=NINE + HOUR, name="Luz", customer_notes="alérgica")
    assert child.booked_as == "Luz"

    changed = rebook(child, now, customer_id=person(now).id)

    assert (changed.booked_as, changed.booked_email, changed.booked_notes) == (None, None, None)


def test_customer_service_length_second_resource_and_notes_change_in_one_call(cut, now):
    rooms = [resources.create("salon", NewResource(name=name), key=None, now=now) for name in ("Sala 1", "Sala 2")]
    massage = offer(now, "Masaje", "120000", 60, second_resource_ids=[one.id for one in rooms])
    booked, beto = book(cut, now), person(now)

    wanted = {"service_id": massage.id, "duration_minutes": 90, "second_resource_id": rooms[1].id}
    changed = rebook(booked, now, **wanted, customer_id=beto.id, internal_notes="piedras", customer_notes="espalda")

    assert (changed.service_id, changed.duration_minutes, changed.total_amount) == (massage.id, 90, 120000)
    assert (changed.second_resource_id, changed.customer_name) == (rooms[1].id, "Beto")
    assert (changed.internal_notes, changed.customer_notes) == ("piedras", "espalda")
    assert changed.version == booked.version + 1
    assert len(changed.history) == 1
    assert reads.get_item((booked.pk, booked.sk)).gsi2pk == keys.customer_partition("salon", beto.id)


def test_nothing_changes_where_one_part_is_refused(cut, now):
    booked, other = book(cut, now), book(cut, now, at=NINE + HOUR, phone=BETO, name="Beto")

    with pytest.raises(slots.SlotTaken):
        rebook(booked, now, duration_minutes=120, customer_id=other.customer_id, internal_notes="x")

    stored = appointments.get("salon", booked.id, now=now)
    assert (stored.version, stored.customer_name, stored.internal_notes) == (booked.version, "Ana", None)


def test_a_second_resource_that_is_not_free_or_not_of_the_service_is_refused(cut, now):
    rooms = [resources.create("salon", NewResource(name=name), key=None, now=now) for name in ("Sala 1", "Sala 2")]
    massage = offer(now, "Masaje", "1", second_resource_ids=[one.id for one in rooms])
    booked = book(massage, now)
    free = next(one.id for one in rooms if one.id != booked.second_resource_id)
    only = offer(now, "Uñas", "1", resource_ids=[free])
    book(only, now, phone=BETO)

    with pytest.raises(slots.SlotTaken):
        rebook(booked, now, second_resource_id=free)
    with pytest.raises(NotHere):
        rebook(booked, now, second_resource_id=cut.resource_ids[0])
    with pytest.raises(NotHere):
        rebook(book(cut, now, at=NINE + HOUR), now, second_resource_id=free)


def test_notes_alone_ask_for_no_time(cut, now):
    booked = book(cut, now)
    services.delete("salon", cut.id, seen=None, now=now)

    changed = rebook(booked, now, internal_notes="trae a su perro")
    assert (changed.internal_notes, changed.history) == ("trae a su perro", None)

    assert rebook(booked, now, internal_notes=None).internal_notes is None
    assert rebook(booked, now, customer_id=booked.customer_id).version == booked.version + 2


def test_the_limit_of_the_phone_moves_with_the_customer(cut, now):
    limit(2, now)
    booked, beto = book(cut, now), person(now)
    assert (counted(booked.customer_phone), counted(beto.phone)) == (1, 0)

    rebook(booked, now, customer_id=beto.id)

    assert (counted(booked.customer_phone), counted(beto.phone)) == (0, 1)
    nobody = person(now, "Sin teléfono", None)
    assert rebook(booked, now, customer_id=nobody.id).is_counted is None
    assert counted(beto.phone) == 0
    assert rebook(booked, now, customer_id=beto.id).is_counted is True
    assert counted(beto.phone) == 1


def test_a_customer_with_as_many_as_may_be_gets_no_other(cut, now):
    limit(1, now)
    booked, other = book(cut, now), book(cut, now, at=NINE + HOUR, phone=BETO, name="Beto")

    for only in (False, True):
        with pytest.raises(booking_limits.TooManyActive) as refused:
            rebook(booked, now, customer_id=other.customer_id, check_only=only)
        assert refused.value.facts["field"] == "body.customer_id"

    assert appointments.get("salon", booked.id, now=now).customer_name == "Ana"


def test_a_customer_of_another_tenant_or_of_none_is_not_there(cut, clinic, now):
    booked, foreign = book(cut, now), person(now, phone=None, tenant="clinic")

    for customer_id in (foreign.id, "0" * 32):
        with pytest.raises(NotHere):
            rebook(booked, now, customer_id=customer_id)


def test_what_was_paid_stays_paid(cut, now):
    booked, beto = book(cut, now), person(now)
    Till(Target.APPOINTMENT, booked, None).take_cash(now, amount="30000")

    changed = rebook(booked, now, customer_id=beto.id)

    assert (changed.paid_amount, changed.payment_status) == (30000, "PARTIAL")


def test_the_second_of_two_editors_is_told_what_the_first_changed(cut, now):
    booked, beto = book(cut, now), person(now)
    first = rebook(booked, now, seen=booked.version, customer_id=beto.id)

    with pytest.raises(Stale) as refused:
        rebook(booked, now, seen=booked.version, duration_minutes=60)

    facts = refused.value.facts
    assert (facts["given"], facts["current"]) == (booked.version, first.version)
    assert (facts["last_change"]["change"], facts["last_change"]["customer_id"]) == ("CHANGED", beto.id)
    assert appointments.get("salon", booked.id, now=now).version == first.version
    assert rebook(booked, now, seen=booked.version, customer_id=beto.id).version == first.version, "it is a repeat"


def test_a_check_shows_the_result_and_writes_nothing(cut, now):
    color, beto = offer(now, "Color", "350000", 90), person(now)
    booked = book(cut, now)
    logged = reads.everything(keys.audit_partition("salon"), "2")

    shown = rebook(booked, now, service_id=color.id, customer_id=beto.id, internal_notes="x", check_only=True)

    assert (shown.total_amount, shown.duration_minutes, shown.customer_name) == (350000, 90, "Beto")
    stored = appointments.get("salon", booked.id, now=now)
    assert (stored.version, stored.service_id, stored.customer_name) == (booked.version, cut.id, "Ana")
    assert of(beto.id, now) == []
    assert len(reads.everything(keys.audit_partition("salon"), "2")) == len(logged)
    day = reads.get_item(keys.agenda_day("salon", booked.resource_id, NINE.date()))
    assert [line.duration for line in day.bookings()] == [30]


def test_a_correction_after_the_handover_reaches_it(cut, now):
    booked, beto = book(cut, now), person(now)
    rebook(booked, now, customer_id=beto.id)
    changes = CustomerChanges.model_validate({"name": "Alberto"})
    customers.change("salon", beto.id, changes, seen=None, now=now)

    line = Change("customer", beto.id, "customer.changed", {"name": ["Beto", "Alberto"]})
    customer_copies.follow("salon", [line], now=now)

    assert appointments.get("salon", booked.id, now=now).customer_name == "Alberto"


def test_a_correction_in_the_same_moment_is_not_missed(cut, now, monkeypatch):
    booked, beto = book(cut, now), person(now)
    note = customers.note_booking

    def corrected_meanwhile(*args, **more):
        monkeypatch.setattr(customers, "note_booking", note)
        changes = CustomerChanges.model_validate({"name": "Alberto"})
        customers.change("salon", beto.id, changes, seen=None, now=now)
        note(*args, **more)

    monkeypatch.setattr(customers, "note_booking", corrected_meanwhile)

    assert rebook(booked, now, customer_id=beto.id).customer_name == "Alberto"


def test_red_control_without_the_condition_it_keeps_the_old_name(cut, now, monkeypatch):
    booked, beto = book(cut, now), person(now)

    def corrected_unnoticed(*_args, **_more):
        changes = CustomerChanges.model_validate({"name": "Alberto"})
        customers.change("salon", beto.id, changes, seen=None, now=now)

    monkeypatch.setattr(customers, "note_booking", corrected_unnoticed)

    assert rebook(booked, now, customer_id=beto.id).customer_name == "Beto"


def test_an_offer_of_the_waiting_list_stays_with_the_one_who_waits(salon, haircut, now):
    open_for(1, now=now)
    full, beto = fill(haircut, now=now), person(now)
    entry = join(haircut, 1, now=now)
    cancel(full[0], now=now)
    sweep(now)
    offer_ = appointments.get("salon", waiting_list.get("salon", entry.id, now=now).appointment_id, now=now)

    with pytest.raises(handover.OfferKeepsCustomer):
        rebook(offer_, now, customer_id=beto.id)

    accepted = appointments.confirm("salon", offer_.id, actor_name="eva", now=now)
    assert rebook(accepted, now, customer_id=beto.id).customer_name == "Beto"


def test_the_call_takes_if_match_and_answers_what_changed(cut, now):
    booked, beto = book(cut, now), person(now)
    url = f"/tenant/salon/api/appointments/{booked.id}/rebook"
    seen = {"If_Match": f'"{booked.version}"'}

    first = staff.call("POST", url, {"customer_id": beto.id}, **seen)
    second = staff.call("POST", url, {"duration_minutes": 60}, **seen)

    assert (first.status, first.json["customer_name"]) == (200, "Beto")
    assert (second.status, second.json["code"]) == (412, "stale")
    assert second.json["last_change"]["customer_id"] == beto.id
    assert viewer.call("POST", url, {"customer_id": beto.id}).status == 403
