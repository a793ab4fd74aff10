"""A message goes to public addresses alone, in whatever spelling, and to the one that was judged."""

import pytest

from stand_ins import addresses
from stand_ins.addresses import NotPublic

PUBLIC = "93.184.215.14"
INSIDE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0",  # noqa: S104 - nothing is bound
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.192", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::", "no address",
]  # fmt: skip
SPELLED = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0x7F.0.0.0x1",
    "2852039166", "0xa9fea9fe", "169.254.43518", "0251.0376.0251.0376", "[::1]", "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:ffff:7f00:1]", "[fd00:ec2::254]", "localhost", "LOCALHOST.", "[64:ff9b::7f00:1]",
]  # fmt: skip


def resolving(*found):
    return lambda _host, _port: list(found)


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address):
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:21f:cb07::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_address_is(address):
    assert addresses.is_public(address)


@pytest.mark.parametrize("host", SPELLED)
def test_no_spelling_of_a_private_address_is_taken(host):
    """By its text when a shop registers it, and as the system resolves it when a message goes out."""
    assert not addresses.is_public_literal(f"https://{host}/x")
    with pytest.raises(NotPublic):
        addresses.target(f"https://{host}/x")


@pytest.mark.parametrize("host", ["shop.example", "8.8.8.8", "134744072", "[2606:2800:21f:cb07::1]"])
def test_names_and_public_addresses_are_taken_by_their_text(host):
    assert addresses.is_public_literal(f"https://{host}/x")


@pytest.mark.parametrize("found", [["10.0.0.1"], [PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC, "::1"], []])
def test_every_address_of_a_name_must_be_public(found):
    with pytest.raises(NotPublic):
        addresses.target("https://shop.example/x", resolving(*found))


def test_the_request_goes_to_the_address_that_was_judged():
    """A name that has another address a moment later (DNS rebinding) changes nothing: it is resolved once."""
    answers = iter([[PUBLIC], ["127.0.0.1"]])

    target = addresses.target("https://shop.example:8443/a?b=c", lambda *_: next(answers))

    assert target == addresses.Target("https", "shop.example", PUBLIC, 8443, "/a?b=c")


def test_a_name_that_cannot_be_resolved_is_refused():
    def fail(*_):
        raise OSError("nothing")

    with pytest.raises(NotPublic):
        addresses.target("https://shop.example/x", fail)


@pytest.mark.parametrize("url", ["ftp://shop.example/x", "file:///etc/passwd", "https:///x", "gopher://8.8.8.8/"])
def test_nothing_but_the_web_is_asked(url):
    with pytest.raises(NotPublic):
        addresses.target(url, resolving(PUBLIC))


def test_the_stacks_own_api_may_be_private(monkeypatch):
    monkeypatch.setenv("STAND_INS_POST_TO", "http://127.0.0.1:4566/_aws/execute-api")
    own = "http://127.0.0.1:4566/_aws/execute-api/abc/local/tenant/salon/api/payments/bancard/webhook"

    assert addresses.is_public_literal(own)
    assert addresses.target(own).address == "127.0.0.1"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:4566/_aws/execute-apiX", "http://127.0.0.1:4566/_aws/execute-api/../sqs",
     "http://127.0.0.1:4566/_aws/execute-api/%2E%2e/sqs", "http://127.0.0.1:4567/_aws/execute-api/x",
     "http://127.0.0.1:4566@10.0.0.1/_aws/execute-api/x"],
)  # fmt: skip
def test_nothing_beside_it_may(monkeypatch, url):
    monkeypatch.setenv("STAND_INS_POST_TO", "http://127.0.0.1:4566/_aws/execute-api")

    assert not addresses.is_public_literal(url)
    with pytest.raises(NotPublic):
        addresses.target(url)
