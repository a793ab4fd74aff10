"""The files that a payer's browser loads: the checkout script, the page where a person decides, its request."""

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Final, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from stand_ins.bancard import cards, messages, payments, portal, records
from stand_ins.bancard.payments import Choice
from stand_ins.bancard.records import Process, Purchase, PurchaseState, Registration
from stand_ins.http import Answer

T = TypeVar("T", Process, Registration)
_HERE: Final = Path(__file__).parent
_HTML: Final = "text/html; charset=utf-8"
_NOT_FOUND: Final = 404
_PROCESS_ID: Final = re.compile(r"[0-9A-Za-z*_.-]{20}")
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_CHOICES: Final = {
    Choice.APPROVE: "Aprobar",
    Choice.DECLINE: "Rechazar (N, 05)",
    Choice.DECLINE_PROCESSED: "Rechazar con respuesta S y código 57",
    Choice.TWICE: "Pagar y avisar dos veces",
    Choice.LATE: "Pagar y avisar tarde",
    Choice.NEVER: "Pagar y no avisar nunca",
}
_NOTIFY: Final = {Choice.NOTIFY: "Avisar ahora"}
_REGISTER: Final = {Choice.APPROVE: "Registrar la tarjeta", Choice.DECLINE: "Rechazar la tarjeta"}
_SAID: Final = {
    PurchaseState.OPEN: "",
    PurchaseState.DECLINED: "El intento anterior fue rechazado.",
    PurchaseState.PAID: "Esta compra ya fue pagada.",
    PurchaseState.CLOSED: payments.NoLongerPayable.es.capitalize() + ".",
    PurchaseState.ROLLED_BACK: payments.NoLongerPayable.es.capitalize() + ".",
}
_STYLES: Final = (
    "button-background-color", "button-border-color", "button-text-color", "form-background-color",
    "form-border-color", "header-background-color", "header-text-color", "hr-border-color", "input-background-color",
    "input-border-color", "input-placeholder-color", "input-text-color", "label-kyc-text-color",
)  # fmt: skip


def script() -> Answer:
    return Answer(200, "text/javascript; charset=utf-8", _file("checkout.js").encode())


def allowed_styles() -> Answer:
    return messages.json_answer({"allowed_styles": dict.fromkeys(_STYLES, "color")})


def payment(path: str, query: Mapping[str, str]) -> Answer:
    """The page on which a purchase is paid, in a frame or on its own."""
    process = _process(Process, query)
    purchase = process and records.find(Purchase, process.purchase)
    if not process or not purchase:
        return _nothing(path)
    guaranies = f"{int(purchase.amount.partition('.')[0]):,}".replace(",", ".")
    summary = f'<p>{escape(purchase.description)}</p><p class="amount">Gs. {guaranies}</p>'
    page = _page(
        path,
        title="Pagar con tarjeta",
        process_id=process.process_id,
        summary=summary,
        choices=_choices_of(purchase),
        said=_SAID[PurchaseState(purchase.state)],
        way_out=with_status(purchase.cancel_url, "payment_fail") if purchase.cancel_url else "",
    )
    return Answer(200, _HTML, page, _HEADERS)


def registration(path: str, query: Mapping[str, str]) -> Answer:
    """The page on which a card is registered."""
    process = _process(Registration, query)
    if not process:
        return _nothing(path)
    page = _page(
        path,
        title="Registrar una tarjeta",
        process_id=process.process_id,
        summary="<p>5418 **** **** 0014</p>",
        choices={} if process.is_done else _REGISTER,
        said=cards.AlreadyRegistered.es.capitalize() + "." if process.is_done else "",
        way_out=with_status(process.return_url, "add_new_card_fail"),
    )
    return Answer(200, _HTML, page, _HEADERS)


def decide(body: bytes) -> Answer:
    """Carry out the choice on a page. Raises Denied, BadField, Unknown, AlreadyPaid, NoLongerPayable, NotTriedYet."""
    sent = messages.parsed(body)
    choice, process_id = portal.choice_of(sent), str(sent.get("process_id"))
    process = _process(Process, {"process_id": process_id})
    if process:
        paid = payments.pay(process.purchase, choice)
        message = "payment_success" if payments.is_approved(paid) else "payment_fail"
        return _went(message, paid.return_url, Choice.NOTIFY if choice is Choice.LATE else None)
    if not _PROCESS_ID.fullmatch(process_id):
        raise records.Unknown(kind="process", id=process_id[:40])
    succeeds = choice is not Choice.DECLINE
    registered = cards.register(process_id, succeeds=succeeds)
    return _went("add_new_card_success" if succeeds else "add_new_card_fail", registered.return_url, None)


def with_status(url: str, status: str) -> str:
    """``url`` with ``status`` at the end of its query."""
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "status"]
    return parts._replace(query=urlencode([*kept, ("status", status)])).geturl()


def _went(message: str, return_url: str, then: Choice | None) -> Answer:
    redirect = with_status(return_url, message) if return_url else ""
    content = {"message": message, "details": None, "return_url": return_url, "redirect": redirect, "next": then}
    return messages.json_answer(content)


def _process(of: type[T], query: Mapping[str, str]) -> T | None:
    process_id = query.get("process_id", "")
    return records.find(of, process_id) if _PROCESS_ID.fullmatch(process_id) else None


def _choices_of(purchase: Purchase) -> Mapping[Choice, str]:
    if purchase.state in (PurchaseState.OPEN, PurchaseState.DECLINED):
        return _CHOICES
    return _NOTIFY if purchase.state == PurchaseState.PAID and not purchase.confirmations else {}


def _nothing(path: str) -> Answer:
    page = _page(path, title="No existe esta compra", process_id="", summary="", choices={}, said="", way_out="")
    return Answer(_NOT_FOUND, _HTML, page, _HEADERS)


def _page(
    path: str, *, title: str, process_id: str, summary: str, choices: Mapping[Choice, str], said: str, way_out: str
) -> bytes:
    """``summary`` is HTML, everything else text."""
    buttons = (
        f'<button type="button" data-choice="{choice}">{escape(label)}</button>' for choice, label in choices.items()
    )
    link = f'<a href="{escape(way_out)}" target="_top">Volver al comercio sin pagar</a>' if way_out else ""
    return (
        Template(_file("page.html"))
        .substitute(
            title=escape(title),
            pay="../" * (path.count("/") - 1) + "checkout/pay",
            process=escape(process_id),
            summary=summary,
            choices="".join(buttons),
            said=escape(said),
            way_out=link,
        )
        .encode()
    )


@cache
def _file(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
