"""Raffles through their doors: who may, what is shown to whom, what comes out wrong."""

import json

import pytest

from mostrador.raffles import raffles
from mostrador.raffles.rules.prize_outcome import masked
from tests.support import days, sheets
from tests.support.days import shifted
from tests.support.http import admin, anybody, foreign, staff, superuser, viewer
from tests.support.raffles import BY_LOTTERY, SECRET, SECRETLY, body, drafted, drawn, frozen, opened, sell

BASE, PUBLIC = "/tenant/salon/api/raffles", "/tenant/salon/public/raffles"
OPENING = {"method": SECRETLY}


def test_a_raffle_is_made_changed_opened_and_closed_through_its_doors(salon, now):
    made = admin.call("POST", BASE, body(now, packages=[{"numbers": 5, "price": "40000"}]), Idempotency_Key="k1")
    one = f"{BASE}/{made.json['id']}"
    again = admin.call("POST", BASE, body(now, packages=[{"numbers": 5, "price": "40000"}]), Idempotency_Key="k1")
    changed = admin.call("PATCH", one, {"price": "12000"}, If_Match=made.headers["etag"])
    stale = admin.call("PATCH", one, {"price": "13000"}, If_Match=made.headers["etag"])
    opened_ = admin.call("POST", f"{one}/open", OPENING)
    closed = admin.call("POST", f"{one}/close")

    assert (made.status, again.json, stale.status) == (201, made.json, 412)
    assert (changed.json["price"], changed.json["packages"]) == ("12000", [{"numbers": 5, "price": "40000"}])
    assert (opened_.status, opened_.json["status"], closed.json["status"]) == (200, "OPEN", "CLOSED")
    assert opened_.json["commitment"]["method"] == SECRETLY
    assert viewer.call("GET", one).json == closed.json
    assert [row["id"] for row in viewer.call("GET", f"{BASE}?status=CLOSED").json["items"]] == [made.json["id"]]


def test_times_are_shown_on_the_raffles_clock(salon, now):
    told = viewer.call("GET", f"{BASE}/{drafted(now).id}").json

    assert told["sale_closes_at"] == shifted("2026-12-01T10:00:00-03:00")
    assert told["created_by"] == "eva"


def test_a_draft_is_deleted_and_gone(salon, now):
    one = f"{BASE}/{drafted(now).id}"

    assert admin.call("DELETE", one).status == 204
    assert admin.call("GET", one).status == 404


@pytest.mark.parametrize(
    "call",
    [
        ("POST", "", body(days.NOW)),
        ("PATCH", "/{id}", {"description": "x"}),
        ("DELETE", "/{id}", None),
        ("POST", "/{id}/open", OPENING),
        ("POST", "/{id}/close", None),
        ("POST", "/{id}/cancel", {"reason": "x"}),
        ("POST", "/{id}/draw", {}),
        ("POST", "/{id}/redraw", {"reason": "x", "method": {"name": "drand"}}),
        ("POST", "/{id}/prizes/1/delivery", {"delivered_to": "x"}),
        ("GET", "/{id}/export", None),
    ],
    ids=lambda call: f"{call[0]} {call[1]}",
)
def test_who_is_no_admin_of_the_tenant_changes_nothing(salon, clinic, now, call):
    method, path, sent = call
    raffle = frozen(now)
    url = BASE + path.format(id=raffle.id)

    assert {client.call(method, url, sent).status for client in (viewer, staff)} == {403}
    assert foreign.call(method, url, sent).status == 404
    assert raffles.get("salon", raffle.id, now=now).version == raffle.version


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "body.method"),
        ({"method": {"name": "dice"}}, "body.method"),
        ({"method": SECRETLY | {"secret_sha256": "AB" * 32}}, "body.method.commit_reveal.secret_sha256"),
        ({"method": {"name": "drand", "round": 1}}, "body.method.drand.round"),
        ({"method": SECRETLY, "unsold": "keep"}, "body.unsold"),
        ({"method": BY_LOTTERY | {"numbers": 0}}, "body.method.lottery.numbers"),
    ],
)
def test_an_opening_that_cannot_be_is_refused_with_its_field(salon, now, form, field):
    answer = admin.call("POST", f"{BASE}/{drafted(now).id}/open", form)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field), answer.text


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"last_number": 5}, "invalid_range"),
        ({"packages": [{"numbers": 3, "price": "90000"}]}, "invalid_package"),
        ({"draw_at": shifted("2026-12-01T13:05:00Z")}, "invalid_times"),
        ({"organiser_tax_id": "80028061-5"}, "invalid_tax_id"),
        ({"prizes": [{"name": "A"}] * 51}, "invalid_request"),
        ({"first_number": -1}, "invalid_request"),
        ({"hold_minutes": 1441}, "invalid_request"),
        ({"numbers_per_order": 91}, "invalid_request"),
        ({"permit": {"authority": "CONAJZAR"}}, "invalid_request"),
        ({"terms_url": "javascript:alert(1)"}, "invalid_request"),
        ({"winner": 7}, "invalid_request"),
    ],
)
def test_a_raffle_that_cannot_be_is_refused_and_says_why(salon, now, more, code):
    answer = admin.call("POST", BASE, body(now, **more))

    assert (answer.status, answer.json["code"]) == (422, code), answer.text
    assert all(fault["field"].startswith("body.") for fault in answer.json["errors"])


