"""Find or fetch a Chromium for the browser tests: the system's, or Playwright's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
CJK_FONT = "Noto Sans CJK"


def has_cjk() -> bool:
    """Whether Chinese text will be drawn with a real font."""
    if not shutil.which("fc-list"):
        return False
    fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False).stdout
    return bool(fonts.strip())


def main() -> int:
    """Return 0 when a browser is there in the end."""
    found = any(shutil.which(name) for name in NAMES)
    if found and has_cjk():
        print("a browser is here already")
        return 0
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
        print("installing chromium and a Chinese font with apt …")
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        done = subprocess.run(
            ["apt-get", "install", "-y", "-qq", "chromium", "fonts-noto-cjk"], check=False, **quiet
        )
        if done.returncode == 0:
            return 0
    if found:
        print("no Chinese font could be installed; the pictures of the tests will lack Chinese characters")
        return 0
    print("fetching Playwright's own chromium …")
    return subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
