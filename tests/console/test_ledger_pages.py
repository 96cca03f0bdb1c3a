"""The pages of the ledger: the balance in words, what was found and why, an entry's past."""

from __future__ import annotations

from typing import Any

import httpx

from chengshu.kernel.texts import Text

from .fake.ledger import GAUGES


async def test_the_home_says_whether_the_month_adds_up(client: httpx.AsyncClient) -> None:
    assert "It adds up." in (await client.get("/ledger")).text
    assert "It does not add up." in (await client.get("/ledger?q=broken")).text


async def test_a_search_keeps_its_filters_and_shows_why(client: httpx.AsyncClient) -> None:
    page = (await client.get("/ledger?q=rain&kind=stream")).text
    assert 'name="kind" value="stream"' in page
    assert "rain (title)" in page and "雨量 (text, synonym)" in page
    assert "take off" in page
    every = (await client.get("/ledger")).text
    assert "1200 rows" in every and "97%" in every and "Who may trade." in every
    assert "Nothing found" in (await client.get("/ledger?q=parking")).text


async def test_sources_that_fail_are_not_hidden(client: httpx.AsyncClient) -> None:
    page = (await client.get("/ledger")).text
    assert "broke off" in page and "no answer" in page
    assert "not yet" in page
    assert "1 could not be read" in page


async def shown(client: httpx.AsyncClient, show: str, more: str = "") -> str:
    answer = await client.get(f"/ledger/{GAUGES}?show={show}{more}")
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_an_entry_says_what_it_is_how_grave_how_good_and_who_uses_it(client: httpx.AsyncClient) -> None:
    page = await shown(client, "about")
    for words in (
        "gone: old",
        "id: integer → string",
        "stale",
        "general data, level 1",
        "nothing sensitive was found",
        "97%",
        "the file is cut off",
        "send it again",
        "rain-contract",
        "1 of 9 promises are broken",
        "1 200".replace(" ", "\u202f"),
    ):
        assert words in page, words
    assert "<code>https://data.example/rain.csv</code>" in page  # to be copied: the hub leads nowhere outside


async def test_fields_tell_class_confidence_grade_and_reason(client: httpx.AsyncClient) -> None:
    page = await shown(client, "fields")
    for words in ("rainIntensity", "mm/h", "95%", "45%", "asked", "a steward&#39;s word", "harm.nothing"):
        assert words in page, words
    assert "/steward?entry=" in page and "column=tel" in page
    assert "column=entity" in page  # its lineage; but nobody graded it, so nothing is to be said of it
    assert page.count("/steward?entry=") == 2


async def test_quality_has_six_dimensions_a_trend_with_its_table_and_masked_rows(
    client: httpx.AsyncClient,
) -> None:
    page = await shown(client, "quality")
    for words in (
        "Completeness",
        "Timeliness",
        "no rule",
        'role="img"',
        "As a table",
        "Rows that break it (1 shown)",
        "张*",
        "the table has no column old",
    ):
        assert words in page, words
    assert page.index("the table has no column old") < page.index("All 93 keep it")  # the worst first


async def test_lineage_is_a_picture_with_a_table_and_says_what_would_stop(client: httpx.AsyncClient) -> None:
    page = await shown(client, "lineage", "&column=rainIntensity")
    assert "Would stop:" in page and "Waterlogging" in page
    assert page.count('<g class="box') == 4 and page.count('<path class="step') == 3
    assert "step-mask" in page and "aggregated" in page
    assert "3 more are not drawn" in page
    assert (await client.get(f"/ledger/{GAUGES}?show=nothing")).status_code == 422


async def test_what_changed_between_two_dates(client: httpx.AsyncClient) -> None:
    page = await shown(client, "versions", "&since=2026-07-01T00:00&until=2026-07-20T00:00")
    assert "fields, updated_on" in page and "fields.old" in page and "It was changed." in page
    assert 'value="2026-07-01T00:00"' in page
    wrong = await client.get(f"/ledger/{GAUGES}?show=versions&since=2026-07-02&until=2026-07-01")
    assert wrong.status_code == 422
    assert (await client.get(f"/ledger/{GAUGES}?show=versions&since=x")).status_code == 422


async def test_the_ledger_over_a_period_adds_up_and_counts(client: httpx.AsyncClient, view: Any) -> None:
    assert 'href="/ledger/changes?since=' in (await client.get("/ledger")).text
    page = (await client.get("/ledger/changes?since=2026-07-01T00:00&until=2026-07-20T00:00")).text
    for words in (
        "It adds up.",
        "fields, grade",
        "retired",
        "240",
        "There are more",
        "Systems they come from",
    ):
        assert words in page, words
    view.quiet = True
    page = (await client.get("/ledger/changes")).text
    assert "It does not add up." in page and "Nothing changed" in page


