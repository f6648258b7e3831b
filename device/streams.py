"""TABLE 1: stream -> type, writer, rate, greatest age, key, where it is logged, of whom, and its version."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

from device import messages as m


class Stream(NamedTuple):
    type: Any
    """The struct of its messages, or the union of several."""
    writer: str
    """The one process that writes it; `*` for streams that every process writes under its own key."""
    rate_hz: float
    """Expected rate; 0 for events."""
    max_age_s: float
    """Older than this is stale and refused; 0 for events, which do not age."""
    key: tuple[str, ...] = ()
    """Fields that split the stream into topics: `samples/muse/eeg`, `health/audio`."""
    log: Literal["mcap", "wav", ""] = "mcap"
    keep: m.KeepLevel = "summaries"
    """Recorded of a listener of whom at least this is kept."""
    version: int = 1
    """Version of its messages; raise it when one changes by more than a new field with a default (`upgrades`)."""

    @property
    def kinds(self) -> tuple[type[m.Message], ...]:
        """All structs that travel on it."""
        return get_args(self.type) or (self.type,)


STREAMS: dict[str, Stream] = {
    "samples": Stream(m.SampleChunk, "sensors", 10, 3.0, key=("source", "kind"), keep="raw", version=2),
    "sensor_status": Stream(m.SensorStatus, "sensors", 0, 0, key=("source",)),
    "features": Stream(m.FeatureFrame, "loop", 4, 3.0, key=("source", "kind"), keep="features", version=2),
    "affect": Stream(m.AffectEstimate, "loop", 1, 5.0),
    "baselines": Stream(m.PersonalBaseline, "loop", 0, 0, key=("source", "model"), keep="features", version=2),
    "rest_taken": Stream(m.RestTaken, "manager", 0, 0, keep="features"),
    "responses": Stream(m.PersonalResponse, "loop", 0, 0, key=("policy",), keep="features"),
    "intents": Stream(m.MusicIntent, "loop", 0.4, 12.0),
    "decisions": Stream(m.Decision, "loop", 0.4, 12.0),
    "bars": Stream(m.Bar, "composer", 0.4, 12.0),
    "transport": Stream(m.Transport, "audio", 0.4, 12.0),
    "played": Stream(m.PlayedBar, "audio", 0.4, 12.0),
    "performance": Stream(m.Performance, "audio", 0, 0),
    "audio_report": Stream(m.AudioReport, "audio", 1, 5.0),
    "exposure": Stream(m.Exposure, "audio", 1, 5.0),
    "pcm": Stream(m.PcmBlock, "audio", 12, 2.0, log="wav", keep="raw"),
    "commands": Stream(m.AnyCommand, "manager", 0, 0),
    "answers": Stream(m.CommandAnswer, "*", 0, 0, key=("process",)),
    "stops": Stream(m.DirectStop, "audio", 0, 0),
    "presses": Stream(m.Press, "*", 0, 0),
    "box": Stream(m.BoxStatus, "box", 1, 5.0),
    "prompts": Stream(m.Prompt | m.Hush, "box", 0, 0),
    "spoken": Stream(m.Spoken, "audio", 0, 0),
    "markers": Stream(m.Marker, "*", 0, 0),
    "health": Stream(m.Health, "*", 2, 3.0, key=("process",)),
    "faults": Stream(m.Fault, "*", 0, 0, key=("process",)),
    "trace": Stream(m.Trace, "*", 0, 0, key=("process",), keep="raw"),
    "digest": Stream(m.Digest, "recorder", 1, 5.0),
}

STREAM_OF: dict[type[m.Message], str] = {kind: name for name, row in STREAMS.items() for kind in row.kinds}


def is_kept(stream: str, level: m.KeepLevel) -> bool:
    """Whether a stream is recorded of a listener of whom so much is kept."""
    return level != "nothing" and m.KEEP_LEVELS.index(STREAMS[stream].keep) <= m.KEEP_LEVELS.index(level)


def topic_of(message: m.Message) -> str:
    """The topic a message is published under: its stream, and its keys where the row has some."""
    stream = STREAM_OF[type(message)]
    return "/".join([stream, *(str(getattr(message, key)) for key in STREAMS[stream].key)])


def stream_of(topic: str) -> str:
    return topic.partition("/")[0]
