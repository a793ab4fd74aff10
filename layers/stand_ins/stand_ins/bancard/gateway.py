"""The vPOS itself: the calls of a shop's server, under ``/vpos/api/0.3``."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from mostrador.payments.rules import bancard
from stand_ins.bancard import cards, faults, messages, payments, records
from stand_ins.bancard.cards import check_token
from stand_ins.bancard.faults import Fault
from stand_ins.bancard.messages import Denied
from stand_ins.bancard.payments import Choice
from stand_ins.bancard.records import Application, Process, Purchase, PurchaseState
from stand_ins.http import Answer, JSONObject

PUBLIC_KEY: Final = re.compile("[a-zA-Z0-9]{32}")
_WITH_PROCESS: Final = "confirmation.process_id"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an operation: ``sent`` is its content, ``how`` its fault; ``user_id`` is in the path of some."""

    application: Application
    sent: JSONObject
    how: str
    user_id: int


def call(operation: str, body: bytes, *, user_id: int = 0) -> Answer:
    """The answer to a shop: success, a refusal, or the ordered fault."""
    fault = Fault()
    try:
        content = messages.parsed(body)
        application = _application(content)
        fault = faults.take(application, operation)
        answer = faults.answer_instead(fault)
        if answer is None:
            sent = messages.operation_of(content)
            answer = messages.json_answer(_OPERATIONS[operation](Call(application, sent, fault.how, user_id)))
    except Denied as error:
        answer = messages.refused(error, has_status=fault.how == faults.HTTP_ERRORS)
    return faults.spoilt(fault, answer)


def _application(content: JSONObject) -> Application:
    public_key = content.get("public_key")
    if not isinstance(public_key, str) or not PUBLIC_KEY.fullmatch(public_key):
        raise Denied("InvalidPublicKeyError")
    application = records.find(Application, public_key)
    if application is None:
        raise Denied("ApplicationNotFoundError")
    return application


def _single_buy(call: Call) -> dict[str, object]:
    sent, number = call.sent, messages.process_number(call.sent)
    signed = messages.text(sent, "amount"), messages.text(sent, "currency")
    check_token(sent, bancard.single_buy_token(call.application.private_key, number, *signed))
    return_url = messages.address(sent, "return_url")
    purchase = _purchase(
        call, return_url=return_url, cancel_url=messages.address(sent, "cancel_url", is_optional=True) or return_url
    )
    _create(purchase)
    if call.how == faults.EARLY:
        payments.pay(purchase.record_id, Choice.APPROVE)
    return {"status": "success", "process_id": purchase.process_id}


def _charge(call: Call) -> dict[str, object]:
    sent, number, alias_token = call.sent, messages.process_number(call.sent), cards.alias_of(call.sent)
    signed = messages.text(sent, "amount"), messages.text(sent, "currency")
    check_token(sent, bancard.charge_token(call.application.private_key, number, *signed, alias_token))
    messages.number(sent, "number_of_payments", 2)
    return_url = messages.address(sent, "return_url", is_optional=True)
    purchase = _purchase(call, return_url=return_url, cancel_url=return_url, alias_token=alias_token)
    cards.use(call.application, alias_token)
    _create(purchase)
    extra = sent.get("extra_response_attributes")
    with_process = {"process_id": purchase.process_id} if isinstance(extra, list) and _WITH_PROCESS in extra else {}
    if call.how == faults.THREE_DS:
        nothing = dict.fromkeys(payments.FIELDS)
        return {"status": "success", "confirmation": nothing | {"process_id": purchase.process_id}}
    paid = payments.pay(purchase.record_id, Choice(call.how) if call.how in list(Choice) else Choice.APPROVE)
    result = payments.result(call.application, paid)
    return {
        "status": "success",
        "confirmation": result | {"amount": int(str(result["amount"]).partition(".")[0])} | with_process,
    }


def _confirmations(call: Call) -> dict[str, object]:
    number = messages.process_number(call.sent)
    check_token(call.sent, bancard.confirmation_query_token(call.application.private_key, number))
    purchase = records.find(Purchase, records.of_shop(call.application.public_key, number))
    if purchase is None:
        raise Denied("BuyNotFoundError")
    if purchase.state == PurchaseState.ROLLED_BACK:
        raise Denied("AlreadyRollbackedError")
    if purchase.state not in (PurchaseState.PAID, PurchaseState.DECLINED):
        raise Denied("PaymentNotFoundError")
    return {"status": "success", "confirmation": payments.result(call.application, purchase)}


def _rollback(call: Call) -> dict[str, object]:
    number = messages.process_number(call.sent)
    check_token(call.sent, bancard.rollback_token(call.application.private_key, number))
    purchase_id = records.of_shop(call.application.public_key, number)
    try:
        key = records.change(Purchase, purchase_id, partial(_roll_back, day=call.application.day))
    except records.Unknown as error:
        raise Denied("BuyNotFoundError") from error
    if key:
        raise Denied(key)
    done = {"key": "RollbackSuccessful", "level": "info", "dsc": "Rollback correcto."}
    return {"status": "success", "messages": [done]}


def _roll_back(purchase: Purchase, *, day: str) -> str:
    """Why nothing can be rolled back, empty where something was. An unpaid purchase is closed for ever."""
    if purchase.state == PurchaseState.ROLLED_BACK:
        return "AlreadyRollbackedError"
    if purchase.state != PurchaseState.PAID:
        purchase.state = PurchaseState.CLOSED
        return "PaymentNotFoundError"
    if purchase.paid_on != day:
        return "TransactionAlreadyConfirmed"
    purchase.state = PurchaseState.ROLLED_BACK
    return ""


def _purchase(call: Call, *, return_url: str, cancel_url: str, alias_token: str | None = None) -> Purchase:
    """The purchase of a call. Raises Denied."""
    return Purchase(
        public_key=call.application.public_key,
        shop_process_id=messages.process_number(call.sent),
        process_id=records.new_process_id(),
        amount=messages.amount(call.sent),
        currency=messages.currency(call.sent),
        description=messages.description(call.sent),
        return_url=return_url,
        cancel_url=cancel_url,
        additional_data=messages.text(call.sent, "additional_data", default=""),
        alias_token=alias_token,
    )


def _create(purchase: Purchase) -> None:
    """Raises Denied."""
    try:
        records.create(purchase, Process(purchase.process_id, purchase.record_id))
    except records.ConditionFailed as error:
        raise Denied("InvalidOperationError", "Shop process has already been taken") from error


_OPERATIONS: Final[dict[str, Callable[[Call], dict[str, object]]]] = {
    "single_buy": _single_buy,
    "confirmations": _confirmations,
    "rollback": _rollback,
    "charge": _charge,
    "cards_new": lambda call: cards.new(call.application, call.sent),
    "cards_list": lambda call: cards.listed(call.application, call.sent, call.user_id),
    "cards_delete": lambda call: cards.delete(call.application, call.sent, call.user_id),
}
