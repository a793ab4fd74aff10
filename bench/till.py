"""What is paid online, on dynoxide: Bancard answers from memory, so that what is counted is the table's."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Final
from unittest.mock import patch

from bench import businesses
from bench.businesses import NOW, Business
from mostrador.clients import bancard, kms
from mostrador.clients.bancard import PurchaseAnswer, PurchaseState
from mostrador.clients.bancard_http import Application
from mostrador.ledger.rules.payment_states import Target
from mostrador.payments import bancard_account, bancard_webhook, checkout
from mostrador.payments.rules import bancard as rules
from mostrador.payments.rules import bancard_masking
from mostrador.tenancy.views.integrations import BancardForm

_KEYS: Final = {"public_key": "P" * 32, "private_key": "S" * 40}
_numbers = count()


@contextmanager
def at_bancard(slug: str) -> Iterator[None]:
    """The tenant takes online payments; whatever was asked for was paid."""
    with (
        patch.object(kms, "encrypt", lambda text, _bound_to: text),
        patch.object(kms, "decrypt", lambda sealed, _bound_to: sealed),
        patch.object(bancard, "single_buy", lambda _application, purchase: f"page{purchase.process_id}"),
        patch.object(bancard, "confirmation", _paid),
    ):
        form = BancardForm(return_url="https://bench.invalid", **_KEYS)
        bancard_account.connect(slug, form, seen=None, actor_name="eva@example.com", now=NOW)
        yield


def asked(business: Business, scheduled_at: datetime) -> str:
    """A held appointment with its page; gives the payment's id."""
    booked = business.book(scheduled_at, f"0981 300 {next(_numbers):03d}", hold=True)
    return start(business, booked.id)


def start(business: Business, appointment_id: str) -> str:
    begun = checkout.start(business.slug, Target.APPOINTMENT, appointment_id, actor_name="public", now=NOW)
    return str(begun.payment.id)


def notify(business: Business, payment_id: str) -> None:
    """What Bancard posts once that is paid."""
    message = _message(int(payment_id))
    if (
        bancard_webhook.receive(business.slug, {"operation": message}, now=NOW)
        is not bancard_webhook.WebhookOutcome.ASKED
    ):
        raise RuntimeError("the message was not taken")


def slot(day: int) -> datetime:
    return businesses.noon(120 + day)


def _paid(_application: Application, process_id: int) -> PurchaseAnswer:
    raw = _message(process_id)
    return PurchaseAnswer(rules.result_of(raw), PurchaseState.PAID_OR_DECLINED, bancard_masking.masked(raw))


def _message(process_id: int) -> dict[str, object]:
    amount = "80000.00"
    return {
        "token": rules.confirm_token(_KEYS["private_key"], process_id, amount, "PYG"),
        "shop_process_id": process_id,
        "response": "S",
        "response_details": "Procesado Satisfactoriamente",
        "extended_response_description": None,
        "currency": "PYG",
        "amount": amount,
        "authorization_number": "654321",
        "ticket_number": "2118000001",
        "response_code": "00",
        "response_description": "Transaccion aprobada",
        "security_information": {"customer_ip": "203.0.113.7", "card_source": "L", "risk_index": 0},
    }
