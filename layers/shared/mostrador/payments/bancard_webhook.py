"""Bancard's message that somebody paid, or tried to: checked, and taken as the moment to ask what is true.

Its token signs number, amount and currency, and not the result, so nothing moves on its word alone.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from mostrador.clients.bancard_http import GatewayRefused, GatewayUnknown
from mostrador.errors import Unavailable
from mostrador.ledger.rules.payment_states import SETTLED, PaymentState
from mostrador.observability import logger
from mostrador.payments import bancard_account, reconciliation
from mostrador.payments.bancard_account import Gateway
from mostrador.payments.rules import bancard
from mostrador.payments.rules.bancard import BadResult, Result
from mostrador.table import keys, reads, writes
from mostrador.table.items.payments import ParkedNotice, Payment
from mostrador.table.items.tenants import Integration
from mostrador.tenancy import tenants
from mostrador.tenancy.integrations import IntegrationType

KEPT: Final = timedelta(days=365)
"""How long a message about a payment that nobody knows is kept."""


class WebhookOutcome(StrEnum):
    """What became of a message; Bancard is told the same of all."""

    PING = "PING"
    UNREADABLE = "UNREADABLE"
    NOT_CONNECTED = "NOT_CONNECTED"
    FORGED = "FORGED"
    PARKED = "PARKED"
    REPEATED = "REPEATED"
    DEFERRED = "DEFERRED"
    ASKED = "ASKED"


def receive(tenant: str, message: Mapping[str, Any], *, now: datetime) -> WebhookOutcome:
    """Act on a message for the webhook of ``tenant``; tells what became of it. Raises NotHere (tenant), Busy.

    Bancard waits 30 s; where it does not answer our question in time, the sweeper asks it within a minute.
    """
    tenants.current(tenant, now=now)
    if "operation" not in message:
        return WebhookOutcome.PING
    try:
        result = bancard.result_of(message["operation"])
    except BadResult as error:
        return _logged(tenant, WebhookOutcome.UNREADABLE, None, field=error.facts.get("field"))
    outcome = _received(tenant, result, message["operation"], now)
    return _logged(tenant, outcome, result)


def _received(tenant: str, result: Result, raw: Any, now: datetime) -> WebhookOutcome:
    of_payment, of_account = (
        keys.payment(tenant, str(result.process_id)),
        keys.integration(tenant, IntegrationType.BANCARD.value),
    )
    found = reads.batch([of_payment, of_account])
    account, payment = found.get(of_account), found.get(of_payment)
    if not isinstance(account, Integration):
        return WebhookOutcome.NOT_CONNECTED
    gateway = bancard_account.of(tenant, now=now, found=account)
    stored_amount = bancard.amount_text(payment.asked_amount) if payment is not None and payment.asked_amount else None
    if not bancard.is_genuine(result, gateway.private_keys, stored_amount=stored_amount):
        _ask_soon(payment, now)
        return WebhookOutcome.FORGED
    if not isinstance(payment, Payment):
        return _parked(tenant, result, raw, now)
    return _asked(tenant, payment, result, gateway, now)


def _asked(tenant: str, payment: Payment, result: Result, gateway: Gateway, now: datetime) -> WebhookOutcome:
    is_notice = bancard.is_rollback_notice(result)
    if payment.status in SETTLED and not (is_notice and payment.status != PaymentState.REFUNDED):
        return WebhookOutcome.REPEATED
    try:
        reconciliation.check(tenant, payment, gateway=gateway, now=now)
    except (GatewayUnknown, GatewayRefused, bancard_account.NotConnected, Unavailable):
        _ask_soon(payment, now)
        return WebhookOutcome.DEFERRED
    return WebhookOutcome.ASKED


def _ask_soon(payment: Payment | None, now: datetime) -> None:
    """Have the sweeper ask at its next run; a forged message does no more than that."""
    if payment is None or payment.status in SETTLED:
        return
    due_pk, due_at = keys.due(payment.id, now)
    is_open = Payment.status.is_in(PaymentState.PENDING.value, PaymentState.FAILED.value, PaymentState.EXPIRED.value)
    try:
        writes.update_attribute(payment, Payment.due_at.set(due_at), condition=is_open & (Payment.due_pk == due_pk))
    except writes.ConditionFailed:  # settled meanwhile, or closed: then nothing is due
        return


def _parked(tenant: str, result: Result, raw: Any, now: datetime) -> WebhookOutcome:
    """Keep a genuine message about what nobody here asked for, for the daily report."""
    kept = ParkedNotice(
        *keys.parked_notice(tenant, str(result.process_id)),
        process_id=str(result.process_id),
        told=bancard.masked(raw),
        seen_at=now,
        expires_at=int((now + KEPT).timestamp()),
    )
    with suppress(writes.ConditionFailed), writes.transaction() as tx:
        tx.save(kept, condition=ParkedNotice.pk.does_not_exist())
    return WebhookOutcome.PARKED


def _logged(tenant: str, outcome: WebhookOutcome, result: Result | None, **facts: Any) -> WebhookOutcome:
    """One line, without token, card or person."""
    told: dict[str, Any] = {}
    if result:
        told = {"process_id": result.process_id, "response_code": result.response_code}
    level = (
        logger.info
        if outcome in (WebhookOutcome.ASKED, WebhookOutcome.REPEATED, WebhookOutcome.DEFERRED)
        else logger.warning
    )
    if outcome is WebhookOutcome.PARKED:  # somebody paid, and nobody here knows for what
        level = logger.error
    level("payment.notified", tenant=tenant, outcome=outcome.value, **told, **facts)
    return outcome
