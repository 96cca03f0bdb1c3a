"""Building blocks of declared models: text in three languages, and the strict base."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from chengshu.kernel.texts import LANGUAGES, Text


class Declaration(BaseModel):
    """Base of every declared thing: frozen, and an unknown key is a mistake, not noise."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True
    )


def _text(value: Any) -> Text:
    if isinstance(value, Text):
        return value
    if isinstance(value, str):
        if not value.strip():
            raise ValueError("the text is empty")
        return Text.of(value)
    if isinstance(value, dict):
        if unknown := sorted(set(value) - set(LANGUAGES)):
            raise ValueError(f"unknown language {unknown[0]!r}; use {', '.join(LANGUAGES)}")
        if not any(value.values()):
            raise ValueError("the text is empty in every language")
        return Text.of({language: str(text) for language, text in value.items()})
    raise ValueError("give one text, or a mapping of en, zh-Hans, zh-Hant")


_SCHEMA = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {tag: {"type": "string"} for tag in LANGUAGES},
            "additionalProperties": False,
        },
    ]
}

#: A :class:`Text` declared as one string or by language tag.
DeclaredText = Annotated[Text, BeforeValidator(_text), WithJsonSchema(_SCHEMA)]
