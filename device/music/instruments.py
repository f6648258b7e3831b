"""General MIDI's 128 instruments by name, for people who do not think in numbers."""

from __future__ import annotations

import difflib
import re

NAMES = (
    "acoustic grand piano", "bright acoustic piano", "electric grand piano", "honky-tonk piano", "electric piano 1",
    "electric piano 2", "harpsichord", "clavinet", "celesta", "glockenspiel", "music box", "vibraphone", "marimba",
    "xylophone", "tubular bells", "dulcimer", "drawbar organ", "percussive organ", "rock organ", "church organ",
    "reed organ", "accordion", "harmonica", "tango accordion", "nylon guitar", "steel guitar", "jazz guitar",
    "clean guitar", "muted guitar", "overdriven guitar", "distortion guitar", "guitar harmonics", "acoustic bass",
    "finger bass", "pick bass", "fretless bass", "slap bass 1", "slap bass 2", "synth bass 1", "synth bass 2",
    "violin", "viola", "cello", "contrabass", "tremolo strings", "pizzicato strings", "harp", "timpani",
    "string ensemble 1", "string ensemble 2", "synth strings 1", "synth strings 2", "choir aahs", "voice oohs",
    "synth voice", "orchestra hit", "trumpet", "trombone", "tuba", "muted trumpet", "french horn", "brass section",
    "synth brass 1", "synth brass 2", "soprano sax", "alto sax", "tenor sax", "baritone sax", "oboe", "english horn",
    "bassoon", "clarinet", "piccolo", "flute", "recorder", "pan flute", "blown bottle", "shakuhachi", "whistle",
    "ocarina", "square lead", "sawtooth lead", "calliope lead", "chiff lead", "charang lead", "voice lead",
    "fifths lead", "bass and lead", "new age pad", "warm pad", "polysynth pad", "choir pad", "bowed pad",
    "metallic pad", "halo pad", "sweep pad", "rain", "soundtrack", "crystal", "atmosphere", "brightness", "goblins",
    "echoes", "sci-fi", "sitar", "banjo", "shamisen", "koto", "kalimba", "bagpipe", "fiddle", "shanai",
    "tinkle bell", "agogo", "steel drums", "woodblock", "taiko drum", "melodic tom", "synth drum", "reverse cymbal",
    "fret noise", "breath noise", "seashore", "bird tweet", "telephone ring", "helicopter", "applause", "gunshot",
)  # fmt: skip
SHORT = {
    "piano": 0, "electric piano": 4, "organ": 19, "guitar": 24, "bass": 32, "strings": 48, "choir": 52, "sax": 65,
    "horn": 60, "pad": 89, "double bass": 43, "epiano": 4,
}  # fmt: skip
"""What people say for short."""


def find_instrument(word: str) -> tuple[int, str]:
    """The program (0 to 127) that a name or number means, and a remark where that had to be guessed.

    Raises:
        LookupError: nothing is like it.
    """
    name = re.sub(r"[\s_]+", " ", word.strip().lower())
    if name.isdecimal() and len(name) < 4 and int(name) < len(NAMES):
        return int(name), ""
    known = dict(zip(NAMES, range(len(NAMES)), strict=True)) | SHORT
    if name in known:
        return known[name], ""
    holding = [full for full in NAMES if name and name in full]
    near = holding or difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if not near:
        raise LookupError(f"There is no instrument `{word}`.")
    program = known[near[0]]
    return program, f"There is no instrument `{word}`: {near[0]} ({program}) is taken."