async def test_an_entry_nobody_looked_into_says_so(client: httpx.AsyncClient, view: Any) -> None:
    view.quiet = True
    assert "Not graded yet" in await shown(client, "about")
    assert "No fields are described" in await shown(client, "fields")
    page = await shown(client, "quality")
    assert "Not measured" in page and "save it as UTF-8" in page
    assert "Nothing is known" in await shown(client, "lineage")


async def test_what_is_not_there_is_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/ledger/urn:x:none", headers={"accept": "text/html"})
    assert answer.status_code == 404


async def test_value_density_shows_its_formula_and_never_counts_what_it_does_not_know(
    client: httpx.AsyncClient, view: Any
) -> None:
    assert 'href="/ledger/value"' in (await client.get("/ledger")).text
    page = (await client.get("/ledger/value?days=30")).text
    for words in (
        "uses on record × quality ÷ megabytes stored",
        "4.85",
        "2.40",
        "No density: something is not known",
        "its size, its quality",
        "7 more entries",
        'href="/sharing/record"',
    ):
        assert words in page, words
    assert (await client.get("/ledger/value?days=31")).status_code == 422
    view.quiet = True
    assert "Nothing can be ranked yet" in (await client.get("/ledger/value")).text


async def test_the_five_crossings_are_fresh_only_where_data_passed_lately(client: httpx.AsyncClient) -> None:
    assert 'href="/ledger/crossings"' in (await client.get("/ledger")).text
    page = (await client.get("/ledger/crossings")).text
    assert page.count("fresh-fresh") == 2  # the line and its one path
    for words in (
        "Journal entry 91",
        'href="/journal?subject=register"',
        "not sealed into the journal yet",
        "The newest harvest broke off:",
        "Nobody is named on the other side",
        "12 entries seen",
    ):
        assert words in page, words


async def test_base_libraries_show_authority_coverage_and_who_answers(
    client: httpx.AsyncClient, view: Any
) -> None:
    assert 'href="/ledger/libraries"' in (await client.get("/ledger")).text
    page = (await client.get("/ledger/libraries")).text
    for words in (
        "identity number",
        "99%",
        "1\u202f196 are different",
        "the file is cut off",
        "market/credit.csv is named and not in the ledger",
        "The city names no authority for it yet.",
        "2 found",
        'href="/ledger?theme=business"',
    ):
        assert words in page, words
    assert page.count('class="not-fresh"') == 4
    view.quiet = True
    assert "No entry has a theme yet" in (await client.get("/ledger/libraries")).text


async def test_an_entrys_life_has_five_stages_each_with_its_rule(
    client: httpx.AsyncClient, view: Any
) -> None:
    page = await shown(client, "life", "&column=rainIntensity")
    for words in (
        "sources.yaml: gauges",
        "source.government",
        "retention.yaml: streams",
        "Deleted with proof, items",
    ):
        assert words in page, words
    stages = [page.index(f'id="stage-{name}"') for name in ("collected", "kept", "made", "shared", "ended")]
    assert stages == sorted(stages)
    assert page.count('<g class="box') == 4 and "As a table" in page and "show=lineage&amp;column=" in page
    view.quiet = True
    assert "Nothing was due, held back or deleted." in await shown(client, "life")


async def test_an_entry_is_completed_by_hand(client: httpx.AsyncClient, view: Any) -> None:
    page = (await client.get(f"/ledger/{GAUGES}")).text
    form = page[page.index('action="/ledger/describe"') :]
    assert 'name="version" value="2"' in form and 'value="rain, gauge"' in form
    assert form.count("by hand") == 1  # the update cycle
    typed = {"entry": GAUGES, "version": "2", "purpose": " flood defence ", "keywords": "rain、storm, rain"}
    typed |= {"title.en": "Rain", "title.zh-Hans": "雨", "title.zh-Hant": "雨"}
    answer = await client.post("/ledger/describe", data=typed)
    assert answer.status_code == 303 and "told=written" in answer.headers["location"]
    assert view.described == {
        "purpose": "flood defence",
        "title": Text("Rain", "雨", "雨"),
        "keywords": ("rain", "storm"),
    }
    assert (await client.post("/ledger/describe", data=typed | {"version": "1"})).status_code == 409
    assert "/ledger/describe" not in (await client.get(f"/ledger/{GAUGES}?as_of=2026-07-21T17:45")).text
