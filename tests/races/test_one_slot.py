"""Real concurrency on dynoxide: moto's transactions are not atomic under threads and prove nothing."""

from datetime import date, datetime, timedelta

import pytest

from mostrador.errors import Stale
from mostrador.people import customers
from mostrador.people.views.customers import CustomerListing, NewCustomer
from mostrador.scheduling import (
    agenda,
    appointments,
    booking,
    plan_count,
    rebooking,
    rescheduling,
    resources,
    services,
    slots,
)
from mostrador.scheduling.views.appointments import AppointmentListing, NewAppointment, Rescheduling
from mostrador.scheduling.views.rebooking import Rebooking
from mostrador.scheduling.views.services import NewResource, NewService
from mostrador.table import keys, reads
from mostrador.table.attributes import packed, short
from mostrador.table.items.people import Customer
from mostrador.table.items.scheduling import AgendaDay, Appointment
from mostrador.table.items.tenants import Usage
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant, TenantOperationChanges
from tests.support import days
from tests.support.at_once import at_once
from tests.support.days import shifted

pytestmark = pytest.mark.race
NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))


@pytest.fixture
def shop(dynoxide, now):
    return tenants.create(NewTenant(slug="salon", name="Salón", currency="PYG", business_hours=days.EVERY_DAY), now=now)


def offer(now, **more):
    wanted = {"name": "Corte", "duration_minutes": 30, "price": "80000"} | more
    return services.create("salon", NewService(**wanted), key=None, now=now)


def book(service, scheduled_at, now, number=0, key=None, **more):
    customer = {"customer_data": {"name": f"Cliente {number}", "phone": f"0981 {100000 + number}"}} | more
    wanted = NewAppointment(service_id=service.id, scheduled_at=scheduled_at, **customer)
    return booking.book("salon", wanted, actor_name="eva", key=key, now=now)


def winners(answers):
    return [answer for answer in answers if isinstance(answer, Appointment)]


def stored(now):
    return [item.id for item in appointments.listing("salon", AppointmentListing(limit=100), now=now).items]


@pytest.mark.parametrize("round_", range(3))
def test_fifty_clients_on_one_slot_have_one_winner(shop, now, round_):
    service = offer(now)

    answers = at_once(50, lambda number: book(service, NINE, now, number))

    (winner,) = winners(answers)
    others = [answer for answer in answers if answer is not winner]
    assert all(isinstance(other, slots.SlotTaken) for other in others), [repr(other) for other in others]
    assert all(len(other.facts["alternatives"]) == 3 for other in others)
    assert stored(now) == [winner.id]


def test_red_control_without_the_days_version_the_slot_is_sold_again_and_again(shop, now, monkeypatch):
    def take_without_looking(tx, key, days, lines, _now):
        kept = {short(line.appointment_id): packed(line, date.fromisoformat(key[1])) for line in lines}
        tx.save(AgendaDay(*key, version=1, lines=kept))

    monkeypatch.setattr(agenda, "take", take_without_looking)
    service = offer(now)

    answers = at_once(50, lambda number: book(service, NINE, now, number))

    assert len(winners(answers)) > 1


def test_as_many_clients_as_slots_are_all_served(shop, now):
    service = offer(now, duration_minutes=15, max_bookings_per_day=None)
    quarter = TenantOperationChanges(slot_step_minutes=15)
    tenants.change("salon", quarter, seen=None, now=now)

    answers = at_once(36, lambda number: book(service, NINE + timedelta(minutes=15 * number), now, number))

    assert len(winners(answers)) == 36, [repr(answer) for answer in answers if answer not in winners(answers)]


def test_the_daily_limit_holds_over_two_resources(shop, now):
    first = reads.everything(*keys.resource("salon", ""))[0]
    second = resources.create("salon", NewResource(name="Silla 2"), key=None, now=now)
    service = offer(now, max_bookings_per_day=5, resource_ids=[first.id, second.id])

    answers = at_once(18, lambda number: book(service, NINE + timedelta(minutes=30 * number), now, number))

    assert len(winners(answers)) == 5


def test_red_control_without_the_check_of_the_other_resource_the_limit_breaks(shop, now, monkeypatch):
    monkeypatch.setattr(agenda, "check_unchanged", lambda *_: None)
    broken = 0
    for day in range(5):
        chairs = [resources.create("salon", NewResource(name=f"Silla {n}"), key=None, now=now).id for n in range(8)]
        service = offer(now, max_bookings_per_day=1, resource_ids=chairs)
        start = NINE + timedelta(days=day if day < 4 else 6)
        answers = at_once(8, lambda n, s=service, t=start, c=chairs: book(s, t, now, n, resource_id=c[n]))
        broken += len(winners(answers)) > 1

    assert broken


def on_other_days(service, now):
    """Bookings that share nothing but the plan: each on a day of its own."""
    return at_once(12, lambda number: book(service, NINE + timedelta(days=number), now, number))


def test_the_plans_limit_holds(shop, now):
    tenants.change("salon", TenantOperationChanges(max_appointments_per_month=4), seen=None, now=now)

    answers = on_other_days(offer(now), now)

    assert len(winners(answers)) == 4
    assert all(isinstance(answer, Appointment | plan_count.PlanLimitReached) for answer in answers)
    assert len(stored(now)) == 4


def test_red_control_without_the_plans_condition_the_limit_breaks(shop, now, monkeypatch):
    tenants.change("salon", TenantOperationChanges(max_appointments_per_month=4), seen=None, now=now)
    service = offer(now)
    monkeypatch.setattr(plan_count, "_has_room", lambda *_: Usage.pk != "")

    assert len(winners(on_other_days(service, now))) > 4


