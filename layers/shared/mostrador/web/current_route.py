"""The route that a request matched, as its handler's signature declares it: forms, query parameters, view.

Powertools keeps the matched route in a private entry of its context; only this module reads it.
"""

from typing import TYPE_CHECKING, get_args, get_origin

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from pydantic import BaseModel

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.openapi.params import Dependant

View = type[BaseModel]


def is_found(app: APIGatewayRestResolver) -> bool:
    """Whether the request matched a route; Powertools' 404 is a route for any path, inside the same middleware."""
    return bool(app.context["_route"].rule.pattern != "^.*/*$")


def slug(app: APIGatewayRestResolver) -> str | None:
    """The tenant that the path names; None where it names none."""
    named: str | None = app.request.path_parameters.get("slug")
    return named


def body_forms(app: APIGatewayRestResolver) -> list[object]:
    """The types that the handler takes from the body."""
    return [parameter.field_info.annotation for parameter in _dependant(app).body_params]


def query_forms(app: APIGatewayRestResolver) -> list[object]:
    """The models of the query parameters that the handler takes."""
    return [parameter.field_info.annotation for parameter in _dependant(app).query_params]


def query_parameters(app: APIGatewayRestResolver) -> set[str]:
    """The names of all query parameters that the handler takes."""
    models = [parameter.field_info.annotation for parameter in _dependant(app).query_params]
    return {field.alias or name for model in models if model for name, field in model.model_fields.items()}


def many_valued(app: APIGatewayRestResolver) -> set[str]:
    """The names of the query parameters that may be given several times."""
    models = [parameter.field_info.annotation for parameter in _dependant(app).query_params]
    fields = [one for model in models if model for one in model.model_fields.items()]
    return {field.alias or name for name, field in fields if _takes_many(field.annotation)}


def view(app: APIGatewayRestResolver) -> View | None:
    """The model with which the handler answers; None where its answer has none."""
    returned = _dependant(app).return_param
    model = returned.type_ if returned else None
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


def row_of(page: View) -> View:
    """The view of a list's rows."""
    row: View
    (row,) = get_args(page.model_fields["items"].annotation)
    return row


def _takes_many(annotation: object) -> bool:
    """Whether a type is a list, or a list among others such as None."""
    return any(get_origin(part) is list for part in (annotation, *get_args(annotation)))


def _dependant(app: APIGatewayRestResolver) -> "Dependant":
    dependant: Dependant = app.context["_route"].dependant
    return dependant
