"""The request of a customer who stands at the counter."""

from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mostrador.fields import Id, LongText, Request, ShortText, Whole
from mostrador.people.views.customers import NewCustomer
from mostrador.scheduling.rules.agenda import LONGEST, SHORTEST
from mostrador.scheduling.views.overriding import Overriding
from mostrador.values import schema_rules


class WalkIn(Request):
    """One of ``name``, ``customer_id`` and ``customer_data``: a name alone makes a customer without a phone."""

    model_config = schema_rules.without(*schema_rules.one_of("name", "customer_id", "customer_data"))
    service_id: Id = Field(title="Servicio")
    name: ShortText | None = Field(None, title="Nombre del cliente")
    customer_id: Id | None = Field(None, title="Cliente")
    customer_data: NewCustomer | None = Field(None, title="Datos del cliente")
    resource_id: Id | None = Field(
        None, title="Profesional o recurso", description="Left out: the first one that is free now."
    )
    duration_minutes: Whole | None = Field(
        None, ge=SHORTEST, le=LONGEST, title="Duración (minutos)", description="The service's when left out."
    )
    customer_notes: LongText | None = Field(None, title="Notas del cliente")
    internal_notes: LongText | None = Field(None, title="Notas internas")
    override: Overriding = Field([])

    @model_validator(mode="after")
    def _one_customer(self) -> Self:
        if [self.name, self.customer_id, self.customer_data].count(None) != 2:  # noqa: PLR2004 - one of three
            raise PydanticCustomError("one_of_three", "give one of name, customer_id and customer_data")
        return self
