"""R6: every route of the template with every wrong credential and every foreign id; nothing may be read."""

import pytest

from mostrador import process_cache
from mostrador.people import members
from mostrador.people.rules.permissions import Role
from mostrador.tenancy import tenants
from mostrador.web import access_tokens
from tests.conftest import NOW
from tests.support import gateway, samples, snapshots, template
from tests.support import raffles as raffle_forms
from tests.support.days import shifted
from tests.support.gateway import DENIED, UNAUTHORIZED, tenants_touched

ROUTES = [(method, path) for method, path, _ in template.routes()]
CLOSED = [(method, path) for method, path in ROUTES if (method, path) not in gateway._open_routes()]
CLOSED += [(method, path) for method, path, _ in template.old_routes()]
OF_TENANTS = [(method, path) for method, path in CLOSED if path.startswith("/tenant/{slug}/")]
OF_PUBLIC = [(method, path) for method, path in ROUTES if path.startswith("/tenant/{slug}/public")]
WITH_IDS = [(method, path) for method, path in OF_TENANTS if path.count("{") > 1]
NOON = shifted("2026-12-01T12:00:00Z")
NOT_LISTS = (
    *("/availability", "/tenant", "/usage", "/verify", "/closures", "/members"),
    *("/integrations", "/BANCARD", "/report", "/GOOGLE_CALENDAR", "/drift"),
)
LISTS = [
    (method, path)
    for method, path in OF_TENANTS
    if method == "GET" and path.count("{") == 1 and not path.endswith(NOT_LISTS)
]


@pytest.fixture(autouse=True)
def pool(table, monkeypatch):
    """The user pool serves the keys of the tests' tokens."""
    monkeypatch.setattr(access_tokens._keys, "fetch_data", lambda: {"keys": gateway.JWKS})
    access_tokens._keys.jwk_set_cache = None


@pytest.fixture
def both(salon, clinic, now):
    """An admin of each tenant: ``of-salon`` and ``of-clinic``."""

    def add():
        for slug in ("salon", "clinic"):
            members.add(slug, f"of-{slug}", email=f"admin@{slug}.example.com", role=Role.ADMIN, now=now)

    snapshots.once("both", add)


def of(slug):
    return gateway.token(sub=f"of-{slug}")


def root():
    return gateway.token(sub="root", **{"cognito:groups": ["superuser"]})


def ask(bearer, method, path, slug="salon", **ids):
    url, headers = samples.url(path, slug=slug, **ids), samples.headers(method, path)
    return gateway.call(bearer, method, url, samples.body(method, path), **headers)


