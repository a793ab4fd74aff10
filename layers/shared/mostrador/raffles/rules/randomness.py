"""Where a draw's randomness comes from, and how its public evidence is checked and reduced to one text.

The methods, the safest first:

drand          a round of the public beacon, due when the draw is. Nobody can know or choose it.
lottery        numbers of a public lottery, typed in. Anybody can compare them with the lottery's own publication.
               The lottery draws after the sold list is frozen.
commit_reveal  a secret whose hash was published. It cannot be changed. But a person who knows it before the sale closes
               can try out which numbers to sell last. It must be kept from everybody who may buy or sell.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import ClassVar, Final, TypedDict

from mostrador.errors import Conflict, Invalid
from mostrador.raffles.rules import drand, instants
from mostrador.raffles.rules.drand import BeaconChain

SECRET_BYTES: Final = 32
LOTTERY_DIGITS: Final = 12
_HEX_DIGITS: Final = frozenset("0123456789abcdef")

MethodDocument = Mapping[str, str | int]
"""A method as its JSON object: ``name``, and the fields of the class with that name."""


class PublicEvidence(TypedDict, total=False):
    """The evidence of a draw as its JSON object; each method needs its own fields.

    drand: ``signature`` and ``randomness``, in hex. lottery: ``numbers`` with their leading zeros, and ``source_url``.
    commit_reveal: ``secret``, in hex.
    """

    signature: str
    randomness: str
    numbers: list[str]
    source_url: str
    secret: str


class GuessableLottery(Invalid):
    code = "guessable_lottery"
    en = "{numbers} numbers of {digits} digits can be guessed: take at least {least} digits in all"
    es = "{numbers} números de {digits} cifras se pueden adivinar: tome al menos {least} cifras en total"


class LotteryAtAnotherTime(Invalid):
    code = "lottery_at_another_time"
    en = "the lottery draws on {value:time}: it must be from {least:time}, when no number is sold, to {most:time}"
    es = "la lotería se sortea el {value:time}: debe ser desde el {least:time}, sin más ventas, hasta el {most:time}"


class BadSecretHash(Invalid):
    code = "bad_secret_hash"
    en = "{value} is not a SHA-256 in lower-case hex"
    es = "{value} no es un SHA-256 en hexadecimal con minúsculas"


class BeaconDoesNotMatch(Conflict):
    code = "beacon_does_not_match"
    en = "the randomness is {found}, the SHA-256 of the signature, not {given}"
    es = "el azar es {found}, el SHA-256 de la firma, no {given}"


class LotteryDoesNotMatch(Invalid):
    code = "lottery_does_not_match"
    en = "{given}: these are not {numbers} numbers of {digits} digits"
    es = "{given}: no son {numbers} números de {digits} cifras"


class SecretDoesNotMatch(Conflict):
    code = "secret_does_not_match"
    en = "the secret does not match: its SHA-256 is {found}, the one committed to is {committed}"
    es = "el secreto no corresponde: su SHA-256 es {found}, el comprometido es {committed}"


class ShortSecret(Invalid):
    code = "short_secret"
    en = "a secret of {size} bytes can be guessed: it takes at least {least}"
    es = "un secreto de {size} bytes se puede adivinar: debe tener al menos {least}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drand:
    """Round ``round`` of a chain of drand; see ``drand_method``."""

    name: ClassVar = "drand"
    evidence: ClassVar = frozenset({"signature", "randomness"})
    chain_hash: str
    public_key: str
    round: int

    def value(self, evidence: PublicEvidence) -> str:
        """The round's randomness, in hex. Raises BeaconDoesNotMatch."""
        randomness = drand.randomness(bytes.fromhex(evidence["signature"])).hex()
        if evidence["randomness"] != randomness:
            raise BeaconDoesNotMatch(found=randomness, given=evidence["randomness"])
        return randomness


@dataclass(frozen=True, slots=True, kw_only=True)
class Lottery:
    """``numbers`` numbers of ``digits`` digits, as published at ``source``.

    ``takes`` says which numbers of the lottery, and in which order. ``held_at`` is when the lottery draws them; the
    first format of the proof did not have it. Raises GuessableLottery where they are too few.
    """

    name: ClassVar = "lottery"
    evidence: ClassVar = frozenset({"numbers", "source_url"})
    lottery: str
    takes: str
    source: str
    numbers: int
    digits: int
    held_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.numbers < 1 or self.numbers * self.digits < LOTTERY_DIGITS:
            raise GuessableLottery(numbers=self.numbers, digits=self.digits, least=LOTTERY_DIGITS)

    def value(self, evidence: PublicEvidence) -> str:
        """The numbers joined by ``-``. Raises LotteryDoesNotMatch."""
        given = evidence["numbers"]
        fit = [len(number) == self.digits and number.isascii() and number.isdigit() for number in given]
        if len(fit) != self.numbers or not all(fit):
            raise LotteryDoesNotMatch(given=" ".join(given), numbers=self.numbers, digits=self.digits)
        return "-".join(given)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitReveal:
    """A secret of at least 32 random bytes, known by its SHA-256 in hex. Raises BadSecretHash."""

    name: ClassVar = "commit_reveal"
    evidence: ClassVar = frozenset({"secret"})
    secret_sha256: str

    def __post_init__(self) -> None:
        if len(self.secret_sha256) != 2 * sha256().digest_size or not _HEX_DIGITS.issuperset(self.secret_sha256):
            raise BadSecretHash(value=self.secret_sha256)

    def value(self, evidence: PublicEvidence) -> str:
        """The secret, in hex. Raises SecretDoesNotMatch, ShortSecret."""
        secret = bytes.fromhex(evidence["secret"])
        digest = sha256(secret).hexdigest()
        if digest != self.secret_sha256:
            raise SecretDoesNotMatch(found=digest, committed=self.secret_sha256)
        if len(secret) < SECRET_BYTES:
            raise ShortSecret(size=len(secret), least=SECRET_BYTES)
        return secret.hex()


Method = Drand | Lottery | CommitReveal
"""``value`` reduces the evidence to one text, and raises where the evidence is not the announced one.

``evidence`` are the fields that the evidence may have.
"""

_METHODS: Final[dict[object, Callable[..., Method]]] = {kind.name: kind for kind in (Drand, Lottery, CommitReveal)}


def drand_method(chain: BeaconChain, draw_at: datetime) -> Drand:
    """The first round of ``chain`` that is due at ``draw_at`` or after it. Raises BeforeTheChain."""
    number = drand.round_at(chain, draw_at)
    return Drand(chain_hash=chain.chain_hash, public_key=chain.public_key, round=number)


def known_from(method: Method, draw_at: datetime) -> datetime:
    """The instant from which the public can know the randomness of a draw at ``draw_at``."""
    return method.held_at if isinstance(method, Lottery) and method.held_at else draw_at


def to_document(method: Method) -> MethodDocument:
    """A method as its JSON object."""
    fields = {"name": method.name} | asdict(method)
    if isinstance(method, Lottery):
        fields["held_at"] = instants.published(method.held_at) if method.held_at else None
    return {name: value for name, value in fields.items() if value is not None}


def read_method(document: MethodDocument) -> Method:
    """The method of such an object. Raises KeyError, TypeError or ValueError where it is none."""
    fields: dict[str, object] = {key: value for key, value in document.items() if key != "name"}
    if "held_at" in fields:
        fields["held_at"] = instants.parse(str(fields["held_at"]))
    return _METHODS[document["name"]](**fields)
