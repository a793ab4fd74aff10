"""The order of the rooms, how long things may be, and what only one module may touch: docs/architecture.md."""

import ast
import graphlib
import re
from itertools import chain

from local import gateway, routes
from tests.support import template

ROOT = template.ROOT
PACKAGE = ROOT / "layers" / "shared" / "mostrador"

# Imports go to the left only. Rooms between two signs never know each other. `rules` and `views` are those of all
# domains; `root` are the modules that lie in no room.
ORDER = (
    "root values < rules < views < table, clients < tenancy < people < ledger < scheduling, raffles < payments"
    " < calendars, audit < background < web"
)
FLOORS = [re.split(r"[,\s]+", floor) for floor in ORDER.split(" < ")]
PURE = {"errors"}
"""What rules may use of the root."""
MOST_AT_THE_ROOT = 10
MOST_LINES = {"table.keys": 450, "appointments": 110}
"""All keys stand in one list, so that two equal ones would be seen. The door of appointments has the most routes."""
BLOCKS = ast.If | ast.For | ast.While | ast.With | ast.Try | ast.Match


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def code():
    """Every file of Python that is shipped or starts the stack."""
    return sorted(chain.from_iterable((ROOT / folder).rglob("*.py") for folder in ("functions", "layers", "local")))


def name_of(path):
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")


def room_of(name):
    parts = name.split(".")
    return next((part for part in ("rules", "views") if part in parts), parts[0] if name in IN_ROOMS else "root")


NAMES = {name_of(path) for path in modules()}
IN_ROOMS = {name for name in NAMES if (PACKAGE / name.split(".")[0]).is_dir()}


