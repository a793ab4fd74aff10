"""The command that anybody can run, as one file, with a Python that has nothing installed."""

import json
import re
import subprocess
import sys
import zipfile
from datetime import timedelta

import pytest

from mostrador import verify
from mostrador.raffles.rules import proofs
from mostrador.raffles.rules.commitments import Prize
from mostrador.raffles.rules.draw import Draw
from tests.support import beacons, template
from tests.support.draws import (
    BY_LOTTERY,
    CHAIN,
    DRAW_AT,
    LOTTERY_NUMBERS,
    TICKETS,
    by_beacon,
    commitment,
    drand_proof,
    old_commitment,
    proof,
    redrawn,
    round_of,
)

PACKAGE = template.ROOT / "layers" / "shared" / "mostrador"
# All that the command needs of the package.
RULES = (
    "bls bls_curve bls_hash commitment_documents commitments drand draw instants merkle proof_checks proof_lookups "
    "proofs randomness redraw_checks"
).split()
NEEDED = [
    *("__init__.py", "clock.py", "errors.py", "verify.py", "raffles/__init__.py", "raffles/rules/__init__.py"),
    *(f"raffles/rules/{name}.py" for name in RULES),
    *(f"values/{name}.py" for name in ("__init__", "next_actions", "word_tables", "wording")),
]


NOW = DRAW_AT + timedelta(days=90)
NOTED = ["--commitment", proof()["commitment_sha256"], "--root", proof()["root"]]


def by_own_beacon(draws=None):
    """A proof by the chain of our own, at its draw or later, with the options that a reader needs."""
    of = commitment(method=by_beacon(DRAW_AT))
    told = proof(of, [Draw(None, round_of(DRAW_AT))] if draws is None else draws(of))
    return told, ["--commitment", told["commitment_sha256"], "--root", told["root"]]


@pytest.fixture
def own_chain(written):
    """The option that trusts the chain of our own."""
    told = {"hash": CHAIN.chain_hash, "public_key": CHAIN.public_key, "genesis_time": CHAIN.genesis, "period": 3}
    return ["--chain", written(told, "info.json")]


@pytest.fixture
def written(tmp_path):
    """Writes an object as a file and gives its path."""

    def write(told, name="proof.json"):
        path = tmp_path / name
        path.write_text(told if isinstance(told, str) else json.dumps(told))
        return str(path)

    return write


def test_a_true_proof_is_good_and_its_winners_are_shown(written, own_chain, capsys):
    told, noted = by_own_beacon()

    status = verify.main([written(told), *noted, *own_chain], now=NOW)

    said = capsys.readouterr().out
    assert status == 0
    assert said.startswith("GOOD   raffle 0192f0c1a2b37c4d8e5f60718293a4b5: 20 sold of 1-100\n")
    assert "draw 1\n       Auto 0 km: " in said
    assert "LOOK UP" not in said


def test_a_proof_that_could_have_been_made_after_the_draw_is_not_good_by_itself(written, own_chain, capsys):
    told, _ = by_own_beacon()

    status = verify.main([written(told), *own_chain], now=NOW)

    said = capsys.readouterr().out
    assert status == 3
    assert said.startswith("AGREES raffle 0192f0c1a2b37c4d8e5f60718293a4b5: 20 sold of 1-100\n")
    assert said.splitlines()[-2:] == [
        f"LOOK UP the commitment {told['commitment_sha256']} must have been published before the sale (--commitment)",
        f"LOOK UP the root {told['root']} must have been published before 2026-12-24T22:00:00Z (--root or --receipt)",
    ]


def test_a_proof_before_the_draw_is_good_and_says_so(written, own_chain, capsys):
    told, noted = by_own_beacon(lambda _of: [])

    assert verify.main([written(told), *noted, *own_chain], now=DRAW_AT - timedelta(seconds=1)) == 0
    assert capsys.readouterr().out.endswith("\nnot drawn yet\n")
    assert verify.main([written(told), *noted, *own_chain], now=DRAW_AT) == 3
    assert "but the draw was not held" in capsys.readouterr().out


