"""Orders and appointments that are paid online, alike for the tests that ask the same of both."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mostrador.background import sweeper
from mostrador.ledger import payments
from mostrador.ledger.rules.payment_states import Target
from mostrador.ledger.views.payments import AppointmentPayment, Confirmation
from mostrador.payments import checkout, counter_payments
from mostrador.scheduling import appointments, booking, services
from mostrador.scheduling.views.appointments import NewAppointment
from mostrador.scheduling.views.services import NewService
from mostrador.table import keys, reads
from tests.support import orders as shop
from tests.support import snapshots
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
HOLD = timedelta(minutes=15)
FAR = datetime.fromisoformat("2100-01-01T00:00:00Z")
PAGE = timedelta(minutes=16)
"""When every page of these is over."""


@snapshots.kept
def service(now, tenant="salon", **more):
    form = {"name": "Corte", "duration_minutes": 30, "price": "80000"} | more
    return services.create(tenant, NewService(**form), key=None, now=now)


def book(of, now, *, at=NINE, phone="0981 123 456", tenant="salon", **more):
    form = NewAppointment(service_id=of.id, scheduled_at=at, customer_data={"name": "Ana", "phone": phone}, **more)
    return booking.book(tenant, form, actor_name="eva", key=None, now=now)


@dataclass(frozen=True)
class Till:
    """Something held that is to be paid: ``steal`` lets somebody else have it once the hold has lapsed."""

    target: Target
    item: Any
    of: Any

    def start(self, now, *, actor_name="eva", **more):
        return checkout.start("salon", self.target, self.item.id, actor_name=actor_name, now=now, **more)

    def stored(self):
        key = keys.order if self.target is Target.ORDER else keys.appointment
        return reads.get_item(key("salon", self.item.id))

    def status(self):
        """The state of what is paid for, and of its payment."""
        one = self.stored()
        return one.status if self.target is Target.ORDER else f"{one.status} {one.payment_status}"

    def is_paid(self):
        return self.status() in ("PAID", "CONFIRMED PAID")

    def steal(self, now):
        if self.target is Target.ORDER:
            return shop.sell(self.of, *self.item.numbers, buyer=7, now=now, paid=shop.CASH)
        return book(self.of, now, phone="0981 777 777", status="CONFIRMED")

    def cancel(self, now):
        if self.target is Target.ORDER:
            return shop.cancel(self.item, now=now)
        return appointments.cancel("salon", self.item.id, reason="", actor_name="eva", now=now)

    def take_cash(self, now, key=None, **form):
        """Take it; without a key another form or second is another payment."""
        kind = Confirmation if self.target is Target.ORDER else AppointmentPayment
        told = kind(method="CASH", **form)
        key = key or f"{told.as_sent()} {now.isoformat()}"
        take = (
            counter_payments.record_order_payment
            if self.target is Target.ORDER
            else counter_payments.record_appointment_payment
        )
        return take("salon", self.item.id, told, actor_name="eva", key=key, now=now).payment


@snapshots.kept
def order(now, **more):
    raffle = shop.on_sale(now, hold_minutes=15, **more)
    return Till(Target.ORDER, shop.sell(raffle, 1, 2, now=now), raffle)


@snapshots.kept
def appointment(now, **more):
    of = service(now, **more)
    return Till(Target.APPOINTMENT, book(of, now, hold=True), of)


KINDS = {"order": order, "appointment": appointment}


def payment(payment_id, now, tenant="salon"):
    return payments.get(tenant, payment_id, now=now)


def all_payments(tenant="salon"):
    return reads.everything(keys.payments_partition(tenant), "PAYMENT#")


def ledger(tenant="salon"):
    return reads.span(keys.ledger_partition(tenant), "0", "9", consistent=True)


def sweep(now):
    return sweeper.run(lambda: now, until=FAR)


def check(bank, till=None, tenant="salon"):
    """Nothing paid is dropped, nothing unpaid is confirmed, and the ledger says what the payments say."""
    stored = all_payments(tenant)
    for one in stored:
        if one.provider == "BANCARD":
            _check_with(bank, one)
    moved = {(line.payment_id, line.state) for line in ledger(tenant)}
    assert {(one.id, one.status) for one in stored if one.status != "PENDING"} <= moved
    if till is not None:
        paying = [one for one in stored if one.target_id == till.item.id and one.status == "PAID"]
        assert len(paying) == (1 if till.is_paid() else 0)


def _check_with(bank, one):
    there = bank.state(one.id)
    if one.status in ("PAID", "REFUND_DUE"):
        assert there in ("PAID", "ROLLED_BACK"), (one.status, there)
    if there == "PAID" and one.due_pk is None:
        assert one.status in ("PAID", "REFUND_DUE"), (one.status, there)
    if one.status == "REFUNDED" and one.refund_reference is not None:
        assert there != "PAID"
