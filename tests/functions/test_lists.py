"""Every list: filters given several times, many by id, order, local days, pages, and the file of it."""

from datetime import UTC, datetime, timedelta
from typing import get_type_hints
from zoneinfo import ZoneInfo

import pytest
from pydantic import Field

from local import handlers, routes
from mostrador import clock
from mostrador.fields import Id, Request, Several
from mostrador.table import reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.opening_hours import WEEKDAYS
from mostrador.web import csvs, current_route
from tests.support import raffles as raffle_support
from tests.support import sheets
from tests.support.days import TODAY, shifted
from tests.support.http import Client, admin, anybody, superuser, viewer
from tests.support.lines import trips

SALON = "/tenant/salon/api"
APPOINTMENTS = f"{SALON}/appointments"
FORMS = {"pattern", "format", "enum", "maxLength"}


def lists():
    """The path and the row's view of all routes that answer with a list."""
    for _, route in routes.of_doors():
        view = get_type_hints(route.function)["return"] if route.function else None
        if route.method == "GET" and getattr(view, "model_fields", {}).keys() == {"items", "next"}:
            yield route.path, current_route.row_of(view)


@pytest.fixture
def booked(haircut):
    form = {"service_id": haircut.id, "scheduled_at": shifted("2026-12-01T12:00:00Z"), "customer_data": {"name": "Ana"}}
    return admin.call("POST", APPOINTMENTS, form).json


def test_every_list_has_a_spanish_name_for_its_file():
    names = {path: csvs.file_name(path, None, TODAY) for path, _ in lists()}

    assert len(names) > 15
    assert [path for path, name in names.items() if name.startswith("lista-2")] == []


def queries():
    """The models of all query parameters."""
    return [query for _, route in routes.of_doors() if (query := handlers.of_route(route).query)]


def unbounded(model):
    """The query parameters of a model without a title, or without an enum, a form or a range."""
    whole = model.model_json_schema()
    for name, field in model.model_fields.items():
        schema = whole["properties"][field.alias or name]
        parts = [part.get("items", part) for part in (schema, *schema.get("anyOf", []))]
        loose = [part for part in parts if part.get("type") == "string" and not part.keys() & FORMS]
        loose += [part for part in parts if part.get("type") == "integer" and not part.keys() >= {"minimum", "maximum"}]
        if loose or not field.title:
            yield f"{model.__name__}.{name}"


def test_every_query_parameter_has_a_title_and_an_enum_a_form_or_a_range():
    models = set(queries())

    assert len(models) > 12
    assert [name for model in models for name in unbounded(model)] == []


def test_red_control_a_loose_query_parameter_is_told():
    class Loose(Request):
        named: str = Field("", title="Nombre")
        untitled: bool = False
        count: int | None = Field(None, ge=1, title="Cantidad")
        many: list[str] | None = Field(None, title="Varios")
        fine: Several[Id] = Field(None, title="Bien")

    assert list(unbounded(Loose)) == ["Loose.named", "Loose.untitled", "Loose.count", "Loose.many"]


def columns_like(view, of):
    """The fields of a view whose JSON schema, or that of their value beside null, passes ``of``."""
    properties = view.model_json_schema(mode="serialization")["properties"]
    return {name for name, schema in properties.items() if any(of(part) for part in (schema, *schema.get("anyOf", [])))}


def test_every_instant_of_a_list_has_its_local_column_and_every_amount_its_decimals():
    instants, amounts = set(), set()
    for _, view in lists():
        row = dict.fromkeys(view.model_fields, None)
        header = sheets.table(
            csvs.sheet(view, [row], unseen=frozenset(), country="PY", zone=ZoneInfo("America/Asuncion"))
        )[0]
        of_view = columns_like(view, lambda schema: schema.get("format") == "date-time")
        assert {f"{name}_local" for name in of_view} == set(header) - view.model_fields.keys()
        instants |= of_view
        amounts |= columns_like(view, lambda schema: r"(\.[0-9]{1,4})?" in schema.get("pattern", ""))

    assert {"scheduled_at", "created_at", "at", "hold_expires_at"} <= instants
    assert {"price", "total_amount", "amount"} <= amounts
    assert [name for name in amounts if not csvs.is_amount(name)] == []