def test_a_secret_leaves_a_question_that_no_program_answers(written, capsys):
    assert verify.main([written(proof()), *NOTED], now=NOW) == 3
    assert "may have known the secret" in capsys.readouterr().out


def test_a_proof_that_was_changed_is_wrong_and_says_where(written, capsys):
    status = verify.main([written(proof() | {"root": "ab" * 32})])

    assert (status, capsys.readouterr().out) == (
        1,
        f"WRONG  root: recomputed {proof()['root']}, proof says {'ab' * 32}\n",
    )


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("", "Expecting value"),
        ("<html>", "Expecting value"),
        ("{}", "form of a proof"),
        ("[" * 100_000, "recursion"),
        ('{"root": "a", "root": "b"}', "a name is there twice"),
    ],
    ids=["empty", "html", "object", "nested", "ambiguous"],
)
def test_what_cannot_be_read_is_neither_good_nor_wrong(written, capsys, told, why):
    status = verify.main([written(told)])

    said = capsys.readouterr().out
    assert status == 2
    assert said.startswith("CANNOT READ")
    assert why in said


def test_a_file_that_is_not_there_cannot_be_read(capsys):
    assert verify.main(["missing.json"]) == 2
    assert "missing.json" in capsys.readouterr().out


def test_terms_that_cannot_be_are_wrong(written, capsys):
    impossible = proof()["commitment"] | {"last_number": 2}

    assert verify.main([written(proof() | {"commitment": impossible})]) == 1
    assert capsys.readouterr().out == "WRONG  3 prizes cannot be drawn from the numbers 1 to 2\n"


def test_a_receipt_has_both_values_that_a_reader_needs(written, own_chain):
    of = commitment(method=by_beacon(DRAW_AT))
    told, noted = by_own_beacon()
    receipts = [written(one, f"{one['number']}.json") for one in proofs.receipts(of, TICKETS, "o2")]
    given = [part for path in receipts for part in ("--receipt", path)]

    assert verify.main([written(told), *given, *own_chain], now=NOW) == 0
    assert verify.main([written(told), *given, *noted, *own_chain], now=NOW) == 0


def announced_twice():
    told, noted = by_own_beacon(lambda of: [Draw(None, round_of(DRAW_AT)), redrawn(of, excluded=(winner_of(of),))])
    return told, noted, told["draws"][1]["terms_sha256"]


def winner_of(of):
    return proof(of, [Draw(None, round_of(DRAW_AT))])["draws"][0]["winners"][1]["number"]


def test_a_redraw_is_good_where_its_announcement_was_noted(written, own_chain, capsys):
    told, noted, digest = announced_twice()

    assert verify.main([written(told), *noted, *own_chain], now=NOW) == 3
    assert f"LOOK UP draw 2: its announcement {digest} must have been published" in capsys.readouterr().out
    assert verify.main([written(told), *noted, *own_chain, "--redraw", digest], now=NOW) == 0


def test_an_announcement_that_was_noted_and_is_not_in_the_proof_is_wrong(written, own_chain, capsys):
    told, noted, digest = announced_twice()
    dropped = "ab" * 32

    status = verify.main([written(told), *noted, *own_chain, "--redraw", digest, "--redraw", dropped], now=NOW)

    assert (status, capsys.readouterr().out) == (
        1,
        f"WRONG  redraw: the proof does not have the announcement {dropped} that you noted\n",
    )


def test_a_proof_of_the_first_format_says_what_it_does_not_show(written, own_chain, capsys):
    told = proof(old_commitment(method=by_beacon(DRAW_AT)), [Draw(None, round_of(DRAW_AT))])
    noted = ["--commitment", told["commitment_sha256"], "--root", told["root"]]

    assert verify.main([written(told), *noted, *own_chain], now=NOW) == 0
    assert "format 1: terms, time to claim and details of the prizes were not committed to" in capsys.readouterr().out


