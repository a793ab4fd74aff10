from datetime import UTC, datetime, timedelta

import pytest

from mostrador import process_cache
from mostrador.errors import NotHere
from mostrador.people import customers
from mostrador.people.views.customers import NewCustomer
from mostrador.scheduling import (
    appointments,
    availability,
    booking,
    booking_context,
    plan_count,
    resources,
    services,
    slots,
)
from mostrador.scheduling.views.appointments import AppointmentListing, AvailabilityQuery, NewAppointment
from mostrador.scheduling.views.services import NewResource, NewService, ResourceChanges, ServiceChanges
from mostrador.table import keys, reads, writes
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from mostrador.values.phones import BadPhone
from tests.support import days
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
ANA = {"name": "Ana López", "phone": "0981 123 456"}


def book(service, scheduled_at=NINE, *, now, key=None, **more):
    wanted = NewAppointment(service_id=service.id, scheduled_at=scheduled_at, **({"customer_data": ANA} | more))
    return booking.book("salon", wanted, actor_name="eva", key=key, now=now)


TOMORROW = shifted("2026-12-01")


def free(service, day=TOMORROW, *, now, **more):
    return [slot.starts_at for slot in availability.find("salon", AvailabilityQuery(service=service.id, date=day, **more), now=now).slots]  # fmt: skip # noqa: E501


def refused(service, scheduled_at=NINE, *, now, **more):
    with pytest.raises(slots.SlotTaken) as caught:
        book(service, scheduled_at, now=now, **more)
    return caught.value.facts


def offer(now, **more):
    wanted = {"name": "Otro", "duration_minutes": 30, "price": "1000"} | more
    return services.create("salon", NewService(**wanted), key=None, now=now)


def test_a_free_start_is_booked_and_no_longer_offered(haircut, now):
    before = free(haircut, now=now)

    booked = book(haircut, before[0], now=now)

    assert booked.scheduled_at == before[0]
    assert free(haircut, now=now) == before[1:]


def test_a_taken_start_is_refused_with_the_three_nearest_that_are_free(haircut, now):
    book(haircut, NINE + timedelta(hours=1), now=now)

    facts = refused(haircut, NINE + timedelta(hours=1), now=now)

    assert facts["reason"] == "taken"
    assert facts["alternatives"] == [
        shifted("2026-12-01T09:00:00-03:00"), shifted("2026-12-01T09:30:00-03:00"), shifted("2026-12-01T10:30:00-03:00")
    ]  # fmt: skip


def test_the_alternatives_reach_into_the_next_days(haircut, now):
    sunday = datetime.fromisoformat(shifted("2026-12-06T09:00:00-03:00"))
    hours = days.open_but_on(sunday.date())
    tenants.change("salon", TenantOperationChanges(business_hours=hours), seen=None, now=now)

    facts = refused(haircut, sunday, now=now)

    assert facts["reason"] == "closed"
    assert facts["alternatives"] == [
        shifted("2026-12-05T16:30:00-03:00"), shifted("2026-12-05T17:00:00-03:00"), shifted("2026-12-05T17:30:00-03:00")
    ]  # fmt: skip
    full = [book(haircut, sunday - timedelta(hours=15, minutes=30 * n), now=now) for n in range(1, 19)]
    assert len(full) == 18
    assert [start[:10] for start in refused(haircut, sunday, now=now)["alternatives"]] == [shifted("2026-12-07")] * 3


def test_past_the_advance_window_the_alternatives_are_the_last_that_can_be(haircut, now):
    facts = refused(haircut, NINE + timedelta(days=60), now=now)

    assert facts["reason"] == "past_advance_window"
    assert facts["alternatives"][-1] == shifted("2026-12-30T17:30:00-03:00")


def test_a_known_phone_is_the_same_customer_however_it_is_written(haircut, now):
    first = book(haircut, now=now)

    second = book(
        haircut, NINE + timedelta(hours=1), now=now, customer_data={"name": "A. López", "phone": "+595981123456"}
    )

    assert second.customer_id == first.customer_id
    assert second.customer_name == "Ana López"
    customer = customers.get("salon", first.customer_id, now=now)
    assert customer.last_appointment_at == second.scheduled_at


