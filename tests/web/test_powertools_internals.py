"""Powertools' private names that are used: each test fails by its name when an upgrade moves one."""

from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from mostrador.web import current_route


class Form(BaseModel):
    name: str


class Paging(BaseModel):
    limit: int = 1


class Row(BaseModel):
    id: str


class Page(BaseModel):
    items: list[Row]


def put(slug: str, form: Form, query: Annotated[Paging, Query()]) -> Page:
    return Page(items=[])


def show() -> Row:
    return Row(id="1")


def resolver():
    app = APIGatewayRestResolver(enable_validation=True)
    app.put("/tenant/<slug>/rows")(put)
    app.get("/me")(show)
    return app


def seen_by_a_middleware(look, method="PUT", path="/tenant/salon/rows"):
    """What ``look(app)`` sees while the request is handled."""
    app, seen = resolver(), []

    def middleware(app, next_middleware):
        seen.append(look(app))
        return next_middleware(app)

    app.use(middlewares=[middleware])
    event = {
        "httpMethod": method,
        "path": path,
        "body": '{"name": "Ana"}',
        "headers": {"content-type": "application/json"},
        "requestContext": {"path": path, "stage": "dev"},
    }
    assert app.resolve(event, None)["statusCode"] == 200
    return seen[0]


def test_route_is_still_the_entry_of_the_context_with_the_matched_route():
    route = seen_by_a_middleware(lambda app: app.context["_route"])

    assert (route.method, route.openapi_path) == ("PUT", "/tenant/{slug}/rows")


def test_the_validation_of_a_request_is_still_one_middleware_that_can_be_wrapped():
    app, seen = resolver(), []
    validate = app._request_validation_middleware
    app._request_validation_middleware = lambda app, following: (
        seen.append(current_route.slug(app)),
        validate(app, following),
    )[1]
    event = {"httpMethod": "PUT", "path": "/tenant/salon/rows", "body": "{}", "headers": {}, "requestContext": {}}

    assert app.resolve(event | {"requestContext": {"path": "/", "stage": "dev"}}, None)["statusCode"] == 422
    assert seen == ["salon"]


def test_a_request_without_a_route_still_has_one_for_any_path():
    seen = []
    app = resolver()
    app.use(middlewares=[lambda app, following: (seen.append(current_route.is_found(app)), following(app))[1]])
    context = {"path": "/nowhere", "stage": "dev"}
    for path in ("/nowhere", "/me"):
        app.resolve({"httpMethod": "GET", "path": path, "headers": {}, "requestContext": context}, None)

    assert seen == [False, True]


def test_dependant_still_has_the_forms_the_query_and_the_view_of_a_route():
    assert seen_by_a_middleware(current_route.body_forms) == [Form]
    assert seen_by_a_middleware(current_route.query_parameters) == {"limit"}
    assert seen_by_a_middleware(current_route.view) is Page
    assert current_route.row_of(Page) is Row


def test_a_request_still_has_the_parameters_of_its_path():
    assert seen_by_a_middleware(current_route.slug) == "salon"
    assert seen_by_a_middleware(current_route.slug, "GET", "/me") is None
