"""A raffle from its draft to a proof that anybody verifies, with the sweeper and the beacon of the local stack."""

import json

import pytest

from local import beacon
from tests.journeys import days
from tests.journeys.conftest import swept
from tests.journeys.drawing import hurry, verified
from tests.journeys.visitors import problem
from tests.support.raffles import body

pytestmark = [pytest.mark.journey, pytest.mark.core]


@pytest.fixture(scope="module")
def public(business):
    return f"{business.public}/raffles"


@pytest.fixture
def on_sale(business, admin):
    """An open raffle that the beacon will draw, and its URL below the API's."""
    made = admin.call("POST", f"{business.api}/raffles", body(days.moment(), price="5.00"))
    assert made.status_code == 201, made.text
    one = f"{business.api}/raffles/{made.json()['id']}"
    opened = admin.call("POST", f"{one}/open", {"method": {"name": "drand"}})
    assert opened.status_code == 200, opened.text
    return opened.json(), one


def sell(staff, one, *numbers):
    form = {"numbers": list(numbers), "customer": {"name": "María Fernández", "phone": f"0983 {numbers[0]:06d}"}}
    paid, key = {"paid": {"method": "CASH"}}, f"sold-{numbers[0]}"
    answer = staff.call("POST", f"{one}/orders", form | paid, Idempotency_Key=key)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_what_was_sold_is_frozen_drawn_and_verified(
    business, admin, staff, viewer, http, stack, on_sale, public, tmp_path
):
    raffle, one = on_sale
    sold = [sell(staff, one, 7, 8, 9), sell(staff, one, 42)]
    problem(viewer.call("GET", f"{one}/proof"), 409, "not_frozen")
    assert admin.call("POST", f"{one}/close").json()["status"] == "CLOSED"
    hurry(stack, business.slug, raffle["id"])

    def shown():
        return http.get(f"{public}/{raffle['id']}").json()

    swept(stack, lambda: shown()["root"])
    frozen = shown()
    swept(stack, lambda: shown()["status"] == "DRAWN")
    drawn = shown()

    assert (frozen["status"], frozen["sold_count"], drawn["status"], drawn["root"]) == (
        "CLOSED",
        4,
        "DRAWN",
        frozen["root"],
    )
    assert {winner["winner"] for winner in drawn["winners"]} == {"María F."}
    assert {winner["order"] for winner in drawn["winners"]} <= {order["code"] for order in sold}
    proof = http.get(f"{public}/{raffle['id']}/proof").text
    asked = drawn["draws"][0]["method"]["chain_hash"]
    assert asked == beacon.chain().chain_hash
    info = {"hash": asked, "public_key": beacon.chain().public_key, "genesis_time": beacon.chain().genesis, "period": 3}
    (tmp_path / "chain.json").write_text(json.dumps(info))
    noted = ["--commitment", frozen["commitment_sha256"], "--root", frozen["root"]]
    status, said = verified(tmp_path, proof, "--chain", str(tmp_path / "chain.json"), *noted)
    assert (status, said.splitlines()[0]) == (0, f"GOOD   raffle {raffle['id']}: 4 sold of 1-100"), said

    again = admin.call("POST", f"{one}/draw", {})
    assert [winner["number"] for winner in again.json()["winners"]] == [one["number"] for one in drawn["winners"]]
    given = admin.call("POST", f"{one}/prizes/1/delivery", {"delivered_to": "María Fernández"})
    assert given.json()["winners"][0]["delivered_to"] == "María Fernández"
    sheet = admin.call("GET", f"{one}/export", accept="text/csv").text.splitlines()
    assert len(sheet) == 5
    problem(staff.call("GET", f"{one}/export"), 403, "forbidden")


def test_a_raffle_that_is_cancelled_stays_public_and_is_open_no_more(admin, http, stranger, on_sale, public):
    raffle, one = on_sale

    problem(stranger.call("POST", f"{one}/cancel", {"reason": "x"}), 404, "not_found")
    assert admin.call("POST", f"{one}/cancel", {"reason": "Sin permiso"}).json()["status"] == "CANCELLED"

    shown = http.get(f"{public}/{raffle['id']}").json()
    assert (shown["status"], shown["cancel_reason"]) == ("CANCELLED", "Sin permiso")
    problem(admin.call("POST", f"{one}/open", {"method": {"name": "drand"}}), 409, "wrong_raffle_state")


def test_a_draft_is_edited_by_version_and_deleted(business, admin, viewer, http, public):
    made = admin.call("POST", f"{business.api}/raffles", body(days.moment(), price="5.00"))
    one = f"{business.api}/raffles/{made.json()['id']}"

    problem(http.get(f"{public}/{made.json()['id']}"), 404, "not_found")
    assert admin.call("PATCH", one, {"price": "6.00"}, If_Match=made.headers["etag"]).json()["price"] == "6.00"
    problem(admin.call("PATCH", one, {"price": "7.00"}, If_Match=made.headers["etag"]), 412, "stale")
    problem(viewer.call("DELETE", one), 403, "forbidden")
    assert admin.call("DELETE", one).status_code == 204
    problem(viewer.call("GET", one), 404, "not_found")
