"""The lint of single nodes: gateways, events, tasks, repetitions, and the expressions in them."""

from __future__ import annotations

from datetime import datetime

from chengshu.engines.spiff.reading import EventDef, Flow, Node, Scope
from chengshu.kernel.durations import parse_duration
from chengshu.kernel.errors import Findings, Invalid
from chengshu.ports.process_feel import expression, fault_of

_CATCH = {"timer", "message", "signal"}
_ALLOWED = {
    "startEvent": {"none", "message", "signal"},
    "endEvent": {"none", "terminate", "error", "escalation", "message", "signal"},
    "intermediateCatchEvent": _CATCH,
    "intermediateThrowEvent": {"none", "message", "signal", "escalation"},
    "boundaryEvent": _CATCH | {"error", "escalation"},
}
_FEEL = {
    "",
    "feel",
    "https://www.omg.org/spec/DMN/20191111/FEEL/",
    "https://www.omg.org/spec/DMN/20230324/FEEL/",
    "http://www.omg.org/spec/FEEL/20140401",
    "https://www.omg.org/spec/DMN/20180521/FEEL/",
}


def place(node: Node) -> str:
    """Where a node stands, for people."""
    name = node.element.name.say("en")
    label = f"{node.id!r} ({name})" if name else repr(node.id)
    return f"{node.kind} {label}, line {node.element.line}"


