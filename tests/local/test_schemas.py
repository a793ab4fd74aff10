"""One set of schemas: each model has a name, and so has each part that a generator would name by its title."""

from typing import Literal

import pytest
from pydantic import BaseModel, Field

from local import schemas


class Listing(BaseModel):
    sort: Literal["name", "-name"] = Field("name", title="Orden", description="By name.")
    days_open: list[Literal["mon", "tue"]] | None = Field(None, title="Días")
    counts: dict[str, int] = Field(title="Cuántos")
    title: str = Field(title="Título")


class ListingSort(BaseModel):
    by: str


def collected(*models):
    return schemas.collect((model.__name__, "validation", model) for model in models)[1]


def test_an_enum_or_a_map_within_a_property_has_the_name_of_its_model_and_property():
    components = collected(Listing)

    assert set(components) == {"Listing", "ListingSort", "ListingDaysOpen", "ListingCounts"}
    assert components["ListingSort"] == {"enum": ["name", "-name"], "type": "string"}
    assert components["ListingCounts"] == {"additionalProperties": {"type": "integer"}, "type": "object"}


def test_title_description_and_default_stay_with_the_property():
    properties = collected(Listing)["Listing"]["properties"]

    assert properties["sort"] == {
        "$ref": "#/components/schemas/ListingSort",
        "default": "name",
        "description": "By name.",
        "title": "Orden",
    }
    (days, _) = properties["days_open"]["anyOf"]
    assert days == {"items": {"$ref": "#/components/schemas/ListingDaysOpen"}, "type": "array"}
    assert properties["title"] == {"title": "Título", "type": "string"}


def test_a_part_that_has_the_name_of_a_model_is_refused():
    with pytest.raises(schemas.NameTaken, match="ListingSort"):
        collected(Listing, ListingSort)
