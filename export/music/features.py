"""What tells breathing music from music that ticks on: a small function of a piece for each question, all alike.

The functions know nothing of who wrote a piece, so ours and people's are measured by the same ones. `WRITTEN` can be
read in any score; `PLAYED` is about a performance: of a score it tells the nominal values.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from device.messages import TICKS_PER_BEAT
from device.music.theory import Chord, detect_chord
from device.music.tokens import BEAT_STEPS
from export.music.chroma import chroma, key_fit
from export.music.metrics import STEPS_PER_BEAT, bar_of
from export.music.midi import Piece

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Feature = Callable[[Piece], float]

WINDOW_BARS = 8
GAP_S = 1.0
"""A longer silence of the melody is a gap."""
PHRASE_S, PHRASE_TIMES = 1.0, 1.8
"""A phrase ends where the next onset is at least so far, in seconds and in median distances of the melody's onsets."""
CLEAR_SHARE = 0.75
"""Share of the sound that a chord must hold to be told."""
STEP = 2
"""Semitones; a larger melodic step is none."""
SMOOTH_BARS = 2
EVEN = 1e-6
"""Velocities that vary less are nominal ones, which nobody played."""
GRID = np.array([*BEAT_STEPS, TICKS_PER_BEAT]) / TICKS_PER_BEAT
"""Places of a beat at which the composer writes: sixteenths and triplets."""


def known(values: Floats) -> Floats:
    """Those that could be told."""
    return values[np.isfinite(values)]


def _mean(values: npt.ArrayLike) -> float:
    told = known(np.asarray(values, float))
    return float(told.mean()) if len(told) else float("nan")


def _share(found: npt.NDArray[np.bool_]) -> float:
    return float(found.mean()) if len(found) else float("nan")


def _windows(piece: Piece) -> Iterator[tuple[int, int]]:
    """First bar and end of every eight whole bars."""
    n_bars = len(piece.bars) - 1
    return ((first, first + WINDOW_BARS) for first in range(0, n_bars - WINDOW_BARS + 1, WINDOW_BARS))


# -- melody


def counts(piece: Piece) -> Ints:
    """Notes of the melody in each bar."""
    bar = bar_of(piece)[piece.melody()]
    n_bars = len(piece.bars) - 1
    return np.bincount(bar[(bar >= 0) & (bar < n_bars)], minlength=n_bars)


def commonest_count(piece: Piece) -> float:
    """Share of the bars that have the commonest number of melody notes."""
    found = counts(piece)
    return float(np.bincount(found).max() / len(found))


def count_spread(piece: Piece) -> float:
    """Deviation of the number of melody notes in a bar, beside its mean."""
    found = counts(piece)
    return float(found.std() / max(1e-9, found.mean()))


def rests(piece: Piece) -> float:
    """Share of bars in which the melody strikes nothing."""
    return _share(counts(piece) == 0)


def phrase_ends(piece: Piece) -> tuple[Ints, Floats]:
    """Indices of the last notes of phrases, and seconds to the onset that follows each."""
    tune = piece.melody()
    apart = np.diff(piece.start_s[tune])
    if not len(apart):
        return np.empty(0, np.int64), np.empty(0)
    last = apart >= max(PHRASE_S, PHRASE_TIMES * float(np.median(apart)))
    return tune[:-1][last], apart[last]


def held(piece: Piece) -> float:
    """Share of the time to the next onset for which the last note of a phrase sounds: median."""
    last, apart = phrase_ends(piece)
    sounding = piece.end_s[last] - piece.start_s[last]
    return float(np.median(np.minimum(1.0, sounding / apart))) if len(last) else float("nan")


def phrase_beats(piece: Piece) -> float:
    """Beats from the end of a phrase to that of the next: median."""
    last, _ = phrase_ends(piece)
    return float(np.median(np.diff(piece.onset[last]))) if len(last) > 1 else float("nan")


def gaps_per_min(piece: Piece) -> float:
    """Silences of the melody above a second, a minute."""
    tune = piece.melody()
    silence = piece.start_s[tune][1:] - np.maximum.accumulate(piece.end_s[tune])[:-1]
    return float((silence > GAP_S).sum() * 60.0 / max(1.0, piece.duration_s))


