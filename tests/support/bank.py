"""Bancard as a test needs it: what is true there, in memory, behind the functions of our client.

``bank.opened()`` puts it in the client's place; a payer pays by ``bank.pay``; what Bancard would post to the webhook
is ``bank.notice``. ``silent`` makes it answer nothing, ``lost`` carry out and answer nothing.
"""

from contextlib import contextmanager
from decimal import Decimal
from unittest.mock import patch

from mostrador.clients import bancard
from mostrador.clients.bancard import PurchaseAnswer, PurchaseState, RollbackOutcome
from mostrador.clients.bancard_http import DuplicateProcess, GatewayKeysRefused, GatewayUnknown
from mostrador.payments import bancard_account, bancard_webhook
from mostrador.payments.rules import bancard as rules
from mostrador.payments.rules import bancard_masking
from mostrador.tenancy.views.integrations import BancardForm

PUBLIC_KEY, PRIVATE_KEY = "P" * 32, "S" * 40


def connect(now, tenant="salon", **changed):
    form = {"public_key": PUBLIC_KEY, "private_key": PRIVATE_KEY, "return_url": "https://salon.test/pago"} | changed
    return bancard_account.connect(tenant, BancardForm(**form), seen=None, actor_name="eva", now=now)


class Bank:
    def __init__(self):
        self.purchases, self.calls, self.keys = {}, [], {PUBLIC_KEY}
        self.silent, self.lost, self.is_next_day, self.before = set(), set(), False, {}

    def single_buy(self, application, purchase):
        self._called("single_buy", application)
        if purchase.process_id in self.purchases:
            raise DuplicateProcess(keys=("InvalidOperationError",), reason="process has already been taken")
        self.purchases[purchase.process_id] = {"amount": purchase.amount, "state": "OPEN", "url": purchase.return_url}
        self._answered("single_buy")
        return f"page*{purchase.process_id}"[:20]

    def confirmation(self, application, process_id):
        self._called("confirmation", application)
        one = self.purchases.get(process_id)
        self._answered("confirmation")
        if one is None:
            return PurchaseAnswer(None, PurchaseState.UNKNOWN_PURCHASE, {})
        if one["state"] == "ROLLED_BACK":
            return PurchaseAnswer(None, PurchaseState.ROLLED_BACK, {})
        if one["state"] in ("OPEN", "CLOSED"):
            return PurchaseAnswer(None, PurchaseState.NOT_PAID, {})
        raw = self.notice(process_id)["operation"]
        return PurchaseAnswer(rules.result_of(raw), PurchaseState.PAID_OR_DECLINED, bancard_masking.masked(raw))

    def rollback(self, application, process_id):
        self._called("rollback", application)
        one = self.purchases.get(process_id)
        if one is None:
            return RollbackOutcome.UNKNOWN_PURCHASE
        was = one["state"]
        if was == "PAID" and self.is_next_day:
            return RollbackOutcome.TOO_LATE
        one["state"] = {"PAID": "ROLLED_BACK", "ROLLED_BACK": "ROLLED_BACK"}.get(was, "CLOSED")
        self._answered("rollback")
        return {"PAID": RollbackOutcome.DONE, "ROLLED_BACK": RollbackOutcome.ALREADY}.get(was, RollbackOutcome.NOT_PAID)

    def pay(self, process_id, amount=None):
        """A payer pays, if the page still takes it; tells whether it does."""
        one = self.purchases[int(process_id)]
        if one["state"] not in ("OPEN", "DECLINED"):
            return False
        one |= {"state": "PAID", "amount": amount or one["amount"]}
        return True

    def decline(self, process_id):
        one = self.purchases[int(process_id)]
        if one["state"] == "OPEN":
            one["state"] = "DECLINED"

    def state(self, process_id):
        return self.purchases.get(int(process_id), {"state": "NONE"})["state"]

    def notice(self, process_id, *, private_key=PRIVATE_KEY, **changed):
        """What Bancard posts about a purchase as it is, but for what is ``changed``."""
        one = self.purchases.get(int(process_id), {"amount": "1.00", "state": "PAID"})
        is_paid, amount = one["state"] in ("PAID", "ROLLED_BACK"), changed.get("amount", one["amount"])
        told = {
            "token": rules.confirm_token(private_key, int(process_id), amount, "PYG"),
            "shop_process_id": int(process_id),
            "response": "S",
            "response_details": "Procesado Satisfactoriamente",
            "extended_response_description": None,
            "currency": "PYG",
            "amount": amount,
            "authorization_number": "654321" if is_paid else None,
            "ticket_number": "2118000001" if is_paid else "0",
            "response_code": "00" if is_paid else "57",
            "response_description": "Transaccion aprobada" if is_paid else "Transacción Denegada",
            "security_information": {"customer_ip": "203.0.113.7", "card_source": "L", "risk_index": 0},
        }
        return {"operation": told | changed}

    def notify(self, process_id, *, now, tenant="salon", **changed):
        return bancard_webhook.receive(tenant, self.notice(process_id, **changed), now=now)

    def paid_amount(self):
        """What payers have paid and not got back."""
        return sum(Decimal(one["amount"]) for one in self.purchases.values() if one["state"] == "PAID")

    def _called(self, operation, application):
        self.calls.append(operation)
        if then := self.before.pop(operation, None):
            then()
        if application.public_key not in self.keys:
            raise GatewayKeysRefused(keys=("InvalidPublicKeyError",), reason="Invalid public key")
        if operation in self.silent:
            raise GatewayUnknown(reason="time-out")

    def _answered(self, operation):
        if operation in self.lost:
            raise GatewayUnknown(reason="time-out")


@contextmanager
def opened():
    bank = Bank()
    with (
        patch.object(bancard, "single_buy", bank.single_buy),
        patch.object(bancard, "confirmation", bank.confirmation),
        patch.object(bancard, "rollback", bank.rollback),
    ):
        yield bank
