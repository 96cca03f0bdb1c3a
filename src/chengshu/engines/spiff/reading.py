"""BPMN 2.0 XML → a plain tree of nodes and flows, with the hub's extension. No judgement here: see lint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from chengshu.kernel.errors import Invalid
from chengshu.kernel.texts import Text
from chengshu.ports.process_engine import Element, Field
from chengshu.ports.process_feel import expression

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
HUB = "urn:chengshu:bpmn:1"
_B, _H = f"{{{BPMN}}}", f"{{{HUB}}}"
MAX_BYTES = 4_000_000

TASKS = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "scriptTask",
        "businessRuleTask",
        "sendTask",
        "receiveTask",
        "subProcess",
        "callActivity",
    }
)
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
EVENTS = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)
KNOWN = TASKS | GATEWAYS | EVENTS
# drawing, data and documentation: kept in the file, no meaning for the run
SILENT = frozenset(
    {
        "sequenceFlow",
        "laneSet",
        "textAnnotation",
        "association",
        "group",
        "documentation",
        "extensionElements",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "incoming",
        "outgoing",
        "ioSpecification",
        "property",
        "dataInputAssociation",
        "dataOutputAssociation",
        "multiInstanceLoopCharacteristics",
        "script",
        "rendering",
        "potentialOwner",
        "performer",
        "humanPerformer",
        "resourceRole",
        "category",
        "auditing",
        "monitoring",
        "correlationSubscription",
        "supports",
        "completionCondition",
    }
)


@dataclass(frozen=True, slots=True)
class EventDef:
    """What an event catches or throws.

    ``kind``: none, timer, message, signal, error, escalation, terminate, or another of BPMN's words;
    ``form`` of a timer: duration, date or cycle; ``name``: the message's or signal's name, or the code.
    """

    kind: str
    name: str = ""
    form: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Each:
    """Multi-instance: FEEL ``collection`` or ``cardinality``, the item's name, where results are kept."""

    sequential: bool
    collection: str
    cardinality: str
    item: str
    results: str
    until: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow; ``condition`` is FEEL or empty."""

    id: str
    source: str
    target: str
    condition: str
    language: str
    line: int


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node, raw enough for lint and complete enough to build from."""

    element: Element
    events: tuple[EventDef, ...] = ()
    attached: str = ""
    interrupting: bool = True
    default: str = ""
    script: str | None = None
    language: str = ""
    called: str = ""
    each: Each | None = None
    inner: Scope | None = None
    oddities: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The BPMN id."""
        return self.element.id

    @property
    def kind(self) -> str:
        """BPMN's tag."""
        return self.element.kind


@dataclass(frozen=True, slots=True)
class Scope:
    """A process or an embedded sub-process."""

    id: str
    name: Text
    line: int
    executable: bool = True
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    unknown: list[tuple[str, str, int]] = field(default_factory=list)  # tag, id, line
    doubles: list[tuple[str, int]] = field(default_factory=list)

    def leaving(self, node_id: str) -> list[Flow]:
        """The flows out of a node, in the file's order."""
        return [flow for flow in self.flows if flow.source == node_id]

    def entering(self, node_id: str) -> list[Flow]:
        """The flows into a node, in the file's order."""
        return [flow for flow in self.flows if flow.target == node_id]

    def boundaries(self, node_id: str) -> list[Node]:
        """The events on the border of a node."""
        return [
            node for node in self.nodes.values() if node.kind == "boundaryEvent" and node.attached == node_id
        ]

    def all_scopes(self) -> Iterator[Scope]:
        """This scope and every sub-process in it."""
        yield self
        for node in self.nodes.values():
            if node.inner is not None:
                yield from node.inner.all_scopes()


