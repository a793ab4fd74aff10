"""The audit log for whoever reads it: lists, filters, CSV; and whether its chain tells what was tampered with."""

from datetime import timedelta
from itertools import pairwise
from urllib.parse import quote

import pytest

from functions.outbox import app as outbox
from mostrador import clock
from mostrador.audit import chain
from mostrador.audit import log as audit
from mostrador.audit.rules.chain import line_of
from mostrador.audit.rules.verification import LogProblem
from mostrador.audit.views.audit import VerifyQuery
from mostrador.table import base, keys, reads
from mostrador.table.base import Item
from tests.audit.test_chain import change, head, stretch
from tests.functions.test_api_keys import Program
from tests.support import samples, sheets, snapshots, stream, template
from tests.support.http import Client, admin, foreign, staff, superuser, viewer
from tests.support.lines import trips

URL = "/tenant/salon/api/audit"
SERVICES = "/tenant/salon/api/services"


@pytest.fixture
def source(table):
    return stream.Stream()


@pytest.fixture
def log(source, salon, clinic):
    """Twelve lines of the salon's and some of the clinic's, linked by the outbox."""

    def make():
        for number in range(10):
            change(number)
        stream.pump(outbox.handler, stream.let_by("OutboxFunction", source.new()))

    snapshots.once("log", make)
    source.new()  # it has been told already
    return rows()


def rows(tenant="salon"):
    return stretch(keys.audit_partition(tenant))


def later(minutes=10):
    """When whatever is written now should long have been linked."""
    return clock.now() + timedelta(minutes=minutes)


def verified(now=None, **query):
    return audit.verify("salon", VerifyQuery(**query), now=now or later())


def found(log, verdict=None):
    """The problems by name and by the place of the line in the log, None where it is gone with its link."""
    places = {row["sk"]["S"]: number for number, row in enumerate(log)}
    return [(one.problem.value, places.get(one.sk)) for one in (verdict or verified()).problems]


# --- What an attacker with the table's keys in hand may do ---------------------------------------------------------


def put(row):
    connection().put_item(TableName=table(), Item=row)


def remove(row):
    connection().delete_item(TableName=table(), Key={"pk": row["pk"], "sk": row["sk"]})


def connection():
    return base.client()


def table():
    return Item.Meta.table_name


def link_of(row):
    (found,) = (one for one in stretch(keys.chain_partition("salon")) if one["sk"]["S"].endswith(row["sk"]["S"]))
    return found


def moved_to(row, at):
    """The line under another time."""
    return row | {"sk": {"S": f"{at}#{row['sk']['S'].partition('#')[2]}"}, "at": {"S": at}}


def remove_a_line(log):
    remove(log[3])


def remove_a_line_with_its_link(log):
    remove(link_of(log[3]))
    remove(log[3])


def change_a_line(log):
    put(log[3] | {"user": {"S": "somebody-else"}})


def change_a_time(log):
    put(log[3] | {"at": {"S": "2020-01-01T00:00:00Z"}})


def swap_two_lines(log):
    place = ("pk", "sk", "at")
    for here, there in ((log[3], log[6]), (log[6], log[3])):
        put(there | {name: here[name] for name in place})


def move_a_line(log):
    remove(log[3])
    put(moved_to(log[3], "2020-01-01T00:00:00Z"))


def insert_a_line(log):
    put(moved_to(log[3], "2020-01-01T00:00:00Z") | {"user": {"S": "forged"}})


def break_a_link(log):
    put(link_of(log[3]) | {"line": {"S": "0" * 64}})


def remove_a_link(log):
    remove(link_of(log[3]))


def move_the_head(log):
    put(_head_row() | {"digest": {"S": "0" * 64}})


def set_the_head_back(log):
    before = link_of(log[8])
    put(_head_row() | {"sequence": before["sequence"], "digest": before["digest"]})


def remove_the_head(log):
    remove(_head_row())


def _head_row():
    pk, sk = keys.chain_head("salon")
    return next(row for row in stretch(pk) if row["sk"]["S"] == sk)


