"""A web page as text: what a reader sees, block by block, headings marked with #, tables row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from chengshu.kernel.errors import Invalid

_HIDDEN = {"script", "style", "head", "template", "noscript", "svg", "nav", "iframe", "object", "select"}
_BLOCKS = frozenset(
    re.split(
        " ",
        "address article aside blockquote body br caption center dd details div dl dt fieldset figcaption "
        "figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main ol p pre section summary table "
        "tbody td tfoot th thead tr ul",
    )
)
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")


def text_of_html(name: str, body: bytes) -> str:
    """The words of a page. Raises :class:`Invalid` when there is nothing that could be read as HTML."""
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Invalid("document-html", f"the page cannot be read: {error}", where=name) from None
    if root is None:
        return ""
    lines = (_SPACE.sub(" ", line).strip() for line in "".join(_pieces(root)).split("\n"))
    return "\n".join(line for line in lines if line and line.strip("#| ")) + "\n"


def _pieces(root: etree._Element) -> Iterator[str]:
    """Words and line ends, in order; walked without recursion, however deep the page is."""
    hidden = 0
    for event, node in etree.iterwalk(root, events=("start", "end")):
        tag = node.tag if isinstance(node.tag, str) else ""
        if event == "start":
            hidden += tag in _HIDDEN
            if hidden:
                continue
            if tag in ("td", "th"):
                yield " " if node.getprevious() is None else " | "
            elif tag in _BLOCKS:
                yield "\n"
            if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
                yield "#" * int(tag[1]) + " "
            yield _SPACE.sub(" ", node.text or "")
        else:
            hidden -= tag in _HIDDEN
            if hidden:
                continue
            if tag in _BLOCKS and tag not in ("td", "th"):
                yield "\n"
            yield _SPACE.sub(" ", node.tail or "")