def test_a_list_is_a_file_with_local_times_and_decimals(booked):
    answer = viewer.call("GET", APPOINTMENTS, accept="text/csv")

    assert answer.headers["content-disposition"] == f'attachment; filename="turnos-salon-{TODAY}.csv"'
    (row,) = sheets.rows(answer)
    assert row["scheduled_at"] == shifted("2026-12-01T12:00:00Z")
    assert row["scheduled_at_local"] == shifted("2026-12-01 09:00")
    assert (row["customer_name"], row["cancelled_at_local"]) == ("Ana", "")


@pytest.mark.parametrize("path", ["appointments", "customers", "services", "closures", "waiting", "payments", "keys"])
def test_a_file_costs_no_more_reads_than_the_json(booked, path):
    def requests(**headers):
        tenants._known.clear()
        with trips() as seen:
            assert admin.call("GET", f"{SALON}/{path}", **headers).status == 200
        return seen

    assert requests(accept="text/csv") == requests()


def test_the_list_of_tenants_and_a_public_list_are_files_too(salon, haircut):
    of_tenants = superuser.call("GET", "/admin/tenants", accept="text/csv")
    offered = anybody.call("GET", "/tenant/salon/public/services", accept="text/csv")

    assert of_tenants.headers["content-disposition"] == f'attachment; filename="negocios-{TODAY}.csv"'
    assert [row["slug"] for row in sheets.rows(of_tenants)] == ["default", "salon"]
    assert [row["name"] for row in sheets.rows(offered)] == [haircut.name]


def start(day, hour, minute=0):
    return shifted(f"2026-12-{day:02}T{hour:02}:{minute:02}:00-03:00")


def book(haircut, at, name="Ana", **form):
    form = {"service_id": haircut.id, "scheduled_at": at, "customer_data": {"name": name}} | form
    answer = admin.call("POST", APPOINTMENTS, form)
    assert answer.status == 201
    return answer.json


def ids_of(url, client=admin):
    answer = client.call("GET", url)
    assert answer.status == 200, answer.text
    return [one["id"] for one in answer.json["items"]]


def followed(url, client=viewer, **headers):
    """The answers page by page, to the end."""
    cursor = ""
    while True:
        answer = client.call("GET", f"{url}{cursor}", **headers)
        assert answer.status == 200, answer.text
        yield answer
        following = answer.headers.get("x-next-cursor") if headers else answer.json["next"]
        if not following:
            return
        cursor = f"&cursor={following}"