def test_the_same_key_at_once_books_once(shop, now):
    service = offer(now)

    answers = at_once(16, lambda _: book(service, NINE, now, 1, key="k1"))

    assert {answer.id for answer in winners(answers)} == set(stored(now))
    assert len(winners(answers)) == 16


def test_one_new_phone_at_once_becomes_one_customer(shop, now):
    service = offer(now)

    answers = at_once(12, lambda number: book(service, NINE + timedelta(minutes=30 * number), now, number=7))

    assert len({answer.customer_id for answer in winners(answers)}) == 1
    assert len(winners(answers)) == 12
    assert len(customers.listing("salon", CustomerListing(limit=100), now=now).items) == 1


def test_one_phone_has_only_so_many_to_come_however_many_ask_at_once(shop, now):
    tenants.change("salon", TenantOperationChanges(max_active_bookings=3), seen=None, now=now)
    service = offer(now)

    answers = at_once(10, lambda number: book(service, NINE + timedelta(days=number % 5, hours=number), now, number=7))

    assert len(winners(answers)) == 3


def test_moving_at_once_to_one_start_has_one_winner(shop, now):
    service = offer(now)
    booked = [book(service, NINE + timedelta(minutes=30 * number), now, number).id for number in range(6)]
    target = Rescheduling(scheduled_at=NINE + timedelta(hours=6))

    answers = at_once(6, lambda number: rescheduling.move("salon", booked[number], target, actor_name="a", now=now))

    assert len(winners(answers)) == 1
    assert all(isinstance(answer, Appointment | slots.SlotTaken) for answer in answers)


@pytest.fixture
def hours(shop, now):
    """Appointments at nine, ten, eleven and twelve."""
    service = offer(now)
    return [book(service, NINE + timedelta(hours=number), now, number).id for number in range(4)]


def lengthened_and_moved_beside(hours, now):
    """The first becomes longer while the others move to the time that it wants."""
    longer, target = Rebooking(duration_minutes=60), Rescheduling(scheduled_at=NINE + timedelta(minutes=30))

    def either(number):
        if number == 0:
            return rebooking.rebook("salon", hours[0], longer, actor_name="a", now=now)
        return rescheduling.move("salon", hours[number], target, actor_name="b", now=now)

    return at_once(4, either)


def test_a_longer_appointment_and_moves_beside_it_have_one_winner(hours, now):
    assert len(winners(lengthened_and_moved_beside(hours, now))) == 1


def test_red_control_without_the_days_version_they_overlap(hours, now, monkeypatch):
    def take_without_looking(tx, key, days, lines, _now):
        kept = [
            AgendaDay.lines[short(one.appointment_id)].set(packed(one, date.fromisoformat(key[1]))) for one in lines
        ]
        tx.update(AgendaDay(*key), actions=kept)

    monkeypatch.setattr(agenda, "take", take_without_looking)

    assert len(winners(lengthened_and_moved_beside(hours, now))) > 1


def edited_by_six(hours, now):
    """Six people write another note from the same copy of an appointment."""
    seen = int(appointments.get("salon", hours[0], now=now).version)

    def edit(number):
        form = Rebooking(internal_notes=f"nota {number}")
        return rebooking.rebook("salon", hours[0], form, seen=seen, actor_name="a", now=now)

    return at_once(6, edit)


def test_of_several_editors_of_one_copy_the_first_wins(hours, now):
    answers = edited_by_six(hours, now)

    assert len(winners(answers)) == 1
    assert all(isinstance(answer, Appointment | Stale) for answer in answers)


def test_red_control_without_the_seen_version_the_last_editor_wins(hours, now, monkeypatch):
    monkeypatch.setattr(rebooking, "check_seen", lambda *_: None)

    assert len(winners(edited_by_six(hours, now))) > 1


def test_one_phone_created_at_once_is_one_customer(shop, now):
    wanted = NewCustomer(name="Ana", phone="0981 123 456")

    answers = at_once(12, lambda _: customers.create("salon", wanted, key=None, now=now))

    assert sum(isinstance(answer, Customer) for answer in answers) == 1
    assert all(isinstance(answer, Customer | customers.PhoneTaken) for answer in answers)


def test_confirming_and_cancelling_at_once_ends_in_one_state(shop, now):
    service = offer(now)
    booked = book(service, NINE, now)

    def either(number):
        if number % 2:
            return appointments.confirm("salon", booked.id, actor_name="a", now=now)
        return appointments.cancel("salon", booked.id, reason="", actor_name="b", now=now)

    at_once(10, either)

    ended = appointments.get("salon", booked.id, now=now)
    assert ended.status == "CANCELLED"
    assert book(service, NINE, now, 2).status == "PENDING"


def test_a_hold_that_lapses_under_two_hands_is_kept_by_one(shop, now):
    service = offer(now)
    for day in range(4):
        start = NINE + timedelta(days=day)
        held = book(service, start, now, hold=True)
        lapse = held.hold_expires_at

        def either(number, held=held, start=start, lapse=lapse):
            if number == 0:  # its clock is a second behind
                return appointments.confirm("salon", held.id, actor_name="a", now=lapse - timedelta(seconds=1))
            return book(service, start, lapse, number)

        answers = at_once(4, either)

        assert len(winners(answers)) == 1, [repr(answer) for answer in answers]
