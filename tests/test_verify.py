"""The command that anybody can run, as one file, with a Python that has nothing installed."""

import json
import re
import subprocess
import sys
import zipfile

import pytest

from mostrador import verify
from mostrador.raffles.rules import proofs
from mostrador.raffles.rules.draw import Draw
from tests.support import beacons, template
from tests.support.draws import BY_LOTTERY, LOTTERY_NUMBERS, REVEALED, TICKETS, commitment, drand_proof, proof, redraw

PACKAGE = template.ROOT / "layers" / "shared" / "mostrador"
# All that the command needs of the package.
RULES = "bls bls_curve bls_hash commitments drand draw merkle proof_checks proofs randomness".split()
NEEDED = [
    *("__init__.py", "errors.py", "verify.py", "raffles/__init__.py", "raffles/rules/__init__.py"),
    *(f"raffles/rules/{name}.py" for name in RULES),
    *(f"values/{name}.py" for name in ("__init__", "next_actions", "word_tables", "wording")),
]


@pytest.fixture
def written(tmp_path):
    """Writes an object as a file and gives its path."""

    def write(told, name="proof.json"):
        path = tmp_path / name
        path.write_text(told if isinstance(told, str) else json.dumps(told))
        return str(path)

    return write


def test_a_true_proof_is_good_and_its_winners_are_shown(written, capsys):
    status = verify.main([written(proof())])

    said = capsys.readouterr().out
    assert status == 0
    assert said.startswith("GOOD   raffle 0192f0c1a2b37c4d8e5f60718293a4b5: 20 sold of 1-100\n")
    assert "draw 1\n       Auto 0 km: 008 for prize 1 (order o0)\n       Ñandutí: 029" in said


def test_a_proof_before_the_draw_is_good_and_says_so(written, capsys):
    assert verify.main([written(proof(draws=[]))]) == 0
    assert capsys.readouterr().out.endswith("\nnot drawn yet\n")


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


def test_what_was_noted_at_the_time_is_good_where_it_agrees(written):
    receipts = [written(one, f"{one['number']}.json") for one in proofs.receipts(commitment(), TICKETS, "o2")]
    noted = ["--commitment", proof()["commitment_sha256"], "--root", proof()["root"]]

    assert verify.main([written(proof()), *noted, *(part for path in receipts for part in ("--receipt", path))]) == 0


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

    assert "look up: 007 940 123 000 must be the first four prizes of Quiniela" in capsys.readouterr().out


def test_a_redraw_is_shown_with_its_reason_after_the_draw_that_it_replaces(written, capsys):
    verify.main([written(proof(draws=[Draw(None, REVEALED), Draw(redraw(), LOTTERY_NUMBERS)]))])

    said = capsys.readouterr().out
    assert said.index("draw 1\n") < said.index("draw 2, a redraw because: Nobody claimed it\n")


def test_what_strangers_wrote_cannot_fake_a_line(written, capsys):
    forger = commitment(prizes=("Auto\nGOOD   raffle", "\x1b[2J", "Termo"))

    verify.main([written(proof(forger))])

    said = capsys.readouterr().out
    assert said.count("\nGOOD") == 0
    assert "\x1b" not in said


def test_another_chain_is_trusted_only_where_the_reader_says_so(written):
    chain = beacons.own_chain()
    info = {"hash": chain.chain_hash, "public_key": chain.public_key, "genesis_time": chain.genesis, "period": 3}
    told = written(drand_proof(beacons.own_signature(1000).hex(), chain=chain))

    assert verify.main([told]) == 1
    assert verify.main([told, "--chain", written(info, "info.json")]) == 0


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
    said = command(written(drand_proof()))

    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("GOOD")


def test_the_exit_status_of_the_command_says_what_is_wrong(command, written):
    said = command(written(proof() | {"frozen_at": "2027-01-01T00:00:00Z"}))

    assert (said.returncode, said.stderr) == (1, "")
    assert said.stdout.startswith("WRONG  draw 1: the sold numbers were frozen at 2027-01-01T00:00:00Z")


def test_the_module_runs_as_the_docs_say(written):
    said = ran("-m", "mostrador.verify", written(proof() | {"root": ""}), cwd=PACKAGE.parent)

    assert said.returncode == 1
    assert said.stdout.startswith("WRONG  root")
