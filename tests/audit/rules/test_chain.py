"""How a line of the audit log is sealed: a recipe that anybody can follow with the items alone."""

import hashlib
import json

import pytest

from mostrador.audit.rules import chain

STORED = {
    "pk": {"S": "T#salon#AUDIT"},
    "sk": {"S": "2026-12-01T12:00:00Z#a1"},
    "entity": {"S": "AUDIT"},
    "at": {"S": "2026-12-01T12:00:00Z"},
    "user": {"S": "u-1"},
    "changes": {"S": '[["service","1","service.changed",{"name":["Corte","Ñandutí"]}]]'},
}


def altered(**attributes):
    return STORED | {name: {"S": value} for name, value in attributes.items()}


def test_the_recipe_of_the_docs_gives_the_seal():
    sha = lambda text: hashlib.sha256(text.encode()).hexdigest()  # noqa: E731
    told = {name: STORED[name] for name in ("changes", "entity", "user")}
    line = sha(json.dumps(told, separators=(",", ":"), ensure_ascii=False))
    first = sha("mostrador audit salon")

    made = chain.link_line(chain.line_of(STORED), sequence=1, previous=first, seen_at="2026-12-01T12:00:01Z")

    assert chain.genesis("salon") == first
    assert made.line == line
    assert made.digest == sha(f"{first}\n2026-12-01T12:00:00Z#a1\n{line}\n2026-12-01T12:00:01Z")


def test_the_order_in_which_attributes_come_does_not_matter():
    assert chain.line_of(dict(reversed(STORED.items()))) == chain.line_of(STORED)


@pytest.mark.parametrize("name", ["user", "changes", "entity", "new"])
def test_any_other_content_is_another_digest(name):
    assert chain.line_of(altered(**{name: "x"})).digest != chain.line_of(STORED).digest


def test_the_same_line_in_another_place_has_the_same_digest_and_another_seal():
    here, there = chain.line_of(STORED), chain.line_of(altered(sk="2026-12-01T13:00:00Z#a1", at="2026-12-01T13:00:00Z"))
    before = {"sequence": 1, "previous": chain.genesis("salon"), "seen_at": ""}

    assert here.digest == there.digest
    assert chain.link_line(here, **before).digest != chain.link_line(there, **before).digest


def test_two_tenants_with_the_same_line_have_different_seals():
    line = chain.line_of(STORED)

    salon, clinic = (
        chain.link_line(line, sequence=1, previous=chain.genesis(slug), seen_at="") for slug in ("salon", "clinic")
    )

    assert salon.digest != clinic.digest


@pytest.mark.parametrize("stored", [{}, {"sequence": {"S": "x"}}, {"sequence": {"N": "-3"}}, {"digest": {"N": "1"}}])
def test_a_link_of_which_somebody_made_nonsense_is_read_all_the_same(stored):
    assert chain.link_of(stored, "k").sequence == -1


def test_a_line_of_which_somebody_made_nonsense_is_read_all_the_same():
    assert chain.line_of({"sk": {"S": "x"}, "blob": {"B": b"\xff"}}).sk == "x"
