"""Another service, length or professional for an appointment that was booked."""

from datetime import datetime, timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.ledger.open_pages import BeingPaid
from mostrador.ledger.rules.payment_states import Target
from mostrador.scheduling import (
    appointments,
    availability,
    booking,
    manage_links,
    public_booking,
    rebooking,
    resources,
    services,
    slots,
)
from mostrador.scheduling.booking_context import ServiceInactive
from mostrador.scheduling.rules.appointment_states import AmountIsFixed, WrongAppointmentState
from mostrador.scheduling.views.appointments import AvailabilityQuery, NewAppointment
from mostrador.scheduling.views.rebooking import Rebooking
from mostrador.scheduling.views.services import NewResource, NewService, ServiceChanges
from mostrador.table import keys, reads
from mostrador.table.items.scheduling import Appointment
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantChanges
from tests.support.days import shifted
from tests.support.till import Till

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
HOUR, HALF = timedelta(hours=1), timedelta(minutes=30)


def offer(now, name, price, minutes=30, **more):
    form = {"name": name, "duration_minutes": minutes, "price": price} | more
    return services.create("salon", NewService.model_validate(form), key=None, now=now)


@pytest.fixture
def cut(salon, now):
    return offer(now, "Corte", "80000", currency="PYG")


@pytest.fixture
def color(bank, now):
    return offer(now, "Color", "350000", 90, buffer_time_minutes=15, currency="PYG", deposit_percent=20)


def book(service, at, now, **more):
    form = {"service_id": service.id, "scheduled_at": at, "customer_data": {"name": "Ana"}} | more
    return booking.book("salon", NewAppointment.model_validate(form), actor_name="eva", key=None, now=now)


def rebook(appointment, now, tenant="salon", **form):
    return rebooking.rebook(tenant, appointment.id, Rebooking.model_validate(form), actor_name="eva", now=now)


def pay(appointment, amount, now):
    return Till(Target.APPOINTMENT, appointment, None).take_cash(now, amount=amount)


def agenda_of(resource_id, day=NINE):
    found = reads.get_item(keys.agenda_day("salon", resource_id, day.date()))
    return {line.appointment_id: line for line in found.bookings()} if found else {}


def test_another_service_keeps_id_link_and_history_and_brings_its_length_and_price(cut, color, now):
    booked = appointments.confirm("salon", book(cut, NINE, now).id, actor_name="eva", now=now)
    token = manage_links.token("salon", booked.id)

    changed = rebook(booked, now, service_id=color.id)

    assert public_booking.find("salon", token, now=now).appointment.service_id == changed.service_id == color.id
    assert (changed.id, changed.status, changed.scheduled_at) == (booked.id, "CONFIRMED", NINE)
    assert (changed.service_name, changed.ends_at, changed.buffer_time_minutes) == ("Color", NINE + 3 * HALF, 15)
    assert (changed.total_amount, changed.deposit_amount, changed.payment_status) == (350000, 70000, "PENDING")
    assert [entry["change"] for entry in changed.history] == ["CONFIRMED", "CHANGED"]
    line = agenda_of(changed.resource_id)[booked.id]
    assert (line.duration, line.after, line.service) == (90, 15, color.id[-16:])


def test_one_entry_tells_all_that_changed(cut, color, now):
    changed = rebook(book(cut, NINE, now), now, service_id=color.id, scheduled_at=NINE + HOUR)

    (told,) = changed.history
    assert (told["from"], told["to"]) == (keys.at(NINE), keys.at(NINE + HOUR))
    assert (told["from_service_name"], told["service_name"]) == ("Corte", "Color")
    assert (told["from_duration_minutes"], told["duration_minutes"]) == ("30", "90")
    assert (told["from_total_amount"], told["total_amount"]) == ("80000", "350000")


def test_a_length_changes_no_price_and_takes_what_is_free(cut, now):
    booked, _ = book(cut, NINE, now), book(cut, NINE + 2 * HOUR, now)

    longer = rebook(booked, now, duration_minutes=120)

    assert (longer.ends_at, longer.total_amount) == (NINE + 2 * HOUR, booked.total_amount)
    with pytest.raises(slots.SlotTaken) as refused:
        rebook(booked, now, duration_minutes=150)
    assert refused.value.facts["reason"] == "taken"
    assert appointments.get("salon", booked.id, now=now).version == longer.version


def test_a_shorter_appointment_frees_its_end(cut, now):
    booked = rebook(book(cut, NINE, now), now, duration_minutes=90)

    rebook(booked, now, duration_minutes=30)

    found = availability.find("salon", AvailabilityQuery(service=cut.id, date=shifted("2026-12-01")), now=now).slots
    assert found[0].starts_at == NINE + HALF


