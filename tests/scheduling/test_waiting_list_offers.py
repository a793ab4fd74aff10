"""What happens to a line: offers, what becomes of them, crashes in between, and what a look costs."""

from datetime import timedelta

import pytest

from mostrador.background import sweeper
from mostrador.ledger.rules.payment_states import Target
from mostrador.payments import checkout
from mostrador.people import customers
from mostrador.scheduling import (
    appointments,
    booking,
    rebooking,
    rescheduling,
    resources,
    services,
    slots,
    waiting_list,
    waiting_list_offers,
)
from mostrador.scheduling.views.appointments import AppointmentListing, NewAppointment, Rescheduling
from mostrador.scheduling.views.rebooking import Rebooking
from mostrador.scheduling.views.services import NewResource, NewService, ServiceChanges
from mostrador.table import base, keys, reads
from mostrador.table.items.scheduling import WaitingLine
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.support.lines import DAY, cancel, fill, join, listed, nine, open_for, states, sweep, trips

MINUTE = timedelta(minutes=1)


@pytest.fixture
def full(salon, haircut, now):
    """Two starts, both taken."""
    open_for(1, now=now)
    return fill(haircut, now=now)


def line(service, day=DAY):
    return reads.get_item(keys.waiting_line("salon", service.id, day.isoformat()))


def offered(entry, now):
    found = waiting_list.get("salon", entry.id, now=now)
    return appointments.get("salon", found.appointment_id, now=now) if found.appointment_id else None


def test_while_the_day_is_full_nobody_is_offered_anything(haircut, full, now):
    entry = join(haircut, 1, now=now)

    assert sweep(now)["offers"] == 0
    assert states(entry, now=now) == ["WAITING"]


def test_a_freed_time_is_held_for_the_first_in_line_alone(haircut, full, now):
    first, second = join(haircut, 1, now=now), join(haircut, 2, now=now)
    cancel(full[1], now=now)

    counts = sweep(now)

    held = offered(first, now)
    assert counts["offers"] == 1
    assert states(first, second, now=now) == ["OFFERED", "WAITING"]
    assert (held.customer_id, held.scheduled_at, held.status) == (first.customer_id, full[1].scheduled_at, "PENDING")
    assert held.hold_expires_at == waiting_list.get("salon", first.id, now=now).offer_expires_at == now + 15 * MINUTE
    with pytest.raises(slots.SlotTaken):
        fill_one(haircut, full[1].scheduled_at, now)


def fill_one(service, scheduled_at, now):
    form = NewAppointment(service_id=service.id, scheduled_at=scheduled_at, customer_data={"name": "Otro"})
    return booking.book("salon", form, actor_name="eva", key=None, now=now)


def test_an_offer_that_is_confirmed_ends_the_wait_as_booked(haircut, full, now):
    entry = join(haircut, 1, now=now)
    cancel(full[0], now=now)
    sweep(now)

    appointments.confirm("salon", offered(entry, now).id, actor_name="eva", now=now + MINUTE)
    sweep(now + 2 * MINUTE)

    assert states(entry, now=now) == ["BOOKED"]
    assert join(haircut, 1, now=now).status == "WAITING"


def test_an_offer_that_lapses_goes_to_the_next_in_line(haircut, full, now):
    first, second = join(haircut, 1, now=now), join(haircut, 2, now=now)
    cancel(full[0], now=now)
    sweep(now)
    one_second_early = now + 15 * MINUTE - timedelta(seconds=1)

    sweep(one_second_early)
    assert states(first, second, now=now) == ["OFFERED", "WAITING"]
    sweep(one_second_early + MINUTE)
    assert offered(first, now).status == "EXPIRED"
    sweep(one_second_early + 2 * MINUTE)

    assert states(first, second, now=now) == ["LAPSED", "OFFERED"]
    assert offered(second, now).scheduled_at == full[0].scheduled_at


