"""The deployed stack, with isolation on as the template has it: who reads what with which credentials.

MiniStack judges; ``local/iam.py`` hands it the keys that a request names.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from local.stack import NAME, Stack
from tests.journeys.businesses import Business
from tests.journeys.conftest import free_starts, run
from tests.journeys.visitors import Visitor, aws, problem
from tests.support import samples, template

pytestmark = [pytest.mark.journey, pytest.mark.core]
AT_ONCE = 3
"""Requests at once, because most of their time goes into the start of a function."""


def role(stack: Stack, logical_id: str) -> str:
    """The ARN of a role by its name in the template."""
    pages = aws(stack, "iam").get_paginator("list_roles").paginate()
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
    given = aws(stack, "sts").assume_role(RoleArn=arn, RoleSessionName="appointments")
    return dict(given["Credentials"])


@pytest.fixture(scope="module")
def own(business: Business) -> str:
    """The slug of a salon with a service."""
    business.service("Haircut")
    return business.slug


@pytest.fixture(scope="module")
def other(neighbour: Business, stranger: Visitor) -> str:
    """The slug of another business, which has people and services as well."""
    neighbour.service("Consulta")
    return neighbour.slug


@pytest.fixture(scope="module")
def services(own: str) -> str:
    return f"/tenant/{own}/api/services"


@pytest.fixture(scope="module")
def table(stack: Stack, function: dict[str, str], own: str) -> Any:
    """DynamoDB as the appointments function has it while it serves the salon."""
    given = client(stack, "sts", function).assume_role(
        RoleArn=role(stack, "DataRole"), RoleSessionName="journey", Tags=[{"Key": "tenant", "Value": own}]
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


def test_the_data_role_reads_its_own_tenant(stack, table, own):
    assert table.query(**asked(stack, f"T#{own}"))["Count"] > 0
    assert table.query(**asked(stack, f"T#{own}#APPOINTMENTS", "gsi1"))["Count"] >= 0
    assert table.batch_get_item(RequestItems={stack.table_name: {"Keys": [key(own)]}})["Responses"][stack.table_name]


@pytest.mark.parametrize("partition", ["T#{other}", "T#{own}-2", "T#{own}x", "TENANTS", "USER#u"])
@pytest.mark.parametrize("index", [None, "gsi1", "gsi2"])
def test_the_data_role_reads_nothing_else(stack, table, own, other, partition, index):
    with refused():
        table.query(**asked(stack, partition.format(own=own, other=other), index))


def test_neither_a_batch_nor_a_transaction_smuggles_another_tenants_item(stack, table, own, other):
    both = [{"Delete": {"TableName": stack.table_name, "Key": key(slug)}} for slug in (own, other)]
    with refused():
        table.batch_get_item(RequestItems={stack.table_name: {"Keys": [key(own), key(other)]}})
    with refused():
        table.transact_write_items(TransactItems=both)

    assert table.query(**asked(stack, f"T#{own}"))["Count"] > 0


def test_nobody_scans(stack, table, function):
    for one in (table, client(stack, "dynamodb", function)):
        with refused():
            one.scan(TableName=stack.table_name)


def test_the_audit_log_only_grows(stack, table, own):
    (line, *_) = table.query(**asked(stack, f"T#{own}#AUDIT"), Limit=1)["Items"]
    place = {"pk": line["pk"], "sk": line["sk"]}
    with refused():
        table.delete_item(TableName=stack.table_name, Key=place)
    with refused():
        table.transact_write_items(TransactItems=[{"Delete": {"TableName": stack.table_name, "Key": place}}])


def test_the_function_itself_reads_nothing_of_any_tenant(stack, function, own, other):
    for slug in (own, other):
        with refused():
            client(stack, "dynamodb", function).query(**asked(stack, f"T#{slug}"))


@pytest.mark.parametrize(
    "tags", [{}, {"tenant": "{own}", "more": "1"}, {"other": "{own}"}], ids=["none", "two", "another"]
)
def test_the_function_becomes_the_data_role_of_one_named_tenant(stack, function, own, tags):
    wanted = [{"Key": name, "Value": value.format(own=own)} for name, value in tags.items()]
    with refused("AccessDenied"):
        client(stack, "sts", function).assume_role(
            RoleArn=role(stack, "DataRole"), RoleSessionName="journey", Tags=wanted
        )


def test_who_is_no_function_does_not_become_the_data_role(stack, own):
    wanted = [{"Key": "tenant", "Value": own}]
    with refused("AccessDenied"):
        aws(stack, "sts").assume_role(RoleArn=role(stack, "DataRole"), RoleSessionName="journey", Tags=wanted)


@contextmanager
def data_role_without_policy(stack: Stack) -> Iterator[None]:
    iam, name = aws(stack, "iam"), role(stack, "DataRole").split("/")[-1]
    (policy,) = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    try:
        yield
    finally:
        iam.attach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])


def test_what_the_api_reads_it_reads_as_the_data_role(stack: Stack, staff: Visitor, services: str):
    """Red control: once the data role may do nothing, the API reads nothing, so it has no other way to the table."""
    assert staff.call("GET", services).status_code == 200
    with data_role_without_policy(stack):
        problem(staff.call("GET", services), 500, "internal_error")
    assert staff.call("GET", services).status_code == 200


def test_a_booking_goes_all_the_way(staff: Visitor, business: Business):
    service = business.service("Peinado")["id"]
    base = f"{business.api}/appointments"
    start = free_starts(staff, f"{base}/availability", service, 20)[0]
    form = {"service_id": service, "scheduled_at": start, "customer_data": {"name": "Iris", "phone": "0981 555 001"}}
    booked = staff.call("POST", base, form)

    assert booked.status_code == 201, booked.text
    for move in ("confirm", "cancel"):
        assert staff.call("POST", f"{base}/{booked.json()['id']}/{move}").status_code == 200


def test_an_integrators_key_is_read_as_the_data_role_too(admin: Visitor, services: str, own: str, other: str):
    made = admin.call("POST", f"/tenant/{own}/api/keys", {"name": "Web", "role": "viewer"})
    assert made.status_code == 201, made.text

    integrator = Visitor(admin.http, made.json()["key"])

    assert integrator.call("GET", services).status_code == 200
    problem(integrator.call("GET", services.replace(own, other)), 404, "not_found")


def test_what_runs_by_itself_reads_across_tenants_and_works_for_each(stack: Stack):
    swept = run(stack, "SweeperFunction", {})
    linked = run(stack, "OutboxFunction", {"days": 2})

    assert (swept["failed"], linked["failed"]) == (0, 0)
    assert linked["tenants"] >= 3


def test_no_route_fails_for_lack_of_a_permission(superuser: Visitor, found: Callable[..., Business]):
    slug = found("One").slug
    routes = [(method, path) for method, path, _ in template.routes() if not path.endswith("/suspend")]

    def answer_of(route: tuple[str, str]) -> httpx.Response:
        return superuser.call(
            route[0], samples.url(route[1], slug=slug), samples.body(*route), **samples.headers(*route)
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = dict(zip(routes, pool.map(answer_of, routes), strict=True))

    assert {route: one.text for route, one in answers.items() if one.status_code >= 500} == {}
    assert sum(one.status_code == 201 for one in answers.values()) > 5
