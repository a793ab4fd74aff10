"""A customer declares a transfer: the hold lasts until staff decides, at the latest until the start."""

from datetime import timedelta

import pytest

from mostrador.ledger import payments
from mostrador.ledger.views.receipts import Receipt
from mostrador.payments import counter_payments
from mostrador.payments.rules.checkout import AppointmentNotPayable, NothingDue
from mostrador.scheduling import (
    appointments,
    booking,
    manage_links,
    payment_reviews,
    public_booking,
    rebooking,
    rescheduling,
    slots,
    waiting_list,
)
from mostrador.scheduling.public_limits import TooManyUnconfirmed
from mostrador.scheduling.rules.appointment_states import (
    AmountIsFixed,
    BegunAlready,
    NotDeletable,
    WrongAppointmentState,
)
from mostrador.scheduling.views.appointments import AppointmentChanges, AppointmentListing, Rescheduling
from mostrador.scheduling.views.public_booking import OwnAppointmentView, PublicBooking
from mostrador.scheduling.views.rebooking import Rebooking
from mostrador.scheduling.views.waiting_list import NewWaiting
from mostrador.table import keys, reads
from mostrador.tenancy import plan_usage, tenants
from mostrador.tenancy.views.tenants import TenantChanges, TenantOperationChanges
from tests.support import bank as banks
from tests.support import till as tills
from tests.support.http import Client

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
LATER = tills.NINE + 3 * DAY
"""A start so far away that the review's hours decide."""
DETAILS = {"bank": "Itaú", "account": "1234567", "holder": "Salón SRL"}
RECEIPT = Receipt(reference="TRF-1")
staff = Client({"salon": "staff"})


@pytest.fixture
def held(salon, now):
    """An appointment on hold; the business is told where to transfer to."""
    settle(now, transfer_details=DETAILS)
    of = tills.service(now)
    return tills.Till(tills.Target.APPOINTMENT, tills.book(of, now, at=LATER, hold=True), of)


def settle(now, **changes):
    tenants.change("salon", TenantOperationChanges.model_validate(changes), seen=None, now=now)


def declare(till, now, receipt=RECEIPT):
    return payment_reviews.receive("salon", till.item.id, receipt, actor_name="eva", now=now)


def by_link(till, now, address="203.0.113.7", receipt=RECEIPT):
    token = manage_links.token("salon", till.item.id)
    return public_booking.receive("salon", token, receipt, address=address, now=now)


def refuse(till, now, reason="No llegó"):
    return payment_reviews.refuse("salon", till.item.id, reason=reason, actor_name="eva", now=now)


def transfer(till, now, key="t-1", **form):
    return till.take_cash(now, key=key, **form)


def steal(till, now):
    return tills.book(till.of, now, at=LATER, phone="0981 777 777", status="CONFIRMED")


def lapse_of(till, day=LATER):
    """When its lines in the agenda lapse; 0 is never."""
    stored = reads.get_item(keys.agenda_day("salon", till.item.resource_id, day.date()))
    return {one.appointment_id: one.lapses_at for one in stored.bookings()}.get(till.item.id)


def listed(now, **query):
    found = appointments.listing("salon", AppointmentListing(limit=100, **query), now=now).items
    return [one.id for one in found]


def test_the_hold_lasts_until_the_deadline_that_both_see(held, now):
    seen = OwnAppointmentView.model_validate(by_link(held, now))

    one, due = held.stored(), now + DAY
    assert (one.status, one.review_due_at, one.hold_expires_at, lapse_of(held)) == (
        "IN_REVIEW",
        due,
        due,
        int(due.timestamp()),
    )
    assert (seen.status, seen.review_due_at, seen.receipt.reference) == ("IN_REVIEW", due, "TRF-1")
    assert listed(now, status="IN_REVIEW") == [one.id]
    tills.sweep(now + tills.HOLD + SECOND)
    assert held.stored().status == "IN_REVIEW"
    with pytest.raises(slots.SlotTaken):
        steal(held, now + HOUR)


