"""Draws in requests and answers: the method, the evidence, the redraw, the delivery and the export."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mostrador.fields import Instant, Paragraph, Query, Request, Sha256, ShortText, Url, View, Whole
from mostrador.raffles.rules.commitments import Unsold
from mostrador.raffles.rules.states import OrderStatus
from mostrador.values import shown

_Hex = Annotated[str, StringConstraints(pattern=r"^([0-9a-fA-F]{2}){1,256}$")]
_Digits = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]


class ByDrand(Request):
    """By the first round of the public randomness beacon that is due when the draw is."""

    name: Literal["drand"] = Field(title="Método")


class ByLottery(Request):
    name: Literal["lottery"] = Field(title="Método")
    lottery: ShortText = Field(title="Lotería")
    takes: ShortText = Field(title="Qué sorteo y qué números, en qué orden")
    source: Url = Field(title="Dónde se publican")
    numbers: Whole = Field(ge=1, le=20, title="Cantidad de números")
    digits: Whole = Field(ge=1, le=20, title="Cifras de cada número")
    held_at: Instant | None = Field(
        None, title="Fecha y hora del sorteo de la lotería", description="The raffle's draw_at when null."
    )


class ByCommitReveal(Request):
    name: Literal["commit_reveal"] = Field(title="Método")
    secret_sha256: Sha256 = Field(title="SHA-256 del secreto")


class Opening(Request):
    """How the raffle will be drawn: it is published at the opening and fixed from then on."""

    method: ByDrand | ByLottery | ByCommitReveal = Field(discriminator="name", title="Método del sorteo")
    unsold: Unsold = Field(Unsold.SOLD_ONLY, title="Qué pasa con los números no vendidos")


class Evidence(Request):
    """The evidence of a draw by ``commit_reveal`` (the secret) or ``lottery`` (its numbers); none for drand."""

    secret: _Hex | None = Field(None, title="Secreto, en hexadecimal")
    numbers: list[_Digits] | None = Field(None, min_length=1, max_length=20, title="Números de la lotería")
    source_url: Url | None = Field(None, title="Dónde se publicaron")


class Redrawing(Request):
    """Another draw, announced before its randomness can be known; the beacon holds it, and nothing else."""

    reason: ShortText = Field(title="Motivo, público")
    method: ByDrand = Field(title="Método del sorteo")
    prizes: list[Annotated[Whole, Field(ge=1, le=50)]] | None = Field(
        None, min_length=1, max_length=50, title="Premios", description="Every prize that may be drawn again when null."
    )
    draw_at: Instant | None = Field(
        None, title="Fecha y hora del nuevo sorteo", description="Two minutes from now when null."
    )


class Delivery(Request):
    delivered_to: ShortText = Field(title="Entregado a")
    note: Paragraph | None = Field(None, title="Nota")


class ExportQuery(Query):
    limit: int = Field(1000, ge=1, le=5000, title="Cantidad por página")
    cursor: str | None = Field(None, max_length=1000, title="Cursor")


class ExportRow(View):
    """One number that is reserved or sold; ``prize`` names the prizes that it won."""

    number: shown.Number = Field(title="Número")
    order: shown.OrderCode = Field(title="Código de la orden")
    status: OrderStatus = Field(title="Estado")
    buyer: str = Field(title="Comprador")
    phone: shown.Phone | None = Field(title="Teléfono")
    total_amount: shown.Amount = Field(title="Importe de la orden")
    currency: shown.Currency = Field(title="Moneda")
    paid_at: datetime | None = Field(title="Pagada")
    prize: str | None = Field(title="Premio")


class ExportPage(View):
    items: list[ExportRow] = Field(title="Elementos")
    next: shown.Next