def test_over_midnight_it_leaves_the_day_that_it_no_longer_touches(salon, now):
    week = {"business_hours": {day: [{"opens": "20:00", "closes": "02:00"}] for day in weekdays()}}
    tenants.change("salon", TenantChanges.model_validate(week), seen=None, now=now)
    late, start = offer(now, "Cena", "1", 180), NINE + 13 * HOUR
    booked = book(late, start, now)
    assert booked.id in agenda_of(booked.resource_id, start + 3 * HOUR)

    rebook(booked, now, duration_minutes=60)

    assert booked.id not in agenda_of(booked.resource_id, start + 3 * HOUR)
    assert booked.id in agenda_of(booked.resource_id, start)


def weekdays():
    return ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def test_what_is_as_wanted_changes_nothing(cut, now):
    booked = book(cut, NINE, now)

    for form in ({}, {"service_id": cut.id}, {"duration_minutes": 30}, {"scheduled_at": NINE}):
        assert rebook(booked, now, **form).version == booked.version


def test_a_start_that_stays_is_not_refused_for_notice_window_or_grid(cut, color, now):
    booked = book(cut, NINE, now)
    more = {"minimum_notice_minutes": 2880, "slot_step_minutes": 50}
    tenants.change("salon", TenantChanges.model_validate(more), seen=None, now=now)
    late = NINE + timedelta(minutes=10)  # the customer sits in the chair

    assert rebook(booked, late, service_id=color.id).service_id == color.id
    with pytest.raises(slots.SlotTaken) as refused:
        rebook(booked, late, scheduled_at=NINE + HOUR)
    assert refused.value.facts["reason"] == "before_notice"


def test_the_alternatives_of_a_length_that_does_not_fit_obey_the_notice(cut, now):
    booked, _ = book(cut, NINE, now), book(cut, NINE + HALF, now)

    with pytest.raises(slots.SlotTaken) as refused:
        rebook(booked, NINE + timedelta(minutes=10), duration_minutes=60)

    alternatives = [datetime.fromisoformat(at) for at in refused.value.facts["alternatives"]]
    assert alternatives
    assert min(alternatives) > NINE + timedelta(minutes=10)


def test_it_ends_before_closing(cut, now):
    closing = next(
        slot.starts_at
        for slot in reversed(
            availability.find("salon", AvailabilityQuery(service=cut.id, date=shifted("2026-12-01")), now=now).slots
        )
    )

    with pytest.raises(slots.SlotTaken) as refused:
        rebook(book(cut, closing, now), now, duration_minutes=90)

    assert refused.value.facts["reason"] == "closed"


def test_a_professional_who_does_not_give_the_service_is_replaced(cut, now):
    rosa = resources.create("salon", NewResource(name="Rosa"), key=None, now=now)
    nails = offer(now, "Uñas", "1", resource_ids=[rosa.id])
    booked = book(cut, NINE, now)

    changed = rebook(booked, now, service_id=nails.id)

    assert (changed.resource_name, booked.id in agenda_of(booked.resource_id)) == ("Rosa", False)
    assert booked.id in agenda_of(rosa.id)


def test_a_service_of_two_resources_takes_the_second_and_gives_it_back(cut, now):
    room = resources.create("salon", NewResource(name="Sala"), key=None, now=now)
    massage = offer(now, "Masaje", "1", second_resource_ids=[room.id])
    booked = book(cut, NINE, now)

    both = rebook(booked, now, service_id=massage.id)
    assert (both.second_resource_id, booked.id in agenda_of(room.id)) == (room.id, True)

    alone = rebook(both, now, service_id=cut.id)
    assert (alone.second_resource_id, booked.id in agenda_of(room.id)) == (None, False)
    assert alone.history[-1]["from_second_resource_id"] == room.id


def test_a_class_gives_a_seat_while_it_has_one(cut, now):
    pair = offer(now, "Clase", "1", capacity=2)
    booked = book(cut, NINE, now)
    with pytest.raises(slots.SlotTaken):
        book(pair, NINE, now)
    apart = rebook(booked, now, scheduled_at=NINE + HOUR)
    seats = [book(pair, NINE, now) for _ in range(2)]

    with pytest.raises(slots.SlotTaken) as refused:
        rebook(apart, now, service_id=pair.id, scheduled_at=NINE)
    assert refused.value.facts["reason"] == "no_seats"
    appointments.cancel("salon", seats[0].id, reason="", actor_name="eva", now=now)
    assert rebook(apart, now, service_id=pair.id, scheduled_at=NINE).service_id == pair.id


def test_the_limits_of_the_other_service_count_it(cut, now):
    once = offer(now, "Uno", "1", max_bookings_per_day=1)
    booked, _ = book(cut, NINE, now), book(once, NINE + HOUR, now)

    with pytest.raises(slots.SlotTaken) as refused:
        rebook(booked, now, service_id=once.id)

    assert refused.value.facts["reason"] == "daily_limit"


