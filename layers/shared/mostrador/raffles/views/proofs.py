"""The form of a raffle's proof, for the document of the API and for tests: doors answer the proof as text."""

from typing import Annotated

from pydantic import Field

from mostrador.raffles.views.commitments import CommitmentView, EvidenceView, MethodView, Published
from mostrador.values import shown


class RedrawView(Published):
    """The commitment of another draw, published before its randomness could be known."""

    version: int = Field(title="Versión del formato")
    raffle_id: shown.Id = Field(title="Rifa")
    commitment_sha256: shown.Sha256 = Field(title="Huella del compromiso")
    root: shown.Sha256 = Field(title="Raíz de los vendidos")
    draw: int = Field(title="Sorteo")
    reason: str = Field(title="Motivo del nuevo sorteo")
    announced_at: shown.Instant = Field(title="Anunciado")
    prizes: list[int] = Field(title="Premios que se vuelven a sortear")
    excluded: list[int] = Field(title="Números que no participan")
    draw_at: shown.Instant = Field(title="Fecha y hora")
    method: MethodView = Field(title="Método del sorteo")


class ProofWinView(Published):
    prize: int = Field(title="Puesto")
    number: int | None = Field(title="Número")
    order: shown.OrderCode | None = Field(title="Código de la orden")
    passed_over: list[int] = Field(title="Números salteados")


class ProofDrawView(Published):
    """A draw, held or announced; ``terms_sha256`` is the digest of the commitment that it is held under."""

    redraw: RedrawView | None = Field(title="Nuevo sorteo")
    terms_sha256: shown.Sha256 = Field(title="Huella de sus condiciones")
    evidence: EvidenceView | None = Field(title="Azar")
    seed: shown.Sha256 | None = Field(title="Semilla")
    winners: list[ProofWinView] = Field(title="Ganadores")


class ProofView(Published):
    """The public proof of all draws of a raffle, which ``python -m mostrador.verify`` checks."""

    version: int = Field(title="Versión del formato")
    commitment: CommitmentView = Field(title="Compromiso del sorteo")
    commitment_sha256: shown.Sha256 = Field(title="Huella del compromiso")
    frozen_at: shown.Instant = Field(title="Vendidos congelados")
    sold: list[tuple[Annotated[int, Field(title="Número")], shown.OrderCode]] = Field(
        title="Números vendidos, con el código de su orden"
    )
    root: shown.Sha256 = Field(title="Raíz de los vendidos")
    draws: list[ProofDrawView] = Field(title="Sorteos")