def test_a_customer_may_be_named_by_id(haircut, now):
    ana = customers.create("salon", NewCustomer(**ANA), key=None, now=now)

    assert book(haircut, now=now, customer_data=None, customer_id=ana.id).customer_id == ana.id
    with pytest.raises(NotHere, match="customer"):
        book(haircut, NINE + timedelta(hours=1), now=now, customer_data=None, customer_id="0" * 32)


def test_the_same_key_gives_the_same_appointment(haircut, now):
    first = book(haircut, now=now, key="k1")

    again = book(haircut, now=now, key="k1")

    assert again.id == first.id
    assert len(appointments.listing("salon", AppointmentListing(), now=now).items) == 1


def test_the_same_key_for_something_else_is_refused(haircut, now):
    book(haircut, now=now, key="k1")

    with pytest.raises(writes.KeyReused):
        book(haircut, NINE + timedelta(hours=1), now=now, key="k1")


def test_a_repeat_is_answered_whatever_became_of_the_service(haircut, now):
    first = book(haircut, now=now, key="k1")

    services.change("salon", haircut.id, ServiceChanges(is_active=False), seen=None, now=now)
    assert book(haircut, now=now, key="k1").id == first.id
    services.delete("salon", haircut.id, seen=None, now=now)
    process_cache.clear_all()
    assert book(haircut, now=now, key="k1").id == first.id


def test_a_key_whose_appointment_was_deleted_books_again(haircut, now):
    first = book(haircut, now=now, key="k1", customer_data={"name": "Ana"})
    appointments.delete("salon", first.id, seen=None, now=now)

    again = book(haircut, now=now, key="k1", customer_data={"name": "Ana"})

    assert (again.id, again.scheduled_at) == (first.id, first.scheduled_at)


def test_the_same_instant_in_another_offset_is_the_same_request(haircut, now):
    first = book(haircut, now=now, key="k1")

    assert book(haircut, NINE.astimezone(UTC), now=now, key="k1").id == first.id


def test_a_customer_who_goes_while_the_booking_is_made_is_not_brought_back(haircut, now, monkeypatch):
    ana = customers.create("salon", NewCustomer(**ANA), key=None, now=now)
    choose = slots.choose

    def delete_meanwhile(*arguments):
        if reads.get_item(keys.customer("salon", ana.id)):
            customers.delete("salon", ana.id, seen=None, now=now)
        return choose(*arguments)

    monkeypatch.setattr(slots, "choose", delete_meanwhile)

    with pytest.raises(NotHere, match="customer"):
        book(haircut, now=now, customer_data=None, customer_id=ana.id)
    assert reads.get_item(keys.customer("salon", ana.id)) is None


def test_many_lapsed_holds_do_not_stand_in_the_way(salon, now):
    yoga = offer(now, capacity=100, max_bookings_per_day=None)
    for number in range(70):
        book(yoga, now=now, hold=True, customer_data={"name": f"Cliente {number}"})
    later = now + timedelta(hours=1)

    first, second = (book(yoga, now=later, customer_data={"name": name}) for name in ("Ana", "Beto"))

    day = reads.get_item(keys.agenda_day("salon", first.resource_id, NINE.date()))
    assert {line.appointment_id for line in day.bookings()} == {first.id, second.id}


def test_a_class_fills_one_room_before_it_opens_another(salon, now):
    second = resources.create("salon", NewResource(name="Sala 2"), key=None, now=now)
    first = reads.everything(*keys.resource("salon", ""))[0]
    yoga = offer(now, capacity=3, resource_ids=[first.id, second.id])

    rooms = [book(yoga, now=now, customer_data={"name": str(n)}).resource_id for n in range(4)]

    assert len(set(rooms[:3])) == 1
    assert rooms[3] != rooms[0]