def imports_of(path):
    """Absolute names imported anywhere in a file; ``from mostrador.table import keys`` is mostrador.table.keys."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path):
    """The modules of the package that a file imports, except what a view names for its types alone."""
    names = set(imports_of(path)) - (for_types_alone(path) if "views" in path.parts else set())
    return {module_of(name) for name in names if name.startswith("mostrador.")} - {""}


def module_of(imported):
    """``table.keys`` of mostrador.table.keys.Key."""
    name = imported.removeprefix("mostrador.")
    while name and name not in NAMES:
        name = name.rpartition(".")[0]
    return name


def for_types_alone(path):
    blocks = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.If)]
    typing = [node for node in blocks if ast.unparse(node.test) == "TYPE_CHECKING"]
    inside = [node for block in typing for node in block.body if isinstance(node, ast.ImportFrom)]
    return {f"{node.module}.{alias.name}" for node in inside for alias in node.names}


def may_import(room):
    """The rooms that stand below ``room``, and itself."""
    below = [floor for floor in FLOORS if room not in floor][: next(i for i, one in enumerate(FLOORS) if room in one)]
    return {room, *chain.from_iterable(below)} | ({"values", "root"} if room in ("values", "root") else set())


def test_every_module_imports_only_what_stands_below_its_room():
    strays = {
        name_of(path): sorted(name for name in ours(path) if room_of(name) not in may_import(room_of(name_of(path))))
        for path in modules()
        if path.name != "verify.py"  # a command: it checks a proof with the rules of raffles
    }

    assert {name: above for name, above in strays.items() if above} == {}


def test_raffles_and_scheduling_never_know_each_other():
    pairs = {"raffles": "scheduling", "scheduling": "raffles"}
    strays = {
        (name_of(path), name)
        for path in modules()
        for name in ours(path)
        if pairs.get(name_of(path).split(".")[0]) == name.split(".")[0]
    }

    assert strays == set()


def test_no_imports_go_in_a_circle():
    graph = {name_of(path): ours(path) - {name_of(path)} for path in modules()}

    assert len(list(graphlib.TopologicalSorter(graph).static_order())) >= len(graph) > 150


def test_few_modules_lie_in_no_room():
    assert len(NAMES - IN_ROOMS - {""}) <= MOST_AT_THE_ROOT


def test_rules_have_no_clock_no_environment_and_no_io():
    impure = {"os", "time", "random", "socket", "now", "utcnow", "today", "environ", "open"}
    rules = [path for path in modules() if "rules" in path.parts]
    used = {name_of(path): (set(imports_of(path)) | attributes_of(path)) & impure for path in rules}
    roots = {name_of(path): {one for one in ours(path) if room_of(one) == "root"} - PURE for path in rules}

    assert len(rules) > 30
    assert {name: names for name, names in used.items() if names} == {}
    assert {name: names for name, names in roots.items() if names} == {}


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


def users_of(*libraries, paths=None):
    """The modules that import any of these, or something of theirs."""
    return {
        name_of(path)
        for path in paths or modules()
        if any(f"{name}.".startswith(f"{library}.") for name in imports_of(path) for library in libraries)
    }


def test_only_the_table_knows_pynamodb_and_only_clients_of_aws_know_botocore_as_well():
    assert {room_of(name) for name in users_of("pynamodb")} == {"table"}
    assert {name for name in users_of("botocore", "boto3") if room_of(name) != "table"} == {
        "clients.cognito",
        "clients.kms",
    }


def test_only_web_knows_http():
    assert {room_of(name) for name in users_of("aws_lambda_powertools.event_handler")} == {"web"}


def test_only_doors_know_web():
    assert {room_of(name) for name in NAMES if "mostrador.web" in str(list(imports_of(path_of(name))))} == {"web"}


def path_of(name):
    folder = PACKAGE.joinpath(*name.split(".")) if name else PACKAGE
    return folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")


def doors_that_import(module):
    return {path.parent.name for path in ROOT.glob("functions/*/app.py") if module in set(imports_of(path))}


def test_the_crypto_of_tokens_is_loaded_by_the_authorizer_alone():
    assert doors_that_import("mostrador.web.access_tokens") == {"authorizer"}
    assert users_of("jwt") == {"clients.google_oauth", "web.access_tokens"}


def test_icalendar_is_loaded_by_the_door_of_the_feeds_alone():
    assert doors_that_import("mostrador.scheduling.ical_feeds") == {"feeds"}
    assert users_of("icalendar") == {"scheduling.ical_feeds"}
    assert users_of("mostrador.scheduling.ical_feeds") == set()


def test_stand_ins_are_loaded_by_the_two_mocks_alone():
    loaded = {path for path in code() if any(name.split(".")[0] == "stand_ins" for name in imports_of(path))}
    elsewhere = {path for path in loaded if "stand_ins" not in path.parts and "local" not in path.parts}

    assert {path.parent.name for path in elsewhere} == {"bancard_mock", "google_calendar_mock"}


# Private names of libraries, and the one file that may touch each. Each has a test that fails by its name:
# tests/table/test_pynamodb_internals.py, tests/web/test_powertools_internals.py.
PRIVATE = {
    "_get_connection": "mostrador/table/base.py",
    "_connection": "mostrador/table/base.py",
    "_put_items": "",
    "_commit": "",
    "_route": "mostrador/web/current_route.py",
    "_route_args": "",
    "_static_routes": "support/doors.py",
    "_dynamic_routes": "support/doors.py",
}


def test_private_api_of_libraries_is_touched_in_one_file_each():
    paths = [path for path in (*code(), *ROOT.glob("bench/*.py"), *ROOT.glob("tests/**/*.py")) if path.is_file()]
    strays = {
        (str(path.relative_to(ROOT)), name)
        for path in paths
        if not path.name.endswith("_internals.py")
        for name in foreign_private_names(path) & PRIVATE.keys()
        if not (PRIVATE[name] and str(path).endswith(PRIVATE[name]))
    }

    assert strays == set()


def foreign_private_names(path):
    """Private attributes of anything but ``self`` and ``cls``, and private entries of a mapping."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    attributes = [node for node in nodes if isinstance(node, ast.Attribute) and node.attr.startswith("_")]
    entries = [node.slice for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)]
    named = [argument for node in nodes if isinstance(node, ast.Call) for argument in node.args]
    texts = [node.value for node in (*entries, *named) if isinstance(node, ast.Constant)]
    return {node.attr for node in attributes if ast.unparse(node.value) not in ("self", "cls")} | {
        text for text in texts if isinstance(text, str)
    }


def test_a_door_is_one_short_file():
    folders = {path.name: path for path in (ROOT / "functions").glob("*")}
    files = {
        name: [path.name for path in folder.iterdir() if path.name != "__pycache__"] for name, folder in folders.items()
    }

    assert {name: inside for name, inside in files.items() if inside != ["app.py"]} == {}
    long = [name for name, folder in folders.items() if lines_of(folder / "app.py") > MOST_LINES.get(name, 100)]
    assert long == []


