"""What a fleet costs, and what a roll-out to twenty boxes does when three fail: `python -m tests.device.fleet.measure`.

It needs Mosquitto, and takes some minutes; the report is hardware/bench/2026-11-29-fleet.md.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import msgspec
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from device.fleet.layout import FleetConfig
from device.fleet.report import FleetReport
from tests.device.fleet.broker import Fleet
from tests.device.fleet.clinic import NEW, OLD, Clinic

N_BOXES, N_FAILING, N_MANY = 20, 3, 1000
EVERYTHING = "user technician\ntopic readwrite isotone/1/#\n"
FLOOD_S = 20.0


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - it is a table for a report


def roll_out(folder: Path) -> None:
    """Twenty boxes of which three do not prove the new version, through one broker."""
    names = tuple(f"box-{number:02d}" for number in range(N_BOXES))
    bad = frozenset(names[5 : 5 + 3 * N_FAILING : 3])
    clinic = Clinic(folder, names, bad)
    clinic.wait_s = 600.0
    with clinic.fleet.running(), clinic.on():
        clinic.come_in()
        began_s = time.monotonic()
        code, told = clinic.turn_until_over(clinic.begin())
        for _ in range(100):
            clinic.turn()
    took_s = time.monotonic() - began_s
    n_tried = sum(NEW in box.door.started for box in clinic.boxes)
    versions = clinic.versions()
    n_back = sum(versions[name] == OLD for name in bad)
    well = [versions[name] for name in names if name not in bad]
    say(
        f"| {N_BOXES} boxes, {N_FAILING} of them failing | {told[-1]['state']} after {took_s:.0f} s, exit code {code} |"
    )
    say(f"| why | {told[-1]['why']} |")
    say(f"| boxes that were given it at all | {n_tried} |")
    say(f"| boxes that failed and are back on {OLD} | {n_back} of {len(bad)} |")
    say(f"| the others | {well.count(NEW)} on {NEW}, {well.count(OLD)} untouched on {OLD} |")
    assert (code, n_back) == (13, N_FAILING)


def many(folder: Path) -> None:
    """A thousand boxes that told the broker how they are, and one who asks; then somebody floods the broker."""
    fleet = Fleet(folder)
    config = fleet.member("technician")
    path = fleet.write(config)
    (folder / "rules").write_text(EVERYTHING)
    with fleet.running():
        writer = connect(config)
        told = []
        for number in range(N_MANY):
            report = FleetReport(name=f"box-{number:04d}", state="ready", version=NEW, told_utc="2026-11-29T10:00:00Z")
            told += [
                writer.publish(f"isotone/1/reports/{report.name}", msgspec.json.encode(report), 1, retain=True),
                writer.publish(f"isotone/1/online/{report.name}", b"1", 1, retain=True),
            ]
        for each in told:
            each.wait_for_publish(60.0)
        taken = [ask(path) for _ in range(5)]
        say(f"| `fleet status` of {taken[0][1]} boxes, five times | {min(taken)[0]:.2f} to {max(taken)[0]:.2f} s |")
        say(f"| memory of the tool and of the broker | {taken[-1][2]:.0f} and {broker_mb(folder):.0f} MB |")
        flood = threading.Thread(target=flood_it, args=(writer,))
        flood.start()
        seconds, n_boxes, most_mb = ask(path)
        flood.join()
        say(f"| while reports flood the broker | {n_boxes} boxes after {seconds:.1f} s, {most_mb:.0f} MB |")
        writer.publish("isotone/1/reports/box-0001", bytes(50 << 20), 1, retain=True).wait_for_publish(60.0)
        seconds, n_boxes, most_mb = ask(path)
        say(f"| with a report of 50 MB at the broker | {n_boxes} boxes after {seconds:.1f} s, {most_mb:.0f} MB |")
        writer.loop_stop()


def connect(config: FleetConfig) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.tls_set(config.authority, config.certificate, config.key)
    client.connect(config.broker, config.port)
    client.loop_start()
    return client


def flood_it(client: mqtt.Client) -> None:
    until_s, number = time.monotonic() + FLOOD_S, 0
    while time.monotonic() < until_s:
        for _ in range(200):
            client.publish(f"isotone/1/reports/flood-{number % 200_000}", b"x" * 3000)
            number += 1
        time.sleep(0.01)


def ask(path: Path) -> tuple[float, int, float]:
    """Seconds, boxes and the most megabytes of `isotone fleet status`."""
    command = [sys.executable, "-P", "-m", "device.cli", "fleet", "status", "--config", str(path), "--json"]
    began_s, most_mb = time.monotonic(), 0.0
    with tempfile.TemporaryFile() as told, subprocess.Popen(command, stdout=told) as process:
        while process.poll() is None:
            most_mb = max(most_mb, memory_mb(process.pid))
            time.sleep(0.005)
        took_s = time.monotonic() - began_s
        told.seek(0)
        return took_s, len(json.load(told)), most_mb


def memory_mb(pid: int) -> float:
    """Memory that a process holds now (resident set)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * resource.getpagesize() / 2**20


def broker_mb(folder: Path) -> float:
    """Memory of the broker whose settings lie there."""
    found = subprocess.run(["pgrep", "-f", folder / "settings"], capture_output=True, text=True, check=True)
    return memory_mb(int(found.stdout.split()[0]))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for index, part in enumerate((roll_out, many)):
            place = Path(scratch) / str(index)
            place.mkdir()
            part(place)