@pytest.fixture
def days(haircut):
    """Twelve appointments of three days; every other one is confirmed, every third cancelled."""
    made = [book(haircut, start(1 + n // 4, 9 + n % 4), f"Ana {n:02}") for n in range(12)]
    for n, one in enumerate(made):
        if n % 2:
            admin.call("POST", f"{APPOINTMENTS}/{one['id']}/confirm")
        if n % 3 == 0:
            admin.call("POST", f"{APPOINTMENTS}/{one['id']}/cancel", {"reason": f"=1+{n}"})
    return [one["id"] for one in made]


def test_every_value_of_a_repeated_filter_counts(days):
    pending, confirmed = ids_of(f"{APPOINTMENTS}?status=PENDING"), ids_of(f"{APPOINTMENTS}?status=CONFIRMED")

    assert pending
    assert confirmed
    assert ids_of(f"{APPOINTMENTS}?status=CONFIRMED&status=PENDING") == sorted(pending + confirmed, key=days.index)
    assert ids_of(f"{APPOINTMENTS}?status=EXPIRED&status=PENDING&status=PENDING") == pending
    assert ids_of(f"{APPOINTMENTS}?payment_status=PENDING&payment_status=PAID&status=PENDING") == pending


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("appointments", "limit=1&limit=2"),
        ("appointments", f"customer={'a' * 32}&customer={'b' * 32}"),
        ("appointments", "q=ana&q=ana"),
        ("appointments", "sort=scheduled_at&sort=-scheduled_at"),
        ("customers", "q=ana&q=beto"),
        ("services", "is_active=true&is_active=false"),
        ("payments", f"target={'a' * 32}&target={'b' * 32}"),
        ("audit", "id=1&id=2"),
        ("waiting", "date=2026-12-01&date=2026-12-02"),
        ("appointments/availability", f"service={'a' * 32}&service={'b' * 32}&date=2026-12-01"),
    ],
)
def test_a_parameter_that_takes_one_value_is_not_given_twice(salon, path, query):
    answer = admin.call("GET", f"{SALON}/{path}?{query}")

    assert (answer.status, answer.json["code"]) == (422, "repeated_parameter")
    assert answer.json["errors"][0]["field"] == f"query.{query.partition('=')[0]}"


def test_a_filter_takes_so_many_values_and_names_a_wrong_one(salon):
    ids = [f"{n:032x}" for n in range(11)]
    assert admin.call("GET", f"{APPOINTMENTS}?{'&'.join(f'service={one}' for one in ids[:10])}").status == 200

    too_many = admin.call("GET", f"{APPOINTMENTS}?{'&'.join(f'service={one}' for one in ids)}")
    wrong = admin.call("GET", f"{APPOINTMENTS}?status=PENDING&status=LOST")

    assert (too_many.status, too_many.json["errors"][0]["field"]) == (422, "query.service")
    (fault,) = wrong.json["errors"]
    assert (wrong.status, fault["field"], fault["code"], fault["value"]) == (422, "query.status", "enum", "LOST")


@pytest.mark.parametrize("examined", [1, 3, 500])
def test_two_filters_pages_and_a_file_lose_and_repeat_nothing(days, monkeypatch, examined):
    monkeypatch.setattr(reads, "EXAMINED", examined)
    monkeypatch.setattr(reads, "MOST_ROUNDS", 2)
    (chair,) = ids_of(f"{SALON}/resources")
    url = f"{APPOINTMENTS}?status=CONFIRMED&status=CANCELLED&resource={chair}"
    expected = [one for n, one in enumerate(days) if n % 2 or n % 3 == 0]
    for limit, order in ((1, 1), (2, 1), (3, -1), (100, -1)):
        query = f"{url}&limit={limit}&sort={'' if order == 1 else '-'}scheduled_at"
        pages = list(followed(query))
        files = list(followed(query, accept="text/csv"))

        assert [one["id"] for page in pages for one in page.json["items"]] == expected[::order]
        assert [row["id"] for file in files for row in sheets.rows(file)] == expected[::order]
        columns = set(sheets.table(files[0].text)[0])
        assert not columns & {"internal_notes", "history"}
        assert {"scheduled_at", "scheduled_at_local", "cancelled_at_local"} <= columns
        for file in files[:-1]:
            assert "status=CONFIRMED&status=CANCELLED" in file.headers["link"]


def test_a_cursor_is_of_the_same_values(days):
    cursor = admin.call("GET", f"{APPOINTMENTS}?limit=1&status=CONFIRMED&status=CANCELLED").json["next"]

    for other in (
        "status=CONFIRMED",
        "status=CONFIRMED&status=PENDING",
        "status=CONFIRMED&status=CANCELLED&sort=-scheduled_at",
    ):
        answer = admin.call("GET", f"{APPOINTMENTS}?limit=1&{other}&cursor={cursor}")
        assert (answer.status, answer.json["code"]) == (422, "invalid_cursor")


def test_many_by_id_come_in_the_order_asked_in_one_request(days, clinic):
    asked = [days[7], days[0], "0" * 32, days[3], days[0]]
    tenants.current("salon", now=clock.now())

    with trips() as seen:
        found = ids_of(f"{APPOINTMENTS}?{'&'.join(f'ids={one}' for one in asked)}", viewer)

    assert found == [days[7], days[0], days[3]]
    assert seen == ["BatchGetItem"]
    foreign = Client({"clinic": "viewer"}).call("GET", f"/tenant/clinic/api/appointments?ids={days[0]}")
    assert foreign.json == {"items": [], "next": None}


def test_many_by_id_exist_for_each_of_these_lists(haircut, now):
    raffle = raffle_support.opened(now)
    sold = admin.call("POST", f"{SALON}/raffles/{raffle.id}/orders", {"count": 1, "customer": {"name": "Ana"}}).json
    for path in ("services", "resources", "customers", "raffles", f"raffles/{raffle.id}/orders"):
        every = ids_of(f"{SALON}/{path}")
        assert every
        assert ids_of(f"{SALON}/{path}?ids={every[-1]}&ids={'f' * 32}") == every[-1:]
        assert ids_of(f"{SALON}/{path}?ids={'f' * 32}") == []
    assert admin.call("GET", f"{SALON}/raffles/{'a' * 32}/orders?ids={sold['id']}").status == 404


@pytest.mark.parametrize("query", ["limit=5", "status=PENDING", "sort=scheduled_at", "date=2026-12-01", "cursor=x"])
def test_ids_stand_alone(salon, query):
    answer = admin.call("GET", f"{APPOINTMENTS}?ids={'a' * 32}&{query}")

    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "ids_alone")


