"""How much of a day one address may hold, and one phone, until it is paid or confirmed."""

from datetime import datetime, timedelta

import pytest

from mostrador.ledger.views.payments import Confirmation
from mostrador.payments import counter_payments
from mostrador.scheduling import (
    appointments,
    booking,
    booking_limits,
    public_booking,
    public_limits,
    rescheduling,
    resources,
    services,
    slots,
)
from mostrador.scheduling.public_limits import TooManyUnconfirmed
from mostrador.scheduling.views.appointments import NewAppointment, Rescheduling
from mostrador.scheduling.views.public_booking import PublicBooking
from mostrador.scheduling.views.services import NewResource, NewService, ServiceChanges
from mostrador.table import base, keys, reads
from mostrador.table.items.scheduling import ActiveBookings
from mostrador.table.items.tenants import PublicHolds
from mostrador.tenancy import public_holds, tenants
from mostrador.tenancy.views.tenants import TenantOperationChanges
from tests.support import bank
from tests.support.days import shifted
from tests.support.lines import sweep, trips

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
HOME, OFFICE = "203.0.113.7", "198.51.100.9"


def book(service, scheduled_at=NINE, *, now, number=0, address=HOME, key=None, **more):
    customer = {"name": f"Cliente {number}", "phone": f"0981 {100000 + number}"}
    form = PublicBooking(service_id=service.id, scheduled_at=scheduled_at, customer_data=customer, **more)
    return public_booking.book("salon", form, address=address, key=key, now=now).appointment


def by_staff(service, scheduled_at, *, now, number=0):
    customer = {"name": f"Cliente {number}", "phone": f"0981 {100000 + number}"}
    form = NewAppointment(service_id=service.id, scheduled_at=scheduled_at, customer_data=customer)
    return booking.book("salon", form, actor_name="eva", key=None, now=now)


def confirm(booked, now):
    return appointments.confirm("salon", booked.id, actor_name="eva", now=now)


def move(booked, scheduled_at, *, now, address=HOME):
    token = public_booking.manage_links.token("salon", booked.id)
    form = Rescheduling(scheduled_at=scheduled_at)
    return public_booking.reschedule("salon", token, form, address=address, now=now).appointment


def settle(now, **changes):
    tenants.change("salon", TenantOperationChanges(**changes), seen=None, now=now)


def taken_in_a_day(service, now, address=HOME):
    """The bookings that one address gets out of every start of a day."""
    got = []
    for number in range(18):
        try:
            got.append(book(service, NINE + timedelta(minutes=30 * number), now=now, number=number, address=address))
        except TooManyUnconfirmed:
            continue
    return got


def test_one_address_cannot_fill_a_day(haircut, now):
    assert len(taken_in_a_day(haircut, now)) == 1
    with pytest.raises(TooManyUnconfirmed) as caught:
        book(haircut, NINE + HOUR, now=now, number=30)
    assert caught.value.facts["day"] == NINE.date().isoformat()
    assert book(haircut, NINE + HOUR, now=now, number=50, address=OFFICE)


def test_red_control_without_the_share_one_address_fills_the_day(haircut, now, monkeypatch):
    monkeypatch.setattr(public_limits.public_share, "is_over", lambda *_: False)

    assert len(taken_in_a_day(haircut, now)) == 18


def test_the_tenant_decides_the_share(haircut, now):
    settle(now, public_share_percent=50)

    assert len(taken_in_a_day(haircut, now)) == 9


def test_each_day_has_its_share(haircut, now):
    for day in range(5):
        book(haircut, NINE + day * DAY, now=now, number=day)


@pytest.mark.parametrize("free", ["confirm", "pay", "cancel", "delete", "no_longer_then"])
def test_what_is_paid_confirmed_or_free_again_counts_no_longer(haircut, now, free):
    booked = book(haircut, now=now)
    match free:
        case "confirm":
            confirm(booked, now)
        case "pay":
            form = Confirmation(method="CASH", amount="1000")
            counter_payments.record_appointment_payment(
                "salon", booked.id, form, actor_name="eva", key="0123456789abcdef", now=now
            )
        case "cancel":
            appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=now)
        case "delete":
            appointments.delete("salon", booked.id, seen=None, now=now)
        case "no_longer_then":
            rescheduling.move("salon", booked.id, Rescheduling(scheduled_at=NINE + DAY), actor_name="eva", now=now)

    assert book(haircut, NINE + HOUR, now=now, number=2)


