"""How a draw is held, in answers: its method, its evidence, and the commitment that was published before it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mostrador.raffles.rules.commitments import Unsold
from mostrador.values import shown

_Hex = Annotated[str, shown.text(pattern="^([0-9a-fA-F]{2})+$")]
_NEW = "Not there in format 1."


def _is_missing(value: object) -> bool:
    """Whether a document of format 1 does not have the field: then it is not shown, since its digest lacks it."""
    return value is None


class Published(BaseModel):
    """A part of a published document, shown as it was published."""

    model_config = ConfigDict(defer_build=True, hide_input_in_errors=True)


class DrandView(Published):
    """A round of the public randomness beacon."""

    name: Literal["drand"] = Field(title="Método")
    chain_hash: _Hex = Field(title="Cadena del faro")
    public_key: _Hex = Field(title="Clave pública de la cadena")
    round: int = Field(title="Ronda")


class LotteryView(Published):
    name: Literal["lottery"] = Field(title="Método")
    lottery: str = Field(title="Lotería")
    takes: str = Field(title="Qué sorteo y qué números, en qué orden")
    source: shown.Url = Field(title="Dónde se publican")
    numbers: int = Field(title="Cantidad de números")
    digits: int = Field(title="Cifras de cada número")
    held_at: shown.Instant | None = Field(
        None,
        exclude_if=_is_missing,
        title="Fecha y hora del sorteo de la lotería",
        description="Not there in format 1.",
    )


class CommitRevealView(Published):
    name: Literal["commit_reveal"] = Field(title="Método")
    secret_sha256: shown.Sha256 = Field(title="SHA-256 del secreto")


MethodView = Annotated[DrandView | LotteryView | CommitRevealView, Field(discriminator="name")]


class DrandEvidence(Published):
    signature: _Hex = Field(title="Firma de la ronda")
    randomness: shown.Sha256 = Field(title="Azar de la ronda")


class LotteryEvidence(Published):
    numbers: list[Annotated[str, shown.text(pattern="^[0-9]{1,20}$")]] = Field(title="Números de la lotería")
    source_url: shown.Url = Field(title="Dónde se publicaron")


class SecretEvidence(Published):
    secret: _Hex = Field(title="Secreto, en hexadecimal")


EvidenceView = DrandEvidence | LotteryEvidence | SecretEvidence


class PublishedPrize(Published):
    """A prize as it was promised."""

    name: str = Field(title="Premio")
    description: str | None = Field(title="Descripción")
    value: str | None = Field(title="Valor")


class CommitmentView(Published):
    """Published before the first number is sold; its digest is the raffle's ``commitment_sha256``."""

    version: int = Field(title="Versión del formato")
    raffle_id: shown.Id = Field(title="Rifa")
    first_number: int = Field(title="Primer número")
    last_number: int = Field(title="Último número")
    prizes: list[PublishedPrize | str] = Field(title="Premios en orden", description="In format 1 their names alone.")
    unsold: Unsold = Field(title="Qué pasa con los números no vendidos")
    draw_at: shown.Instant = Field(title="Fecha y hora del sorteo")
    method: MethodView = Field(title="Método del sorteo")
    claim_days: int | None = Field(
        None, exclude_if=_is_missing, title="Días para reclamar los premios", description=_NEW
    )
    terms_url: shown.Url | None = Field(
        None, exclude_if=_is_missing, title="URL de bases y condiciones", description=_NEW
    )
