"""The inbox and the ways out, as people use them."""

from __future__ import annotations

from typing import Any

from .fake.notices import KEY

OURS = {"sec-fetch-site": "same-origin"}


async def text(client: Any, path: str, status: int = 200) -> str:
    answer = await client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == status, answer.text[:500]
    return str(answer.text)


async def test_a_line_leads_to_its_thing_and_is_read_from_then_on(client: Any, view: Any) -> None:
    page = await text(client, "/notices")
    assert "pump out the underpass" in page and "Your request is refused" not in page
    assert "told to you instead" in page and "urgent" in page
    answer = await client.post("/notices/notice-1/open", headers=OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders/o-0")
    assert "pump out the underpass" not in await text(client, "/notices")
    assert "pump out the underpass" in await text(client, "/notices?scope=all")
    await client.post("/notices/notice-1/keep", headers=OURS)
    assert "pump out the underpass" in await text(client, "/notices")
    missing = await client.post("/notices/notice-9/open", headers=OURS)
    assert missing.status_code == 404


async def test_all_that_was_shown_is_marked_read_and_nothing_newer(client: Any, view: Any) -> None:
    until = view.notices(Anybody(), "unread", 0).rows[1]
    older = str(int(until.at.timestamp() * 1000))
    done = await client.post("/notices/read", data={"until": older}, headers=OURS)
    assert done.status_code == 303
    page = await text(client, "/notices")
    assert "pump out the underpass" in page and "asks for" not in page
    wrong = await client.post("/notices/read", data={"until": "soon"}, headers=OURS)
    assert wrong.status_code == 422


class Anybody:
    id = "anybody"


async def test_other_sites_and_the_past_mark_nothing(client: Any, view: Any) -> None:
    foreign = await client.post("/notices/notice-1/open", headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    back = await client.post("/notices/notice-1/open?as_of=2026-07-21T10:00:00Z", headers=OURS)
    assert back.status_code == 409
    assert "notice-1" not in view.read


async def test_the_operator_sees_what_failed_and_sends_it_again(client: Any, view: Any) -> None:
    page = await text(client, "/notices/ways")
    assert (
        "failed 4 times in a row" in page
        and "answered 404" in page
        and "no longer declared by the city" in page
    )
    done = await client.post("/notices/ways/retry", data={"key": KEY}, headers=OURS)
    assert (done.status_code, view.sent_again) == (303, [KEY])
    again = await client.post("/notices/ways/retry", data={"key": "x"}, headers=OURS)
    assert again.status_code == 409


async def test_an_empty_inbox_and_a_hub_without_ways_out_say_so(client: Any, view: Any) -> None:
    view.quiet = True
    assert "Nothing unread" in await text(client, "/notices")
    ways = await text(client, "/notices/ways")
    assert "No way out is set up" in ways and "Nothing leaves this hub" in ways
