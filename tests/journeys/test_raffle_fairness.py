"""What an organiser may try after the outcome can be known, and how a winner claims, through the deployed stack."""

import json
from datetime import timedelta

import pytest

from local import beacon
from tests.journeys import days
from tests.journeys.conftest import swept
from tests.journeys.drawing import hurry, verified
from tests.journeys.visitors import Visitor, aws, problem
from tests.support.raffles import SECRETLY, body

pytestmark = pytest.mark.journey


def on_sale(business, admin, method):
    """An open raffle with two prizes, below the API's address."""
    made = admin.call("POST", f"{business.api}/raffles", body(days.moment(), price="5.00", claim_days=1))
    assert made.status_code == 201, made.text
    one = f"{business.api}/raffles/{made.json()['id']}"
    opened = admin.call("POST", f"{one}/open", {"method": method})
    assert opened.status_code == 200, opened.text
    return opened.json(), one


def bought(http, business, staff, raffle, number):
    """The token of a customer's own order of one number, which staff has confirmed."""
    form = {"numbers": [number], "name": f"Ana {number}", "phone": f"0983 9{number:05d}"}
    placed = Visitor(http).call("POST", f"{business.public}/raffles/{raffle['id']}/orders", form)
    assert placed.status_code == 201, placed.text
    listed = staff.call("GET", f"{business.api}/raffles/{raffle['id']}/orders").json()["items"]
    (order,) = [one for one in listed if one["code"] == placed.json()["code"]]
    key = f"fair-{raffle['id']}-{number}"
    paid = staff.call("POST", f"{business.api}/orders/{order['id']}/confirm", {"method": "CASH"}, Idempotency_Key=key)
    assert paid.status_code == 200, paid.text
    return placed.json()["token"]


def long_ago(stack, slug, raffle_id):
    """Move the first draw 30 days back in its own item: nobody waits for the end of a claim in a test."""
    table, key = aws(stack, "dynamodb"), {"pk": {"S": f"T#{slug}#RAFFLE#{raffle_id}"}, "sk": {"S": "DRAW#0001"}}
    record = json.loads(table.get_item(TableName=stack.table_name, Key=key)["Item"]["record"]["S"])
    record["drawn_at"] = (days.moment() - timedelta(days=30)).isoformat()
    table.update_item(
        TableName=stack.table_name,
        Key=key,
        UpdateExpression="SET #r = :r",
        ExpressionAttributeNames={"#r": "record"},
        ExpressionAttributeValues={":r": {"S": json.dumps(record)}},
    )


def test_the_author_of_a_secret_cannot_cancel_or_edit_once_the_sale_has_ended(business, admin, stack):
    raffle, one = on_sale(business, admin, SECRETLY)
    assert admin.call("POST", f"{one}/close").status_code == 200

    problem(admin.call("POST", f"{one}/cancel", {"reason": "No conviene"}), 409, "outcome_known")
    assert admin.call("PATCH", one, {"description": "Antes del corte"}).status_code == 200
    hurry(stack, business.slug, raffle["id"])
    problem(admin.call("PATCH", one, {"description": "Después del corte"}), 409, "raffle_stands")


def test_a_winner_claims_and_only_the_other_prize_is_drawn_again(business, admin, staff, http, stack, tmp_path):
    raffle, one = on_sale(business, admin, {"name": "drand"})
    tokens = [bought(http, business, staff, raffle, number) for number in (7, 42)]
    assert admin.call("POST", f"{one}/close").status_code == 200
    hurry(stack, business.slug, raffle["id"])
    swept(stack, lambda: admin.call("GET", one).json()["root"])
    swept(stack, lambda: admin.call("GET", one).json()["status"] == "DRAWN")
    drawn = admin.call("GET", one).json()

    problem(admin.call("POST", f"{one}/cancel", {"reason": "No conviene"}), 409, "wrong_raffle_state")
    chain = beacon.chain()
    info = {"hash": chain.chain_hash, "public_key": chain.public_key, "genesis_time": chain.genesis, "period": 3}
    (tmp_path / "chain.json").write_text(json.dumps(info))
    noted = [
        "--commitment",
        drawn["commitment_sha256"],
        "--root",
        drawn["root"],
        "--chain",
        str(tmp_path / "chain.json"),
    ]
    status, said = verified(tmp_path, http.get(f"{business.public}/raffles/{raffle['id']}/proof").text, *noted)
    assert status == 0, said

    buyer, own = Visitor(http), f"{business.public}/orders/{tokens[0]}"
    (won,) = buyer.call("GET", own).json()["prizes"]
    claimed = buyer.call("POST", f"{own}/claim")
    assert claimed.status_code == 200, claimed.text
    assert buyer.call("POST", f"{own}/claim").json() == claimed.json()
    assert claimed.json()["prizes"][0]["claimed_at"]
    shown = http.get(f"{business.public}/raffles/{raffle['id']}").json()["winners"]
    assert {winner["prize"] for winner in admin.call("GET", one).json()["winners"] if winner["is_claimed"]} == {
        won["prize"]
    }
    assert len(shown) == 2

    again = {"reason": "Nadie lo reclamó", "method": {"name": "drand"}}
    problem(admin.call("POST", f"{one}/redraw", again), 409, "prize_not_unclaimed")
    long_ago(stack, business.slug, raffle["id"])
    problem(admin.call("POST", f"{one}/redraw", again | {"prizes": [won["prize"]]}), 409, "prize_not_unclaimed")
    announced = admin.call("POST", f"{one}/redraw", again)
    assert announced.status_code == 200, announced.text
    assert announced.json()["draws"][1]["prizes"] == [3 - won["prize"]]
    problem(admin.call("POST", f"{one}/redraw", again | {"reason": "Otro motivo"}), 409, "already_announced")

    proof = admin.call("GET", f"{one}/proof").text
    digest = json.loads(proof)["draws"][1]["terms_sha256"]
    status, said = verified(tmp_path, proof, *noted, "--redraw", digest)
    assert status == 1, said  # we moved the draw in the table, and no true commitment says so
    assert f"before the time to claim prize {3 - won['prize']} ended" in said
