"""A ledger in which anything was changed, taken out, put in or put right again is refused with the line."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.errors import RecordingError
from device.trials.allocation import commitment
from device.trials.ledger import Entry, hash_of, line_of, read_entries, sealed

SECRET, OTHER = b"s" * 32, b"o" * 32


def ledger(secret: bytes = SECRET, names: tuple[str, ...] = ("ann", "bob", "eve")) -> list[bytes]:
    lines: list[bytes] = []
    first = Entry(number=0, at="t", kind="registered", trial="1", committed=commitment(secret), before=hash_of(()))
    lines.append(line_of(sealed(first, secret)))
    for name in names:
        entry = Entry(number=len(lines), at="t", kind="enrolled", listener=name, arm="fixed", before=hash_of(lines))
        lines.append(line_of(sealed(entry, secret)))
    return lines


def read(lines: list[bytes], secret: bytes | None = SECRET) -> list[Entry]:
    return read_entries(b"".join(lines), secret, "ledger")


def test_a_whole_ledger_is_read_with_and_without_the_secret() -> None:
    assert [entry.listener for entry in read(ledger())] == ["", "ann", "bob", "eve"]
    assert read(ledger(), None) == read(ledger())


@given(st.data())
def test_any_changed_byte_shows(data: st.DataObject) -> None:
    whole = bytearray(b"".join(ledger()))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(RecordingError):
        read_entries(bytes(whole), SECRET, "ledger")


@pytest.mark.parametrize("place", range(3))
def test_a_line_that_was_taken_out_or_put_elsewhere_shows_without_the_secret(place: int) -> None:
    lines = ledger()
    for changed in (
        lines[:place] + lines[place + 1 :],
        [*lines[:place], lines[place + 1], lines[place], *lines[place + 2 :]],
    ):
        with pytest.raises(RecordingError):
            read(changed, None)


def test_history_cannot_be_written_anew_without_the_secret() -> None:
    forged = ledger(OTHER, ("ann", "eve"))
    first = msgspec.json.decode(forged[0], type=Entry)
    first = msgspec.structs.replace(first, committed=commitment(SECRET))
    with pytest.raises(RecordingError):
        read([line_of(first), *forged[1:]])
    with pytest.raises(RecordingError, match="not that of"):
        read(ledger(), OTHER)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(RecordingError):
        read_entries(data, None, "ledger")
