"""The portal: it registers shops as Bancard's own does, and orders faults and confirmations of any kind."""

import re
from dataclasses import asdict, fields
from typing import Final

from mostrador.errors import Invalid
from stand_ins.bancard import faults, gateway, messages, payments, records
from stand_ins.bancard.payments import Choice, Notice
from stand_ins.bancard.records import Application, Purchase
from stand_ins.http import JSONObject

_LONGEST: Final = 100
_NOTICE: Final = {column.name for column in fields(Notice)}
_AMOUNT: Final = re.compile(r"[0-9]{1,13}\.[0-9]{2}")
_HIDDEN: Final = "alias_token"


class BadField(Invalid):
    code = "invalid_field"
    en = "{field} cannot be {value}"
    es = "el dato «{field}» no puede ser «{value}»"


def register(public_key: str, sent: JSONObject) -> dict[str, object]:
    """Register a shop with its keys and its address for confirmations, or change these.

    Raises BadField, Busy.
    """
    if not gateway.PUBLIC_KEY.fullmatch(public_key):
        raise BadField(field="public_key", value=public_key)
    private_key, url = _text(sent, "private_key"), _text(sent, "confirmation_url", messages.LONGEST)
    if not private_key:
        raise BadField(field="private_key", value="empty")
    if not messages.is_postable(url or ""):
        raise BadField(field="confirmation_url", value=url)

    def renew(known: Application) -> None:
        known.private_key, known.confirmation_url = str(private_key), str(url)

    try:
        records.create(Application(public_key, private_key, str(url)))
    except records.ConditionFailed:
        records.change(Application, public_key, renew)
    return {"public_key": public_key, "confirmation_url": url}


def order_fault(public_key: str, sent: JSONObject) -> dict[str, object]:
    """Order a fault; returns all that are ordered. Raises Unknown, BadFault."""
    faults.order(public_key, sent)
    return {"faults": records.get(Application, public_key).faults}


def next_day(sent: JSONObject) -> dict[str, object]:
    """Make it a day later for the shop: earlier payments can no longer be rolled back. Raises Unknown, BadField."""
    public_key = _text(sent, "public_key") or ""

    def pass_a_day(application: Application) -> str:
        application.days += 1
        return application.day

    return {"public_key": public_key, "day": records.change(Application, public_key, pass_a_day)}


def shown(purchase_id: str) -> dict[str, object]:
    """Every field of a purchase. Raises Unknown."""
    known = asdict(records.get(Purchase, purchase_id))
    return {name: value for name, value in known.items() if name != _HIDDEN}


def pay(purchase_id: str, sent: JSONObject) -> dict[str, object]:
    """Pay as somebody does at the page. Raises Unknown, BadField, AlreadyPaid, NoLongerPayable, NotTriedYet."""
    payments.pay(purchase_id, choice_of(sent), amount=_amount(sent), token=_text(sent, "token"))
    return shown(purchase_id)


def confirm(purchase_id: str, sent: JSONObject) -> dict[str, object]:
    """Post a confirmation now, true or as ``sent`` says. Raises Unknown, BadField."""
    if unknown := sent.keys() - _NOTICE:
        raise BadField(field=min(unknown), value="there")
    url, is_rollback = _text(sent, "url", messages.LONGEST), sent.get("rollback", False)
    if url is not None and not messages.is_postable(url):
        raise BadField(field="url", value=url)
    if not isinstance(is_rollback, bool):
        raise BadField(field="rollback", value=is_rollback)
    notice = Notice(
        amount=_amount(sent),
        token=_text(sent, "token"),
        response=_text(sent, "response"),
        response_code=_text(sent, "response_code"),
        url=url,
        rollback=is_rollback,
    )
    payments.notify(purchase_id, notice)
    return shown(purchase_id)


def choice_of(sent: JSONObject) -> Choice:
    """Raises BadField."""
    choice = _text(sent, "choice")
    if choice not in list(Choice):
        raise BadField(field="choice", value=choice)
    return Choice(choice)


def _amount(sent: JSONObject) -> str | None:
    amount = _text(sent, "amount")
    if amount is not None and not _AMOUNT.fullmatch(amount):
        raise BadField(field="amount", value=amount)
    return amount


def _text(sent: JSONObject, name: str, longest: int = _LONGEST) -> str | None:
    value = sent.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise BadField(field=name, value=type(value).__name__)
    return value
