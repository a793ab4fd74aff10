"""The picture of a raffle and the list of its numbers, as callers get them."""

from base64 import b64decode

import pytest

from mostrador.raffles.rules.board import NumberState
from tests.support import sheets
from tests.support.boards import draft, on_sale, project, set_state
from tests.support.days import shifted
from tests.support.http import admin, anybody, staff, viewer


@pytest.fixture
def raffle(salon, now):
    """Ten thousand numbers, of which 42 is sold, 43 reserved."""
    made = on_sale(now=now, first=0, last=9_999)
    set_state(made, 42, NumberState.SOLD, order_id="a" * 32)
    set_state(made, 43, NumberState.RESERVED, order_id="b" * 32)
    project(made, 42, 43, now=now)
    return made


def at(raffle, what, part="api"):
    return f"/tenant/salon/{part}/raffles/{raffle.id}/{what}"


def test_a_viewer_sees_the_picture_of_all_numbers(raffle):
    answer = viewer.call("GET", at(raffle, "board"))

    told = answer.json
    assert answer.status == 200
    assert (told["first_number"], told["last_number"]) == (0, 9_999)
    assert told["counts"] == {"free": 9_998, "reserved": 1, "sold": 1}
    assert (told["as_of"], told["lag_seconds"]) == (shifted("2026-11-30T13:00:00Z"), 0)
    codes = [b64decode(told["bits"])[number // 4] >> number % 4 * 2 & 3 for number in (41, 42, 43)]
    assert [told["legend"][code] for code in codes] == ["free", "sold", "reserved"]


def test_the_picture_of_ten_thousand_numbers_is_less_than_4_kb(raffle):
    assert len(viewer.call("GET", at(raffle, "board")).text.encode()) <= 4_000


def test_anybody_sees_the_picture_without_an_account(raffle):
    assert anybody.call("GET", at(raffle, "board", "public")).json == viewer.call("GET", at(raffle, "board")).json


def test_a_draft_is_not_there_for_the_public(salon, now):
    made = draft(now=now)

    assert viewer.call("GET", at(made, "board")).status == 200
    assert anybody.call("GET", at(made, "board", "public")).status == 404


def test_who_has_the_picture_is_told_so_until_it_changes(raffle, now):
    first = anybody.call("GET", at(raffle, "board", "public"))
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "public, max-age=2"

    same = anybody.call("GET", at(raffle, "board", "public"), if_none_match=etag)
    set_state(raffle, 44, NumberState.SOLD)
    project(raffle, 44, now=now)
    other = anybody.call("GET", at(raffle, "board", "public"), if_none_match=etag)

    assert (same.status, same.text) == (304, "")
    assert (other.status, other.json["counts"]["sold"]) == (200, 2)


def test_an_admin_has_the_picture_made_anew(raffle):
    set_state(raffle, 42, NumberState.FREE)  # of which the stream does not tell

    answer = admin.call("POST", at(raffle, "board/rebuild"))

    assert (answer.status, answer.json["counts"]) == (200, {"free": 9_999, "reserved": 1, "sold": 0})


def test_staff_see_whose_a_number_is(raffle):
    answer = staff.call("GET", f"{at(raffle, 'numbers')}?from=41&to=42")

    assert answer.json == {
        "items": [
            {"number": "0041", "state": "free", "order_id": None, "hold_expires_at": None},
            {"number": "0042", "state": "sold", "order_id": "a" * 32, "hold_expires_at": None},
        ],
        "next": None,
    }


def test_a_viewer_sees_the_numbers_and_not_whose_they_are(raffle):
    answer = viewer.call("GET", f"{at(raffle, 'numbers')}?from=42&limit=1")

    assert answer.json["items"] == [{"number": "0042", "state": "sold"}]
    assert answer.json["next"]


def test_the_numbers_of_one_state_come_as_csv_too(raffle):
    answer = staff.call("GET", f"{at(raffle, 'numbers')}?state=sold&to=100", accept="text/csv")

    (row,) = sheets.rows(answer)
    assert row == {
        "number": "0042", "state": "sold", "order_id": "a" * 32, "hold_expires_at": "", "hold_expires_at_local": "",
    }  # fmt: skip


@pytest.mark.parametrize("query", ["from=5&to=4", "from=-1", "to=x", "state=lost", "limit=0"])
def test_a_window_that_cannot_be_is_refused(raffle, query):
    answer = staff.call("GET", f"{at(raffle, 'numbers')}?{query}")

    assert (answer.status, answer.json["code"]) == (422, "invalid_request")


def test_the_public_of_another_tenant_finds_no_such_raffle(raffle, clinic):
    url = at(raffle, "board", "public")

    assert anybody.call("GET", url).status == 200
    assert anybody.call("GET", url.replace("salon", "clinic")).status == 404
