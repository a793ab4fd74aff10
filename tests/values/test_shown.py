"""The forms that answers state, against the values that the code makes, and against others."""

import re
from decimal import Decimal
from hashlib import sha256
from zoneinfo import available_timezones

import pytest
from pydantic import TypeAdapter

from mostrador import ids, signed_links
from mostrador.payments.rules import bancard
from mostrador.raffles.rules.states import printed_number, public_code
from mostrador.values import money, phones, shown

MADE = {
    shown.Id: [ids.new(), ids.derived("salon", "order", "k1")],
    shown.Slug: ["salon", "peluqueria-nanduti"],
    shown.Amount: [money.text(Decimal(0), "PYG"), money.text(Decimal("25"), "USD"), money.text(Decimal("1.5"), "CLF")],
    shown.Currency: sorted(money.CURRENCIES),
    shown.TimeZone: sorted(available_timezones() - {"Factory", "localtime"}),
    shown.Phone: [phones.normalised("0981 123 456", "PY"), phones.normalised("+1 202 555 0143", "PY")],
    shown.Token: [signed_links.token("salon", "order", ids.new())],
    shown.Sha256: [sha256(b"").hexdigest()],
    shown.PaymentId: [ids.new(), str(bancard.process_id_of(0)), str(bancard.process_id_of(2**64 - 1))],
    shown.OrderCode: [public_code(ids.new())],
    shown.Number: [printed_number(7, 999), printed_number(999_999, 999_999)],
    shown.ClosureId: ["2026-12-25", f"2026-12-25-{ids.new()}"],
    shown.User: ["0b9f0f5e-3a1b-4c55-8a0e-3f2f8d9a1c11", f"key:{ids.new()}", "public", "system"],
    shown.Path: [
        "/tenant/salon/public/orders/a.B-_",
        f"/calendar/{signed_links.token('salon', 'feed', ids.new())}.ics",
    ],
    shown.Url: ["https://b.test/i.png?a=1", "http://localhost:4566/x"],
}
OTHERS = {
    shown.Id: ["", ids.new().upper(), f"{ids.new()}0"],
    shown.Amount: ["-1", "1,5", "1.", ""],
    shown.Currency: ["pyg", "GUARANI"],
    shown.Phone: ["0981123456", "+0981"],
    shown.Token: ["a b", ""],
    shown.Sha256: ["ab"],
    shown.OrderCode: ["ABCDEFGH10"],
    shown.Number: ["1234567", "-1"],
    shown.Path: ["tenant", "https://b.test"],
    shown.Url: ["b.test", "ftp://b.test"],
}


def pattern_of(kind):
    return TypeAdapter(kind).json_schema(mode="serialization")["pattern"]


def cases(values):
    pairs = [(kind, value) for kind, several in values.items() for value in several]
    return [pytest.param(*pair, id=str(place)) for place, pair in enumerate(pairs)]  # some values are new each time


@pytest.mark.parametrize(("kind", "value"), cases(MADE))
def test_a_value_that_we_make_has_the_form_that_we_state(kind, value):
    assert re.search(pattern_of(kind), value)


@pytest.mark.parametrize(("kind", "value"), cases(OTHERS))
def test_another_value_has_not(kind, value):
    assert not re.search(pattern_of(kind), value)


def test_no_form_is_checked_when_an_answer_is_made():
    assert TypeAdapter(shown.Id).validate_python("anything") == "anything"
