"""Reads affect out of recordings, as the box would have while they were made: `isotone affect`.

The recordings go through the stages that live samples go through, second by second; the line at second t follows from
samples before t alone. A recording behind another begins with empty windows and without evidence, and the listener's
rest stays known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from device.affect.estimator import Estimator
from device.config import AffectConfig, DeviceConfig, SessionConfig, SourceConfig
from device.dsp.features import Features
from device.errors import RecordingError
from device.files.models import MODELS_DIR
from device.messages import AffectEstimate, Tick
from device.recordings.files import expand, load_pieces
from device.recordings.offline import SECOND_NS, SOURCES, OfflineSession
from device.recordings.plausibility import check_names, refuse_implausible
from device.recordings.signals import Recording, refuse_too_many

DAY_S = 86_400.0
DEFAULT = AffectConfig(rest_probability=1.0)
"""Whoever gives recordings says that the first of them is rest."""
REST_S = 60.0
"""Length of the rest where nobody asks for another."""


class Line(msgspec.Struct, frozen=True):
    """One second's answer as `isotone affect --json` prints it; `t` in seconds of the recordings as joined."""

    t: int
    arousal: float
    arousal_sd: float
    valence: float
    valence_sd: float
    coverage: dict[str, float]
    reasons: tuple[str, ...]


def line_of(estimate: AffectEstimate) -> Line:
    return Line(
        t=estimate.t_ns // SECOND_NS,
        arousal=estimate.arousal,
        arousal_sd=estimate.arousal_sd,
        valence=estimate.valence,
        valence_sd=estimate.valence_sd,
        coverage=estimate.coverage,
        reasons=estimate.reasons,
    )


def open_recordings(
    paths: Sequence[Path], *, sources: Sequence[str] = (), ch_names: Sequence[str] = ()
) -> OfflineSession:
    """One person's recordings in order, with the named sources and EEG channels; none named: all there are.

    Raises:
        RecordingError: a recording cannot be read, is not what it says, does not fit the others or lacks what is asked.
    """
    files = expand(paths)
    if not files:
        raise RecordingError("There is no .npz and no session log in what was given.", "Give a recording.")
    recordings: list[Recording] = []
    for file in files:
        recordings += _open(file, sources or SOURCES, ch_names)
        refuse_too_many(sum(recording.n_values for recording in recordings), "What was given")
    _refuse_misfits(recordings)
    session = OfflineSession(recordings)
    wanted = {*sources, *(("eeg",) if ch_names else ())}
    for source in sorted(wanted - set(session.sources)):
        raise RecordingError(f"These recordings hold no {source} signals.", "Ask for what they hold.")
    if session.duration_s > DAY_S:
        raise RecordingError("These recordings last longer than a day.", "Give fewer, or mend their rates.")
    return session


def _refuse_misfits(recordings: Sequence[Recording]) -> None:
    layouts = {recording.eeg[1:3] for recording in recordings if recording.eeg}
    if len(layouts) > 1:
        raise RecordingError(
            "The EEG of these recordings is not of one session: their channels or rates differ.",
            "Choose channels that all have, or take them one by one.",
        )


def _open(file: Path, sources: Sequence[str], ch_names: Sequence[str]) -> list[Recording]:
    """The asked signals of one file in one piece or several, looked at before they are believed."""
    pieces = []
    for piece in load_pieces(file):
        eeg = piece.eeg if "eeg" in sources else None
        pieces.append(piece._replace(eeg=eeg) if "wrist" in sources else Recording(eeg=eeg))
    chosen = [_pick(piece, ch_names, file) for piece in pieces if piece.eeg or piece.has_wrist]
    refuse_implausible(chosen, str(file), is_timed=file.is_dir())
    return chosen


def _pick(piece: Recording, ch_names: Sequence[str], file: Path) -> Recording:
    """The named channels of its EEG, in the order asked; all where none is."""
    if not piece.eeg:
        return piece
    check_names(piece.eeg.ch_names, str(file))
    if not ch_names:
        return piece
    position = {name.upper(): index for index, name in enumerate(piece.eeg.ch_names)}
    absent = [name for name in ch_names if name.upper() not in position]
    if absent:
        there = ", ".join(piece.eeg.ch_names)
        raise RecordingError(f"{file} has no EEG channel {', '.join(absent)}.", f"It has {there}.")
    columns = [position[name.upper()] for name in ch_names]
    names = tuple(piece.eeg.ch_names[column] for column in columns)
    return piece._replace(eeg=piece.eeg._replace(data=piece.eeg.data[:, columns], ch_names=names))


def read_affect(
    session: OfflineSession,
    *,
    calibrate_s: float | None = None,
    window_s: float = 0.0,
    models_dir: Path = MODELS_DIR,
    affect: AffectConfig = DEFAULT,
) -> Iterator[AffectEstimate]:
    """One estimate at the end of each whole second; its `t_ns` counts from the start of the first recording.

    The first `calibrate_s` of the session are taken for rest; evidence older than `window_s` (0: no limit) is dropped.
    `affect` names the models where others are to be asked.

    Raises:
        RecordingError: the session is shorter than its calibration.
        ModelError: a model cannot be used.
    """
    rest_s = _rest_s(session, calibrate_s)
    asked = msgspec.structs.replace(affect, baseline_s=rest_s, window_s=window_s)
    config = _config(session.sources, asked, models_dir)
    features, estimator = Features(config), Estimator(config)
    waiting: set[str] = set()
    for second in range(1, int(session.duration_s) + 1):
        if second > rest_s:
            estimator.end_rest()
        for span in session.spans(second):
            if span.begins:
                waiting = set(session.sources)
            for chunk in session.chunks(span):
                for frame in features.step(chunk, chunk.t_ns):
                    estimator.step(frame, frame.t_ns)
                    waiting.discard(frame.source)
        now_ns = session.clock_ns(second)
        said = estimator.step(Tick(t_ns=now_ns), now_ns)
        estimate = next(message for message in said if isinstance(message, AffectEstimate))
        reasons = tuple(_explain_gap(reason, waiting) for reason in estimate.reasons)
        yield msgspec.structs.replace(estimate, t_ns=second * SECOND_NS, reasons=reasons)


def _rest_s(session: OfflineSession, calibrate_s: float | None) -> float:
    """How long the listener rests at the start: as asked, or as usual."""
    if calibrate_s is None:
        return REST_S
    if calibrate_s >= session.duration_s:
        raise RecordingError(
            f"{session.duration_s:.0f} s were recorded: that leaves nothing after {calibrate_s:.0f} s of calibration.",
            "Give a longer recording or a shorter --calibrate.",
        )
    return calibrate_s


def _config(sources: Sequence[str], affect: AffectConfig, models_dir: Path) -> SessionConfig:
    """A session that has these sources and nothing else."""
    device = DeviceConfig(sources={name: SourceConfig(type="playback") for name in sources}, affect=affect)
    return SessionConfig(session_id="", run_dir="", session_dir="", models_dir=str(models_dir), device=device)


def _explain_gap(reason: str, waiting: set[str]) -> str:
    """A source that waits for its first window in a further recording is not silent."""
    source, _, why = reason.partition(": ")
    return f"{source}: another recording has begun" if source in waiting and why.startswith("no data for") else reason
