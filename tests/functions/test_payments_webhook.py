"""Bancard's webhook: the answer that Bancard wants to read, byte for byte, whatever becomes of the message."""

import base64
import importlib
import json
from datetime import timedelta

import pytest

from local import gateway
from mostrador import process_cache
from mostrador.clients import kms
from mostrador.table import keys, reads
from mostrador.tenancy import tenants
from tests.support import bank as banks
from tests.support import faults, lines, logs, template
from tests.support import till as tills

SECOND = timedelta(seconds=1)
DONE = (200, '{"status":"success"}')
NOT_FOUND = (404, '{"status":"error"}')
LATER = (503, '{"status":"error"}')
NOBODYS = 123456789012345


@pytest.fixture
def asked(till, now):
    return till.start(now).payment


def post(body, slug="salon", *, is_base64=False):
    """What the function answers to API Gateway's event."""
    event = {
        "httpMethod": "POST",
        "path": f"/tenant/{slug}/api/payments/bancard/webhook",
        "resource": "/tenant/{slug}/api/payments/bancard/webhook",
        "pathParameters": {"slug": slug},
        "headers": {"Content-Type": "application/json"},
        "queryStringParameters": None,
        "body": body,
        "isBase64Encoded": is_base64,
        "requestContext": {"requestId": "request-1", "identity": {"sourceIp": "203.0.113.7"}},
    }
    told = importlib.import_module("functions.payments_webhook.app").handler(event, None)
    assert told["headers"] == {"Content-Type": "application/json"}
    return told["statusCode"], told["body"]


def notify(bank, process_id, slug="salon", **changed):
    return post(json.dumps(bank.notice(process_id, **changed)), slug)


def status(payment, now):
    return tills.payment(payment.id, now).status


def test_its_route_asks_for_no_account_and_no_key():
    ((method, path, _),) = template.machine_routes()

    assert (method, path) == ("POST", "/tenant/{slug}/api/payments/bancard/webhook")
    assert gateway.definition()["paths"][path]["post"]["security"] == []


def test_an_approval_is_answered_and_pays(bank, till, asked, now):
    bank.pay(asked.id)

    assert notify(bank, asked.id) == DONE

    assert (status(asked, now), till.is_paid()) == ("PAID", True)


def test_a_decline_is_answered_and_pays_nothing(bank, till, asked, now):
    bank.decline(asked.id)

    assert notify(bank, asked.id) == DONE

    assert (status(asked, now), till.is_paid()) == ("FAILED", False)


def test_a_repeat_is_answered_the_same_and_pays_once(bank, till, asked, now):
    bank.pay(asked.id)

    assert [notify(bank, asked.id) for _ in range(3)] == [DONE] * 3

    assert [one.state for one in tills.ledger()] == ["PAID"]
    tills.check(bank, till)


@pytest.mark.parametrize(
    "forged",
    [{"token": "0" * 32}, {"token": None}, {"private_key": "X" * 40}, {"amount": "1.00", "token": "0" * 32}],
    ids=["another token", "no token", "another key", "another amount"],
)
def test_a_forged_message_is_answered_the_same_and_pays_nothing(bank, till, asked, now, forged):
    assert notify(bank, asked.id, response_code="00", **forged) == DONE

    assert (status(asked, now), till.is_paid()) == ("PENDING", False)


def test_a_message_about_what_nobody_asked_for_is_answered_and_kept(bank, now):
    assert notify(bank, NOBODYS) == DONE

    assert reads.get_item(keys.parked_notice("salon", str(NOBODYS))).message["shop_process_id"] == NOBODYS


def test_a_message_with_escapes_and_ids_as_text_is_understood(bank, till, asked, now):
    bank.pay(asked.id)
    told = bank.notice(asked.id, shop_process_id=asked.id, response_description="Transacción aprobada")
    escaped = json.dumps(told, ensure_ascii=True)
    assert "\\u00f3" in escaped

    assert post(escaped) == DONE

    assert status(asked, now) == "PAID"


def test_a_message_in_base64_is_understood(bank, till, asked, now):
    bank.pay(asked.id)
    body = base64.b64encode(json.dumps(bank.notice(asked.id), ensure_ascii=False).encode()).decode()

    assert post(body, is_base64=True) == DONE

    assert status(asked, now) == "PAID"


def test_an_amount_that_comes_as_a_number_is_understood_as_it_was_signed(bank, till, asked, now):
    bank.pay(asked.id)
    text = json.dumps(bank.notice(asked.id))
    amount = bank.purchases[int(asked.id)]["amount"]

    assert post(text.replace(f'"{amount}"', amount)) == DONE

    assert status(asked, now) == "PAID"