def make(slug):
    """One of everything in a tenant, by what a path or a body calls it."""
    api, mine = f"/tenant/{slug}/api", of(slug)

    def post(path, body, **headers):
        answer = gateway.call(mine, "POST", f"{api}/{path}", body, **headers)
        assert answer.status == 201, answer.text
        return answer.json

    (resource,) = gateway.call(mine, "GET", f"{api}/resources").json["items"]
    service = post("services", {"name": "Corte", "duration_minutes": 30, "price": "80"})
    start = {"service_id": service["id"], "scheduled_at": shifted("2026-12-01T15:00:00Z")}
    booked = post("appointments", start | {"customer_data": {"name": "Ana", "phone": "+595981123456"}})
    waiting = post(
        "waiting", {"service_id": service["id"], "date": shifted("2026-12-02"), "customer_id": booked["customer_id"]}
    )
    for path, body in (
        ("services", {"name": "Tinte", "duration_minutes": 90, "price": "90"}),
        ("resources", {"name": "Silla 2"}),
        ("appointments", start | {"scheduled_at": shifted("2026-12-01T16:00:00Z"), "customer_data": {"name": "Beto"}}),
        ("waiting", {"service_id": service["id"], "date": shifted("2026-12-03"), "customer_id": booked["customer_id"]}),
        ("feeds", {}),
        ("keys", {"name": "otra", "role": "viewer"}),
    ):
        post(path, body)
    for _ in range(2):
        raffle = post("raffles", raffle_forms.body(NOW))
    assert (
        gateway.call(mine, "POST", f"{api}/raffles/{raffle['id']}/open", {"method": raffle_forms.SECRETLY}).status
        == 200
    )
    for number in (1, 2):
        buyer = {"numbers": [number], "customer_id": booked["customer_id"], "paid": {"method": "CASH"}}
        order = post(f"raffles/{raffle['id']}/orders", buyer, Idempotency_Key=f"sold-{number}")
    (payment, _) = gateway.call(mine, "GET", f"{api}/payments").json["items"]
    post("closures", {"name": f"Feriado de {slug}", "date": shifted("2026-12-25")})
    hour = {"starts_at": shifted("2026-12-05T12:00:00Z"), "ends_at": shifted("2026-12-05T13:00:00Z")}
    block = {"title": "Almuerzo", "resource_ids": [resource["id"]]} | hour
    post("blocks", block)
    dates = {"service_id": service["id"], "count": 2, "customer_id": booked["customer_id"]}
    post("series", dates | {"scheduled_at": shifted("2026-12-08T15:00:00Z")})
    series = post("series", dates | {"scheduled_at": shifted("2026-12-07T15:00:00Z")})
    post("tills", {"drawer": "Barra", "opening_float": "0"})
    till = post("tills", {"drawer": "Mostrador", "opening_float": "0"})
    return {
        "till_id": till["id"],
        "series_id": series["series_id"],
        "service_id": service["id"],
        "resource_id": resource["id"],
        "customer_id": booked["customer_id"],
        "appointment_id": booked["id"],
        "waiting_id": waiting["id"],
        "feed_id": post("feeds", {})["id"],
        "block_id": post("blocks", block)["id"],
        "key_id": post("keys", {"name": "tienda", "role": "viewer"})["id"],
        "user": f"of-{slug}",
        "closure_id": shifted("2026-12-25"),
        "raffle_id": raffle["id"],
        "order_id": order["id"],
        "payment_id": payment["id"],
        "number": "1",
        "place": "1",
    }


@pytest.fixture
def theirs(both):
    """What the clinic has; the salon has none of it, but for the same kinds of things."""

    def made():
        found = make("clinic")
        make("salon")
        gateway.call(of("salon"), "DELETE", shifted("/tenant/salon/api/closures/2026-12-25"))
        return found

    return snapshots.once("theirs", made)


@pytest.mark.parametrize(("method", "path"), WITH_IDS)
def test_another_tenants_ids_in_the_path_are_not_there(theirs, method, path):
    with tenants_touched() as touched:
        answer = ask(of("salon"), method, path, **theirs)

    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert touched.slugs <= {"salon"}


@pytest.mark.parametrize(("path", "body"), [
    ("appointments", {"service_id": "", "scheduled_at": NOON, "customer_data": {"name": "B"}}),
    ("appointments", {"service_id": "own", "scheduled_at": NOON, "customer_id": ""}),
    (
        "appointments",
        {
            "service_id": "own",
            "scheduled_at": shifted("2026-12-01T12:00:00Z"),
            "customer_data": {"name": "B"},
            "resource_id": "",
        },
    ),
    (
        "series",
        {
            "service_id": "",
            "scheduled_at": shifted("2026-12-01T12:00:00Z"),
            "customer_data": {"name": "B"},
            "count": 2,
        },
    ),
    ("waiting", {"service_id": "", "date": shifted("2026-12-01"), "customer_data": {"name": "B"}}),
    ("waiting", {"service_id": "own", "date": shifted("2026-12-01"), "customer_id": ""}),
    ("services", {"name": "B", "duration_minutes": 30, "price": "1", "resource_ids": [""]}),
    ("services", {"name": "B", "duration_minutes": 30, "price": "1", "second_resource_ids": [""]}),
    ("closures", {"name": "B", "date": shifted("2026-12-26"), "resource_id": ""}),
    ("feeds", {"resource_id": ""}),
])  # fmt: skip
def test_another_tenants_ids_in_the_body_are_not_there(theirs, path, body):
    own = gateway.call(of("salon"), "GET", "/tenant/salon/api/services").json["items"][0]["id"]
    told = {name: own if value == "own" else foreign(name, value, theirs) for name, value in body.items()}

    with tenants_touched() as touched:
        answer = gateway.call(of("salon"), "POST", f"/tenant/salon/api/{path}", told)

    assert answer.status == 404, answer.text
    assert touched.slugs <= {"salon"}