def test_a_hold_counts_until_the_second_in_which_it_lapses(haircut, now):
    bank.connect(now)
    services.change("salon", haircut.id, ServiceChanges(deposit_percent=50), seen=None, now=now)
    ends = book(haircut, now=now).hold_expires_at

    with pytest.raises(TooManyUnconfirmed):
        book(haircut, NINE + HOUR, now=ends - timedelta(seconds=1), number=2)
    assert book(haircut, NINE + HOUR, now=ends, number=2)


def test_a_repeat_is_no_second_booking(haircut, now):
    first = book(haircut, now=now, key="a" * 16)

    assert book(haircut, now=now, key="a" * 16).id == first.id


def test_a_refused_try_is_not_counted(haircut, now):
    settle(now, public_pending_limit=2)
    by_staff(haircut, NINE, now=now)
    for _ in range(25):
        with pytest.raises(slots.SlotTaken):
            book(haircut, now=now)

    assert book(haircut, NINE + HOUR, now=now)
    assert book(haircut, NINE + DAY, now=now)


def test_25_honest_customers_behind_one_address_are_served(haircut, now):
    for number in range(25):
        book(haircut, NINE + number % 25 * DAY, now=now, number=number)


def test_an_address_has_so_many_bookings_at_a_time(haircut, now):
    settle(now, public_pending_limit=2)
    first, _ = (book(haircut, NINE + day * DAY, now=now, number=day) for day in range(2))

    with pytest.raises(public_holds.TooManyHeld) as caught:
        book(haircut, NINE + 3 * DAY, now=now, number=3)

    assert caught.value.facts == {"limit": 2}
    confirm(first, now)
    assert book(haircut, NINE + 3 * DAY, now=now, number=3)


def test_another_resource_is_taken_where_the_share_of_one_is_used_up(haircut, now):
    second = resources.create("salon", NewResource(name="Silla 2"), key=None, now=now)
    both = ServiceChanges(resource_ids=[haircut.resource_ids[0], second.id])
    services.change("salon", haircut.id, both, seen=None, now=now)

    got = taken_in_a_day(haircut, now)

    assert {one.resource_id for one in got} == {haircut.resource_ids[0], second.id}
    assert len(got) == 2


def test_the_second_resource_has_its_share_too(haircut, now):
    room = resources.create("salon", NewResource(name="Sala"), key=None, now=now)
    chair = resources.create("salon", NewResource(name="Silla 2"), key=None, now=now)
    services.change("salon", haircut.id, ServiceChanges(second_resource_ids=[room.id]), seen=None, now=now)
    wanted = NewService(
        name="Peinado", duration_minutes=30, price="1", resource_ids=[chair.id], second_resource_ids=[room.id]
    )
    other = services.create("salon", wanted, key=None, now=now)
    book(haircut, now=now)

    with pytest.raises(TooManyUnconfirmed):
        book(other, NINE + HOUR, now=now, number=2)


def test_a_family_gets_its_seats_in_one_class(haircut, now):
    wanted = NewService(name="Yoga", duration_minutes=60, price="1", capacity=20, resource_ids=haircut.resource_ids)
    yoga = services.create("salon", wanted, key=None, now=now)

    for number in range(4):
        book(yoga, now=now, number=number)
    with pytest.raises(TooManyUnconfirmed):
        book(yoga, NINE + HOUR, now=now, number=9)


def test_staffs_own_bookings_do_not_count(haircut, now):
    for number in range(6):
        by_staff(haircut, NINE + HOUR + number * timedelta(minutes=30), now=now, number=number)

    assert book(haircut, now=now)


def test_bookings_of_many_days_are_not_moved_into_one(haircut, now):
    first, second = (book(haircut, NINE + day * DAY, now=now, number=day) for day in (1, 2))

    with pytest.raises(TooManyUnconfirmed):
        move(second, NINE + DAY + HOUR, now=now)
    assert move(first, NINE + DAY + HOUR, now=now)
    confirm(second, now)
    assert move(second, NINE + DAY + 2 * HOUR, now=now)


def test_a_move_counts_for_the_address_that_moves(haircut, now):
    first = book(haircut, now=now)
    move(first, NINE + DAY, now=now, address=OFFICE)

    with pytest.raises(TooManyUnconfirmed):
        book(haircut, NINE + DAY + HOUR, now=now, number=2, address=OFFICE)
    assert book(haircut, NINE + HOUR, now=now, number=3)


def test_a_booking_costs_two_round_trips(haircut, now):
    book(haircut, now=now)
    book(haircut, NINE + DAY, now=now, number=1)
    with trips() as counted:
        book(haircut, NINE + 2 * DAY, now=now, number=2)
    assert counted == ["BatchGetItem", "TransactWriteItems"]


