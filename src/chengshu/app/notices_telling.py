"""What people are told of: from what happened (a change) to a notice in words, with those it concerns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chengshu.app.notices_words import CLOCKS, SAID
from chengshu.foundation.city import City
from chengshu.foundation.notices import Notice, To
from chengshu.kernel.clock import from_millis, millis
from chengshu.kernel.errors import Missing
from chengshu.kernel.levels import Level
from chengshu.kernel.texts import LANGUAGES, Text
from chengshu.ports.runtime import Change
from chengshu.resources.ledger import LedgerQueries
from chengshu.resources.sharing import Request, SharingQueries

FOLLOWED = ("sharing.", "warning.", "work_order.", "delivery.gave_up")
_OVER = frozenset({"revoked", "expired", "ended"})
_STEPS = {  # step of a request → kind of the notice
    "told_missing": "incomplete",
    "completed": "submitted",
    "extended": "extended",
    "granted": "granted",
    "refused": "refused",
    "objected": "objected",
    "supplied": "supplied",
    "suspended": "suspended",
    "restored": "restored",
    **dict.fromkeys(_OVER, "over"),
}
_ORDERS = {
    "assigned": "issued",
    "reassigned": "issued",
    "proposed": "proposed",
    "cancelled": "cancelled",
    "escalated": "late",
}
OPERATORS = (To("role", "administrator"),)


class Telling:
    """Says what follows from a change. ``bureau`` is the department that decides on sharing."""

    def __init__(self, city: City, sharing: SharingQueries, ledger: LedgerQueries, bureau: str) -> None:
        self._city, self._sharing, self._ledger, self._bureau = city, sharing, ledger, bureau
        self._rooms: dict[str, Callable[[Change, str], Notice | None]] = {
            "sharing": self._of_sharing,
            "warning": self._of_warning,
            "work_order": self._of_order,
            "delivery": self._of_delivery,
        }

    def __call__(self, change: Change) -> Sequence[Notice]:
        """The notices of a change; none for most."""
        room, _, act = change.kind.partition(".")
        told = self._rooms.get(room)
        notice = told(change, act) if told else None
        return () if notice is None else (notice,)

    def _of_sharing(self, change: Change, act: str) -> Notice | None:
        if act in ("due_soon", "overdue"):
            return self._of_clock(change, act)
        if act == "correction_asked":
            return self._of_correction(change, "correction.asked", {"provider": _body(change, "provider")})
        if act == "correction_answered":
            return self._answered(change)
        kind = _STEPS.get(act)
        if act == "submitted":
            kind = "incomplete" if change.payload.get("state") == "incomplete" else "submitted"
        if kind is None or "department" not in change.payload:
            return None
        request = self._request(change.subject)
        if request is None or (kind == "submitted" and request.state != "review"):
            return None  # a rule answered it at once: nobody has to
        parties = {
            "requester": (*_body(change, "department"), To("person", request.by.person)),
            "provider": _body(change, "provider"),
            "bureau": (To("department", self._bureau),),
        }
        said = _reason(change.payload)
        return self._notice(
            change,
            f"sharing.{kind}",
            f"/sharing/requests/{change.subject}",
            parties,
            said,
            entry=self._entry(str(change.payload.get("resource", ""))),
            by=self._department(request.by.department),
            provider=self._department(request.provider),
        )

    def _answered(self, change: Change) -> Notice:
        asked = next((one for one in self._sharing.corrections() if one.id == change.subject), None)
        mine = tuple(To("department", one) for one in change.payload.get("told", ()))
        person = (To("person", asked.by),) if asked else ()
        requester = tuple(To("department", asked.department) for _ in person if asked and asked.department)
        parties = {"requester": (*requester, *person), "told": mine}
        return self._of_correction(change, "correction.answered", parties)

    def _of_correction(self, change: Change, kind: str, parties: Mapping[str, tuple[To, ...]]) -> Notice:
        payload = change.payload
        said = Text.of(str(payload.get("reason", "")))
        field = str(payload.get("field", "")) or "–"
        return self._notice(
            change,
            kind,
            "/sharing/corrections",
            parties,
            said,
            entry=self._entry(str(payload.get("resource", ""))),
            field=Text.of(field),
            state=SAID[f"state.{payload.get('state', 'open')}"],
        )

    def _of_clock(self, change: Change, act: str) -> Notice:
        payload = change.payload
        parties = {"owner": _body(change, "owner"), "above": _body(change, "to")}
        kind = str(payload.get("clock", {}).get("kind", ""))
        due = from_millis(int(payload["clock"]["due_at"])).astimezone(self._city.zone)
        subject = change.subject
        request = self._request(subject)
        link = "/sharing/corrections" if kind == "correction" else f"/ledger/{subject}"
        entry = Text.of(subject) if kind == "correction" else self._entry(subject)
        if request is not None:
            link, entry = f"/sharing/requests/{subject}", self._entry(request.ask.resource)
        return self._notice(
            change,
            f"sharing.{act}",
            link,
            parties,
            Text(),
            clock=CLOCKS.get(kind, Text.of(kind)),
            entry=entry,
            due=Text.of(f"{due:%Y-%m-%d %H:%M}"),
            owner=self._department(str(payload.get("owner", ""))),
        )

    def _of_warning(self, change: Change, act: str) -> Notice | None:
        payload = change.payload
        level, before = _level(payload.get("level")), _level(payload.get("previous"))
        rises = act == "changed" and level is not None and before is not None and level > before
        kind = {"raised": "raised", "escalated": "escalated", "cleared": "cleared"}.get(act)
        if rises:
            kind = "raised"
        if kind is None:
            return None
        area = str(payload.get("area", ""))
        return self._notice(
            change,
            f"warning.{kind}",
            f"/warnings/{change.subject}",
            {"duty": (To("duty", area),)},
            _reason(payload),
            headline=Text.of(payload.get("headline") or change.subject),
        )

    def _of_order(self, change: Change, act: str) -> Notice | None:
        kind, order = _ORDERS.get(act), change.payload.get("work_order")
        if kind is None or not isinstance(order, Mapping):
            return None
        near = change.payload.get("kind") == "near"
        handler = (To("department", str(order.get("department", ""))),)
        parties = {
            "handler": handler,
            "above": () if near else (_body(change, "to") or handler),
            "duty": (To("duty", str(order.get("area", ""))),),
        }
        area = self._city.areas.get(str(order.get("area", "")))
        words = f"order.{kind}" + (".near" if near else "")
        return self._notice(
            change,
            f"order.{kind}",
            f"/orders/{change.subject}",
            parties,
            _reason(order),
            words=words,
            name=Text.of(order.get("name") or change.subject),
            area=area.name if area else Text.of(str(order.get("area", ""))),
            department=self._department(str(order.get("department", ""))),
        )

    def _of_delivery(self, change: Change, act: str) -> Notice:
        payload = change.payload
        return self._notice(
            change,
            "delivery.failed",
            "/notices/ways",
            {"operators": OPERATORS},
            Text.of(str(payload.get("error", ""))),
            channel=Text.of(str(payload.get("channel", ""))),
        )

    def _notice(
        self,
        change: Change,
        kind: str,
        link: str,
        parties: Mapping[str, tuple[To, ...]],
        text: Text,
        *,
        words: str = "",
        **facts: Text,
    ) -> Notice:
        template = SAID[words or kind]
        title = {
            tag: template.say(tag).format(**{name: value.say(tag) for name, value in facts.items()})
            for tag in LANGUAGES
        }
        named = {name: tuple(to for to in found if to.key) for name, found in parties.items()}
        return Notice(
            f"notice-{change.seq}",
            kind,
            change.subject,
            millis(change.at),
            title,
            text.as_dict(),
            link,
            named,
        )

    def _request(self, id_: str) -> Request | None:
        return self._sharing.requests([id_]).get(id_)

    def _entry(self, id_: str) -> Text:
        try:
            return self._ledger.get(id_).title
        except Missing:  # it was taken out of the ledger meanwhile
            return Text.of(id_)

    def _department(self, id_: str) -> Text:
        found = self._city.departments.get(id_)
        return found.name if found else Text.of(id_ or "–")


def _body(change: Change, name: str) -> tuple[To, ...]:
    """The department that the change names so."""
    found = str(change.payload.get(name) or "")
    return (To("department", found),) if found else ()


def _reason(body: Mapping[str, Any]) -> Text:
    """The sentence of a kept reason, with the law it rests on."""
    reason = body.get("reason")
    if not isinstance(reason, Mapping):
        return Text()
    missing = [Text.of(one["text"]) for one in reason.get("missing", ()) if "text" in one]
    told = Text.of(reason.get("text") or "")
    law = str(reason.get("law", "") or "")
    parts = {tag: [told.say(tag), *(one.say(tag) for one in missing), law] for tag in LANGUAGES}
    marks = {"en": "; ", "zh-Hans": "；", "zh-Hant": "；"}
    return Text.of({tag: marks[tag].join(filter(None, dict.fromkeys(parts[tag]))) for tag in LANGUAGES})


def _level(word: object) -> Level | None:
    try:
        return Level.parse(word) if isinstance(word, str) else None
    except ValueError:
        return None
