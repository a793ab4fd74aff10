"""Where a draw's randomness comes from, and how the public evidence of it is checked and reduced to one text.

The methods, the safest first:

drand          a round of the public beacon, due when the draw is. Nobody can know or choose it.
lottery        numbers of a public lottery, typed in; whoever doubts them compares them with the lottery's own.
commit_reveal  a secret whose hash was published. It cannot be changed, but whoever knows it before the sale closes
               can try out which numbers to sell last: it must be kept from everybody who may buy or sell.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar, Final

from mostrador.errors import Conflict, Invalid
from mostrador.raffles.rules import drand
from mostrador.raffles.rules.drand import BeaconChain

SECRET_BYTES: Final = 32
LOTTERY_DIGITS: Final = 12
_HEX_DIGITS: Final = frozenset("0123456789abcdef")


class GuessableLottery(Invalid):
    code = "guessable_lottery"
    en = "{numbers} numbers of {digits} digits can be guessed: take at least {least} digits in all"
    es = "{numbers} números de {digits} cifras se pueden adivinar: tome al menos {least} cifras en total"


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
    """Round ``round`` of a chain of drand; see ``of_chain``. Evidence: ``signature`` and ``randomness``, in hex."""

    name: ClassVar = "drand"
    chain_hash: str
    public_key: str
    round: int

    def value(self, evidence: Mapping[str, Any]) -> str:
        found = drand.randomness(bytes.fromhex(evidence["signature"])).hex()
        if evidence["randomness"] != found:
            raise BeaconDoesNotMatch(found=found, given=evidence["randomness"])
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Lottery:
    """``numbers`` numbers of ``digits`` digits, as published at ``source``; ``takes`` says which ones, in which order.

    Evidence: ``numbers``, with their leading zeros.
    """

    name: ClassVar = "lottery"
    lottery: str
    takes: str
    source: str
    numbers: int
    digits: int

    def __post_init__(self) -> None:
        if self.numbers < 1 or self.numbers * self.digits < LOTTERY_DIGITS:
            raise GuessableLottery(numbers=self.numbers, digits=self.digits, least=LOTTERY_DIGITS)

    def value(self, evidence: Mapping[str, Any]) -> str:
        given: list[str] = evidence["numbers"]
        fit = [len(number) == self.digits and number.isascii() and number.isdigit() for number in given]
        if len(fit) != self.numbers or not all(fit):
            raise LotteryDoesNotMatch(given=" ".join(given), numbers=self.numbers, digits=self.digits)
        return "-".join(given)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitReveal:
    """A secret of at least 32 random bytes, known by its SHA-256. Evidence: ``secret``, in hex."""

    name: ClassVar = "commit_reveal"
    secret_sha256: str

    def __post_init__(self) -> None:
        if len(self.secret_sha256) != 2 * sha256().digest_size or not _HEX_DIGITS.issuperset(self.secret_sha256):
            raise BadSecretHash(value=self.secret_sha256)

    def value(self, evidence: Mapping[str, Any]) -> str:
        secret = bytes.fromhex(evidence["secret"])
        found = sha256(secret).hexdigest()
        if found != self.secret_sha256:
            raise SecretDoesNotMatch(found=found, committed=self.secret_sha256)
        if len(secret) < SECRET_BYTES:
            raise ShortSecret(size=len(secret), least=SECRET_BYTES)
        return secret.hex()


Method = Drand | Lottery | CommitReveal
"""Its ``value`` is the text that the evidence comes down to; it raises when the evidence is not what was announced."""

_METHODS: Final[dict[str, type[Method]]] = {of.name: of for of in (Drand, Lottery, CommitReveal)}


def drand_method(chain: BeaconChain, draw_at: datetime) -> Drand:
    """The first round of ``chain`` that is due at ``draw_at`` or after it. Raises BeforeTheChain."""
    number = drand.round_at(chain, draw_at)
    return Drand(chain_hash=chain.chain_hash, public_key=chain.public_key, round=number)


def to_document(method: Method) -> dict[str, Any]:
    """A method as its JSON object."""
    return {"name": method.name} | asdict(method)


def read_method(told: Mapping[str, Any]) -> Method:
    """The method of such an object. KeyError, TypeError where it is none."""
    return _METHODS[told["name"]](**{key: value for key, value in told.items() if key != "name"})
