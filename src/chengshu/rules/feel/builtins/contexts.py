"""Built-in functions on contexts (DMN 1.5, 10.3.4.9)."""

from __future__ import annotations

from typing import Any

from chengshu.rules.feel.builtins.signature import Library
from chengshu.rules.feel.errors import FeelError
from chengshu.rules.feel.runtime import Run
from chengshu.rules.feel.values import kind_of

LIBRARY = Library()
Context = dict[str, Any]


@LIBRARY.add("get value", "m: context; key: string")
def get_value(_run: Run, context: Context, key: str) -> Any:
    """The value of an entry."""
    if key not in context:
        raise FeelError("no-entry", name=key)
    return context[key]


@LIBRARY.add("get value", "m: context; keys: list")
def get_nested_value(run: Run, context: Context, keys: list[Any]) -> Any:
    """The value of an entry within entries."""
    value: Any = context
    for key in keys:
        if type(value) is not dict or type(key) is not str:
            raise FeelError("no-entry", name=key)
        value = get_value(run, value, key)
    return value


@LIBRARY.add("get entries", "m: context")
def get_entries(run: Run, context: Context) -> list[Context]:
    """The entries as contexts of key and value."""
    return run.made_list([{"key": key, "value": value} for key, value in context.items()])


@LIBRARY.add("context", "entries: list")
def context_of(run: Run, entries: list[Any]) -> Context:
    """A context from ``{key, value}`` contexts."""
    result: Context = {}
    for entry in run.made_list(entries):
        if type(entry) is not dict or "value" not in entry or type(entry.get("key")) is not str:
            raise FeelError("bad-value", name="context", value="an entry without key (a string) and value")
        if entry["key"] in result:
            raise FeelError("duplicate-key", name=entry["key"])
        result[entry["key"]] = entry["value"]
    return result


@LIBRARY.add("context put", "context: context; key: string; value: any")
def context_put(run: Run, context: Context, key: str, value: Any) -> Context:
    """The context with one entry set."""
    run.spend(len(context))
    return {**context, key: value}


@LIBRARY.add("context put", "context: context; keys: list; value: any")
def context_put_nested(run: Run, context: Context, keys: list[Any], value: Any) -> Context:
    """The context with an entry within entries set."""
    if not keys or type(keys[0]) is not str:
        raise FeelError("bad-value", name="context put", value="keys that are not strings")
    run.spend(len(keys))
    if len(keys) == 1:
        return context_put(run, context, keys[0], value)
    inner = context.get(keys[0])
    if type(inner) is not dict:
        raise FeelError("type-mismatch", where=keys[0], expected="context", type=kind_of(inner))
    return context_put(run, context, keys[0], context_put_nested(run, inner, keys[1:], value))


@LIBRARY.add("context merge", "contexts: list")
def context_merge(run: Run, contexts: list[Any]) -> Context:
    """Contexts laid over each other, the later ones on top."""
    result: Context = {}
    for context in contexts:
        if type(context) is not dict:
            raise FeelError("bad-value", name="context merge", value=f"a member of kind {kind_of(context)}")
        run.spend(len(context))
        result.update(context)
    return result
