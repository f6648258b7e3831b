"""An update is taken when it is signed, newer and nobody listens; else nothing is changed, and it is said why."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from deploy.imaging import bundle
from device.commands import update_image as module
from device.commands.update_image import find, image, parse_release, release_in
from device.errors import SystemMissingError, UpdateError

needs_rauc = pytest.mark.skipif(
    not all(map(shutil.which, ("rauc", "openssl", "mksquashfs"))), reason="rauc, openssl or squashfs-tools is missing"
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, ...]]:
    """What RAUC is asked, on a box with release 1.2.3.100 and no session."""
    questions: list[tuple[str, ...]] = []

    def answer(*words: str) -> str:
        questions.append(words)
        return f'{{"version": "{Path(words[-1]).stem}"}}'

    monkeypatch.setattr(module, "_rauc", answer)
    monkeypatch.setattr(module, "running_release", lambda: (1, 2, 3, 100))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    (tmp_path / "run/isotone/always").mkdir(parents=True)
    return questions


def take(source: Path) -> None:
    result = CliRunner().invoke(image, [str(source)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception


def test_a_newer_release_on_a_stick_is_installed(tmp_path: Path, asked: list[tuple[str, ...]]) -> None:
    (tmp_path / "1.2.3.101.raucb").touch()
    (tmp_path / "holiday.jpg").touch()
    take(tmp_path)
    assert asked[-1] == ("install", str(tmp_path / "1.2.3.101.raucb"))


def test_a_stick_without_an_update_is_let_be(tmp_path: Path, asked: list[tuple[str, ...]]) -> None:
    take(tmp_path)
    assert asked == []


@pytest.mark.parametrize("release", ["1.2.3.100", "1.2.3.99", "1.2.2.200", "0.9.9.999"])
def test_what_is_not_newer_is_refused(tmp_path: Path, asked: list[tuple[str, ...]], release: str) -> None:
    (tmp_path / f"{release}.raucb").touch()
    with pytest.raises(UpdateError, match=r"not newer than 1\.2\.3\.100"):
        take(tmp_path)
    assert not [words for words in asked if words[0] == "install"]


def test_nothing_is_written_while_music_plays(tmp_path: Path, asked: list[tuple[str, ...]]) -> None:
    (tmp_path / "1.2.3.101.raucb").touch()
    folder = tmp_path / "run/isotone/20261129T120000Z-abcdef"
    folder.mkdir(parents=True)
    held = os.open(folder, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(UpdateError, match="session plays"):
        take(tmp_path)
    os.close(held)
    take(tmp_path)
    assert asked[-1][0] == "install"


def test_a_machine_that_is_no_box_says_so(tmp_path: Path) -> None:
    with pytest.raises(SystemMissingError, match="deploy/image"):
        module.running_release(tmp_path / "none")


@given(st.text(max_size=120))
def test_what_is_no_release_is_none(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert all(isinstance(part, int) for part in parse_release(text))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small signed bundle, and the certificate that it was signed by."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "root.img").write_bytes(os.urandom(1 << 20))
    signing = bundle.keys(folder / "signing")
    bundle.make(folder / "new.raucb", folder / "root.img", "qemu-virt", "9.9.9.5", signing, folder / "scratch")
    return folder


def trust(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has RAUC trust who signed by this."""
    run = subprocess.run
    keyring = f"--keyring={certificate}"
    monkeypatch.setattr(
        module.subprocess, "run", lambda words, **options: run([words[0], keyring, *words[1:]], **options)
    )


@needs_rauc
def test_a_signed_bundle_says_its_release(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trust(made / "signing/signing.cert.pem", monkeypatch)
    found = find(made)
    assert found
    assert release_in(found) == (9, 9, 9, 5)


@needs_rauc
@pytest.mark.parametrize(
    ("harm", "why"),
    [("truncated", "cut short"), ("appended", "no bundle"), ("signature", "changed"), ("stranger", "stranger")],
)
def test_a_bundle_that_was_tampered_with_is_refused(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str, why: str
) -> None:
    data = bytearray((made / "new.raucb").read_bytes())
    if harm == "truncated":
        data = data[: len(data) // 2]
    elif harm == "appended":
        data += b"x" * 512
    elif harm == "signature":
        data[-200] ^= 1
    (tmp_path / "bad.raucb").write_bytes(data)
    signed_by = bundle.keys(tmp_path / "other")[0] if harm == "stranger" else made / "signing/signing.cert.pem"
    trust(signed_by, monkeypatch)
    with pytest.raises(UpdateError, match=why):
        release_in(tmp_path / "bad.raucb")
