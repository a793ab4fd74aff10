"""One operation of the OpenAPI document."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.handlers import Handled
from local.reference_texts import Reference
from local.schemas import JSONObject, resolved, without_null
from mostrador.people.rules.permissions import PEOPLE_ONLY, Action
from mostrador.values.text import SLUG
from mostrador.web.routes import JSON, PROBLEM, Access, Route

CSV: Final = "text/csv"
LIST: Final = frozenset({"items", "next"})
WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
REFUSALS: Final[Mapping[str, str]] = {
    "400": "The body is not a JSON object / El cuerpo no es un objeto JSON",
    "401": "No valid access token or key / Falta un token o una clave válidos",
    "403": "The role may not do this / El rol no lo permite",
    "404": "It does not exist, or the caller may not see it / No existe, o no se puede ver",
    "409": "It does not fit the present state / No corresponde al estado actual",
    "412": "Somebody changed it first / Alguien lo cambió antes",
    "413": "The body is too large / El cuerpo es demasiado grande",
    "415": "The body is not application/json / El cuerpo no es application/json",
    "422": "A part of the request is wrong in every state / Una parte de la solicitud es incorrecta",
    "429": "Too many requests; wait for Retry-After / Demasiadas solicitudes; espere Retry-After",
    "503": "Try again after Retry-After / Intente de nuevo tras Retry-After",
    "default": "Any other error / Cualquier otro error",
}
_HEADER_WORDS: Final = {
    "If-None-Match": "The ETag that is known; the same is 304 / El ETag conocido; el mismo es 304",
    "Idempotency-Key": "The same key and request give one result / La misma clave y solicitud dan un resultado",
    "If-Match": "The ETag that was read; another version is 412 / El ETag leído; otra versión es 412",
}
ETAG: Final = {"description": "The version / La versión", "schema": {"type": "string"}}
LOCATION: Final = {
    "description": "Where it is, relative to the request / Dónde está, relativo a la solicitud",
    "schema": {"type": "string", "format": "uri-reference"},
}
_OF_LISTS: Final = {
    "Link": {"description": "The next page, in CSV / La página siguiente, en CSV", "schema": {"type": "string"}},
    "X-Next-Cursor": {"description": "Its cursor, in CSV / Su cursor, en CSV", "schema": {"type": "string"}},
}
RETRY_AFTER: Final = {"description": "Seconds / Segundos", "schema": {"type": "integer", "minimum": 0}}
_WAITING: Final = ("429", "503")
_OF_MACHINES: Final = ("404", "429", "503", "default")
"""Another system is told no more of a message than that it must send it again."""
_OF_GATEWAY: Final = ("429", "default")


@dataclass(frozen=True, slots=True)
class Part:
    """A route, what its handler takes and gives, the words, and its schemas by part and name."""

    route: Route
    handled: Handled
    words: Reference
    schemas: Mapping[tuple[str, ...], JSONObject]
    components: JSONObject


def operation(part: Part) -> JSONObject:
    """The operation as the document has it."""
    route, words = part.route, part.words.operation(part.route.operation)
    parameters = [*_path(part), *_query(part), *_headers(part)]
    made: JSONObject = {
        "operationId": route.operation,
        "tags": [route.area],
        "summary": f"{words.en} / {words.es}",
        "description": f"{words.text.en}\n\n{words.text.es}",
        "responses": _responses(part),
        "x-access": route.access.value if isinstance(route.access, Access) else "role",
    }
    if parameters:
        made["parameters"] = parameters
    if part.handled.form:
        made["requestBody"] = _body(part)
    if isinstance(route.access, Action):
        made |= {"x-action": route.access.value, "x-role": str(route.role)}
    return made | _security(route)


def shared_responses(problem: JSONObject) -> JSONObject:
    """The refusals that operations refer to."""
    return {
        _refusal_name(status): {
            "description": text,
            "content": {PROBLEM: {"schema": problem}},
            **({"headers": {"Retry-After": RETRY_AFTER}} if status in _WAITING else {}),
        }
        for status, text in REFUSALS.items()
    }


def _refusal_name(status: str) -> str:
    return "Error" if status == "default" else f"Error{status}"


def _security(route: Route) -> JSONObject:
    """What is asked of the caller where that is not an access token or a key."""
    if route.is_open:
        return {"security": []}
    is_for_people = route.access in PEOPLE_ONLY or isinstance(route.access, Access)
    return {"security": [{"accessToken": []}]} if is_for_people else {}


def _path(part: Part) -> Iterator[JSONObject]:
    for name in part.handled.variables:
        schema = part.schemas["path", name]
        example = part.words.placeholders.get(name)
        yield _parameter(name, "path", schema, required=True, example=example)
    if part.route.function is None:
        yield _parameter("slug", "path", {"type": "string", "pattern": SLUG}, required=True)


def _query(part: Part) -> Iterator[JSONObject]:
    if part.handled.query is None:
        return
    model = resolved(part.schemas["query", ""], part.components)
    examples = part.words.shown(part.words.operation(part.route.operation).query)
    for name, schema in model["properties"].items():
        yield _parameter(name, "query", schema, required=name in model.get("required", ()), example=examples.get(name))


def _headers(part: Part) -> Iterator[JSONObject]:
    for name in part.handled.headers:
        schema, is_needed = part.schemas["header", name], name in part.handled.needed_headers
        yield _parameter(name, "header", schema, required=is_needed, description=_HEADER_WORDS[name])
    if _is_kept(part.route):
        yield _parameter("If-None-Match", "header", {"type": "string"}, description=_HEADER_WORDS["If-None-Match"])


def _parameter(
    name: str, where: str, schema: JSONObject, *, required: bool = False, example: Any = None, description: str = ""
) -> JSONObject:
    schema = without_null(schema)
    described = description or schema.pop("description", "") or schema.get("title", "")
    return {
        "name": name,
        "in": where,
        "required": required,
        "schema": schema,
        **({"description": described} if described else {}),
        **({"example": example} if example is not None else {}),
    }


def _body(part: Part) -> JSONObject:
    words = part.words.operation(part.route.operation)
    examples = {
        name: {"summary": f"{one.summary.en} / {one.summary.es}", "value": part.words.shown(one.value)}
        for name, one in words.examples.items()
    }
    content: JSONObject = {"schema": part.schemas["form", ""]} | ({"examples": examples} if examples else {})
    return {"required": part.handled.needs_form, "content": {JSON: content}}


def _responses(part: Part) -> JSONObject:
    success: JSONObject = {"description": _success(part)}
    content = _content(part)
    headers = _success_headers(part)
    if content:
        success["content"] = content
    if headers:
        success["headers"] = headers
    known = {"304": {"description": "Not changed / Sin cambios"}} if _is_kept(part.route) else {}
    refusals = {status: _refusal(part, status, content) for status in _refusals(part)}
    return {str(part.route.status): success} | known | refusals


def _refusal(part: Part, status: str, content: JSONObject) -> JSONObject:
    """The shared refusal, but another system gets the answer of its function in its own form."""
    if part.route.access is Access.MACHINE and status not in _OF_GATEWAY:
        return {"description": REFUSALS[status], "content": content}
    return {"$ref": f"#/components/responses/{_refusal_name(status)}"}


def _is_kept(route: Route) -> bool:
    """Whether a cache may keep the answer, and ask whether it is still good."""
    return bool(route.public_for or route.private_for)


def _success(part: Part) -> str:
    return {201: "Created / Creado", 204: "Done / Hecho"}.get(part.route.status, "OK")


def _content(part: Part) -> JSONObject:
    route, answer = part.route, part.schemas.get(("answer", ""))
    if part.handled.answer is None:
        return {}
    media_type = route.media_type.partition(";")[0]
    if answer is None:
        return {media_type: {"schema": {"type": "string"} if media_type != JSON else {"type": "object"}}}
    content = {media_type: {"schema": answer}}
    return content | ({CSV: {"schema": {"type": "string"}}} if _is_list(part) else {})


def _success_headers(part: Part) -> JSONObject:
    answer = resolved(part.schemas.get(("answer", ""), {}), part.components)
    return {
        **({"ETag": ETAG} if "version" in answer.get("properties", {}) or _is_kept(part.route) else {}),
        **({"Location": LOCATION} if part.route.location else {}),
        **(_OF_LISTS if _is_list(part) else {}),
    }


def _is_list(part: Part) -> bool:
    answer = resolved(part.schemas.get(("answer", ""), {}), part.components)
    return part.route.method == "GET" and answer.get("properties", {}).keys() == LIST


def _refusals(part: Part) -> Iterator[str]:
    """The statuses of refusals, in order."""
    route, handled = part.route, part.handled
    if route.access is Access.MACHINE:
        return iter(_OF_MACHINES)
    has_role = isinstance(route.access, Action)
    has_body = route.method in WRITING  # one that is sent where none is taken is refused in the same ways
    applies = {
        "400": has_body,
        "401": not route.is_open,
        "403": has_role or route.access is Access.SIGNED_IN or bool(getattr(handled.form, "entity", "")),
        "404": "{" in route.path or handled.query is not None or not route.is_open,
        "409": route.method in WRITING or "{" in route.path or handled.query is not None,
        "412": "If-Match" in handled.headers,
        "413": has_body,
        "415": has_body,
    }
    return (status for status in REFUSALS if applies.get(status, True))