def test_an_offer_that_is_being_paid_is_let_go_once_its_payment_is_rolled_back(haircut, full, bank, now):
    first, second = join(haircut, 1, now=now), join(haircut, 2, now=now)
    cancel(full[0], now=now)
    sweep(now)
    held = offered(first, now)
    begun = checkout.start("salon", Target.APPOINTMENT, held.id, actor_name="public", now=now + MINUTE).payment
    late, seen = offered(first, now).hold_expires_at + MINUTE, []
    bank.before["rollback"] = lambda: seen.extend(states(first, second, now=now))

    sweep(late)

    assert seen == ["OFFERED", "WAITING"]
    assert (offered(first, now).status, bank.state(begun.id)) == ("EXPIRED", "CLOSED")
    assert states(first, second, now=now) == ["LAPSED", "OFFERED"]


def test_an_offer_that_is_paid_at_the_last_moment_with_its_message_lost_is_booked(haircut, full, bank, now):
    first, second = join(haircut, 1, now=now), join(haircut, 2, now=now)
    cancel(full[0], now=now)
    sweep(now)
    begun = checkout.start(
        "salon", Target.APPOINTMENT, offered(first, now).id, actor_name="public", now=now + MINUTE
    ).payment
    bank.pay(begun.id)

    late = offered(first, now).hold_expires_at + MINUTE
    sweep(late)
    sweep(late + MINUTE)

    assert (offered(first, now).status, offered(first, now).payment_status) == ("CONFIRMED", "PAID")
    assert states(first, second, now=now) == ["BOOKED", "WAITING"]
    assert bank.state(begun.id) == "PAID"


@pytest.mark.parametrize("seconds", [1, -1])
def test_what_may_be_paid_for_is_offered_to_nobody_else_before_its_turn(haircut, full, bank, now, monkeypatch, seconds):
    """Bancard was silent so often that the rest waits, or the hold ends while the run is under way."""
    first, second = join(haircut, 1, now=now), join(haircut, 2, now=now)
    cancel(full[0], now=now)
    sweep(now)
    begun = checkout.start(
        "salon", Target.APPOINTMENT, offered(first, now).id, actor_name="public", now=now + MINUTE
    ).payment
    bank.pay(begun.id)
    ends = offered(first, now).hold_expires_at
    monkeypatch.setattr(sweeper, "MOST_UNANSWERED", 1)
    bank.silent |= {"confirmation", "rollback"}
    times = iter([ends + timedelta(seconds=seconds)])

    sweeper.run(lambda: next(times, ends + timedelta(seconds=3)), until=ends + MINUTE)
    assert states(first, second, now=now) == ["OFFERED", "WAITING"]
    bank.silent.clear()
    sweep(ends + 2 * MINUTE)
    sweep(ends + 3 * MINUTE)

    assert states(first, second, now=now) == ["BOOKED", "WAITING"]
    assert (offered(first, now).status, bank.state(begun.id)) == ("CONFIRMED", "PAID")


def test_an_offer_that_is_declined_goes_to_the_next_in_line(haircut, full, now):
    first, second = join(haircut, 1, now=now), join(haircut, 2, now=now)
    cancel(full[0], now=now)
    sweep(now)

    cancel(offered(first, now), now=now)
    sweep(now + MINUTE)

    assert states(first, second, now=now) == ["WITHDRAWN", "OFFERED"]


def test_an_offer_whose_appointment_was_deleted_is_over(haircut, full, now):
    entry = join(haircut, 1, now=now)
    cancel(full[0], now=now)
    sweep(now)

    appointments.delete("salon", offered(entry, now).id, seen=None, now=now)
    sweep(now + MINUTE)

    assert states(entry, now=now) == ["WITHDRAWN"]


