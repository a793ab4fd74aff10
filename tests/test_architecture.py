"""Who may import whom, how long things may be, and that every route has a door: design.md, section 1."""

import ast
import importlib
from pathlib import Path

from tests.support import template

ROOT = template.ROOT
PACKAGE = ROOT / "layers" / "shared" / "mostrador"
LEAVES = {"csvs", "errors", "settings", "clock", "ids", "wording", "observability", "context"}
# The use cases, lowest first: each may import those before it.
USE_CASES = [
    "tenants", "rates", "members", "api_keys", "teams", "invitations", "onboarding", "usage", "me", "agendas",
    "calendar_states", "busy_times", "resources", "services", "customers", "integrations", "gateways", "beacons",
    "sold_lists", "raffles", "boards",
    "raffle_drafts",
    "raffle_draws", "raffle_results", "payment_records", "sellers", "numbers", "orders", "sales",
    "order_states", "active", "scenes", "slots", "availability", "wishes", "bookings", "appointments",
    "appointment_payments", "payments", "rollbacks", "reconciliation", "confirmations", "payment_links", "checkouts",
    "payment_reports", "waiting", "waiting_lines", "sweeper", "feeds", "series", "closures", "links", "public",
    "order_links", "public_orders", "audit", "chain", "outbox",
    "calendar_access", "calendar_scenes", "calendar_upserts", "calendar_events", "calendar_changes",
    "calendar_readings", "calendar_blocks", "calendar_proofs", "calendar_watches", "calendar_reports",
    "calendar_connections", "calendars",
]  # fmt: skip
# What each part of the package may import; whatever is not named, only the leaves.
_HTTP = LEAVES | {"rules", "table", "views", "problems", "middleware", "tenants", "members"}
MAY = {
    "rules": {"errors", "rules"},
    "table": {"errors", "settings", "table", "rules", "context", "clock", "observability"},
    "views": {"errors", "rules", "views"},
    "clients": {"errors", "rules", "settings", "observability", "clients"},
    "stand_ins": {"errors", "rules", "table", "clock", "context", "settings", "observability", "stand_ins"},
    "verify": {"errors", "rules"},
    "web": _HTTP,
    "problems": _HTTP,
    "middleware": _HTTP,
}
AWS = {"pynamodb", "botocore", "boto3"}
AWS_CLIENTS = {"clients.cognito", "clients.kms"}


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path):
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")


