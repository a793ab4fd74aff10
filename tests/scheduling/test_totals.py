"""What follows from a price: the state of the payment and the deposit; free ones are PAID; bookings with a price."""

import pytest

from mostrador.scheduling import appointments, booking, rebooking, recurring, totals
from mostrador.scheduling.rules.appointment_states import PaymentStatus
from mostrador.scheduling.rules.prices import DiscountTooLarge, PriceHasLines
from mostrador.scheduling.views.appointments import AppointmentChanges, AppointmentView, NewAppointment
from mostrador.scheduling.views.rebooking import Rebooking
from mostrador.scheduling.views.recurring import NewSeries
from mostrador.values.money import BadAmount
from tests.support import till as tills
from tests.support.days import shifted

TEN = {"percent": 10, "reason": "Cumpleaños"}
POLISH = {"description": "Esmalte", "quantity": 2, "amount": "15000"}


def book(of, now, role="admin", key=None, **more):
    form = {"service_id": of.id, "scheduled_at": tills.NINE, "customer_data": {"name": "Ana"}} | more
    return booking.book("salon", NewAppointment.model_validate(form), role=role, actor_name="eva", key=key, now=now)


def change(one, now, **fields):
    return appointments.change("salon", one.id, AppointmentChanges.model_validate(fields), seen=None, now=now)


def state(one):
    return one.status, one.payment_status, one.hold_expires_at


@pytest.fixture
def free(salon, now):
    return tills.service(now, name="Consulta", price="0")


@pytest.fixture
def paid(salon, now):
    return tills.service(now)


def test_what_is_free_is_paid_at_once_without_a_payment(free, now):
    one = book(free, now)

    assert (state(one), one.paid_amount, one.payment_ids) == (("PENDING", "PAID", None), None, None)
    assert tills.all_payments() == []


def test_what_is_free_waits_for_no_payment(free, now):
    one = book(free, now, hold=True)

    assert (state(one), one.confirmed_at, one.due_pk) == (("CONFIRMED", "PAID", None), now, None)


def test_what_is_free_can_be_deleted_and_priced(free, now):
    one = change(book(free, now), now, total_amount="5000")
    assert (one.payment_status, one.total_amount) == ("PENDING", 5000)

    assert change(one, now, total_amount="0").payment_status == PaymentStatus.PAID
    appointments.delete("salon", one.id, seen=None, now=now)


def test_a_hold_whose_price_becomes_nothing_is_confirmed(paid, now):
    held = book(paid, now, hold=True)

    one = change(held, now, total_amount="0")

    assert state(one) == state(appointments.get("salon", held.id, now=now)) == ("CONFIRMED", "PAID", None)


def test_an_edit_of_the_notes_confirms_nothing(paid, now):
    held = book(paid, now, hold=True)

    assert change(held, now, internal_notes="x").status == "PENDING"


def test_a_booking_may_have_its_price(paid, now):
    one = book(paid, now, price={"amount": "70000", "reason": "Promo"}, discount=TEN, extras=[POLISH])

    view = AppointmentView.model_validate(one)
    assert (view.base_amount, view.extras_amount, view.discount_amount) == ("70000", "30000", "10000")
    assert (view.total_amount, view.amount_due, view.discount.reason) == ("90000", "90000", "Cumpleaños")
    assert [(extra.description, extra.total, extra.by) for extra in view.extras] == [("Esmalte", "30000", "eva")]


def test_the_same_booking_again_is_the_same_with_its_lines(paid, now):
    first, again = (book(paid, now, key="k", discount=TEN, extras=[POLISH]) for _ in range(2))

    assert (first.id, first.extras) == (again.id, again.extras)


def test_a_booking_with_a_deposit_asks_for_no_more_than_its_price(salon, now):
    of = tills.service(now, deposit_percent=50) if salon.transfer_details else tills.service(now)
    of.deposit_percent = 50
    of.save()

    assert book(of, now, discount={"percent": 90, "reason": "x"}).deposit_amount == 8000
    assert totals.deposit(of) == 40_000


def test_a_booking_takes_off_no_more_than_the_role_may(paid, now):
    with pytest.raises(DiscountTooLarge, match="up to 0 %"):
        book(paid, now, role="staff", discount=TEN)


def test_a_price_has_the_digits_of_its_currency(paid, now):
    with pytest.raises(BadAmount):
        book(paid, now, extras=[{"description": "x", "amount": "0.50"}])


def test_each_of_a_series_has_its_lines(paid, now):
    form = {"service_id": paid.id, "scheduled_at": tills.NINE, "customer_data": {"name": "Ana"}, "count": 2}
    series = NewSeries.model_validate(form | {"discount": TEN, "extras": [POLISH]})

    booked = recurring.book("salon", series, role="admin", actor_name="eva", key=None, now=now).booked

    assert [one.total_amount for one in booked] == ["99000", "99000"]
    assert len({one.extras[0].id for one in booked}) == 2


def test_another_service_keeps_the_lines_and_a_move_the_price(paid, now):
    other = tills.service(now, name="Color", price="100000", duration_minutes=30)
    one = book(paid, now, discount=TEN, extras=[POLISH])

    form = Rebooking(service_id=other.id, scheduled_at=shifted("2026-12-01T10:00:00-03:00"))
    changed = rebooking.rebook("salon", one.id, form, actor_name="eva", now=now)

    assert (changed.base_amount, changed.total_amount) == (100_000, 117_000)


def test_a_service_that_changes_changes_no_price(paid, now):
    one = book(paid, now, discount=TEN)

    paid.price = 1
    paid.save()

    assert appointments.get("salon", one.id, now=now).total_amount == 72_000


def test_the_total_of_a_price_with_lines_is_not_written_over(paid, now):
    one = book(paid, now, extras=[POLISH])

    with pytest.raises(PriceHasLines):
        change(one, now, total_amount="5")
    assert change(one, now, total_amount="110000").version == one.version + 1


def test_older_appointments_have_their_total_as_agreed_price(paid, now):
    one = book(paid, now)
    assert one.base_amount is None

    view = AppointmentView.model_validate(one)
    assert (view.base_amount, view.extras, view.discount, view.amount_due) == ("80000", [], None, "80000")


def test_roles_have_their_limits(salon):
    assert [totals.limit_of(salon, role) for role in ("staff", "admin", "superuser")] == [0, 100, 100]

    salon.discount_limits = {"staff": 20, "admin": 50}

    assert [totals.limit_of(salon, role) for role in ("staff", "admin", "superuser")] == [20, 50, 100]