def test_two_freed_times_are_two_offers_in_one_look(haircut, full, now):
    entries = [join(haircut, number, now=now) for number in range(3)]
    for one in full:
        cancel(one, now=now)

    assert sweep(now)["offers"] == 2

    assert states(*entries, now=now) == ["OFFERED", "OFFERED", "WAITING"]
    assert [offered(one, now).scheduled_at for one in entries[:2]] == [one.scheduled_at for one in full]


def test_who_wants_another_resource_is_passed_over(haircut, full, now):
    second = resources.create("salon", NewResource(name="Silla 2", business_hours={}), key=None, now=now)
    both = [*haircut.resource_ids, second.id]
    services.change("salon", haircut.id, ServiceChanges(resource_ids=both), seen=None, now=now)
    wants_second, wants_any = join(haircut, 1, now=now, resource_id=second.id), join(haircut, 2, now=now)
    cancel(full[0], now=now)

    sweep(now)

    assert states(wants_second, wants_any, now=now) == ["WAITING", "OFFERED"]


def test_no_time_is_offered_that_begins_before_the_offer_lapses(haircut, full, now):
    entry = join(haircut, 1, now=now)
    cancel(full[0], now=now)

    sweep(nine() - 15 * MINUTE)
    assert states(entry, now=now) == ["WAITING"]

    cancel(full[1], now=now)
    sweep(nine() - 14 * MINUTE)
    assert offered(entry, now).scheduled_at == nine(30)


def test_who_may_have_no_more_appointments_is_passed_over(haircut, full, now):
    tenants.change("salon", TenantOperationChanges(max_active_bookings=1), seen=None, now=now)
    other = services.create("salon", NewService(name="Otro", duration_minutes=30, price="1000"), key=None, now=now)
    busy = NewAppointment(
        service_id=other.id, scheduled_at=nine(7 * 24 * 60), customer_data={"name": "A", "phone": "0981 300001"}
    )
    booking.book("salon", busy, actor_name="eva", key=None, now=now)
    first, second = join(haircut, 1, now=now), join(haircut, 2, now=now)
    cancel(full[0], now=now)

    sweep(now)

    assert states(first, second, now=now) == ["WAITING", "OFFERED"]


def test_where_the_plan_allows_no_more_the_line_waits(haircut, full, now):
    for one in full:
        cancel(one, now=now)
    tenants.change("salon", TenantOperationChanges(max_appointments_per_month=2), seen=None, now=now)
    entry = join(haircut, 1, now=now)
    fill(haircut, now=now, day=DAY + timedelta(days=7))

    counts = sweep(now)

    assert (counts["failed"], counts["lines"]) == (0, 1)
    assert states(entry, now=now) == ["WAITING"]


def test_a_customer_who_is_gone_leaves_the_line(haircut, full, now):
    first, second = join(haircut, 1, now=now), join(haircut, 2, now=now)
    customers.delete("salon", first.customer_id, seen=None, now=now)
    cancel(full[0], now=now)

    sweep(now)

    assert states(first, second, now=now) == ["WITHDRAWN", "OFFERED"]


def test_a_service_that_is_not_offered_for_now_keeps_its_line(haircut, full, now):
    entry = join(haircut, 1, now=now)
    services.change("salon", haircut.id, ServiceChanges(is_active=False), seen=None, now=now)
    cancel(full[0], now=now)
    assert sweep(now)["failed"] == 0

    services.change("salon", haircut.id, ServiceChanges(is_active=True), seen=None, now=now)
    sweep(now + MINUTE)

    assert states(entry, now=now) == ["OFFERED"]


def test_a_service_that_is_gone_ends_its_line(haircut, full, now):
    entry = join(haircut, 1, now=now)
    services.delete("salon", haircut.id, seen=None, now=now)

    sweep(now)

    assert states(entry, now=now) == ["EXPIRED"]


