"""Run the ETSI NGSI-LD conformance suite against the broker, group by group.

    python -m tools.ngsi_ld_suite SUITE_DIR [--robot PYTHON] [--group Provision ...] [--apart] [--report FILE]

SUITE_DIR is a checkout of the suite and is only read: a copy of it is configured and run. ``--robot`` is the
interpreter of an environment with the suite's requirements (default: this one). One line per group is printed
with passed and total; the names of the failing tests, with what failed, go to the report. ``--apart`` gives
every folder of a group a broker of its own, so that what one test leaves behind is not counted by another.
Exit code 1 when some test failed, 2 when the suite could not run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

GROUPS = {
    "Provision": "ContextInformation/Provision",
    "Consumption": "ContextInformation/Consumption",
    "Subscription": "ContextInformation/Subscription",
    "ContextSource": "ContextSource",
    "DistributedOperations": "DistributedOperations",
    "CommonBehaviours": "CommonBehaviours",
    "jsonldContext": "jsonldContext",
}
TESTS = Path("TP", "NGSI-LD")
LIBRARY = Path("libraries", "robotframework-httpctrl", "src")  # the suite brings a mended one
CONTEXTS = Path("resources", "jsonld-contexts")
INSTANCES = 15  # of an attribute in one temporal answer: the suite expects its 20 to be cut
CORE = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"
_REMOTE = re.compile(r"https?://[^\s\"'<>\]]+\.jsonld")
_START = 30.0  # seconds the broker may take to answer


@dataclass(frozen=True, slots=True)
class Failure:
    """One test that failed: its name, its file and what it said."""

    name: str
    source: str
    message: str


@dataclass(frozen=True, slots=True)
class Score:
    """What a group came to."""

    group: str
    passed: int
    failures: tuple[Failure, ...]

    @property
    def total(self) -> int:
        """Tests that ran."""
        return self.passed + len(self.failures)


def configure(suite: Path, copy: Path, port: int, servers: int) -> None:
    """Copy the suite and set its variables: the broker at ``port``, its own servers from ``servers`` on."""
    skip = shutil.ignore_patterns(".git", "results-*", "doc", "plug-test", "itb")
    shutil.copytree(suite, copy, ignore=skip, dirs_exist_ok=True)
    values: dict[str, object] = {
        "url": f"http://127.0.0.1:{port}/ngsi-ld/v1",
        "temporal_api_url": f"http://127.0.0.1:{port}/ngsi-ld/v1",
        "notification_server_host": "127.0.0.1",
        "notification_server_port": servers,
        "mqtt_broker_host": "127.0.0.1",
        "mqtt_broker_non_default_port": servers + 3,
        "context_source_host": "127.0.0.1",
        "context_source_port": servers + 1,
        "context_server_host": "127.0.0.1",
        "context_server_port": servers + 2,
        "core_context": CORE,
        "delete_temporal_on_core_delete": True,
    }
    file = copy / "resources" / "variables.py"
    kept = [line for line in file.read_text().splitlines() if line.partition("=")[0].strip() not in values]
    file.write_text("\n".join([*kept, *(f"{name} = {value!r}" for name, value in values.items())]) + "\n")


def gather_contexts(suite: Path, folder: Path) -> None:
    """Make a folder of contexts for the broker: the suite's own files under every address the fixtures use.

    Compound contexts elsewhere (``…-compound.jsonld``) stand for the same vocabulary. The public contexts
    that the suite expects to be fetched and cached are empty ones here; every other address stays out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = {file.name: file for file in (suite / CONTEXTS).glob("*.jsonld")}
    compound = next((name for name in sorted(own) if name.endswith("-compound.jsonld")), None)
    index: dict[str, str] = {}
    for address in sorted(_addresses(suite)):
        name = address.rpartition("/")[2]
        if name not in own and name.endswith("-compound.jsonld") and compound:
            name = compound
        if name in own:
            index[address] = name
            shutil.copyfile(own[name], folder / name)
    for number, address in enumerate(sorted(_cached(suite) - set(index)), 1):
        index[address] = f"empty-{number}.jsonld"
        (folder / index[address]).write_text('{"@context": {}}')
    (folder / "index.json").write_text(json.dumps(index, indent=1))


def _cached(suite: Path) -> set[str]:
    folder = suite / "data" / "jsonldContext"
    files = [*folder.glob("@context-cached*"), *folder.glob("*implicitlycreated*")]
    return {address for file in files for address in _REMOTE.findall(file.read_text())}


def _addresses(suite: Path) -> set[str]:
    found: set[str] = set()
    for part in ("data", "resources", str(TESTS)):
        for file in (suite / part).rglob("*"):
            if file.suffix in {".json", ".jsonld", ".robot", ".resource", ".py", ".geojson"}:
                found.update(_REMOTE.findall(file.read_text(errors="replace")))
    return found


@contextmanager
def broker(port: int, data: Path, contexts: Path, log: Path) -> Iterator[None]:
    """A broker of our own on ``port`` while the block runs. Raises RuntimeError when it does not come up."""
    command = [sys.executable, "-m", "tools.broker", "--port", str(port), "--data", str(data)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--contexts", str(contexts), "--instances", str(INSTANCES)],
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).resolve().parent.parent,
        )
        try:
            _wait(port, process, log)
            yield
        finally:
            process.terminate()
            process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ngsi-ld/v1/types", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the broker does not answer:\n{log.read_text(errors='replace')[-2000:]}")


