"""FHIR R4: one Bundle of the sensors, what they measured, and what the listener said (hl7.org/fhir/R4).

They are Device, Observation with SampledData, and QuestionnaireResponse. The structs hold only what is written, under
FHIR's own names. Samples are told in the shortest numbers that give the recorded ones back exactly, and `E` where one
is missing. A heart rate has its code of LOINC; what has none that we could check is told in words.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from device.exports.files import File
from device.exports.recording import Recording, file_name, line
from device.exports.signals import Signal
from device.messages import SelfReport

NAMESPACE = uuid.UUID("5a6e6b1c-7f0e-4b52-9a0a-9f1f3a1d1e17")
"""Resources have the same ids however often a session is exported."""
UCUM, LOINC = "http://unitsofmeasure.org", "http://loinc.org"
UNITS = {"uV": "uV", "1/min": "/min", "ms": "ms", "g": "[g]", "uS": "uS", "degrees Celsius": "Cel", "": "1"}
CODES = {"hr_bpm": ("8867-4", "Heart rate")}
MISSING = "E"


class Coding(msgspec.Struct, frozen=True, kw_only=True):
    system: str
    code: str
    display: str


class Concept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """CodeableConcept."""

    coding: tuple[Coding, ...] = ()
    text: str


class Reference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    reference: str = ""
    display: str = ""


class Quantity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    value: float
    unit: str = ""
    system: str = ""
    code: str = ""


class Period(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    start: str = ""
    end: str = ""


class SampledData(msgspec.Struct, frozen=True, kw_only=True):
    origin: Quantity
    period: float
    """Milliseconds between samples."""
    dimensions: int
    data: str


class Component(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    code: Concept
    valueSampledData: SampledData | None = None  # noqa: N815 - FHIR's own name
    valueQuantity: Quantity | None = None  # noqa: N815


class Device(msgspec.Struct, frozen=True, kw_only=True, tag_field="resourceType", tag="Device"):
    id: str
    status: str = "active"
    deviceName: tuple[dict[str, str], ...]  # noqa: N815
    type: Concept


class Observation(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="resourceType", tag="Observation"
):
    id: str
    status: str
    code: Concept
    subject: Reference
    effectivePeriod: Period | None = None  # noqa: N815
    effectiveDateTime: str = ""  # noqa: N815
    device: Reference | None = None
    component: tuple[Component, ...]
    note: tuple[dict[str, str], ...] = ()


class QuestionnaireResponse(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="resourceType", tag="QuestionnaireResponse"
):
    id: str
    status: str
    subject: Reference
    authored: str = ""
    item: tuple[dict[str, Any], ...]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    fullUrl: str  # noqa: N815
    resource: Device | Observation | QuestionnaireResponse


class Bundle(msgspec.Struct, frozen=True, kw_only=True, tag_field="resourceType", tag="Bundle"):
    type: str = "collection"
    entry: tuple[Entry, ...]


def write_fhir(recording: Recording) -> Iterator[File]:
    """One bundle."""
    resources: list[Device | Observation | QuestionnaireResponse] = list(_devices(recording))
    resources += [_regular(recording, signal) for signal in recording.signals if signal.is_regular]
    for signal in recording.signals:
        if not signal.is_regular:
            resources += _irregular(recording, signal)
    resources += _responses(recording)
    entries = tuple(Entry(fullUrl=f"urn:uuid:{resource.id}", resource=resource) for resource in resources)
    yield f"{file_name(recording.session_id)}.fhir.json", msgspec.json.encode(Bundle(entry=entries))


def _id(recording: Recording, *words: object) -> str:
    return str(uuid.uuid5(NAMESPACE, "/".join(map(str, (recording.session_id, *words)))))


def _devices(recording: Recording) -> Iterator[Device]:
    for source in dict.fromkeys(signal.source for signal in recording.signals):
        name = ({"name": line(source) or "sensor", "type": "user-friendly-name"},)
        yield Device(
            id=_id(recording, "device", source), deviceName=name, type=Concept(text="sensor of a wellness aid")
        )


def _regular(recording: Recording, signal: Signal) -> Observation:
    """A signal: one component for each of its channels."""
    components = tuple(
        Component(
            code=_code(name),
            valueSampledData=SampledData(
                origin=_quantity(0.0, unit),
                period=1000.0 / signal.sfreq_hz,
                dimensions=1,
                data=" ".join(map(_told, column)),
            ),
        )
        for name, unit, column in zip(signal.ch_names, signal.units, signal.data().T, strict=True)
    )
    times_ns = signal.times_ns()
    return Observation(
        id=_id(recording, signal.name), status=_status(recording), note=_notes(recording),
        code=Concept(text=f"{signal.kind} of {line(signal.source)}"), subject=_subject(recording),
        device=_device(recording, signal), component=components,
        effectivePeriod=_period(recording, times_ns[0].item(), times_ns[-1].item()),
    )  # fmt: skip


def _irregular(recording: Recording, signal: Signal) -> Iterator[Observation]:
    """What comes at times of its own has an observation for each row."""
    for index, (t_ns, row) in enumerate(zip(signal.times_ns().tolist(), signal.data(), strict=True)):
        told = zip(signal.ch_names, signal.units, row, strict=True)
        components = tuple(
            Component(code=_code(name), valueQuantity=_quantity(float(str(value)), unit))
            for name, unit, value in told
            if np.isfinite(value)
        )
        if components:
            yield Observation(
                id=_id(recording, signal.name, index), status=_status(recording),
                code=Concept(text=f"{signal.kind} of {line(signal.source)}"), subject=_subject(recording),
                device=_device(recording, signal), component=components, effectiveDateTime=_time(recording, t_ns),
            )  # fmt: skip


def _responses(recording: Recording) -> Iterator[QuestionnaireResponse]:
    """Each time the listener said how they feel."""
    said = [command for command in recording.history.commands if isinstance(command, SelfReport)]
    for index, report in enumerate(said):
        told = {"arousal, -1 calm to 1 tense": report.value, "valence, -1 unpleasant to 1 pleasant": report.valence}
        items = tuple(
            {"linkId": text.partition(",")[0], "text": text, "answer": [{"valueDecimal": value}]}
            for text, value in told.items()
            if value is not None
        )
        yield QuestionnaireResponse(
            id=_id(recording, "said", index), status="completed", subject=_subject(recording),
            authored=_time(recording, report.t_ns), item=items,
        )  # fmt: skip


def _told(value: np.float32) -> str:
    """The shortest decimal that is this number in 32 bits."""
    return np.format_float_positional(value, trim="-") if np.isfinite(value) else MISSING


def _code(name: str) -> Concept:
    known = CODES.get(name)
    return Concept(
        coding=(Coding(system=LOINC, code=known[0], display=known[1]),) if known else (), text=line(name) or "channel"
    )


def _quantity(value: float, unit: str) -> Quantity:
    return Quantity(value=value, unit=unit or "1", system=UCUM, code=UNITS.get(unit, "1"))


def _status(recording: Recording) -> str:
    """A recording that is not whole is `preliminary`."""
    return "preliminary" if recording.problems else "final"


def _notes(recording: Recording) -> tuple[dict[str, str], ...]:
    return tuple({"text": line(problem)} for problem in recording.problems)


def _subject(recording: Recording) -> Reference:
    return Reference(display=line(recording.history.listener).strip() or "listener")


def _device(recording: Recording, signal: Signal) -> Reference:
    return Reference(reference=f"urn:uuid:{_id(recording, 'device', signal.source)}")


def _period(recording: Recording, first_ns: int, last_ns: int) -> Period | None:
    start, end = _time(recording, first_ns), _time(recording, last_ns)
    return Period(start=start, end=end) if start and end else None


def _time(recording: Recording, t_ns: int) -> str:
    """As FHIR writes it, in UTC; nothing where it is not told."""
    at = recording.utc(t_ns)
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z") if at else ""
