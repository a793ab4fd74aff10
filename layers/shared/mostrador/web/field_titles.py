"""The fields of a request as people call them: by the Spanish titles of its models."""

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Place = Sequence[int | str]
"""Where a fault is, as pydantic says it: ``("body", "customer_data", "phone")``."""


def of(forms: Iterable[object], place: Place, language: str) -> str:
    """The title of the field at ``place`` in one of ``forms``: ``Teléfono``, in English ``phone``.

    The name itself where no model has it; "" for a request as a whole.
    """
    names = [name for name in place[1:] if isinstance(name, str)]
    if not names:
        return ""
    if language == "en":
        return names[-1].replace("_", " ")
    return _title(list(_models(forms)), names) or f"«{names[-1]}»"


def _title(models: list[type[BaseModel]], names: Sequence[str]) -> str:
    """The title of the field to which ``names`` lead; "" where the last is none of a model."""
    title = ""
    for name in names:
        field = next((field for model in models if (field := _field(model, name))), None)
        title = str(field.title or "") if field else ""
        models = list(_models([field.annotation])) if field else models  # the tag of a union is no field
    return title


def _field(model: type[BaseModel], name: str) -> FieldInfo | None:
    fields = model.model_fields
    return fields.get(name) or next((field for field in fields.values() if field.alias == name), None)


def _models(annotations: Iterable[object]) -> Iterator[type[BaseModel]]:
    """The models among types, and inside lists, unions and annotated types."""
    for annotation in annotations:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        else:
            yield from _models(get_args(annotation))
