"""The routes of the local address: these paths are the API's, the others are pages, which need no other host."""

import re
import socket

import pytest

from local import site
from local.stack import LocalFailure
from tests.support import template


def test_every_route_of_the_template_is_passed_on():
    paths = {route[1] for route in (*template.routes(), *template.machine_routes(), *template.old_routes())}

    strays = {path for path in paths if not re.match(rf"({'|'.join(site.API_PATHS)})(/|$)", path)}

    assert len(paths) > 60
    assert strays == set()


@pytest.mark.parametrize(
    "path", ["/menu", "/apis", "/tenants", "/admin", "/openapi.jsonx", "/salon", "/docs/page/no.js"]
)
def test_a_path_that_only_resembles_one_of_the_api_is_not_passed_on(upstream, browser, path):
    told = browser.get(path)

    assert (told.status_code, told.json()["code"], upstream.asked) == (404, "not_found", [])


def test_the_first_page_leads_to_the_reference_and_the_document(browser):
    links = re.findall(r'href="([^"]+)"', browser.get("/").text)

    assert links == ["/docs", "/openapi.json"]
    assert [browser.get(link).status_code for link in links] == [200, 200]


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_the_reference_is_served_with_all_that_it_names(browser, path):
    page = browser.get(path)
    scripts = re.findall(r'src="([^"]+)"', page.text)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert scripts == ["/docs/renderer/standalone.js", "/docs/page/docs.js"]
    for script in scripts:
        found = browser.get(script)
        assert (found.status_code, found.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        assert found.headers.get("content-encoding") == "gzip" or len(found.content) < 1024


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/page/docs.js", "/docs/renderer/standalone.js"])
def test_a_page_may_load_nothing_from_another_host(browser, path):
    headers = browser.head(path).headers

    allowed = {part.split()[0]: part.split()[1:] for part in headers["content-security-policy"].split("; ")}
    assert allowed["default-src"] == ["'none'"]
    sources = {source for of in allowed.values() for source in of}
    assert sources == {"'none'", "'self'", "'unsafe-inline'", "data:"}
    assert allowed["script-src"] == allowed["connect-src"] == ["'self'"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("page", sorted(site.PAGES.iterdir()), ids=lambda page: page.name)
def test_no_page_of_ours_names_a_host(page):
    assert re.findall(r"(?:https?:)?//\w", page.read_text().replace("// ", "")) == []


def test_a_page_that_is_known_is_not_sent_again(browser):
    tag = browser.head("/docs/renderer/standalone.js").headers["etag"]

    again = browser.get("/docs/renderer/standalone.js", headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")


def test_no_file_outside_the_pages_is_served(browser):
    paths = ("/docs/page/../site.py", "/docs/page/%2e%2e/site.py", "/docs/page/..%2fsite.py")

    assert {browser.get(path).status_code for path in paths} == {404}


def test_where_the_port_is_taken_another_is_used(upstream):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with site.serving(site.app(upstream.url), taken) as address:
            assert not address.endswith(f":{taken}")
    with site.serving(site.app(upstream.url), taken) as address:
        assert address.endswith(f":{taken}")


def test_a_port_beyond_the_last_one_is_any_that_is_free(upstream):
    with site.serving(site.app(upstream.url), 65536) as address:
        assert address.startswith("http://127.0.0.1:")


def test_a_renderer_that_is_not_installed_is_told(monkeypatch, upstream):
    monkeypatch.setattr(site, "RENDERER", site.ROOT / "node_modules" / "nothing")

    with pytest.raises(LocalFailure, match="make setup"):
        site.app(upstream.url)