def test_an_unready_raffle_says_what_it_lacks_in_the_callers_language(salon, now):
    raffle = drafted(now, permit=None)

    answer = admin.call("POST", f"{BASE}/{raffle.id}/open", OPENING, Accept_Language="es")

    assert (answer.status, answer.json["code"], answer.json["country"]) == (409, "permit_missing", "PY")
    assert answer.json["errors"][0]["field"] is None
    assert answer.json["detail"].startswith("en este país una rifa se abre solo con su permiso")


def test_what_does_not_go_with_its_state_is_a_conflict_that_names_it(salon, now):
    url = f"{BASE}/{opened(now).id}"

    answers = [
        admin.call("PATCH", url, {"title": "Otra"}),
        admin.call("DELETE", url),
        admin.call("POST", f"{url}/draw", {"secret": SECRET}),
        viewer.call("GET", f"{url}/proof"),
        admin.call("POST", f"{url}/prizes/1/delivery", {"delivered_to": "A"}),
    ]

    codes = ["raffle_stands", "not_a_draft", "wrong_raffle_state", "not_frozen", "nobody_won"]
    assert [(answer.status, answer.json["code"]) for answer in answers] == [(409, code) for code in codes]
    assert [answer.json.get("current") for answer in answers] == ["OPEN"] * 4 + [None]


def test_a_redraw_by_a_lottery_is_refused_with_the_field(salon, now):
    form = {"reason": "Nadie vino", "method": BY_LOTTERY}

    answer = admin.call("POST", f"{BASE}/{drafted(now).id}/redraw", form, Accept_Language="es")

    fields = {error["field"]: error["value"] for error in answer.json["errors"]}
    assert answer.status == 422
    assert fields["body.method.name"] == "lottery"


def test_everybody_sees_what_was_opened_and_nobody_a_draft(salon, now):
    shown, draft = opened(now, description="Para el club"), drafted(now)

    listed = anybody.call("GET", PUBLIC)
    one = anybody.call("GET", f"{PUBLIC}/{shown.id}")

    assert [row["id"] for row in listed.json["items"]] == [shown.id]
    assert (one.json["title"], one.json["commitment_sha256"]) == ("Rifa solidaria", shown.commitment_digest)
    assert one.json["permit"]["authority"] == "CONAJZAR"
    assert not {"created_by", "version"} & set(one.json)
    assert anybody.call("GET", f"{PUBLIC}/{draft.id}").status == 404
    assert anybody.call("GET", f"/tenant/clinic/public/raffles/{shown.id}").status == 404


