"""What may be stored and logged of Bancard's messages: nothing of the card, the person or the keys."""

import json
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from mostrador.payments.rules import bancard_masking
from tests.support.notices import CONFIRM, NOTICE, anything, notices

SECRETS = """token public_key private_key alias_token card_masked_number card_brand payment_card_type cvv cvv2
expiration_date customer_ip ci phone user_cell_phone mail user_mail card_id Token ALIAS_TOKEN""".split()


def size(kept):
    parts = kept.values() if isinstance(kept, dict) else kept if isinstance(kept, list) else []
    return (len(kept) if isinstance(kept, dict) else 0) + sum(map(size, parts))


def test_what_is_kept_of_a_notice_tells_how_it_went_and_of_whom_nothing():
    kept = bancard_masking.masked({"operation": NOTICE})["operation"]

    assert kept["security_information"] == {
        "customer_ip": "***", "card_source": "***", "card_country": "***", "risk_index": 0
    }  # fmt: skip
    assert kept["token"] == "***"
    assert {name: kept[name] for name in NOTICE if name not in ("token", "security_information")} == {
        name: value for name, value in NOTICE.items() if name not in ("token", "security_information")
    }


def test_a_secret_is_masked_whatever_it_is(subtests):
    for name, value in product(SECRETS, ["secret", 4907860500000016, ["secret"], {"a": "secret"}, None]):
        with subtests.test(name=name, value=value):
            assert bancard_masking.masked({name: value, "amount": "1"}) == {name: "***", "amount": "1"}


def test_a_token_in_another_place_is_masked_as_well():
    kept = bancard_masking.masked(
        {"status": "error", "messages": [{"key": "X", "level": "error", "dsc": f"bad {CONFIRM}"}]}
    )

    assert kept["messages"] == [{"key": "X", "level": "error", "dsc": "bad ***"}]


def test_what_is_nested_and_unknown_is_named_and_not_kept():
    kept = bancard_masking.masked({"billing_response": {"status": "x"}, "items": [1], "huge": 10**5000})

    assert kept == {"billing_response": "(dict)", "items": "(list)", "huge": "(int)"}


def test_what_counts_is_kept_whatever_else_comes():
    kept = bancard_masking.masked({f"noise {number}": "x" for number in range(500)} | {"operation": NOTICE})

    assert kept["operation"]["response_code"] == "00"
    assert size(kept) == 40


@given(notices, st.sampled_from(SECRETS), st.integers(10**17, 10**18))
def test_no_secret_survives_and_what_is_kept_is_small(raw, name, secret):
    hidden = {name: f"s{secret}", "nested": {name: f"s{secret}"}}

    kept = bancard_masking.masked(raw | hidden | {"operation": hidden, "messages": [hidden, raw]})

    assert f"s{secret}" not in json.dumps(kept, ensure_ascii=False)
    assert size(kept) <= 40
    assert len(json.dumps(kept, ensure_ascii=False).encode()) < 40 * 1000


@given(anything)
def test_anything_can_be_masked_and_written_as_json(raw):
    json.dumps(bancard_masking.masked(raw), allow_nan=False)
