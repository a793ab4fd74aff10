"""Bancard's message that somebody paid, or tried to: verified, and answered by asking Bancard about the payment.

The message's token signs number, amount and currency, and not the result. So a message alone changes no payment:
``reconciliation.check`` asks Bancard, and ``settlement.settle`` settles the money that Bancard confirms.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mostrador.clients.bancard_http import GatewayRefused, GatewayUnknown
from mostrador.errors import Unavailable
from mostrador.ledger.rules.payment_states import SETTLED, PaymentState
from mostrador.observability import logger
from mostrador.payments import bancard_account, reconciliation
from mostrador.payments.bancard_account import Gateway
from mostrador.payments.rules import bancard, bancard_masking
from mostrador.payments.rules.bancard import BadResult, Result, Signed
from mostrador.table import keys, reads, writes
from mostrador.table.items.payments import ParkedNotice, Payment
from mostrador.table.items.tenants import Integration
from mostrador.tenancy import tenants
from mostrador.tenancy.rules.integration_states import IntegrationType

KEPT: Final = timedelta(days=365)
"""How long a message about an unknown payment is kept."""


class WebhookOutcome(StrEnum):
    """The outcome of a message. Bancard gets the same answer for each."""

    PING = "PING"
    UNREADABLE = "UNREADABLE"
    NOT_CONNECTED = "NOT_CONNECTED"
    FORGED = "FORGED"
    PARKED = "PARKED"
    REPEATED = "REPEATED"
    DEFERRED = "DEFERRED"
    ASKED = "ASKED"


_EXPECTED: Final = frozenset({WebhookOutcome.ASKED, WebhookOutcome.REPEATED, WebhookOutcome.DEFERRED})


def receive(tenant: str, message: Mapping[str, object], *, now: datetime) -> WebhookOutcome:
    """Act on a message to the webhook of ``tenant``. Raises NotHere (tenant), Busy.

    Bancard waits 30 s for the answer. If Bancard does not answer our question in time, the sweeper asks again within
    a minute.
    """
    tenants.current(tenant, now=now)
    if "operation" not in message:
        return WebhookOutcome.PING
    try:
        signed = bancard.signed_of(message["operation"])
        outcome, result = _handle(tenant, signed, message["operation"], now)
    except BadResult as error:
        outcome = WebhookOutcome.UNREADABLE
        logger.warning("payment.notified", tenant=tenant, outcome=outcome.value, field=error.facts.get("field"))
        return outcome
    _log(tenant, outcome, signed, result)
    return outcome


def _handle(tenant: str, signed: Signed, raw: object, now: datetime) -> tuple[WebhookOutcome, Result | None]:
    """The outcome, and the whole result of a genuine message: no other field of a forged one is read.

    Raises BadResult.
    """
    payment_key = keys.payment(tenant, str(signed.process_id))
    account_key = keys.integration(tenant, IntegrationType.BANCARD.value)
    items = reads.batch([payment_key, account_key])
    account, stored = items.get(account_key), items.get(payment_key)
    if not isinstance(account, Integration):
        return WebhookOutcome.NOT_CONNECTED, None
    payment = stored if isinstance(stored, Payment) else None
    gateway = bancard_account.load(tenant, now=now, connection=account)
    if not _is_genuine(signed, payment, gateway):
        _check_soon(payment, now)
        return WebhookOutcome.FORGED, None
    result = bancard.result_of(raw)
    return _act_on(tenant, result, raw, payment, gateway, now=now), result


def _act_on(
    tenant: str, result: Result, raw: object, payment: Payment | None, gateway: Gateway, *, now: datetime
) -> WebhookOutcome:
    """Act on a genuine message."""
    if payment is None:
        return _park(tenant, result, raw, now)
    is_notice = bancard.is_rollback_notice(result)
    if payment.status in SETTLED and not (is_notice and payment.status != PaymentState.REFUNDED):
        return WebhookOutcome.REPEATED
    return _check(tenant, payment, gateway, now)


def _is_genuine(signed: Signed, payment: Payment | None, gateway: Gateway) -> bool:
    amount = payment.asked_amount if payment is not None else None
    stored_amount = bancard.amount_text(amount) if amount else None
    return bancard.is_genuine(signed, gateway.private_keys, stored_amount=stored_amount)


def _check(tenant: str, payment: Payment, gateway: Gateway, now: datetime) -> WebhookOutcome:
    """Ask Bancard about the payment now, or let the sweeper ask soon."""
    try:
        reconciliation.check(tenant, payment, gateway=gateway, now=now)
    except (GatewayUnknown, GatewayRefused, bancard_account.NotConnected, Unavailable):
        _check_soon(payment, now)
        return WebhookOutcome.DEFERRED
    return WebhookOutcome.ASKED


def _check_soon(payment: Payment | None, now: datetime) -> None:
    """Let the sweeper ask Bancard at its next run. A forged message has no other effect."""
    if payment is None or payment.status in SETTLED:
        return
    due_pk, due_at = keys.due(payment.id, now)
    is_open = Payment.status.is_in(PaymentState.PENDING.value, PaymentState.FAILED.value, PaymentState.EXPIRED.value)
    with suppress(writes.ConditionFailed):  # it was settled or closed meanwhile: nothing is due
        writes.update_attribute(payment, Payment.due_at.set(due_at), condition=is_open & (Payment.due_pk == due_pk))


def _park(tenant: str, result: Result, raw: object, now: datetime) -> WebhookOutcome:
    """Keep a genuine message about an unknown payment, for the daily report."""
    notice = ParkedNotice(
        *keys.parked_notice(tenant, str(result.process_id)),
        process_id=str(result.process_id),
        message=bancard_masking.masked(raw),
        seen_at=now,
        expires_at=int((now + KEPT).timestamp()),
    )
    with suppress(writes.ConditionFailed), writes.transaction() as tx:
        tx.save(notice, condition=ParkedNotice.pk.does_not_exist())
    return WebhookOutcome.PARKED


def _log(tenant: str, outcome: WebhookOutcome, signed: Signed, result: Result | None) -> None:
    """Log one line, without token, card or person; PARKED is an error, for somebody paid and we do not know why."""
    log = logger.error if outcome is WebhookOutcome.PARKED else logger.warning
    if outcome in _EXPECTED:
        log = logger.info
    log(
        "payment.notified",
        tenant=tenant,
        outcome=outcome.value,
        process_id=signed.process_id,
        response_code=result.response_code if result else None,
    )