def test_at_most_a_hundred_ids_and_each_is_one(salon):
    many = "&".join(f"ids={n:032x}" for n in range(101))

    assert admin.call("GET", f"{APPOINTMENTS}?{many}").json["errors"][0]["field"] == "query.ids"
    assert admin.call("GET", f"{APPOINTMENTS}?{many.rpartition('&')[0]}").json["items"] == []
    for wrong in ("", "x", f"{'a' * 32},{'b' * 32}"):
        assert admin.call("GET", f"{APPOINTMENTS}?ids={wrong}").status == 422


def test_a_local_day_ends_at_its_midnight_and_not_that_of_utc(haircut):
    admin.call(
        "PATCH",
        f"{SALON}/tenant",
        {"business_hours": {day: [{"opens": "00:00", "closes": "24:00"}] for day in WEEKDAYS}},
    )
    late, next_day = book(haircut, start(1, 23, 30))["id"], book(haircut, start(2, 0))["id"]

    assert ids_of(f"{APPOINTMENTS}?date={shifted('2026-12-01')}") == [late]
    assert ids_of(f"{APPOINTMENTS}?date={shifted('2026-12-02')}") == [next_day]
    assert ids_of(f"{APPOINTMENTS}?date={shifted('2026-12-01')}&status=CANCELLED") == []


@pytest.mark.parametrize(("word", "days_ahead"), [("yesterday", -1), ("today", 0), ("tomorrow", 1)])
def test_a_day_has_a_word(haircut, monkeypatch, now, word, days_ahead):
    """At one in the night in UTC it is the day before in Asunción."""
    one = book(haircut, start(1, 10))["id"]
    there = datetime.fromisoformat(start(1, 22)) - timedelta(days=days_ahead)
    monkeypatch.setattr("mostrador.clock.now", lambda: there.astimezone(UTC))

    assert ids_of(f"{APPOINTMENTS}?date={word}") == [one]
    others = {"yesterday", "today", "tomorrow"} - {word}
    assert [ids_of(f"{APPOINTMENTS}?date={other}") for other in others] == [[], []]


@pytest.mark.parametrize("day", ["Today", "hoy", "2026-13-01", "1764590400"])
def test_another_word_is_no_day(salon, day):
    answer = admin.call("GET", f"{APPOINTMENTS}?date={day}")

    assert answer.status == 422
    assert {error["field"] for error in answer.json["errors"]} == {"query.date"}


