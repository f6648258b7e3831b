"""Only a bundle that is whole, ours and signed in time is believed, and each other is refused by name."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.bundling.pack import pack
from device.errors import SystemMissingError, UpdateError
from device.updates.bundle import Bundle, open_bundle, unpack
from device.updates.manifest import Manifest, number_of, refuse_unfit
from tests.cases import cases
from tests.deploy.bundling.signing import EPOCH, make_bundle, make_keys, make_program

MACHINE = "isotone-app-test"


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, signing: tuple[Path, Path]) -> Path:
    return make_bundle(tmp_path_factory.mktemp("good"), "1.2.3", signing, MACHINE)


def unpacked(bundle: Bundle, folder: Path) -> Path:
    folder.mkdir()
    unpack(bundle, folder, lambda _share: None)
    return folder


def test_a_bundle_brings_what_was_packed(tmp_path: Path, good: Path, signing: tuple[Path, Path]) -> None:
    bundle, told = open_bundle(good, signing[0]), []
    assert (bundle.manifest.version, bundle.manifest.compatible) == ("1.2.3", MACHINE)
    assert abs(bundle.signed.timestamp() - time.time()) < 3600
    unpack(bundle, tmp_path, told.append)
    assert (tmp_path / "bin/isotone").stat().st_mode & 0o111
    assert (tmp_path / "bin/python").readlink() == Path("/usr/bin/python3")
    assert (tmp_path / "data").read_bytes() == bytes(index * 7 % 251 for index in range(1000))
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)


def test_the_same_folder_packs_to_the_same_payload(tmp_path: Path, good: Path, signing: tuple[Path, Path]) -> None:
    again = make_bundle(tmp_path, "1.2.3", signing, MACHINE)
    assert open_bundle(again, signing[0]).manifest == open_bundle(good, signing[0]).manifest


def rewritten(good: Path, path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """The bundle with its members changed one by one."""
    with tarfile.open(good) as source, tarfile.open(path, "w") as target:
        for member in source:
            file = source.extractfile(member)
            assert file
            data = change(member.name, file.read())
            member.size = len(data)
            target.addfile(member, io.BytesIO(data))
    return path


@pytest.mark.parametrize(("version", "machine"), [("x", MACHINE), ("1.2", MACHINE), ("1.2.3", "Toaster!"), ("", "")])
def test_what_no_box_would_take_is_not_signed(
    tmp_path: Path, signing: tuple[Path, Path], version: str, machine: str
) -> None:
    program = make_program(tmp_path, "9.9.9")
    with pytest.raises(UpdateError, match="manifest cannot be read"):
        pack(program, tmp_path / "out.bundle", version, machine, signing, EPOCH)
    assert not list(tmp_path.glob("*.bundle"))


def test_a_changed_manifest_is_refused(tmp_path: Path, good: Path, signing: tuple[Path, Path]) -> None:
    changed = rewritten(good, tmp_path / "x", lambda _, data: data.replace(b'"1.2.3"', b'"9.2.3"'))
    with pytest.raises(UpdateError, match="was changed after it was signed"):
        open_bundle(changed, signing[0])


def test_a_changed_payload_is_refused_before_anything_is_unpacked(
    tmp_path: Path, good: Path, signing: tuple[Path, Path]
) -> None:
    def flip(name: str, data: bytes) -> bytes:
        return data[:-1] + bytes([data[-1] ^ 1]) if name.startswith("payload") else data

    bundle = open_bundle(rewritten(good, tmp_path / "x", flip), signing[0])
    with pytest.raises(UpdateError, match="its payload is not what was signed"):
        unpacked(bundle, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_a_bundle_of_somebody_else_is_refused(tmp_path: Path, signing: tuple[Path, Path]) -> None:
    other = make_keys(tmp_path, "other")
    bundle = make_bundle(tmp_path, "1.2.4", other, MACHINE)
    with pytest.raises(UpdateError, match="a key that this box does not trust"):
        open_bundle(bundle, signing[0])


def test_a_keyring_of_two_trusts_both_so_that_keys_can_be_changed(tmp_path: Path, signing: tuple[Path, Path]) -> None:
    new = make_keys(tmp_path, "new")
    both = tmp_path / "both.pem"
    both.write_bytes(signing[0].read_bytes() + new[0].read_bytes())
    for signer, version in ((signing, "2.0.0"), (new, "2.0.1")):
        assert open_bundle(make_bundle(tmp_path, version, signer, MACHINE), both).manifest.version == version


def test_what_was_signed_in_time_is_taken_when_the_key_has_expired(tmp_path: Path) -> None:
    """The bundle is looked at later, as by a box that was in a drawer for years."""
    ends = datetime.now(UTC) + timedelta(seconds=5)
    brief = make_keys(tmp_path, "brief", ends=ends)
    bundle = make_bundle(tmp_path, "1.2.3", brief, MACHINE)
    time.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds() + 1.0))
    assert open_bundle(bundle, brief[0]).manifest.version == "1.2.3"


@pytest.mark.parametrize(("days", "words"), [(-3, "a key that had expired"), (3, "before its key was valid")])
def test_a_key_that_is_not_valid_signs_nothing(tmp_path: Path, days: int, words: str) -> None:
    other = make_keys(tmp_path, "other", begins=datetime.now(UTC) + timedelta(days=days))
    bundle = make_bundle(tmp_path, "1.2.3", other, MACHINE)
    with pytest.raises(UpdateError, match=words):
        open_bundle(bundle, other[0])


def test_no_keyring_is_said(tmp_path: Path, good: Path) -> None:
    with pytest.raises(SystemMissingError, match="no keyring"):
        open_bundle(good, tmp_path / "none.pem")


@settings(max_examples=cases(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0.0, 0.9999))
def test_a_piece_of_a_bundle_is_refused(
    tmp_path_factory: pytest.TempPathFactory, good: Path, signing: tuple[Path, Path], share: float
) -> None:
    folder = tmp_path_factory.mktemp("piece")
    whole = good.read_bytes()
    # A tar ends with blocks of zeros, without which it is as good.
    piece = whole[: int(share * len(whole.rstrip(b"\0")))]
    (folder / "piece").write_bytes(piece)
    with pytest.raises(UpdateError):
        unpacked(open_bundle(folder / "piece", signing[0]), folder / "out")


@settings(max_examples=cases(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=4096), place=st.floats(0.0, 1.0))
def test_whatever_was_written_into_a_bundle_it_is_refused_or_as_before(
    tmp_path_factory: pytest.TempPathFactory, good: Path, signing: tuple[Path, Path], data: bytes, place: float
) -> None:
    folder = tmp_path_factory.mktemp("changed")
    whole = good.read_bytes()
    first = round(place * len(whole))
    (folder / "changed").write_bytes(whole[:first] + data + whole[first + len(data) :])
    try:
        out = unpacked(open_bundle(folder / "changed", signing[0]), folder / "out")
    except UpdateError:
        return
    assert (out / "data").read_bytes() == bytes(index * 7 % 251 for index in range(1000))


@pytest.mark.parametrize("kind", [b"L", b"x"])
@pytest.mark.parametrize("size", ["chain", 2**70, 2**40])
def test_headers_that_a_reader_breaks_on_are_refused(
    tmp_path: Path, signing: tuple[Path, Path], kind: bytes, size: str | int
) -> None:
    """Thousands of headers that announce one another, and one that announces more than any memory holds."""
    header = tarfile.TarInfo("././@LongLink")
    header.type = kind
    header.size = 512 if size == "chain" else int(size)
    one = header.tobuf(tarfile.GNU_FORMAT)
    hostile = tmp_path / "hostile"
    hostile.write_bytes((one + b"a" * 512) * 5000 if size == "chain" else one + b"a" * 4096)
    with pytest.raises(UpdateError):
        open_bundle(hostile, signing[0])


def manifest(version: str, compatible: str = MACHINE) -> Manifest:
    return Manifest(format=1, version=version, compatible=compatible, payload_bytes=1, payload_sha256="0" * 64)


@pytest.mark.parametrize(
    ("given", "newest", "words"),
    [
        (manifest("1.10.0", "isotone-app-other"), "", "is for isotone-app-other"),
        (manifest("1.9.9"), "1.10.0", r"older than 1\.10\.0"),
        (manifest("1.10.0"), "1.10.0", "had already"),
    ],
)
def test_a_wrong_machine_an_older_version_and_a_replayed_one_are_refused_by_name(
    given: Manifest, newest: str, words: str
) -> None:
    with pytest.raises(UpdateError, match=words):
        refuse_unfit(given, MACHINE, newest)


def test_a_newer_version_and_any_on_a_new_box_are_taken() -> None:
    refuse_unfit(manifest("1.10.0"), MACHINE, "1.9.12")
    refuse_unfit(manifest("0.0.1"), MACHINE, "")
    assert number_of("1.10.0") > number_of("1.9.12") > number_of("damaged")