def imports_of(path):
    """Absolute names imported anywhere in a file; ``from mostrador.table import keys`` is mostrador.table.keys."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path):
    """The parts of the package that a file imports: "rules", "table", "tenants"..."""
    return {name.split(".")[1] for name in imports_of(path) if name.startswith("mostrador.")}


def may_import(path):
    name = name_of(path)
    part = name.split(".")[0]
    if part in MAY:
        return MAY[part]
    if part in USE_CASES:
        return LEAVES | {"rules", "table", "views", "clients"} | set(USE_CASES[: USE_CASES.index(part)])
    return LEAVES


def test_a_module_imports_only_what_is_below_it():
    above = {name_of(path): ours(path) - may_import(path) for path in modules()}

    assert {name: parts for name, parts in above.items() if parts} == {}


def test_only_the_table_knows_pynamodb_and_only_a_client_of_aws_botocore_as_well():
    used = {name_of(path): {name.split(".")[0] for name in imports_of(path)} & AWS for path in modules()}
    others = {name: of for name, of in used.items() if of and not name.startswith("table")}

    assert {name: of for name, of in others.items() if not (name in AWS_CLIENTS and of == {"botocore"})} == {}


def test_rules_have_no_clock_no_environment_and_no_io():
    impure = {"os", "time", "random", "socket", "now", "utcnow", "today", "environ", "open"}
    rules = [path for path in modules() if "rules" in path.parts]
    used = {name_of(path): (set(imports_of(path)) | attributes_of(path)) & impure for path in rules}

    assert rules
    assert {name: names for name, names in used.items() if names} == {}


def attributes_of(path):
    return {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}


def test_only_the_clock_reads_the_clock():
    readers = {
        name_of(path)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("utcnow", "today", "now")
        if isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date")
    }

    assert readers == {"clock"}


def test_only_web_knows_http_statuses():
    users = {name_of(path) for path in modules() if any("event_handler" in name for name in imports_of(path))}

    assert users == {"web", "problems", "middleware"}


def test_the_crypto_is_imported_by_the_authorizer_alone():
    doors = [
        path for path in (ROOT / "functions").glob("*/app.py") if "mostrador.web.access_tokens" in set(imports_of(path))
    ]

    assert [door.parent.name for door in doors] == ["authorizer"]
    assert [name_of(path) for path in modules() if "jwt" in set(imports_of(path))] == [
        "clients.google_auth",
        "stand_ins.google_service_accounts",
        "tokens",
    ]


def test_icalendar_is_imported_by_the_feeds_alone_and_they_by_their_door():
    doors = [
        path
        for path in (ROOT / "functions").glob("*/app.py")
        if "mostrador.scheduling.ical_feeds" in set(imports_of(path))
    ]

    assert [door.parent.name for door in doors] == ["feeds"]
    users = [name_of(path) for path in modules() if any(name.startswith("icalendar.") for name in imports_of(path))]
    assert users == ["feeds"]
    assert [name_of(path) for path in modules() if "mostrador.scheduling.ical_feeds" in set(imports_of(path))] == []


def test_a_door_is_one_short_file():
    doors = {path.name: path for path in (ROOT / "functions").glob("*")}
    files = {name: [path.name for path in door.iterdir() if path.name != "__pycache__"] for name, door in doors.items()}

    assert {name: of for name, of in files.items() if of != ["app.py"]} == {}
    assert [name for name, door in doors.items() if lines_of(door / "app.py") > 100] == []


def lines_of(path):
    return len(path.read_text().splitlines())


def test_modules_and_functions_stay_short():
    paths = [*modules(), *sorted((ROOT / "local").glob("*.py"))]
    long = [
        path.stem for path in paths if lines_of(path) > (400 if path.stem == "keys" else 300)
    ]  # all keys in one list

    assert long == []
    assert [f"{path.stem}.{node.name}" for path in paths for node in functions_of(path) if length(node) >= 50] == []


def functions_of(path):
    tree = ast.walk(ast.parse(path.read_text()))
    return [node for node in tree if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def length(node):
    return (node.end_lineno or 0) - node.lineno


def test_every_public_function_of_a_use_case_says_what_it_does():
    parts = {*USE_CASES, "rules", "table", "web"}
    paths = [path for path in modules() if name_of(path).split(".")[0] in parts and name_of(path) != "table.keys"]

    assert len(paths) > 100
    assert [f"{name_of(path)}.{name}" for path in paths for name in undocumented(path)] == []


def undocumented(path):
    """The public functions without a docstring, but for those whose short name says it."""
    short = {"tenant", "member", "service", "resource", "usage", "customer", "phone", "appointment"}
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    public = [node for node in functions if not node.name.startswith("_") and not ast.get_docstring(node)]
    named = [node.name for node in public if node.name not in short]
    return [name for name in named if not name.endswith(("_partition", "_day")) and len(name) >= 12]


def test_every_route_of_the_template_has_a_door_and_every_door_a_route():
    for folder in {folder for _, _, folder in template.routes()}:
        app = importlib.import_module(f"functions.{folder}.app").app
        doors = {(route.method, route.openapi_path.replace("<", "{").replace(">", "}")) for route in all_routes(app)}

        assert doors == {(method, path) for method, path, of in template.routes() if of == folder}


def all_routes(app):
    return [*app._static_routes, *app._dynamic_routes]


def test_the_tests_mirror_the_package():
    missing = [
        name_of(path)
        for path in modules()
        if name_of(path).split(".")[0] in ("rules", *USE_CASES) and path.stem not in ("__init__", *COVERED_ELSEWHERE)
        if not (ROOT / "tests" / Path(*name_of(path).split(".")[:-1]) / f"test_{path.stem}.py").exists()
    ]

    assert missing == []


# Tested through what uses them.
COVERED_ELSEWHERE = {
    "active",
    "wishes",
    "agendas",
    "slots",
    "scenes",
    "availability",
    "calendar_scenes",
    "calendar_upserts",
    "calendar_readings",
    "sales",
    "sellers",
    "payment_records",
    "rollbacks",
    "text",
    "opening",
    "permissions",
}


WITHOUT_KEY = ("tenants", "members", "closures", "me", "chain", "outbox")


def test_every_function_that_signs_or_derives_an_id_has_the_key():
    signing = {"ids", "settings", *(name for name in USE_CASES if name not in WITHOUT_KEY)}
    for function in template.resources("AWS::Serverless::Function").values():
        properties = function["Properties"]
        door = ROOT / properties["CodeUri"] / "app.py"
        has_key = "SIGNING_KEY" in properties["Environment"]["Variables"]

        assert has_key or not ours(door) & signing or properties["CodeUri"].endswith("authorizer"), properties[
            "CodeUri"
        ]
