"""Payment of a purchase, with each choice of a payer, and its confirmation to the shop: once, twice, late or never."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import urllib3

from mostrador import clock
from mostrador.errors import Conflict
from mostrador.observability import logger
from mostrador.payments.rules import bancard, bancard_masking
from stand_ins import addresses
from stand_ins.addresses import Target
from stand_ins.bancard import messages, records
from stand_ins.bancard.records import Application, Confirmation, Purchase, PurchaseState, ShopAnswer

_CONNECT: Final = 3.0
_READ: Final = 20.0
_KEPT: Final = 500
_MOST: Final = 50
_NO_AMOUNT: Final = "0.00"
FIELDS: Final = (
    "token", "shop_process_id", "response", "response_details", "extended_response_description", "currency", "amount",
    "authorization_number", "ticket_number", "response_code", "response_description", "security_information",
)  # fmt: skip
"""The fields of a result, in the order of captured confirmations."""
_HEADERS: Final = {"Content-Type": "application/json"}
_UNREAD: Final[dict[str, Any]] = {"preload_content": False, "redirect": False, "retries": False}
"""Of a request whose answer is read by hand, once, from where it was sent."""


class AlreadyPaid(Conflict):
    code = "already_paid"
    en = "this purchase has been paid"
    es = "esta compra ya fue pagada"


class NoLongerPayable(Conflict):
    code = "no_longer_payable"
    en = "this purchase was taken back and cannot be paid any more"
    es = "esta compra fue anulada y ya no se puede pagar"


class NotTriedYet(Conflict):
    code = "not_tried_yet"
    en = "nobody has tried to pay this purchase: there is nothing to tell"
    es = "nadie intentó pagar esta compra: no hay nada que avisar"


class Choice(StrEnum):
    """A payer's choice; NOTIFY posts the confirmation of an earlier choice."""

    APPROVE = "approve"
    DECLINE = "decline"
    DECLINE_PROCESSED = "decline_processed"
    TWICE = "twice"
    LATE = "late"
    NEVER = "never"
    NOTIFY = "notify"


_NOTICES: Final = {Choice.TWICE: 2, Choice.LATE: 0, Choice.NEVER: 0}
_SECURITY: Final = {
    "customer_ip": "203.0.113.7",
    "card_source": "L",
    "card_country": "PARAGUAY",
    "version": "0.3",
    "risk_index": 0,
}


@dataclass(frozen=True, slots=True)
class _Outcome:
    response: str
    code: str
    details: str
    reason: str | None
    description: str