class NodeLint:
    """The checks of the nodes of one process. ``known``: ids of processes that can be called."""

    def __init__(self, scope: Scope, known: frozenset[str], findings: Findings) -> None:
        self._scope, self._known, self._findings = scope, known, findings

    def check(self, node: Node) -> None:
        """Note every fault of ``node`` itself."""
        leaving = self._scope.leaving(node.id)
        for oddity in node.oddities:
            self._add(
                "bpmn-feature",
                f"{oddity} is not run by the hub",
                node,
                "model it with the supported elements",
            )
        self._events(node)
        if node.kind.endswith("Gateway"):
            self._gateway(node, leaving)
        elif len(leaving) > 1 and any(flow.condition for flow in leaving):
            self._choice(node, leaving)
        self._work(node)
        self._logic(node)
        if node.each is not None:
            self._each(node)

    def _add(self, code: str, detail: str, node: Node, remedy: str) -> None:
        self._findings.add(code, detail, where=place(node), remedy=remedy)

    def feel(self, text: str, language: str, where: str) -> None:
        """Note what is wrong with an expression."""
        if language.lower() not in {word.lower() for word in _FEEL}:
            self._findings.add(
                "bpmn-language",
                f"the expression language {language!r} is not run",
                where=where,
                remedy="write the expression in FEEL",
            )
        elif reason := fault_of(text):
            self._findings.add(
                "feel",
                f"the expression {text!r} does not parse: {reason}",
                where=where,
                remedy='write it in FEEL, for example: severity = "red" and count(sites) > 2',
            )

    def _gateway(self, node: Node, leaving: list[Flow]) -> None:
        names = [flow.id for flow in leaving]
        if node.default and node.default not in names:
            self._add(
                "bpmn-default",
                f"its default flow {node.default!r} does not leave it",
                node,
                "choose one of its own flows as default",
            )
        if node.kind in ("exclusiveGateway", "inclusiveGateway") and len(leaving) > 1:
            self._choice(node, leaving)
        if node.kind == "eventBasedGateway":
            if len(leaving) < 2:
                self._add(
                    "bpmn-event-gateway", "fewer than two flows leave it", node, "let it choose among events"
                )
            for flow in leaving:
                target = self._scope.nodes.get(flow.target)
                if target is not None and target.kind not in ("intermediateCatchEvent", "receiveTask"):
                    self._add(
                        "bpmn-event-gateway",
                        f"it leads to {target.kind} {target.id!r}, which waits for no event",
                        node,
                        "lead it to intermediate catch events only",
                    )
                elif target is not None and (
                    len(self._scope.entering(flow.target)) > 1 or self._scope.boundaries(flow.target)
                ):
                    self._add(
                        "bpmn-event-gateway",
                        f"{target.id!r} must be entered from this gateway alone, without boundary events",
                        node,
                        "give the gateway its own events",
                    )

    def _choice(self, node: Node, leaving: list[Flow]) -> None:
        always = [flow for flow in leaving if not flow.condition and flow.id != node.default]
        gateway = node.kind.endswith("Gateway")
        if not node.default and (gateway or not always):
            self._add(
                "bpmn-no-default",
                "it has no default flow: if no condition holds, the process is stuck",
                node,
                "mark one leaving flow as default",
            )
        for flow in always if gateway else ():
            self._add(
                "bpmn-no-condition",
                f"its flow {flow.id!r} has neither condition nor is the default",
                node,
                "give the flow a FEEL condition",
            )

    def _events(self, node: Node) -> None:
        allowed = _ALLOWED.get(node.kind)
        if allowed is None:
            if node.kind in ("sendTask", "receiveTask"):
                for event in node.events:
                    self._event(event, node)
            return
        if len(node.events) > 1:
            self._add("bpmn-multiple", "it has several event definitions", node, "use one event for each")
        for event in node.events or (EventDef("none"),):
            if event.kind not in allowed:
                self._add(
                    "bpmn-event",
                    f"a {event.kind} {node.kind} is not run by the hub",
                    node,
                    f"use one of: {', '.join(sorted(allowed))}",
                )
            else:
                self._event(event, node)

    def _event(self, event: EventDef, node: Node) -> None:
        if event.kind in ("message", "signal") and not event.name:
            self._add(
                "bpmn-event-name",
                f"its {event.kind} has no name",
                node,
                f"refer to a <{event.kind}> with a name",
            )
        if event.kind == "error" and node.kind == "endEvent" and not event.name:
            self._add(
                "bpmn-event-name", "its error has no code", node, "refer to an <error> with an errorCode"
            )
        if event.kind == "error" and node.kind == "boundaryEvent" and not node.interrupting:
            self._add("bpmn-event", "an error always interrupts", node, 'set cancelActivity="true"')
        if event.kind == "timer":
            self._timer(event, node)

    def _timer(self, event: EventDef, node: Node) -> None:
        if not event.text:
            self._add(
                "bpmn-clock", "its timer has no time", node, "give it a timeDuration such as PT30M or P3WD"
            )
        elif event.form == "cycle":
            count, _, rest = event.text.partition("/")
            if node.kind != "boundaryEvent" or node.interrupting:
                self._add(
                    "bpmn-clock",
                    "a cycle stands only on a non-interrupting boundary",
                    node,
                    'use timeDuration, or set cancelActivity="false"',
                )
            elif not (count.startswith("R") and count[1:].isdigit() and 1 <= int(count[1:]) <= 1000):
                self._add(
                    "bpmn-clock",
                    f"{event.text!r} is no cycle",
                    node,
                    "write R3/PT10M: three times, every 10 minutes",
                )
            else:
                self._clock(rest, node)
        elif event.form == "duration":
            self._clock(event.text, node)
        elif event.text.startswith("="):
            self.feel(expression(event.text), "", place(node))
        elif not _is_moment(event.text):
            self._add(
                "bpmn-clock", f"{event.text!r} is no moment", node, "write 2026-07-01T08:00:00+08:00 or =FEEL"
            )

    def _clock(self, text: str, node: Node) -> None:
        if text.startswith("="):
            self.feel(expression(text), "", place(node))
            return
        try:
            parse_duration(text)
        except Invalid as error:
            self._add("bpmn-clock", error.fault.detail, node, error.fault.remedy)

    def _work(self, node: Node) -> None:
        element = node.element
        if node.kind in ("userTask", "manualTask"):
            if not element.department and not element.matter:
                self._add(
                    "bpmn-department",
                    "nobody is responsible for it",
                    node,
                    '<chengshu:task department="…"/> or matter="…"',
                )
            if not element.clock:
                self._add("bpmn-clock", "it has no clock", node, '<chengshu:task clock="PT30M"/>')
        for text in (element.department, element.escalate):
            if text.startswith("="):
                self.feel(expression(text), "", place(node))
        if element.clock:
            self._clock(element.clock, node)
        for name, text in element.inputs.items():
            self.feel(text, "", f"{place(node)}, input {name!r}")
        for item in element.fields:
            if not item.name or item.type not in ("text", "number", "boolean", "choice", "photo"):
                self._add(
                    "bpmn-field",
                    f"the field {item.name!r} of type {item.type!r} is not understood",
                    node,
                    "give it a name and a type: text, number, boolean, choice, photo",
                )

    def _logic(self, node: Node) -> None:
        element = node.element
        if node.kind == "serviceTask" and not element.handler:
            self._add("bpmn-handler", "it names no handler", node, '<chengshu:task handler="dispatch"/>')
        if node.kind == "businessRuleTask" and not (element.decision and element.result):
            self._add(
                "bpmn-decision",
                "it names no decision or no result variable",
                node,
                '<chengshu:task decision="severity" result="grade"/>',
            )
        if node.kind == "scriptTask":
            if not node.script:
                self._add("bpmn-script", "it has no script", node, 'write a FEEL context: {level: "red"}')
            else:
                self.feel(expression(node.script), _script_language(node.language), place(node))
        if node.kind == "callActivity" and node.called.split(":")[-1] not in self._known:
            self._add(
                "bpmn-called",
                f"the called process {node.called!r} is not known",
                node,
                "put it into the same file or deploy it first",
            )

    def _each(self, node: Node) -> None:
        each = node.each
        if each is None:
            return
        if bool(each.collection) == bool(each.cardinality):
            self._add(
                "bpmn-each",
                "it needs either a collection or a cardinality",
                node,
                '<chengshu:each collection="departments" item="department"/>',
            )
        for text in filter(None, (each.collection, each.cardinality, each.until)):
            self.feel(text, "", place(node))


def _script_language(word: str) -> str:
    return "" if word.lower() in ("", "feel", "text/feel", "application/feel") else word


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
