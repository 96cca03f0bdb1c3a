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


def pdf(*pages: list[str]) -> bytes:
    """A PDF with lines of any script on each page; its font says which sign each code is."""
    signs = sorted({sign for lines in pages for line in lines for sign in line})
    codes = " ".join(f"<{ord(sign):04x}> <{ord(sign):04x}>" for sign in signs)
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def /CMapType 2 def "
        "1 begincodespacerange <0000> <FFFF> endcodespacerange "
        f"{len(signs)} beginbfchar {codes} endbfchar endcmap end end"
    )
    font = (
        "<</Type/Font/Subtype/Type0/BaseFont/U/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 5 0 R>>"
    )
    kid = (
        "<</Type/Font/Subtype/CIDFontType2/BaseFont/U/DW 1000"
        "/CIDSystemInfo<</Registry(A)/Ordering(I)/Supplement 0>>>>"
    )
    kids = " ".join(f"{6 + 2 * at} 0 R" for at in range(len(pages)))
    parts = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>",
        font,
        kid,
        _stream(cmap),
    ]
    for at, lines in enumerate(pages):
        shown = " ".join(f"<{line.encode('utf-16-be').hex()}> Tj 0 -16 Td" for line in lines)
        parts.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {7 + 2 * at} 0 R"
            "/Resources<</Font<</F 3 0 R>>>>>>"
        )
        parts.append(_stream(f"BT /F 12 Tf 72 780 Td {shown} ET" if lines else ""))
    return pdf_of(parts)


def _stream(text: str) -> str:
    return f"<</Length {len(text)}>>stream\n{text}\nendstream"


def pdf_of(parts: list[str]) -> bytes:
    """A PDF of objects, numbered from 1; the first is the catalogue."""
    body, places = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{part}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(parts) + 1
    return (
        body
        + f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Size {size}/Root 1 0 R>>\n".encode()
        + f"startxref\n{len(body)}\n%%EOF\n".encode()
    )
