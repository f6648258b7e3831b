"""`deploy/batch` as a technician runs it, onto files: each card is its own box, and what was pulled out goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.batching.papers import words_of
from deploy.batching.record import Batch, Written
from deploy.imaging import disk
from device.errors import Exit
from device.provisioning.layout import read

BATCH = [sys.executable, "-P", "-m", "deploy.batching"]
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("mcopy", "sfdisk", "mkfs.vfat", "mkfs.ext4", "mtype"))),
    reason="mtools, dosfstools, e2fsprogs or fdisk is not installed",
)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What lies on a technician's table: an image (smaller than a true one), a list, a folder for cards."""
    for name, mib in (("SLOT_MIB", 2), ("DATA_MIB", 8), ("BOOT_MIB", 34)):
        monkeypatch.setattr(disk, name, mib)
    (tmp_path / "boot/isotone").mkdir(parents=True)
    (tmp_path / "boot/isotone/slots.env").write_text("x")
    (tmp_path / "root.img").write_bytes(b"hsqs" + bytes(4092))
    disk.boot_image(tmp_path / "boot", tmp_path / "boot.img", "1", 1_700_000_000)
    disk.data_image(tmp_path / "data.img", "1", 1_700_000_000)
    disk.assemble(tmp_path / "box.img", tmp_path / "boot.img", tmp_path / "root.img", tmp_path / "data.img", "1")
    (tmp_path / "fleet.csv").write_text("name,box.listener\np-1,anna\np-2,bruno\np-3,\n")
    (tmp_path / "common.toml").write_text('language = "de"\n[fleet]\nbroker = "broker.example"\n')
    (tmp_path / "cards").mkdir()
    return tmp_path


def run(table: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [
        *BATCH, "fleet.csv", "--image", "box.img", "--target", "cards", "--out", "batch", "--common", "common.toml",
        "--authority", "clinic", "--yes", *words,
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}  # noqa: PTH109
    return subprocess.run(command, cwd=table, capture_output=True, text=True, check=False, env=environment)


def on_card(table: Path, name: str) -> Path:
    """The provisioning file of a card."""
    start = disk.START_MIB * disk.MIB
    command = ["mtype", "-i", f"{table / 'cards' / name}.img@@{start}", "::/isotone.toml"]
    path = table / f"read-{name}.toml"
    path.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    return path


def test_each_card_is_a_box_of_its_own_and_nothing_secret_stays_but_the_papers(table: Path) -> None:
    done = run(table)
    assert done.returncode == Exit.OK, done.stdout + done.stderr
    boxes = [read(on_card(table, name)) for name in ("p-1", "p-2", "p-3")]
    assert [box.box.listener for box in boxes] == ["anna", "bruno", "guest"]
    assert len({box.fleet.key for box in boxes if box.fleet}) == 3
    assert len({box.roles.therapist_pin for box in boxes} | {box.roles.technician_pin for box in boxes}) == 6
    assert sorted(path.name for path in (table / "batch").iterdir()) == ["batch.json", "labels.pdf", "protocol.pdf"]
    assert (table / "batch").stat().st_mode & 0o777 == 0o700
    kept = json.loads((table / "batch/batch.json").read_text())["cards"]
    assert [card["therapist_pin"] for card in kept] == [box.roles.therapist_pin for box in boxes]
    assert "PRIVATE KEY" not in (table / "batch/batch.json").read_text()
    assert (table / "batch/labels.pdf").read_bytes().startswith(b"%PDF")


def test_after_a_card_that_failed_the_rest_follows_and_nothing_is_written_twice(table: Path) -> None:
    (table / "cards/p-2.img").symlink_to("/dev/full")  # a card that takes nothing
    broken = run(table)
    assert broken.returncode == Exit.DISK
    assert "Begin again with the same words" in broken.stdout
    first = (table / "cards/p-1.img").read_bytes()
    (table / "cards/p-2.img").unlink()
    done = run(table)
    assert done.returncode == Exit.OK, done.stdout + done.stderr
    assert "1 of 3" not in done.stdout
    assert (table / "cards/p-1.img").read_bytes() == first
    names = [card["name"] for card in json.loads((table / "batch/batch.json").read_text())["cards"]]
    assert names == ["p-1", "p-2", "p-3"]


def test_the_card_before_is_not_written_over(table: Path) -> None:
    shutil.copy(table / "box.img", table / "reader")
    (table / "fleet.csv").write_text("name\np-1\np-2\n")
    told = run(table, "--target", "reader")
    assert told.returncode == Exit.DISK
    assert "reader is the card of p-1, just written. Put in the next card." in told.stdout


def test_another_image_is_another_batch(table: Path) -> None:
    (table / "batch").mkdir()
    (table / "batch/batch.json").write_text('{"version":1,"image":"older.img, 00","cards":[]}')
    told = run(table)
    assert told.returncode == Exit.CONFIG
    assert "was begun with older.img, 00" in told.stdout
    assert not list((table / "cards").iterdir())


def test_a_list_with_a_mistake_writes_no_card(table: Path) -> None:
    (table / "fleet.csv").write_text("name,language\np-1,de\np-2,it\n")
    told = run(table)
    assert told.returncode == Exit.CONFIG
    assert "fleet.csv:3" in told.stdout
    assert not list((table / "cards").iterdir())


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
def test_papers_name_every_box_and_what_lets_people_in(table: Path) -> None:
    assert run(table).returncode == Exit.OK
    cards = json.loads((table / "batch/batch.json").read_text())["cards"]
    labels, protocol = (
        subprocess.run(
            ["pdftotext", "-layout", table / f"batch/{name}.pdf", "-"], check=True, capture_output=True, text=True
        ).stdout
        for name in ("labels", "protocol")
    )
    for card in cards:
        assert card["name"] in labels
        assert card["therapist_pin"] not in labels
        assert card["therapist_pin"] in protocol


def test_a_label_says_who_the_box_is_and_no_secret() -> None:
    card = Written(name="p-1", listener="anna", at_utc="", card="", fingerprint="ab" * 32, therapist_pin="12345678")
    assert words_of(card) == "ISOTONE:P-1:ABABABABABABABAB"
    assert Batch(image="a", cards=[card]).names == {"p-1"}