def test_the_tenant_sets_the_hours_and_the_start_is_the_latest(held, now):
    settle(now, review_hours=2)
    soon = tills.Till(tills.Target.APPOINTMENT, tills.book(held.of, now, at=tills.NINE, hold=True), held.of)

    assert declare(held, now).review_due_at == now + 2 * HOUR
    settle(now, review_hours=48)
    assert declare(soon, now).review_due_at == tills.NINE


def test_staff_records_the_transfer_which_confirms(held, now):
    declare(held, now)

    paid = transfer(held, now + 3 * HOUR)

    one = held.stored()
    assert (paid.status, one.status, one.payment_status) == ("PAID", "CONFIRMED", "PAID")
    assert (one.review_due_at, one.hold_expires_at, one.due_pk, lapse_of(held)) == (None, None, None, 0)
    assert (one.receipt["reference"], one.is_perhaps_owed) == ("TRF-1", None)
    assert transfer(held, now + 3 * HOUR).id == paid.id
    assert [entry["change"] for entry in one.history] == ["IN_REVIEW", "PAID", "CONFIRMED"]


def test_staff_refuses_which_frees_the_time_and_tells_the_customer_why(held, now):
    declare(held, now)

    refused = refuse(held, now + HOUR)

    assert (refused.status, refused.refused_because, refused.is_perhaps_owed) == ("CANCELLED", "No llegó", None)
    assert lapse_of(held) is None
    assert refuse(held, now + 2 * HOUR).version == refused.version
    seen = public_booking.find("salon", manage_links.token("salon", refused.id), now=now + HOUR)
    assert OwnAppointmentView.model_validate(seen).refused_because == "No llegó"
    steal(held, now + HOUR)


def test_at_the_deadline_the_time_is_free_and_the_money_perhaps_owed(held, now):
    due = declare(held, now).review_due_at

    other = steal(held, due)  # before the sweeper comes
    tills.sweep(due)

    assert (held.stored().status, held.stored().is_perhaps_owed) == ("EXPIRED", True)
    assert (listed(due, perhaps_owed=True), listed(due, perhaps_owed=False)) == ([held.item.id], [other.id])


def test_money_found_after_the_deadline_takes_the_time_again_or_is_due_back(held, now):
    due = declare(held, now).review_due_at
    tills.sweep(due)
    taken = tills.Till(tills.Target.APPOINTMENT, tills.book(held.of, now, at=LATER + HOUR, hold=True), held.of)
    declare(taken, now)
    tills.sweep(due)
    tills.book(held.of, due, at=LATER + HOUR, phone="0981 777 777", status="CONFIRMED")

    assert transfer(held, due + HOUR).status == "PAID"
    late = transfer(taken, due + HOUR)

    assert (held.stored().status, held.stored().is_perhaps_owed) == ("CONFIRMED", None)
    assert (late.status, late.reason, taken.stored().is_perhaps_owed) == ("REFUND_DUE", "SLOT_GONE", None)
    assert listed(due + HOUR, perhaps_owed=True) == []


@pytest.mark.parametrize("ending", ["expired", "cancelled by link", "cancelled by staff"])
def test_what_ended_in_review_is_perhaps_owed_until_staff_looked(held, now, ending):
    due = declare(held, now).review_due_at
    if ending == "expired":
        tills.sweep(due)
    elif ending == "cancelled by link":
        public_booking.cancel("salon", manage_links.token("salon", held.item.id), reason="", now=now)
    else:
        held.cancel(now)
    before = held.stored()
    assert before.is_perhaps_owed
    with pytest.raises(NotDeletable):
        appointments.delete("salon", held.item.id, seen=None, now=now)

    refused = refuse(held, due)

    assert (refused.status, refused.is_perhaps_owed, refused.refused_because) == (before.status, None, "No llegó")
    assert [entry["change"] for entry in refused.history][-1] == "REFUSED"
    appointments.delete("salon", held.item.id, seen=None, now=due)


