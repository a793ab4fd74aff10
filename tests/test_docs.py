"""The docs fail here when they lie: routes, roles, codes, keys, functions, walks, commands, paths, links, examples.

And when a reader must read a sentence twice: its length and its subject are measured.
"""

import ast
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
from datetime import UTC, date, datetime
from fnmatch import fnmatch
from itertools import pairwise

import pytest

import mostrador
import stand_ins
from local import routes as declared
from local import seed, stack
from mostrador import errors
from mostrador.fields import Request
from mostrador.people.rules.permissions import HIDDEN, LEAST, PEOPLE_ONLY, PROTECTED, WRITES
from mostrador.scheduling.rules.availability import Reason
from mostrador.table import attributes, base, keys
from mostrador.table.base import Item
from mostrador.values.next_actions import TEXTS
from mostrador.values.wording import Reader
from mostrador.web import problems
from mostrador.web.problem_views import Problem
from mostrador.web.routes import Access
from tests import test_architecture
from tests.support import template

ROOT = template.ROOT
README = (ROOT / "README.md").read_text()
API = (ROOT / "docs" / "api.md").read_text()
ERRORS = (ROOT / "docs" / "errors.md").read_text()
REFERENCE = {page.stem: page.read_text() for page in (ROOT / "docs" / "api").glob("*.md")}
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
DATA_MODEL = (ROOT / "docs" / "data-model.md").read_text()
PROSE = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
PAGES = [*PROSE, ROOT / "CHANGELOG.md"]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SUFFIXES = (".md", ".py", ".yaml", ".toml", ".json", ".txt", ".in", ".log")
# Spans that look like paths and are none, and files that only commands make.
NO_PATHS = ("application/json", "text/calendar", "*/tenant/*")
# Names of permissions, which read like functions.
ACTIONS = {action.value for action in LEAST}
MADE = (
    ".local/*",
    ".build/*",
    "client/*",
    "bench/results.json",
    "state/",
    "ready.json",
    "*.log",
    "holidays.json",
    "openapi.json",
)


def on_every_page(find, pages=PAGES):
    """Each finding of ``find(page)``, as ``page: finding``."""
    return [f"{page.relative_to(ROOT).as_posix()}: {found}" for page in pages for found in find(page)]


def rows(text):
    """The cells of every row of every table."""
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def bare(cell):
    return cell.strip("`")


def blocks(text, language):
    """The fenced code of one language; "" for that of none."""
    return [code for of, code in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.S | re.M) if of == language]


def subclasses(of):
    """All subclasses in the package and the stand-ins, at any depth."""
    for found in of.__subclasses__():
        if found.__module__.startswith(("mostrador.", "stand_ins.")):
            yield found
            yield from subclasses(found)


