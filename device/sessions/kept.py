"""What is kept of one session on disk: its folder, sealed or plain, the log, what was heard, and the configuration.

What is kept follows the level of the session (TABLE 1, `keep`).
"""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

from device import __version__
from device.clock import wall_time
from device.config import SessionConfig
from device.messages import Digest, PcmBlock
from device.runtime.bus import Received
from device.sealing.door import is_sealed
from device.sessions.store import Store, write_config
from device.sessions.wav import WavSeries
from device.streams import STREAMS, is_kept

GAP_MIN_NS = 100_000_000
"""Audio blocks that follow later than this left a gap: an audio process was started again."""
GAP_MAX_S = 3600.0


class HeardWav:
    """Places blocks of PCM by the time they were heard."""

    def __init__(self, path: Path, began_ns: int) -> None:
        """`began_ns` is when the music began, for a recorder that was started again; 0 for the first."""
        self._path, self._began_ns = path, began_ns
        self._writer: WavSeries | None = None
        self._next_ns = 0

    def write(self, block: PcmBlock) -> float:
        """Append a block; returns how many seconds of silence had to stand before it, for what did not come."""
        if self._writer is None:
            self._writer = WavSeries(self._path, block.sfreq_hz)
            if self._began_ns:
                self._next_ns = self._began_ns + self._writer.n_frames * 1_000_000_000 // block.sfreq_hz
        late_ns = block.t_ns - self._next_ns
        missing_s = min(late_ns / 1e9, GAP_MAX_S) if self._next_ns and late_ns > GAP_MIN_NS else 0.0
        self._writer.write_silence(round(missing_s * block.sfreq_hz))
        self._writer.write(block.data)
        self._next_ns = block.t_ns + len(block.data) // 4 * 1_000_000_000 // block.sfreq_hz
        return missing_s

    def refresh(self) -> None:
        if self._writer:
            self._writer.refresh()

    def close(self) -> None:
        if self._writer:
            self._writer.close()

    def abandon(self) -> None:
        if self._writer:
            self._writer.abandon()


class Kept:
    """The files of a session that is recorded.

    Raises:
        OSError: the disk is full or cannot be written.
        DiskError, SealedError: the folder is to be sealed, and cannot be.
    """

    def __init__(self, config: SessionConfig, now_ns: int, *, is_first: bool) -> None:
        """`is_first`: no recorder of this session was there before."""
        self._folder, self._keep = Path(config.session_dir), config.keep
        _seal(config)
        self._store = Store(self._folder, now_ns)
        self._wav = HeardWav(self._folder / "heard.wav", config.started_ns)
        if is_first:
            write_config(self._folder, config, _facts(config))

    def take(self, received: Received, now_ns: int) -> float:
        """Keep a message, if it is one of those that are kept; returns the seconds of sound missing before it."""
        if not is_kept(received.stream, self._keep):
            return 0.0
        if STREAMS[received.stream].log == "wav":
            message = received.message
            assert isinstance(message, PcmBlock)
            return self._wav.write(message)
        if STREAMS[received.stream].log == "mcap":
            self._store.write(received, now_ns)
        return 0.0

    def digest(self, now_ns: int) -> Digest:
        """The checksum of the log so far; once a second."""
        self._wav.refresh()
        return self._store.digest(now_ns)

    def sync(self, now_ns: int) -> None:
        self._store.sync(now_ns)

    def close(self) -> None:
        self._store.close()
        self._wav.close()

    def abandon(self) -> None:
        """The disk takes no more: leave what is written as it is."""
        self._store.abandon()
        self._wav.abandon()


def _seal(config: SessionConfig) -> None:
    """Seal the folder before anything is in it, where that is asked for. Raises SealedError, DiskError."""
    folder = Path(config.session_dir)
    if config.keys_dir and not is_sealed(folder):
        from device.sealing.ring import Ring  # noqa: PLC0415 - a plain session does not load what seals
        from device.sealing.sealed_folder import seal_folder  # noqa: PLC0415

        seal_folder(folder, config.session_id, config.listener_id, Ring(Path(config.keys_dir)))


def _facts(config: SessionConfig) -> dict[str, str]:
    affect, music = config.device.affect, config.device.music
    models = (*affect.eeg_models, *affect.wrist_models, music.model)
    cards = [Path(config.models_dir) / model / "card.toml" for model in models]
    hashes = {
        f"card_sha256.{card.parent.name}": hashlib.sha256(card.read_bytes()).hexdigest()
        for card in cards
        if card.exists()
    }
    return {
        "session": config.session_id,
        "listener": config.listener,
        "began_utc": wall_time().isoformat(timespec="seconds"),
        "isotone": __version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        **hashes,
    }
