"""Lists through the gateway: repeated filters, many by id, files, and what caches may keep."""

import pytest

from tests.journeys.visitors import Visitor, problem
from tests.support import sheets

pytestmark = pytest.mark.journey
NAMES = ("Ana", "Beto; =1+1", "Carla, Ñ")


@pytest.fixture(scope="module")
def customers(business, staff):
    made = [staff.call("POST", f"{business.api}/customers", {"name": name}) for name in NAMES]
    assert [answer.status_code for answer in made] == [201, 201, 201]
    return [answer.json()["id"] for answer in made]


def test_every_value_reaches_the_function_and_none_is_dropped(business, staff, customers):
    asked = "&".join(f"ids={one}" for one in reversed(customers))
    found = staff.call("GET", f"{business.api}/customers?{asked}")

    assert [one["id"] for one in found.json()["items"]] == customers[::-1]
    both = staff.call("GET", f"{business.api}/appointments?status=PENDING&status=CONFIRMED")
    assert both.status_code == 200
    refused = problem(staff.call("GET", f"{business.api}/customers?q=Ana&q=Beto"), 422, "repeated_parameter")
    assert refused["errors"][0]["field"] == "query.q"


def test_a_list_is_saved_as_a_file(business, staff, customers):
    answer = staff.call("GET", f"{business.api}/customers?limit=2", accept="text/csv")

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="clientes-{business.slug}-')
    assert answer.headers["cache-control"] == "no-store"
    rows = sheets.rows(answer)
    assert [row["name"] for row in rows] == ["Ana", "Beto;' =1+1"]
    assert "created_at_local" in rows[0]


def test_public_data_is_kept_and_all_else_is_not(business, http, staff, customers):
    anybody = Visitor(http)
    public = f"/tenant/{business.slug}/public/services"
    first = anybody.call("GET", public)

    assert first.headers["cache-control"] == "public, max-age=60"
    again = anybody.call("GET", public, if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    for answer in (staff.call("GET", f"{business.api}/customers"), anybody.call("GET", f"{public}?x=1")):
        assert answer.headers["cache-control"] == "no-store"