def test_when_the_day_is_over_so_is_its_line(haircut, full, now):
    entry, lapsed = join(haircut, 1, now=now), join(haircut, 2, now=now)
    cancel(full[0], now=now)
    sweep(now)
    just_before, midnight = nine(15 * 60) - MINUTE, nine(15 * 60)

    assert states(entry, lapsed, now=now) == ["OFFERED", "WAITING"]
    sweep(just_before)
    assert states(entry, lapsed, now=now) == ["LAPSED", "WAITING"]
    sweep(midnight)
    assert states(entry, lapsed, now=now) == ["LAPSED", "EXPIRED"]
    sweep(midnight + waiting_list_offers.CHECK_AGAIN)
    assert line(haircut) is None


def test_a_line_is_looked_at_seldom_unless_time_is_freed_and_while_empty_only_to_remove_it(haircut, full, now):
    entry = join(haircut, 1, now=now)
    sweep(now)
    assert line(haircut).due_at == keys.at(now + waiting_list_offers.CHECK_AGAIN)
    assert sweep(now + 9 * MINUTE)["lines"] == 0
    assert sweep(now + 10 * MINUTE)["lines"] == 1

    waiting_list.withdraw("salon", entry.id, seen=None, now=now)
    sweep(now + 20 * MINUTE)
    assert line(haircut).due_at == f"{(DAY + timedelta(days=2)).isoformat()}T00:00:00Z"

    join(haircut, 1, now=now + 21 * MINUTE)
    assert sweep(now + 21 * MINUTE)["lines"] == 1


def test_who_joins_during_a_look_is_not_forgotten(haircut, full, now):
    join(haircut, 1, now=now)
    before = line(haircut)
    join(haircut, 2, now=now + timedelta(seconds=5))

    waiting_list_offers.advance("salon", before, now=now)

    assert line(haircut).due_at == keys.at(now + timedelta(seconds=5))


@pytest.mark.parametrize("also_free", [False, True], ids=["nothing else free", "another start free"])
def test_after_a_crash_between_the_hold_and_the_offer_it_is_the_same_appointment(
    haircut, full, now, monkeypatch, also_free
):
    first, second = join(haircut, 1, now=now), join(haircut, 2, now=now)
    cancel(full[1], now=now)
    with monkeypatch.context() as crash:
        crash.setattr(waiting_list_offers, "_offer", lambda *_: 1 / 0)
        assert sweep(now)["failed"] == 1
    (orphan,) = [one for one in appointments_held(now) if one.customer_id == first.customer_id]
    if also_free:
        cancel(full[0], now=now)

    sweep(now + MINUTE)

    assert offered(first, now).id == orphan.id
    assert states(second, now=now) == ["OFFERED" if also_free else "WAITING"]


def appointments_held(now):
    return appointments.listing("salon", AppointmentListing(status="PENDING"), now=now).items


def test_an_orphaned_hold_that_lapsed_costs_nobody_their_turn(haircut, full, now, monkeypatch):
    first, second = join(haircut, 1, now=now), join(haircut, 2, now=now)
    cancel(full[0], now=now)
    with monkeypatch.context() as crash:
        crash.setattr(waiting_list_offers, "_offer", lambda *_: 1 / 0)
        sweep(now)

    later = now + 20 * MINUTE
    sweep(later)
    sweep(later + MINUTE)

    assert "OFFERED" in states(first, second, now=now)
    assert len(appointments_held(now)) == 1
    sweep(later + 2 * MINUTE)
    assert sorted(states(first, second, now=now)) == ["OFFERED", "WAITING"]


def test_an_offer_to_somebody_who_just_left_is_taken_back(haircut, full, now, monkeypatch):
    entry = join(haircut, 1, now=now)
    cancel(full[0], now=now)
    book = booking.book

    def leaves_meanwhile(*args, **more):
        waiting_list.withdraw("salon", entry.id, seen=None, now=now)
        return book(*args, **more)

    monkeypatch.setattr(booking, "book", leaves_meanwhile)
    assert sweep(now)["offers"] == 0

    assert states(entry, now=now) == ["WITHDRAWN"]
    assert appointments_held(now) == []


