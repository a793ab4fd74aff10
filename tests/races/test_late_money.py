"""Late money meets a change of the moment: what ends between the read and the write is seen. On dynoxide."""

from datetime import timedelta

import pytest

from mostrador.ledger.views.payments import Confirmation
from mostrador.ledger.views.receipts import Receipt
from mostrador.payments import counter_payments
from mostrador.scheduling import agenda, appointments, payment_reviews, resources, services, slots, special_days
from mostrador.scheduling.booking_context import ServiceInactive
from mostrador.scheduling.views.services import ResourceChanges, ServiceChanges
from mostrador.scheduling.views.special_days import NewClosure
from mostrador.table import keys, reads
from tests.races.test_one_slot import NINE, book, offer, shop
from tests.support import till as tills

pytestmark = pytest.mark.race
__all__ = ["shop"]


def close_day(_service, now):
    special_days.create("salon", NewClosure(date=NINE.date(), name="Duelo"), now=now)


def close_resource_for_the_day(service, now):
    form = NewClosure(date=NINE.date(), name="Vacaciones", resource_id=service.resource_ids[0])
    special_days.create("salon", form, now=now)


def deactivate_resource(service, now):
    resources.change("salon", service.resource_ids[0], ResourceChanges(is_active=False), seen=None, now=now)


def deactivate_service(service, now):
    services.change("salon", service.id, ServiceChanges(is_active=False), seen=None, now=now)


CHANGES = {
    "a special day": (close_day, "CLOSED"),
    "a special day of its resource": (close_resource_for_the_day, "CLOSED"),
    "an inactive resource": (deactivate_resource, "RESOURCE_GONE"),
    "an inactive service": (deactivate_service, "SERVICE_GONE"),
}


@pytest.fixture(params=list(CHANGES.values()), ids=list(CHANGES))
def change(request):
    return request.param


@pytest.fixture
def service(shop, now):
    return offer(now)


def meets(monkeypatch, change, service, now):
    """Somebody makes the change when the decision has read everything, once."""
    real, waiting = agenda.reclaim, [change]

    def reclaim(*arguments, **more):
        decided = real(*arguments, **more)
        if waiting:
            waiting.pop()(service, now)
        return decided

    monkeypatch.setattr(agenda, "reclaim", reclaim)


def pay(held, now):
    told = Confirmation(method="CASH")
    return counter_payments.record_appointment_payment(
        "salon", held.id, told, actor_name="eva", key="late-cash", now=now
    ).payment


def stored(held):
    return reads.get_item(keys.appointment("salon", held.id))


def test_late_money_takes_nothing_that_ends_in_the_same_moment(service, now, monkeypatch, change):
    make, reason = change
    held, late = book(service, NINE, now, hold=True), now + tills.HOLD + timedelta(seconds=1)
    meets(monkeypatch, make, service, late)

    payment = pay(held, late)

    assert (payment.status, payment.reason, stored(held).status) == ("REFUND_DUE", reason, "PENDING")


def test_red_control_without_the_check_it_takes_what_is_closed(service, now, monkeypatch):
    held, late = book(service, NINE, now, hold=True), now + tills.HOLD + timedelta(seconds=1)
    monkeypatch.setattr(agenda, "_check_not_ended", lambda *_: None)
    meets(monkeypatch, close_day, service, late)

    assert (pay(held, late).status, stored(held).status) == ("PAID", "CONFIRMED")


def confirm(held, now):
    return appointments.confirm("salon", held.id, actor_name="eva", now=now)


def declare(held, now):
    return payment_reviews.receive("salon", held.id, Receipt(), actor_name="eva", now=now)


@pytest.mark.parametrize("act", [confirm, declare])
def test_a_late_confirmation_or_declaration_neither(service, now, monkeypatch, change, act):
    make, _ = change
    held, late = book(service, NINE, now, hold=True), now + tills.HOLD + timedelta(seconds=1)
    meets(monkeypatch, make, service, late)

    with pytest.raises((slots.SlotTaken, ServiceInactive)):
        act(held, late)

    assert stored(held).status == "PENDING"
