"""Why a process cannot run: every reason, with the place in the file and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chengshu.engines.spiff.reading import EventDef, Flow, Node, Scope
from chengshu.kernel.durations import parse_duration
from chengshu.kernel.errors import Fault, Findings, Invalid
from chengshu.ports.process_feel import expression, fault_of

_CATCH = {"timer", "message", "signal"}
_ALLOWED = {
    "startEvent": {"none"},
    "endEvent": {"none", "terminate", "error", "escalation", "message", "signal"},
    "intermediateCatchEvent": _CATCH,
    "intermediateThrowEvent": {"none", "message", "signal", "escalation"},
    "boundaryEvent": _CATCH | {"error", "escalation"},
}
_FEEL = {"", "feel", "https://www.omg.org/spec/DMN/20191111/FEEL/", "https://www.omg.org/spec/DMN/20230324/FEEL/",
         "http://www.omg.org/spec/FEEL/20140401", "https://www.omg.org/spec/DMN/20180521/FEEL/"}


def lint(scopes: list[Scope]) -> list[Fault]:
    """All faults of the processes of one bundle of files; the first executable process is the one started."""
    findings = Findings()
    if not any(scope.executable for scope in scopes):
        findings.add("bpmn-nothing", "no process of the file is marked executable", where="definitions",
                     remedy='set isExecutable="true" on the process that is to run')
    top = {scope.id: scope for scope in scopes}
    seen: dict[str, Scope] = {}
    for scope in (inner for outer in scopes for inner in outer.all_scopes()):
        for node in scope.nodes.values():
            if node.id in seen and seen[node.id] is not scope:
                findings.add("bpmn-double-id", f"two elements have the id {node.id!r}", where=_at(node),
                             remedy="give each element its own id")
            seen[node.id] = scope
        _Scope(scope, top, findings).check()
    _check_circle(scopes, top, findings)
    return findings.faults


def _check_circle(scopes: list[Scope], top: Mapping[str, Scope], findings: Findings) -> None:
    calls = {scope.id: {node.called.split(":")[-1] for inner in scope.all_scopes() for node in inner.nodes.values()
                        if node.called} for scope in scopes}
    for scope in scopes:
        reached: set[str] = set()
        todo = list(calls[scope.id])
        while todo:
            name = todo.pop()
            if name == scope.id:
                findings.add("bpmn-call-circle", f"process {scope.id!r} calls itself, directly or through others",
                             where=f"process {scope.id!r}, line {scope.line}", remedy="break the circle of calls")
                break
            if name in top and name not in reached:
                reached.add(name)
                todo.extend(calls[name])


def _at(node: Node) -> str:
    name = node.element.name.say("en")
    label = f"{node.id!r} ({name})" if name else repr(node.id)
    return f"{node.kind} {label}, line {node.element.line}"


class _Scope:
    """The checks of one process or sub-process."""

    def __init__(self, scope: Scope, top: Mapping[str, Scope], findings: Findings) -> None:
        self._scope, self._top, self._findings = scope, top, findings

    def _add(self, code: str, detail: str, node: Node, remedy: str) -> None:
        self._findings.add(code, detail, where=_at(node), remedy=remedy)

    def check(self) -> None:
        """Note every fault."""
        scope = self._scope
        place = f"process {scope.id!r}, line {scope.line}"
        for tag, name, line in scope.unknown:
            self._findings.add("bpmn-element", f"{tag} is not run by the hub", where=f"{tag} {name!r}, line {line}",
                               remedy="model it with the supported elements (see the BPMN guide)")
        for name, line in scope.doubles:
            self._findings.add("bpmn-double-id", f"two elements have the id {name!r}", where=f"line {line}",
                               remedy="give each element its own id")
        starts = [node for node in scope.nodes.values() if node.kind == "startEvent"]
        if len(starts) != 1:
            self._findings.add("bpmn-start", f"there are {len(starts)} start events; exactly one is needed",
                               where=place, remedy="begin with one plain start event and branch after it")
        for flow in scope.flows:
            self._flow(flow)
        for node in scope.nodes.values():
            self._node(node)
        self._reach(starts)

    def _flow(self, flow: Flow) -> None:
        where = f"sequenceFlow {flow.id!r}, line {flow.line}"
        for end, name in (("source", flow.source), ("target", flow.target)):
            if name not in self._scope.nodes:
                self._findings.add("bpmn-flow-end", f"its {end} {name!r} is not in the same process", where=where,
                                   remedy="connect it to an element of the same process")
        source = self._scope.nodes.get(flow.source)
        if flow.condition:
            self._feel(flow.condition, flow.language, where)
            if source is not None and source.kind not in ("exclusiveGateway", "inclusiveGateway"):
                self._findings.add("bpmn-condition", "a condition stands only behind an exclusive or inclusive gateway",
                                   where=where, remedy="put an exclusive gateway before the flow")

    def _feel(self, text: str, language: str, where: str) -> None:
        if language.lower() not in {word.lower() for word in _FEEL}:
            self._findings.add("bpmn-language", f"the expression language {language!r} is not run", where=where,
                               remedy="write the expression in FEEL")
        elif reason := fault_of(text):
            self._findings.add("feel", f"the expression {text!r} does not parse: {reason}", where=where,
                               remedy="write it in FEEL, for example: severity = \"red\" and count(sites) > 2")

    def _node(self, node: Node) -> None:
        leaving, entering = self._scope.leaving(node.id), self._scope.entering(node.id)
        for oddity in node.oddities:
            self._add("bpmn-feature", f"{oddity} is not run by the hub", node, "model it with the supported elements")
        self._ends(node, leaving, entering)
        self._events(node)
        if node.kind.endswith("Gateway"):
            self._gateway(node, leaving)
        elif node.kind not in ("endEvent",) and len(leaving) > 1:
            self._add("bpmn-split", f"{len(leaving)} flows leave it", node,
                      "let one flow leave and branch with a gateway, so that the reader sees how")
        self._task(node)
        if node.each is not None:
            self._each(node)

    def _ends(self, node: Node, leaving: list[Flow], entering: list[Flow]) -> None:
        if node.kind == "endEvent":
            if leaving:
                self._add("bpmn-after-end", "a flow leaves an end event", node, "use an intermediate event")
        elif not leaving:
            self._add("bpmn-dead-end", "no flow leaves it: the process would stop here unnoticed", node,
                      "connect it onward, at least to an end event")
        if node.kind in ("startEvent", "boundaryEvent"):
            if entering:
                self._add("bpmn-into-start", "a flow enters it", node, "let the flow end at the element after it")
        if node.kind == "boundaryEvent":
            host = self._scope.nodes.get(node.attached)
            if host is None or host.kind in ("startEvent", "endEvent") or host.kind.endswith(("Gateway", "Event")):
                self._add("bpmn-attached", f"it is attached to {node.attached!r}, which is no activity here", node,
                          "attach it to a task, sub-process or call activity")

    def _reach(self, starts: list[Node]) -> None:
        reached: set[str] = set()
        todo = [node.id for node in starts]
        while todo:
            name = todo.pop()
            if name not in reached and name in self._scope.nodes:
                reached.add(name)
                todo += [flow.target for flow in self._scope.leaving(name)]
                todo += [node.id for node in self._scope.boundaries(name)]
        for node in self._scope.nodes.values():
            if starts and node.id not in reached and node.kind != "startEvent":
                self._add("bpmn-unreachable", "no path from the start leads here", node, "connect it or remove it")

    def _gateway(self, node: Node, leaving: list[Flow]) -> None:
        names = [flow.id for flow in leaving]
        if node.default and node.default not in names:
            self._add("bpmn-default", f"its default flow {node.default!r} does not leave it", node,
                      "choose one of its own flows as default")
        if node.kind in ("exclusiveGateway", "inclusiveGateway") and len(leaving) > 1:
            if not node.default:
                self._add("bpmn-no-default", "it has no default flow: if no condition holds, the process is stuck", node,
                          "mark one leaving flow as default")
            for flow in leaving:
                if not flow.condition and flow.id != node.default:
                    self._add("bpmn-no-condition", f"its flow {flow.id!r} has neither condition nor is the default", node,
                              "give the flow a FEEL condition")
        if node.kind == "eventBasedGateway":
            if len(leaving) < 2:
                self._add("bpmn-event-gateway", "fewer than two flows leave it", node, "let it choose among events")
            for flow in leaving:
                target = self._scope.nodes.get(flow.target)
                if target is not None and target.kind not in ("intermediateCatchEvent", "receiveTask"):
                    self._add("bpmn-event-gateway", f"it leads to {target.kind} {target.id!r}, which waits for no event",
                              node, "lead it to intermediate catch events only")
                elif target is not None and (len(self._scope.entering(flow.target)) > 1
                                             or self._scope.boundaries(flow.target)):
                    self._add("bpmn-event-gateway", f"{target.id!r} must be entered from this gateway alone, without "
                              "boundary events", node, "give the gateway its own events")

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
                self._add("bpmn-event", f"a {event.kind} {node.kind} is not run by the hub", node,
                          f"use one of: {', '.join(sorted(allowed))}")
            else:
                self._event(event, node)

    def _event(self, event: EventDef, node: Node) -> None:
        if event.kind in ("message", "signal") and not event.name:
            self._add("bpmn-event-name", f"its {event.kind} has no name", node, f"refer to a <{event.kind}> with a name")
        if event.kind == "error" and node.kind == "endEvent" and not event.name:
            self._add("bpmn-event-name", "its error has no code", node, "refer to an <error> with an errorCode")
        if event.kind == "error" and node.kind == "boundaryEvent" and not node.interrupting:
            self._add("bpmn-event", "an error always interrupts", node, 'set cancelActivity="true"')
        if event.kind == "timer":
            self._timer(event, node)

    def _timer(self, event: EventDef, node: Node) -> None:
        if not event.text:
            self._add("bpmn-clock", "its timer has no time", node, "give it a timeDuration such as PT30M or P3WD")
        elif event.form == "cycle":
            count, _, rest = event.text.partition("/")
            if node.kind != "boundaryEvent" or node.interrupting:
                self._add("bpmn-clock", "a cycle stands only on a non-interrupting boundary", node,
                          'use timeDuration, or set cancelActivity="false"')
            elif not (count.startswith("R") and count[1:].isdigit() and 1 <= int(count[1:]) <= 1000):
                self._add("bpmn-clock", f"{event.text!r} is no cycle", node, "write R3/PT10M: three times, every 10 minutes")
            else:
                self._clock(rest, node)
        elif event.form == "duration":
            self._clock(event.text, node)
        elif event.text.startswith("="):
            self._feel(expression(event.text), "", _at(node))
        elif not _is_moment(event.text):
            self._add("bpmn-clock", f"{event.text!r} is no moment", node, "write 2026-07-01T08:00:00+08:00 or =FEEL")

    def _clock(self, text: str, node: Node) -> None:
        if text.startswith("="):
            self._feel(expression(text), "", _at(node))
            return
        try:
            parse_duration(text)
        except Invalid as error:
            self._add("bpmn-clock", error.fault.detail, node, error.fault.remedy)

    def _task(self, node: Node) -> None:
        element = node.element
        if node.kind in ("userTask", "manualTask"):
            if not element.department and not element.matter:
                self._add("bpmn-department", "nobody is responsible for it", node,
                          '<chengshu:task department="…"/> or matter="…"')
            if not element.clock:
                self._add("bpmn-clock", "it has no clock", node, '<chengshu:task clock="PT30M"/>')
        for text in (element.department, element.escalate):
            if text.startswith("="):
                self._feel(expression(text), "", _at(node))
        if element.clock:
            self._clock(element.clock, node)
        for name, text in element.inputs.items():
            self._feel(text, "", f"{_at(node)}, input {name!r}")
        for item in element.fields:
            if not item.name or item.type not in ("text", "number", "boolean", "choice", "photo"):
                self._add("bpmn-field", f"the field {item.name!r} of type {item.type!r} is not understood", node,
                          "give it a name and a type: text, number, boolean, choice, photo")
        if node.kind == "serviceTask" and not element.handler:
            self._add("bpmn-handler", "it names no handler", node, '<chengshu:task handler="dispatch"/>')
        if node.kind == "businessRuleTask" and not (element.decision and element.result):
            self._add("bpmn-decision", "it names no decision or no result variable", node,
                      '<chengshu:task decision="severity" result="grade"/>')
        if node.kind == "scriptTask":
            if not node.script:
                self._add("bpmn-script", "it has no script", node, "write a FEEL context: {level: \"red\"}")
            else:
                self._feel(expression(node.script), _script_language(node.language), _at(node))
        if node.kind == "callActivity" and node.called.split(":")[-1] not in self._top:
            self._add("bpmn-called", f"the called process {node.called!r} is not known", node,
                      "put it into the same file or deploy it first")

    def _each(self, node: Node) -> None:
        each = node.each
        if each is None:
            return
        if bool(each.collection) == bool(each.cardinality):
            self._add("bpmn-each", "it needs either a collection or a cardinality", node,
                      '<chengshu:each collection="departments" item="department"/>')
        for text in filter(None, (each.collection, each.cardinality, each.until)):
            self._feel(text, "", _at(node))


def _script_language(word: str) -> str:
    return "" if word.lower() in ("", "feel", "text/feel", "application/feel") else word


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
