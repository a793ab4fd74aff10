"""The deployed stack, with isolation on as the template has it: who reads what with which credentials.

MiniStack judges; ``local/iam.py`` hands it the keys that a request names.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.stack import NAME, Stack
from tests.journeys.conftest import Visitor, free_starts, problem
from tests.support import samples, template

pytestmark = pytest.mark.journey

OWN, OTHER = "salon-beauty", "clinic-health"
SERVICES = f"/tenant/{OWN}/api/services"


def role(stack: Stack, logical_id: str) -> str:
    """The ARN of a role by its name in the template."""
    pages = stack.client("iam").get_paginator("list_roles").paginate()
    names = {one["RoleName"]: one["Arn"] for page in pages for one in page["Roles"]}
    (found,) = [arn for name, arn in names.items() if name.startswith(f"{NAME}-{logical_id}-")]
    return str(found)


def client(stack: Stack, service: str, credentials: dict[str, str]) -> Any:
    session: Any = boto3.Session(
        credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"], stack.region
    )
    return session.client(service, endpoint_url=stack.endpoint)


@pytest.fixture(scope="module")
def function(stack: Stack) -> dict[str, str]:
    """The credentials of the appointments function, as Lambda gives them to it."""
    arn = role(stack, "AppointmentsFunctionRole")
    given = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName="appointments")
    return dict(given["Credentials"])


@pytest.fixture(scope="module")
def table(stack: Stack, function: dict[str, str]) -> Any:
    """DynamoDB as the appointments function has it while it serves the salon."""
    given = client(stack, "sts", function).assume_role(
        RoleArn=role(stack, "DataRole"), RoleSessionName="journey", Tags=[{"Key": "tenant", "Value": OWN}]
    )
    return client(stack, "dynamodb", given["Credentials"])


@contextmanager
def refused(code: str = "AccessDeniedException") -> Iterator[None]:
    with pytest.raises(ClientError) as error:
        yield
    assert error.value.response["Error"]["Code"] == code


def asked(stack: Stack, partition: str, index: str | None = None) -> dict[str, Any]:
    """A Query of one partition."""
    name = f"{index}pk" if index else "pk"
    values = {":partition": {"S": partition}}
    query = {"KeyConditionExpression": f"{name} = :partition", "ExpressionAttributeValues": values}
    return {"TableName": stack.table_name} | query | ({"IndexName": index} if index else {})


def key(slug: str) -> dict[str, Any]:
    return {"pk": {"S": f"T#{slug}"}, "sk": {"S": "TENANT"}}


def test_the_data_role_reads_its_own_tenant(stack, table):
    assert table.query(**asked(stack, f"T#{OWN}"))["Count"] > 0
    assert table.query(**asked(stack, f"T#{OWN}#APPOINTMENTS", "gsi1"))["Count"] >= 0
    assert table.batch_get_item(RequestItems={stack.table_name: {"Keys": [key(OWN)]}})["Responses"][stack.table_name]


@pytest.mark.parametrize("partition", [f"T#{OTHER}", f"T#{OWN}-2", f"T#{OWN}x", "TENANTS", "USER#u"])
@pytest.mark.parametrize("index", [None, "gsi1", "gsi2"])
def test_the_data_role_reads_nothing_else(stack, table, partition, index):
    with refused():
        table.query(**asked(stack, partition, index))


def test_neither_a_batch_nor_a_transaction_smuggles_another_tenants_item(stack, table):
    both = [{"Delete": {"TableName": stack.table_name, "Key": key(slug)}} for slug in (OWN, OTHER)]
    with refused():
        table.batch_get_item(RequestItems={stack.table_name: {"Keys": [key(OWN), key(OTHER)]}})
    with refused():
        table.transact_write_items(TransactItems=both)

    assert table.query(**asked(stack, f"T#{OWN}"))["Count"] > 0


def test_nobody_scans(stack, table, function):
    for one in (table, client(stack, "dynamodb", function)):
        with refused():
            one.scan(TableName=stack.table_name)


def test_the_audit_log_only_grows(stack, table):
    (line, *_) = table.query(**asked(stack, f"T#{OWN}#AUDIT"), Limit=1)["Items"]
    place = {"pk": line["pk"], "sk": line["sk"]}
    with refused():
        table.delete_item(TableName=stack.table_name, Key=place)
    with refused():
        table.transact_write_items(TransactItems=[{"Delete": {"TableName": stack.table_name, "Key": place}}])


def test_the_function_itself_reads_nothing_of_any_tenant(stack, function):
    for slug in (OWN, OTHER):
        with refused():
            client(stack, "dynamodb", function).query(**asked(stack, f"T#{slug}"))


@pytest.mark.parametrize("tags", [{}, {"tenant": OWN, "more": "1"}, {"other": OWN}], ids=["none", "two", "another"])
def test_the_function_becomes_the_data_role_of_one_named_tenant(stack, function, tags):
    wanted = [{"Key": name, "Value": value} for name, value in tags.items()]
    with refused("AccessDenied"):
        client(stack, "sts", function).assume_role(
            RoleArn=role(stack, "DataRole"), RoleSessionName="journey", Tags=wanted
        )


def test_who_is_no_function_does_not_become_the_data_role(stack):
    wanted = [{"Key": "tenant", "Value": OWN}]
    with refused("AccessDenied"):
        stack.client("sts").assume_role(RoleArn=role(stack, "DataRole"), RoleSessionName="journey", Tags=wanted)


@contextmanager
def data_role_without_policy(stack: Stack) -> Iterator[None]:
    iam, name = stack.client("iam"), role(stack, "DataRole").split("/")[-1]
    (policy,) = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    try:
        yield
    finally:
        iam.attach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])


def test_what_the_api_reads_it_reads_as_the_data_role(stack: Stack, staff: Visitor):
    """Red control: once the data role may do nothing, the API reads nothing, so it has no other way to the table."""
    assert staff.call("GET", SERVICES).status_code == 200
    with data_role_without_policy(stack):
        problem(staff.call("GET", SERVICES), 500, "internal_error")
    assert staff.call("GET", SERVICES).status_code == 200


def test_a_booking_goes_all_the_way(staff: Visitor):
    service = staff.call("GET", SERVICES).json()["items"][0]["id"]
    base = f"/tenant/{OWN}/api/appointments"
    start = free_starts(staff, f"{base}/availability", service, 20)[0]
    form = {"service_id": service, "starts_at": start, "customer": {"name": "Iris", "phone": "0981 555 001"}}
    booked = staff.call("POST", base, form)

    assert booked.status_code == 201, booked.text
    for move in ("confirm", "cancel"):
        assert staff.call("POST", f"{base}/{booked.json()['id']}/{move}").status_code == 200


def test_an_integrators_key_is_read_as_the_data_role_too(admin: Visitor):
    made = admin.call("POST", f"/tenant/{OWN}/api/keys", {"name": "Web", "role": "viewer"})
    assert made.status_code == 201, made.text

    integrator = Visitor(admin.http, made.json()["key"])

    assert integrator.call("GET", SERVICES).status_code == 200
    problem(integrator.call("GET", SERVICES.replace(OWN, OTHER)), 404, "not_found")


def run(stack: Stack, logical_id: str, event: dict[str, Any]) -> Any:
    """What a function answers to an event that is no request."""
    functions = stack.client("lambda")
    pages = functions.get_paginator("list_functions").paginate()
    names = [one["FunctionName"] for page in pages for one in page["Functions"]]
    (name,) = [one for one in names if one.startswith(f"{NAME}-{logical_id}-")]
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event))
    assert "FunctionError" not in answer, answer
    return json.loads(answer["Payload"].read())


def test_what_runs_by_itself_reads_across_tenants_and_works_for_each(stack: Stack):
    swept = run(stack, "SweeperFunction", {})
    linked = run(stack, "OutboxFunction", {"days": 2})

    assert (swept["failed"], linked["failed"]) == (0, 0)
    assert linked["tenants"] >= 3


def test_no_route_fails_for_lack_of_a_permission(superuser: Visitor):
    slug = "one-of-many"
    made = superuser.call("POST", "/admin/tenants", {"slug": slug, "name": "One", "admin_email": "one@example.com"})
    assert made.status_code == 201, made.text
    routes = [(method, path) for method, path, _ in template.routes() if not path.endswith("/suspend")]

    answers = {
        route: superuser.call(route[0], samples.url(route[1], slug=slug), samples.body(*route)) for route in routes
    }

    assert {route: one.text for route, one in answers.items() if one.status_code >= 500} == {}
    assert sum(one.status_code == 201 for one in answers.values()) > 5