_APPROVED: Final = _Outcome("S", "00", "Procesado Satisfactoriamente", None, "Transaccion aprobada")
_DECLINED: Final = {
    Choice.DECLINE: _Outcome("N", "05", "No Procesado", "RECHAZADA POR EL EMISOR", "No aprobado"),
    Choice.DECLINE_PROCESSED: _Outcome(
        "S",
        "57",
        "Procesado Satisfactoriamente",
        "IMPORTE DE LA TRN INFERIOR AL MÍNIMO PERMITIDO",
        "Transacción Denegada",
    ),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """The fields of a confirmation that are not true, and another address that it goes to."""

    amount: str | None = None
    token: str | None = None
    response: str | None = None
    response_code: str | None = None
    url: str | None = None
    rollback: bool = False


TRUTH: Final = Notice()


def pay(purchase_id: str, choice: Choice, *, amount: str | None = None, token: str | None = None) -> Purchase:
    """Pay; returns the changed purchase. ``token`` replaces the right one in the confirmation.

    Raises Unknown, AlreadyPaid, NoLongerPayable, NotTriedYet, Busy.
    """
    purchase = records.get(Purchase, purchase_id)
    application = records.get(Application, purchase.public_key)
    if choice is Choice.NOTIFY:
        _check_tried(purchase)
    else:
        decide = partial(_decide, choice=choice, amount=amount, day=application.day)
        records.change(Purchase, purchase_id, decide)
        logger.info("stand-in paid", purchase=purchase.shop_process_id, choice=choice)
    times = _NOTICES.get(choice, 1)
    for _ in range(times):
        notify(purchase_id, Notice(token=token), read=_READ / times)
    return records.get(Purchase, purchase_id)


def is_approved(purchase: Purchase) -> bool:
    return purchase.state == PurchaseState.PAID


def notify(purchase_id: str, notice: Notice = TRUTH, *, read: float = _READ) -> None:
    """Post a confirmation to the shop and store its answer, whatever the shop does. Raises Unknown."""
    purchase = records.get(Purchase, purchase_id)
    application = records.get(Application, purchase.public_key)
    message = {"operation": _result(application, purchase, notice)}
    url = notice.url or application.confirmation_url
    answer = _post(url, messages.json_bytes(message), read)
    posted = Confirmation(at=clock.now().isoformat(), url=url, sent=bancard_masking.masked(message), **answer)
    records.change(Purchase, purchase_id, partial(_remember, posted=posted))
    logger.info("stand-in confirmed", purchase=purchase.shop_process_id, status=answer["status"])


def result(application: Application, purchase: Purchase) -> dict[str, object]:
    """The result of the purchase, as Bancard sends it. Raises NotTriedYet."""
    _check_tried(purchase)
    return _result(application, purchase, TRUTH)


def _decide(purchase: Purchase, *, choice: Choice, amount: str | None, day: str) -> None:
    if purchase.state == PurchaseState.PAID:
        raise AlreadyPaid
    if purchase.state in (PurchaseState.CLOSED, PurchaseState.ROLLED_BACK):
        raise NoLongerPayable
    purchase.state = PurchaseState.DECLINED if choice in _DECLINED else PurchaseState.PAID
    purchase.outcome, purchase.charged, purchase.paid_on = choice, amount or purchase.amount, day


def _check_tried(purchase: Purchase) -> None:
    if purchase.outcome is None:
        raise NotTriedYet


def _result(application: Application, purchase: Purchase, notice: Notice) -> dict[str, object]:
    outcome = _DECLINED.get(Choice(purchase.outcome), _APPROVED) if purchase.outcome else _APPROVED
    amount = notice.amount or (_NO_AMOUNT if notice.rollback else purchase.charged or purchase.amount)
    serial = purchase.shop_process_id % 1_000_000
    values = (
        _token(application, purchase, amount) if notice.token is None else notice.token,
        purchase.shop_process_id,
        notice.response or outcome.response,
        outcome.details,
        outcome.reason,
        purchase.currency,
        amount,
        f"{serial:06d}" if outcome is _APPROVED else None,
        str(2_118_000_000 + serial) if outcome is _APPROVED else "0",
        notice.response_code or outcome.code,
        outcome.description,
        _SECURITY,
    )
    return dict(zip(FIELDS, values, strict=True))


def _token(application: Application, purchase: Purchase, amount: str) -> str:
    """The token of a confirmation; for a charge it is the charge's own, as a shop in production saw."""
    signed = (application.private_key, purchase.shop_process_id, amount, purchase.currency)
    if purchase.alias_token is None or amount == _NO_AMOUNT:
        return bancard.confirm_token(*signed)
    return bancard.charge_token(*signed, purchase.alias_token)


def _post(url: str, body: bytes, read: float) -> ShopAnswer:
    """The shop's answer, or the kind of error; addresses that are not public are not asked."""
    try:
        shop = addresses.target(url)
        with (
            _pool(shop, urllib3.Timeout(connect=_CONNECT, read=read)) as pool,
            pool.request("POST", shop.path, body=body, headers=_headers(url), **_UNREAD) as answer,
        ):
            text = answer.read(_KEPT).decode(errors="replace")
            return {"status": answer.status, "answer": text, "error": None}
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        return {"status": None, "answer": None, "error": type(error).__name__}


def _pool(shop: Target, timeout: urllib3.Timeout) -> urllib3.HTTPConnectionPool:
    """Connections to the judged address, under the name for which it was judged."""
    if shop.scheme == "https":
        return urllib3.HTTPSConnectionPool(
            shop.address, shop.port, timeout=timeout, server_hostname=shop.host, assert_hostname=shop.host
        )
    return urllib3.HTTPConnectionPool(shop.address, shop.port, timeout=timeout)


def _headers(url: str) -> dict[str, str]:
    return {**_HEADERS, "Host": urlsplit(url).netloc.rpartition("@")[2]}


def _remember(purchase: Purchase, *, posted: Confirmation) -> None:
    purchase.confirmations = [*purchase.confirmations, posted][-_MOST:]
