"""DMN XML (1.1 to 1.5) to a model. Diagrams and extensions are passed over.

A later version is read as far as it says the same; :func:`version_of` tells that it is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from chengshu.rules.dmn import model as dmn
from chengshu.rules.dmn.errors import DmnError
from chengshu.rules.feel.names import normal

NAMESPACES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
_ANY_VERSION = re.compile(r"https?://www\.omg\.org/spec/DMN/(?P<day>\d{8})/MODEL/?")
NEWEST = "1.5"
"""The newest version whose every construct is known."""

MAX_BYTES = 20_000_000
MAX_DEPTH = 60
_SCHEMA = "http://www.w3.org/2001/XMLSchema"
_OF_SCHEMA = {
    name: kind
    for kind, names in {
        "number": "decimal integer int long short byte double float positiveInteger nonNegativeInteger",
        "string": "string token normalizedString anyURI",
        "boolean": "boolean",
        "date": "date",
        "time": "time",
        "date and time": "dateTime",
        "days and time duration": "dayTimeDuration",
        "years and months duration": "yearMonthDuration",
        "Any": "anyType anySimpleType anyAtomicType",
    }.items()
    for name in names.split()
}
"""Types of XML Schema that models use in place of FEEL's."""
Xml = Any


def version_of(namespace: str) -> str:
    """The version of DMN that a namespace stands for, ``later (20300101)`` for one that is not known yet.

    Empty for a namespace that is none of DMN's.
    """
    found = _ANY_VERSION.fullmatch(namespace)
    return NAMESPACES.get(namespace) or (f"later ({found['day']})" if found else "")


def read_definitions(data: bytes) -> dmn.Definitions:
    """The model in a DMN file. Raises DmnError."""
    if len(data) > MAX_BYTES:
        raise DmnError(f"the file is larger than {MAX_BYTES} bytes")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise DmnError(f"not XML: {error.msg}", f"line {error.lineno}") from None
    tag = etree.QName(root)
    if tag.localname != "definitions" or not version_of(tag.namespace or ""):
        raise DmnError(
            f"the root is «{tag.localname}» of «{tag.namespace}»",
            remedy="give a DMN 1.1 to 1.5 definitions file",
        )
    return _Reader(tag.namespace).definitions(root)