def folders_of(copy: Path, group: str, *, apart: bool) -> list[Path]:
    """What of a group is run against one broker: all of it or, ``apart``, each folder that holds tests."""
    root = TESTS / GROUPS[group]
    if not apart:
        return [root]
    return sorted({file.parent.relative_to(copy) for file in (copy / root).rglob("*.robot")})


def run_folder(copy: Path, robot: str, group: str, folder: Path, only: str, out: Path) -> Score:
    """Run one folder with robot and read its result. Raises RuntimeError when robot brought none."""
    result = out / folder.relative_to(TESTS)
    command = [robot, "-m", "robot", "--outputdir", str(result), "--console", "none", "--log", "NONE"]
    if only:
        command += ["--suite", only, "--runemptysuite"]
    finished = subprocess.run(
        [*command, "--report", "NONE", str(folder)],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy / LIBRARY)},
        capture_output=True,
        text=True,
    )
    if not (result / "output.xml").is_file():
        raise RuntimeError(f"robot gave no result: {finished.stdout[-500:]}{finished.stderr[-1500:]}")
    return read_result(result / "output.xml", group)


def read_result(file: Path, group: str) -> Score:
    """The score in one of robot's ``output.xml``."""
    passed, failures = 0, []
    for suite in (
        etree.parse(file, etree.XMLParser(resolve_entities=False, huge_tree=True)).getroot().iter("suite")
    ):
        for test in suite.findall("test"):
            status = test.find("status")
            if status is None or status.get("status") == "SKIP":
                continue
            if status.get("status") == "PASS":
                passed += 1
            else:
                message = " ".join((status.text or "").split())
                source = Path(suite.get("source") or "").name
                failures.append(Failure(test.get("name") or "", source, message))
    return Score(group, passed, tuple(failures))


def write_report(file: Path, scores: list[Score]) -> None:
    """The failing tests by group, one line each."""
    lines = []
    for score in scores:
        lines.append(f"# {score.group} {score.passed}/{score.total}")
        lines += [f"{item.source}: {item.name}: {item.message[:600]}" for item in score.failures]
    file.write_text("\n".join(lines) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("suite", type=Path)
    parser.add_argument("--robot", default=sys.executable, help="interpreter with the suite's requirements")
    parser.add_argument("--group", nargs="*", choices=sorted(GROUPS), default=list(GROUPS))
    parser.add_argument("--apart", action="store_true", help="a broker of its own for every folder")
    parser.add_argument("--only", default="", help="robot's --suite: only the files of this name")
    parser.add_argument("--port", type=int, default=9101)
    parser.add_argument(
        "--servers", type=int, default=8185, help="first of four ports of the suite's servers"
    )
    parser.add_argument("--mosquitto", default=shutil.which("mosquitto") or "", help="MQTT broker (program)")
    parser.add_argument("--work", type=Path, help="folder to work in (default: a temporary one)")
    parser.add_argument("--report", type=Path, default=Path("ngsi-ld-suite.txt"))
    given = parser.parse_args(arguments)
    work = given.work or Path(tempfile.mkdtemp(prefix="ngsi-ld-suite-"))
    try:
        scores = _run(given, work)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        if given.work is None:
            shutil.rmtree(work, ignore_errors=True)
    write_report(given.report, scores)
    return 1 if any(score.failures for score in scores) else 0


def _run(given: argparse.Namespace, work: Path) -> list[Score]:
    with ExitStack() as servers:
        for port in (1883, given.servers + 3):
            if "Subscription" in given.group and not _taken(port):
                servers.enter_context(mosquitto(given.mosquitto, port))
        return _run_groups(given, work)


@contextmanager
def mosquitto(program: str, port: int) -> Iterator[None]:
    """An MQTT broker for the tests that need one; without the program they fail, as the report shows."""
    if not program:
        print(f"no mosquitto: the tests with MQTT at port {port} will fail", file=sys.stderr)
        yield
        return
    process = subprocess.Popen([program, "-p", str(port)], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + _START
        while not _taken(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{program} does not come up at port {port}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _run_groups(given: argparse.Namespace, work: Path) -> list[Score]:
    copy, contexts = work / "suite", work / "contexts"
    configure(given.suite, copy, given.port, given.servers)
    gather_contexts(given.suite, contexts)
    scores = []
    for group in given.group:
        parts = []
        for folder in folders_of(copy, group, apart=given.apart):
            data = work / f"data-{group}"
            shutil.rmtree(data, ignore_errors=True)
            with broker(given.port, data, contexts, work / f"broker-{group}.log"):
                parts.append(run_folder(copy, given.robot, group, folder, given.only, work / "results"))
        failures = tuple(failure for part in parts for failure in part.failures)
        score = Score(group, sum(part.passed for part in parts), failures)
        share = 100 * score.passed / score.total if score.total else 0.0
        print(f"{group:24} {score.passed:4}/{score.total:<4} {share:5.1f} %", flush=True)
        scores.append(score)
    return scores


if __name__ == "__main__":
    raise SystemExit(main())
