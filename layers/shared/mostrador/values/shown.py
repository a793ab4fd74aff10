"""Types of texts in answers: each states its form in the JSON schema, and costs no validation."""

from typing import Annotated, Final

from pydantic import Field, WithJsonSchema
from typing_extensions import TypeAliasType

from mostrador.values.text import SLUG

ID: Final = r"^[0-9a-f]{32}$"
AMOUNT: Final = r"^[0-9]{1,13}(\.[0-9]{1,4})?$"
CURRENCY_CODE: Final = r"^[A-Z]{3}$"
COUNTRY_CODE: Final = r"^[A-Z]{2}$"
TIME_ZONE: Final = r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$"
PAYMENT_ID: Final = r"^([0-9a-f]{32}|[1-9][0-9]{14})$"
"""Our own id, or the number by which Bancard knows the payment."""
URL: Final = r"^https?://\S+$"
"""Of answers: what is stored may be older than ``WEB_ADDRESS``."""
WEB_ADDRESS: Final = r"""^https://[^\x00-\x20\x7f\s"'<>\\`/?#@]+([/?#][^\x00-\x20\x7f\s"'<>\\`]*)?$"""
"""Of requests: https, no user before the host, and nothing that ends an attribute of HTML."""
CLOSURE_ID: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(-[0-9a-f]{32})?$"
SHA256: Final = r"^[0-9a-f]{64}$"


def text(**form: object) -> WithJsonSchema:
    """The form of a text in answers, for the document alone: our own values need no check."""
    return WithJsonSchema({"type": "string", **form})


Id = Annotated[str, text(pattern=ID)]
Slug = Annotated[str, text(pattern=SLUG)]
Amount = Annotated[str, text(pattern=r"^[0-9]{1,18}(\.[0-9]{1,4})?$", examples=["25.00", "150000"])]
SignedAmount = Annotated[str, text(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,4})?$", examples=["-25.00", "150000"])]
"""An amount that may be below 0."""
Currency = Annotated[str, text(pattern=CURRENCY_CODE, examples=["PYG"])]
Country = Annotated[str, text(pattern=COUNTRY_CODE, examples=["PY"])]
TimeZone = Annotated[str, text(pattern=TIME_ZONE, examples=["America/Asuncion"])]
Email = Annotated[str, text(format="email", examples=["ana@example.com"])]
Phone = Annotated[str, text(pattern=r"^\+[1-9][0-9]{4,14}$", examples=["+595981123456"])]
Url = Annotated[str, text(format="uri", pattern=URL)]
Path = Annotated[str, text(pattern=r"^/[A-Za-z0-9/._~-]+$")]
Token = Annotated[str, text(pattern=r"^[A-Za-z0-9._-]{1,200}$")]
FeedFile = Annotated[str, text(pattern=r"^[a-z0-9-]{2,63}\.[0-9a-f]{32}\.[A-Za-z0-9_-]{43}\.ics$")]
Sha256 = Annotated[str, text(pattern=SHA256)]
Instant = Annotated[str, text(format="date-time")]
"""An instant that is kept and shown as text."""
Day = Annotated[str, text(format="date")]
User = Annotated[str, text(pattern=r"^[A-Za-z0-9:_-]{1,128}$")]
ClosureId = Annotated[str, text(pattern=CLOSURE_ID)]
"""A day, and the resource where it is not the whole business."""
PaymentId = Annotated[str, text(pattern=PAYMENT_ID)]
OrderCode = Annotated[str, text(pattern="^[A-Z2-7]{10}$")]
Number = Annotated[str, text(pattern="^[0-9]{1,6}$", examples=["007"])]
Next = Annotated[Annotated[str, text(minLength=1, maxLength=8000)] | None, Field(title="Cursor de la página siguiente")]

Scalar = bool | int | float | str | None
# Generators of clients follow a recursion through an object, not one through a list.
JSONObject = TypeAliasType("JSONObject", "dict[str, Scalar | list[Scalar | list[Scalar] | JSONObject] | JSONObject]")
"""An object whose fields depend on what it is about."""
JSONValue = Scalar | list[Scalar | list[Scalar] | JSONObject] | JSONObject