def lines_of(path):
    return len(path.read_text().splitlines())


def test_modules_functions_and_nesting_stay_small():
    functions = [(path, node) for path in code() for node in functions_of(path)]

    assert [name_of(path) for path in modules() if lines_of(path) > MOST_LINES.get(name_of(path), 300)] == []
    assert [f"{path.stem}.{node.name}" for path, node in functions if length(node) > 40] == []
    assert [f"{path.stem}.{node.name}" for path, node in functions if nesting(node) > 3] == []


def functions_of(path):
    tree = ast.walk(ast.parse(path.read_text()))
    return [node for node in tree if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def length(node):
    return (node.end_lineno or 0) - node.lineno + 1


def nesting(node):
    """How many blocks lie in one another below ``node``; an ``elif`` lies beside its ``if``."""
    deepest = max((nesting(child) for child in ast.iter_child_nodes(node)), default=0)
    if isinstance(node, ast.If) and [type(child) for child in node.orelse] == [ast.If]:
        inside = max((nesting(child) for child in node.body), default=0)
        return max(1 + inside, nesting(node.orelse[0]))
    return deepest + isinstance(node, BLOCKS)


def test_every_public_function_says_what_it_does():
    apart = {"root", "views", "clients"}
    paths = [path for path in modules() if room_of(name_of(path)) not in apart and name_of(path) != "table.keys"]

    assert len(paths) > 100
    assert [f"{name_of(path)}.{name}" for path in paths for name in undocumented(path)] == []


def undocumented(path):
    """The public functions without a docstring, except for those whose short name says it."""
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    public = [node.name for node in functions if not node.name.startswith("_") and not ast.get_docstring(node)]
    return [name for name in public if not name.endswith(("_partition", "_day")) and len(name) >= 12]


def test_the_gateway_may_call_every_function_that_has_routes_and_no_other():
    allowed = {
        one["Properties"]["FunctionName"]["Ref"]
        for one in gateway.resources().values()
        if one["Type"] == "AWS::Lambda::Permission" and "${Api}" in one["Properties"]["SourceArn"]["Fn::Sub"]
    }

    assert allowed == {function for function, _ in routes.of_doors()} | {"AuthorizerFunction"}


def test_the_tests_mirror_the_package():
    tested = {"rules", "values", *chain.from_iterable(FLOORS[4:-1])}
    missing = [
        name_of(path)
        for path in modules()
        if room_of(name_of(path)) in tested and path.name != "__init__.py"
        if not (ROOT / "tests" / path.relative_to(PACKAGE).parent / f"test_{path.stem}.py").exists()
    ]

    assert sorted(set(missing) - COVERED_ELSEWHERE) == []


# Tested through what uses them.
COVERED_ELSEWHERE = {
    "calendars.changes_feed", "calendars.disconnection", "calendars.event_context", "calendars.event_upsert",
    "calendars.watch_runs", "ledger.kept_money", "ledger.payments", "ledger.settlements",
    "payments.counter_payments", "payments.refunds", "payments.rollbacks", "payments.rules.book_differences",
    "people.rules.permissions", "raffles.redraws",
    "raffles.reservations", "raffles.rules.commitment_documents", "raffles.rules.proof_lookups",
    "raffles.rules.redraw_checks", "raffles.sale_context", "raffles.sellers", "scheduling.agenda",
    "scheduling.booking_keys",
    "scheduling.booking_context", "scheduling.booking_limits", "scheduling.booking_request",
    "scheduling.rules.opening_hours", "scheduling.slots", "tenancy.rules.integration_states",
    "tenancy.rules.public_settings", "values.text",
    "values.wire",
}  # fmt: skip


def test_every_function_that_signs_or_derives_an_id_has_the_key():
    without = {
        function["Properties"]["CodeUri"].split("/")[-1]
        for function in template.resources("AWS::Serverless::Function").values()
        if "SIGNING_KEY" not in function["Properties"]["Environment"]["Variables"]
    }

    assert without == {"authorizer", "bancard_mock", "google_calendar_mock", "me", "outbox"}
