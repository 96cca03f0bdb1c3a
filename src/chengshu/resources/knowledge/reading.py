"""A file as text: Markdown, plain text, HTML, DOCX, PDF. Headings of HTML and DOCX become lines with #."""

from __future__ import annotations

from dataclasses import dataclass

from chengshu.kernel.errors import Invalid, TooLarge
from chengshu.resources.knowledge.docx import text_of_docx
from chengshu.resources.knowledge.markup import text_of_html
from chengshu.resources.knowledge.pdf import text_of_pdf
from chengshu.resources.knowledge.tidying import tidy
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
    ".pdf": "application/pdf",
}


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says, in lines that end with one line feed, and its media type.

    ``pages``: where in the text each page begins, of a file that has pages.
    """

    text: str
    media_type: str
    pages: tuple[int, ...] = ()


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
        remedy = "save it as PDF, DOCX, HTML, Markdown or plain text"
        raise Invalid("document-kind", f"files ending in {ending!r} are not read", where=name, remedy=remedy)
    pages: tuple[int, ...] = ()
    if ending == ".pdf":
        text, pages = text_of_pdf(name, body)
    elif ending == ".docx":
        text = text_of_docx(name, body)
    elif media_type == "text/html":
        text = text_of_html(name, body)
    else:
        text = _decoded(name, body)
    if not pages:  # of pages each is tidy already, and has its place
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
    return Read(text, media_type, pages)


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
