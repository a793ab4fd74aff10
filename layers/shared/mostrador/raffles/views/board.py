"""The board of a raffle (the picture of all its numbers) and lists of numbers, in requests and answers."""

from base64 import b64encode
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mostrador.fields import Listing, Several, View
from mostrador.raffles.rules.board import Board, NumberState
from mostrador.values import shown

_HIGHEST = 999_999


class NumberListing(Listing):
    from_: int | None = Field(None, alias="from", ge=0, le=_HIGHEST, title="Desde el número")
    to: int | None = Field(None, ge=0, le=_HIGHEST, title="Hasta el número (incluido)")
    state: Several[NumberState] = Field(None, title="Estado")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise PydanticCustomError("range_order", "from should not be after to")
        return self


class CountsView(View):
    free: int = Field(title="Libres")
    reserved: int = Field(title="Reservados")
    sold: int = Field(title="Vendidos")


class BoardView(View):
    first_number: int = Field(title="Primer número")
    last_number: int = Field(title="Último número")
    bits: Annotated[str, shown.text(pattern=r"^[A-Za-z0-9+/]*={0,2}$", contentEncoding="base64")] = Field(
        title="Estado de cada número, dos bits cada uno",
        description="Base64. The number first_number + i is in byte i // 4: (byte >> (i % 4 * 2)) & 3 is its place "
        "in legend.",
    )
    legend: list[NumberState] = Field(title="Estados")
    counts: CountsView = Field(title="Cantidades")
    as_of: datetime | None = Field(
        title="Actualizado", description="When a change last reached the board; null before the first change."
    )
    lag_seconds: int | None = Field(title="Demora (segundos)", description="How long that change took to reach it.")

    @classmethod
    def computed_fields(cls, item: Board) -> dict[str, object]:
        return {"bits": b64encode(item.bits).decode(), "legend": list(NumberState)}


class NumberView(View):
    entity = "number"
    number: shown.Number = Field(title="Número")
    state: NumberState = Field(title="Estado")
    order_id: shown.Id | None = Field(None, title="Orden")
    hold_expires_at: datetime | None = Field(None, title="La reserva vence")


class NumberPage(View):
    items: list[NumberView] = Field(title="Elementos")
    next: shown.Next
