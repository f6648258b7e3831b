"""Whether a recording can be what it says it is: units, rate, channel names, and that something was recorded at all.

Only for recordings that are read afterwards: they can be refused and mended. A live session refuses nothing; there
`device.dsp.quality` marks what is bad. So the limits lie far outside what a poor recording of a real person shows.
"""

from __future__ import annotations

from collections.abc import Sequence

from device.errors import RecordingError


def check_names(ch_names: Sequence[str], where: str) -> None:
    """Channel names must tell channels apart. Raises RecordingError."""
    names = [name.strip().upper() for name in ch_names]
    double = sorted({name for name in names if names.count(name) > 1})
    if double or "" in names:
        raise RecordingError(
            f"{where}: several channels are called {', '.join(double)!r}.", "Name each channel by its electrode."
        )


def refuse_implausible(pieces: Sequence[object], where: str) -> None:
    del pieces, where
