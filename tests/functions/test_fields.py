"""Every field of the permissions' table with every role, through the running handlers: who writes it, who sees it."""

import pytest

from mostrador.fields import Request
from mostrador.people.rules import permissions
from mostrador.people.rules.permissions import HIDDEN, PROTECTED, WRITES, Role
from tests.support import raffles, sheets, snapshots
from tests.support.days import shifted
from tests.support.http import Client, admin, staff, superuser, viewer
from tests.test_docs import subclasses

CLIENTS = {Role.VIEWER: viewer, Role.STAFF: staff, Role.ADMIN: admin, Role.SUPERUSER: superuser}
HOURS = {"monday": [{"opens": "10:00", "closes": "12:00"}]}
# A value for each field that is another than the one it has.
VALUES = {
    "appointment": {"customer_notes": "n", "internal_notes": "i", "total_amount": "70000"},
    "customer": {
        "name": "Ana B", "phone": "0981 222 333", "email": "b@example.com", "email_is_confirmed": False, "notes": "n",
    },
    "resource": {"name": "Silla", "is_active": False, "business_hours": HOURS},
    "closure": {"name": "Feria", "hours": []},
    "block": {
        "title": "Gripe", "even_if_booked": True,
        "starts_at": shifted("2026-12-03T12:00:00Z"), "ends_at": shifted("2026-12-03T16:00:00Z"),
    },
    "member": {"role": "viewer"},
    "raffle": {
        "title": "B", "description": "d", "prizes": [{"name": "Auto"}], "price": "20000", "currency": "USD",
        "packages": [{"numbers": 5, "price": "40000"}], "first_number": 2, "last_number": 90, "numbers_per_order": 50,
        "numbers_per_customer": 10, "hold_minutes": 20, "sale_opens_at": shifted("2026-11-30T14:00:00Z"),
        "sale_closes_at": shifted("2026-12-01T12:00:00Z"), "draw_at": shifted("2026-12-03T13:00:00Z"),
        "draw_place": "Plaza", "organiser": "B", "organiser_tax_id": "80028061-0",
        "permit": raffles.PERMIT | {"number": "2"},
        "terms_url": "https://b.test", "image_url": "https://b.test/i.png", "claim_days": 30,
    },
    "service": {
        "name": "Corte B", "description": "d", "duration_minutes": 45, "buffer_before_minutes": 5,
        "buffer_time_minutes": 5, "price": "90000", "deposit_percent": 30, "currency": "USD", "is_active": False,
        "capacity": 2,
        "max_bookings_per_day": 5, "max_bookings_per_week": 9, "advance_booking_days": 60,
        "bookable_until": shifted("2027-01-31"), "resource_ids": [], "second_resource_ids": [],
    },
    "tenant": {
        "name": "Otro", "currency": "USD", "business_hours": HOURS, "slot_step_minutes": 15, "slot_offset_minutes": 5,
        "minimum_notice_minutes": 60, "reschedule_notice_minutes": 60, "cancel_notice_minutes": 60,
        "max_active_bookings": 3, "hold_minutes": 20, "review_hours": 12, "require_open_till": True,
        "discount_limits": {"staff": 20, "admin": 50},
        "transfer_details": {"bank": "Itaú", "account": "123", "holder": "Salón SRL"}, "contact_email": "c@example.com",
        "contact_phone": "0981 222 333", "logo_url": "https://example.com/l.png", "plan": "pro",
        "max_appointments_per_month": 10, "max_raffles": 1, "max_members": 5, "public_share_percent": 10,
        "public_pending_limit": 30, "public_confirmation": "staff", "confirm_within_minutes": 60,
        "staff_overrides": ["closed"], "allow_double_booking": True,
    },
}  # fmt: skip
SAYING_HOW = {("block", "even_if_booked")}
"""They say how the other fields are written, and change nothing by themselves."""
HIDING = [(entity, field) for entity in HIDDEN if entity != "number" for field in HIDDEN[entity]]  # see test_boards