def read(source: bytes) -> list[Scope]:
    """The processes of a BPMN file. Raises :class:`Invalid` for what is no BPMN file at all."""
    if len(source) > MAX_BYTES:
        raise Invalid(
            "bpmn-size",
            f"the file has {len(source)} bytes, more than {MAX_BYTES}",
            remedy="split the plan into processes that call each other",
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(source, parser)
    except etree.XMLSyntaxError as error:
        raise Invalid(
            "bpmn-xml",
            f"this is no well-formed XML: {error.msg}",
            where=f"line {error.lineno}",
            remedy="export the plan again from the BPMN editor",
        ) from None
    if root.tag != f"{_B}definitions":
        raise Invalid(
            "bpmn-root",
            f"the root element is {root.tag!r}, not BPMN 2.0 definitions",
            where=f"line {root.sourceline}",
            remedy="save the plan as BPMN 2.0",
        )
    refs = {
        node.get("id", ""): node
        for tag in ("message", "signal", "error", "escalation")
        for node in root.iter(f"{_B}{tag}")
    }
    return [_scope(node, refs) for node in root.iter(f"{_B}process")]


def _local(node: Any) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _text(node: Any | None) -> str:
    return "".join(node.itertext()).strip() if node is not None else ""


def _names(node: Any) -> Text:
    said = {"en": node.get("name") or "", "zh-Hans": "", "zh-Hant": ""}
    for name in node.iterfind(f"{_B}extensionElements/{_H}name"):
        said[name.get("lang", "en")] = _text(name)
    return Text.of(said)


def _scope(node: Any, refs: dict[str, Any]) -> Scope:
    scope = Scope(
        node.get("id") or f"line{node.sourceline}",
        _names(node),
        node.sourceline or 0,
        node.get("isExecutable", "true") == "true",
    )
    for child in node:
        tag = _local(child)
        if child.tag == f"{_B}sequenceFlow":
            condition = child.find(f"{_B}conditionExpression")
            scope.flows.append(
                Flow(
                    child.get("id") or f"line{child.sourceline}",
                    child.get("sourceRef", ""),
                    child.get("targetRef", ""),
                    expression(_text(condition)),
                    condition.get("language", "") if condition is not None else "",
                    child.sourceline or 0,
                )
            )
        elif child.tag == f"{_B}{tag}" and tag in KNOWN:
            made = _node(child, scope.id, refs)
            if made.id in scope.nodes:
                scope.doubles.append((made.id, child.sourceline or 0))
            scope.nodes[made.id] = made
        elif child.tag == f"{_B}{tag}" and tag not in SILENT:
            scope.unknown.append((tag, child.get("id") or "", child.sourceline or 0))
    return scope


def _node(node: Any, process: str, refs: dict[str, Any]) -> Node:
    tag, oddities = _local(node), []
    if node.find(f"{_B}standardLoopCharacteristics") is not None:
        oddities.append("standardLoopCharacteristics")
    for attribute in ("triggeredByEvent", "isForCompensation", "instantiate"):
        if node.get(attribute) == "true":
            oddities.append(attribute)
    script = node.find(f"{_B}script")
    return Node(
        _element(node, tag, process),
        _events(node, refs, tag),
        node.get("attachedToRef", ""),
        node.get("cancelActivity", "true") == "true",
        node.get("default", ""),
        _text(script) if script is not None else None,
        node.get("scriptFormat", ""),
        node.get("calledElement", ""),
        _each(node),
        _scope(node, refs) if tag == "subProcess" else None,
        tuple(oddities),
    )


def _element(node: Any, tag: str, process: str) -> Element:
    extension = node.find(f"{_B}extensionElements")
    task = extension.find(f"{_H}task") if extension is not None else None
    given = (lambda key: task.get(key, "").strip()) if task is not None else (lambda key: "")
    fields, inputs = [], {}
    if extension is not None:
        for item in extension.iterfind(f"{_H}field"):
            fields.append(
                Field(
                    item.get("name", ""),
                    item.get("type", "text"),
                    Text(item.get("label", ""), item.get("label-zh-Hans", ""), item.get("label-zh-Hant", "")),
                    item.get("required") == "true",
                    tuple(filter(None, item.get("choices", "").split(","))),
                )
            )
        inputs = {item.get("name", ""): expression(_text(item)) for item in extension.iterfind(f"{_H}input")}
    return Element(
        node.get("id") or f"line{node.sourceline}",
        tag,
        _names(node),
        process,
        node.sourceline or 0,
        department=given("department"),
        role=given("role"),
        matter=given("matter"),
        clock=given("clock"),
        escalate=given("escalate"),
        form=given("form"),
        handler=given("handler"),
        decision=given("decision"),
        result=given("result"),
        work=given("kind"),
        fields=tuple(fields),
        inputs=inputs,
    )


def _events(node: Any, refs: dict[str, Any], tag: str) -> tuple[EventDef, ...]:
    found = []
    for child in node:
        word = _local(child)
        if not word.endswith("EventDefinition"):
            continue
        kind = word.removesuffix("EventDefinition")
        if kind == "timer":
            found.append(_timer(child))
            continue
        reference = refs.get(child.get(f"{kind}Ref", "").split(":")[-1])
        named = "name" if kind in ("message", "signal") else f"{kind}Code"
        name = (reference.get(named) or reference.get("name") or "") if reference is not None else ""
        if not name and kind in ("message", "signal"):
            name = node.get("name") or ""
        found.append(EventDef(kind, name))
    if tag in ("receiveTask", "sendTask") and not found:
        reference = refs.get(node.get("messageRef", "").split(":")[-1])
        name = (reference.get("name") if reference is not None else node.get("name")) or ""
        found.append(EventDef("message", name))
    return tuple(found)


def _timer(node: Any) -> EventDef:
    for form in ("Duration", "Date", "Cycle"):
        child = node.find(f"{_B}time{form}")
        if child is not None:
            return EventDef("timer", "", form.lower(), _text(child))
    return EventDef("timer")


def _each(node: Any) -> Each | None:
    loop = node.find(f"{_B}multiInstanceLoopCharacteristics")
    if loop is None:
        return None
    own = loop.find(f"{_B}extensionElements/{_H}each")
    get = own.get if own is not None else (lambda key, default="": default)
    item = loop.find(f"{_B}inputDataItem")
    return Each(
        loop.get("isSequential") == "true",
        expression(get("collection", "") or _text(loop.find(f"{_B}loopDataInputRef"))),
        expression(_text(loop.find(f"{_B}loopCardinality"))),
        get("item", "") or (item.get("name", "") if item is not None else "") or "item",
        get("results", "") or _text(loop.find(f"{_B}loopDataOutputRef")),
        expression(_text(loop.find(f"{_B}completionCondition"))),
    )