def spans(text):
    """The code in backticks, outside fences."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M))


SECTION = re.compile(r"^## (\w+\.\w+)\n.*?^`(\w+) (\S+)` · (.+?)$.*?^\| (2\d\d) \|", re.S | re.M)


def documented_routes():
    """Operation id -> method, path, who may call it and status, of the sections of the reference."""
    return {found[0]: found[1:] for page in REFERENCE.values() for found in SECTION.findall(page)}


def who_may(route):
    others = {Access.SIGNED_IN: "anybody signed in", Access.MACHINE: "another system"}
    return route.role or others.get(route.access, "anybody")


def test_the_reference_has_every_route_of_the_doors_with_its_role_and_status_and_no_other():
    made = {one.operation: (one.method, one.path, who_may(one), str(one.status)) for _, one in declared.of_doors()}

    assert documented_routes() == made


def test_the_index_and_the_pages_of_the_reference_list_every_route():
    listed = {
        page: {(row[0], bare(row[1])) for row in rows(text) if row[0] in METHODS} for page, text in REFERENCE.items()
    }
    made = {(route.method, route.path) for _, route in declared.of_doors()}

    assert listed.pop("README") == made
    assert set().union(*listed.values()) == made


def test_the_reference_has_the_table_of_permissions():
    listed = [row for row in rows(REFERENCE["permissions"]) if row[0] not in ("action", "entity")]
    told = {bare(row[0]): row[1] for row in listed if len(row) == 3}
    fields = {(bare(row[0]), row[1], row[2]): set(spans(row[3])) for row in listed if len(row) == 4}

    assert {
        action.value: f"{role.value}, people only" if action in PEOPLE_ONLY else role.value
        for action, role in LEAST.items()
    } == told
    for doing, table in (("writes", WRITES), ("sees", HIDDEN)):
        expected = {}
        for entity, of in table.items():
            for field, role in of.items():
                expected.setdefault((entity, doing, role.value), set()).add(field)
        assert {key: found for key, found in fields.items() if key[1] == doing} == expected
    assert set(spans(API)) >= PROTECTED


def codes_in_code():
    """Code -> status, None where it has none: of refusals, of ``web/problems.py`` itself, of API Gateway's answers."""
    for package in (mostrador, stand_ins):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    refusals = [one for one in subclasses(errors.ServiceError) if "code" in vars(one)]
    statuses = problems._STATUSES
    found = {one.code: next(statuses[of] for of in statuses if issubclass(one, of)) for one in refusals}
    said = re.findall(r'_problem\(\s*event,\s*(\d+),\s*"(\w+)"', inspect.getsource(problems))
    found |= {code: int(status) for status, code in said}
    api = template.load()["Resources"]["Api"]
    for answer in api["Metadata"]["GatewayResponses"].values():
        code = re.search(r'"code":"(\w+)"', answer["ResponseTemplates"]["application/json"])[1]
        found.setdefault(code, answer.get("StatusCode"))
    return found


def documented_codes():
    listed = ERRORS.split("## Codes")[1]
    return {bare(row[0]): row[1] for row in rows(listed) if row[0].startswith("`")}


def test_the_page_of_errors_has_every_code_and_no_other():
    assert set(documented_codes()) == set(codes_in_code())


def test_the_page_of_errors_has_the_status_of_each_code():
    documented = documented_codes()

    found = {code: (documented[code], status) for code, status in codes_in_code().items()}
    assert {code: both for code, both in found.items() if not agree(*both)} == {}


def agree(told, status):
    return told in (str(status), f"{str(status)[0]}xx", "-") or (status is None and told.endswith("xx"))


def test_the_reference_names_every_field_of_a_request_and_every_reason():
    fields = {one.alias or name for of in subclasses(Request) for name, one in of.model_fields.items()}

    assert fields | set(Reason) <= {
        name for page in REFERENCE.values() for span in spans(page) for name in re.findall(r"\w+", span)
    }


def test_the_errors_page_has_every_next_step_as_it_is_said():
    listed = {bare(row[0]): row[1] for row in rows(ERRORS.split("## Next steps")[1].split("\n## ")[0])[1:]}

    english = Reader("en")
    said = {code.value: english.sentence(words[1], {"retry_after": 1440}) for code, words in TEXTS.items()}
    assert listed == said


@pytest.mark.parametrize("example", blocks(ERRORS, "json"), ids=range(len(blocks(ERRORS, "json"))))
def test_an_example_of_a_problem_is_json_with_a_code_and_status_that_exist(example):
    told = json.loads(example)

    Problem.model_validate_json(example, strict=True)
    assert codes_in_code()[told["code"]] == told["status"]
    assert told["type"].endswith(f":{told['code']}")


