"""Prints wherever output may go: to a terminal of any encoding, a pipe that nobody reads any more, a full disk.

A reader that has gone ends the printing and nothing else, so a command's exit code still says what happened. Output
that a disk does not take is a refusal; a session only remembers it, as its music goes on.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import select
import stat
import sys
import unicodedata
from typing import Any, BinaryIO, TextIO, cast

from device.errors import DiskError
from device.text import printable

READER_GONE = {errno.EPIPE, errno.ECONNRESET, errno.ESHUTDOWN}
PLAIN = str.maketrans("┃│◆●━─·…±→←♭░▁▂▃▄▅▆▇█", "||*o--..~><b._.-=+*%#")


def say(text: str, *, err: bool = False) -> None:
    """Print one line for people."""
    _print(printable(text), err=err)


def say_json(value: Any, *, err: bool = False) -> None:
    """Print one line of JSON for programs, in ASCII, so that it is whole in every encoding; NaN is null."""
    import json  # noqa: PLC0415 - keeps what prints no JSON quick

    import msgspec  # noqa: PLC0415

    _print(json.dumps(msgspec.json.decode(msgspec.json.encode(value))), err=err)


def say_script(text: str) -> None:
    """Print lines of our own making as they are."""
    _print(text)


def _print(text: str, *, err: bool = False) -> None:
    stream = sys.stderr if err else sys.stdout
    stream.write(text + "\n")
    stream.flush()


# -- where it goes


class Outlet(io.FileIO):
    """Standard output or standard error as the kernel knows it; what cannot be written is lost in good order.

    Raises:
        DiskError: once, when output that is not `forgiving` is not taken by a disk.
    """

    def __init__(self, descriptor: int, *, forgiving: bool) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.forgiving = forgiving
        self.trouble = ""
        """Why output is lost, unless its reader has gone."""
        self.is_open = True

    def write(self, data: Any) -> int:
        if self.is_open:
            try:
                while (written := super().write(data)) is None:  # another program has made the terminal non-blocking
                    select.select([], [self], [])
            except OSError as error:
                self._close_up(error)
            else:
                return written
        return len(memoryview(data).cast("B"))

    def _close_up(self, error: OSError) -> None:
        self.is_open = False
        if error.errno in READER_GONE or (error.errno == errno.EIO and self._is_terminal()):
            return
        self.trouble = f"The output cannot be written: {error.strerror}."
        if not self.forgiving:
            raise refusal(self.trouble) from error

    def _is_terminal(self) -> bool:
        """Whether it is a terminal, even one that has hung up and answers nothing any more."""
        return stat.S_ISCHR(os.fstat(self.fileno()).st_mode)


def refusal(trouble: str) -> DiskError:
    return DiskError(trouble, "Free some space, or print elsewhere.")


def guard_output() -> None:
    """Have all that this program prints go through outlets, in characters that the terminal has.

    Streams that are not the process's own, as under test, are left alone.
    """
    codecs.register_error("plain", _plain)
    _fill_closed()
    if sys.stdout is sys.__stdout__:
        sys.stdout = _guarded(sys.stdout, 1, forgiving=False)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _guarded(sys.stderr, 2, forgiving=True)


def forgive() -> None:
    """Let a full disk end the printing alone from now on; `output_trouble` tells of it."""
    if outlet := _outlet():
        outlet.forgiving = True


def output_trouble() -> str:
    """Why output was lost; empty where none was."""
    outlet = _outlet()
    return outlet.trouble if outlet else ""


def has_reader() -> bool:
    """Whether it makes sense to print more."""
    outlet = _outlet()
    return outlet is None or outlet.is_open


def _outlet() -> Outlet | None:
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return raw if isinstance(raw, Outlet) else None


def _fill_closed() -> None:
    """Fill descriptors 0 to 2 that were closed at the start (`>&-`), which the next opened file would else be given."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _guarded(stream: TextIO | None, descriptor: int, *, forgiving: bool) -> TextIO:
    buffer = io.BufferedWriter(cast("io.RawIOBase", Outlet(descriptor, forgiving=forgiving)))
    return io.TextIOWrapper(
        cast("BinaryIO", buffer),
        encoding=stream.encoding if stream else "utf-8",
        errors="plain",
        line_buffering=stream is None or bool(getattr(stream, "line_buffering", False)),
        write_through=bool(getattr(stream, "write_through", False)),
    )


def _plain(error: UnicodeError) -> tuple[str, int]:
    """The nearest ASCII of what the terminal's encoding lacks, character for character so that columns stay."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_nearest, error.object[error.start : error.end])), error.end


def _nearest(character: str) -> str:
    nearest = unicodedata.normalize("NFKD", character.translate(PLAIN))[0]
    return nearest if nearest.isascii() else "?"
