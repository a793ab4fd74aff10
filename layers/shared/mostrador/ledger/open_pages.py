"""Pages of a provider that may still take money, also after a decline: what they keep, and how they end early.

A change that such a page would contradict is refused, or it ends the page: the sweeper then has the provider roll it
back at its next run. Money that was faster goes back, as late money does.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from mostrador.errors import Conflict
from mostrador.ledger.rules.payment_states import PaymentState, Provider, Target
from mostrador.table import keys, reads, writes
from mostrador.table.items.payments import Payment
from mostrador.table.writes import Transaction
from mostrador.values.next_actions import NextAction
from mostrador.values.wording import Reader, Words

LONGEST: Final = timedelta(hours=25)
"""No page can be paid so long after its start: it lives for 24 hours at most."""


class BeingPaid(Conflict):
    code = "being_paid"
    en = "somebody is paying it online until {until:time}: change it after that"
    es = "alguien lo está pagando en línea hasta el {until:time}: cámbielo después"
    unsettled = "todavía no se sabe si alguien lo pagó en línea", "whether somebody paid it online is not known yet"

    def variant(self, reader: Reader) -> Words | None:
        return self.unsettled if reader.is_past(self.facts["until"]) else None

    def suggests(self, reader: Reader) -> NextAction:
        return NextAction.READ_AGAIN if reader.is_past(self.facts["until"]) else NextAction.WAIT_UNTIL


class PagesOpen(Conflict):
    code = "pages_open"
    en = "{count} payment pages can still be paid, the last until {until:time}"
    es = "{count} páginas de pago todavía se pueden pagar, la última hasta el {until:time}"
    next_action = NextAction.WAIT_UNTIL


def may_be_paid(payment: Payment) -> bool:
    """Whether its page may still take money: a declined one until the provider was asked for the last time."""
    is_declined = payment.status == PaymentState.FAILED and payment.process_id and payment.due_pk
    return payment.status == PaymentState.PENDING or bool(is_declined)


def check_none(tenant: str, payment_id: str | None) -> None:
    """Raise BeingPaid where that payment may be made at this moment."""
    stored = _stored(tenant, payment_id)
    if stored is not None and may_be_paid(stored):
        raise BeingPaid(until=stored.payable_until.isoformat())


def end(tx: Transaction, tenant: str, payment_id: str | None, now: datetime) -> None:
    """End the page of that payment in a transaction, if it may be paid: the sweeper rolls it back at once."""
    stored = _stored(tenant, payment_id)
    if stored is not None and may_be_paid(stored) and stored.payable_until > now:
        stored.payable_until, (stored.due_pk, stored.due_at) = now, keys.due(stored.id, now)
        tx.save(stored)


def of_tenant(tenant: str, *, now: datetime) -> list[Payment]:
    """The payments whose pages may take money at ``now``."""
    is_open = Payment.status.is_in(PaymentState.PENDING.value, PaymentState.FAILED.value)
    recent = reads.span(keys.payments_partition(tenant), *reads.within(now - LONGEST, None), index="gsi1", keep=is_open)
    return [one for one in recent if one.provider == Provider.BANCARD and may_be_paid(one) and one.payable_until > now]


def check_none_of_tenant(tenant: str, *, now: datetime) -> None:
    """Raise PagesOpen while any page of the tenant may take money."""
    if found := of_tenant(tenant, now=now):
        raise PagesOpen(count=len(found), until=max(one.payable_until for one in found).isoformat())


def ask_soon(tenant: str, target: Target, *, now: datetime) -> None:
    """Have the provider asked about every open page for such a target at the sweeper's next run."""
    for payment in of_tenant(tenant, now=now):
        if payment.target == target:
            due_pk, due_at = keys.due(payment.id, now)
            with suppress(writes.ConditionFailed):  # it was settled or closed meanwhile
                writes.update_attribute(payment, Payment.due_at.set(due_at), condition=Payment.due_pk == due_pk)


def _stored(tenant: str, payment_id: str | None) -> Payment | None:
    stored = reads.get_item(keys.payment(tenant, payment_id)) if payment_id else None
    return stored if isinstance(stored, Payment) else None