PINGS = {
    "nothing": (None, False),
    "an empty text": ("", False),
    "an empty object": ("{}", False),
    "null": ("null", False),
    "a list": ("[]", False),
    "a number": ("1", False),
    "text": ("hola", False),
    "half an object": ('{"operation":', False),
    "an empty text in base64": ("", True),
    "an empty object in base64": (base64.b64encode(b"{}").decode(), True),
    "no base64": ("{}", True),
    "no UTF-8": (base64.b64encode(b"\xff\xfe{}").decode(), True),
    "a depth": ("[" * 50_000, False),
    "a length": (json.dumps({"operation": {"token": "x" * 70_000}}), False),
    "digits without end": ('{"operation":' + "9" * 10_000 + "}", False),
    "an operation that is none": ('{"operation":null}', False),
    "an operation of text": ('{"operation":"pay"}', False),
    "halves of letters": ('{"operation":{"\\ud800":"\\udfff","token":"\\ud800"}}', False),
    "no number": ('{"operation":{"amount":NaN,"shop_process_id":Infinity}}', False),
}


def test_a_ping_or_what_makes_no_sense_is_answered_and_does_nothing(bank, asked, now, case):
    for name, (body, is_base64) in PINGS.items():
        with case(body=name):
            del bank.calls[:]

            assert post(body, is_base64=is_base64) == DONE

            assert (bank.calls, status(asked, now)) == ([], "PENDING")


@pytest.mark.parametrize(("size", "read"), [(8192, "PAID"), (8193, "PENDING")])
@pytest.mark.parametrize("is_base64", [False, True])
def test_a_message_of_more_than_8_kb_is_not_read(bank, till, asked, now, size, read, is_base64):
    bank.pay(asked.id)
    body = json.dumps(bank.notice(asked.id)).ljust(size)

    assert post(base64.b64encode(body.encode()).decode() if is_base64 else body, is_base64=is_base64) == DONE

    assert status(asked, now) == read


def test_every_field_missing_or_odd_is_answered(bank, till, asked, now):
    bank.pay(asked.id)
    whole = bank.notice(asked.id)["operation"]
    odd = (None, "", "x", -1, 1.5, True, [], {}, "\x00", "9" * 400)

    answers = {post(json.dumps({"operation": whole | {name: value}})) for name in whole for value in odd}
    answers |= {post(json.dumps({"operation": {n: v for n, v in whole.items() if n != name}})) for name in whole}

    assert answers == {DONE}


def test_a_business_without_keys_answers_the_same(clinic, bank, now):
    assert notify(bank, NOBODYS, "clinic") == DONE


@pytest.mark.parametrize(
    "slug",
    ["no-such-tenant", "salon", "_bancard_mock", "T#salon", "salon#PAYMENTS", "", "ñ", "x" * 3000],
    ids=lambda slug: slug[:20],
)
def test_of_a_business_that_is_suspended_or_unknown_there_is_no_webhook(bank, asked, now, slug):
    tenants.suspend("salon", now=now)
    process_cache.clear_all()
    bank.pay(asked.id)

    assert notify(bank, asked.id, slug) == NOT_FOUND


def test_another_business_learns_and_changes_nothing(bank, till, asked, clinic, now):
    banks.connect(now, "clinic", private_key="C" * 40)
    bank.pay(asked.id)

    assert notify(bank, asked.id, "clinic") == notify(bank, asked.id, "clinic", private_key="C" * 40) == DONE

    assert status(asked, now) == "PENDING"


def test_where_bancard_does_not_answer_us_it_is_answered_and_the_sweeper_asks(bank, till, asked, now):
    bank.pay(asked.id)
    bank.silent.add("confirmation")

    assert notify(bank, asked.id) == DONE

    bank.silent.clear()
    tills.sweep(now + SECOND)
    assert status(asked, now) == "PAID"


@pytest.mark.parametrize("state", ["PAID", "ROLLED_BACK", "DECLINED"])
def test_a_rollback_notice_is_answered_whatever_became_of_the_payment(bank, till, asked, now, state):
    bank.pay(asked.id)
    notify(bank, asked.id)
    bank.purchases[int(asked.id)]["state"] = state

    assert [notify(bank, asked.id, amount="0.00") for _ in range(2)] == [DONE] * 2

    assert (status(asked, now) == "REFUNDED") is (state == "ROLLED_BACK")


