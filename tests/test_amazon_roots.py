"""The certificates that botocore trusts on AWS: Amazon's five, by their published fingerprints, and no other."""

import hashlib
import re
import ssl
from pathlib import Path

import certifi
import pytest

import amazon_roots
from tests.support import template

BUNDLE = Path(certifi.where()).read_text()
SHA256 = {
    "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",  # Amazon Root CA 1
    "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
    "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
    "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
    "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",  # Starfield Services Root CA - G2
}
"""https://www.amazontrust.com/repository/"""


def certificates(pem):
    return re.findall("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", pem, re.DOTALL)


def test_they_are_amazons_five():
    found = certificates(amazon_roots.picked(BUNDLE))

    assert len(found) == 5
    assert {hashlib.sha256(ssl.PEM_cert_to_DER_cert(one)).hexdigest() for one in found} == SHA256


def test_they_can_be_loaded(tmp_path):
    out = tmp_path / "roots.pem"
    out.write_text(amazon_roots.picked(BUNDLE))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(out)

    assert context.cert_store_stats()["x509_ca"] == 5


def test_a_build_ends_where_one_is_missing():
    with pytest.raises(amazon_roots.NoRoot, match="Amazon Root CA 3"):
        amazon_roots.picked(BUNDLE.replace('"Amazon Root CA 3"', '"Amazon Root CA 9"'))


def test_the_functions_trust_them_on_aws_alone():
    shared = template.load()["Globals"]["Function"]["Environment"]["Variables"]

    assert shared["AWS_CA_BUNDLE"] == {"Fn::If": ["IsElsewhere", {"Ref": "AWS::NoValue"}, "/opt/amazon-roots.pem"]}
    makefile = (template.ROOT / "layers" / "shared" / "Makefile").read_text()
    assert '"$(ARTIFACTS_DIR)/amazon-roots.pem"' in makefile  # a layer is unpacked into /opt
