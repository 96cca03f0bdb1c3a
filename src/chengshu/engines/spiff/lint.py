"""Why a process cannot run: every reason, with the place in the file and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from chengshu.engines.spiff.lint_nodes import NodeLint, place
from chengshu.engines.spiff.reading import Flow, Node, Scope
from chengshu.kernel.errors import Fault, Findings


def lint(scopes: list[Scope]) -> list[Fault]:
    """All faults of the processes of one bundle of files; the first executable process is the one started."""
    findings = Findings()
    if not any(scope.executable for scope in scopes):
        findings.add(
            "bpmn-nothing",
            "no process of the file is marked executable",
            where="definitions",
            remedy='set isExecutable="true" on the process that is to run',
        )
    top = {scope.id: scope for scope in scopes}
    seen: dict[str, Scope] = {}
    for scope in (inner for outer in scopes for inner in outer.all_scopes()):
        for node in scope.nodes.values():
            if node.id in seen and seen[node.id] is not scope:
                findings.add(
                    "bpmn-double-id",
                    f"two elements have the id {node.id!r}",
                    where=place(node),
                    remedy="give each element its own id",
                )
            seen[node.id] = scope
        _Scope(scope, top, findings).check()
    _check_circle(scopes, top, findings)
    return findings.faults


def _check_circle(scopes: list[Scope], top: Mapping[str, Scope], findings: Findings) -> None:
    calls = {
        scope.id: {
            node.called.split(":")[-1]
            for inner in scope.all_scopes()
            for node in inner.nodes.values()
            if node.called
        }
        for scope in scopes
    }
    for scope in scopes:
        reached: set[str] = set()
        todo = list(calls[scope.id])
        while todo:
            name = todo.pop()
            if name == scope.id:
                findings.add(
                    "bpmn-call-circle",
                    f"process {scope.id!r} calls itself, directly or through others",
                    where=f"process {scope.id!r}, line {scope.line}",
                    remedy="break the circle of calls",
                )
                break
            if name in top and name not in reached:
                reached.add(name)
                todo.extend(calls[name])


class _Scope:
    """The checks of one process or sub-process."""

    def __init__(self, scope: Scope, top: Mapping[str, Scope], findings: Findings) -> None:
        self._scope, self._findings = scope, findings
        self._nodes = NodeLint(scope, frozenset(top), findings)

    def _add(self, code: str, detail: str, node: Node, remedy: str) -> None:
        self._findings.add(code, detail, where=place(node), remedy=remedy)

    def check(self) -> None:
        """Note every fault."""
        scope = self._scope
        for tag, name, line in scope.unknown:
            self._findings.add(
                "bpmn-element",
                f"{tag} is not run by the hub",
                where=f"{tag} {name!r}, line {line}",
                remedy="model it with the supported elements (see the BPMN guide)",
            )
        for name, line in scope.doubles:
            self._findings.add(
                "bpmn-double-id",
                f"two elements have the id {name!r}",
                where=f"line {line}",
                remedy="give each element its own id",
            )
        starts = [node for node in scope.nodes.values() if node.kind == "startEvent"]
        if len(starts) != 1:
            self._findings.add(
                "bpmn-start",
                f"there are {len(starts)} start events; exactly one is needed",
                where=f"process {scope.id!r}, line {scope.line}",
                remedy="begin with one plain start event and branch after it",
            )
        for flow in scope.flows:
            self._flow(flow)
        for node in scope.nodes.values():
            self._ends(node, scope.leaving(node.id), scope.entering(node.id))
            self._nodes.check(node)
        self._reach(starts)

    def _flow(self, flow: Flow) -> None:
        where = f"sequenceFlow {flow.id!r}, line {flow.line}"
        for end, name in (("source", flow.source), ("target", flow.target)):
            if name not in self._scope.nodes:
                self._findings.add(
                    "bpmn-flow-end",
                    f"its {end} {name!r} is not in the same process",
                    where=where,
                    remedy="connect it to an element of the same process",
                )
        source = self._scope.nodes.get(flow.source)
        if flow.condition:
            self._nodes.feel(flow.condition, flow.language, where)
            if source is not None and (
                source.kind in ("parallelGateway", "eventBasedGateway")
                or len(self._scope.leaving(source.id)) == 1
            ):
                self._findings.add(
                    "bpmn-condition",
                    "its condition would never be asked",
                    where=where,
                    remedy="put an exclusive gateway before the flow",
                )

    def _ends(self, node: Node, leaving: list[Flow], entering: list[Flow]) -> None:
        if node.kind == "endEvent":
            if leaving:
                self._add("bpmn-after-end", "a flow leaves an end event", node, "use an intermediate event")
        elif not leaving:
            self._add(
                "bpmn-dead-end",
                "no flow leaves it: the process would stop here unnoticed",
                node,
                "connect it onward, at least to an end event",
            )
        if entering and node.kind in ("startEvent", "boundaryEvent"):
            self._add("bpmn-into-start", "a flow enters it", node, "let the flow end at the element after it")
        if node.kind == "boundaryEvent":
            host = self._scope.nodes.get(node.attached)
            if (
                host is None
                or host.kind in ("startEvent", "endEvent")
                or host.kind.endswith(("Gateway", "Event"))
            ):
                self._add(
                    "bpmn-attached",
                    f"it is attached to {node.attached!r}, which is no activity here",
                    node,
                    "attach it to a task, sub-process or call activity",
                )

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
                self._add(
                    "bpmn-unreachable", "no path from the start leads here", node, "connect it or remove it"
                )
