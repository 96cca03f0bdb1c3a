"""The encoding of a text, told by its marks, by trying, or guessed; and a copy of it in UTF-8."""

from __future__ import annotations

import codecs
import shutil
from pathlib import Path

from charset_normalizer import from_bytes

from chengshu.kernel.errors import Invalid

LOOK = 512 * 1024  # bytes from which an encoding is told
_PORTION = 1 << 20
_KNOWN = ("utf-8", "utf-8-sig", "utf-16", "gb18030")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def encoding_of(look: bytes) -> str:
    """The encoding of a text's beginning: by its byte-order mark, else UTF-8 or GB18030 when all of it reads
    so, else a guess.
    """
    for mark, name in _MARKS:
        if look.startswith(mark):
            return name
    for name in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(name)().decode(look)  # the beginning may end inside a sign
        except UnicodeDecodeError:
            continue
        return name
    best = from_bytes(look).best()
    return best.encoding if best is not None else "latin-1"


def encoding_of_file(path: Path) -> str:
    """The encoding of a file: UTF-8 only when all of it reads so; a table may begin with ASCII alone.

    Raises :class:`Invalid` for a file that is neither UTF-8, UTF-16 nor GB18030: nothing is guessed here.
    """
    with path.open("rb") as file:
        look = file.read(LOOK)
        name = encoding_of(look)
        if name not in _KNOWN:
            raise Invalid(
                "table-encoding",
                "the file is neither UTF-8, UTF-16 nor GB18030",
                where=path.name,
                remedy="save it as UTF-8",
            )
        if name != "utf-8":
            return name
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            block = look
            while block:
                decoder.decode(block)
                block = file.read(_PORTION)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "gb18030"
    return name


def utf8_copy(path: Path, encoding: str, target: Path) -> Path:
    """The file itself when it is plain UTF-8, else a copy in UTF-8, written in portions.

    Raises :class:`Invalid` with the byte at which the text stops being of its encoding.
    """
    if encoding in ("utf-8", "ascii"):
        return path
    try:
        with (
            path.open(encoding=encoding, newline="") as old,
            target.open("w", encoding="utf-8", newline="") as new,
        ):
            shutil.copyfileobj(old, new, _PORTION)
    except UnicodeDecodeError as error:
        raise Invalid(
            "table-encoding",
            f"the file is not {encoding} throughout (byte {error.start} of a portion)",
            where=path.name,
            remedy="save it as UTF-8",
        ) from None
    return target