def repeated(piece: Piece) -> float:
    """Share of the melody's steps that stay where they are."""
    return _share(np.diff(piece.pitch[piece.melody()]) == 0)


def stepwise(piece: Piece) -> float:
    """Share of the melody's moves that are steps of the scale."""
    moves = np.abs(np.diff(piece.pitch[piece.melody()]))
    return _share(moves[moves > 0] <= STEP)


def turns(piece: Piece) -> float:
    """Share of the melody's moves that change direction."""
    moves = np.sign(np.diff(piece.pitch[piece.melody()]))
    moves = moves[moves != 0]
    return _share(moves[1:] != moves[:-1])


def _per_window(piece: Piece, places: Ints) -> Iterator[Ints]:
    """Those of the places that begin in each eight bars."""
    bar = bar_of(piece)[places]
    return (places[(bar >= first) & (bar < end)] for first, end in _windows(piece))


def pitches(piece: Piece) -> float:
    """Different pitches of the melody in eight bars."""
    return _mean([len(np.unique(piece.pitch[inside])) for inside in _per_window(piece, piece.melody()) if len(inside)])


def span(piece: Piece) -> float:
    """Semitones between the melody's lowest and highest note in eight bars."""
    return _mean([np.ptp(piece.pitch[inside]) for inside in _per_window(piece, piece.melody()) if len(inside)])


def lengths(piece: Piece) -> float:
    """Different distances between the melody's onsets, in sixteenths, in eight bars."""
    found = []
    for inside in _per_window(piece, piece.melody()):
        steps = np.round(piece.onset[inside] * STEPS_PER_BEAT).astype(np.int64)
        found.append(len(np.unique(np.diff(steps))))
    return _mean(found)


def rhythms(piece: Piece) -> float:
    """Different rhythms of the melody among eight bars, as a share of them."""
    steps, bar = np.round(piece.onset * STEPS_PER_BEAT), bar_of(piece)
    tune = piece.melody()
    starts = np.round(piece.bars * STEPS_PER_BEAT)
    patterns = [tuple(steps[tune][bar[tune] == number] - starts[number]) for number in range(len(piece.bars) - 1)]
    return _mean([len(set(patterns[first:end])) / WINDOW_BARS for first, end in _windows(piece)])


def off_beat(piece: Piece) -> float:
    """Share of the melody's onsets between the beats."""
    steps = np.round(piece.onset[piece.melody()] * STEPS_PER_BEAT).astype(np.int64)
    return _share(steps % STEPS_PER_BEAT != 0)


def melody_share(piece: Piece) -> float:
    """Share of the notes that are the melody's."""
    return len(piece.melody()) / len(piece.pitch)


def legato(piece: Piece) -> float:
    """Share of the time to the next onset for which a melody note sounds: median."""
    tune = piece.melody()
    apart = np.diff(piece.onset[tune])
    return float(np.median(np.minimum(1.0, piece.length[tune][:-1] / apart))) if len(apart) else float("nan")


# -- harmony and bass


def halves(piece: Piece) -> Floats:
    """Edges of the halves of the bars, in beats."""
    return np.append(np.stack((piece.bars[:-1], (piece.bars[:-1] + piece.bars[1:]) / 2), axis=1), piece.bars[-1])


def chords(piece: Piece, edges: Floats) -> tuple[list[Chord | None], Ints]:
    """The triad of each span, None where none is clear, and the lowest pitch that sounds in it (-1: silence).

    The bass does not vote, as elsewhere: whether it is the root is asked.
    """
    weights = chroma(piece.onset, piece.onset + piece.length, piece.pitch, edges)
    found: list[Chord | None] = []
    for row in weights:
        chord = detect_chord(row.tolist(), None)
        clear = chord is not None and row[list(chord.pitch_classes)].sum() >= CLEAR_SHARE * row.sum()
        found.append(chord if clear else None)
    return found, lowest(piece, edges)


