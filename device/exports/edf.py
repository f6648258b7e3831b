"""EDF+ and BDF+: a file for each regular signal, as sensors have rates and clocks of their own (edfplus.info/specs).

EDF keeps 16 bits of a sample, BDF 24; where a sensor tells its full scale, BDF keeps the converter's own steps. Missing
samples are 0 and stand under an annotation `BAD_ACQ_SKIP`, as MNE names them: readers refuse files with interruptions
(EDF+D). Time is the sensor's counter, and annotations stand at the sample that was being taken. What comes at irregular
times, such as heartbeats, is a file of annotations alone.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import edfio
import numpy as np

from device.exports.files import File
from device.exports.recording import Annotation, Recording, file_name, line
from device.exports.signals import Floats, Signal

SKIP = "BAD_ACQ_SKIP"
YEARS = range(1985, 2085)
"""Years that EDF can tell."""
RANGES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6)
PROBLEMS_MAX = 50
DENOMINATOR_MAX = 60
"""A record of a whole number of samples lasts no longer than this in seconds."""


class Format(NamedTuple):
    """What tells the two formats apart."""

    ending: str
    digital_max: int
    file: type[edfio.Edf | edfio.Bdf]
    signal: type[edfio.EdfSignal | edfio.BdfSignal]


EDF = Format("edf", 2**15 - 1, edfio.Edf, edfio.EdfSignal)
BDF = Format("bdf", 2**23 - 1, edfio.Bdf, edfio.BdfSignal)


def write_edf(recording: Recording) -> Iterator[File]:
    """A file for each signal, or one of annotations alone where the session has none."""
    return _write(recording, EDF)


def write_bdf(recording: Recording) -> Iterator[File]:
    """As `write_edf`, with 24 bits."""
    return _write(recording, BDF)


def _write(recording: Recording, form: Format) -> Iterator[File]:
    begin = file_name(recording.session_id)
    for signal in recording.signals:
        written = write_signal(recording, signal, form) if signal.is_regular else _write_events(recording, signal, form)
        yield f"{begin}_{signal.name}.{form.ending}", written
    if not recording.signals:
        yield f"{begin}_annotations.{form.ending}", _write_events(recording, None, form)


def write_signal(recording: Recording, signal: Signal, form: Format) -> bytes:
    """One regular signal with what happened beside it, as a file."""
    rate = Fraction(signal.sfreq_hz).limit_denominator(DENOMINATOR_MAX)
    data = _filled_up(signal.data(), rate)
    channels = [
        _channel(name, unit, column, signal, form)
        for name, unit, column in zip(signal.ch_names, signal.units, data.T, strict=True)
    ]
    happened = [_at(signal.seconds_at(item.t_ns), item) for item in recording.annotations]
    holes = [
        edfio.EdfAnnotation(begin / signal.sfreq_hz, (end - begin) / signal.sfreq_hz, SKIP)
        for begin, end in _holes(data)
    ]
    return _file(recording, signal.first_ns, channels, [*happened, *holes], form, float(rate.denominator))


def _filled_up(data: Floats, rate: Fraction) -> Floats:
    """The samples, with missing ones behind them until the last record is whole."""
    missing = -len(data) % rate.numerator
    return np.concatenate([data, np.full((missing, data.shape[1]), np.nan, np.float32)])


def _holes(data: Floats) -> list[tuple[int, int]]:
    """First sample and end of each span in which no channel has a value."""
    is_hole = np.concatenate([[False], np.isnan(data).all(axis=1), [False]])
    edges = np.flatnonzero(is_hole[1:] != is_hole[:-1])
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _channel(name: str, unit: str, samples: Floats, signal: Signal, form: Format) -> edfio.EdfSignal | edfio.BdfSignal:
    reach = _reach(samples, signal.full_scale, form)
    return form.signal(
        np.nan_to_num(samples.astype(np.float64), nan=0.0),
        sampling_frequency=float(Fraction(signal.sfreq_hz).limit_denominator(DENOMINATOR_MAX)),
        label=_ascii(f"EEG {name}" if signal.kind == "eeg" else name, 16),
        transducer_type=_ascii(signal.source, 80),
        physical_dimension=_ascii({"degrees Celsius": "degC"}.get(unit, unit), 8),
        physical_range=(-reach, reach),
        digital_range=(-form.digital_max, form.digital_max),
    )


def _reach(samples: Floats, full_scale: float, form: Format) -> float:
    """The largest size that can be written: the converter's, where all its steps fit, else a round number above all."""
    largest = float(np.nanmax(np.abs(samples), initial=0.0)) if np.isfinite(samples).any() else 0.0
    if form is BDF and full_scale >= largest and full_scale == round(full_scale) and 0 < full_scale < 1e6:
        return full_scale
    tens = next((ten for ten in RANGES if largest <= ten), 1e7)
    return next((step * tens / 10 for step in (2, 4, 6, 8) if largest <= step * tens / 10), tens)


def _write_events(recording: Recording, signal: Signal | None, form: Format) -> bytes:
    """What happened, and each row of an irregular signal, as annotations from the first of them on."""
    began_ns = signal.times_ns()[0].item() if signal and len(signal.times_ns()) else recording.history.first_ns
    happened = [_at((item.t_ns - began_ns) / 1e9, item) for item in recording.annotations]
    rows = _rows(signal, began_ns) if signal else ()
    return _file(recording, began_ns, [], [*happened, *rows], form, None)


def _rows(signal: Signal, began_ns: int) -> Iterator[edfio.EdfAnnotation]:
    for t_ns, row in zip(signal.times_ns().tolist(), signal.data(), strict=True):
        told = [f"{name} {value}" for name, value in zip(signal.ch_names, row, strict=True) if not math.isnan(value)]
        yield edfio.EdfAnnotation((t_ns - began_ns) / 1e9, None, line(" ".join(told)))


def _at(onset_s: float, item: Annotation) -> edfio.EdfAnnotation:
    return edfio.EdfAnnotation(round(onset_s, 6), round(item.duration_s, 6) or None, f"{item.kind}: {item.text}")


def _file(
    recording: Recording, began_ns: int, channels: list[edfio.EdfSignal | edfio.BdfSignal],
    annotations: list[edfio.EdfAnnotation], form: Format, record_s: float | None,
) -> bytes:  # fmt: skip
    began = recording.utc(began_ns)
    is_told = began is not None and began.year in YEARS
    problems = [
        edfio.EdfAnnotation(0.0, None, f"not whole: {line(text)}") for text in recording.problems[:PROBLEMS_MAX]
    ]
    told = [*annotations, *problems] or [edfio.EdfAnnotation(0.0, None, "nothing was recorded")]
    written = io.BytesIO()
    form.file(
        channels,
        patient=edfio.Patient(code=_word(recording.history.listener)),
        recording=edfio.Recording(
            startdate=began.date() if began and is_told else None,
            equipment_code=_word(f"isotone_{recording.document.text('isotone')}"),
            additional=(_word(recording.session_id),),
        ),
        starttime=began.time() if began and is_told else dt.time(0),
        data_record_duration=record_s,
        annotations=told,
    ).write(written)
    return written.getvalue()


def _ascii(text: str, length: int) -> str:
    """The text in the letters that the headers of EDF have."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain if letter.isprintable())[:length]


def _word(text: str) -> str:
    """As a subfield, which has no space; `X` is what is not told."""
    return _ascii(text, 30).replace(" ", "_") or "X"
