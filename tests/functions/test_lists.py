"""Every list as a file."""

import importlib
from pathlib import Path

import pytest

from mostrador.tenancy import tenants
from mostrador.web import csvs
from tests.support import doors, sheets
from tests.support.days import TODAY, shifted
from tests.support.http import admin, anybody, superuser, viewer
from tests.support.lines import trips

SALON = "/tenant/salon/api"
APPOINTMENTS = f"{SALON}/appointments"


def lists():
    """The paths of all routes that answer with a list."""
    for file in sorted(Path("functions").glob("*/app.py")):
        app = getattr(importlib.import_module(f"functions.{file.parent.name}.app"), "app", None)
        for route in doors.routes_of(app) if app else ():
            view = route.dependant.return_param and route.dependant.return_param.type_
            if route.method == "GET" and getattr(view, "model_fields", {}).keys() == {"items", "next"}:
                yield route.openapi_path


@pytest.fixture
def booked(haircut):
    form = {"service_id": haircut.id, "scheduled_at": shifted("2026-12-01T12:00:00Z"), "customer_data": {"name": "Ana"}}
    return admin.call("POST", APPOINTMENTS, form).json


def test_every_list_has_a_spanish_name_for_its_file():
    paths = list(lists())

    assert len(paths) > 15
    names = {path: csvs.file_name(path, None, TODAY) for path in paths}
    assert [path for path, name in names.items() if name.startswith("lista-2")] == []


def test_a_list_is_a_file_with_local_times_and_decimals(booked):
    answer = viewer.call("GET", APPOINTMENTS, accept="text/csv")

    assert answer.headers["content-disposition"] == f'attachment; filename="turnos-salon-{TODAY}.csv"'
    (row,) = sheets.rows(answer)
    assert row["scheduled_at"] == shifted("2026-12-01T12:00:00Z")
    assert row["scheduled_at_local"] == shifted("2026-12-01 09:00")
    assert (row["customer_name"], row["cancelled_at_local"]) == ("Ana", "")


@pytest.mark.parametrize("path", ["appointments", "customers", "services", "closures", "waiting", "payments", "keys"])
def test_a_file_costs_no_more_reads_than_the_json(booked, path):
    def reads(**headers):
        tenants._known.clear()
        with trips() as seen:
            assert admin.call("GET", f"{SALON}/{path}", **headers).status == 200
        return seen

    assert reads(accept="text/csv") == reads()


def test_the_list_of_tenants_and_a_public_list_are_files_too(salon, haircut):
    of_tenants = superuser.call("GET", "/admin/tenants", accept="text/csv")
    offered = anybody.call("GET", "/tenant/salon/public/services", accept="text/csv")

    assert of_tenants.headers["content-disposition"] == f'attachment; filename="negocios-{TODAY}.csv"'
    assert [row["slug"] for row in sheets.rows(of_tenants)] == ["default", "salon"]
    assert [row["name"] for row in sheets.rows(offered)] == [haircut.name]