DAY = date(2026, 12, 1)
KEYS = {
    "Tenant": keys.tenant("s"),
    "Member": keys.member("s", "<user>"),
    "Team": keys.team("s"),
    "ApiKey": keys.api_key("s", "<id>"),
    "Service": keys.service("s", "<id>"),
    "Resource": keys.resource("s", "r"),
    "Feed": keys.feed("s", "f"),
    "Usage": keys.usage("s", DAY),
    "Customer": keys.customer("s", "c"),
    "PhoneGuard": keys.phone("s", "+595981123456"),
    "ActiveBookings": keys.active_bookings("s", "+595981123456"),
    "Appointment": keys.appointment("s", "a"),
    "AgendaDay": keys.agenda_day("s", "r", DAY),
    "BusyDay": keys.busy_day("s", "r", DAY),
    "BusyEvent": keys.busy_event("s", "<source>", "<digest>"),
    "CalendarState": keys.calendar_state("s", "<source>"),
    "Waiting": keys.waiting("s", "w"),
    "Waiter": keys.waiter("s", "<service>", "2026-12-01", "c"),
    "WaitingLine": keys.waiting_line("s", "<service>", "2026-12-01"),
    "Rate": keys.rate("s", "<action>", "<digest>", "2026-12-01T09"),
    "AuditEntry": keys.audit_entry("s", datetime(2026, 12, 1, 12, tzinfo=UTC), "<id>"),
    "AuditLink": keys.link("s", "<line>"),
    "ChainHead": keys.chain_head("s"),
    "OpenRaffles": keys.open_raffles("s"),
    "Raffle": keys.raffle("s", "<raffle>"),
    "RaffleNumber": keys.raffle_number("s", "<raffle>", 42),
    "RaffleBuyer": keys.raffle_buyer("s", "<raffle>", "c"),
    "RaffleSeller": keys.raffle_seller("s", "<raffle>", "<user>"),
    "RaffleDraw": keys.raffle_draw("s", "<raffle>", 1),
    "SoldChunk": keys.sold_chunk("s", "<raffle>", "<root>", 0),
    "BoardChunk": keys.board_chunk("s", "<raffle>", 0),
    "Order": keys.order("s", "o"),
    "Payment": keys.payment("s", "<id>"),
    "CalendarEvent": keys.calendar_event("s", "a"),
    "CalendarWatch": keys.calendar_watch("s", "INTEGRATION#GOOGLE_CALENDAR"),
    "CalendarConsent": keys.calendar_consent("s", "<id>"),
    "LedgerLine": keys.ledger_line("s", datetime(2026, 12, 1, 12, tzinfo=UTC), "<id>", "PAID"),
    "RefundDue": keys.refund_due("s", "<id>"),
    "ParkedNotice": keys.parked_notice("s", "<id>"),
    "PaymentReport": keys.payment_report("s", DAY),
    "Integration": keys.integration("s", "BANCARD"),
    "StandInRecord": keys.stand_in_record("bancard", "PURCHASE", "<id>"),
}


def entities():
    """Class -> what its items say they are; bases that are never stored left out."""
    kinds = {one.__name__: base.Item.entity.get_discriminator(one) for one in subclasses(Item)}
    return {name: kind for name, kind in kinds.items() if kind}


def documented_entities():
    listed = DATA_MODEL.split("## Entities and keys")[1].split("\n## ")[0]
    return {bare(row[0]): row[1:] for row in rows(listed) if row[0].startswith("`")}


def test_the_data_model_has_every_entity_and_no_other():
    assert {name: told[0] for name, told in documented_entities().items()} == entities()


def test_the_data_model_has_the_keys_of_each_entity():
    documented = {name: documented_entities()[name][1:3] for name in KEYS}

    assert {name: (bare(pk), sk.split("`")[1]) for name, (pk, sk) in documented.items()} == KEYS


def test_the_data_model_explains_every_byte_of_an_agenda_line():
    ranges = [row[0] for row in rows(DATA_MODEL) if re.fullmatch(r"\d+(-\d+)?", row[0])]
    told = [[int(part) for part in of.split("-")] for of in ranges]

    assert [byte for part in told for byte in range(part[0], part[-1] + 1)] == list(range(attributes._LINE.size))


def test_the_architecture_has_every_function_and_no_other():
    folders = {bare(row[0]).split("/")[1] for row in rows(ARCHITECTURE) if row[0].startswith("`functions/")}

    assert folders == {folder.name for folder in (ROOT / "functions").iterdir()}


def test_the_architecture_draws_every_room_and_every_module_beside_them():
    package = ROOT / "layers" / "shared" / "mostrador"
    there = {path.stem for path in package.iterdir() if path.is_dir() or path.suffix == ".py"}

    assert there - {"__init__", "__pycache__"} <= set(re.findall(r"\w+", blocks(ARCHITECTURE, "")[0]))


