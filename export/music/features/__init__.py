"""What tells breathing music from music that ticks on: a small function of a piece for each question, all alike.

The functions know nothing of who wrote a piece, so ours and people's are measured by the same ones. `WRITTEN` can be
read in any score; `PLAYED` is about a performance: of a score it tells the nominal values; `FAULTS` are what an ear
trained in counterpoint takes exception to.
"""

from __future__ import annotations

from export.music.features import counterpoint, harmony, melody, performance
from export.music.features.told import Feature

WRITTEN: dict[str, Feature] = {
    "commonest_count": melody.commonest_count,
    "count_spread": melody.count_spread,
    "rests": melody.rests,
    "held": melody.held,
    "phrase_beats": melody.phrase_beats,
    "gaps_per_min": melody.gaps_per_min,
    "repeated": melody.repeated,
    "stepwise": melody.stepwise,
    "turns": melody.turns,
    "pitches": melody.pitches,
    "span": melody.span,
    "lengths": melody.lengths,
    "rhythms": melody.rhythms,
    "off_beat": melody.off_beat,
    "melody_share": melody.melody_share,
    "legato": melody.legato,
    "root_position": harmony.root_position,
    "tonic_dominant": harmony.tonic_dominant,
    "degrees": harmony.degrees,
    "clear_chords": harmony.clear_chords,
    "chord_changes": harmony.chord_changes,
    "key_changes": harmony.key_changes,
    "bass_steps": harmony.bass_steps,
    "bass_moves": harmony.bass_moves,
    "inner_moves": harmony.inner_moves,
    "middle_moves": harmony.middle_moves,
}
"""What can be read in any score."""
PLAYED: dict[str, Feature] = {
    "velocity_sd": performance.velocity_sd,
    "arc_db": performance.arc_db,
    "tempo_sd": performance.tempo_sd,
    "timing_ms": performance.timing_ms,
}
"""What a performance adds."""
FAULTS: dict[str, Feature] = {
    "clashes": counterpoint.clashes,
    "outer_parallels": counterpoint.outer_parallels,
    "inner_parallels": counterpoint.inner_parallels,
    "widest_leap": counterpoint.widest_leap,
    "dead_bars": counterpoint.dead_bars,
}
"""What people allow themselves rarely."""