TAMPERING = {
    remove_a_line: [("removed", 3)],
    remove_a_line_with_its_link: [("removed", None)],
    change_a_line: [("changed", 3)],
    change_a_time: [("changed", 3)],
    swap_two_lines: [("reordered", 3), ("reordered", 6)],
    move_a_line: [("reordered", None), ("reordered", 3)],
    insert_a_line: [("inserted", None)],
    break_a_link: [("broken", 3), ("changed", 3)],
    remove_a_link: [("inserted", 3), ("removed", None)],
    move_the_head: [("head", 11)],
    set_the_head_back: [("head", None)],
    remove_the_head: [("head", None)],
}


def test_an_untouched_log_is_intact(log):
    verdict = verified()

    assert (verdict.is_intact, verdict.problems, verdict.next) == (True, [], None)
    assert (verdict.lines, verdict.linked, verdict.unlinked, verdict.caught_up) == (12, 12, 0, 0)
    assert verdict.head == head()


@pytest.mark.parametrize("tampering", TAMPERING, ids=lambda one: one.__name__)
def test_tampering_is_detected_and_named(log, tampering):
    tampering(log)

    verdict = verified()

    assert not verdict.is_intact
    assert sorted(found(log, verdict), key=str) == sorted(TAMPERING[tampering], key=str)


@pytest.mark.parametrize("tampering", TAMPERING, ids=lambda one: one.__name__)
def test_it_is_detected_also_where_the_log_is_read_in_portions(log, tampering, monkeypatch, case):
    """A move over more than one portion shows as removed here and inserted there."""
    for size in [1, 2, 5]:
        with case(size=size):
            tampering(log)
            monkeypatch.setattr(audit, "STRETCH", size)
            monkeypatch.setattr(audit, "MOST_STRETCHES", 2)

            problems, cursor, answers = [], None, 0
            while cursor or not answers:
                verdict = verified(cursor=cursor)
                problems, cursor, answers = problems + found(log, verdict), verdict.next, answers + 1

            assert answers > 1
            assert not verdict.is_intact
            assert {place for _, place in problems} == {place for _, place in TAMPERING[tampering]}


@pytest.mark.parametrize(
    "tampering", [one for one in TAMPERING if "link" not in one.__name__ and "head" not in one.__name__]
)
def test_without_a_chain_from_before_the_same_goes_unnoticed(log, tampering):
    """The red control: the chain is made after the fact, and the list of lines shows nothing either."""
    tampering(log)
    for row in stretch(keys.chain_partition("salon")):
        remove(row)
    chain.link("salon", {line_of(row): None for row in rows() if row["at"]["S"] in row["sk"]["S"]})

    assert [one for one in verified().problems if one.problem is not LogProblem.INSERTED] == []
    assert admin.call("GET", URL).status == 200


def test_a_line_inserted_through_the_stream_as_of_another_day_is_named(log, source):
    """Whatever is put into the table the outbox links; but it knows when it saw it."""
    insert_a_line(log)
    stream.pump(outbox.handler, stream.let_by("OutboxFunction", source.new()))

    assert found(log) == [("inserted", None)]


def test_what_waits_is_no_problem_until_it_is_late(log):
    change(99)

    fresh, late = verified(now=clock.now()), verified()

    assert (fresh.is_intact, fresh.lines, fresh.unlinked) == (True, 13, 0)
    assert (late.is_intact, late.problems, late.unlinked) == (False, [], 1)


def test_what_was_caught_up_with_is_counted(log):
    change(99)
    chain.catch_up("salon", since=clock.now() - timedelta(days=1), until=later())

    verdict = verified()

    assert (verdict.is_intact, verdict.linked, verdict.caught_up) == (True, 13, 1)


def test_a_head_noted_down_shows_that_the_end_was_cut_off(log):
    sequence, digest = head()
    for row in log[-3:]:
        remove(link_of(row))
        remove(row)
    before = link_of(log[-4])
    put(_head_row() | {"sequence": before["sequence"], "digest": before["digest"]})

    assert verified().is_intact
    assert found(log, verified(sequence=sequence, digest=digest)) == [("rewritten", None)]


