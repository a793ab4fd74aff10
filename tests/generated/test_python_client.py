"""The Python client that openapi-python-client makes of the document: whole, and strict in its types."""

import json

import pytest

from local import clients
from tests.support import generated

FRONT_DESK = generated.CALLERS / "front_desk.py"


def changed(tmp_path, change):
    """The document after ``change``, in a file."""
    document = json.loads(generated.document().read_text())
    change(document)
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document))
    return path


def test_every_operation_and_every_schema_is_in_the_client():
    document = json.loads(generated.document().read_text())
    package = generated.python_client() / "mostrador_client"
    operations = {one["operationId"].replace(".", "_") for path in document["paths"].values() for one in path.values()}

    made = {path.stem for path in package.glob("api/*/*.py")} - {"__init__"}

    assert made == operations
    names = (package / "models" / "__init__.py").read_text()
    shapes = [name for name, schema in document["components"]["schemas"].items() if "properties" in schema]
    assert [name for name in shapes if f'"{name}"' not in names] == []


def test_names_of_the_client_are_not_made_of_spanish_titles():
    package = generated.python_client() / "mostrador_client"
    named = {path.stem for path in package.glob("models/*.py")}

    assert [name for name in named if not name.isascii()] == []
    assert {"appointment_listing_sort", "drift_view_counts", "new_appointment_status"} <= named


def test_a_list_within_itself_which_the_generator_leaves_out_is_refused(tmp_path):
    def loop(document):
        schemas = document["components"]["schemas"]
        schemas["JSONObject"] = {"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/JSONObject"}}]}

    with pytest.raises(clients.GeneratorComplained, match="JSONObject"):
        clients.python(changed(tmp_path, loop), tmp_path / "client")


def test_the_client_and_its_caller_pass_mypy_strictly():
    assert generated.mypy(generated.python_client() / "mostrador_client", FRONT_DESK)[0] == 0


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("service_id=service.id", "service=service.id", "service_id"),
        ('method="CASH"', 'method="CASHH"', "CASHH"),
        ("from_=first", 'from_="2026-12-01"', "from_"),
        ("slot.starts_at", "slot.start", "start"),
    ],
)
def test_a_caller_with_a_wrong_name_or_value_does_not_pass(tmp_path, right, wrong, said):
    text = FRONT_DESK.read_text()
    assert text.count(right) == 1
    caller = tmp_path / "wrong.py"
    caller.write_text(text.replace(right, wrong))

    status, told = generated.mypy(caller)

    assert status == 1
    assert said in told
