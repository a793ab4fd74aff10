"""The answers that doors give beside plain views: with a version, a file, a page, nothing."""

from html import escape
from pathlib import Path
from typing import Final, TypeVar

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

from mostrador import errors
from mostrador.table.base import HasVersion
from mostrador.web.routes import JSON

Model = TypeVar("Model", bound=BaseModel)
HTML: Final = "text/html; charset=utf-8"


def created(item: HasVersion, view: type[Model]) -> Response[Model]:
    """201 with the item as ``view`` and its version as ETag."""
    return Response(201, JSON, view.model_validate(item), headers={"ETag": f'"{item.version}"'})


def shown(item: HasVersion, view: type[Model]) -> Response[Model]:
    """200 with the item as ``view`` and its version as ETag."""
    return Response(200, JSON, view.model_validate(item), headers={"ETag": f'"{item.version}"'})


def attachment(text: str, kind: str, name: str) -> Response[str]:
    """200 with a file of media type ``kind``, to be saved as ``name``."""
    return Response(200, kind, text, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def text(content: str, media_type: str = JSON) -> Response[str]:
    """200 with a text that is ready."""
    return Response(200, media_type, content)


def page(title: str, text: str, copied: str) -> Response[str]:
    """200 with a few words for a person, and a text to copy; no cache keeps it, no page frames it, no referrer."""
    head = f'<!doctype html><html lang="es"><meta charset="utf-8"><title>{escape(title)}</title>'
    body = f"{head}<h1>{escape(title)}</h1><p>{escape(text)}</p><pre>{escape(copied)}</pre>"
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
    }
    return Response(200, HTML, body, headers=headers)


def gone() -> Response[None]:
    """204."""
    return Response(204)


def document() -> Response[str]:
    """The OpenAPI document, which the build puts into the package. Raises NotHere."""
    path = Path(__file__).parents[1] / "openapi.json"
    if not path.exists():
        raise errors.NotHere(entity="file", id=path.name)
    return Response(200, JSON, path.read_text())
