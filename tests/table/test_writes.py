import pytest

from mostrador.errors import Busy, Conflict
from mostrador.table import attempts, keys, reads, writes
from mostrador.table.items.people import PhoneGuard
from tests.support import faults
from tests.support.http import Client

CONFLICT = faults.cancelled("None", "TransactionConflict")
REFUSED = faults.cancelled("None", "ConditionalCheckFailed")
MIXED = faults.cancelled("TransactionConflict", "ConditionalCheckFailed")
BROKEN = faults.cancelled("None", "ValidationError")
URL = "/tenant/salon/api/customers"


class Taken(Conflict):
    code = en = es = "taken"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(attempts, "pause", lambda *_: None)


def put(phone):
    guard = PhoneGuard(*keys.phone("salon", phone), customer_id="c", name="Ana")
    with writes.transaction() as tx:
        tx.save(guard, condition=PhoneGuard.pk.does_not_exist())
    return guard


def test_a_transaction_that_only_met_others_is_tried_again(table):
    with faults.answering("TransactWriteItems", CONFLICT, CONFLICT) as seen:
        put("+595981123456")

    assert len(seen) == 3
    assert reads.get_item(keys.phone("salon", "+595981123456")).name == "Ana"


def test_contention_without_end_is_busy_and_nothing_is_written(table):
    with faults.answering("TransactWriteItems", *[CONFLICT] * writes.TRIES), pytest.raises(Busy):
        put("+595981123456")

    assert reads.get_item(keys.phone("salon", "+595981123456")) is None


@pytest.mark.parametrize("answer", [REFUSED, MIXED], ids=["alone", "beside a conflict"])
def test_a_failed_condition_is_a_refusal_at_once(table, answer):
    with faults.answering("TransactWriteItems", answer) as seen, pytest.raises(writes.ConditionFailed):
        put("+595981123456")

    assert len(seen) == 1


def test_what_is_neither_is_not_hidden(table):
    with faults.answering("TransactWriteItems", BROKEN), pytest.raises(Exception, match="Failed to write transaction"):
        put("+595981123456")


def test_a_condition_that_fails_for_real_is_the_refusal_given(table):
    put("+595981123456")

    with pytest.raises(Taken), writes.refusing(Taken()):
        put("+595981123456")


def test_an_overloaded_table_is_a_503_that_says_when_to_come_back(salon):
    throttled = faults.refused("ProvisionedThroughputExceededException")
    with faults.answering("BatchGetItem", *[throttled] * 20):
        answer = Client({"salon": "admin"}).call("GET", f"{URL}/{'0' * 32}")

    assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (503, "busy", "1")


def test_a_request_that_dynamodb_cannot_take_is_our_fault_and_says_nothing(salon):
    with faults.answering("BatchGetItem", faults.refused("ValidationException")):
        answer = Client({"salon": "admin"}).call("GET", f"{URL}/{'0' * 32}")

    assert (answer.status, answer.json["code"]) == (500, "internal_error")