def foreign(name, value, theirs):
    """The clinic's id where ``value`` leaves one open."""
    if value == "":
        return theirs[name]
    return [theirs["resource_id"]] if value == [""] else value


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("appointments", {"service": "service_id", "resource": "resource_id", "customer": "customer_id"}),
        ("waiting", {"service": "service_id"}),
        ("audit", {"id": "appointment_id"}),
    ],
)
def test_another_tenants_ids_in_the_query_find_nothing(theirs, path, names):
    for name, of_theirs in names.items():
        with tenants_touched() as touched:
            answer = gateway.call(of("salon"), "GET", f"/tenant/salon/api/{path}?{name}={theirs[of_theirs]}")

        assert (answer.status, answer.json["items"]) == (200, [])
        assert touched.slugs <= {"salon"}


@pytest.mark.parametrize(("method", "path"), LISTS)
def test_another_tenants_cursor_is_refused(theirs, method, path):
    every = gateway.call(of("clinic"), method, f"{path.format(slug='clinic')}?limit=1")
    cursor = every.json["next"]
    assert cursor

    with tenants_touched() as touched:
        answer = gateway.call(of("salon"), method, f"{path.format(slug='salon')}?limit=1&cursor={cursor}")

    assert (answer.status, answer.json["code"]) == (422, "invalid_cursor")
    assert touched.slugs <= {"salon"}


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_no_wrong_credential_opens_anything(both, method, path):
    for name, bearer in gateway.forged("of-salon").items():
        with tenants_touched() as touched:
            answer = ask(bearer, method, path)

        assert answer == UNAUTHORIZED, name
        assert touched.requests == 0 or name == "an unknown API key"


@pytest.mark.parametrize(("method", "path"), OF_TENANTS)
def test_another_tenants_token_finds_what_an_unknown_tenant_has(both, method, path):
    with tenants_touched() as touched:
        here = ask(of("clinic"), method, path)
    there = ask(of("clinic"), method, path, slug="no-such-tenant")

    assert here == there == DENIED
    assert touched.slugs == set()


@pytest.mark.parametrize(("method", "path"), OF_TENANTS)
def test_a_suspended_tenant_is_as_unknown_in_the_same_steps(both, now, method, path):
    tenants.suspend("salon", now=now)
    process_cache.clear_all()

    outside = [ask(of("clinic"), method, path, slug=slug) for slug in ("salon", "no-such-tenant")]
    answers, steps = [], []
    for slug in ("salon", "no-such-tenant"):
        with tenants_touched() as touched:
            answers.append(ask(root(), method, path, slug=slug))
        steps.append(touched.requests)

    assert outside == [DENIED, DENIED]
    assert [one.status for one in answers] == [404, 404]
    assert answers[0].text.replace("salon", "no-such-tenant") == answers[1].text
    assert steps[0] == steps[1]
    assert ask(of("salon"), method, path).status == 404


@pytest.mark.parametrize(("method", "path"), OF_PUBLIC)
def test_a_suspended_tenant_is_as_unknown_to_the_public(both, now, method, path):
    tenants.suspend("salon", now=now)
    process_cache.clear_all()

    here, there = (ask(None, method, path, slug=slug) for slug in ("salon", "no-such-tenant"))

    assert (here.status, here.text.replace("salon", "no-such-tenant")) == (404, there.text)
    assert there.status == 404
