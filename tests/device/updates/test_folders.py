"""An update lies beside what runs, proves itself or is left again, and whatever is cut off, something whole starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from device.errors import DiskError, UpdateError
from device.updates import folders as room
from device.updates.bundle import open_bundle
from device.updates.folders import COMPATIBLE, Folders
from tests.deploy.bundling.signing import make_bundle, make_keys

LAUNCH = Path(__file__).parents[3] / "deploy/launch"
INSTALL = """
import sys
from pathlib import Path
from device.updates.bundle import open_bundle
from device.updates.folders import Folders
home, running, bundle, keyring = sys.argv[1:]
print("begun", flush=True)
Folders(Path(home), running).install(open_bundle(Path(bundle), Path(keyring)), lambda share: None)
"""


class Box:
    """A home with its keys; `start` is what a power-on does."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, folder / "home"
        self.signing = make_keys(folder)
        self.running = ""

    def bundle(self, version: str, n_bytes: int = 1000) -> Path:
        return make_bundle(self.folder, version, self.signing, COMPATIBLE, n_bytes)

    def folders(self) -> Folders:
        return Folders(self.home, self.running)

    def install(self, version: str) -> None:
        self.folders().install(open_bundle(self.bundle(version), self.signing[0]), lambda _share: None)

    def start(self, *words: str) -> str:
        """The version that starts."""
        done = subprocess.run([LAUNCH, self.home, *words], capture_output=True, text=True, check=True)
        version, self.running, *given = done.stdout.split()
        assert given == list(words)
        return version


@pytest.fixture
def box(tmp_path: Path) -> Box:
    box = Box(tmp_path)
    box.install("1.0.0")
    assert box.start("box", "--rig") == "1.0.0"
    box.folders().mark_good()
    return box


def test_an_update_starts_next_and_stays_when_it_proves_itself(box: Box) -> None:
    box.install("1.1.0")
    assert box.start() == "1.1.0"
    assert box.folders().mark_good() == "1.1.0"
    assert [box.start() for _ in range(20) if not box.folders().mark_good()] == []
    assert box.start() == "1.1.0"


def test_an_update_that_proves_nothing_is_left_after_three_starts(box: Box) -> None:
    box.install("1.1.0")
    assert [box.start() for _ in range(5)] == ["1.1.0"] * 3 + ["1.0.0"] * 2
    assert box.folders().mark_good() == "1.0.0"
    assert box.folders().record().newest == "1.0.0"


def test_what_never_proved_itself_may_be_tried_again_and_what_did_is_not_gone_back_from(box: Box) -> None:
    box.install("1.1.0")
    box.start()
    box.folders().mark_good()
    with pytest.raises(UpdateError, match="had already"):
        box.install("1.1.0")
    with pytest.raises(UpdateError, match=r"older than 1\.1\.0"):
        box.folders().install(open_bundle(box.bundle("1.0.5"), box.signing[0]), lambda _share: None)
    assert box.start() == "1.1.0"


def test_what_proved_itself_is_never_written_over_whoever_installs(box: Box) -> None:
    """A technician's shell does not know which folder runs, and may install again and again."""
    box.running = ""
    box.install("1.1.0")
    box.install("1.2.0")
    assert box.folders().record().a == "1.0.0"
    assert [box.start() for _ in range(4)] == ["1.2.0"] * 3 + ["1.0.0"]


def test_while_a_trial_runs_the_one_to_go_back_to_stays(box: Box) -> None:
    box.install("1.1.0")
    assert box.start() == "1.1.0"
    with pytest.raises(UpdateError, match="has not proven itself yet"):
        box.install("1.2.0")
    box.folders().mark_good()
    box.install("1.2.0")
    assert box.folders().record().b == "1.1.0"


def test_what_proved_itself_starts_for_years_and_a_question_is_no_start(box: Box) -> None:
    assert {box.start() for _ in range(30)} == {"1.0.0"}
    box.install("1.1.0")
    assert [box.start("update", "status") for _ in range(5)] == ["1.1.0"] * 5
    assert [box.start("box") for _ in range(4)] == ["1.1.0"] * 3 + ["1.0.0"]