def test_a_head_noted_down_shows_that_all_was_made_anew(log):
    sequence, digest = head()
    change_a_line(log)
    for row in stretch(keys.chain_partition("salon")):
        remove(row)
    chain.link("salon", {line_of(row): None for row in rows()})

    assert verified().is_intact
    assert found(log, verified(sequence=sequence, digest=digest)) == [("rewritten", 11)]
    assert verified(sequence=head()[0], digest=head()[1]).is_intact


def test_what_is_written_while_the_log_is_read_is_no_problem(log, monkeypatch):
    monkeypatch.setattr(audit, "STRETCH", 2)
    read, number = reads.stretch, iter(range(1000))

    def meanwhile(partition, **asked):
        answer = read(partition, **asked)
        change(next(number))
        chain.link(
            "salon",
            {line_of(row): clock.now() for row in read(keys.audit_partition("salon"), after="0", upto="9", most=1000)},
        )
        return answer

    monkeypatch.setattr(reads, "stretch", meanwhile)

    assert found(log, verified(now=clock.now())) == []


def test_what_shows_only_once_is_not_told(log, monkeypatch):
    """A write that was met half way: links and head of one transaction do not become visible in one moment."""
    read, answers = reads.stretch, []

    def without_the_last_link(partition, **asked):
        answers.append(read(partition, **asked))
        is_first = len(answers) == 1
        return answers[-1][:-1] if is_first else answers[-1]

    monkeypatch.setattr(reads, "stretch", without_the_last_link)

    assert verified(now=clock.now()).is_intact
    assert len(answers) == 4


def test_a_log_in_pieces_ends_the_verification(log, monkeypatch):
    monkeypatch.setattr("mostrador.audit.rules.verification.MOST_ENDS", 4)
    monkeypatch.setattr(audit, "STRETCH", 5)
    for row in log[::2]:
        remove(link_of(row))

    verdict = verified()

    assert (verdict.is_intact, verdict.next) == (False, None)


def test_verifying_costs_four_round_trips_for_each_thousand_lines(log):
    now = later()
    verified(now=now)

    with trips() as seen:
        verified(now=now)

    assert seen == ["BatchGetItem", "Query", "Query", "BatchGetItem"]


def test_a_line_of_which_somebody_made_nonsense_is_named_and_breaks_nothing(log):
    nonsense = {"sk": {"S": "!"}, "entity": {"S": "AUDIT"}, "blob": {"B": b"\xff"}}
    put({"pk": {"S": keys.audit_partition("salon")}} | nonsense)
    put(link_of(log[3]) | {"sequence": {"S": "x"}})

    assert {problem for problem, _ in found(log)} == {"inserted", "broken", "removed"}


# --- Through the door ----------------------------------------------------------------------------------------------


@pytest.fixture
def told(haircut):
    """Somebody's day: a service renamed, a customer made, an appointment booked and cancelled."""
    admin.call("PATCH", f"{SERVICES}/{haircut.id}", {"name": "Barba"})
    ana = staff.call("POST", "/tenant/salon/api/customers", {"name": "Ana"}).json
    tomorrow = clock.now().date() + timedelta(days=1)  # these doors read the clock
    form = {"service_id": haircut.id, "scheduled_at": f"{tomorrow}T12:00:00Z", "customer_id": ana["id"]}
    booked = staff.call("POST", "/tenant/salon/api/appointments", form).json
    staff.call("POST", f"/tenant/salon/api/appointments/{booked['id']}/cancel")
    return {"service": haircut.id, "customer": ana["id"], "appointment": booked["id"]}


def listed(query="", client=admin):
    answer = client.call("GET", URL + query)
    assert answer.status == 200, answer.text
    return [[change["action"] for change in line["changes"]] for line in answer.json["items"]]


