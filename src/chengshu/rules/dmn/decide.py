"""Decision requirements graphs: evaluate a decision or a service with all it requires (DMN 1.5, 10.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from chengshu.kernel.errors import Fault
from chengshu.rules.dmn import model as dmn
from chengshu.rules.dmn.boxed import compile_boxed, compile_function, convert_value, converted, declared
from chengshu.rules.dmn.errors import DmnError
from chengshu.rules.dmn.explain import Match, NearMiss
from chengshu.rules.dmn.reader import read_definitions
from chengshu.rules.dmn.scope import LogicScope
from chengshu.rules.dmn.types import TypeTable
from chengshu.rules.feel.call import call_function
from chengshu.rules.feel.errors import Diagnostic, FeelError
from chengshu.rules.feel.expression import guarded
from chengshu.rules.feel.limits import DEFAULT_LIMITS, Limits
from chengshu.rules.feel.names import normal
from chengshu.rules.feel.runtime import MISSING, Budget, Code, HasNow, Run, Vars
from chengshu.rules.feel.types import FeelType
from chengshu.rules.feel.values import Function, from_python, to_python

_EMPTY: Mapping[str, Any] = {}


class NotGiven(DmnError):
    """A model that is imported was not handed in."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The value of a decision, notes on what became null, and the rules that matched, in the order used.

    ``near`` has the rules that missed by one cell; it is empty unless they were asked for.
    """

    value: Any
    diagnostics: tuple[Diagnostic, ...]
    matched: tuple[Match, ...]
    near: tuple[NearMiss, ...] = ()


Imported: TypeAlias = "Sequence[tuple[str, Model]]"
"""Imported models with the names under which they are seen; an empty name may stand for several."""


class Model:
    """A DMN model, compiled. Read one with :func:`read_model`."""

    def __init__(self, definitions: dmn.Definitions, imported: Imported, limits: Limits) -> None:
        self.definitions = definitions
        self.imported = imported
        self.limits = limits
        self.name = definitions.name
        self.namespace = definitions.namespace
        self.faults: list[Fault] = []
        self.types: TypeTable = TypeTable(definitions, [(alias, model.types) for alias, model in imported])
        self.by_id = {element.id: element for element in definitions.elements}
        self.by_name: dict[str, dmn.Element] = {}
        for element in definitions.elements:
            self.by_name.setdefault(element.name, element)
        self._by_namespace = {model.namespace: model for model in self._all_imported()}
        self.nodes: dict[str, Node] = {}
        for element in definitions.elements:
            self.nodes[element.id] = Node(self, element)
        for element in definitions.elements:
            self.nodes[element.id].link()
        self._check_cycles()
        for problem in self.types.problems:
            self.report("types", problem)

    def _all_imported(self) -> list[Model]:
        found: list[Model] = []
        for _, model in self.imported:
            found.extend((model, *model._all_imported()))
        return found

    def report(self, place: str, problem: str) -> None:
        """Keep what is wrong with the model."""
        fault = Fault("dmn-model", problem, f"{self.name}: {place}")
        if fault not in self.faults:
            self.faults.append(fault)

    @property
    def problems(self) -> tuple[Fault, ...]:
        """What is wrong in this model and the imported ones: texts that do not parse, unknown types."""
        return (*self.faults, *(fault for _, model in self.imported for fault in model.problems))

    @cached_property
    def decisions(self) -> tuple[str, ...]:
        """Names of the decisions."""
        return tuple(e.name for e in self.definitions.elements if isinstance(e, dmn.Decision))

    @cached_property
    def top_decisions(self) -> tuple[str, ...]:
        """Names of the decisions that no other decision of this model requires."""
        used = {
            node.element.name
            for other in self.nodes.values()
            if isinstance(other.element, dmn.Decision)
            for alias, node in other.required
            if alias is None
        }
        return tuple(name for name in self.decisions if name not in used)

    @cached_property
    def inputs(self) -> Mapping[str, str]:
        """Names of the inputs with their types (as written)."""
        return {e.name: e.type_ref for e in self.definitions.elements if isinstance(e, dmn.InputData)}

    @cached_property
    def services(self) -> tuple[str, ...]:
        """Names of the decision services."""
        return tuple(e.name for e in self.definitions.elements if isinstance(e, dmn.Service))

    def outputs_of(self, service: str) -> tuple[str, ...]:
        """Names of the output decisions of a decision service. Raises DmnError for an unknown one."""
        node = self._node(service, dmn.Service, "decision service")
        return tuple(output.element.name for output in node.outputs)

    def alias_of(self, model: Model) -> str | None:
        """The name under which this model imports another; None where its names stand for themselves."""
        return next((alias for alias, other in self.imported if other is model and alias), None)

    def find(self, href: str) -> Node | None:
        """The element that a reference (``#id`` or ``namespace#id``) means."""
        namespace, _, ident = href.rpartition("#")
        if not namespace or namespace == self.namespace:
            return self.nodes.get(ident)
        model = self._by_namespace.get(namespace)
        return None if model is None else model.nodes.get(ident)

    def _check_cycles(self) -> None:
        state: dict[int, int] = {}

        def visit(node: Node, path: tuple[str, ...]) -> None:
            if state.get(id(node)) == 2 or len(path) > 400:
                return
            if state.get(id(node)) == 1:
                raise DmnError(
                    f"«{node.element.name}» requires itself: {' → '.join((*path, node.element.name))}",
                    self.name,
                )
            state[id(node)] = 1
            for _, required in node.required:
                if isinstance(required.element, dmn.Decision):
                    visit(required, (*path, node.element.name))
            state[id(node)] = 2

        for node in self.nodes.values():
            if isinstance(node.element, dmn.Decision):
                visit(node, ())

    def _node(self, name: str, kind: type[dmn.Element], what: str) -> Node:
        wanted = normal(name)
        for element in self.definitions.elements:
            if element.name == wanted and isinstance(element, kind):
                return self.nodes[element.id]
        raise DmnError(
            f"the model has no {what} «{name}»", self.name, f"it has {', '.join(self.by_name) or 'none'}"
        )

    def decide(
        self,
        name: str,
        context: Mapping[str, Any] = _EMPTY,
        *,
        clock: HasNow | None = None,
        near: bool = False,
        known: Mapping[str, Any] = _EMPTY,
    ) -> Outcome:
        """The value of a decision, given the inputs by name. Raises DmnError for an unknown decision.

        With ``near`` the outcome also has the rules that missed by one cell; every rule is tried for it.
        ``known`` has values of other decisions, by name, that are taken as they are and not decided again.
        """
        node = self._node(name, dmn.Decision, "decision")
        evaluation = _Evaluation(context, Budget(self.limits, clock))
        for other, value in known.items():
            evaluation.take(self._node(other, dmn.Decision, "decision"), value)
        if near:
            evaluation.run.budget.near = []
        return evaluation.outcome(lambda: evaluation.value_of(node))

    def decide_service(
        self, name: str, context: Mapping[str, Any] = _EMPTY, *, clock: HasNow | None = None
    ) -> Outcome:
        """What a decision service gives; ``context`` holds its inputs and input decisions by name.

        One output decision gives its value, several give a context. Raises DmnError for an unknown service.
        """
        node = self._node(name, dmn.Service, "decision service")
        evaluation = _Evaluation(context, Budget(self.limits, clock))
        return evaluation.outcome(lambda: evaluation.service(node, None))

    def call(
        self, name: str, arguments: Mapping[str, Any] = _EMPTY, *, clock: HasNow | None = None
    ) -> Outcome:
        """What a business knowledge model gives for arguments by name; one that is missing is null.

        Raises DmnError for an unknown knowledge model.
        """
        node = self._node(name, dmn.Knowledge, "business knowledge model")
        evaluation = _Evaluation(_EMPTY, Budget(self.limits, clock))
        return evaluation.outcome(lambda: evaluation.called(node, arguments))


class Node:
    """An element of a model with what it requires, compiled on first use."""

    def __init__(self, model: Model, element: dmn.Element) -> None:
        self.model = model
        self.element = element
        self.required: list[tuple[str | None, Node]] = []
        self.type: FeelType | None = None

    def link(self) -> None:
        """Find the required elements and compile the logic."""
        element, model = self.element, self.model
        requires = element.requires if isinstance(element, dmn.Decision | dmn.Knowledge) else ()
        self.required = [found for href in requires if (found := self._resolve(href)) is not None]
        visible = {alias or node.element.name for alias, node in self.required}
        if isinstance(element, dmn.Knowledge):
            visible.add(element.name)
        names = frozenset(visible | model.types.member_names() | model.types.names() | self._imported_names())
        scope = LogicScope(names, model.types.find, element.name, model.report, visible=frozenset(visible))
        self.type = declared(scope, element.type_ref)
        self.logic: Code | None = None
        self.make: Callable[[Vars, Run], Function] | None = None
        if isinstance(element, dmn.Decision) and element.logic is not None:
            self.logic = converted(compile_boxed(element.logic, scope), self.type, element.name)
        if isinstance(element, dmn.Knowledge) and element.logic is not None:
            self.make = compile_function(element.logic, scope, element.name)
        if isinstance(element, dmn.Service):
            self.outputs = self._resolve_all(element.outputs)
            self.parameters = self._resolve_all((*element.inputs, *element.input_decisions))

    def _resolve(self, href: str) -> tuple[str | None, Node] | None:
        found = self.model.find(href)
        if found is None:
            self.model.report(self.element.name, f"it requires «{href}», which does not exist")
            return None
        return self.model.alias_of(found.model), found

    def _resolve_all(self, hrefs: tuple[str, ...]) -> list[Node]:
        return [found[1] for href in hrefs if (found := self._resolve(href)) is not None]

    def _imported_names(self) -> set[str]:
        """Names that may follow the name of an imported model."""
        return {node.element.name for alias, node in self.required if alias}


class _Evaluation:
    """One evaluation: inputs, values found so far, and the budget."""

    def __init__(self, context: Mapping[str, Any], budget: Budget) -> None:
        self.run = Run(context, budget)
        self.values: dict[int, Any] = {}

    def outcome(self, compute: Callable[[], Any]) -> Outcome:
        value = guarded(self.run, lambda: to_python(compute()))
        budget = self.run.budget
        matches = guarded(self.run, lambda: tuple(hit.as_match() for hit in budget.matched)) or ()
        missed = budget.near or []
        near = guarded(self.run, lambda: tuple(miss.as_near_miss() for miss in missed)) or ()
        return Outcome(value, tuple(budget.diagnostics), matches, near)

    def take(self, node: Node, value: Any) -> None:
        """Let a decision have a value that is known already."""
        self.values[id(node)] = from_python(value)

    def value_of(self, node: Node) -> Any:
        """The value of a required element, found once."""
        key = id(node)
        if key in self.values:
            return self.values[key]
        element = node.element
        if isinstance(element, dmn.InputData):
            value = self._input(node)
        elif isinstance(element, dmn.Decision):
            value = self._decision(node)
        elif isinstance(element, dmn.Knowledge):
            value = self._knowledge(node)
        else:
            value = self._service_function(node)
        self.values[key] = value
        return value

    def _input(self, node: Node) -> Any:
        name = node.element.name
        value = self.run.lookup(name)
        if value is MISSING:
            self.run.note("missing-input", name=name)
            return None
        return value if node.type is None else convert_value(value, node.type, name, self.run)

    def _root(self, node: Node) -> Vars:
        """The values of all that an element requires, by name."""
        root: Vars = {}
        for alias, required in node.required:
            value = self.value_of(required)
            if alias is None:
                root[required.element.name] = value
            else:
                root.setdefault(alias, {})[required.element.name] = value
        return root

    def _decision(self, node: Node) -> Any:
        if node.logic is None:
            self.run.note("no-logic", name=node.element.name)
            return None
        return node.logic({}, self.run.inside(self._root(node)))

    def _knowledge(self, node: Node) -> Any:
        if node.make is None:
            self.run.note("no-logic", name=node.element.name)
            return None
        root: Vars = {}
        own = self.run.inside(root)
        function = node.make({}, own)
        if node.type is not None and node.type.kind != "function":
            function = Function(function.name, function.parameters, function.types, function.call, node.type)
        self.values[id(node)] = root[node.element.name] = function  # it may call itself
        root.update(self._root(node))
        return function

    def called(self, node: Node, arguments: Mapping[str, Any]) -> Any:
        """The value of a knowledge model for arguments by name."""
        function = self.value_of(node)
        if type(function) is not Function:
            return None
        values = [self.run.take_in(arguments.get(name)) for name in function.parameters]
        try:
            return call_function(self.run, function, values)
        except FeelError as error:
            self.run.note_error(error)
            return None

    def _service_function(self, node: Node) -> Function:
        parameters = tuple(p.element.name for p in node.parameters)
        types = tuple(p.type for p in node.parameters)

        def call(run: Run, values: list[Any]) -> Any:
            return self.service(node, dict(zip(parameters, values, strict=True)))

        return Function(node.element.name, parameters, types, call)

    def service(self, node: Node, arguments: Vars | None) -> Any:
        """The outputs of a decision service over its own inputs only."""
        inner = _Evaluation(_EMPTY, self.run.budget)
        for parameter in node.parameters:
            name = parameter.element.name
            value = self.run.lookup(name) if arguments is None else arguments.get(name, MISSING)
            if value is MISSING:
                self.run.note("missing-input", name=name)
                value = None
            elif parameter.type is not None:
                value = convert_value(value, parameter.type, name, self.run)
            inner.values[id(parameter)] = value
        outputs = {output.element.name: inner.value_of(output) for output in node.outputs}
        value = next(iter(outputs.values())) if len(outputs) == 1 else outputs
        if node.type is None:
            return value
        return convert_value(value, node.type, node.element.name, self.run)


def read_model(
    data: bytes,
    imports: Mapping[str, bytes | Model] | None = None,
    *,
    strict: bool = True,
    limits: Limits = DEFAULT_LIMITS,
) -> Model:
    """A model from DMN XML (1.1 to 1.5), compiled.

    ``imports`` holds the imported models, under any key; they are recognised by their namespaces. Raises
    DmnError for a file that is no model, for an import that is not given, for decisions that require
    themselves, and, unless ``strict`` is false, for texts that do not parse and references that lead nowhere;
    otherwise these are kept in ``Model.problems`` and give null.
    """
    given: dict[str, dmn.Definitions | Model] = {}
    unread: list[DmnError] = []
    for source in (imports or {}).values():
        try:
            found = source if isinstance(source, Model) else read_definitions(source)
        except DmnError as error:  # no matter, unless it is the one that is wanted
            unread.append(error)
            continue
        given[found.namespace] = found
    try:
        model = _build(read_definitions(data), given, {}, (), limits)
    except NotGiven:
        if unread:
            raise unread[0] from None
        raise
    if strict and model.problems:
        first, rest = model.problems[0], len(model.problems) - 1
        raise DmnError(first.detail + (f" (and {rest} more)" if rest else ""), first.where)
    return model


def _build(
    definitions: dmn.Definitions,
    given: Mapping[str, dmn.Definitions | Model],
    built: dict[str, Model],
    path: tuple[str, ...],
    limits: Limits,
) -> Model:
    if definitions.namespace in path:
        raise DmnError(f"«{definitions.name}» imports itself")
    imported: list[tuple[str, Model]] = []
    for wanted in definitions.imports:
        source = given.get(wanted.namespace)
        if source is None:
            raise _not_given(wanted, definitions)
        if isinstance(source, Model):
            imported.append((wanted.name, source))
        elif wanted.namespace in built:
            imported.append((wanted.name, built[wanted.namespace]))
        else:
            inner = _build(source, given, built, (*path, definitions.namespace), limits)
            imported.append((wanted.name, inner))
    model = Model(definitions, imported, limits)
    built[definitions.namespace] = model
    return model


def _not_given(wanted: dmn.Import, definitions: dmn.Definitions) -> NotGiven:
    return NotGiven(
        f"the imported model «{wanted.name}» ({wanted.namespace}) is not given",
        definitions.name,
        "pass it in imports",
    )
