"""How a letter reads: its subject and its lines, in one language, in the city's time. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from chengshu.foundation.notices.kinds import KINDS
from chengshu.foundation.notices.model import Item, Letter
from chengshu.kernel.texts import Text

_URGENT = Text("Urgent: ", "【紧急】", "【緊急】")
_MANY = Text("{n} notices: {kinds}", "{n} 条通知：{kinds}", "{n} 則通知：{kinds}")
_COMMA = Text(", ", "、", "、")
_FOOT = Text(
    "Sent by the city's hub. What is told here stands in your inbox there too.",
    "由城市中枢发送。以上内容在中枢的收件箱中也可查看。",
    "由城市中樞發送。以上內容在中樞的收件匣中也可查看。",
)
_SUBJECT = 150  # signs of a subject line


def subject_of(letter: Letter, city: Text) -> str:
    """One line: what it is about."""
    say = letter.language
    urgent = _URGENT.say(say) if any(item.urgent for item in letter.items) else ""
    if len(letter.items) == 1:
        told = Text.of(letter.items[0].title).say(say)
    else:
        kinds = dict.fromkeys(_kind(item).say(say) for item in letter.items)
        told = _MANY.say(say).format(n=len(letter.items), kinds=_COMMA.say(say).join(kinds))
    line = f"[{city.say(say)}] {urgent}{told}"
    line = " ".join(line.split())
    return line if len(line) <= _SUBJECT else line[: _SUBJECT - 1] + "…"


def body_of(letter: Letter, zone: ZoneInfo, public_url: str) -> str:
    """The lines of it: title, sentence, moment and link of each notice."""
    say, parts = letter.language, []
    for item in letter.items:
        moment = datetime.fromisoformat(item.at).astimezone(zone)
        lines = [Text.of(item.title).say(say), Text.of(item.text).say(say), f"{moment:%Y-%m-%d %H:%M}"]
        if public_url and item.link:
            lines.append(link_of(item, public_url))
        parts.append("\n".join(line for line in lines if line))
    return "\n\n".join([*parts, "-- \n" + _FOOT.say(say)]) + "\n"


def link_of(item: Item, public_url: str) -> str:
    """Where the thing is on the console; the path alone where nobody said at which address that is."""
    return public_url.rstrip("/") + item.link if item.link else ""


def _kind(item: Item) -> Text:
    found = KINDS.get(item.kind)
    return found.name if found else Text.of(item.kind)
