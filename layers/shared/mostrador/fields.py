"""Types of fields that several requests and answers share, and the base classes of both."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import NoneType
from typing import Annotated, Any, ClassVar, Final, Self, TypeVar, get_args
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    PlainSerializer,
    Strict,
    StringConstraints,
    TypeAdapter,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from mostrador.values import field_checks, local_time, shown, text
from mostrador.values.text import SLUG

M = TypeVar("M", bound="Request")
T = TypeVar("T")
ID = shown.ID
MOST_VALUES: Final = 10
"""Values of one filter."""
MOST_IDS: Final = 100
"""As many as one BatchGetItem reads."""


ONE_LINE: Final = field_checks.cleaned(text.one_line)
LINES: Final = field_checks.cleaned(text.paragraph)


def _as_list(value: object) -> object:
    """One value alone is a list of one."""
    return [value] if value is not None and not isinstance(value, list) else value


Currency = Annotated[
    str,
    AfterValidator(field_checks.currency),
    Field(examples=["PYG"], json_schema_extra={"pattern": shown.CURRENCY_CODE}),
]
Email = Annotated[
    str,
    StringConstraints(max_length=254),
    AfterValidator(field_checks.email),
    ONE_LINE,
    Field(examples=["ana@example.com"], json_schema_extra={"format": "email"}),
]
"""In lower case: mail systems take both cases for one mailbox, and a person types either."""
Several = Annotated[list[T] | None, Field(max_length=MOST_VALUES), BeforeValidator(_as_list)]
"""A filter of a list that may be given several times: any of its values counts."""
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Slug = Annotated[str, StringConstraints(pattern=SLUG)]
Id = Annotated[str, StringConstraints(pattern=ID)]


ShortText = Annotated[
    str, StringConstraints(min_length=1, max_length=120), AfterValidator(field_checks.readable), ONE_LINE
]
LongText = Annotated[str, StringConstraints(max_length=2000), LINES]
Paragraph = Annotated[str, StringConstraints(max_length=500), LINES]
Phone = Annotated[str, StringConstraints(min_length=5, max_length=32), ONE_LINE]


Amount = Annotated[
    str,
    StringConstraints(pattern=shown.AMOUNT),
    BeforeValidator(field_checks.amount),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": shown.AMOUNT},
                {"type": "number", "minimum": 0, "maximum": 9_999_999_999_999},
            ],
            "examples": ["25.00", "150000", 25.5],
        }
    ),
]
"""An amount of money as a text, or as a number."""
URI = Field(json_schema_extra={"format": "uri"})
Url = Annotated[str, StringConstraints(pattern=shown.WEB_ADDRESS, max_length=500), ONE_LINE, URI]
"""The one type of every address that somebody types and others are sent to."""
Sha256 = Annotated[str, StringConstraints(pattern=shown.SHA256)]
# Instants in the far past or future are mistakes, and overflow when they are shown in a zone.
Instant = Annotated[
    AwareDatetime,
    field_checks.written("datetime_parsing", "should be an instant as text, ISO 8601 with its offset"),
    Field(
        ge=TypeAdapter(datetime).validate_python("2000-01-01T00:00:00Z"),
        lt=TypeAdapter(datetime).validate_python("2100-01-01T00:00:00Z"),
        json_schema_extra={
            "formatMinimum": "2000-01-01T00:00:00Z",
            "formatExclusiveMaximum": "2100-01-01T00:00:00Z",
        },
    ),
    AfterValidator(lambda instant: instant.astimezone(UTC)),
]
_DAY_BOUNDS: Final = {"formatMinimum": "2000-01-01", "formatExclusiveMaximum": "2100-01-01"}
_DAY_SCHEMA: Final = {"type": "string", "format": "date"} | _DAY_BOUNDS
Day = Annotated[
    date,
    field_checks.written("date_parsing", "should be a date as text, YYYY-MM-DD"),
    Field(
        ge=date(2000, 1, 1),
        lt=date(2100, 1, 1),
        json_schema_extra=_DAY_BOUNDS,
    ),
]


class RelativeDay(StrEnum):
    TODAY = "today"
    TOMORROW = "tomorrow"
    YESTERDAY = "yesterday"


_AHEAD: Final = {RelativeDay.TODAY: 0, RelativeDay.TOMORROW: 1, RelativeDay.YESTERDAY: -1}
DayOrWord = Annotated[
    Day,
    WrapValidator(lambda value, handler: RelativeDay(value) if value in list(RelativeDay) else handler(value)),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"anyOf": [_DAY_SCHEMA, {"type": "string", "enum": [word.value for word in RelativeDay]}]}),
]
"""A local day, or the word for one: a RelativeDay."""


class Request(BaseModel):
    """A request: unknown fields are refused, and values of another type are not converted."""

    model_config = ConfigDict(extra="forbid", str_max_length=5000, defer_build=True)
    is_partial: ClassVar[bool] = False
    entity: ClassVar[str] = ""
    """The entity that it changes, as ``permissions.WRITES`` names it."""

    @model_validator(mode="before")
    @classmethod
    def _empty_text_is_null(cls, sent: object) -> object:
        """An empty text clears a field that may be null, as forms send it."""
        if not isinstance(sent, dict) or "" not in sent.values():
            return sent
        return {name: None if value == "" and cls._is_clearable(name) else value for name, value in sent.items()}

    @classmethod
    def _is_clearable(cls, name: str) -> bool:
        field = cls.model_fields.get(name)
        return field is not None and NoneType in get_args(field.annotation)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The document allows the empty text wherever it means null."""
        schema = handler(core)
        for name, part in handler.resolve_ref_schema(schema).get("properties", {}).items():
            if cls._is_clearable(name) and not field_checks.takes_empty(part):
                part["anyOf"].append({"const": ""})
        return schema

    def as_sent(self) -> str:
        """The request as text, the same for two that mean the same: without fields left out, instants in UTC."""
        return self.model_dump_json(exclude_unset=True)

    def fields(self) -> dict[str, Any]:
        """The fields that the request sets: all, or only the given ones where it is ``partial``."""
        return self.model_dump(exclude_unset=self.is_partial)


