"""Check the public proof of a raffle: ``python -m mostrador.verify proof.json``, with Python 3.11 and nothing else.

It repeats the draws from what is public and names whatever differs (``rules.checks``). Give it what you noted at the
time as well, for a proof that was forged as a whole agrees with itself: ``--commitment`` and ``--root`` as they were
published before the sale and at its close, ``--receipt`` of a number that you bought.

Exit status: 0 all is as the proof says, 1 something is not, 2 a file cannot be read.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from mostrador.errors import ServiceError
from mostrador.raffles.rules import proof_checks, proofs
from mostrador.raffles.rules.drand import QUICKNET, BeaconChain
from mostrador.raffles.rules.draw import Draw
from mostrador.raffles.rules.proofs import Proof, Unreadable
from mostrador.raffles.rules.randomness import Lottery

GOOD: Final = 0
WRONG: Final = 1
UNREADABLE: Final = 2


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit status."""
    asked = _parser().parse_args(arguments)
    try:
        proof = proofs.read_proof(_object(asked.proof))
        receipts = [proofs.read_receipt(_object(path)) for path in asked.receipt]
        chain = _chain(_object(asked.chain)) if asked.chain else QUICKNET
    except Unreadable as error:
        _say(f"CANNOT READ {error}")
        return UNREADABLE
    except ServiceError as error:
        _say(f"WRONG  {error}")
        return WRONG
    wrong = list(proof_checks.failures(proof, chain))
    for receipt in receipts:
        wrong += proof_checks.receipt_failures(proof, receipt)
    if asked.commitment:
        wrong += proof_checks.differing(
            "commitment digest", proof.commitment_sha256, asked.commitment, source="you noted"
        )
    if asked.root:
        wrong += proof_checks.differing("root", proof.root.hex(), asked.root, source="you noted")
    _say(*(f"WRONG  {sentence}" for sentence in wrong), *([] if wrong else _summary(proof)))
    return WRONG if wrong else GOOD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mostrador.verify", description="Check the proof of a raffle.")
    parser.add_argument("proof", type=Path, help="the proof, as downloaded")
    parser.add_argument("--receipt", type=Path, action="append", default=[], help="of a number; may be repeated")
    parser.add_argument("--commitment", type=str.lower, help="its digest, as published before the sale")
    parser.add_argument("--root", type=str.lower, help="as published at the close of the sale")
    parser.add_argument("--chain", type=Path, help="the /info of another drand chain that you trust, not quicknet")
    return parser


def _object(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes(), object_pairs_hook=_unambiguous)
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{path}: {error}") from error


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of some pairs, none of which another program could read in another way."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"a name is there twice among {', '.join(name for name, _ in pairs)}")
    return found


def _chain(info: Any) -> BeaconChain:
    try:
        return BeaconChain(
            chain_hash=info["hash"],
            public_key=bytes.fromhex(info["public_key"]).hex(),
            genesis=info["genesis_time"],
            period=info["period"],
        )
    except proofs.MALFORMED as error:
        raise Unreadable(f"this is not the /info of a chain: {error!r}") from error


def _summary(proof: Proof) -> Iterator[str]:
    commitment = proof.commitment
    numbers = f"{commitment.first_number}-{commitment.last_number}"
    yield f"GOOD   raffle {commitment.raffle_id}: {len(proof.tickets)} sold of {numbers}"
    yield f"       commitment {proof.commitment_sha256}"
    yield f"       root {proof.root.hex()}"
    if not proof.draws:
        yield "not drawn yet"
    for place, said in enumerate(proof.draws, 1):
        reason = f", a redraw because: {said.draw.redraw.reason}" if said.draw.redraw else ""
        yield f"draw {place}{reason}{'' if said.winners else ', not held'}"
        for win in said.winners:
            yield f"       {commitment.prizes[win.prize - 1]}: {proof_checks.win_shown(proof, win)}"
        yield from _to_look_up(proof, said.draw)


def _to_look_up(proof: Proof, one: Draw) -> Iterator[str]:
    """What no program can know."""
    method = proof.terms(one).method
    if isinstance(method, Lottery) and one.evidence is not None:
        numbers = " ".join(one.evidence["numbers"])
        yield f"       look up: {numbers} must be {method.takes} of {method.lottery}, at {method.source}"


def _say(*lines: str) -> None:
    """Write lines, none of which can hide or fake another: they quote what strangers wrote."""
    shown = ("".join(sign if sign.isprintable() else "?" for sign in line) for line in lines)
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write("".join(f"{line}\n".encode(encoding, "replace").decode(encoding) for line in shown))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
