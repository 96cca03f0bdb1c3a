"""Word-processor files made by hand, for the tests."""

from __future__ import annotations

import io
import zipfile

_NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def paragraph(words: str, style: str = "", counted: tuple[int, int] | None = None) -> str:
    """A paragraph: its style, and the list and level it is counted by."""
    about = f'<w:pStyle w:val="{style}"/>' if style else ""
    if counted is not None:
        about += f'<w:numPr><w:ilvl w:val="{counted[1]}"/><w:numId w:val="{counted[0]}"/></w:numPr>'
    return f"<w:p><w:pPr>{about}</w:pPr><w:r><w:t>{words}</w:t></w:r></w:p>"


def table(*rows: tuple[str, ...]) -> str:
    """A table of words."""
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


STYLES = (
    f"<w:styles {_NS}>"
    '<w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="H2"><w:name w:val="章"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>'
    '<w:style w:styleId="H3"><w:name w:val="own"/><w:basedOn w:val="H2"/></w:style></w:styles>'
)
NUMBERING = (
    f'<w:numbering {_NS}><w:abstractNum w:abstractNumId="7">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>'
    '<w:lvlText w:val="第%1条"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%2)"/></w:lvl>'
    '</w:abstractNum><w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num></w:numbering>'
)


def docx(body: str, *, document: str | None = None) -> bytes:
    """A file with this body, or with this whole document part."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        text = document or f"<w:document {_NS}><w:body>{body}</w:body></w:document>"
        archive.writestr("word/document.xml", text)
        archive.writestr("word/styles.xml", STYLES)
        archive.writestr("word/numbering.xml", NUMBERING)
    return made.getvalue()