class View(BaseModel):
    """An answer about an item: its attributes, and ``computed_fields``."""

    model_config = ConfigDict(from_attributes=True, defer_build=True, hide_input_in_errors=True)
    entity: ClassVar[str] = ""
    """The entity that it shows, as ``permissions.HIDDEN`` names it."""
    volatile: ClassVar[frozenset[str]] = frozenset()
    """Fields that change by themselves, without a new version: a copy that is sent back may have others."""

    @model_validator(mode="wrap")
    @classmethod
    def _of_item(cls, value: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(value, dict | View):
            return handler(value)
        computed = cls.computed_fields(value)
        return handler({name: getattr(value, name) for name in cls.model_fields if name not in computed} | computed)

    @classmethod
    def computed_fields(cls, item: Any) -> dict[str, object]:  # noqa: ARG003 - views override it, each for its items
        """The fields that are not attributes of ``item``, or not as they are stored."""
        return {}


class Part(BaseModel):
    """A part of an answer of which there are many, made from its fields and never from an item."""

    model_config = ConfigDict(defer_build=True, hide_input_in_errors=True)


def partial(model: type[M]) -> type[M]:
    """``model`` with all fields optional (PATCH); null is refused where the field itself refuses it."""
    for field in model.model_fields.values():
        field.default, field.default_factory = None, None
        field.json_schema_extra = _without_default(field.json_schema_extra)
    model.is_partial = True
    model.model_rebuild(force=True)
    return model


def _without_default(extra: object) -> Callable[[dict[str, Any]], None]:
    """What a field's schema had more, and no default: a field that is left out keeps its value."""

    def change(schema: dict[str, Any]) -> None:
        schema.update(extra if isinstance(extra, dict) else {})
        schema.pop("default", None)

    return change


class Query(Request):
    """The query parameters of a request. None of them is empty: an empty cursor would begin again."""

    @classmethod
    def _is_clearable(cls, _name: str) -> bool:
        return False


class Listing(Query):
    """The query parameters of every list."""

    limit: int = Field(25, ge=1, le=100, title="Cantidad por página")
    cursor: str | None = Field(None, max_length=1000, title="Cursor")

    def filters(self) -> str:
        """All that tells this list from another, for its cursor."""
        return self.model_dump_json(exclude={"cursor", "limit"})


class ListingById(Listing):
    """A list that also gives the entries with certain ``ids``, in their order; without those that do not exist."""

    ids: Annotated[list[Id] | None, Field(max_length=MOST_IDS), BeforeValidator(_as_list)] = Field(
        None,
        title="Identificadores",
        description="Only these, in this order, in one page; no other parameter goes with it.",
    )

    @model_validator(mode="after")
    def _ids_alone(self) -> Self:
        if self.ids is not None and self.model_fields_set != {"ids"}:
            raise PydanticCustomError("ids_alone", "ids goes with no other parameter")
        return self


def check_range(day: object, first: date | datetime | None, last: date | datetime | None) -> None:
    """Raise PydanticCustomError for a day beside ``first`` or ``last``, or for the wrong order of the two."""
    if day and (first or last):
        raise PydanticCustomError("one_range", "give either date, or from and to")
    if first and last and first > last:
        raise PydanticCustomError("range_order", "from should not be after to")


class ListingByTime(Listing):
    """A list in the order of time: of one local day of the tenant, or of ``[from, to)``."""

    date: DayOrWord | None = Field(
        None, title="Fecha", description="One local day of the tenant, also by its word, in place of `from` and `to`."
    )
    from_: Instant | None = Field(None, alias="from", title="Desde")
    to: Instant | None = Field(None, title="Hasta (sin incluir)")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_range(self.date, self.from_, self.to)
        return self

    def span(self, zone: ZoneInfo, now: datetime) -> tuple[datetime | None, datetime | None]:
        """The first instant and the one behind the last; None is open. ``today`` is the day of ``now``."""
        if self.date is None:
            return self.from_, self.to
        day: date | RelativeDay = self.date
        if isinstance(day, RelativeDay):
            day = local_time.local_day(local_time.minute(now), zone) + timedelta(days=_AHEAD[day])
        begins, ends = local_time.day_bounds(day, zone)
        return local_time.instant(begins, zone), local_time.instant(ends, zone)


def local(instant: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The same instant on the tenant's clock; None stays None."""
    return instant.astimezone(zone) if instant else None
