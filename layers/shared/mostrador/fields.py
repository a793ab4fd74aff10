"""Types of fields that several requests and answers share, and the base classes of both."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar, Self, TypeVar
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

from mostrador.values.money import CURRENCIES
from mostrador.values.text import SLUG, folded

M = TypeVar("M", bound="Request")


def _only_text(value: object) -> str | datetime:
    """Raise ValueError for a number, which could count seconds or milliseconds from any epoch."""
    if not isinstance(value, str | datetime):
        raise ValueError("an instant is written as text, ISO 8601 with its offset")  # noqa: TRY004 - pydantic's way
    return value


def _email(typed: str) -> str:
    """The address in its normal form; no request goes to its domain."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - 15 ms that most requests do without

    try:
        return str(validate_email(typed, check_deliverability=False).normalized)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from error


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise PydanticCustomError("currency", "should be an ISO 4217 currency")
    return code


Currency = Annotated[str, AfterValidator(_currency), Field(examples=["PYG"])]
Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_email), Field(examples=["ana@example.com"])]
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
ID = r"^[0-9a-f]{32}$"
Slug = Annotated[str, StringConstraints(pattern=SLUG)]
Id = Annotated[str, StringConstraints(pattern=ID)]


def _readable(text: str) -> str:
    """Text that a person can read: no control characters, and at least one letter, digit or sign after folding."""
    if not all(letter.isprintable() or letter in "\n\t" for letter in text) or not folded(text):
        raise PydanticCustomError("unreadable", "should be readable text")
    return text


ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(_readable)
]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=32)]
Amount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,13}(\.[0-9]{1,4})?$"), Field(examples=["25.00", "150000"])]
Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=500)]
# Instants in the far past or future are mistakes, and overflow when they are shown in a zone.
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_only_text),
    Field(
        ge=TypeAdapter(datetime).validate_python("2000-01-01T00:00:00Z"),
        lt=TypeAdapter(datetime).validate_python("2100-01-01T00:00:00Z"),
    ),
    AfterValidator(lambda instant: instant.astimezone(UTC)),
]


Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]


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


def partial(model: type[M]) -> type[M]:
    """``model`` with all fields optional (PATCH); null is refused where the field itself refuses it."""
    for field in model.model_fields.values():
        field.default, field.default_factory = None, None
        field.json_schema_extra = _without_default
    model.is_partial = True
    model.model_rebuild(force=True)
    return model


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class Listing(Request):
    """The query parameters of every list."""

    limit: int = Field(25, ge=1, le=100, title="Cantidad por página")
    cursor: str | None = Field(None, max_length=1000, title="Cursor")


def local(instant: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The same instant on the tenant's clock; None stays None."""
    return instant.astimezone(zone) if instant else None
