"""The part of a request in which a value stands, for refusals that know the value alone."""

from collections.abc import Iterator

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent


def of(event: APIGatewayProxyEvent, value: object) -> str | None:
    """Where ``value`` stands: ``query.service``, ``body.resource_ids.0`` or ``path``; None where it does not."""
    wanted = str(value)
    given = {f"query.{name}": text for name, text in (event.query_string_parameters or {}).items()}
    places = [*given.items(), *_leaves("body", event.json_body)]
    named = next((place for place, found in places if str(found) == wanted), None)
    return named or ("path" if wanted == event.path or wanted in event.path.split("/") else None)


def _leaves(place: str, node: object) -> Iterator[tuple[str, object]]:
    """Each scalar of a body with the place where it stands."""
    if isinstance(node, dict):
        for name, child in node.items():
            yield from _leaves(f"{place}.{name}", child)
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from _leaves(f"{place}.{number}", child)
    else:
        yield place, node
