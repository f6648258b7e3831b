"""Receives what comes from one heart-rate band: which of its voices counts, what is odd about it, when it is silent."""

from __future__ import annotations

from collections import deque

from device.acquisition.hrs_packets import HeartRateMeasurement, decode
from device.acquisition.hrs_rows import BeatRows
from device.messages import SampleChunk

SILENCE_NS = 5_000_000_000
"""A band that is heard every second may be quiet for this long."""
FIRST_SILENCE_NS = 20_000_000_000
"""A band whose pace is not known yet may be quiet for this long."""
SILENCE_MAX_NS = 60_000_000_000
PACES = 3
"""A band that is heard less often may be quiet for this many of its own pauses."""
PAUSES_KEPT = 60
REPEATS_TOLD = 3
"""Repeated beats that are worth a word; one may be a heart's own, of which the band told early."""
WEAR_IT = "put it on, tighten it or moisten its electrodes"


class Reception:
    """Takes the notifications of a band over all its connections. Times are of one monotonic clock, in ns."""

    def __init__(self, source: str) -> None:
        self._rows = BeatRows(source)
        self._pauses_ns: deque[int] = deque(maxlen=PAUSES_KEPT)
        self._unread = ""
        """What was not understood, in words."""
        self._last: HeartRateMeasurement | None = None
        self._voice: int | None = None
        self._heard_ns = 0

    @property
    def is_heard(self) -> bool:
        """Whether this connection brought a heart rate."""
        return self._last is not None

    def begin(self, now_ns: int) -> None:
        """Expect the first notification of a new connection."""
        self._last = self._voice = None
        self._heard_ns = now_ns

    def take(self, handle: int, data: bytes, now_ns: int) -> SampleChunk | None:
        """Rows of a notification; None if it tells no heart rate, or another characteristic does so already."""
        try:
            measurement = decode(data)
        except ValueError:
            self._unread = self._unread or _name_unread(len(data))
            return None
        if self._voice not in {None, handle}:
            return None
        if measurement.n_unread:
            self._unread = self._unread or _name_unread(measurement.n_unread)
        if self.is_heard:
            self._pauses_ns.append(now_ns - self._heard_ns)
        self._voice, self._last, self._heard_ns = handle, measurement, now_ns
        return self._rows.chunk(measurement, now_ns)

    def describe(self, band: str) -> str:
        """How the band streams, in words; what is odd about it stays said."""
        last = self._last
        if last is not None and last.contact is False:
            state = f"streams but feels no skin: {WEAR_IT}"
        elif last is not None and not last.is_vouched_for:
            state = f"streams but finds no pulse: {WEAR_IT}"
        else:
            state = "streams"
        remarks = [f"It sent {self._unread} that could not be understood."] if self._unread else []
        if self._rows.n_repeated >= REPEATS_TOLD:
            remarks.append("It tells beats twice; they are counted once.")
        return " ".join((f"{band} {state}.", *remarks))

    def is_silent(self, now_ns: int) -> bool:
        """Whether the band is quiet for longer than its own pace explains; then it is given more time the next time."""
        quiet_ns = now_ns - self._heard_ns
        if quiet_ns <= self._patience_ns:
            return False
        if self.is_heard:
            self._pauses_ns.append(quiet_ns)
        return True

    @property
    def _patience_ns(self) -> int:
        if not self._pauses_ns:
            return FIRST_SILENCE_NS
        return min(SILENCE_MAX_NS, max(SILENCE_NS, PACES * max(self._pauses_ns)))

    def describe_silence(self, band: str) -> tuple[str, str]:
        """Sentence and action that are due for a band that is silent."""
        if self.is_heard:
            return f"{band} is connected but sends nothing any more; it is connected anew.", ""
        if self._unread:
            sentence = f"{band} sent {self._unread} and no heart rate that could be understood."
            return sentence, "Switch it off and on, or set it to broadcast heart rate."
        return (
            f"{band} is connected but sends nothing.",
            "Put it on; some bands must be set to broadcast heart rate.",
        )


def _name_unread(n_bytes: int) -> str:
    if n_bytes == 0:
        return "an empty message"
    return "1 byte" if n_bytes == 1 else f"{n_bytes} bytes"
