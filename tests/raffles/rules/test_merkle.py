from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.raffles.rules import merkle
from mostrador.raffles.rules.merkle import PathDoesNotFit

# The entries and roots of the test data that comes with Certificate Transparency.
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
entries = st.lists(st.binary(max_size=4), min_size=1, max_size=40)


def leaves(some):
    return [merkle.leaf(entry) for entry in some]


def as_the_rfc_says(hashes):
    """Section 2.1, word by word: split at the largest power of two below the size."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return sha256(b"\x01" + as_the_rfc_says(hashes[:half]) + as_the_rfc_says(hashes[half:])).digest()


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_a_published_tree_has_its_published_root(size):
    assert merkle.merkle_root(leaves(ENTRIES[:size])).hex() == ROOTS[size]


@given(entries)
def test_the_root_is_the_one_that_the_rfc_defines(some):
    assert merkle.merkle_root(leaves(some)) == as_the_rfc_says(leaves(some))


@given(entries)
def test_the_path_of_every_entry_leads_to_the_root(some):
    levels = merkle.tree(leaves(some))

    for index, leaf in enumerate(levels[0]):
        path = merkle.inclusion_path(levels, index)
        assert merkle.root_from_path(leaf, index, len(some), path) == levels[-1][0]


@given(entries, st.data())
def test_the_path_of_an_entry_leads_nowhere_from_another(some, data):
    levels = merkle.tree(leaves(some))
    index = data.draw(st.integers(0, len(some) - 1))

    path = merkle.inclusion_path(levels, index)

    assert merkle.root_from_path(merkle.leaf(b"other"), index, len(some), path) != levels[-1][0]


@pytest.mark.parametrize(
    ("index", "size", "steps"), [(0, 3, 1), (0, 3, 3), (2, 3, 2), (3, 3, 1), (-1, 3, 2), (0, 0, 0)]
)
def test_a_path_that_cannot_be_is_refused(index, size, steps):
    with pytest.raises(PathDoesNotFit, match=f"{steps} steps .* entry {index} .* {size} entries"):
        merkle.root_from_path(merkle.leaf(b""), index, size, [bytes(32)] * steps)


def test_the_last_entry_twice_is_another_list():
    assert merkle.merkle_root(leaves([b"a", b"b", b"c"])) != merkle.merkle_root(leaves([b"a", b"b", b"c", b"c"]))


def test_a_node_does_not_pass_for_an_entry():
    left, right = leaves([b"a", b"b"])

    assert merkle.leaf(left + right) != merkle.merkle_root([left, right])
