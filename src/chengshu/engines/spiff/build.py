"""From the read tree to SpiffWorkflow's specification, without its parser."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition

from chengshu.engines.spiff import specs
from chengshu.engines.spiff.events import definition_of
from chengshu.engines.spiff.reading import Flow, Node, Scope

_PLAIN: dict[str, Any] = {
    "startEvent": specs.Pass,
    "task": specs.Pass,
    "scriptTask": specs.Script,
    "businessRuleTask": specs.Rule,
    "endEvent": specs.Throw,
    "sendTask": specs.Throw,
    "intermediateThrowEvent": specs.Throw,
    "exclusiveGateway": specs.Choice,
    "parallelGateway": specs.Together,
    "inclusiveGateway": specs.Some,
}


def build(scopes: list[Scope]) -> dict[str, Any]:
    """A specification for every process and sub-process, by id. The scopes have passed the lint."""
    return {scope.id: _Builder(scope).build() for outer in scopes for scope in outer.all_scopes()}


class _Builder:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._spec = BpmnProcessSpec(name=scope.id)
        self._entry: dict[str, Any] = {}  # where a flow into the element leads
        self._exit: dict[str, Any] = {}  # where flows out of it start

    def build(self) -> Any:
        """Make the nodes, their borders, then the flows in the file's order."""
        nodes = self._scope.nodes
        for node in nodes.values():
            made = self._make(node)
            self._exit[node.id] = self._entry[node.id] = self._repeat(node, made) if node.each else made
        for node in nodes.values():
            if borders := self._scope.boundaries(node.id):
                self._entry[node.id] = self._borders(node, borders)
        for node in nodes.values():
            if node.kind == "startEvent":
                self._spec.start.connect(self._entry[node.id])
            leaving = self._scope.leaving(node.id)
            source = self._exit[node.id]
            if len(leaving) > 1 and not node.kind.endswith("Gateway"):
                source = self._fork(node, leaving)
            for flow in leaving:
                self._connect(node, source, flow, alone=len(leaving) == 1)
            if node.kind == "endEvent":
                self._exit[node.id].connect(self._spec.end)
        return self._spec

    def _make(self, node: Node) -> Any:
        name = f"{node.id} [each]" if node.each else node.id
        if node.kind in ("userTask", "manualTask", "serviceTask"):
            made = specs.Work(self._spec, name, manual=True)
        elif node.kind in ("subProcess", "callActivity"):
            inner = node.inner.id if node.inner is not None else node.called.split(":")[-1]
            made = specs.Sub(self._spec, name, subworkflow_spec=inner)
        elif node.kind in ("intermediateCatchEvent", "receiveTask"):
            made = specs.Catch(self._spec, name, event_definition=definition_of(node.id, node.events[0]))
        elif node.kind == "boundaryEvent":
            made = specs.Border(
                self._spec,
                name,
                event_definition=definition_of(node.id, node.events[0]),
                cancel_activity=node.interrupting,
            )
        elif node.kind == "eventBasedGateway":
            made = specs.Events(self._spec, name, event_definition=MultipleEventDefinition())
        else:
            made = _PLAIN[node.kind](self._spec, name)
        made.node = node
        made.results = node.each.results if node.each else ""
        return made

    def _repeat(self, node: Node, one: Any) -> Any:
        multi: Any = specs.Multi(self._spec, node.id)
        multi.node, multi.each, multi.child, multi.results = node, node.each, one, ""
        one._inputs = [multi.name]
        one.completed_event.connect(multi.finished)
        return multi

    def _borders(self, node: Node, borders: list[Node]) -> Any:
        split = BoundaryEventSplit(self._spec, f"{node.id}.split")
        join = BoundaryEventJoin(self._spec, f"{node.id}.join", split_task=split.name, cancel=True)
        split.connect(self._exit[node.id])
        self._exit[node.id].connect(join)
        for border in borders:
            split.connect(self._exit[border.id])
            self._exit[border.id].connect(join)
        return split

    def _fork(self, node: Node, leaving: list[Flow]) -> Any:
        """Several flows out of one activity: all are taken, or with conditions all that hold (BPMN 2.0
        §10.3.1).
        """
        kind = specs.Some if any(flow.condition for flow in leaving) else specs.Together
        fork = kind(self._spec, f"{node.id}.fork")
        self._exit[node.id].connect(fork)
        return fork

    def _connect(self, node: Node, source: Any, flow: Flow, *, alone: bool) -> None:
        target = self._entry[flow.target]
        choosing = isinstance(source, (specs.Choice, specs.Some))
        if choosing and flow.condition and flow.id != node.default and not alone:
            source.connect_if(specs.Condition(flow.condition, flow.id), target)
        else:
            source.connect(target)
