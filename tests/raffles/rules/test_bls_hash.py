import pytest

from mostrador.raffles.rules import bls_hash

# RFC 9380, appendix J.9.1.
DOMAIN = b"QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_"
POINTS = {
    b"": (
        0x052926ADD2207B76CA4FA57A8734416C8DC95E24501772C814278700EED6D1E4E8CF62D9C09DB0FAC349612B759E79A1,
        0x08BA738453BFED09CB546DBB0783DBB3A5F1F566ED67BB6BE0E8C67E2E81A4CC68EE29813BB7994998F3EAE0C9C6A265,
    ),
    b"abc": (
        0x03567BC5EF9C690C2AB2ECDF6A96EF1C139CC0B2F284DCA0A9A7943388A49A3AEE664BA5379A7655D3C68900BE2F6903,
        0x0B9C15F3FE6E5CF4211F346271D7B01C8F3B28BE689C8429C85B67AF215533311F0B8DFAAA154FA6B88176C229F2885D,
    ),
    b"abcdef0123456789": (
        0x11E0B079DEA29A68F0383EE94FED1B940995272407E3BB916BBF268C263DDD57A6A27200A784CBC248E84F357CE82D98,
        0x03A87AE2CAF14E8EE52E51FA2ED8EEFE80F02457004BA4D486D6AA1F517C0889501DC7413753F9599B099EBCBBD2D709,
    ),
}


@pytest.mark.parametrize("message", POINTS)
def test_a_message_of_the_rfc_hashes_to_its_point(message):
    x, y = bls_hash.hashed(message, DOMAIN)

    assert (x.re, x.im, y.re, y.im) == (POINTS[message][0], 0, POINTS[message][1], 0)


def test_another_domain_is_another_point():
    assert bls_hash.hashed(b"abc", DOMAIN) != bls_hash.hashed(b"abc", DOMAIN + b"2")


@pytest.mark.parametrize(
    ("message", "spread"),
    [
        (b"", "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235"),
        (b"abc", "d8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615"),
    ],
)
def test_a_message_of_the_rfc_spreads_to_its_bytes(message, spread):
    assert bls_hash.expanded(message, b"QUUX-V01-CS02-with-expander-SHA256-128", 32).hex() == spread


def test_the_element_zero_where_the_map_divides_by_nothing_has_a_point_too():
    x, y = bls_hash._mapped(0)

    assert y * y == x * x * x + type(x)(4)
