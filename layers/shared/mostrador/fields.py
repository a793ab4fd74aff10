"""Types of fields that several requests and answers share, and the base classes of both."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar, Final, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    Strict,
    StringConstraints,
    TypeAdapter,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mostrador.values import local_time, shown, text
from mostrador.values.money import CURRENCIES
from mostrador.values.text import SLUG, folded

M = TypeVar("M", bound="Request")
T = TypeVar("T")
ID = shown.ID
MOST_VALUES: Final = 10
"""Values of one filter."""
MOST_IDS: Final = 100
"""As many as one BatchGetItem reads."""


_ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written(kind: str, message: str) -> BeforeValidator:
    """Refuses numbers, also as text: they could count seconds or milliseconds from any epoch."""

    def check(value: object) -> object:
        if isinstance(value, date) or (isinstance(value, str) and _ISO_DATE.match(value)):
            return value
        raise PydanticCustomError(kind, message)

    return BeforeValidator(check)


def _cleaned(clean: Callable[[str], str]) -> BeforeValidator:
    """Cleans a text before its length is judged."""

    def cleaned(typed: object) -> object:
        if not isinstance(typed, str):
            return typed
        try:
            return clean(typed)
        except text.BadCharacter as error:
            facts = {"character": error.character}
            raise PydanticCustomError(
                "bad_character", "has the character {character}, which is no text", facts
            ) from error

    return BeforeValidator(cleaned)


ONE_LINE: Final = _cleaned(text.one_line)
LINES: Final = _cleaned(text.paragraph)


def _as_list(value: object) -> object:
    """One value alone is a list of one."""
    return [value] if value is not None and not isinstance(value, list) else value


def _email(typed: str) -> str:
    """The address in its normal form, in lower case; no request goes to its domain."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - 15 ms that most requests do without

    try:
        return str(validate_email(typed, check_deliverability=False).normalized).lower()
    except EmailNotValidError as error:
        raise PydanticCustomError("email", "{reason}", {"reason": str(error)}) from error


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise PydanticCustomError("currency", "should be an ISO 4217 currency")
    return code


Currency = Annotated[
    str, AfterValidator(_currency), Field(examples=["PYG"], json_schema_extra={"pattern": shown.CURRENCY_CODE})
]
Email = Annotated[
    str,
    StringConstraints(max_length=254),
    AfterValidator(_email),
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


def _readable(name: str) -> str:
    """A name with at least one letter, digit or sign after folding."""
    if not folded(name):
        raise PydanticCustomError("unreadable", "should be readable text")
    return name


ShortText = Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(_readable), ONE_LINE]
LongText = Annotated[str, StringConstraints(max_length=2000), LINES]
Paragraph = Annotated[str, StringConstraints(max_length=500), LINES]
Phone = Annotated[str, StringConstraints(min_length=5, max_length=32), ONE_LINE]
Amount = Annotated[str, StringConstraints(pattern=shown.AMOUNT), Field(examples=["25.00", "150000"])]
URI = Field(json_schema_extra={"format": "uri"})
Url = Annotated[str, StringConstraints(pattern=shown.WEB_ADDRESS, max_length=500), ONE_LINE, URI]
"""The one type of every address that somebody types and others are sent to."""
Sha256 = Annotated[str, StringConstraints(pattern=shown.SHA256)]
# Instants in the far past or future are mistakes, and overflow when they are shown in a zone.
Instant = Annotated[
    AwareDatetime,
    _written("datetime_parsing", "should be an instant as text, ISO 8601 with its offset"),
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
Day = Annotated[
    date,
    _written("date_parsing", "should be a date as text, YYYY-MM-DD"),
    Field(
        ge=date(2000, 1, 1),
        lt=date(2100, 1, 1),
        json_schema_extra={"formatMinimum": "2000-01-01", "formatExclusiveMaximum": "2100-01-01"},
    ),
]


class Request(BaseModel):
    """A request: unknown fields are refused, and values of another type are not converted."""

    model_config = ConfigDict(extra="forbid", str_max_length=5000, defer_build=True)
    is_partial: ClassVar[bool] = False
    entity: ClassVar[str] = ""
    """The entity that it changes, as ``permissions.WRITES`` names it."""

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


class Listing(Request):
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


def check_range(day: date | None, first: date | datetime | None, last: date | datetime | None) -> None:
    """Raise PydanticCustomError for a day beside ``first`` or ``last``, or for the wrong order of the two."""
    if day and (first or last):
        raise PydanticCustomError("one_range", "give either date, or from and to")
    if first and last and first > last:
        raise PydanticCustomError("range_order", "from should not be after to")


class ListingByTime(Listing):
    """A list in the order of time: of one local day of the tenant, or of ``[from, to)``."""

    date: Day | None = Field(
        None, title="Fecha", description="One local day of the tenant, in place of `from` and `to`."
    )
    from_: Instant | None = Field(None, alias="from", title="Desde")
    to: Instant | None = Field(None, title="Hasta (sin incluir)")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_range(self.date, self.from_, self.to)
        return self

    def span(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """The first instant and the one behind the last; None is open."""
        if self.date is None:
            return self.from_, self.to
        begins, ends = local_time.day_bounds(self.date, zone)
        return local_time.instant(begins, zone), local_time.instant(ends, zone)


def local(instant: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The same instant on the tenant's clock; None stays None."""
    return instant.astimezone(zone) if instant else None