def test_services_resources_and_customers_are_searched_as_people_type(haircut):
    path = f"{SALON}/services"
    color = admin.call("POST", path, {"name": "Coloración", "duration_minutes": 30, "price": "1"}).json["id"]
    chair = admin.call("POST", f"{SALON}/resources", {"name": "Sillón Ñandutí"}).json["id"]
    ana = admin.call("POST", f"{SALON}/customers", {"name": "Ana", "email": "la.gerente@example.com"}).json["id"]

    assert ids_of(f"{path}?q=coloracion") == [color]
    assert ids_of(f"{path}?q=COLOR&limit=1") == [color]
    assert ids_of(f"{path}?q=corte&is_active=false") == []
    assert ids_of(f"{SALON}/resources?q=nanduti") == [haircut.resource_ids[0], chair]
    assert ids_of(f"{SALON}/resources?q=sillon") == [chair]
    assert ids_of(f"{SALON}/customers?q=Gerente@") == [ana]
    assert ids_of(f"{SALON}/customers?q=nobody@example") == []


def test_a_search_goes_on_over_pages(haircut):
    path, form = f"{SALON}/services", {"duration_minutes": 30, "price": "1"}
    made = [admin.call("POST", path, form | {"name": f"Masaje {n}"}).json["id"] for n in range(3)]

    first = admin.call("GET", f"{path}?q=masaje&limit=2").json
    second = admin.call("GET", f"{path}?q=masaje&limit=2&cursor={first['next']}").json

    assert [one["id"] for page in (first, second) for one in page["items"]] == made


def test_superusers_search_tenants(salon, clinic):
    found = superuser.call("GET", "/admin/tenants?q=clinica").json["items"]

    assert [one["slug"] for one in found] == ["clinic"]


@pytest.mark.parametrize("path", ["appointments", "payments", "audit", "closures"])
def test_a_day_or_a_range_not_both(salon, path):
    first = "2026-12-01" if path == "closures" else "2026-12-01T00:00:00Z"
    earlier = "2026-11-01" if path == "closures" else "2026-11-01T00:00:00Z"

    both = admin.call("GET", f"{SALON}/{path}?date=2026-12-01&from={first}")
    turned = admin.call("GET", f"{SALON}/{path}?from={first}&to={earlier}")

    assert (both.status, both.json["errors"][0]["code"]) == (422, "one_range")
    assert (turned.status, turned.json["errors"][0]["code"]) == (422, "range_order")


def test_lists_with_two_orders_have_both(days, now):
    def listed(path, field):
        answer = admin.call("GET", f"{SALON}/{path}").json["items"]
        return [one[field] for one in answer]

    assert listed("customers?sort=-name", "name") == listed("customers", "name")[::-1] != []
    assert listed("audit?sort=at&limit=100", "id") == listed("audit?sort=-at&limit=100", "id")[::-1] != []
    for path in ("payments", "raffles"):
        assert admin.call("GET", f"{SALON}/{path}?sort=created_at").status == 200
    assert admin.call("GET", f"{SALON}/customers?sort=phone").json["errors"][0]["code"] == "literal_error"


def test_the_audit_log_of_a_local_day_and_several_kinds(days):
    log = f"{SALON}/audit?limit=100"
    everything = ids_of(f"{log}&date={TODAY}")

    assert everything == ids_of(log)
    assert ids_of(f"{log}&date={TODAY + timedelta(1)}") == []
    services, customers = ids_of(f"{log}&entity=service"), ids_of(f"{log}&entity=customer")
    assert sorted(ids_of(f"{log}&entity=service&entity=customer")) == sorted({*services, *customers})
    both = f"{log}&action=appointment.cancelled&action=appointment.confirmed"
    assert len(ids_of(both)) == 4 + 6
    assert ids_of(f"{both}&id={days[3]}") == [one for one in ids_of(both) if one in ids_of(f"{log}&id={days[3]}")]
    assert ids_of(f"{log}&user=nobody") == []
    assert ids_of(f"{log}&user=nobody&user={admin.name}") != []