def test_an_admin_reads_who_did_what_newest_first(told):
    lines = admin.call("GET", URL).json["items"]

    assert [line["changes"][0]["action"] for line in lines][:4] == [
        "appointment.cancelled",
        "appointment.created",
        "customer.created",
        "service.changed",
    ]
    renamed = lines[3]
    assert (renamed["user"], renamed["name"], renamed["role"]) == ("u-admin", "eva@example.com", "admin")
    assert (renamed["address"], renamed["request_id"]) == ("203.0.113.7", "request-1")
    assert renamed["changes"] == [
        {
            "entity": "service",
            "id": told["service"],
            "action": "service.changed",
            "fields": {"name": ["Corte", "Barba"]},
        }
    ]
    assert all(before["at"] >= after["at"] for before, after in pairwise(lines))


def test_the_log_is_filtered_by_what_was_changed(told):
    assert listed("?entity=customer") == [["customer.created"]]
    assert listed(f"?entity=service&id={told['service']}") == [["service.changed"], ["service.created"]]
    assert listed(f"?id={told['appointment']}") == [["appointment.cancelled"], ["appointment.created"]]
    assert listed(f"?entity=customer&id={told['appointment']}") == []
    assert listed(f"?id={told['appointment'][:-1]}") == []


@pytest.mark.parametrize(("name", "word"), [("entity", "appoint"), ("entity", "order#"), ("action", "service.change")])
def test_a_filter_by_an_unknown_word_is_refused_with_the_known_ones(told, name, word):
    answer = admin.call("GET", f"{URL}?{name}={quote(word)}")

    (fault,) = answer.json["errors"]
    assert (answer.status, fault["field"], fault["code"]) == (422, f"query.{name}", "enum")
    assert "appointment" in fault["detail"]


def test_the_log_is_filtered_by_what_was_done(told):
    assert listed("?action=appointment.cancelled") == [["appointment.cancelled"]]
    assert listed(f"?id={told['service']}&action=service.created") == [["service.created"]]
    assert listed(f"?id={told['customer']}&action=service.created") == []
    assert listed(f"?entity=service&id={told['service']}&action=service.changed") == [["service.changed"]]
    assert listed("?entity=service&action=service.changed") == [["service.changed"]]


def test_the_log_is_filtered_by_who_did_it(told):
    assert listed("?user=u-admin") == [["service.changed"]]
    assert len(listed("?user=eva@example.com")) == 4
    assert listed("?user=nobody") == []


def test_the_log_is_filtered_by_time(told):
    now = clock.now()
    hour = timedelta(hours=1)
    since, until = keys.at(now - hour), keys.at(now + hour)

    everything = listed()
    assert listed(f"?from={since}&to={until}") == everything
    assert listed(f"?from={until}") == listed(f"?to={since}") == []
    refused = admin.call("GET", f"{URL}?from={until}&to={since}")
    assert (refused.status, refused.json["code"]) == (422, "invalid_request")


def test_following_the_cursor_finds_every_line_once(told):
    everything, seen, cursor = listed(), [], ""
    while cursor is not None:
        page = admin.call("GET", f"{URL}?limit=2{cursor and f'&cursor={cursor}'}").json
        seen += [[change["action"] for change in line["changes"]] for line in page["items"]]
        cursor = page["next"]

    assert seen == everything