def test_a_trial_whose_starts_cannot_be_counted_is_none(box: Box) -> None:
    """The home belongs to somebody else: what proved itself plays."""
    box.install("1.1.0")
    block = box.home / "slots.env"
    subprocess.run(["chattr", "+i", block], check=False, capture_output=True)
    try:
        if not _is_immutable(block):
            pytest.skip("nothing here can keep a file from its owner")
        assert box.start() == "1.0.0"
    finally:
        subprocess.run(["chattr", "-i", block], check=False, capture_output=True)


def _is_immutable(path: Path) -> bool:
    try:
        with path.open("r+b"):
            return False
    except OSError:
        return True


def test_whoever_asks_goes_back_at_the_next_start(box: Box) -> None:
    with pytest.raises(UpdateError, match="no other version"):
        box.folders().mark_bad()
    box.install("1.1.0")
    assert box.start() == "1.1.0"
    box.folders().mark_good()
    box.folders().mark_bad()
    assert [box.start() for _ in range(3)] == ["1.0.0"] * 3


def test_a_bundle_for_another_machine_leaves_all_as_it_was(box: Box) -> None:
    other = make_bundle(box.folder, "3.0.0", box.signing, "isotone-app-toaster")
    with pytest.raises(UpdateError, match="toaster"):
        box.folders().install(open_bundle(other, box.signing[0]), lambda _share: None)
    assert not (box.home / "b").exists()
    assert box.start() == "1.0.0"


def test_a_full_disk_is_said_and_leaves_all_as_it_was(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "ROOM_FACTOR", 1 << 50)
    with pytest.raises(DiskError, match=r"needs \d+ MB .* are free"):
        box.install("1.1.0")
    assert box.start() == "1.0.0"


def test_a_damaged_block_starts_what_there_is(box: Box) -> None:
    (box.home / "slots.env").write_bytes(b"\xff" * 1024)
    assert box.start() == "1.0.0"
    (box.home / "slots.env").unlink(missing_ok=True)
    assert box.start() == "1.0.0"


def test_nothing_installed_is_said(tmp_path: Path) -> None:
    done = subprocess.run([LAUNCH, tmp_path / "none"], capture_output=True, text=True, check=False)
    assert (done.returncode, "There is no Isotone" in done.stderr) == (11, True)


def test_wherever_an_update_is_cut_off_something_whole_starts(box: Box) -> None:
    """The moments of the cut lie all along one installation; each leaves the old or the new version, never half."""
    bundle = box.bundle("1.1.0", n_bytes=3_000_000)
    begun_s = time.monotonic()
    whole = subprocess.Popen(_command(box, bundle), stdout=subprocess.DEVNULL)
    whole.wait()
    length_s = time.monotonic() - begun_s
    assert box.start() == "1.1.0"
    for index in range(12):
        box.running = "a"
        (box.home / "slots.env").unlink(missing_ok=True)
        cut = subprocess.Popen(_command(box, bundle), stdout=subprocess.PIPE)
        assert cut.stdout
        cut.stdout.readline()
        time.sleep(length_s * index / 12 * 0.7)
        os.kill(cut.pid, signal.SIGKILL)
        cut.wait()
        cut.stdout.close()
        started = box.start()
        assert started in {"1.0.0", "1.1.0"}
        if started == "1.1.0":
            assert (box.home / "b/data").stat().st_size == 3_000_000
    box.running = "a"
    box.folders().install(open_bundle(bundle, box.signing[0]), lambda _share: None)
    assert not list(box.home.glob(".part-*")), "what the cuts left is taken away"


def _command(box: Box, bundle: Path) -> list[str]:
    return [sys.executable, "-P", "-c", INSTALL, str(box.home), "a", str(bundle), str(box.signing[0])]