def test_the_winners_are_public_with_masked_names_and_staff_see_the_rest(salon, now):
    raffle = drawn(now)
    prize = f"{BASE}/{raffle.id}/prizes/1/delivery"
    assert admin.call("POST", prize, {"delivered_to": "María Fernández", "note": "C.I."}).status == 200

    public = anybody.call("GET", f"{PUBLIC}/{raffle.id}")
    own = viewer.call("GET", f"{BASE}/{raffle.id}").json

    first = public.json["winners"][0]
    assert first.keys() == {"prize", "name", "number", "order", "winner", "claim_by", "is_claimed", "is_delivered"}
    assert (first["name"], first["is_delivered"], len(first["number"])) == ("Moto", True, 3)
    assert first["claim_by"] == shifted("2027-01-31T10:00:00-03:00")
    assert "Fernández" not in public.text
    assert "+595" not in public.text
    assert own["winners"][0]["delivered_to"] == "María Fernández"
    assert own["winners"][0]["order_id"]


def test_a_draw_through_the_door_is_held_once(salon, now, monkeypatch):
    raffle = frozen(now)
    monkeypatch.setattr("mostrador.clock.now", lambda: raffle.draw_at)
    url = f"{BASE}/{raffle.id}/draw"

    wrong, first, again = (admin.call("POST", url, sent) for sent in ({"secret": "00"}, {"secret": SECRET}, {}))

    assert (wrong.status, wrong.json["code"]) == (409, "secret_does_not_match")
    assert (first.status, first.json["status"], first.json["draws"][0]["drawn_at"]) == (
        200,
        "DRAWN",
        shifted("2026-12-02T10:00:00-03:00"),
    )
    assert again.json == first.json


def test_the_proof_is_one_and_the_same_for_everybody_and_may_be_kept(salon, now):
    raffle = drawn(now)

    public = anybody.call("GET", f"{PUBLIC}/{raffle.id}/proof")
    own = viewer.call("GET", f"{BASE}/{raffle.id}/proof")
    known = anybody.call("GET", f"{PUBLIC}/{raffle.id}/proof", If_None_Match=public.headers["etag"])

    assert public.text == own.text
    assert json.loads(public.text)["root"] == raffle.root
    assert (public.headers["content-type"], known.status, known.text) == ("application/json", 304, "")


def test_the_export_is_a_sheet_for_who_asks_for_one(salon, now):
    raffle = drawn(now)
    sell(raffle, 99, now=now, name="=cmd()")
    url = f"{BASE}/{raffle.id}/export"

    rows = sheets.rows(admin.call("GET", url, accept="text/csv"))
    page = admin.call("GET", f"{url}?limit=5", accept="text/csv")

    assert len(rows) == 17
    assert {row["prize"] for row in rows} == {"", "1. Moto", "2. Bici"}
    assert next(row for row in rows if row["number"] == "099")["buyer"] == "'=cmd()"
    assert 'rel="next"' in page.headers["link"]


def test_a_place_that_cannot_be_is_not_there(salon, now):
    raffle = drawn(now)

    for place in ("0", "x", "1.0", "100", "-1"):
        url = f"{BASE}/{raffle.id}/prizes/{place}/delivery"
        assert admin.call("POST", url, {"delivered_to": "A"}).status == 404


def test_a_suspended_tenants_raffles_are_not_there_for_anybody(salon, now):
    raffle = drawn(now)
    superuser.call("POST", "/admin/tenants/salon/suspend")

    for client, url in ((anybody, f"{PUBLIC}/{raffle.id}"), (anybody, PUBLIC), (viewer, f"{BASE}/{raffle.id}/proof")):
        assert client.call("GET", url).status == 404


@pytest.mark.parametrize(
    ("name", "shown"),
    [("María Fernández", "María F."), ("Ana", "Ana"), ("Luz Marina Ojeda", "Luz M."), ("  Li   Wu ", "Li W.")],
)
def test_a_name_is_masked(name, shown):
    assert masked(name) == shown