def test_the_own_service_may_be_discontinued_and_the_other_one_not(cut, color, now):
    booked = book(cut, NINE, now)
    for service in (cut, color):
        services.change("salon", service.id, ServiceChanges(is_active=False), seen=None, now=now)

    assert rebook(booked, now, duration_minutes=60).ends_at == NINE + HOUR
    with pytest.raises(ServiceInactive):
        rebook(booked, now, service_id=color.id)


def test_a_deposit_that_was_paid_counts_towards_the_new_price(cut, color, now):
    booked = book(color, NINE, now)
    pay(booked, "70000", now)
    dear = offer(now, "Alisado", "500000", currency="PYG")

    changed = rebook(booked, now, service_id=dear.id)
    assert (changed.total_amount, changed.paid_amount, changed.payment_status) == (500000, 70000, "PARTIAL")

    cheaper = rebook(changed, now, service_id=cut.id)
    assert (cheaper.total_amount, cheaper.paid_amount, cheaper.payment_status) == (80000, 70000, "PARTIAL")
    pay(cheaper, "10000", now)
    assert appointments.get("salon", booked.id, now=now).payment_status == "PAID"


def test_a_paid_appointment_owes_the_difference_of_a_dearer_service(cut, color, now):
    booked = book(cut, NINE, now)
    pay(booked, "80000", now)

    changed = rebook(booked, now, service_id=color.id)

    assert (changed.total_amount, changed.payment_status) == (350000, "PARTIAL")


def test_more_money_than_the_new_price_keeps_the_amount_only_if_that_is_asked_for(cut, color, now):
    booked = book(color, NINE, now)
    pay(booked, "350000", now)

    with pytest.raises(AmountIsFixed):
        rebook(booked, now, service_id=cut.id)
    kept = rebook(booked, now, service_id=cut.id, keep_total=True)

    assert (kept.service_id, kept.total_amount, kept.payment_status) == (cut.id, 350000, "PAID")


def test_another_currency_needs_an_unpaid_appointment(cut, now):
    dollars = offer(now, "En dólares", "500000", currency="USD")
    paid, unpaid = book(cut, NINE, now), book(cut, NINE + HOUR, now)
    pay(paid, "80000", now)

    with pytest.raises(AmountIsFixed):
        rebook(paid, now, service_id=dollars.id)
    assert rebook(unpaid, now, service_id=dollars.id).currency == "USD"


def test_a_page_that_may_still_be_paid_blocks_another_price_and_no_length(bank, cut, color, now):
    booked = book(cut, NINE, now, hold=True)
    Till(Target.APPOINTMENT, booked, None).start(now)

    with pytest.raises(BeingPaid):
        rebook(booked, now, service_id=color.id)

    assert rebook(booked, now, duration_minutes=60).total_amount == 80000


def test_a_hold_stays_a_hold_with_its_end(cut, color, now):
    booked = book(cut, NINE, now, hold=True)

    changed = rebook(booked, now, service_id=color.id)

    lapses_at = int(booked.hold_expires_at.timestamp())
    assert (changed.status, changed.hold_expires_at) == ("PENDING", booked.hold_expires_at)
    assert agenda_of(booked.resource_id)[booked.id].lapses_at == lapses_at


def test_what_is_over_is_not_changed(cut, now):
    booked = book(cut, NINE, now)
    appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=now)

    with pytest.raises(WrongAppointmentState, match="CANCELLED cannot become CHANGED"):
        rebook(booked, now, duration_minutes=60)


def test_the_log_tells_service_and_end(cut, color, now):
    booked = book(cut, NINE, now)
    rebook(booked, now, service_id=color.id)

    (_, _, action, fields) = reads.everything(keys.audit_partition("salon"), "2")[-1].changes[0]

    assert (action, fields["service_id"]) == ("appointment.changed", [cut.id, color.id])
    assert fields["ends_at"] == [keys.at(NINE + HALF), keys.at(NINE + 3 * HALF)]


def test_the_calendars_of_busy_people_stay_ignored_where_they_were(cut, now):
    booked = book(cut, NINE, now, ignore_calendar=True)

    assert rebook(booked, now, duration_minutes=60).ignores_calendar is True
    assert rebook(booked, now, scheduled_at=NINE + HOUR).ignores_calendar is None


def test_another_tenants_appointment_service_and_resource_are_not_there(cut, clinic, now):
    booked = book(cut, NINE, now)
    foreign = services.create("clinic", NewService(name="Control", duration_minutes=30, price="1"), key=None, now=now)

    with pytest.raises(NotHere):
        rebook(booked, now, tenant="clinic", duration_minutes=60)
    with pytest.raises(NotHere):
        rebook(booked, now, service_id=foreign.id)
    with pytest.raises(NotHere):
        rebook(booked, now, resource_id=foreign.resource_ids[0])
    assert isinstance(reads.get_item((booked.pk, booked.sk)), Appointment)