def test_another_receipt_replaces_the_first_and_leaves_the_deadline(held, now):
    first = declare(held, now)

    assert declare(held, now + HOUR).version == first.version
    second = declare(held, now + HOUR, Receipt(reference="TRF-2"))

    assert (second.receipt["reference"], second.review_due_at) == ("TRF-2", first.review_due_at)
    assert [entry["change"] for entry in second.history] == ["IN_REVIEW", "RECEIPT"]


@pytest.mark.parametrize("is_swept", [True, False])
def test_a_transfer_declared_late_takes_the_time_again_once(held, now, is_swept):
    late = now + tills.HOLD + SECOND
    if is_swept:
        tills.sweep(late)

    due = declare(held, late).review_due_at

    assert (due, lapse_of(held)) == (late + DAY, int((late + DAY).timestamp()))
    if is_swept:
        tills.sweep(due)
    with pytest.raises(WrongAppointmentState):
        declare(held, due, Receipt(reference="TRF-2"))


def test_a_time_that_somebody_else_has_is_not_declared(held, now):
    late = now + tills.HOLD
    steal(held, late)

    with pytest.raises(slots.SlotTaken):
        by_link(held, late)

    assert held.stored().receipt is None


def test_without_a_hold_the_deadline_ends_nothing(salon, now):
    of = tills.service(now)
    firm = tills.Till(tills.Target.APPOINTMENT, tills.book(of, now, at=LATER), of)

    due = declare(firm, now).review_due_at
    tills.sweep(due + SECOND)

    assert (due, firm.stored().status, lapse_of(firm)) == (now + DAY, "IN_REVIEW", 0)
    assert transfer(firm, due + HOUR).status == "PAID"


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        ("confirmed", WrongAppointmentState),
        ("cancelled", WrongAppointmentState),
        ("free", NothingDue),
        ("begun", BegunAlready),
    ],
)
def test_what_is_over_or_owes_nothing_cannot_be_declared(salon, now, state, refusal):
    of = tills.service(now, price="0" if state == "free" else "80000")
    till = tills.Till(tills.Target.APPOINTMENT, tills.book(of, now), of)
    if state == "confirmed":
        appointments.confirm("salon", till.item.id, actor_name="eva", now=now)
    if state == "cancelled":
        till.cancel(now)

    with pytest.raises(refusal):
        declare(till, tills.NINE if state == "begun" else now)

    assert till.stored().receipt is None


def test_a_receipt_that_is_not_there_is_not_refused(held, now):
    with pytest.raises(WrongAppointmentState):
        refuse(held, now)


def test_moved_before_its_deadline_the_review_ends_at_the_start(held, now):
    settle(now, review_hours=48)
    declare(held, now)

    earlier = Rescheduling(scheduled_at=tills.NINE)
    moved = rescheduling.move("salon", held.item.id, earlier, actor_name="eva", now=now)

    assert (moved.status, moved.review_due_at, moved.hold_expires_at) == ("IN_REVIEW", tills.NINE, tills.NINE)
    assert (lapse_of(held, tills.NINE), moved.due_at) == (int(tills.NINE.timestamp()), keys.at(tills.NINE))
    tills.sweep(tills.NINE)
    assert held.stored().status == "EXPIRED"


def test_the_amount_stays_while_a_transfer_is_declared(held, now):
    declare(held, now)

    with pytest.raises(AmountIsFixed):
        appointments.change("salon", held.item.id, AppointmentChanges(total_amount="1"), seen=None, now=now)
    with pytest.raises(NotDeletable):
        appointments.delete("salon", held.item.id, seen=None, now=now)
    dearer = tills.service(now, name="Color", price="90000")
    with pytest.raises(AmountIsFixed):
        rebooking.rebook("salon", held.item.id, Rebooking(service_id=dearer.id), actor_name="eva", now=now)
    kept = Rebooking(service_id=dearer.id, keep_total=True)
    assert rebooking.rebook("salon", held.item.id, kept, actor_name="eva", now=now).status == "IN_REVIEW"