def test_two_tenants_lines_do_not_know_each_other(haircut, full, clinic, now):
    theirs = services.create("clinic", NewService(name="Otro", duration_minutes=30, price="10"), key=None, now=now)
    entry = join(haircut, 1, now=now)
    other = join(theirs, 1, now=now, tenant="clinic", customer_data={"name": "Bo"})

    sweep(now)

    assert states(entry, now=now) == ["WAITING"]
    assert states(other, now=now, tenant="clinic") == ["OFFERED"]
    assert listed(now, tenant="clinic")[0].id == other.id


def test_a_look_costs_the_same_for_one_and_for_forty(haircut, full, now):
    join(haircut, 0, now=now)
    sweep(now)  # what a process remembers is there
    with trips() as alone:
        waiting_list_offers.advance("salon", line(haircut), now=now)
    for number in range(1, 40):
        join(haircut, number, now=now)
    with trips() as crowd:
        waiting_list_offers.advance("salon", line(haircut), now=now)

    expected = ["BatchGetItem", "Query", "BatchGetItem", "Query", "UpdateItem"]  # the first is the test's own
    assert alone == crowd == expected


def test_an_offer_is_a_booking_and_one_write_more(haircut, full, now):
    join(haircut, 0, now=now)
    sweep(now)
    cancel(full[0], now=now)
    with trips() as spent:
        sweep_one = line(haircut)
        waiting_list_offers.advance("salon", sweep_one, now=now)

    assert spent[1:] == [
        "Query", "BatchGetItem", "Query",
        "BatchGetItem", "BatchGetItem", "TransactWriteItems", "TransactWriteItems",
        "BatchGetItem", "Query", "UpdateItem",
    ]  # fmt: skip
    assert isinstance(sweep_one, WaitingLine)


@pytest.mark.parametrize("days", [0, 7], ids=["the same day", "another day"])
def test_a_wait_forgets_the_old_start_when_staff_moves_what_was_offered(haircut, full, now, days):
    entry = join(haircut, 1, now=now)
    cancel(full[0], now=now)
    cancel(full[1], now=now)
    sweep(now)
    held = offered(entry, now)
    start = full[1].scheduled_at if not days else full[0].scheduled_at + timedelta(days=days)

    rescheduling.move("salon", held.id, Rescheduling(scheduled_at=start), actor_name="eva", now=now)

    told = waiting_list.get("salon", entry.id, now=now)
    assert (told.status, told.appointment_id, told.offer_starts_at) == ("OFFERED", held.id, start)
    appointments.confirm("salon", held.id, actor_name="eva", now=now)
    sweep(now + MINUTE)
    assert states(entry, now=now) == ["BOOKED"]


def test_a_wait_follows_its_offer_into_a_longer_booking(haircut, full, now):
    entry = join(haircut, 1, now=now)
    cancel(full[1], now=now)
    sweep(now)
    held = offered(entry, now)
    start = full[0].scheduled_at + timedelta(days=7)

    form = Rebooking(scheduled_at=start, duration_minutes=60)
    rebooking.rebook("salon", held.id, form, actor_name="eva", now=now)

    assert waiting_list.get("salon", entry.id, now=now).offer_starts_at == start


def test_what_was_offered_once_and_withdrawn_moves_without_its_wait(haircut, full, now):
    entry = join(haircut, 1, now=now)
    cancel(full[1], now=now)
    sweep(now)
    held = appointments.confirm("salon", offered(entry, now).id, actor_name="eva", now=now)
    sweep(now + MINUTE)
    with base.Item.batch_write() as batch:
        batch.delete(waiting_list.get("salon", entry.id, now=now))

    start = full[0].scheduled_at + timedelta(days=7)
    moved = rescheduling.move("salon", held.id, Rescheduling(scheduled_at=start), actor_name="eva", now=now)

    assert moved.scheduled_at == start
