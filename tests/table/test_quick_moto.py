"""Our moto is quicker than moto, and no different: transactions taken back, values of every kind, tables put back."""

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core.serialize import BaseJSONSerializer

from mostrador.scheduling import services
from mostrador.scheduling.views.services import NewService
from mostrador.table import keys, reads
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant
from tests.conftest import NOW
from tests.support import quick_moto, snapshots, stream, template

NAME = "mostrador-test"
EVERY_KIND = {
    "pk": {"S": "T#salon"},
    "sk": {"S": "ñ"},
    "n": {"N": "1.50"},
    "b": {"B": b"\x00\xff"},
    "yes": {"BOOL": True},
    "nothing": {"NULL": True},
    "empty": {"S": ""},
    "list": {"L": [{"S": "a"}, {"M": {"n": {"N": "2"}}}, {"L": []}, {"B": b"x"}]},
    "map": {"M": {"a": {"M": {"b": {"B": b"y"}}}, "none": {"M": {}}}},
    "names": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
}


@pytest.fixture
def client(table):
    return boto3.client("dynamodb")


def scanned(client):
    return sorted(client.scan(TableName=NAME)["Items"], key=lambda item: item["sk"]["S"])


def item(name, **more):
    return {"pk": {"S": "T#salon"}, "sk": {"S": name}} | more


def test_a_transaction_that_is_cancelled_leaves_everything_as_it_was(client):
    for name in ("changed", "replaced", "gone"):
        client.put_item(TableName=NAME, Item=item(name, n={"N": "1"}, m={"M": {"x": {"N": "1"}}}))
    before = scanned(client)
    update = {"Key": item("changed"), "UpdateExpression": "SET m.x = :v ADD n :v"}
    values = {"ExpressionAttributeValues": {":v": {"N": "7"}}}
    check = {"Key": item("nobody"), "ConditionExpression": "attribute_exists(pk)"}

    with pytest.raises(ClientError, match="TransactionCanceled"):
        client.transact_write_items(
            TransactItems=[
                {"Update": {"TableName": NAME} | update | values},
                {"Put": {"TableName": NAME, "Item": item("replaced", n={"N": "2"})}},
                {"Put": {"TableName": NAME, "Item": item("new")}},
                {"Delete": {"TableName": NAME, "Key": item("gone")}},
                {"ConditionCheck": {"TableName": NAME} | check},
            ]
        )

    assert scanned(client) == before
    client.transact_write_items(TransactItems=[{"Update": {"TableName": NAME} | update | values}])
    assert scanned(client)[0] == item("changed", n={"N": "8"}, m={"M": {"x": {"N": "7"}}})


def test_values_of_every_kind_are_answered_as_moto_does(client, monkeypatch):
    client.put_item(TableName=NAME, Item=EVERY_KIND)
    quick = scanned(client)
    monkeypatch.setattr(BaseJSONSerializer, "_serialize_type_structure", quick_moto._serialize_structure)

    assert quick == scanned(client) == [EVERY_KIND]


@pytest.mark.parametrize("large", [{"S": "x" * 500_000}, {"M": {str(n): {"S": "x" * 500} for n in range(1_000)}}])
def test_an_item_that_is_too_large_is_refused(client, large):
    client.put_item(TableName=NAME, Item=item("fits", a={"S": "x" * 300_000}))

    with pytest.raises(ClientError, match="ValidationException"):
        client.put_item(TableName=NAME, Item=item("large", a=large))
    with pytest.raises(ClientError, match="ValidationException"):
        client.update_item(
            TableName=NAME,
            Key=item("fits"),
            UpdateExpression="SET b = :b",
            ExpressionAttributeValues={":b": {"S": "x" * 200_000}},
        )


def test_what_is_put_back_is_what_was_made_whatever_happened_to_it(new_table):
    made, form = [], NewService(name="Corte", duration_minutes=30, price="1")
    tenant = NewTenant(slug="salon", name="Salón", country="PY", currency="PYG")

    def make():
        made.append(services.create("salon", form, key=None, now=NOW))
        return made[-1]

    for _ in range(2):
        new_table()
        snapshots.once("test tenant", lambda: tenants.create(tenant, now=NOW))
        found = snapshots.once("test service", make)
        assert reads.get_item(keys.service("salon", found.id)).name == found.name == "Corte"
        found.name = "Otro"
        found.save()

    assert len(made) == 1


def test_what_is_made_on_another_table_is_made_there(new_table):
    made = []
    for name in ("one", "two"):
        new_table()
        boto3.client("dynamodb").put_item(TableName=NAME, Item=item(name))
        snapshots.once("counted", lambda name=name: made.append(name))

    assert made == ["one", "two"]


def test_each_table_is_as_the_template_makes_it_and_has_nothing_of_the_one_before(new_table):
    client = boto3.client("dynamodb")
    new_table()
    client.put_item(TableName=NAME, Item=item("of before"))

    new_table()

    made = client.describe_table(TableName=NAME)["Table"]
    of_template = template.create_table(NAME)
    indexes = of_template["GlobalSecondaryIndexes"]
    assert scanned(client) == []
    assert client.list_tables()["TableNames"] == [NAME]
    assert made["KeySchema"] == of_template["KeySchema"]
    assert [one["IndexName"] for one in made["GlobalSecondaryIndexes"]] == [one["IndexName"] for one in indexes]


def test_whatever_a_block_does_to_the_table_is_put_back(client):
    client.put_item(TableName=NAME, Item=item("changed", n={"N": "1"}))
    client.put_item(TableName=NAME, Item=item("gone"))
    before, source = scanned(client), stream.Stream()

    with snapshots.put_back():
        increment = {"UpdateExpression": "ADD n :v", "ExpressionAttributeValues": {":v": {"N": "7"}}}
        client.update_item(TableName=NAME, Key=item("changed"), **increment)
        client.delete_item(TableName=NAME, Key=item("gone"))
        client.put_item(TableName=NAME, Item=item("new"))

    assert scanned(client) == before
    assert source.new() == []
