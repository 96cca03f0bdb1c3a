"""Formats of bodies and answers (clauses 6.3.4 and 6.3.5)."""

import pytest

from chengshu.surfaces.ngsi_ld.media import (
    GEO_JSON,
    JSON,
    LD_JSON,
    NotAcceptable,
    UnsupportedMedia,
    check_content_type,
    context_link,
    link_to_context,
    negotiate,
)

GIVES = (JSON, LD_JSON, GEO_JSON)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/ld+json", LD_JSON),
        ("application/json;q=0.5, application/ld+json", LD_JSON),
        ("application/json, application/ld+json", JSON),
        ("application/geo+json;q=0.9, */*;q=0.1", GEO_JSON),
        ("text/html, APPLICATION/LD+JSON; profile=x", LD_JSON),
        ("application/json;q=0, */*", LD_JSON),
    ],
)
def test_the_most_wanted_format_is_given(accept: str, expected: str) -> None:
    assert negotiate(accept, GIVES) == expected


@pytest.mark.parametrize("accept", ["text/xml", "application/json;q=0", "application/geo+json"])
def test_a_format_not_given_is_refused(accept: str) -> None:
    with pytest.raises(NotAcceptable) as caught:
        negotiate(accept, (JSON,))
    assert caught.value.status == 406


def test_the_context_is_found_among_links() -> None:
    rel = 'rel="http://www.w3.org/ns/json-ld#context"; type="a"'
    header = f'</next>; rel="next", <https://c.example/x.jsonld>; {rel}'
    assert context_link(header) == "https://c.example/x.jsonld"
    assert context_link('</next>; rel="next"') == ""
    assert context_link("no link at all") == ""


def test_a_link_that_was_written_is_read_back() -> None:
    assert context_link(link_to_context("https://c.example/a,b;c.jsonld")) == "https://c.example/a,b;c.jsonld"


def test_a_body_of_another_format_is_refused() -> None:
    assert check_content_type("application/LD+json; charset=utf-8", (JSON, LD_JSON)) == LD_JSON
    assert check_content_type("", (JSON, LD_JSON)) == JSON
    for wrong in ("text/plain", "application/xml"):
        with pytest.raises(UnsupportedMedia) as caught:
            check_content_type(wrong, (JSON,))
        assert caught.value.status == 415
