"""A file as text: Markdown, plain text, HTML, DOCX. Headings of the latter two become lines with #."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from chengshu.kernel.errors import Invalid, TooLarge
from chengshu.resources.knowledge.docx import text_of_docx
from chengshu.resources.knowledge.markup import text_of_html
from chengshu.resources.tables.encodings import LOOK, encoding_of

LARGEST = 50_000_000  # bytes of a file
_MOST_SIGNS = 20_000_000
_MEDIA = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".text": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_CONTROLS = {code: None for code in range(32) if chr(code) not in "\t\n"} | {0xFEFF: None, 0x7F: None}


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says, in lines that end with one line feed, and its media type."""

    text: str
    media_type: str


def read_file(name: str, body: bytes) -> Read:
    """The text of a file, by the ending of its name.

    Raises :class:`Invalid` for a kind that is not read, a broken file or an empty one; :class:`TooLarge`
    beyond 50 MB, or for an archive that would unpack to much more.
    """
    if len(body) > LARGEST:
        raise TooLarge(
            "document-large", f"the file has {len(body):,} bytes", where=name, remedy="add it in parts"
        )
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    media_type = _MEDIA.get(ending)
    if media_type is None:
        remedy = "save it as DOCX, HTML, Markdown or plain text"
        raise Invalid("document-kind", f"files ending in {ending!r} are not read", where=name, remedy=remedy)
    if ending == ".docx":
        text = text_of_docx(name, body)
    elif media_type == "text/html":
        text = text_of_html(name, body)
    else:
        text = _decoded(name, body)
    text = tidy(text)
    if not text.strip():
        raise Invalid(
            "document-empty",
            "the file has no words",
            where=name,
            remedy="a scanned page must be read by character recognition first",
        )
    if len(text) > _MOST_SIGNS:
        raise TooLarge("document-large", f"the text has {len(text):,} signs", where=name, remedy="part it")
    return Read(text, media_type)


def tidy(text: str) -> str:
    """The text in composed signs, with one sort of line end and without control signs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n")
    lines = lines.replace("\u2028", "\n").replace("\u2029", "\n").replace("\x85", "\n").replace("\x0b", "\n")
    return unicodedata.normalize("NFC", lines.translate(_CONTROLS))


def _decoded(name: str, body: bytes) -> str:
    encoding = encoding_of(body[:LOOK])
    if encoding == "utf-8":
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            encoding = "gb18030"  # its beginning was ASCII alone
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise Invalid(
            "document-encoding",
            f"the file is not {encoding} throughout (byte {error.start})",
            where=name,
            remedy="save it as UTF-8",
        ) from None
