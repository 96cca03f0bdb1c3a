"""The pages of documents: the clause that answers, not found said plainly, a document to read."""

from __future__ import annotations

import httpx

from .fake.knowledge import RULES


async def test_an_answer_shows_clause_words_and_the_way_to_the_passage(client: httpx.AsyncClient) -> None:
    page = (await client.get("/documents?q=违停罚款")).text
    assert "Parking rules · 第二条" in page
    assert "<mark>违停罚款</mark>" in page
    assert f"/documents/{RULES.replace(':', '%3A')}?edition=2&amp;passage=2#p1" in page
    assert "by what it means" in page


async def test_not_found_is_said_with_the_words_nobody_wrote(client: httpx.AsyncClient) -> None:
    page = (await client.get("/documents?q=养犬")).text
    assert "Not found" in page and "None of them has" in page
    assert "Nothing to look for" in (await client.get("/documents?q=what")).text
    assert "<h2>Answers" not in (await client.get("/documents")).text


async def test_a_document_is_read_at_the_passage_and_an_old_edition_says_so(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get(f"/documents/{RULES}?edition=1&passage=2")).text
    assert 'id="p1" aria-current="true"' in page and "违停罚款一百元" in page
    assert "This edition does not hold" in page
    assert "This edition does not hold" not in (await client.get(f"/documents/{RULES}")).text
    assert (await client.get("/documents/urn:x:none")).status_code == 404
    assert (await client.get(f"/documents/{RULES}?passage=0")).status_code == 422