def test_the_rooms_are_drawn_in_the_order_in_which_they_import():
    lines = reversed(blocks(ARCHITECTURE, "")[0].splitlines())
    drawn = [set(re.findall(r"(?:^ |\| +)([a-z]+)\b", line)) for line in lines]
    heights = [
        [next(at for at, names in enumerate(drawn) if room in names) for room in floor]
        for floor in test_architecture.FLOORS
    ]

    assert all(max(below) < min(above) for below, above in pairwise(heights))
    assert test_architecture.ORDER in " ".join((ROOT / "docs" / "decisions" / "rooms.md").read_text().split())


STEP = re.compile(r"^\d+\. `([\w/.]+\.(?:py|yaml))` -> `(\w+)`", re.M)


def walks(heading):
    """Title -> (file, name) of each numbered step, of the sections below a heading of the architecture."""
    below = re.split(r"^### ", ARCHITECTURE.split(f"## {heading}\n")[1].split("\n## ")[0], flags=re.M)[1:]
    return {text.splitlines()[0]: STEP.findall(text) for text in below}


def names_in(path):
    """Each function, class, method, variable and field of a module; each resource and parameter of a template."""
    if path.suffix == ".yaml":
        return {*template.load()["Resources"], *template.load()["Parameters"]}
    tree = [*ast.walk(ast.parse(path.read_text()))]
    defined = {node.name for node in tree if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    stored = [node for node in tree if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store)]
    return defined | {node.id if isinstance(node, ast.Name) else node.attr for node in stored}


def astray(steps):
    """The steps whose file or name is not there."""
    places = [
        (place if place.startswith(("functions/", "template")) else f"layers/shared/mostrador/{place}")
        for place, _ in steps
    ]
    return [
        f"{place}: {name}"
        for place, (_, name) in zip(places, steps, strict=True)
        if not (ROOT / place).exists() or name not in names_in(ROOT / place)
    ]


def test_the_three_walks_go_through_files_and_functions_that_exist():
    found = walks("Three walks")

    assert len(found) == 3
    assert min(map(len, found.values())) >= 4
    assert [step for steps in found.values() for step in astray(steps)] == []


def test_each_of_the_six_questions_is_answered_in_at_most_three_files_that_exist():
    found = walks("Six questions")

    assert len(found) == 6
    assert {len({place for place, _ in steps}) for steps in found.values()} <= {1, 2, 3}
    assert [step for steps in found.values() for step in astray(steps)] == []


def test_the_operations_page_has_every_alarm_and_every_parameter_of_the_template():
    page = (ROOT / "docs" / "operations.md").read_text()
    named = {name for row in rows(page) for name in spans(row[0])}

    assert {name for name in named if name.endswith("Alarm")} == set(template.resources("AWS::CloudWatch::Alarm"))
    assert set(template.load()["Parameters"]) <= named


def test_every_make_target_named_exists():
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M))

    assert on_every_page(lambda page: make_targets(page.read_text()) - targets) == []


def test_every_test_that_the_makefile_names_exists():
    named = re.findall(r"\btests/[\w/.*]+", (ROOT / "Makefile").read_text())

    assert [path for path in named if not list(ROOT.glob(path))] == []


def make_targets(text):
    """The targets that the code in a text names."""
    code = "\n".join([*spans(text), *blocks(text, "sh")])
    return set(re.findall(r"\bmake ([a-z][a-z-]*)", code))


def repository():
    """Every file and folder of ours, as text."""
    tops = [top for top in ROOT.iterdir() if top.name == ".ci" or not top.name.startswith((".", "node_modules"))]
    found = [one for top in tops for one in [top, *top.rglob("*")]]
    return [one.relative_to(ROOT).as_posix() for one in found if "__pycache__" not in one.parts]


def is_there(path, everything):
    """Whether something of ours is called so or ends so; ``<name>`` and ``*`` stand for anything."""
    wanted = re.sub(r"<\w+>", "*", path).rstrip("/")
    return any(fnmatch(one, wanted) or fnmatch(one, f"*/{wanted}") for one in everything)


def paths(page):
    """The code spans of a page that can only be paths of ours."""
    alike = [one for one in spans(page.read_text()) if re.fullmatch(r"[\w.*<>-]+(/[\w.*<>-]+)*/?", one)]
    written = [one for one in alike if "/" in one or one.endswith(SUFFIXES)]
    return [one for one in written if not any(fnmatch(one, pattern) for pattern in (*NO_PATHS, *MADE))]


