"""TABLE 1: stream -> type, writer, rate, greatest age, key, and where it is logged."""

from __future__ import annotations

from typing import Literal, NamedTuple

from device import messages as m


class Stream(NamedTuple):
    type: type[m.Message]
    writer: str
    """The one process that writes it; `*` for streams that every process writes under its own key."""
    rate_hz: float
    """Expected rate; 0 for events."""
    max_age_s: float
    """Older than this is stale and refused; 0 for events, which do not age."""
    key: str = ""
    """Field that splits the stream into topics: `samples/cyton`, `health/audio`."""
    log: Literal["mcap", "wav", ""] = "mcap"


STREAMS: dict[str, Stream] = {
    "samples": Stream(m.SampleChunk, "sensors", 10, 3.0, key="source"),
    "sensor_status": Stream(m.SensorStatus, "sensors", 0, 0, key="source"),
    "features": Stream(m.FeatureFrame, "loop", 4, 3.0, key="source"),
    "affect": Stream(m.AffectEstimate, "loop", 1, 5.0),
    "baselines": Stream(m.PersonalBaseline, "loop", 0, 0, key="source"),
    "intents": Stream(m.MusicIntent, "loop", 0.4, 12.0),
    "bars": Stream(m.Bar, "composer", 0.4, 12.0),
    "transport": Stream(m.Transport, "audio", 0.4, 12.0),
    "played": Stream(m.PlayedBar, "audio", 0.4, 12.0),
    "performance": Stream(m.Performance, "audio", 0, 0),
    "audio_report": Stream(m.AudioReport, "audio", 1, 5.0),
    "pcm": Stream(m.PcmBlock, "audio", 12, 2.0, log="wav"),
    "commands": Stream(m.Command, "manager", 0, 0),
    "markers": Stream(m.Marker, "*", 0, 0),
    "health": Stream(m.Health, "*", 2, 3.0, key="process"),
    "faults": Stream(m.Fault, "*", 0, 0, key="process"),
    "trace": Stream(m.Trace, "*", 0, 0, key="process"),
    "digest": Stream(m.Digest, "recorder", 1, 5.0),
}

STREAM_OF: dict[type[m.Message], str] = {row.type: name for name, row in STREAMS.items()}


def topic_of(message: m.Message) -> str:
    """The topic a message is published under: its stream, and its key where the row has one."""
    stream = STREAM_OF[type(message)]
    key = STREAMS[stream].key
    return f"{stream}/{getattr(message, key)}" if key else stream


def stream_of(topic: str) -> str:
    return topic.partition("/")[0]
