import wave
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from device.sessions import wav
from device.sessions.wav import WavWriter


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
    writer = WavWriter(path, 48_000)
    writer.write_silence(100_000)
    writer.close()
    assert frames(path) == bytes(400_000)


def test_a_wav_takes_no_more_than_its_header_can_say(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(wav, "DATA_BYTES_MAX", 10)
    path = tmp_path / "heard.wav"
    writer = WavWriter(path, 48_000)
    writer.write(b"abcdefghijkl")
    writer.write(b"more")
    writer.close()
    assert frames(path) == b"abcdefgh"
