"""What template.yaml lets a function and the data role do, judged by a judge of our own and by MiniStack's.

Neither is AWS: docs/decisions/isolation.md tells what follows from that.
"""

import json
import re
from contextlib import contextmanager
from itertools import product

import pytest
from ministack.core import iam_evaluator  # type: ignore[import-untyped]

from local import iam as taught
from mostrador import context, fields
from mostrador.table import base, keys, tenant_guard
from tests.support import iam, template
from tests.support.iam import LEADING, TABLE, Asked
from tests.table.test_tenant_guard import NEIGHBOURS, OPERATIONS, rate

TENANT = "aws:PrincipalTag/tenant"
ACTIONS = ("BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
GROWING = (keys.audit_partition("salon"), keys.chain_partition("salon"))
OWN = ("T#salon", "T#salon#CUSTOMERS", "T#salon#AGENDA#r", "T#salon#")
FOREIGN = ("T#clinic", "T#clinic#CUSTOMERS", "T#salon-2", "T#salonx", "T#sal", "TENANTS", "USER#u", "DUE#0", "T#", "")
FUNCTIONS = sorted(template.resources("AWS::Serverless::Function"))
SERVING = [name for name in FUNCTIONS if name != "AuthorizerFunction"]  # which is asked before there is a tenant


def by_ministack(policies, asked):
    """MiniStack's judge, with the variables that ``local/iam.py`` fills in for it."""
    told = {key.lower(): values if key == LEADING else values[0] for key, values in asked.context.items()}
    arn = "arn:aws:sts::123456789012:assumed-role/data/session"
    ctx = iam_evaluator.EvalContext(
        arn, "AssumedRole", iam.ACCOUNT, asked.action, asked.resource, "us-east-1", service_context=told
    )
    parsed = [iam_evaluator.parse_policy_document(policy) for policy in policies]
    return iam_evaluator.evaluate(ctx, parsed).decision == "Allow"


@pytest.fixture(params=[iam.allows, by_ministack], ids=["our judge", "MiniStack's"])
def allows(request, monkeypatch):
    monkeypatch.setattr(iam_evaluator, "_conditions_met", taught._with_variables(iam_evaluator._conditions_met))
    return request.param


def asked(action, *partitions, of="salon", index=None):
    told = {LEADING: list(partitions)} if partitions else {}
    resource = f"{TABLE}/index/{index}" if index else TABLE
    return Asked(f"dynamodb:{action}", resource, told | ({TENANT: [of]} if of else {}))


every_action = pytest.mark.parametrize("action", ACTIONS)


@every_action
def test_the_data_role_touches_the_partitions_of_its_tenant(allows, action, subtests):
    for partition in OWN:
        with subtests.test(partition=partition):
            assert allows(iam.of_data_role(), asked(action, partition))


@every_action
def test_the_data_role_touches_no_other_partition(allows, action, subtests):
    for partition in FOREIGN:
        with subtests.test(partition=partition):
            assert not allows(iam.of_data_role(), asked(action, partition))
            assert not allows(iam.of_data_role(), asked(action, "T#salon", partition))


@pytest.mark.parametrize("index", ["gsi1", "gsi2"])
def test_the_data_role_queries_the_lists_of_its_tenant_alone(allows, index):
    assert allows(iam.of_data_role(), asked("Query", "T#salon#CUSTOMERS", index=index))
    for partition in FOREIGN:
        assert not allows(iam.of_data_role(), asked("Query", partition, index=index))


def test_the_data_role_does_not_query_what_is_due(allows):
    assert not allows(iam.of_data_role(), asked("Query", "T#salon", index="due"))
    assert not allows(iam.of_data_role(), asked("Query", "DUE#0", index="due"))


@every_action
def test_a_request_without_keys_is_refused(allows, action):
    assert not allows(iam.of_data_role(), asked(action))


def test_no_role_scans_or_does_what_nobody_needs(allows, subtests):
    roles = [iam.of_data_role(), *(iam.of_function(name, state) for name in FUNCTIONS for state in ("on", "off"))]
    actions = ["Scan", "BatchWriteItem", "GetItem", "PartiQLSelect", "PartiQLDelete", "DeleteTable"]

    for action, index in product(actions, [None, "gsi1", "gsi2", "due"]):
        with subtests.test(action=action, index=index):
            assert not any(allows(role, asked(action, *of, index=index)) for role in roles for of in [(), ("T#salon",)])


@every_action
def test_without_the_tag_there_is_no_tenant(allows, action):
    for partition in (*OWN, *FOREIGN, "T#${aws:PrincipalTag/tenant}"):
        assert not allows(iam.of_data_role(), asked(action, partition, of=None))


@pytest.mark.parametrize("partition", GROWING)
@pytest.mark.parametrize("isolation", ["on", "off"])
def test_the_audit_log_only_grows(allows, partition, isolation):
    role = iam.of_data_role() if isolation == "on" else iam.of_function("AppointmentsFunction", "off")

    assert allows(role, asked("PutItem", partition))
    assert not allows(role, asked("UpdateItem", partition))
    assert not allows(role, asked("DeleteItem", partition))


def weakened(alter):
    """The data role's policies with their conditions altered."""
    policies = json.loads(json.dumps(iam.of_data_role()))
    alter(policies[0]["Statement"][0]["Condition"])
    return policies


def test_without_null_a_request_without_keys_would_pass(allows):
    assert allows(weakened(lambda conditions: conditions.pop("Null")), asked("Query"))


def test_without_the_separator_a_neighbour_would_pass(allows):
    def shorten(conditions):
        conditions["ForAllValues:StringLike"][LEADING] = ["T#${aws:PrincipalTag/tenant}*"]

    assert allows(weakened(shorten), asked("Query", "T#salon-2"))


# What lies across tenants, by the function that asks for it with credentials of its own.
ACROSS = {
    "CalendarSyncFunction": {("due", "DUE#C0"), ("due", "DUE#C7")},
    "ClockChangesFunction": {("gsi1", "TENANTS")},
    "MeFunction": {("gsi2", "USER#u")},
    "OutboxFunction": {("gsi1", "TENANTS")},
    "PaymentReportsFunction": {("gsi1", "TENANTS")},
    "SweeperFunction": {("due", "DUE#0"), ("due", "DUE#7"), ("due", "DUE#W0"), ("due", "DUE#W7")},
    "TenantsFunction": {("gsi1", "TENANTS")},
}


def test_a_function_itself_reads_what_lies_across_tenants_and_writes_nothing(allows, subtests):
    partitions, indexes = (*OWN, *FOREIGN, "DUE#7", "DUE#C0", "DUE#C7", "DUE#W0", "DUE#W7"), ("gsi1", "gsi2", "due")
    places = list(product((None, *indexes), partitions))
    for name in SERVING:
        own = iam.of_function(name)
        with subtests.test(name=name):
            may = {
                (action, place)
                for action, place in product(ACTIONS, places)
                if allows(own, asked(action, place[1], of=None, index=place[0]))
            }

            assert may == {("Query", place) for place in ACROSS.get(name, set())}
            assert not any(allows(own, asked(action, index=index)) for action, index in product(ACTIONS, indexes))


def test_the_authorizer_reads_memberships_and_keys_and_becomes_nobody(allows):
    for isolation in ("on", "off"):
        own = iam.of_function("AuthorizerFunction", isolation)

        may = {action for action in ACTIONS if allows(own, asked(action, "T#clinic", of=None))}

        assert may == {"BatchGetItem", "UpdateItem"}
        assert allows(own, asked("Query", "USER#u", of=None, index="gsi2"))
        assert not any(allows(own, asked(action, "T#salon#CUSTOMERS", of=None)) for action in ACTIONS)
        assert not any(allows(own, asked(action, "T#salon", "T#salon#AUDIT", of=None)) for action in ACTIONS)
        assert not any(allows(own, asked(action, "TENANTS", of=None, index="gsi1")) for action in ACTIONS)
        assert not allows(own, Asked("sts:AssumeRole", iam.role_arn("DataRole")))


def test_a_function_becomes_the_data_role_and_no_other(allows, subtests):
    for name in SERVING:
        with subtests.test(name=name):
            for action in ("sts:AssumeRole", "sts:TagSession"):
                assert allows(iam.of_function(name), Asked(action, iam.role_arn("DataRole")))
                assert not allows(iam.of_function(name), Asked(action, iam.role_arn("ApiLogsRole")))


def test_with_isolation_off_a_function_itself_serves_every_tenant(allows, subtests):
    for name in SERVING:
        with subtests.test(name=name):
            off = iam.of_function(name, "off")

            assert all(
                allows(off, asked(action, one, of=None)) for action in ACTIONS for one in ("T#salon", "T#clinic")
            )
            assert not allows(off, Asked("sts:AssumeRole", iam.role_arn("DataRole")))


def becoming(who, **tags):
    """The request to become the data role, as its trust policy sees it."""
    told = {f"aws:RequestTag/{name}": [value] for name, value in tags.items()}
    return Asked("sts:AssumeRole", "*", {"aws:PrincipalArn": [who], "aws:TagKeys": list(tags)} | told)


def test_every_function_becomes_the_data_role_of_one_tenant():
    assert all(iam.allows([iam.trust()], becoming(iam.role_arn(f"{name}Role"), tenant="salon")) for name in FUNCTIONS)


def test_nobody_else_becomes_the_data_role():
    others = [
        iam.role_arn("DataRole"),
        iam.role_arn("ApiLogsRole"),
        iam.role_arn("AppointmentsFunctionRole").replace(iam.STACK, "mostrador-prod"),
        iam.role_arn("AppointmentsFunctionRole").replace(iam.ACCOUNT, "999999999999"),
        f"arn:aws:iam::{iam.ACCOUNT}:user/{iam.STACK}-AppointmentsFunctionRole-1",
        f"arn:aws:iam::{iam.ACCOUNT}:root",
    ]

    assert not any(iam.allows([iam.trust()], becoming(other, tenant="salon")) for other in others)


@pytest.mark.parametrize("tags", [{}, {"tenant": ""}, {"tenant": "salon", "more": "1"}, {"Other": "salon"}])
def test_it_names_one_tenant_and_nothing_else(tags):
    assert not iam.allows([iam.trust()], becoming(iam.role_arn("AppointmentsFunctionRole"), **tags))


def test_the_name_of_a_functions_role_is_as_the_trust_expects_it(subtests):
    for name in FUNCTIONS:
        with subtests.test(name=name):
            assert name.endswith("Function")
            assert len(f"mostrador-prod-{name}Role-") + 13 <= 64, "CloudFormation would cut the name"


@pytest.mark.parametrize("letter", "*?#${}/_. Aé")
def test_no_slug_holds_what_a_pattern_or_a_key_would_read_otherwise(letter):
    assert re.match(fields.SLUG, "salon-2")
    assert not re.match(fields.SLUG, f"salon{letter}")


@contextmanager
def bodies():
    """What botocore sends to DynamoDB: the operation and the request."""
    seen, events = [], base.client().meta.events

    def sent(request, **_):
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        seen.append((operation, json.loads(request.body)))

    events.register_first("before-send.dynamodb", sent)
    try:
        yield seen
    finally:
        events.unregister("before-send.dynamodb", sent)


def judged(operation, request):
    """What IAM is asked for a request: each action of a transaction by itself, on the table or the index."""
    index = request.get("IndexName")
    for action, partitions in taught.leading_keys(request).items():
        name = operation if action == "alone" else action.removeprefix("dynamodb:")
        if partitions:
            yield asked(name, *partitions, index=index)


NEEDED = {name: operate for name, operate in OPERATIONS.items() if name != "GetItem"}


@pytest.mark.parametrize("operate", NEEDED.values(), ids=list(NEEDED))
def test_what_the_client_sends_is_judged_by_the_keys_it_names(table, allows, operate):
    for slug in ("salon", *(other for of, other in NEIGHBOURS if of == "salon")):
        rate(slug).save()
        with context.working(tenant_guard.EVERY_TENANT), bodies() as sent:
            operate(slug)
        (wanted,) = [one for request in sent for one in judged(*request)]

        assert allows(iam.of_data_role(), wanted) == (slug == "salon")