class _Reader:
    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.depth = 0
        self.aliases: dict[str, str] = {}
        """The names of imports, by namespace: a prefix of a type may stand for one (DMN 1.1)."""
        self.boxed_readers: dict[str, Callable[[Xml], dmn.Boxed]] = {
            "literalExpression": self.literal,
            "decisionTable": self.table,
            "context": self.context,
            "list": self.boxed_list,
            "relation": self.relation,
            "functionDefinition": self.function,
            "invocation": self.invocation,
            "conditional": self.conditional,
            "for": self.iterator,
            "some": self.iterator,
            "every": self.iterator,
            "filter": self.filter,
        }

    # -- tools -------------------------------------------------------------------------------------------

    def children(self, node: Xml, *names: str) -> Iterator[Xml]:
        for child in node:
            if isinstance(child.tag, str) and etree.QName(child).namespace == self.namespace:
                name = etree.QName(child).localname
                if not names or name in names:
                    yield child

    def child(self, node: Xml, name: str) -> Xml | None:
        return next(self.children(node, name), None)

    def text(self, node: Xml | None) -> str:
        """The text of a node, or of the ``text`` element within it."""
        if node is None:
            return ""
        inner = self.child(node, "text")
        return "".join((node if inner is None else inner).itertext()).strip()

    def texts(self, node: Xml, name: str) -> tuple[str, ...]:
        return tuple(self.text(child) for child in self.children(node, name))

    def hrefs(self, node: Xml, name: str) -> tuple[str, ...]:
        return tuple(child.get("href", "") for child in self.children(node, name))

    def where(self, node: Xml) -> str:
        return f"line {node.sourceline}"

    def type_of(self, node: Xml) -> str:
        """``typeRef`` as attribute (1.2 and later) or element (1.1), without the prefix of FEEL's own."""
        found = node.get("typeRef") or self.text(self.child(node, "typeRef"))
        prefix, colon, rest = found.partition(":")
        if not colon or (prefix not in node.nsmap and prefix != "feel"):
            return normal(found)
        meant = node.nsmap.get(prefix, "")
        if meant == _SCHEMA:
            return _OF_SCHEMA.get(rest, normal(rest))
        alias = self.aliases.get(meant)
        return normal(f"{alias}.{rest}" if alias else rest)

    # -- the graph ---------------------------------------------------------------------------------------

    def definitions(self, root: Xml) -> dmn.Definitions:
        readers: dict[str, Callable[[Xml], dmn.Element]] = {
            "inputData": self.input_data,
            "decision": self.decision,
            "businessKnowledgeModel": self.knowledge,
            "decisionService": self.service,
        }
        imports = tuple(
            dmn.Import(normal(n.get("name", "")), n.get("namespace", ""))
            for n in self.children(root, "import")
        )
        self.aliases = {one.namespace: one.name for one in imports}
        elements = [readers[etree.QName(n).localname](n) for n in self.children(root, *readers)]
        types = tuple(self.item(n) for n in self.children(root, "itemDefinition"))
        return dmn.Definitions(
            root.get("name", ""),
            root.get("namespace", ""),
            tuple(elements),
            types,
            imports,
            version_of(self.namespace),
        )

    def named(self, node: Xml) -> tuple[str, str, str]:
        """Id, name of the variable, and type of an element."""
        variable = self.child(node, "variable")
        own = node.get("name", "")
        name = (variable.get("name") if variable is not None else None) or own
        if not name:
            raise DmnError("an element has no name", self.where(node))
        kind = self.type_of(variable) if variable is not None else ""
        return node.get("id") or normal(name), normal(name), kind

    def input_data(self, node: Xml) -> dmn.InputData:
        return dmn.InputData(*self.named(node))

    def decision(self, node: Xml) -> dmn.Decision:
        requires = [
            href
            for requirement in self.children(node, "informationRequirement", "knowledgeRequirement")
            for name in ("requiredInput", "requiredDecision", "requiredKnowledge")
            for href in self.hrefs(requirement, name)
        ]
        ident, name, kind = self.named(node)
        logic = self.first_boxed(node, name)
        return dmn.Decision(
            ident, name, kind, logic, tuple(requires), self.text(self.child(node, "question"))
        )

    def knowledge(self, node: Xml) -> dmn.Knowledge:
        requires = [
            href
            for req in self.children(node, "knowledgeRequirement")
            for href in self.hrefs(req, "requiredKnowledge")
        ]
        ident, name, kind = self.named(node)
        logic = self.child(node, "encapsulatedLogic")
        function = None if logic is None else self.function(logic, name)
        return dmn.Knowledge(ident, name, kind, function, tuple(requires))

    def service(self, node: Xml) -> dmn.Service:
        return dmn.Service(
            *self.named(node),
            outputs=self.hrefs(node, "outputDecision"),
            encapsulated=self.hrefs(node, "encapsulatedDecision"),
            input_decisions=self.hrefs(node, "inputDecision"),
            inputs=self.hrefs(node, "inputData"),
        )

    def item(self, node: Xml) -> dmn.ItemDefinition:
        function = self.child(node, "functionItem")
        parameters = None
        result = ""
        if function is not None:
            parameters = tuple(self.type_of(p) for p in self.children(function, "parameters"))
            result = normal(function.get("outputTypeRef", ""))
        return dmn.ItemDefinition(
            normal(node.get("name", "")),
            self.type_of(node),
            self.text(self.child(node, "allowedValues")),
            self.text(self.child(node, "typeConstraint")),
            tuple(self.item(child) for child in self.children(node, "itemComponent")),
            node.get("isCollection") == "true",
            parameters,
            result,
        )

    # -- boxed expressions -------------------------------------------------------------------------------

    def first_boxed(self, node: Xml, name: str = "") -> dmn.Boxed | None:
        """The boxed expression directly under a node."""
        found = next(self.children(node, *self.boxed_readers), None)
        return None if found is None else self.boxed(found, name)

    def boxed(self, node: Xml, name: str = "") -> dmn.Boxed:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise DmnError(f"boxed expressions are nested more than {MAX_DEPTH} deep", self.where(node))
        kind = etree.QName(node).localname
        result = self.table(node, name) if kind == "decisionTable" else self.boxed_readers[kind](node)
        self.depth -= 1
        return result

    def needed(self, node: Xml, name: str) -> dmn.Boxed:
        """The boxed expression inside the child ``name``."""
        holder = self.child(node, name)
        found = None if holder is None else self.first_boxed(holder)
        if found is None:
            raise DmnError(f"«{etree.QName(node).localname}» has no «{name}»", self.where(node))
        return found

    def literal(self, node: Xml) -> dmn.Literal:
        return dmn.Literal(self.text(node), id=node.get("id", ""), type_ref=self.type_of(node))

    def table(self, node: Xml, name: str = "") -> dmn.Table:
        inputs = tuple(self.table_input(n) for n in self.children(node, "input"))
        outputs = tuple(self.table_output(n) for n in self.children(node, "output"))
        rules = tuple(self.rule(n, len(inputs), len(outputs)) for n in self.children(node, "rule"))
        return dmn.Table(
            inputs,
            outputs,
            rules,
            node.get("hitPolicy", "UNIQUE"),
            node.get("aggregation", ""),
            normal(node.get("outputLabel", "")) or name,
            id=node.get("id", ""),
            type_ref=self.type_of(node),
        )

    def table_input(self, node: Xml) -> dmn.TableInput:
        expression = self.child(node, "inputExpression")
        if expression is None:
            raise DmnError("an input of a decision table has no expression", self.where(node))
        allowed = self.text(self.child(node, "inputValues"))
        return dmn.TableInput(self.text(expression), self.type_of(expression), allowed, node.get("label", ""))

    def table_output(self, node: Xml) -> dmn.TableOutput:
        return dmn.TableOutput(
            normal(node.get("name", "")),
            self.type_of(node),
            self.text(self.child(node, "outputValues")),
            self.text(self.child(node, "defaultOutputEntry")),
        )

    def rule(self, node: Xml, inputs: int, outputs: int) -> dmn.Rule:
        tests, results = self.texts(node, "inputEntry"), self.texts(node, "outputEntry")
        if len(tests) != inputs or len(results) != outputs:
            found = f"{len(tests)} conditions and {len(results)} results"
            raise DmnError(f"a rule of {found} in a table of {inputs} and {outputs}", self.where(node))
        return dmn.Rule(tests, results, node.get("id", ""), self.texts(node, "annotationEntry"))

    def context(self, node: Xml) -> dmn.BoxedContext:
        entries: list[dmn.ContextEntry] = []
        for entry in self.children(node, "contextEntry"):
            variable = self.child(entry, "variable")
            name = "" if variable is None else normal(variable.get("name", ""))
            value = self.first_boxed(entry, name) or dmn.Literal("null")
            entries.append(dmn.ContextEntry(name, value, "" if variable is None else self.type_of(variable)))
        return dmn.BoxedContext(tuple(entries), id=node.get("id", ""), type_ref=self.type_of(node))

    def boxed_list(self, node: Xml) -> dmn.BoxedList:
        items = tuple(self.boxed(child) for child in self.children(node, *self.boxed_readers))
        return dmn.BoxedList(items, id=node.get("id", ""), type_ref=self.type_of(node))

    def relation(self, node: Xml) -> dmn.Relation:
        columns = tuple(normal(column.get("name", "")) for column in self.children(node, "column"))
        rows = tuple(
            tuple(self.boxed(cell) for cell in self.children(row, *self.boxed_readers))
            for row in self.children(node, "row")
        )
        if any(len(row) != len(columns) for row in rows):
            raise DmnError("a row of a relation does not have one cell per column", self.where(node))
        return dmn.Relation(columns, rows, id=node.get("id", ""), type_ref=self.type_of(node))

    def function(self, node: Xml, name: str = "") -> dmn.FunctionLogic:
        parameters = tuple(
            dmn.FormalParameter(normal(p.get("name", "")), self.type_of(p))
            for p in self.children(node, "formalParameter")
        )
        return dmn.FunctionLogic(
            parameters,
            self.first_boxed(node, name),
            node.get("kind", "FEEL"),
            id=node.get("id", ""),
            type_ref=self.type_of(node),
        )

    def invocation(self, node: Xml) -> dmn.Invocation:
        function = self.first_boxed(node)
        if function is None:
            raise DmnError("an invocation does not say what it calls", self.where(node))
        bindings: list[tuple[str, dmn.Boxed | None]] = []
        for binding in self.children(node, "binding"):
            parameter = self.child(binding, "parameter")
            if parameter is None:
                raise DmnError("a binding names no parameter", self.where(binding))
            bindings.append((normal(parameter.get("name", "")), self.first_boxed(binding)))
        return dmn.Invocation(function, tuple(bindings), id=node.get("id", ""), type_ref=self.type_of(node))

    def conditional(self, node: Xml) -> dmn.Conditional:
        parts = [self.needed(node, name) for name in ("if", "then", "else")]
        return dmn.Conditional(*parts, id=node.get("id", ""), type_ref=self.type_of(node))

    def iterator(self, node: Xml) -> dmn.Iterator:
        kind = etree.QName(node).localname
        body = self.needed(node, "return" if kind == "for" else "satisfies")
        variable = normal(node.get("iteratorVariable", ""))
        return dmn.Iterator(
            kind, variable, self.needed(node, "in"), body, id=node.get("id", ""), type_ref=self.type_of(node)
        )

    def filter(self, node: Xml) -> dmn.BoxedFilter:
        return dmn.BoxedFilter(
            self.needed(node, "in"),
            self.needed(node, "match"),
            id=node.get("id", ""),
            type_ref=self.type_of(node),
        )