def test_what_an_inactive_resource_has_counts_against_the_limit_in_both_answers(salon, now):
    second = resources.create("salon", NewResource(name="Silla 2"), key=None, now=now)
    first = reads.everything(*keys.resource("salon", ""))[0]
    both = offer(now, max_bookings_per_day=1, resource_ids=[first.id, second.id])
    book(both, now=now, resource_id=second.id)
    resources.change("salon", second.id, ResourceChanges(is_active=False), seen=None, now=now)

    assert free(both, now=now) == []
    assert refused(both, NINE + timedelta(hours=2), now=now)["reason"] == "daily_limit"


def test_a_lapsed_hold_gives_its_time_away(haircut, now):
    held = book(haircut, now=now, hold=True)
    last_second = held.hold_expires_at - timedelta(seconds=1)

    assert refused(haircut, now=last_second)["reason"] == "taken"
    assert book(haircut, now=held.hold_expires_at, customer_data={"name": "Beto"}).id != held.id


def test_a_hold_confirmed_in_time_stays(haircut, now):
    held = book(haircut, now=now, hold=True)

    appointments.confirm("salon", held.id, actor_name="eva", now=now + timedelta(minutes=14))

    assert refused(haircut, now=now + timedelta(hours=1))["reason"] == "taken"


def test_a_lapsed_hold_is_confirmed_if_its_time_is_still_free(haircut, now):
    held = book(haircut, now=now, hold=True)

    late = appointments.confirm("salon", held.id, actor_name="eva", now=now + timedelta(hours=1))

    assert late.status == "CONFIRMED"
    assert refused(haircut, now=now + timedelta(hours=2))["reason"] == "taken"


def test_a_lapsed_hold_whose_time_is_gone_is_not_confirmed(haircut, now):
    held = book(haircut, now=now, hold=True)
    book(haircut, now=now + timedelta(hours=1), customer_data={"name": "Beto"})

    with pytest.raises(slots.SlotTaken):
        appointments.confirm("salon", held.id, actor_name="eva", now=now + timedelta(hours=1))

    assert appointments.get("salon", held.id, now=now).status == "PENDING"


def test_the_daily_limit_counts_over_all_resources(salon, now):
    second = resources.create("salon", NewResource(name="Silla 2"), key=None, now=now)
    first = reads.everything(*keys.resource("salon", ""))[0]
    both = offer(now, max_bookings_per_day=2, resource_ids=[first.id, second.id])
    assert {book(both, now=now).resource_id, book(both, now=now).resource_id} == {first.id, second.id}

    assert refused(both, NINE + timedelta(hours=2), now=now)["reason"] == "daily_limit"
    assert free(both, now=now) == []


def test_any_resource_means_the_least_busy_one(salon, haircut, now):
    second = resources.create("salon", NewResource(name="Silla 2"), key=None, now=now)
    first_id = haircut.resource_ids[0]
    both = offer(now, resource_ids=[first_id, second.id])
    book(haircut, NINE + timedelta(hours=3), now=now)

    assert book(both, now=now).resource_id == second.id
    assert book(both, NINE + timedelta(hours=1), now=now, resource_id=first_id).resource_id == first_id


def test_a_resource_with_hours_of_its_own_is_offered_only_then(salon, now):
    evening = {"business_hours": {days.weekday(days.ahead(1)): [{"opens": "19:00", "closes": "20:00"}]}}
    late = resources.create("salon", NewResource(name="Noche", **evening), key=None, now=now)
    service = offer(now, resource_ids=[late.id])

    assert [start.strftime("%H:%M") for start in free(service, now=now)] == ["19:00", "19:30"]


def test_an_inactive_resource_is_not_offered(haircut, now):
    resources.change("salon", haircut.resource_ids[0], ResourceChanges(is_active=False), seen=None, now=now)

    assert free(haircut, now=now) == []
    assert refused(haircut, now=now)["reason"] == "closed"


