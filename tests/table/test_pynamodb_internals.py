"""PynamoDB's private names that ``table.base`` uses: each test fails by its name when an upgrade moves it."""

from pynamodb.connection import TableConnection
from pynamodb.models import Model

from mostrador.table import base
from mostrador.table.base import Item, Versioned
from mostrador.table.items.tenants import Usage


def test_get_connection_is_still_what_makes_the_connection_of_a_model():
    assert Model._get_connection.__func__ is not Item._get_connection.__func__
    assert isinstance(Item._get_connection(), TableConnection)


def test_get_connection_is_still_asked_for_every_request(table, monkeypatch):
    asked, ours = [], Item._get_connection

    def counted(_):
        asked.append(1)
        return ours()

    monkeypatch.setattr(Item, "_get_connection", classmethod(counted))
    item = Usage("T#salon", "X")
    requests = {
        "save": item.save,
        "get": lambda: Item.get("T#salon", "X"),
        "batch_get": lambda: list(Item.batch_get([("T#salon", "X")])),
        "query": lambda: list(Item.query("T#salon")),
        "query of an index": lambda: list(Item.by_list.query("TENANTS")),
        "delete": item.delete,
    }
    for name, request in requests.items():
        asked.clear()
        request()

        assert asked, name


def test_connection_is_still_where_a_model_keeps_it(table):
    first = base.connection()
    assert Item._connection is first

    base.disconnect()

    assert base.connection() is not first
    assert Item._connection is base.connection()


def test_every_entity_goes_through_the_one_guarded_client():
    classes = [Item, *Item.__subclasses__(), *Versioned.__subclasses__()]

    assert len(classes) > 20
    assert {id(one._get_connection().connection.client) for one in classes} == {id(Item._guarded)}


def test_the_client_is_unmade_until_it_is_asked_for_and_takes_our_user_agent(table):
    """One of our own: botocore puts its usual one together twice a request."""
    base.disconnect()
    assert Item._connection is None or Item._connection.connection._client is None

    sent = []

    def note(request, **_):
        sent.append(request.headers["User-Agent"])

    base.client().meta.events.register_first("before-send.dynamodb", note)
    list(Item.query("T#salon"))

    assert [agent.split()[0] for agent in sent] == [b"mostrador"]  # Powertools adds its own