def test_a_card_that_pays_in_review_confirms_and_the_transfer_is_perhaps_owed(held, now):
    with banks.opened() as bank:
        banks.connect(now)
        begun = held.start(now)
        declare(held, now)
        bank.pay(begun.payment.id)
        with pytest.raises(AppointmentNotPayable):
            held.start(now)

        tills.sweep(now + timedelta(minutes=2))

    one = held.stored()
    assert (one.status, one.payment_status, one.is_perhaps_owed) == ("CONFIRMED", "PAID", True)
    assert listed(now, perhaps_owed=True) == [one.id]
    second = transfer(held, now + HOUR, amount="80000")
    assert (second.status, second.reason, held.stored().is_perhaps_owed) == ("REFUND_DUE", "ALREADY_PAID", None)
    assert payments.get("salon", begun.payment.id, now=now).status == "PAID"


def test_confirming_without_money_keeps_the_receipt(held, now):
    declare(held, now)

    confirmed = appointments.confirm("salon", held.item.id, actor_name="eva", now=now)

    assert (confirmed.status, confirmed.payment_status, confirmed.review_due_at) == ("CONFIRMED", "PENDING", None)
    assert (confirmed.receipt["reference"], lapse_of(held)) == ("TRF-1", 0)


def test_it_counts_for_its_phone_until_the_deadline(held, now):
    settle(now, max_active_bookings=1)
    counted = tills.book(held.of, now, at=LATER + HOUR, phone="0981 555 555", hold=True)
    due = declare(tills.Till(tills.Target.APPOINTMENT, counted, held.of), now).review_due_at

    with pytest.raises(booking.booking_limits.TooManyActive):
        tills.book(held.of, due - SECOND, at=LATER + 2 * HOUR, phone="0981 555 555")
    tills.book(held.of, due, at=LATER + 2 * HOUR, phone="0981 555 555")


def test_an_offer_that_is_declared_stays_on_offer_until_staff_decides(held, now):
    entry = NewWaiting(
        service_id=held.of.id, date=LATER.date(), customer_data={"name": "Hugo", "phone": "0985 333 222"}
    )
    wait = waiting_list.join("salon", entry, actor_name="eva", key=None, now=now)
    tills.sweep(now)
    offered = waiting_list.get("salon", wait.id, now=now)
    offer = tills.Till(tills.Target.APPOINTMENT, appointments.get("salon", offered.appointment_id, now=now), held.of)
    declare(offer, now)

    tills.sweep(now + HOUR)
    assert waiting_list.get("salon", wait.id, now=now).status == "OFFERED"
    transfer(offer, now + HOUR)
    tills.sweep(now + 2 * HOUR)
    assert waiting_list.get("salon", wait.id, now=now).status == "BOOKED"


def test_by_link_only_where_the_business_tells_an_account(held, now):
    tenants.change("salon", TenantChanges.model_validate({"transfer_details": None}), seen=None, now=now)

    with pytest.raises(public_booking.TransfersNotTaken):
        by_link(held, now)

    assert held.stored().status == "PENDING"


