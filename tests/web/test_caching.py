import pytest

from local import routes
from mostrador.web import caching
from tests.support import raffles
from tests.support.days import shifted
from tests.support.http import Client, admin, anybody, staff, superuser, viewer

SALON = "/tenant/salon/api"
PUBLIC = "/tenant/salon/public"
FORGED = "a" * 43


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch, now):
    from mostrador import clock

    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def booked(haircut):
    at = shifted("2026-12-01T12:00:00Z")
    form = {"service_id": haircut.id, "scheduled_at": at, "customer_data": {"name": "Ana", "phone": "0981 123 456"}}
    return anybody.call("POST", f"{PUBLIC}/appointments", form).json


@pytest.fixture
def raffle(salon, now):
    return raffles.opened(now)


@pytest.mark.parametrize(
    ("path", "seconds"),
    [
        ("", 60),
        ("/services", 60),
        ("/services/", 60),
        ("/raffles", 15),
        ("/raffles/{raffle}", 15),
        ("/raffles/{raffle}/board", 2),
    ],
)
def test_public_data_may_be_kept_by_anybody_for_seconds(haircut, raffle, path, seconds):
    url = PUBLIC + path.format(raffle=raffle.id)
    answer = anybody.call("GET", url)

    assert (answer.status, answer.headers["cache-control"]) == (200, f"public, max-age={seconds}")
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    for known in (answer.headers["etag"], f'"other", {answer.headers["etag"]}', "*"):
        again = anybody.call("GET", url, if_none_match=known)
        assert (again.status, again.text) == (304, "")
        assert again.headers["etag"] == answer.headers["etag"]
        assert again.headers["cache-control"] == f"public, max-age={seconds}"
    assert anybody.call("GET", url, if_none_match='"other"').status == 200


def test_a_change_gives_another_etag(haircut):
    before = anybody.call("GET", f"{PUBLIC}/services").headers["etag"]
    assert admin.call("PATCH", f"{SALON}/services/{haircut.id}", {"name": "Corte nuevo"}).status == 200

    answer = anybody.call("GET", f"{PUBLIC}/services", if_none_match=before)

    assert answer.status == 200
    assert answer.headers["etag"] != before
    assert answer.json["items"][0]["name"] == "Corte nuevo"


def test_the_file_of_a_public_list_is_another_answer(haircut):
    as_json = anybody.call("GET", f"{PUBLIC}/services")
    as_file = anybody.call("GET", f"{PUBLIC}/services", accept="text/csv", if_none_match=as_json.headers["etag"])

    assert (as_file.status, as_file.headers["cache-control"]) == (200, "public, max-age=60")
    assert as_file.headers["etag"] != as_json.headers["etag"]


def test_whatever_holds_personal_data_or_a_token_is_stored_nowhere(haircut, booked):
    answers = [
        anybody.call("GET", f"{PUBLIC}/appointments/{booked['token']}"),
        anybody.call("GET", f"{PUBLIC}/appointments/{FORGED}"),
        anybody.call("GET", f"{PUBLIC}/availability?service={haircut.id}&date={shifted('2026-12-01')}"),
        anybody.call("POST", f"{PUBLIC}/appointments", {}),
        anybody.call("GET", f"{PUBLIC}/services?x=1"),
        anybody.call("GET", "/tenant/nobody/public"),
        anybody.call("POST", f"{PUBLIC}/appointments", raw="{"),
        *(
            viewer.call("GET", f"{SALON}/{path}")
            for path in ("appointments", "customers", "services", "tenant", "raffles")
        ),
        viewer.call("GET", f"{SALON}/customers", accept="text/csv"),
        staff.call("GET", f"{SALON}/payments"),
        admin.call("POST", f"{SALON}/keys", {"name": "Web", "role": "viewer"}),
        admin.call("POST", f"{SALON}/feeds", {}),
        superuser.call("GET", "/admin/tenants"),
        Client({"salon": "viewer"}).call("GET", "/me"),
    ]

    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert {answer.status for answer in answers} == {200, 201, 400, 404, 422}


def test_one_entity_keeps_its_version_as_its_etag(haircut):
    answer = viewer.call("GET", f"{SALON}/services/{haircut.id}", if_none_match='"1"')

    assert (answer.status, answer.headers["etag"], answer.headers["cache-control"]) == (200, '"1"', "no-store")


def test_a_time_that_the_handler_names_stays(raffle):
    answer = viewer.call("GET", f"{SALON}/raffles/{raffle.id}/board")

    assert answer.headers["cache-control"] == "private, max-age=2"


def test_an_answer_of_an_older_body_is_not_taken_for_the_newer():
    event = {"httpMethod": "GET", "path": PUBLIC, "headers": {"If-None-Match": caching._etag("old")}}
    public = {"statusCode": 200, "multiValueHeaders": {"Cache-Control": ["public, max-age=2"]}}

    assert caching.kept(event, public | {"body": "new"})["statusCode"] == 200
    assert caching.kept(event, public | {"body": "old"})["statusCode"] == 304


def test_no_other_route_lets_a_cache_keep_its_answer():
    public = {route.path for _, route in routes.of_doors() if route.public_for}
    private = {route.path for _, route in routes.of_doors() if route.private_for}

    assert {path.removeprefix("/tenant/{slug}/public") for path in public} == {
        "", "/services", "/raffles", "/raffles/{raffle_id}", "/raffles/{raffle_id}/board", "/raffles/{raffle_id}/proof",
        "/openapi.json",
    }  # fmt: skip
    assert {path.rpartition("/")[2] for path in private} == {"board", "proof", "{file}"}
    assert not any("token" in path for path in public | private)
    answer = caching.kept({"httpMethod": "GET", "path": PUBLIC}, {"statusCode": 200, "body": "x"})
    assert answer["multiValueHeaders"]["Cache-Control"] == ["no-store"]
