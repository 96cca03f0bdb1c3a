"""The datasheet of a dataset: questions in three languages, the answers, and what is not answered yet.

Source: Gebru et al., Datasheets for Datasets, Communications of the ACM 64:12 (2021).
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from chengshu.foundation.declared import Declaration, DeclaredText, Document, read_document
from chengshu.kernel.errors import Findings
from chengshu.kernel.texts import Text
from chengshu.resources.datasets.model import Quality

Answers = Mapping[str, Mapping[str, str]]
_TEXT: TypeAdapter[Text] = TypeAdapter(DeclaredText)


class Question(Declaration):
    """One question. ``rai``: the property of Croissant RAI that takes its answer."""

    id: str
    part: str
    text: DeclaredText
    required: bool = False
    rai: str = ""


class Form(Declaration):
    """All questions, and the names of their parts."""

    questions: tuple[Question, ...]
    parts: dict[str, DeclaredText]
    quality: DeclaredText
    overall: DeclaredText
    broken: DeclaredText
    dimensions: dict[str, DeclaredText]
    unanswered: DeclaredText
    title: DeclaredText


@cache
def form() -> Form:
    """The questions of the house (``datasheet.yaml``)."""
    text = files("chengshu.resources.datasets").joinpath("datasheet.yaml").read_text("utf-8")
    return Form.model_validate(yaml.safe_load(text))


def read_datasheet(path: Path) -> dict[str, dict[str, str]]:
    """Answers by question from a file. Raises :class:`Invalid` with every mistake and its line."""
    return answers_of(read_document(path))


def answers_of(document: Document) -> dict[str, dict[str, str]]:
    """Answers by question: each one text, or one by language. Raises :class:`Invalid`."""
    findings, found = Findings(), {}
    known = [question.id for question in form().questions]
    data: Any = document.data if document.data is not None else {}
    if not isinstance(data, dict):
        findings.add(
            "datasheet-form",
            "write question: answer",
            where=document.where(),
            remedy=f"such as {known[0]}: …",
        )
        findings.raise_any()
    for name, value in data.items():
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            findings.add(
                "datasheet-question",
                f"there is no question {name!r}",
                where=document.where((name,)),
                remedy=f"did you mean {near[0]!r}?" if near else f"questions: {', '.join(known)}",
            )
            continue
        try:
            found[name] = _TEXT.validate_python(value).as_dict()
        except ValidationError as error:
            findings.add(
                "datasheet-answer",
                f"{name}: {error.errors()[0]['msg'].removeprefix('Value error, ')}",
                where=document.where((name,)),
                remedy="answer in words, or by language",
            )
    findings.raise_any()
    return found


def wanting(answers: Answers) -> tuple[Question, ...]:
    """Required questions without an answer."""
    return tuple(
        item for item in form().questions if item.required and not any(answers.get(item.id, {}).values())
    )


def as_markdown(answers: Answers, name: str, language: str, quality: Quality | None = None) -> str:
    """The whole datasheet in one language, with what was measured; what nobody answered says so."""
    lines = [f"# {form().title.fill(name=name).say(language)}"]
    part = ""
    for question in form().questions:
        if question.part != part:
            part = question.part
            lines += ["", f"## {form().parts[part].say(language)}"]
        answer = Text.of(answers.get(question.id, {})).say(language) or form().unanswered.say(language)
        lines += ["", f"**{question.text.say(language)}**", "", answer]
    if quality is not None:
        lines += ["", f"## {form().quality.say(language)}", "", *_measured(quality, language)]
    return "\n".join(lines) + "\n"


def _measured(quality: Quality, language: str) -> list[str]:
    lines = [f"- {form().overall.say(language)}: {quality.score:.1%}"]
    for name, score in quality.scores.items():
        lines.append(f"- {form().dimensions[name].say(language)}: {score:.1%}")
    for rule, broken, checked in quality.broken:
        lines.append(f"- {form().broken.fill(rule=rule, broken=broken, checked=checked).say(language)}")
    return lines
