"""Commands that run a city: drill, compare, serve, demo."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from chengshu.app.cli.base import AsJson, Packages, app
from chengshu.app.places import find_packages
from chengshu.app.say import err, out, say_json

CityFolder = Annotated[Path, typer.Argument(help="The city's folder, such as cities/demo.")]
Port = Annotated[int, typer.Option(help="Port on this machine; 0 takes a free one.", min=0, max=65535)]
Host = Annotated[str, typer.Option(help="Address to listen at; give 0.0.0.0 to be reachable from outside.")]


def parse_settings(pairs: list[str]) -> dict[str, float | bool | str]:
    """``key=value`` pairs; values are read as numbers, true/false, or text. Raises BadParameter."""
    found: dict[str, float | bool | str] = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark or not key:
            raise typer.BadParameter(f"{pair!r} is not KEY=VALUE", param_hint="--set")
        if value in ("true", "false"):
            found[key] = value == "true"
        else:
            try:
                found[key] = float(value)
            except ValueError:
                found[key] = value
    return found


@app.command()
def drill(
    city: CityFolder,
    scenario: Annotated[str, typer.Argument(help="The scenario to drill.")],
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for the report (default: var/drills/CITY-SCENARIO).")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Change a threshold or rule: KEY=VALUE (repeatable).")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Keep the hub's data of the drill in this folder.")
    ] = None,
    packages: Packages = None,
    as_json: AsJson = False,
) -> None:
    """Replay a storm through the whole hub in virtual time and write the report."""
    from chengshu.app.drill.report import write_report
    from chengshu.app.drill.run import run_drill
    from chengshu.foundation.city import read_city

    overrides = parse_settings(settings or [])
    found = read_city(city, packages or find_packages(city), overrides)
    folder = out_folder or Path("var") / "drills" / f"{found.id}-{scenario}"
    data = keep or Path(tempfile.mkdtemp(prefix="chengshu-drill-"))
    try:
        with _bar(f"drill {found.id} {scenario}") as (bar, task):
            report, spent = run_drill(
                found,
                scenario,
                data,
                overrides,
                lambda share, moment: bar.update(task, completed=share, moment=moment),
            )
    finally:
        if keep is None:
            shutil.rmtree(data, ignore_errors=True)
    paths = write_report(report, folder)
    if as_json:
        say_json(report)
        return
    _say_report(report)
    out.print(
        f"wall time {spent.pop('total')} s: " + ", ".join(f"{part} {value}" for part, value in spent.items())
    )
    out.print(f"report: {paths[0]}  {paths[1]}")


def _bar(title: str) -> Any:
    """A progress bar on stderr as a context manager that gives (bar, task)."""
    from contextlib import contextmanager

    @contextmanager
    def shown() -> Any:
        columns = (
            TextColumn(title),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[moment]}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=err) as bar:
            task = bar.add_task(title, total=1.0, moment="")
            yield bar, task
            bar.update(task, completed=1.0)

    return shown()


def _say_report(report: dict[str, Any]) -> None:
    volume, nodes = report["flood_volume_m3"], report["flooded_nodes"]
    table = Table("figure", "value", box=None, show_header=False)
    table.add_row(
        "flood volume with / without actions", f"{volume['with']:,.0f} / {volume['without']:,.0f} m³"
    )
    table.add_row("flooded nodes with / without actions", f"{nodes['with']} / {nodes['without']}")
    table.add_row(
        "sub-areas: hits / misses / false alarms",
        f"{report['hits']} / {report['misses']} / {report['false_alarms']}",
    )
    table.add_row("median lead time", _minutes(report["median_lead_time_s"]))
    table.add_row("first signal to accepted order", _minutes(report["signal_to_accepted_s"]))
    table.add_row("time to close", _minutes(report["time_to_close_s"]))
    table.add_row("events closed", f"{report['closed']} of {len(report['events'])}")
    table.add_row("work orders", str(report["work_orders"]["total"]))
    out.print(table)
    out.print(f" result hash {report['result_hash']}")


def _minutes(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds / 60:.1f} min"


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A report.json, or the folder of a report.")],
    second: Annotated[Path, typer.Argument(help="The other one.")],
    html: Annotated[Path | None, typer.Option(help="Write the comparison as a page to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Put two drill reports side by side."""
    from chengshu.app.drill.report import compare as side_by_side
    from chengshu.app.drill.report import read_report, render_comparison

    a, b = read_report(first), read_report(second)
    if html is not None:
        html.write_text(render_comparison(a, b), "utf-8")
    rows = side_by_side(a, b)
    if as_json:
        say_json({"a": a["overrides"], "b": b["overrides"], "figures": rows})
        return
    table = Table("figure", "A", "B", "change", box=None)
    for row in rows:
        table.add_row(
            row["figure"], *("–" if row[key] is None else f"{row[key]:,.2f}" for key in ("a", "b", "change"))
        )
    out.print(table)


@app.command()
def serve(
    city: CityFolder,
    port: Port = 8420,
    data: Annotated[Path, typer.Option(help="Folder of the hub's data; made when it is not there.")] = Path(
        "var/hub"
    ),
    host: Host = "127.0.0.1",
    mqtt: Annotated[
        str | None,
        typer.Option(help="MQTT broker as mqtt://[user:password@]host:port for sources that use MQTT."),
    ] = None,
    packages: Packages = None,
    reach: Annotated[
        list[str] | None,
        typer.Option(help="A host or network that is not public and may be called all the same."),
    ] = None,
) -> None:
    """Run a city's hub: console, API, sources, rules, plans."""
    from chengshu.app.serve import serve_city
    from chengshu.foundation.city import read_city

    serve_city(
        read_city(city, packages or find_packages(city)), data, host, port, mqtt=mqtt, reach=reach or ()
    )


@app.command()
def demo(
    city: CityFolder = Path("cities/demo"),
    port: Port = 8420,
    data: Annotated[Path, typer.Option(help="Folder of the demo's data.")] = Path("var/demo"),
    host: Host = "127.0.0.1",
    scenario: Annotated[str, typer.Option(help="The scenario whose storm is played.")] = "waterlogging",
    speed: Annotated[float, typer.Option(help="Seconds of the storm per second.", min=0.1, max=600)] = 10.0,
    packages: Packages = None,
) -> None:
    """Serve a made-up city in the middle of its storm."""
    from chengshu.app.demo import run_demo
    from chengshu.foundation.city import read_city

    found = read_city(city, packages or find_packages(city))
    columns = (
        TextColumn("playing the storm up to now"),
        BarColumn(),
        TextColumn("{task.fields[moment]}"),
        TimeElapsedColumn(),
    )
    bar = Progress(*columns, console=err)
    task = bar.add_task("demo", total=1.0, moment="")

    def show(share: float, moment: str) -> None:
        """Draw the bar while there is something to play; it ends before the address is printed."""
        bar.start()
        bar.update(task, completed=share, moment=moment)
        if share >= 1.0:
            bar.stop()

    run_demo(found, scenario, data, host, port, speed, show)