@pytest.fixture
def urls(haircut, now):
    """One of each entity in the salon."""
    return snapshots.once("urls", lambda: made(haircut, now))


def made(haircut, now):
    salon = "/tenant/salon/api"
    form = {"service_id": haircut.id, "scheduled_at": shifted("2026-12-01T12:00:00Z"), "customer_data": {"name": "Ana"}}
    details = VALUES["tenant"]["transfer_details"]  # without them nobody could pay a deposit
    admin.call("PATCH", f"{salon}/tenant", {"transfer_details": details})
    booked = staff.call("POST", f"{salon}/appointments", form | {"internal_notes": "vip"}).json
    admin.call("POST", f"{salon}/closures", {"name": "Feriado", "date": shifted("2026-12-25")})
    hour = {"starts_at": shifted("2026-12-03T13:00:00Z"), "ends_at": shifted("2026-12-03T14:00:00Z")}
    block = staff.call("POST", f"{salon}/blocks", {"title": "Almuerzo"} | hour).json
    members_add("u-staff", now)
    return {
        "block": f"{salon}/blocks/{block['id']}",
        "appointment": f"{salon}/appointments/{booked['id']}",
        "customer": f"{salon}/customers/{booked['customer_id']}",
        "service": f"{salon}/services/{haircut.id}",
        "resource": f"{salon}/resources/{haircut.resource_ids[0]}",
        "closure": shifted(f"{salon}/closures/2026-12-25"),
        "member": f"{salon}/members/u-staff",
        "raffle": f"{salon}/raffles/{raffles.drafted(now).id}",
        "tenant": f"{salon}/tenant",
    }


def members_add(user, now):
    from mostrador.people import members

    members.add("salon", user, email="s@example.com", role=Role.STAFF, now=now)


def url_for(urls, entity, role):
    """Superusers change a tenant on the page of their own."""
    return "/admin/tenants/salon" if (entity, role) == ("tenant", Role.SUPERUSER) else urls[entity]


@pytest.mark.parametrize("role", CLIENTS)
@pytest.mark.parametrize("entity", WRITES)
def test_a_field_is_written_by_the_roles_of_the_table_alone(urls, case, entity, role):
    for field in WRITES[entity]:
        with case(field=field):
            is_written_as_the_table_says(urls, entity, field, role)


def is_written_as_the_table_says(urls, entity, field, role):
    url, value = url_for(urls, entity, role), VALUES[entity][field]
    before = superuser.call("GET", urls[entity]).json

    answer = CLIENTS[role].call("PATCH", url, {field: value})

    after = superuser.call("GET", urls[entity]).json
    if permissions.is_at_least(role, WRITES[entity][field]):
        assert answer.status == 200, answer.text
        assert after["version"] > before["version"] or entity == "closure" or (entity, field) in SAYING_HOW
    else:
        assert (answer.status, answer.json["code"], answer.json["errors"][0]["field"]) == (
            403,
            "field_forbidden",
            f"body.{field}",
        )
        assert after == before


CLEARED = {
    "customer": {"phone", "email", "notes"},
    "service": {"description", "deposit_percent", "max_bookings_per_day", "max_bookings_per_week", "bookable_until"},
    "resource": {"business_hours"},
    "tenant": {"max_active_bookings", "transfer_details", "contact_email", "contact_phone", "logo_url"},
}
"""Of some entities, the fields that may be null."""


@pytest.mark.parametrize("entity", WRITES)
def test_an_empty_text_clears_a_field_that_may_be_null(urls, entity):
    url, cleared = url_for(urls, entity, Role.SUPERUSER), set()
    for field in WRITES[entity]:
        superuser.call("PATCH", url, {field: VALUES[entity][field]})
        if superuser.call("PATCH", url, {field: None}).status == 200:
            without = superuser.call("GET", urls[entity]).json[field]
            superuser.call("PATCH", url, {field: VALUES[entity][field]})

            answer = superuser.call("PATCH", url, {field: ""})

            assert answer.status == 200, (field, answer.text)
            assert superuser.call("GET", urls[entity]).json[field] == without
            cleared.add(field)
    assert cleared >= CLEARED.get(entity, set())