def lowest(piece: Piece, edges: Floats) -> Ints:
    """Lowest pitch that begins or sounds for a quarter of each span; -1 where there is none."""
    end = piece.onset + piece.length
    found = np.full(len(edges) - 1, -1)
    for place, (start, stop) in enumerate(itertools.pairwise(edges.tolist())):
        inside = np.minimum(end, stop) - np.maximum(piece.onset, start - 0.1) > (stop - start) / 4
        if inside.any():
            found[place] = piece.pitch[inside].min()
    return found


def root_position(piece: Piece) -> float:
    """Share of the clear triads, two a bar, whose root is lowest."""
    found, low = chords(piece, halves(piece))
    known = [(chord, pitch) for chord, pitch in zip(found, low.tolist(), strict=True) if chord and pitch >= 0]
    return _share(np.array([pitch % 12 == chord.root_pc for chord, pitch in known], bool))


def tonics(piece: Piece) -> Ints:
    """The tonic of every bar, found in its eight."""
    weights = chroma(piece.onset, piece.onset + piece.length, piece.pitch, piece.bars)
    starts = range(0, len(weights), WINDOW_BARS)
    keys = [
        int(np.argmax(key_fit(weights[start : start + WINDOW_BARS].sum(axis=0, keepdims=True)))) for start in starts
    ]
    return np.repeat(np.array(keys) % 12, WINDOW_BARS)[: len(weights)]


def _degrees(piece: Piece) -> Ints:
    """Semitones from the tonic to the root of each bar whose triad is clear."""
    found, _ = chords(piece, piece.bars)
    pairs = zip(found, tonics(piece).tolist(), strict=True)
    return np.array([(chord.root_pc - tonic) % 12 for chord, tonic in pairs if chord], np.int64)


def tonic_dominant(piece: Piece) -> float:
    """Share of the bars with a clear triad that stand on the first or fifth degree."""
    return _share(np.isin(_degrees(piece), (0, 7)))


def degrees(piece: Piece) -> float:
    """Different degrees that clear triads of bars stand on, in the whole piece."""
    return float(len(np.unique(_degrees(piece))))


def clear_chords(piece: Piece) -> float:
    """Share of the half bars whose sound is a triad."""
    found, _ = chords(piece, halves(piece))
    return _share(np.array([chord is not None for chord in found]))


def chord_changes(piece: Piece) -> float:
    """Share of the half bars that bring another triad than the half before."""
    found, _ = chords(piece, halves(piece))
    pairs = [(a, b) for a, b in itertools.pairwise(found) if a and b]
    return _share(np.array([a != b for a, b in pairs], bool))


def key_changes(piece: Piece) -> float:
    """Share of the eights of bars that are in another key than those before."""
    keys = tonics(piece)[::WINDOW_BARS]
    return _share(keys[1:] != keys[:-1])


def bass_steps(piece: Piece) -> float:
    """Share of the bass's moves, from half bar to half bar, that are steps of the scale."""
    low = lowest(piece, halves(piece))
    moves = np.abs(np.diff(low[low >= 0]))
    return _share(moves[moves > 0] <= STEP)


def bass_moves(piece: Piece) -> float:
    """Share of the half bars in which the bass leaves its pitch."""
    low = lowest(piece, halves(piece))
    return _share(np.diff(low[low >= 0]) != 0)


def middle(piece: Piece) -> Ints:
    """Indices of the notes between melody and bass: neither the tune's nor the lowest of their half bar."""
    low = lowest(piece, halves(piece))
    half = np.clip(np.searchsorted(halves(piece), piece.onset + 0.1, side="right") - 1, 0, len(low) - 1)
    return np.setdiff1d(np.flatnonzero(piece.pitch > low[half]), piece.melody())


def inner_moves(piece: Piece) -> float:
    """Places in a bar at which something between melody and bass begins, beyond the first."""
    places = middle(piece)
    bar, step = bar_of(piece)[places], np.round(piece.onset[places] * STEPS_PER_BEAT).astype(np.int64)
    onsets = np.unique(np.stack((bar, step)), axis=1)[0]
    n_bars = len(piece.bars) - 1
    per_bar = np.bincount(onsets[(onsets >= 0) & (onsets < n_bars)], minlength=n_bars)
    return float(np.maximum(0, per_bar - 1).mean())


