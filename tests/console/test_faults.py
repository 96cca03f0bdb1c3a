"""What errors say in three languages: the catalogue, how a message is matched, where it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from chengshu.app.problems import add_problems
from chengshu.app.say import language_of, say_faults
from chengshu.console.faults import ANY, Rendering, catalogue, in_language, say, say_line, texts, told
from chengshu.kernel.errors import Conflict, Denied, Fault, Findings, Invalid
from chengshu.kernel.texts import LANGUAGES, Text

CHINESE = LANGUAGES[1:]
SIMPLIFIED = set(
    "们这为时会对发过还没经现样实际应该请确认门开说话让给与无点数据输处页单选项错误权销变检载"
)  # never in 繁體
TELLING = Text("there is no change {change}", "不存在更改 {change}", "不存在更改 {change}")


def every() -> Iterator[tuple[str, Rendering]]:
    for code, renderings in catalogue().items():
        for rendering in renderings:
            yield code, rendering


def holes(template: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def test_a_rendering_fills_the_holes_of_its_template_and_has_words_in_each_language() -> None:
    for code, rendering in every():
        text = rendering.text
        assert text.en and text.zh_hans and text.zh_hant, (code, text)
        names = [name for _, name in rendering.parts if name is not None]
        assert len(names) == len(set(names)), (code, text.en)
        for language in CHINESE:
            assert set(holes(text.say(language))) == set(names), (code, text.en, language)


def test_traditional_is_written_as_traditional() -> None:
    mixed = {rendering.text.zh_hant for _, rendering in every() if SIMPLIFIED & set(rendering.text.zh_hant)}
    assert mixed == set()


def test_no_template_stands_twice_under_a_code() -> None:
    seen: set[tuple[str, str]] = set()
    for code, rendering in every():
        shape = re.sub(r"(?<!\{)\{[a-z_0-9]+\}", "{}", rendering.text.en)
        assert (code, shape) not in seen, (code, rendering.text.en)
        seen.add((code, shape))
        assert code == ANY or (ANY, shape) not in seen, (code, rendering.text.en)


@pytest.mark.parametrize(
    ("message", "filled"),
    [
        ("there is no change 'x-7'", {"change": "'x-7'"}),
        ("there is no change ", {"change": ""}),
        ("there is no change", None),
        ("Is there no change 'x'", None),
    ],
)
def test_a_message_is_taken_apart(message: str, filled: dict[str, str] | None) -> None:
    assert Rendering.of(TELLING).match(message) == filled


@pytest.mark.parametrize(
    ("template", "message", "filled"),
    [
        ("{a} of {b}", "one of two of three", {"a": "one", "b": "two of three"}),
        ("{a}, not {b}!", "x, not y, not z!", {"a": "x", "b": "y, not z"}),
        ("write {{{a}: …}} or {b}", "write {k: …} or m", {"a": "k", "b": "m"}),
        ("{a}{b} ends", "all ends", {"a": "", "b": "all"}),
        ("as it is", "as it is", {}),
        ("as it is", "as it is not", None),
        ("x{a}x", "x", None),
    ],
)
def test_holes_are_found_by_the_words_around_them(
    template: str, message: str, filled: dict[str, str] | None
) -> None:
    assert Rendering.of(Text.of(template)).match(message) == filled


def test_an_error_is_said_in_the_language_of_the_reader() -> None:
    fault = Fault("rule-change-missing", "there is no change 'rc-1'")
    assert in_language(fault, "zh-Hans").detail == "不存在更改 'rc-1'"
    assert in_language(fault, "en") == fault
    said = texts("city-exists", "choose another name, or another folder with --in")
    assert "資料夾" in said.zh_hant and "文件夹" in said.zh_hans and said.en.startswith("choose")


def test_what_nobody_has_put_into_words_stays_as_it_is() -> None:
    assert say("never-heard-of", "Zzyzx quux, frobnicate", "zh-Hans") == "Zzyzx quux, frobnicate"
    assert say("never-heard-of", "", "zh-Hans") == ""


def test_several_faults_and_messages_within_messages_are_said_too() -> None:
    findings = Findings()
    findings.add("area-double", "area 'a' is declared twice")
    findings.add("area-double", "area 'b' is declared twice")
    with pytest.raises(Invalid) as caught:
        findings.raise_any()
    fault = caught.value.fault
    assert say(fault.code, fault.detail, "zh-Hant") == "區域 'a' 宣告了兩次（另有 1 處）"
    nested = say("rule-faults", "the rule has mistakes: the root is «a» of «b»", "zh-Hans")
    assert nested == "规则有错误：根元素是“b”的“a”"


FILLING = st.text(alphabet="{}%\\$城樞中枢😀", min_size=1, max_size=6)


@given(st.sampled_from(sorted(catalogue())), st.data(), st.sampled_from(CHINESE))
def test_what_was_filled_in_is_never_lost(code: str, data: st.DataObject, language: str) -> None:
    rendering = data.draw(st.sampled_from(catalogue()[code]))
    values = {name: data.draw(FILLING) for name in holes(rendering.text.en)}
    said = say(code, rendering.text.en.format(**values), language)
    for value in values.values():
        assert value in said


@given(st.text(max_size=80), st.text(max_size=300), st.sampled_from(LANGUAGES))
def test_rendering_never_fails(code: str, message: str, language: str) -> None:
    assert isinstance(say(code, message, language), str)


@given(
    st.lists(
        st.sampled_from(["there is no change ", " (and 2 more)", "{", "}", "x", "«", "»: "]), max_size=40
    )
)
def test_rendering_never_fails_on_what_looks_like_an_error(parts: list[str]) -> None:
    message = "".join(parts)
    assert isinstance(say("rule-change-missing", message, "zh-Hant"), str)


def test_a_long_message_is_said_at_once() -> None:
    """A template of many holes over a message of many likenesses: taken apart in one pass."""
    rendering = Rendering.of(Text.of(" a ".join("{" + name + "}" for name in "bcdefgh")))
    assert rendering.match(" a " * 200_000 + "!") is not None


# --- where errors are shown --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "'yesterday' is no moment"),
        ("zh-Hans", "'yesterday' 不是时刻"),
        ("zh-Hant", "'yesterday' 不是時刻"),
    ],
)
async def test_a_page_says_what_was_wrong_in_the_language_chosen(
    client: httpx.AsyncClient, language: str, told: str
) -> None:
    client.cookies.set("language", language)
    answer = await client.get("/vitals?as_of=yesterday")
    assert answer.status_code == 422
    assert told.replace("'", "&#39;") in answer.text


def _app() -> FastAPI:
    app = FastAPI()
    add_problems(app)

    @app.get("/busy")
    def busy() -> None:
        raise Conflict("rule-closed", "this change is published", remedy="begin a new draft")

    @app.get("/number")
    def number(value: int) -> int:
        return value

    return app


@pytest.mark.parametrize(
    ("accept", "language", "detail", "remedy"),
    [
        ("zh-TW,zh;q=0.9", "zh-Hant", "此更改的狀態是 published", "請新起草稿"),
        ("zh-CN", "zh-Hans", "此更改的状态是 published", "请新起草稿"),
        ("en-GB", "en", "this change is published", "begin a new draft"),
        ("", "en", "this change is published", "begin a new draft"),
    ],
)
async def test_a_problem_is_said_in_the_language_the_caller_accepts(
    accept: str, language: str, detail: str, remedy: str
) -> None:
    transport = httpx.ASGITransport(app=_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
        answer = await client.get("/busy", headers={"accept-language": accept})
        wrong = await client.get("/number?value=x", headers={"accept-language": accept})
    body = answer.json()
    assert answer.headers["content-language"] == language
    assert (body["detail"], body["remedy"]) == (detail, remedy)
    assert body["type"] == "urn:chengshu:problem:rule-closed"
    assert body["title"] == say(ANY, Conflict.title, language)
    assert wrong.json()["title"] == say("request-invalid", "The request is not valid", language)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh-Hans"),
        ({"LANG": "zh_TW.UTF-8"}, "zh-Hant"),
        ({"LANGUAGE": "zh_HK:en", "LANG": "en_US.UTF-8"}, "zh-Hant"),
        ({"LC_ALL": "zh-Hant"}, "zh-Hant"),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANGUAGE": "", "LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_terminal_speaks_by_its_locale(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_the_command_line_says_its_faults_in_chinese(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANGUAGE", "zh_TW")
    say_faults([Fault("city-exists", "there is no such folder", "x", "check its name")])
    told = capsys.readouterr().err
    assert "不存在這個資料夾" in told and "請核對名稱" in told and "city-exists" in told


def test_words_an_error_brings_win_over_the_catalogue() -> None:
    from chengshu.console.page import in_words
    from chengshu.console.words import Words

    error = Denied(
        "rule-closed",
        "this change is published",
        text={"en": "No.", "zh-Hans": "不行。", "zh-Hant": "不可。"},
    )
    assert in_words(error, Words("zh-Hant")) == "不可。"


def test_the_reason_of_a_refusal_wins_too() -> None:
    said = {"en": "No.", "zh-Hans": "不行。", "zh-Hant": "不可。"}
    error = Denied("denied", "No.", remedy="ask for a new one", reason={"rule": "x", "text": said})
    fault = told(error, "zh-Hans")
    assert (fault.detail, fault.remedy) == ("不行。", "请索取新的链接")
    assert told(Denied("denied", "No.", reason="because"), "zh-Hans").detail == "No."


def test_what_the_parser_of_feel_says_keeps_its_words() -> None:
    nested = "«a b»: «+» does not fit here"
    assert say("formula-wrong", nested, "zh-Hant") == "「a b」：此處不能寫「+」"


def test_square_brackets_of_a_fault_reach_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    say_faults([Fault("model-format", "text before the first section: [bold] [/x]", "a.inp")])
    assert "[bold] [/x]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (
            Fault("rule-closed", "this change is published", "a.dmn: 3", "begin a new draft"),
            "a.dmn: 3: 此更改的狀態是 published — 請新起草稿 [rule-closed]",
        ),
        (Fault("yaml-broken", "this is not YAML: x: y"), "這不是 YAML：x: y [yaml-broken]"),
        (Fault("never-heard-of", "Zzyzx: quux", "x"), "x: Zzyzx: quux [never-heard-of]"),
    ],
)
def test_a_fault_kept_as_a_line_is_said_too(fault: Fault, line: str) -> None:
    assert say_line(str(fault), "zh-Hant") == line
    assert say_line(str(fault), "en") == str(fault)


@given(st.text(max_size=200), st.sampled_from(LANGUAGES))
def test_any_line_is_said(line: str, language: str) -> None:
    assert isinstance(say_line(line, language), str)
    assert isinstance(say_line(f"{line} [x]", language), str)
