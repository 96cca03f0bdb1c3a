"""A word-processor file (Office Open XML) as text: paragraphs, headings, counted lists, tables by rows.

Source: ECMA-376 part 1, WordprocessingML. The file is untrusted: sizes are bounded before anything is
unpacked, and XML with a document type is refused.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from lxml import etree

from chengshu.kernel.errors import Invalid, TooLarge
from chengshu.resources.knowledge.docx_lists import Lists, W

_MOST_PART = 100_000_000  # bytes of one part, unpacked
_MOST_RATIO = 200
_SMALL = 1_000_000


def text_of_docx(name: str, body: bytes) -> str:
    """The words of a document. Raises :class:`Invalid` for what is no such file, :class:`TooLarge`."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            document = _part(archive, "word/document.xml", name)
            styles = _part(archive, "word/styles.xml", name)
            lists = _part(archive, "word/numbering.xml", name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise Invalid(
            "document-docx", f"the archive cannot be read: {error}", where=name, remedy="save it anew as DOCX"
        ) from None
    if document is None:
        raise Invalid(
            "document-docx", "the archive has no document in it", where=name, remedy="save it as DOCX"
        )
    main = document.find(f"{W}body")
    if main is None:
        return ""
    depths = _depths(styles)
    counted = Lists(lists)
    return "".join(_line(node, depths, counted) for node in _blocks(main))


def _part(archive: zipfile.ZipFile, part: str, name: str) -> etree._Element | None:
    try:
        told = archive.getinfo(part)
    except KeyError:
        return None
    size = told.file_size
    if size > _MOST_PART or size > max(_SMALL, _MOST_RATIO * told.compress_size):
        raise TooLarge(
            "document-large", f"{part} would unpack to {size:,} bytes", where=name, remedy="part the document"
        )
    with archive.open(told) as file:
        content = file.read(size + 1)
    if len(content) > size:
        raise TooLarge("document-large", f"{part} is longer than it says", where=name)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Invalid(
            "document-docx", f"{part} is broken: {error}", where=name, remedy="save it anew as DOCX"
        ) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Invalid(
            "document-docx", f"{part} has a document type", where=name, remedy="save it anew as DOCX"
        )
    return root


def _depths(styles: etree._Element | None) -> dict[str, int]:
    """The heading depth (1 to 6) of the styles that are headings; a style has that of what it is based on."""
    depths: dict[str, int] = {}
    based: dict[str, str] = {}
    for style in styles.iter(f"{W}style") if styles is not None else ():
        key = style.get(f"{W}styleId", "")
        level = style.find(f"{W}pPr/{W}outlineLvl")
        base = style.find(f"{W}basedOn")
        title = style.find(f"{W}name")
        said = title.get(f"{W}val", "").lower() if title is not None else ""
        if level is not None and level.get(f"{W}val", "").isdigit():
            depths[key] = int(level.get(f"{W}val", "9")) + 1
        elif said.startswith("heading ") and said[8:].isdigit():
            depths[key] = int(said[8:])
        elif said == "title":
            depths[key] = 1
        elif base is not None:
            based[key] = base.get(f"{W}val", "")
    for key in based:
        at, seen = key, {key}
        while at in based and based[at] not in seen:
            at = based[at]
            seen.add(at)
        if at in depths:
            depths[key] = depths[at]
    return {key: depth for key, depth in depths.items() if 1 <= depth <= 6}


def _blocks(main: etree._Element) -> Iterator[etree._Element]:
    """Paragraphs and table rows in order; what was deleted with tracked changes is left out."""
    for node in main.iter(f"{W}p", f"{W}tr"):
        above = {parent.tag for parent in node.iterancestors()}
        if f"{W}tr" not in above and f"{W}del" not in above and f"{W}txbxContent" not in above:
            yield node


def _line(node: etree._Element, depths: dict[str, int], lists: Lists) -> str:
    if node.tag == f"{W}tr":
        cells = (
            " ".join(_words(part) for part in cell.iter(f"{W}p")).strip() for cell in node.iter(f"{W}tc")
        )
        return " | ".join(cells) + "\n"
    about = node.find(f"{W}pPr")
    style = about.find(f"{W}pStyle") if about is not None else None
    level = about.find(f"{W}outlineLvl") if about is not None else None
    depth = depths.get(style.get(f"{W}val", ""), 0) if style is not None else 0
    if level is not None and level.get(f"{W}val", "") in "012345":
        depth = int(level.get(f"{W}val", "0")) + 1
    words = lists.label(about) + _words(node)
    return ("#" * depth + " " if depth and words.strip() else "") + words + "\n"


def _words(node: etree._Element) -> str:
    found = []
    for part in node.iter(f"{W}t", f"{W}tab", f"{W}br", f"{W}cr"):
        if part.tag == f"{W}t":
            found.append(part.text or "")
        elif part.tag != f"{W}tab":
            found.append("\n")
        elif (above := part.getparent()) is not None and above.tag == f"{W}r":  # else it is a tab stop
            found.append(" ")
    return "".join(found)
