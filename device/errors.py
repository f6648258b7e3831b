"""Names what can go wrong in words a person can act on, and the exit code of each."""

from __future__ import annotations

import enum


class Exit(enum.IntEnum):
    """Exit codes of the command `isotone`; the README lists them."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    CONFIG = 3
    SENSOR = 4
    SOUND = 5
    MODEL = 6
    DISK = 7
    RECORDING = 8
    REPLAY_DIFFERS = 9
    SESSION_FAULT = 10
    SYSTEM = 11
    INTAKE = 12
    UPDATE = 13
    RESTART = 14


class IsotoneError(Exception):
    """A refusal: `sentence` says what is wrong and where, `action` what to do."""

    exit_code = Exit.INTERNAL

    def __init__(self, sentence: str, action: str = "") -> None:
        super().__init__(f"{sentence} {action}".strip())
        self.sentence = sentence
        self.action = action


class ConfigError(IsotoneError):
    exit_code = Exit.CONFIG


class SensorError(IsotoneError):
    exit_code = Exit.SENSOR


class SoundError(IsotoneError):
    exit_code = Exit.SOUND


class DoseError(SoundError):
    """The ears have had enough; a later day is better."""


class ModelError(IsotoneError):
    exit_code = Exit.MODEL


class DiskError(IsotoneError):
    exit_code = Exit.DISK


class RecordingError(IsotoneError):
    exit_code = Exit.RECORDING


class SealedError(RecordingError):
    """What is sealed does not open: its key was destroyed or is elsewhere, or it is not what was sealed."""


class IntakeError(IsotoneError):
    """A listener whose intake questions are not answered, or whose answers speak against a session."""

    exit_code = Exit.INTAKE


class UpdateError(IsotoneError):
    """A bundle that may not be installed, or a step of an update that cannot be taken."""

    exit_code = Exit.UPDATE


class BusyError(UpdateError):
    """An update that has to wait: a session plays, or another update is being installed."""


class NotObeyedError(IsotoneError):
    """A wish that no running session obeyed."""

    exit_code = Exit.SYSTEM


class SystemMissingError(IsotoneError):
    """A system package, bus or service that must be there is not."""

    exit_code = Exit.SYSTEM