def test_what_was_declared_counts_for_its_address_and_a_lapsed_hold_is_counted_again(salon, now):
    settle(now, transfer_details=DETAILS)
    of = tills.service(now, deposit_percent=30, currency="USD", price="50.00")

    def book(starts_at, at, address="203.0.113.7"):
        customer = {"name": "Ana", "phone": "0981 123 456"}
        form = PublicBooking(service_id=of.id, scheduled_at=starts_at, customer_data=customer)
        return public_booking.book("salon", form, address=address, key=None, now=at)

    def receive(own, at, address="203.0.113.7"):
        return public_booking.receive("salon", own.token, RECEIPT, address=address, now=at).appointment

    first = book(LATER, now)
    late = first.appointment.hold_expires_at
    second = book(LATER + HOUR, late)
    with pytest.raises(TooManyUnconfirmed):
        receive(first, late)
    assert receive(second, late).status == "IN_REVIEW"
    with pytest.raises(TooManyUnconfirmed):
        book(LATER + 2 * HOUR, late + HOUR)
    assert receive(first, late, "198.51.100.9").status == "IN_REVIEW"
    with pytest.raises(TooManyUnconfirmed):
        book(LATER + 2 * HOUR, late, "198.51.100.9")


def test_a_deposit_by_transfer_confirms_a_public_booking(salon, now):
    settle(now, transfer_details=DETAILS)
    of = tills.service(now, deposit_percent=30, currency="USD", price="50.00")
    form = PublicBooking(service_id=of.id, scheduled_at=LATER, customer_data={"name": "Ana", "phone": "0981 123 456"})
    own = public_booking.book("salon", form, address="203.0.113.7", key=None, now=now)
    assert OwnAppointmentView.model_validate(own).transfer_details.account == "1234567"

    public_booking.receive("salon", own.token, RECEIPT, address="203.0.113.7", now=now)
    told = counter_payments.record_appointment_payment(
        "salon",
        own.appointment.id,
        tills.Confirmation(method="TRANSFER", reference="TRF-1", amount="15.00"),
        actor_name="eva",
        key="k",
        now=now + HOUR,
    )

    assert (told.payment.status, told.target.status, told.target.payment_status) == ("PAID", "CONFIRMED", "PARTIAL")


def test_staff_declares_and_refuses_over_http(held, now):
    of = f"/tenant/salon/api/appointments/{held.item.id}"
    declared = staff.call("POST", f"{of}/receipt", {"reference": "TRF-9"})
    unsaid = staff.call("POST", f"{of}/receipt/refuse", {})
    refused = staff.call("POST", f"{of}/receipt/refuse", {"reason": "No llegó"})

    assert (declared.status, declared.json["status"], declared.json["receipt"]["method"]) == (
        200,
        "IN_REVIEW",
        "TRANSFER",
    )
    assert (unsaid.status, unsaid.json["errors"][0]["field"]) == (422, "body.reason")
    assert (refused.status, refused.json["status"]) == (200, "CANCELLED")


def test_the_plan_counts_it_while_it_is_reviewed(held, now):
    settle(now, max_appointments_per_month=1)
    counted = tills.Till(tills.Target.APPOINTMENT, tills.book(held.of, now, at=LATER + HOUR, hold=True), held.of)
    late = now + tills.HOLD
    tills.sweep(late)
    assert plan_usage.of_month("salon", now=late).appointments.used == 0

    due = declare(counted, late).review_due_at

    assert plan_usage.of_month("salon", now=late).appointments.used == 1
    tills.sweep(due)
    assert plan_usage.of_month("salon", now=late).appointments.used == 0
    transfer(counted, due + HOUR)
    assert plan_usage.of_month("salon", now=late).appointments.used == 1


def test_a_booking_that_waits_for_staff_is_not_held_shorter_by_a_receipt(salon, now):
    settle(now, transfer_details=DETAILS, public_confirmation="staff", confirm_within_minutes=3 * 24 * 60)
    of = tills.service(now)
    form = PublicBooking(service_id=of.id, scheduled_at=LATER, customer_data={"name": "Ana", "phone": "0981 123 456"})
    own = public_booking.book("salon", form, address="203.0.113.7", key=None, now=now)

    declared = public_booking.receive("salon", own.token, RECEIPT, address="203.0.113.7", now=now).appointment

    assert declared.review_due_at == declared.hold_expires_at == own.appointment.hold_expires_at == now + 3 * DAY