def test_a_resource_that_does_not_give_the_service_is_not_found(haircut, now):
    other = resources.create("salon", NewResource(name="Otra"), key=None, now=now)

    with pytest.raises(NotHere, match="resource"):
        book(haircut, now=now, resource_id=other.id)


def test_a_warm_process_sees_that_the_service_got_longer(haircut, now):
    book(haircut, NINE + timedelta(hours=1), now=now)
    services.change("salon", haircut.id, ServiceChanges(duration_minutes=90), seen=None, now=now)

    assert refused(haircut, now=now, customer_data={"name": "Beto"})["reason"] == "taken"


def test_an_inactive_service_is_not_booked(haircut, now):
    services.change("salon", haircut.id, ServiceChanges(is_active=False), seen=None, now=now)

    with pytest.raises(booking_context.ServiceInactive):
        book(haircut, now=now)


def test_the_plan_limits_the_bookings_of_a_month(haircut, monday):
    tenants.change("salon", TenantOperationChanges(max_appointments_per_month=1), seen=None, now=monday)
    nine = datetime.fromisoformat("2026-12-01T09:00:00-03:00")
    book(haircut, nine, now=monday)

    with pytest.raises(plan_count.PlanLimitReached, match="1 appointments in 2026-11"):
        book(haircut, nine + timedelta(hours=1), now=monday)

    assert book(haircut, nine + timedelta(hours=1), now=monday + timedelta(hours=20)).status == "PENDING"


def test_a_limit_that_was_just_set_holds_in_a_warm_process_too(haircut, now):
    book(haircut, now=now)
    stored = reads.get_item(keys.tenant("salon"))
    stored.update(actions=[Tenant.max_appointments_per_month.set(0)])

    with pytest.raises(plan_count.PlanLimitReached):
        book(haircut, NINE + timedelta(hours=1), now=now)


def test_a_suspended_tenant_takes_no_booking_even_from_a_warm_process(haircut, now):
    book(haircut, now=now)
    stored = reads.get_item(keys.tenant("salon"))
    stored.update(actions=[Tenant.is_active.set(False)])

    with pytest.raises(NotHere, match="salon"):
        book(haircut, NINE + timedelta(hours=1), now=now)


def test_the_other_tenants_service_is_not_found(haircut, clinic, now):
    wanted = NewAppointment(service_id=haircut.id, scheduled_at=NINE, customer_data={"name": "Ana"})

    with pytest.raises(NotHere, match="service"):
        booking.book("clinic", wanted, actor_name="eva", key=None, now=now)


def test_a_bad_phone_books_nothing(haircut, now):
    with pytest.raises(BadPhone, match="12"):
        book(haircut, now=now, customer_data={"name": "Ana", "phone": "12 34 5"})

    assert appointments.listing("salon", AppointmentListing(), now=now).items == []


def test_minimum_notice_is_counted_to_the_minute(haircut, now):
    tenants.change("salon", TenantOperationChanges(minimum_notice_minutes=60), seen=None, now=now)
    eight = NINE - timedelta(hours=1)

    assert free(haircut, now=eight)[0] == NINE
    assert free(haircut, now=eight + timedelta(seconds=1))[0] == NINE + timedelta(minutes=30)


def test_a_booking_across_midnight_blocks_both_days(salon, now):
    around_the_clock = [{"opens": "00:00", "closes": "24:00"}]
    hours = {days.weekday(days.ahead(number)): around_the_clock for number in (1, 2)}
    night = resources.create("salon", NewResource(name="Guardia", business_hours=hours), key=None, now=now)
    watch = offer(now, duration_minutes=60, resource_ids=[night.id])
    late = datetime.fromisoformat(shifted("2026-12-01T23:30:00-03:00"))

    book(watch, late, now=now)

    assert late - timedelta(minutes=30) not in free(watch, shifted("2026-12-01"), now=now)
    assert free(watch, shifted("2026-12-02"), now=now)[0] == late + timedelta(hours=1)