def test_every_path_in_backticks_exists():
    everything = repository()

    assert on_every_page(lambda page: [path for path in paths(page) if not is_there(path, everything)]) == []


def modules_named(page):
    """The ``room.module.function`` spans of a page, as (``room.module``, ``function``)."""
    for span in spans(page.read_text()):
        found = re.match(r"([a-z_]+(?:\.[a-z_]+)*)\.([a-z_]+)(\(|$)", span)
        known = found and importlib.util.find_spec(f"mostrador.{found[1].split('.')[0]}")
        if known and span not in ACTIONS and not span.endswith(SUFFIXES):
            yield found[1], found[2]


def is_defined(module, name):
    path = (ROOT / "layers" / "shared" / "mostrador").joinpath(*module.split(".")).with_suffix(".py")
    return path.exists() and hasattr(importlib.import_module(f"mostrador.{module}"), name)


def test_every_function_named_exists():
    def missing(page):
        return [f"{module}.{name}" for module, name in modules_named(page) if not is_defined(module, name)]

    assert on_every_page(missing) == []


def anchors(page):
    """The names by which links find the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_leads_somewhere():
    def dead(page):
        targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
        return [target for target in targets if not target.startswith("https:") and not leads(page, target)]

    assert on_every_page(dead) == []


def leads(page, target):
    """Whether a link of the page has a file, and a heading where it names one."""
    path, _, anchor = target.partition("#")
    there = page.parent / path if path else page
    return there.exists() and (not anchor or anchor in anchors(there))


def test_every_decision_is_in_their_index():
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()

    assert {page.name for page in folder.glob("*.md")} - {"README.md"} <= set(re.findall(r"\((\S+)\)", index))


def test_the_readme_is_short_and_its_map_shows_what_is_there():
    drawn, everything = [line.split()[0] for line in blocks(README, "")[0].splitlines()], repository()

    assert len(README.splitlines()) < 150
    assert [path for path in drawn if not is_there(path, everything)] == []


def test_the_readme_names_the_users_and_services_that_the_seed_makes():
    made = [stack.PASSWORD, seed.SUPERUSER, *(one["slug"] for one in seed.TENANTS)]
    made += [
        f"{one['name']} {one['duration_minutes']} min {one['price']}" for of in seed.SERVICES.values() for one in of
    ]

    assert [one for one in made if one not in README] == []


MOST_WORDS = 25


def paragraphs(page):
    """The prose of a page: no code, tables or headings; an item of a list stands for itself."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.S | re.M)
    text = re.sub(r"^(\||#).*$", "", text, flags=re.M)
    text = re.sub(r"^\s*(?:[-*]|\d+\.) ", "\n", text, flags=re.M)
    return [" ".join(one.split()) for one in re.split(r"\n\s*\n", text) if one.strip()]


def sentences(page):
    """Each sentence of a page; code in backticks counts as a word, a link as its text."""
    for paragraph in paragraphs(page):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"`[^`]*`", "code", paragraph)).replace("*", "")
        yield from re.split(r"(?<=[.!?])\s+", plain)


def test_no_sentence_of_the_docs_is_longer_than_25_words():
    def long(page):
        return [one for one in sentences(page) if len(re.findall(r"\S*\w\S*", one)) > MOST_WORDS]

    assert on_every_page(long, PROSE) == []


def test_no_sentence_of_the_docs_has_what_or_who_as_its_subject():
    def unclear(page):
        begun = [one for one in sentences(page) if re.match(r"(What|Whatever|Who|Whoever)\b", one)]
        return [one for one in begun if not one.endswith("?")]

    assert on_every_page(unclear, PROSE) == []


def test_a_long_sentence_and_an_unclear_subject_are_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"# What is this\n\n- {'word ' * 25}end.\n- Whoever pays wins.\n\n| {'word ' * 30} |\n")

    long, unclear = sentences(page)

    assert (len(long.split()), unclear) == (26, "Whoever pays wins.")


def test_the_commands_of_the_readme_are_valid_shell():
    script = "\n".join(blocks(README, "sh"))

    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0  # noqa: S607
