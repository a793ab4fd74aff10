"""Check the public proof of a raffle: ``python -m mostrador.verify proof.json``, with Python 3.11 and nothing else.

It repeats the draws from public data and names each difference (``proof_checks``). A proof that was forged as a whole
agrees with itself. So give the command the values that you noted at the time as well: ``--commitment`` as published
before the sale, ``--root`` as published at the freeze or a ``--receipt`` (which has both), ``--redraw`` for each redraw
as announced. The command names each fact that it cannot see itself (``proof_lookups``).

Exit status: 0 the proof is good, 1 something in it is wrong, 2 a file cannot be read, 3 nothing is wrong, but
something must be looked up elsewhere before the proof is good.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypedDict

from mostrador import clock
from mostrador.errors import ServiceError
from mostrador.raffles.rules import commitments, proof_checks, proof_lookups, proofs
from mostrador.raffles.rules.drand import QUICKNET, BeaconChain
from mostrador.raffles.rules.proof_lookups import Notes
from mostrador.raffles.rules.proofs import Proof, Receipt, Unreadable

GOOD: Final = 0
WRONG: Final = 1
UNREADABLE: Final = 2
LOOK_UP: Final = 3


class _ChainInfo(TypedDict):
    """The answer of a drand relay to ``/info``, as far as it is needed."""

    hash: str
    public_key: str
    genesis_time: int
    period: int


class _Inputs(NamedTuple):
    """The files of the command line, read, and the values that the reader noted."""

    proof: Proof
    receipts: list[Receipt]
    chain: BeaconChain
    notes: Notes

    def all_notes(self) -> Notes:
        """The notes, with commitment and root of a receipt where the reader noted none."""
        if not self.receipts:
            return self.notes
        commitment = self.notes.commitment or self.receipts[0].commitment_sha256
        return self.notes._replace(commitment=commitment, root=self.notes.root or self.receipts[0].root)


def main(arguments: Sequence[str], *, now: datetime | None = None) -> int:
    """The command; returns its exit status. ``now`` is the machine's clock where it is None."""
    try:
        inputs = _read(_parser().parse_args(arguments))
    except Unreadable as error:
        _say(f"CANNOT READ {error}")
        return UNREADABLE
    except ServiceError as error:
        _say(f"WRONG  {error}")
        return WRONG
    if faults := list(_faults(inputs)):
        _say(*(f"WRONG  {fault}" for fault in faults))
        return WRONG
    lookups = list(proof_lookups.lookups(inputs.proof, inputs.all_notes(), now=now or clock.now()))
    _say(*_summary(inputs.proof, "AGREES" if lookups else "GOOD  "), *(f"LOOK UP {fact}" for fact in lookups))
    return LOOK_UP if lookups else GOOD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mostrador.verify", description="Check the proof of a raffle.")
    parser.add_argument("proof", type=Path, help="the proof, as downloaded")
    parser.add_argument("--receipt", type=Path, action="append", default=[], help="of a number; may be repeated")
    parser.add_argument("--commitment", type=str.lower, help="its digest, as published before the sale")
    parser.add_argument("--root", type=str.lower, help="as published at the freeze, before the draw")
    parser.add_argument(
        "--redraw",
        type=str.lower,
        action="append",
        default=[],
        help="digest of a redraw, as announced; may be repeated",
    )
    parser.add_argument("--chain", type=Path, help="the /info of another drand chain that you trust, not quicknet")
    return parser


def _read(options: argparse.Namespace) -> _Inputs:
    """Read every file. Raises Unreadable, or a ServiceError where a commitment cannot be."""
    return _Inputs(
        proof=proofs.read_proof(_json_object(options.proof)),
        receipts=[proofs.read_receipt(_json_object(path)) for path in options.receipt],
        chain=_chain(_json_object(options.chain)) if options.chain else QUICKNET,
        notes=Notes(options.commitment, options.root, options.redraw),
    )


def _json_object(path: Path) -> Any:
    """The JSON value in a file; the readers of ``proofs`` check its form. Raises Unreadable."""
    try:
        return json.loads(path.read_bytes(), object_pairs_hook=_unambiguous)
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{path}: {error}") from error


def _unambiguous(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object of these pairs. Raises ValueError for a repeated name, which programs read in different ways."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError(f"a name is there twice among {', '.join(name for name, _ in pairs)}")
    return fields


def _chain(info: _ChainInfo) -> BeaconChain:
    try:
        return BeaconChain(
            chain_hash=info["hash"],
            public_key=bytes.fromhex(info["public_key"]).hex(),
            genesis=info["genesis_time"],
            period=info["period"],
        )
    except proofs.MALFORMED as error:
        raise Unreadable(f"this is not the /info of a chain: {error!r}") from error


def _faults(inputs: _Inputs) -> Iterator[str]:
    """Each fault of the proof, by itself and against the receipts and the noted values, as one sentence."""
    proof = inputs.proof
    yield from proof_checks.failures(proof, inputs.chain)
    for receipt in inputs.receipts:
        yield from proof_checks.receipt_failures(proof, receipt)
    yield from proof_lookups.disagreements(proof, inputs.notes)


def _summary(proof: Proof, verdict: str) -> Iterator[str]:
    """The lines about a proof without a fault: the sold list, and the winners of each draw."""
    commitment = proof.commitment
    numbers = f"{commitment.first_number}-{commitment.last_number}"
    yield f"{verdict} raffle {commitment.raffle_id}: {len(proof.tickets)} sold of {numbers}"
    yield f"       commitment {proof.commitment_sha256}"
    yield f"       root {proof.root.hex()}"
    if commitment.version == commitments.FIRST_VERSION:
        yield "       format 1: terms, time to claim and details of the prizes were not committed to"
    if not proof.draws:
        yield "not drawn yet"
    for place, claimed in enumerate(proof.draws, 1):
        redraw = claimed.draw.redraw
        reason = f", a redraw because: {redraw.reason}" if redraw else ""
        yield f"draw {place}{reason}{'' if claimed.winners else ', not held'}"
        for win in claimed.winners:
            yield f"       {commitment.prizes[win.prize - 1].name}: {proof_checks.win_shown(proof, win)}"


def _say(*lines: str) -> None:
    """Write lines. Strangers wrote parts of them, so characters that could hide or fake a line become ``?``."""
    shown = ("".join(sign if sign.isprintable() else "?" for sign in line) for line in lines)
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write("".join(f"{line}\n".encode(encoding, "replace").decode(encoding) for line in shown))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