def test_a_proof_that_was_forged_as_a_whole_is_wrong_by_what_was_noted(written, capsys):
    (receipt, *_) = proofs.receipts(commitment(), TICKETS, "o2")
    forged = written(proof(commitment(raffle_id="other"), tickets=TICKETS[1:]))
    noted = ["--commitment", proof()["commitment_sha256"], "--root", proof()["root"]]

    status = verify.main([forged, *noted, "--receipt", written(receipt, "receipt.json")])

    said = capsys.readouterr().out
    assert status == 1
    assert [re.sub(r"[0-9a-f]{64}", "#", line) for line in said.splitlines()] == [
        "WRONG  receipt: commitment digest: recomputed #, receipt says #",
        "WRONG  receipt: root: recomputed #, receipt says #",
        "WRONG  commitment digest: recomputed #, you noted #",
        "WRONG  root: recomputed #, you noted #",
    ]


def test_the_numbers_of_a_lottery_are_left_to_look_up(written, capsys):
    verify.main([written(proof(commitment(method=BY_LOTTERY), [Draw(None, LOTTERY_NUMBERS)]))])

    said = capsys.readouterr().out
    assert "look up 007 940 123 000: these must be the first four prizes of Quiniela, drawn at 2026-12-24T21:" in said


def test_a_redraw_is_shown_with_its_reason_after_the_draw_that_it_replaces(written, own_chain, capsys):
    verify.main([written(announced_twice()[0]), *own_chain])

    said = capsys.readouterr().out
    assert said.index("draw 1\n") < said.index("draw 2, a redraw because: Nobody claimed it\n")


def test_what_strangers_wrote_cannot_fake_a_line(written, capsys):
    forger = commitment(prizes=(Prize("Auto\nGOOD   raffle"), Prize("\x1b[2J"), Prize("Termo")))

    verify.main([written(proof(forger))])

    said = capsys.readouterr().out
    assert said.count("\nGOOD") == 0
    assert "\x1b" not in said


def test_another_chain_is_trusted_only_where_the_reader_says_so(written):
    chain = beacons.own_chain()
    info = {"hash": chain.chain_hash, "public_key": chain.public_key, "genesis_time": chain.genesis, "period": 3}
    told = written(drand_proof(beacons.own_signature(1000).hex(), chain=chain))

    assert verify.main([told]) == 1
    assert verify.main([told, "--chain", written(info, "info.json")]) == 3


def test_what_is_no_chain_cannot_be_read(written):
    assert verify.main([written(proof()), "--chain", written({"hash": "ab"}, "info.json")]) == 2


def ran(*arguments, cwd):
    """A Python of its own with these arguments."""
    return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.fixture
def command(tmp_path):
    """The command as one file that holds the needed modules alone, run without site packages and environment."""
    archive = tmp_path / "verify.pyz"
    with zipfile.ZipFile(archive, "w") as whole:
        for name in NEEDED:
            whole.write(PACKAGE / name, f"mostrador/{name}")
        whole.writestr("__main__.py", "import sys\nfrom mostrador.verify import main\nsys.exit(main(sys.argv[1:]))\n")

    def run(*arguments):
        return ran("-I", "-S", "-W", "error", archive, *arguments, cwd=tmp_path)

    return run


def test_the_standard_library_is_all_that_it_takes(command, written):
    told = drand_proof()

    said = command(written(told), "--commitment", told["commitment_sha256"], "--root", told["root"])

    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("GOOD")
    assert command(written(told)).returncode == 3


def test_the_exit_status_of_the_command_says_what_is_wrong(command, written):
    said = command(written(proof() | {"frozen_at": "2027-01-01T00:00:00Z"}))

    assert (said.returncode, said.stderr) == (1, "")
    assert said.stdout.startswith("WRONG  draw 1: the sold numbers were frozen at 2027-01-01T00:00:00Z")


@pytest.mark.parametrize("page", ["README.md", "docs/reference/raffles.md", "docs/decisions/raffle-draw.md"])
def test_the_command_of_the_docs_runs_at_the_root_without_any_package(written, page):
    root = PACKAGE.parents[2]
    path, module = re.search(r"`PYTHONPATH=(\S+) python3 -m (\S+) proof\.json`", (root / page).read_text()).groups()
    command = [sys.executable, "-S", "-m", module, written(proof() | {"root": ""})]

    said = subprocess.run(command, cwd=root, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)  # noqa: S603

    assert (said.returncode, said.stderr) == (1, "")
    assert said.stdout.startswith("WRONG  root")