def middle_moves(piece: Piece) -> float:
    """Semitones by which the mean pitch between melody and bass moves from bar to bar."""
    places = middle(piece)
    bar = bar_of(piece)[places]
    means = [_mean(piece.pitch[places][bar == number]) for number in range(len(piece.bars) - 1)]
    return _mean(np.abs(np.diff(means)))


# -- performance


def _level_db(velocity: Floats) -> Floats:
    """Level of struck notes: a synthesiser's gain falls with the square of velocity and expression."""
    return np.asarray(40.0 * np.log10(np.maximum(velocity, 1.0) / 127.0))


def bar_levels(piece: Piece) -> Floats:
    """Mean power, in dB, with which the notes of each bar are struck; NaN where none is."""
    power, bar = 10.0 ** (_level_db(piece.velocity) / 10.0), bar_of(piece)
    inside = (bar >= 0) & (bar < len(piece.bars) - 1)
    struck = np.bincount(bar[inside], minlength=len(piece.bars) - 1)
    total = np.bincount(bar[inside], power[inside], minlength=len(piece.bars) - 1)
    return np.where(struck > 0, 10.0 * np.log10(np.maximum(total, 1e-12) / np.maximum(struck, 1)), np.nan)


def velocity_sd(piece: Piece) -> float:
    """Deviation of velocity among the melody's notes of a bar, where there are three or more: mean."""
    tune = piece.melody()
    bar, velocity = bar_of(piece)[tune], piece.velocity[tune]
    if np.ptp(piece.velocity) < EVEN:
        return float("nan")
    return _mean([velocity[bar == number].std() for number in np.unique(bar) if (bar == number).sum() > 2])


def arc_db(piece: Piece) -> float:
    """Range of the level of neighbouring bars (two averaged) within eight bars: median, in dB."""
    levels = bar_levels(piece)
    if np.ptp(piece.velocity) < EVEN:
        return float("nan")
    smooth = np.convolve(levels, np.full(SMOOTH_BARS, 1 / SMOOTH_BARS), "valid")
    ranges = [np.ptp(told) for first, end in _windows(piece) if len(told := known(smooth[first : end - 1])) > 2]
    return float(np.median(ranges)) if ranges else float("nan")


def tempo_sd(piece: Piece) -> float:
    """Deviation of the bars' tempo within eight bars, in percent: median."""
    tempo = np.diff(piece.bars) / np.maximum(1e-6, np.diff(piece.seconds(piece.bars)))
    found = [100.0 * tempo[first:end].std() / tempo[first:end].mean() for first, end in _windows(piece)]
    return float(np.median(found)) if found else float("nan")


def timing_ms(piece: Piece) -> float:
    """Milliseconds from an onset to the nearest sixteenth or triplet: mean."""
    beat = np.floor(piece.onset + GRID[1] / 2)
    nearest = beat + GRID[np.argmin(np.abs(piece.onset[:, None] - beat[:, None] - GRID), axis=1)]
    return float(1000.0 * np.abs(piece.seconds(piece.onset) - piece.seconds(nearest)).mean())


WRITTEN: dict[str, Feature] = {
    "commonest_count": commonest_count,
    "count_spread": count_spread,
    "rests": rests,
    "held": held,
    "phrase_beats": phrase_beats,
    "gaps_per_min": gaps_per_min,
    "repeated": repeated,
    "stepwise": stepwise,
    "turns": turns,
    "pitches": pitches,
    "span": span,
    "lengths": lengths,
    "rhythms": rhythms,
    "off_beat": off_beat,
    "melody_share": melody_share,
    "legato": legato,
    "root_position": root_position,
    "tonic_dominant": tonic_dominant,
    "degrees": degrees,
    "clear_chords": clear_chords,
    "chord_changes": chord_changes,
    "key_changes": key_changes,
    "bass_steps": bass_steps,
    "bass_moves": bass_moves,
    "inner_moves": inner_moves,
    "middle_moves": middle_moves,
}
"""What can be read in any score."""
PLAYED: dict[str, Feature] = {
    "velocity_sd": velocity_sd,
    "arc_db": arc_db,
    "tempo_sd": tempo_sd,
    "timing_ms": timing_ms,
}
"""What a performance adds."""
