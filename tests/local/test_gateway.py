"""The gateway is made of the doors, and the template stays small however many routes there are."""

import json
from pathlib import Path

import pytest
from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.provider import Stack
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from local import gateway, made, routes, template
from local.stack import ROOT
from mostrador.people.rules.permissions import Action
from mostrador.web.routes import Access, Route

ON_PROD = {"HasStandIns": False, "HasAlarmEmail": True, "IsIsolated": True, "IsWatched": True}
MOST_ON_PROD = 250
MOST = 500
"""CloudFormation's limit for one stack."""


def included(node):
    """The template with its includes, as CloudFormation expands them before SAM's transform."""
    if isinstance(node, list):
        return [included(part) for part in node]
    if not isinstance(node, dict):
        return node
    wanted = node.get("Fn::Transform")
    rest = {name: included(part) for name, part in node.items() if name != "Fn::Transform"}
    if wanted is None:
        return rest
    make = made.MADE[ROOT / wanted["Parameters"]["Location"]]
    return rest | json.loads(json.dumps(make()))


@pytest.fixture(scope="module")
def expanded():
    """Every resource of the stack, by name, after SAM's transform."""
    whole = included(template.load())
    for resource in whole["Resources"].values():
        for part in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][part] = "s3://bucket/key"
    return Translator({}, Parser()).translate(whole, {"Stage": "prod"})["Resources"]


def on_prod(resources):
    return {name for name, resource in resources.items() if ON_PROD.get(resource.get("Condition"), True)}


def test_a_stage_has_few_resources_and_none_for_a_route(expanded):
    assert len(on_prod(expanded)) <= MOST_ON_PROD
    assert len(expanded) <= MOST
    permissions = [one for one in expanded.values() if one["Type"] == "AWS::Lambda::Permission"]
    assert len(permissions) < len(routes.of_doors()) / 3


def test_three_hundred_routes_more_cost_no_resource_and_fit_into_the_gateway(expanded, monkeypatch):
    served = routes.of_doors()
    function = served[0].function
    more = [
        routes.Served(function, Route(operation=f"more.{n}", method="GET", path=f"/more/{n}", access=Access.PUBLIC))
        for n in range(300)
    ]
    before = gateway.resources()
    monkeypatch.setattr(routes, "of_doors", lambda: (*served, *more))

    assert gateway.resources() == before
    definition = json.dumps(gateway.definition())
    assert "/more/299" in definition
    assert len(definition) < 1_000_000  # CloudFormation takes a template of 1 MB, this included


def test_every_function_that_answers_http_may_be_called_and_exists(expanded):
    called = {
        one["Properties"]["FunctionName"]["Ref"]
        for one in expanded.values()
        if one["Type"] == "AWS::Lambda::Permission" and one["Properties"]["Principal"] == "apigateway.amazonaws.com"
    }
    asked = {function for function, _ in routes.of_doors()} | {function for function, _, _ in routes.of_stand_ins()}

    assert called == asked | {"AuthorizerFunction"}
    assert {expanded[function]["Type"] for function in called} == {"AWS::Lambda::Function"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # SAM's own
def test_sam_local_serves_every_route(tmp_path, monkeypatch):
    """`sam local start-api` reads the included file itself."""
    for path, make in made.MADE.items():
        if path.parent == ROOT / ".build":
            (tmp_path / ".build").mkdir(exist_ok=True)
            (tmp_path / ".build" / path.name).write_text(json.dumps(make()))
    built = tmp_path / "built.json"
    built.write_text(json.dumps(template.load()))
    stack = Stack("", "", str(tmp_path / "template.yaml"), {}, json.loads(made.for_local_stacks(built)))

    served = {
        (method, route.path, route.function_name)
        for route in ApiProvider([stack], cwd=str(tmp_path)).api.routes
        for method in route.methods
    }

    for function, route in routes.of_doors():
        assert (route.method, route.path, function) in served
    assert ("HEAD", "/tenant/{slug}/api/services", "ServicesFunction") in served


def test_head_is_served_wherever_get_is():
    for path, methods in gateway.definition()["paths"].items():
        assert ("get" in methods) == ("head" in methods), path


def test_options_allows_what_a_path_has_and_calls_no_function():
    for path, methods in gateway.definition()["paths"].items():
        integration = methods["options"]["x-amazon-apigateway-integration"]
        header = integration["responses"]["default"]["responseParameters"]["method.response.header.Allow"]

        assert integration["type"] == "mock"
        assert set(header.strip("'").split(", ")) == {method.upper() for method in methods}, path


def test_a_route_that_is_declared_twice_is_refused(monkeypatch):
    route = routes.of_doors()[0].route
    monkeypatch.setattr(routes, "_declared", lambda _: [route])
    routes.of_doors.cache_clear()
    try:
        with pytest.raises(ValueError, match=route.path):
            routes.of_doors()
    finally:
        routes.of_doors.cache_clear()


def test_only_routes_of_the_old_backoffice_have_an_old_path():
    old = {route.old_path.split("/")[2] for _, route in routes.of_doors() if route.old_path}

    assert old == {"appointments", "services", "customers", "raffles"}
    assert all(isinstance(route.access, Action) for _, route in routes.of_doors() if route.old_path)


def test_the_files_are_outside_what_is_committed():
    ignored = (ROOT / ".gitignore").read_text().split()

    assert ".build/" in ignored or ".build" in ignored
    assert {Path(path).relative_to(ROOT).parts[0] for path in made.MADE} == {".build", "layers"}
