"""Check the public proof of a raffle: ``python -m mostrador.verify proof.json``, with Python 3.11 and nothing else.

It repeats the draws from public data and names each difference (``proof_checks``). A proof that was forged as a whole
agrees with itself. So give the command the values that you noted at the time as well: ``--commitment`` as published
before the sale, ``--root`` as published at its close, ``--receipt`` of a number that you bought.

Exit status: 0 the proof is good, 1 something in it is wrong, 2 a file cannot be read.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypedDict

from mostrador.errors import ServiceError
from mostrador.raffles.rules import proof_checks, proofs
from mostrador.raffles.rules.drand import QUICKNET, BeaconChain
from mostrador.raffles.rules.draw import Draw
from mostrador.raffles.rules.proofs import Proof, Receipt, Unreadable
from mostrador.raffles.rules.randomness import Lottery

GOOD: Final = 0
WRONG: Final = 1
UNREADABLE: Final = 2


class _ChainInfo(TypedDict):
    """The answer of a drand relay to ``/info``, as far as it is needed."""

    hash: str
    public_key: str
    genesis_time: int
    period: int


class _Inputs(NamedTuple):
    """The files of the command line, read, and the two values that the reader noted."""

    proof: Proof
    receipts: list[Receipt]
    chain: BeaconChain
    noted_commitment: str | None
    noted_root: str | None


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit status."""
    try:
        inputs = _read(_parser().parse_args(arguments))
    except Unreadable as error:
        _say(f"CANNOT READ {error}")
        return UNREADABLE
    except ServiceError as error:
        _say(f"WRONG  {error}")
        return WRONG
    faults = list(_faults(inputs))
    _say(*([f"WRONG  {fault}" for fault in faults] or _summary(inputs.proof)))
    return WRONG if faults else GOOD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mostrador.verify", description="Check the proof of a raffle.")
    parser.add_argument("proof", type=Path, help="the proof, as downloaded")
    parser.add_argument("--receipt", type=Path, action="append", default=[], help="of a number; may be repeated")
    parser.add_argument("--commitment", type=str.lower, help="its digest, as published before the sale")
    parser.add_argument("--root", type=str.lower, help="as published at the close of the sale")
    parser.add_argument("--chain", type=Path, help="the /info of another drand chain that you trust, not quicknet")
    return parser


def _read(options: argparse.Namespace) -> _Inputs:
    """Read every file. Raises Unreadable, or a ServiceError where a commitment cannot be."""
    return _Inputs(
        proof=proofs.read_proof(_json_object(options.proof)),
        receipts=[proofs.read_receipt(_json_object(path)) for path in options.receipt],
        chain=_chain(_json_object(options.chain)) if options.chain else QUICKNET,
        noted_commitment=options.commitment,
        noted_root=options.root,
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
    noted = [
        ("commitment digest", proof.commitment_sha256, inputs.noted_commitment),
        ("root", proof.root.hex(), inputs.noted_root),
    ]
    for name, recomputed, value in noted:
        if value:
            yield from proof_checks.difference(name, recomputed, value, source="you noted")


def _summary(proof: Proof) -> Iterator[str]:
    """The lines about a good proof: the sold list, and the winners of each draw."""
    commitment = proof.commitment
    numbers = f"{commitment.first_number}-{commitment.last_number}"
    yield f"GOOD   raffle {commitment.raffle_id}: {len(proof.tickets)} sold of {numbers}"
    yield f"       commitment {proof.commitment_sha256}"
    yield f"       root {proof.root.hex()}"
    if not proof.draws:
        yield "not drawn yet"
    for place, claimed in enumerate(proof.draws, 1):
        redraw = claimed.draw.redraw
        reason = f", a redraw because: {redraw.reason}" if redraw else ""
        yield f"draw {place}{reason}{'' if claimed.winners else ', not held'}"
        for win in claimed.winners:
            yield f"       {commitment.prizes[win.prize - 1]}: {proof_checks.win_shown(proof, win)}"
        yield from _to_look_up(proof, claimed.draw)


def _to_look_up(proof: Proof, draw: Draw) -> Iterator[str]:
    """The numbers of a lottery, which only a person can compare with the lottery's own publication."""
    method = proof.commitment_of(draw).method
    if isinstance(method, Lottery) and draw.evidence is not None:
        numbers = " ".join(draw.evidence["numbers"])
        yield f"       look up: {numbers} must be {method.takes} of {method.lottery}, at {method.source}"


def _say(*lines: str) -> None:
    """Write lines. Strangers wrote parts of them, so characters that could hide or fake a line become ``?``."""
    shown = ("".join(sign if sign.isprintable() else "?" for sign in line) for line in lines)
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write("".join(f"{line}\n".encode(encoding, "replace").decode(encoding) for line in shown))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
