"""The tokens of all links: bound to tenant and purpose, and to the installation's key."""

from datetime import UTC, datetime, timedelta

from mostrador import settings, signed_links

NOW = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)


def test_a_token_leads_to_its_id_for_its_tenant_and_purpose_alone():
    token = signed_links.token("salon", "order", "123")

    assert signed_links.verified_id("salon", "order", token) == "123"
    assert signed_links.verified_id("clinic", "order", token) is None
    assert signed_links.verified_id("salon", "buyer", token) is None


def test_tenant_and_purpose_do_not_run_into_each_other():
    token = signed_links.token("a", "order", "123")

    assert signed_links.verified_id("order a", "", token) is None


def test_what_is_forged_or_signed_under_another_key_leads_nowhere(monkeypatch):
    token = signed_links.token("salon", "order", "123")
    name, signature = token.split(".")
    forged = ["", ".", "123", f"124.{signature}", f"{name}.{signature[:-1]}", f"{name}.{signature}A", "ñ", "a" * 3000]

    assert [signed_links.verified_id("salon", "order", one) for one in forged] == [None] * len(forged)

    monkeypatch.setattr(settings, "signing_key", lambda: "another key")
    assert signed_links.verified_id("salon", "order", token) is None


def test_after_a_rotation_the_former_key_opens_and_the_present_one_signs(monkeypatch):
    before = signed_links.token("salon", "order", "123")
    monkeypatch.setattr(settings, "signing_key", lambda: "the next key")
    assert signed_links.verified_id("salon", "order", before) is None

    monkeypatch.setenv("SIGNING_KEY_FORMER", "a key for tests")
    assert signed_links.verified_id("salon", "order", before) == "123"
    after = signed_links.token("salon", "order", "123")

    monkeypatch.delenv("SIGNING_KEY_FORMER")
    assert signed_links.verified_id("salon", "order", after) == "123"
    assert signed_links.verified_id("salon", "order", before) is None


def test_what_is_signed_but_no_text_leads_nowhere():
    token = signed_links._signer("salon", "order").sign(b"\xff").decode("latin-1")

    assert signed_links.verified_id("salon", "order", token) is None


def test_a_link_is_good_for_30_days_to_the_very_second():
    assert not signed_links.is_expired(NOW, NOW + timedelta(days=30))
    assert signed_links.is_expired(NOW, NOW + timedelta(days=30, microseconds=1))
