"""The Atom feed (RFC 4287) of the hub's CAP messages. Links are relative: the hub knows no outside name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml import etree

from chengshu.kernel.clock import iso
from chengshu.kernel.texts import Text
from chengshu.scenes.vitals import Bulletin

ATOM = "http://www.w3.org/2005/Atom"
_NSMAP: Any = {None: ATOM}
_TITLE = Text("Warnings of {city}", "{city}预警", "{city}預警")
_KINDS = {
    "Alert": Text("raised", "发布", "發布"),
    "Update": Text("changed", "变更", "變更"),
    "Cancel": Text("all clear", "解除", "解除"),
}


def feed(bulletins: Sequence[Bulletin], city_id: str, city: Text, language: str) -> bytes:
    """The feed of ``bulletins``, newest first, titles in ``language`` (a tag of the house)."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap=_NSMAP)
    root.set("{http://www.w3.org/XML/1998/namespace}lang", language)
    _add(root, "id", f"urn:chengshu:cap:{city_id}")
    _add(root, "title", _TITLE.say(language).format(city=city.say(language)))
    _add(root, "updated", iso(bulletins[0].at) if bulletins else "1970-01-01T00:00:00Z")
    author = _add(root, "author")
    _add(author, "name", city.say(language))
    _add(root, "link", None, rel="self", href="alerts.atom", type="application/atom+xml")
    for item in bulletins:
        entry = _add(root, "entry")
        _add(entry, "id", f"urn:chengshu:cap:{city_id}:{item.identifier}")
        _add(entry, "title", item.title.say(language))
        _add(entry, "updated", iso(item.at))
        _add(entry, "category", None, term=item.kind, label=_KINDS[item.kind].say(language))
        _add(
            entry,
            "link",
            None,
            rel="alternate",
            href=f"alerts/{item.identifier}.xml",
            type="application/cap+xml",
        )
        _add(entry, "summary", f"{_KINDS[item.kind].say(language)}: {item.title.say(language)}")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _add(parent: Any, name: str, text: str | None = None, **attributes: str) -> Any:
    child = etree.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    child.text = text
    return child
