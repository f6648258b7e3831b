import resource
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.sessions import wav
from device.sessions.wav import WavSeries, WavWriter, wav_paths


def frames(path: Path) -> bytes:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 48_000)
        return file.readframes(file.getnframes())


@given(blocks=st.lists(st.binary(max_size=64).map(lambda data: data[: len(data) // 4 * 4]), max_size=8))
def test_what_was_written_is_read_back(tmp_path_factory, blocks: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("wav") / "heard.wav"
    writer = WavWriter(path, 48_000)
    for block in blocks:
        writer.write(block)
    writer.close()
    assert frames(path) == b"".join(blocks)


def test_the_file_is_valid_without_having_been_closed(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    writer = WavWriter(path, 48_000)
    writer.write(b"abcdefgh")
    writer.refresh()
    writer.write(b"ijkl")
    assert frames(path) == b"abcdefgh"
    writer.abandon()


def test_a_second_writer_goes_on_at_the_last_whole_frame(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    killed = WavWriter(path, 48_000)
    killed.write(b"abcdefgh")
    killed.abandon()
    with path.open("ab") as file:
        file.write(b"ij")
    again = WavWriter(path, 48_000)
    again.write(b"KLMN")
    again.close()
    assert frames(path) == b"abcdefghKLMN"


def test_silence_has_the_asked_length(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    series = WavSeries(path, 48_000)
    series.write_silence(100_000)
    series.close()
    assert frames(path) == bytes(400_000)
    assert wav_paths(path) == [path]


def test_what_a_wav_cannot_hold_goes_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wav, "DATA_BYTES_MAX", 8)
    path = tmp_path / "heard.wav"
    series = WavSeries(path, 48_000)
    series.write(b"abcdefghijkl")
    series.write(b"more")
    series.close()
    again = WavSeries(path, 48_000)
    assert again.n_frames == 4
    again.write(b"last")
    again.close()
    assert wav_paths(path) == [path, tmp_path / "heard-2.wav", tmp_path / "heard-3.wav"]
    assert b"".join(map(frames, wav_paths(path))) == b"abcdefghijklmorelast"


def test_a_file_that_was_removed_takes_no_more(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    writer = WavWriter(path, 48_000)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        writer.refresh()
    writer.abandon()


def test_a_disk_that_takes_a_part_refuses_the_rest_and_the_file_stays_valid(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    path = tmp_path / "heard.wav"
    writer = WavWriter(path, 48_000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (44 + 10, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            writer.write(b"abcdefghijkl")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    writer.abandon()
    assert frames(path) == b"abcdefgh"