@pytest.mark.parametrize(("sent", "kept"), [(25, "25.00"), (25.5, "25.50"), ("25.5", "25.50"), (80000.0, "80000.00")])
def test_a_price_may_be_a_number(urls, sent, kept):
    answer = admin.call("PATCH", urls["service"], {"currency": "USD", "price": sent})

    assert (answer.status, answer.json["price"]) == (200, kept), answer.text


@pytest.mark.parametrize(
    ("price", "code"),
    [
        (-5, "amount_digits"), (0.00001, "amount_digits"), (1e20, "amount_digits"), (0.1 + 0.2, "amount_digits"),
        (True, "string_type"), ("", "string_pattern_mismatch"), ("25,5", "string_pattern_mismatch"),
        (25.501, "invalid_amount"),
    ],
)  # fmt: skip
def test_a_number_that_is_no_price_is_refused(urls, price, code):
    answer = admin.call("PATCH", urls["service"], {"currency": "USD", "price": price})

    assert (answer.status, answer.json["errors"][0]["code"]) == (422, code), answer.text


@pytest.mark.parametrize("role", CLIENTS)
@pytest.mark.parametrize("entity", WRITES)
def test_what_changes_by_calls_of_its_own_is_written_by_nobody(urls, subtests, entity, role):
    """The same value is ignored: tests/functions/test_sent_back.py."""
    before, refused = superuser.call("GET", urls[entity]).json, (403, "field_forbidden")

    for field in sorted(PROTECTED - set(WRITES[entity])):
        with subtests.test(field=field):
            answer = CLIENTS[role].call("PATCH", url_for(urls, entity, role), {field: "another"})

            assert (answer.status, answer.json["code"], answer.json["errors"][0]["field"]) == (
                *refused,
                f"body.{field}",
            )

    assert superuser.call("GET", urls[entity]).json == before


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("field", ["tenant", "created_at", "total_amount", "status"])
def test_staff_write_neither_tenant_nor_creation_nor_amount_nor_state(urls, method, field):
    answer = staff.call(method, urls["appointment"], {"customer_notes": "x", field: "1"})

    assert (answer.status, answer.json["errors"][0]["field"]) == (403, f"body.{field}")


def test_the_table_names_every_field_of_every_change_and_no_other():
    named = {
        entity: {field for form in subclasses(Request) if form.entity == entity for field in form.model_fields}
        for entity in WRITES
    }
    of_creation = {"closure": {"date", "from_", "to", "resource_id"}}

    assert {entity: fields - of_creation.get(entity, set()) for entity, fields in named.items()} == {
        entity: set(fields) for entity, fields in WRITES.items()
    }


@pytest.mark.parametrize(("entity", "field"), HIDING)
def test_an_answer_leaves_out_what_the_role_may_not_see(urls, subtests, entity, field):
    for role in CLIENTS:
        with subtests.test(role=role):
            shows_what_the_role_may_see(urls, entity, field, role)


def shows_what_the_role_may_see(urls, entity, field, role):
    sees = permissions.is_at_least(role, HIDDEN[entity][field])

    one = CLIENTS[role].call("GET", urls[entity]).json
    assert (field in one) is sees

    if entity != "tenant":
        rows = CLIENTS[role].call("GET", urls[entity].rpartition("/")[0])
        sheet = CLIENTS[role].call("GET", urls[entity].rpartition("/")[0], accept="text/csv")
        assert (field in rows.json["items"][0]) is sees
        assert (field in sheets.rows(sheet)[0]) is sees


def test_a_role_in_one_tenant_is_none_in_another(urls, clinic):
    both = Client({"clinic": "admin", "salon": "viewer"})

    answer = both.call("PATCH", urls["appointment"], {"customer_notes": "x"})

    assert (answer.status, answer.json["code"]) == (403, "field_forbidden")
