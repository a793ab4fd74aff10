import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.raffles.rules import bls_curve
from mostrador.raffles.rules.bls_curve import G2, Fp2, NotAPoint, P, R
from mostrador.raffles.rules.drand import QUICKNET
from tests.support import beacons

elements = st.builds(Fp2, st.integers(0, P - 1), st.integers(0, P - 1) | st.just(0))
SIGNATURE = bytes.fromhex(beacons.QUICKNET[1000])


def test_a_point_that_is_read_is_written_the_same_again():
    x, y = bls_curve.g1(SIGNATURE)

    assert beacons.compressed(x.re, y=y) == SIGNATURE


def test_a_key_that_is_read_is_written_the_same_again():
    x, y = bls_curve.g2(bytes.fromhex(QUICKNET.public_key))

    assert beacons.compressed(x.im, x.re, y=y).hex() == QUICKNET.public_key


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (SIGNATURE[:47], "47 bytes"),
        (bytes([SIGNATURE[0] & 0x7F]) + SIGNATURE[1:], "not compressed"),
        (b"\xc0" + bytes(47), "infinity"),
        (bytes([0x9F]) + b"\xff" * 47, "not below P"),
        (b"\x80" + bytes(46) + b"\x01", "not on the curve"),
        (b"\x80" + bytes(46) + b"\x00", "not in the group"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bytes_that_stand_for_no_point_are_refused_with_the_reason(written, why):
    with pytest.raises(NotAPoint, match=why):
        bls_curve.g1(written)


def test_a_group_has_as_many_points_as_it_says():
    assert bls_curve.times(R - 1, G2) == bls_curve.negative(G2)


def test_a_point_and_its_negative_make_the_one_at_infinity():
    assert bls_curve.add(G2, bls_curve.negative(G2)) is None


def test_the_order_of_adding_makes_no_difference():
    two, three = bls_curve.times(2, G2), bls_curve.times(3, G2)

    assert bls_curve.add(two, three) == bls_curve.add(three, two) == bls_curve.times(5, G2)


@given(elements)
def test_a_square_has_a_root(element):
    assert bls_curve.square_root(element * element) in (element, -element)


@given(elements.filter(bool), elements.filter(bool))
def test_dividing_undoes_multiplying(one, other):
    assert one * other / other == one


@given(elements.filter(bool))
def test_of_an_element_and_its_negative_one_is_the_larger(element):
    assert element.is_larger() != (-element).is_larger()