def test_what_is_kept_names_nobody_and_goes_with_the_last_booking(haircut, now):
    booked = book(haircut, now=now)

    (kept,) = [item for item in base.Item.scan() if isinstance(item, PublicHolds)]
    assert HOME not in str(kept.serialize())
    assert "981100000" not in str(kept.serialize())
    assert kept.expires_at == int(booked.scheduled_at.timestamp())


def test_somebody_elses_bookings_under_my_phone_never_stop_me(haircut, now):
    settle(now, max_active_bookings=2)
    for day in range(2):
        book(haircut, NINE + day * DAY, now=now, number=7, address=OFFICE)

    assert book(haircut, NINE + HOUR, now=now, number=7)
    assert by_staff(haircut, NINE + 2 * HOUR, now=now, number=7)


def test_a_confirmed_or_paid_booking_counts_for_its_phone_whatever_the_address(haircut, now):
    settle(now, max_active_bookings=1)
    confirm(book(haircut, now=now, number=7, address=OFFICE), now)

    with pytest.raises(booking_limits.TooManyActive):
        book(haircut, NINE + DAY, now=now, number=7)


def test_within_one_address_a_phone_has_its_limit(haircut, now):
    settle(now, max_active_bookings=1)
    first = book(haircut, now=now, number=7)

    with pytest.raises(booking_limits.TooManyActive):
        book(haircut, NINE + DAY, now=now, number=7)
    assert book(haircut, NINE + DAY, now=now, number=8)
    appointments.cancel("salon", first.id, reason="", actor_name="eva", now=now)
    assert book(haircut, NINE + 2 * DAY, now=now, number=7)


def test_a_phones_ledger_stays_small_whatever_strangers_book(haircut, now, monkeypatch):
    settle(now, max_active_bookings=5, public_share_percent=100)
    monkeypatch.setattr(booking_limits, "MOST_UNPROVEN", 3)
    booked = [book(haircut, NINE + day * DAY, now=now, number=7, address=f"198.51.100.{day}") for day in range(8)]

    ledger = reads.get_item(keys.active_bookings("salon", "+595981100007"))
    assert isinstance(ledger, ActiveBookings)
    assert len(ledger.lines) == 4
    confirm(booked[0], now)  # its line is gone, and comes again
    assert len(reads.get_item(keys.active_bookings("salon", "+595981100007")).lines) == 5


def test_a_booking_that_staff_must_confirm_lapses_after_its_time(haircut, now):
    settle(now, public_confirmation="staff", confirm_within_minutes=60)
    booked = book(haircut, now=now)
    assert (booked.status, booked.hold_expires_at) == ("PENDING", now + HOUR)

    assert confirm(booked, now + HOUR - timedelta(seconds=1)).hold_expires_at is None
    lapsing = book(haircut, NINE + DAY, now=now, number=2)
    sweep(now=now + HOUR)

    assert appointments.get("salon", lapsing.id, now=now).status == "EXPIRED"
    assert appointments.get("salon", booked.id, now=now).status == "CONFIRMED"
    assert book(haircut, NINE + DAY, now=now + HOUR, number=3, address=OFFICE)


def test_it_lapses_at_its_start_at_the_latest_and_does_not_hold_staffs_own(haircut, now):
    settle(now, public_confirmation="staff", confirm_within_minutes=60 * 24 * 14)

    assert book(haircut, now=now).hold_expires_at == NINE
    assert by_staff(haircut, NINE + HOUR, now=now, number=2).hold_expires_at is None


def test_a_deposit_is_held_for_its_payment_also_where_staff_confirms(haircut, now):
    bank.connect(now)
    settle(now, public_confirmation="staff", confirm_within_minutes=600)
    services.change("salon", haircut.id, ServiceChanges(deposit_percent=50), seen=None, now=now)

    assert book(haircut, now=now).hold_expires_at == now + timedelta(minutes=15)


def test_money_confirms_what_staff_would_have_to(haircut, now):
    settle(now, public_confirmation="staff", confirm_within_minutes=60)
    booked = book(haircut, now=now)

    form = Confirmation(method="CASH", amount="1000")
    counter_payments.record_appointment_payment(
        "salon", booked.id, form, actor_name="eva", key="0123456789abcdef", now=now
    )
    sweep(now=now + 2 * HOUR)

    assert appointments.get("salon", booked.id, now=now).status == "CONFIRMED"


def test_a_moved_booking_keeps_the_deadline_of_its_confirmation(haircut, now):
    settle(now, public_confirmation="staff", confirm_within_minutes=60)
    booked = book(haircut, now=now)

    assert move(booked, NINE + DAY, now=now).hold_expires_at == booked.hold_expires_at
