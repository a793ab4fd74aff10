"""Rounds that drand's quicknet published, and a chain of our own whose rounds can be signed here."""

from hashlib import sha256

from mostrador.raffles.rules import bls, bls_curve, bls_hash
from mostrador.raffles.rules.drand import BeaconChain

# From https://api.drand.sh/52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971/public/<round>.
QUICKNET = {
    42: "95a9f9f5b231b7714de1553105d8ffdf3dcda24cfdb1e689319bccf79a9c8ce430a91b811fbfaf763900bc998b5d686a",
    1000: "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39",
    657413: "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b",
    32281667: "b0f5ae301358ff87a9d3dd539ed4a07c0148b1ab4f7b61a8ca43c7e9ca7ca9553e4faae9188deb30b2cd1a7f447e3e5b",
}
RANDOMNESS_1000 = "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd"

_SECRET = 0x5EC2E7


def compressed(*coordinates: int, y: bls_curve.Fp2) -> bytes:
    """A point as it travels, from the halves of its x and its y."""
    plain = b"".join(one.to_bytes(bls_curve.FIELD_BYTES) for one in coordinates)
    return bytes([plain[0] | (0xA0 if y.is_larger() else 0x80)]) + plain[1:]


def own_chain() -> BeaconChain:
    """A chain that quicknet does not vouch for."""
    key = bls_curve.times(_SECRET, bls_curve.G2)
    assert key
    public_key = compressed(key[0].im, key[0].re, y=key[1]).hex()
    return BeaconChain(chain_hash="ab" * 32, public_key=public_key, genesis=1_700_000_000, period=3)


def own_signature(number: int) -> bytes:
    """Round ``number`` of it, signed."""
    message = sha256(number.to_bytes(8)).digest()
    signature = bls_curve.times(_SECRET, bls_hash.hashed(message, bls.DOMAIN))
    assert signature
    return compressed(signature[0].re, y=signature[1])
