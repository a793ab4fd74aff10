"""Customers in requests and answers."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from mostrador.fields import ONE_LINE, Email, Flag, ListingById, LongText, Phone, Request, ShortText, View, partial
from mostrador.values import shown
from mostrador.values.text import folded

if TYPE_CHECKING:
    from mostrador.table.items.people import Customer

CONFIRMED: Final = "Staff wrote the e-mail, or vouches for it: only then are invitations sent to it."


def _findable(q: str) -> str:
    if not folded(q).strip("0 +-()"):
        raise PydanticCustomError("unreadable", "should have a letter, or a digit other than 0")
    return q


Search = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_findable), ONE_LINE]


class NewCustomer(Request):
    entity = "customer"
    name: ShortText = Field(title="Nombre y apellido")
    phone: Phone | None = Field(None, title="Teléfono", examples=["0981 123 456"])
    email: Email | None = Field(None, title="Correo")
    notes: LongText | None = Field(None, title="Notas")


@partial
class CustomerChanges(NewCustomer):
    """PATCH."""

    email_is_confirmed: Flag = Field(False, title="Correo confirmado", description=CONFIRMED)


class CustomerListing(ListingById):
    q: Search | None = Field(None, title="Buscar", description="Part of a name, of a phone or of an e-mail.")
    sort: Literal["name", "-name"] = Field("name", title="Orden")


class CustomerView(View):
    entity = "customer"
    id: shown.Id = Field(title="Identificador")
    name: str = Field(title="Nombre y apellido")
    phone: shown.Phone | None = Field(title="Teléfono")
    email: shown.Email | None = Field(title="Correo")
    email_is_confirmed: bool = Field(title="Correo confirmado", description=CONFIRMED)
    notes: str | None = Field(None, title="Notas")
    last_appointment_at: datetime | None = Field(title="Último turno")
    created_at: datetime = Field(title="Creado")
    version: int = Field(title="Versión")

    @classmethod
    def computed_fields(cls, item: "Customer") -> dict[str, object]:
        return {"email_is_confirmed": bool(item.email_is_confirmed)}


class CustomerPage(View):
    items: list[CustomerView] = Field(title="Elementos")
    next: shown.Next