def test_waits_for_several_services_come_line_by_line(haircut):
    terms = {"name": "Color", "duration_minutes": 60, "price": "1"}
    others = [admin.call("POST", f"{SALON}/services", terms).json["id"] for _ in range(2)]
    for service in (others[1], haircut.id, others[0]):
        form = {"service_id": service, "date": shifted("2026-12-02"), "customer_data": {"name": "Ana"}}
        assert admin.call("POST", f"{SALON}/waiting", form).status == 201

    wanted = sorted([others[1], haircut.id])
    found = admin.call(
        "GET", f"{SALON}/waiting?service={wanted[1]}&service={wanted[0]}&status=WAITING&status=OFFERED"
    ).json

    assert [one["service_id"] for one in found["items"]] == wanted
    assert len(ids_of(f"{SALON}/waiting?service={others[0]}&date={shifted('2026-12-02')}")) == 1
    assert ids_of(f"{SALON}/waiting?service={others[0]}&service={others[1]}&date={shifted('2026-12-03')}") == []


def test_payments_of_a_local_day_by_method_in_both_orders(haircut, now, monkeypatch):
    paid = []
    for hours, method in ((0, "CASH"), (13, "TRANSFER"), (14, "CASH"), (40, "OTHER")):  # now is 10:00 in Asuncion
        appointment = book(haircut, start(7, 9 + len(paid)))
        monkeypatch.setattr(clock, "now", lambda at=now + timedelta(hours=hours): at)
        url = f"{APPOINTMENTS}/{appointment['id']}/payments"
        taken = admin.call("POST", url, {"method": method}, Idempotency_Key=f"paid-{hours}")
        paid.append(taken.json["payment"]["id"])
    payments, tomorrow = f"{SALON}/payments", TODAY + timedelta(1)

    assert ids_of(payments) == paid[::-1]
    assert ids_of(f"{payments}?sort=created_at") == paid
    assert ids_of(f"{payments}?date={TODAY}&sort=created_at") == paid[:2]
    assert ids_of(f"{payments}?date={tomorrow}") == paid[2:3]
    assert ids_of(f"{payments}?method=CASH&method=OTHER&date={tomorrow}") == paid[2:3]
    assert ids_of(f"{payments}?method=CASH&method=OTHER&status=PAID&status=REFUNDED&sort=created_at") == [
        paid[0], paid[2], paid[3],
    ]  # fmt: skip
    since = (now + timedelta(hours=13)).strftime("%Y-%m-%dT%H:%M:%SZ")
    until = (now + timedelta(hours=40)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert ids_of(f"{payments}?from={since}&to={until}") == [paid[2], paid[1]]
    pages = list(followed(f"{payments}?sort=created_at&limit=1&method=CASH&method=TRANSFER", admin, accept="text/csv"))
    assert [row["id"] for page in pages for row in sheets.rows(page)] == paid[:3]


def test_orders_of_a_local_day_and_several_states_in_both_orders(salon, now, monkeypatch):
    raffle, made = raffle_support.opened(now), []
    orders = f"{SALON}/raffles/{raffle.id}/orders"
    for minutes in (0, 1, 2):
        monkeypatch.setattr(clock, "now", lambda at=now + timedelta(minutes=minutes): at)
        made.append(admin.call("POST", orders, {"count": 1, "customer": {"name": f"Ana {minutes}"}}).json["id"])
    admin.call("POST", f"{SALON}/orders/{made[1]}/cancel")

    assert ids_of(orders) == made[::-1]
    assert ids_of(f"{orders}?sort=created_at&date={TODAY}") == made
    assert ids_of(f"{orders}?date={TODAY + timedelta(1)}") == []
    assert ids_of(f"{orders}?status=CANCELLED&status=PAID") == made[1:2]
    assert ids_of(f"{orders}?status=CANCELLED&status=RESERVED&sort=created_at") == made
    seller = admin.call("GET", f"{SALON}/orders/{made[0]}").json["seller"]
    assert ids_of(f"{orders}?seller=nobody&seller={seller}&sort=created_at") == made
