"""Tips and change: money handed over above the price, and tips without any price.

A tip is a part of its payment, so it goes back with it. The appointment has a line for each, with the professional whom
it is for. It never counts as paid for the service.
"""

from datetime import datetime
from decimal import Decimal

from mostrador.errors import NotHere
from mostrador.ledger.rules import surpluses
from mostrador.ledger.rules.surpluses import PaymentSurplus
from mostrador.payments.rules.checkout import NothingDue
from mostrador.scheduling import appointments
from mostrador.scheduling.rules.appointment_states import AppointmentChange
from mostrador.scheduling.rules.prices import Tip
from mostrador.table import keys, reads
from mostrador.table.items.payments import Payment
from mostrador.table.items.scheduling import Appointment, Resource
from mostrador.table.writes import Transaction
from mostrador.values import money


def explain(payment: Payment, above: Decimal, surplus: PaymentSurplus | None, *, due: Decimal) -> None:
    """Make the money ``above`` what is due change or a tip. Raises SurplusUnexplained; NothingDue for change alone."""
    if above <= 0:
        return
    if surplus is None:
        raise surpluses.unexplained(above, payment.currency, PaymentSurplus)
    if surplus is PaymentSurplus.TIP:
        payment.tip_amount = (payment.tip_amount or Decimal(0)) + above
        return
    if due <= 0 and not payment.tip_amount:
        raise NothingDue
    payment.received_amount, payment.amount = payment.amount, payment.amount - above


def add_line(tenant: str, appointment: Appointment, payment: Payment) -> None:
    """Add the line of a payment's tip, if it has one. Raises NotHere for a resource that does not exist."""
    if not payment.tip_amount:
        return
    payment.tip_for = payment.tip_for or appointment.resource_id
    name = appointment.resource_name
    if payment.tip_for != appointment.resource_id:
        resource = reads.get_item(keys.resource(tenant, payment.tip_for))
        if not isinstance(resource, Resource):
            raise NotHere(entity="resource", id=payment.tip_for)
        name = resource.name
    amount = money.text(payment.tip_amount, payment.currency)
    tip = Tip(payment_id=payment.id, amount=amount, resource_id=payment.tip_for, resource_name=name)
    appointment.tips = [*(appointment.tips or []), tip]


def save(
    tx: Transaction, tenant: str, appointment: Appointment, payment: Payment, *, actor_name: str, now: datetime
) -> None:
    """Save the appointment with a payment that is a tip alone: it pays nothing, and confirms nothing."""
    add_line(tenant, appointment, payment)
    appointment.payment_ids = [*(appointment.payment_ids or []), payment.id]
    appointments.record(appointment, now, actor_name, AppointmentChange.TIPPED, payment=payment.id)
    tx.save(appointment)
