"""Who asks a rule: the grading and closing of events, and the steps of plans."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from chengshu.app.hub import Hub
from chengshu.app.offices import TASK
from chengshu.foundation.rulebook.standing import Rule
from chengshu.kernel.texts import Text
from chengshu.rules.dmn import Model

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_NAME = "{urn:chengshu:bpmn:1}name"
SEVERITY = Text("How severe an event is", "事件有多严重", "事件有多嚴重")
CLOSING = Text("Whether an event may be closed", "事件可否结案", "事件可否結案")
STEP = Text("The plan, at «{step}»", "预案：“{step}”一步", "預案：「{step}」一步")


def uses_of(hub: Hub, rule: Rule, model: Model) -> tuple[Text, ...]:
    """What asks the decisions of a rule, each said once."""
    return tuple(dict.fromkeys((*_of_events(hub, rule), *_of_plan(rule, model))))


def _of_events(hub: Hub, rule: Rule) -> Iterator[Text]:
    book = hub.response.means.playbooks.get(rule.scenario.id)
    if book is None:
        return
    if book.declared.events.severity.file == rule.file:
        yield SEVERITY
    if book.declared.closing.decision.file == rule.file:
        yield CLOSING


def _of_plan(rule: Rule, model: Model) -> Iterator[Text]:
    path = rule.scenario.file("plan.bpmn")
    if path is None:
        return
    try:
        tree = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True))
    except (OSError, etree.XMLSyntaxError):
        return
    for task in tree.iter(TASK):
        if task.get("decision") in model.decisions:
            step = next(one for one in task.iterancestors() if one.get("id") and one.tag.startswith(_BPMN))
            yield _step(step)


def _step(step: etree._Element) -> Text:
    said = {one.get("lang"): one.text or "" for one in step.iter(_NAME)}
    plain = step.get("name") or str(step.get("id"))
    names = Text(plain, said.get("zh-Hans", plain), said.get("zh-Hant", plain))
    return Text(
        STEP.en.format(step=names.en),
        STEP.zh_hans.format(step=names.zh_hans),
        STEP.zh_hant.format(step=names.zh_hant),
    )
