"""The items of the reporting guidelines for music-based interventions, filled from what the box knows and people told.

Robb, Burns & Carpenter 2011, doi 10.1177/1359105310374781: theory, content (who chose the music, the music, how it was
delivered, with headphones or speakers, who controlled the volume, the level in decibels, materials, strategies),
schedule, interventionist, fidelity, setting, unit. What only people know is in `About`; what nobody told stays empty.
"""

from __future__ import annotations

from device.config import SessionConfig
from device.reports import document as d
from device.reports.words import Phrases


def items_of(
    about: d.About, config: SessionConfig | None, music: d.Music, sound: d.Sound, words: Phrases
) -> tuple[d.Item, ...]:
    """All items in the order of the guideline; none is left out."""
    told = {
        "theory": about.theory,
        "chosen_by": about.chosen_by or _chosen(config, words),
        "music": _music(music, words),
        "delivery": words("as_delivered", headphones=sound.headphones or words("not_told")),
        "volume": words("as_controlled"),
        "level": _level(sound, words),
        "materials": about.materials,
        "strategies": about.strategies,
        "schedule": about.schedule or (words("as_planned", minutes=f"{config.minutes:g}") if config else ""),
        "interventionist": about.interventionist,
        "fidelity": about.fidelity
        or words("as_recorded_by_box", bars=music.bars, substituted=music.substituted, guarded=music.guarded),
        "setting": about.setting,
        "unit": about.unit,
    }
    return tuple(d.Item(key=key, text=text) for key, text in told.items())


def _chosen(config: SessionConfig | None, words: Phrases) -> str:
    if config is None:
        return ""
    preference = config.prescription.preference
    melody = words("with_melody") if preference.seed_melody else ""
    return words("as_chosen", style=preference.style, metre=preference.metre) + melody


def _music(music: d.Music, words: Phrases) -> str:
    if music.tempo_bpm is None:
        return words("no_music")
    tempo = {"low": f"{music.tempo_bpm.low:.0f}", "high": f"{music.tempo_bpm.high:.0f}"}
    return words("as_composed", generators=", ".join(music.generators), bars=music.bars, notes=music.notes, **tempo)


def _level(sound: d.Sound, words: Phrases) -> str:
    if sound.mean_dba is None:
        return ""
    return words("as_loud", mean=f"{sound.mean_dba:.0f}", loudest=f"{sound.loudest_dba:.0f}")
