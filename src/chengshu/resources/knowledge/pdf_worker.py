"""Read a PDF's text in a process of its own: a hostile file can hurt nobody but this process.

Run as a module: the file on standard input, a JSON line for each page and one at the end on standard output.
"""

from __future__ import annotations

import json
import sys
from io import BytesIO
from typing import Any

SECONDS = 60  # of computing
MEMORY = 1_500_000_000  # bytes of address space
MOST_PAGES = 5_000
MOST_SIGNS = 20_000_000


def limit() -> None:
    """Bound time and memory where the system can (POSIX)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def say(**told: Any) -> None:
    """One line of the answer."""
    sys.stdout.write(json.dumps(told, ensure_ascii=True) + "\n")


def read(body: bytes) -> None:
    """Say what the pages have, or what is wrong with the file."""
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(body))
    if reader.is_encrypted and not reader.decrypt(""):
        say(fault="encrypted")
        return
    count = len(reader.pages)
    if count > MOST_PAGES:
        say(fault="pages", count=count)
        return
    signs = 0
    for page in reader.pages:
        text = page.extract_text()
        signs += len(text)
        if signs > MOST_SIGNS:
            say(fault="signs", count=signs)
            return
        say(page=text)
    say(end=count)


def main() -> None:
    """Read standard input; every failure is an answer too."""
    limit()
    try:
        read(sys.stdin.buffer.read())
    except MemoryError:
        say(fault="memory")
    except RecursionError:
        say(fault="broken", detail="its objects are nested too deeply")
    except Exception as error:
        say(fault="broken", detail=str(error).splitlines()[0][:200] if str(error) else type(error).__name__)


if __name__ == "__main__":
    main()