@pytest.mark.parametrize("kind", ["before", "throttle", "conflict"])
@pytest.mark.parametrize("number", range(3))
def test_where_the_table_is_down_bancard_may_come_again_and_then_it_pays(bank, till, asked, now, number, kind):
    bank.pay(asked.id)
    process_cache.clear_all()

    with faults.crashing(number, kind):
        told = notify(bank, asked.id)

    assert told in (DONE, LATER)
    assert notify(bank, asked.id) == DONE
    assert status(asked, now) == "PAID"
    tills.check(bank, till)


@pytest.mark.parametrize(
    ("code", "level"), [("ProvisionedThroughputExceededException", "WARNING"), ("ValidationException", "ERROR")]
)
def test_where_the_table_answers_nothing_bancard_may_come_again_and_a_fault_of_ours_is_an_error(
    bank, asked, code, level
):
    bank.pay(asked.id)

    with faults.answering("BatchGetItem", *[faults.refused(code)] * 50), logs.written() as written:
        assert notify(bank, asked.id) == LATER

    assert [one["message"] for one in written.lines(level)] == ["message not taken"]


def test_where_the_tables_answer_gets_lost_bancard_may_come_again(bank, till, asked, now):
    bank.pay(asked.id)
    notify(bank, NOBODYS)

    for number in range(3):
        with faults.crashing(number, "after"):
            assert notify(bank, asked.id) in (DONE, LATER)

    assert notify(bank, asked.id) == DONE
    assert [one.state for one in tills.ledger()] == ["PAID"]


def test_where_the_keys_cannot_be_opened_bancard_may_come_again(bank, asked, now):

    bank.pay(asked.id)
    process_cache.clear_all()

    with faults.answering("Decrypt", faults.refused("KMSInternalException"), client=kms._client()):
        assert notify(bank, asked.id) == LATER

    assert notify(bank, asked.id) == DONE
    assert status(asked, now) == "PAID"


PERSONAL = {"security_information": {"customer_ip": "198.51.100.77", "card_source": "L", "card_country": "PARAGUAY"}}
CARD = {"card_masked_number": "490786******0016", "extended_response_description": "TARJETA DE ANA"}


def test_no_line_of_the_log_holds_anything_of_token_card_or_key(bank, till, asked, now):
    bank.pay(asked.id)
    tokens = []

    def told(**changed):
        message = bank.notice(changed.pop("process_id", asked.id), **PERSONAL, **CARD, **changed)
        tokens.append(str(message["operation"]["token"]))
        return json.dumps(message)

    with logs.written() as written:
        for body in (
            told(token="f" * 32),
            told(private_key="X" * 40),
            told(process_id=NOBODYS),
            told(token=["f" * 32]),
        ):
            assert post(body) == DONE
        bank.silent.add("confirmation")
        post(told())
        bank.silent.clear()
        post(told())
        post(told())
        post(told(currency="p" * 40))
        with faults.crashing(0, "throttle"):
            post(told())

    outcomes = {one["outcome"] for one in written.lines() if one["message"] == "payment.notified"}
    assert outcomes >= {"FORGED", "PARKED", "DEFERRED", "ASKED", "REPEATED", "UNREADABLE"}
    hidden = [*tokens, "f" * 32, banks.PRIVATE_KEY, banks.PUBLIC_KEY, "198.51.100.77", "490786", "TARJETA", "654321"]
    assert not [one for one in hidden if one in written.text]


def test_nothing_of_token_or_card_is_stored(bank, till, asked, now):
    bank.pay(asked.id)
    for process_id in (asked.id, NOBODYS):
        post(json.dumps(bank.notice(process_id, **PERSONAL, **CARD)))

    partitions = (keys.payments_partition("salon"), keys.audit_partition("salon"), keys.ledger_partition("salon"))
    stored = str([dict(one.serialize()) for at in partitions for one in reads.span(at, "0", "~")])

    token = bank.notice(asked.id)["operation"]["token"]
    assert asked.id in stored
    assert not [one for one in (token, "198.51.100.77", "490786") if one in stored]


def test_warm_it_takes_three_round_trips(bank, till, asked, now):
    notify(bank, asked.id, token="0" * 32)
    notify(bank, asked.id)
    bank.pay(asked.id)

    with lines.trips() as seen:
        assert notify(bank, asked.id) == DONE

    assert seen == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    assert status(asked, now) == "PAID"


def test_warm_a_repeat_and_a_forgery_take_less(bank, till, asked, now):
    bank.pay(asked.id)
    notify(bank, asked.id)

    with lines.trips() as repeated:
        notify(bank, asked.id)
    with lines.trips() as forged:
        notify(bank, NOBODYS, token="0" * 32)

    assert (repeated, forged) == (["BatchGetItem"], ["BatchGetItem"])