def test_the_log_is_exported_as_csv_page_by_page(told):
    answer = admin.call("GET", f"{URL}?limit=2", accept="text/csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    table = sheets.rows(answer)
    assert list(table[0]) == ["id", "at", "at_local", "user", "name", "role", "address", "request_id", "changes"]
    assert [row["user"] for row in table] == ["u-staff", "u-staff"]
    assert '"appointment.cancelled"' in table[0]["changes"]
    again = admin.call("GET", f"{URL}?limit=2&cursor={answer.headers['x-next-cursor']}", accept="text/csv")
    assert '"customer.created"' in again.text
    assert 'rel="next"' in answer.headers["link"]


@pytest.mark.parametrize("path", [URL, f"{URL}/verify"])
def test_only_admins_read_it(told, path):
    assert admin.call("GET", path).status == superuser.call("GET", path).status == 200
    for client in (viewer, staff):
        answer = client.call("GET", path)
        assert (answer.status, answer.json["code"]) == (403, "forbidden")
    assert foreign.call("GET", path).status == 404


def test_a_program_with_an_admins_key_reads_it_while_the_key_lasts(told):
    made = admin.call("POST", "/tenant/salon/api/keys", {"name": "Auditoría", "role": "admin"}).json
    reader = Program({"salon": "admin"}, name=f"key:{made['id']}")

    assert listed("?entity=apikey", client=reader) == [["apikey.created"]]
    admin.call("DELETE", f"/tenant/salon/api/keys/{made['id']}")
    assert reader.call("GET", URL).status == 404


def test_another_tenants_lines_are_never_among_them(told, clinic):
    both = Client({"salon": "admin", "clinic": "admin"})

    assert [action for (action, *_) in listed(client=both)].count("tenant.created") == 1
    theirs = both.call("GET", "/tenant/clinic/api/audit").json["items"]
    assert all("salon" not in str(line) for line in theirs)


@pytest.mark.parametrize("path", [URL, f"{URL}/verify"])
def test_another_lists_cursor_is_refused(told, path):
    cursor = admin.call("GET", f"{SERVICES}?limit=1").json["next"] or admin.call("GET", f"{URL}?limit=1").json["next"]
    other = f"{path}?cursor={cursor}" + ("&entity=service" if path == URL else "")

    answer = admin.call("GET", other)

    assert (answer.status, answer.json["code"]) == (422, "invalid_cursor")


def test_the_door_tells_whether_the_log_is_intact(log):
    whole = admin.call("GET", f"{URL}/verify").json
    assert whole == {
        "is_intact": True,
        "lines": 12,
        "linked": 12,
        "caught_up": 0,
        "unlinked": 0,
        "head": {"sequence": 12, "digest": head()[1]},
        "problems": [],
        "next": None,
    }

    remove_a_line(log)
    told = admin.call("GET", f"{URL}/verify").json
    at, _, line_id = log[3]["sk"]["S"].partition("#")
    assert told["is_intact"] is False
    assert told["problems"] == [{"problem": "removed", "sequence": 4, "at": at, "id": line_id}]


def test_a_known_link_is_asked_for_with_number_and_digest(log):
    sequence, digest = head()

    assert admin.call("GET", f"{URL}/verify?sequence={sequence}&digest={digest}").json["is_intact"]
    assert not admin.call("GET", f"{URL}/verify?sequence={sequence}&digest={'0' * 64}").json["is_intact"]
    assert admin.call("GET", f"{URL}/verify?sequence={sequence}").status == 422


# --- Nobody changes it ---------------------------------------------------------------------------------------------

ROUTES = [(method, path) for method, path, _ in template.routes() if method != "GET"]


def test_the_log_has_routes_that_read_and_no_others():
    assert {method for method, path, _ in template.routes() if "audit" in path} == {"GET"}


def test_no_route_changes_or_removes_a_line(log, haircut, case):
    for method, path in ROUTES:
        with case(method=method, path=path):
            before = rows()
            anybody = Client({"salon": "admin", "clinic": "admin"}, superuser=True)

            url, headers = samples.url(path, slug="salon", service_id=haircut.id), samples.headers(method, path)
            anybody.call(method, url, samples.body(method, path), **headers)

            after = {row["sk"]["S"]: row for row in rows()}
            assert [after.get(row["sk"]["S"]) for row in before] == before


def test_the_role_of_the_functions_can_neither_change_nor_remove_a_line_or_a_link():
    document = template.resources("AWS::IAM::ManagedPolicy")["TenantData"]["Properties"]["PolicyDocument"]
    (denied,) = [statement for statement in document["Statement"] if statement["Effect"] == "Deny"]

    assert set(denied["Action"]) == {"dynamodb:UpdateItem", "dynamodb:DeleteItem"}
    assert "T#*#AUDIT" in str(denied["Condition"])
    assert "T#*#CHAIN" in str(denied["Condition"])
