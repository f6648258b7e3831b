"""A thin door to FluidSynth 2 (C library, LGPL-2.1) by ctypes: settings are read back, a failure is a sentence.

pyfluidsynth discards errors and cannot write float samples into our own buffer; we need both.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from device.audio.touch import ALWAYS, CONTROLLER, MODULATORS, controllers_of, touch_of
from device.config import AudioConfig, path_of
from device.errors import SoundError, SystemMissingError

LIBRARIES = ("libfluidsynth.so.3", "libfluidsynth.so.2")
SOUNDFONTS = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3",
    "/usr/share/sounds/sf3/MuseScore_General.sf3",
)
"""Permissively licensed ones (MIT) where Debian puts them, the lightest on memory first."""
INSTALL_SYNTH = "Install it: sudo apt install libfluidsynth3."
INSTALL_FONT = "Install one: sudo apt install fluid-soundfont-gm."
POLYPHONY = 192
"""A note is 2 to 4 SoundFont voices; the guard lets about 40 notes ring at once."""
CHANNELS = {
    0: (100, 60, 50), 1: (90, 64, 16), 2: (78, 46, 58), 3: (70, 76, 72),
    4: (58, 68, 60), 5: (58, 64, 20), 6: (64, 84, 66), 7: (50, 44, 78),
    8: (50, 72, 72), 9: (50, 64, 20), 10: (50, 40, 76), 11: (46, 90, 90),
}  # fmt: skip
"""Channel -> volume, pan and reverb send (MIDI controllers 7, 10, 91): voices, their first layers across the room, and
their second."""
SIDES = (0, 16)
"""Each channel has two of the synthesiser's, in turn for each instrument that is chosen: what rings of the one before
keeps its own touch."""
REVERB_SEND = 91
DRY, WET = 0.7, 1.35
"""Share of the sends in the smallest room and in the widest."""
SUSTAIN = 64
"""MIDI controller."""
GEN_FILTER_CUTOFF = 8
TRIED_PITCHES = (48, 60, 72)
TRIED_FRAMES, TRIED_BLOCKS = 512, 64
"""A note that does not sound within two thirds of a second is silent."""
AUDIBLE = 1e-4
"""The noise of the reverb is far below."""
DULL_CENTS = -3000.0
"""Offset of the low-pass filters at brightness 0; how hard a note is struck moves them too (`touch`)."""
ADD = 1
"""A modulator is added to those of the sound font."""

_FLOAT_SETTINGS = {
    # A small hall with curtains: long enough to join notes, and too dull to hiss.
    "synth.reverb.room-size": 0.72,
    "synth.reverb.damp": 0.45,
    "synth.reverb.width": 0.9,
    "synth.reverb.level": 0.45,
    # The library's own chorus level of 2.0 lifts peaks by 8 dB (measured).
    "synth.chorus.level": 0.3,
    "synth.chorus.depth": 4.0,
    "synth.chorus.speed": 0.3,
}
_INT_SETTINGS = {
    "synth.polyphony": POLYPHONY,
    "synth.midi-channels": 32,
    "synth.cpu-cores": 1,
    "synth.dynamic-sample-loading": 1,
    "synth.reverb.active": 1,
    "synth.chorus.active": 1,
    "synth.chorus.nr": 3,
    # One thread plays and renders; locking memory needs rights that a desktop does not give.
    "synth.threadsafe-api": 0,
    "synth.lock-memory": 0,
}
_double, _int, _str, _void = ctypes.c_double, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "new_fluid_settings": (_void, []),
    "delete_fluid_settings": (None, [_void]),
    "fluid_settings_setnum": (_int, [_void, _str, _double]),
    "fluid_settings_getnum": (_int, [_void, _str, ctypes.POINTER(_double)]),
    "fluid_settings_setint": (_int, [_void, _str, _int]),
    "fluid_settings_getint": (_int, [_void, _str, ctypes.POINTER(_int)]),
    "fluid_set_log_function": (_void, [_int, _void, _void]),
    "fluid_version_str": (_str, []),
    "new_fluid_synth": (_void, [_void]),
    "delete_fluid_synth": (None, [_void]),
    "fluid_synth_sfload": (_int, [_void, _str, _int]),
    "fluid_synth_pin_preset": (_int, [_void, _int, _int, _int]),
    "fluid_synth_program_select": (_int, [_void, _int, _int, _int, _int]),
    "fluid_synth_noteon": (_int, [_void, _int, _int, _int]),
    "fluid_synth_noteoff": (_int, [_void, _int, _int]),
    "fluid_synth_cc": (_int, [_void, _int, _int, _int]),
    "fluid_synth_system_reset": (_int, [_void]),
    "fluid_synth_set_gen": (_int, [_void, _int, _int, ctypes.c_float]),
    "fluid_synth_add_default_mod": (_int, [_void, _void, _int]),
    "new_fluid_mod": (_void, []),
    "delete_fluid_mod": (None, [_void]),
    "fluid_mod_set_source1": (None, [_void, _int, _int]),
    "fluid_mod_set_source2": (None, [_void, _int, _int]),
    "fluid_mod_set_dest": (None, [_void, _int]),
    "fluid_mod_set_amount": (None, [_void, _double]),
    "fluid_synth_get_active_voice_count": (_int, [_void]),
    "fluid_synth_write_float": (_int, [_void, _int, _void, _int, _int, _void, _int, _int]),
}


def open_library() -> ctypes.CDLL:
    """The C library with its signatures set and its chatter off.

    Raises:
        SystemMissingError: it is not installed.
    """
    for name in LIBRARIES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        for function, (result, arguments) in _SIGNATURES.items():
            getattr(library, function).restype = result
            getattr(library, function).argtypes = arguments
        for level in range(5):
            library.fluid_set_log_function(level, None, None)
        return library
    raise SystemMissingError("FluidSynth, which makes the sound, is not installed.", INSTALL_SYNTH)


def find_soundfont(config: AudioConfig) -> Path:
    """The configured sound font, else the first known one that is installed.

    Raises:
        ConfigError, SoundError: the configured file does not exist.
        SystemMissingError: none is installed.
    """
    if config.soundfont:
        path = path_of(config.soundfont, "audio.soundfont")
        if not path.is_file():
            raise SoundError(f"The sound font {path} does not exist.", "Mend audio.soundfont in device.toml.")
        return path
    for name in SOUNDFONTS:
        if Path(name).is_file():
            return Path(name)
    raise SystemMissingError("No sound font is installed.", INSTALL_FONT)


class Synth:
    """A synthesiser with its instruments loaded; pulled for samples by `render`.

    Raises:
        SystemMissingError: no library, no sound font.
        SoundError: the library refuses a setting, the sound font or an instrument.
    """

    def __init__(self, config: AudioConfig, programs: Sequence[int]) -> None:
        self._library = open_library()
        self.through_felt = True
        """Whether instruments that are chosen from now on are struck through felt."""
        self.version = self._library.fluid_version_str().decode()
        self.soundfont = find_soundfont(config)
        self._settings: int = self._library.new_fluid_settings()
        self._configure(config)
        # What is listened to is thrown away, with its reverb: a piece begins as it always does.
        self._open(programs)
        self._refuse_silence(programs)
        self._library.delete_fluid_synth(self._synth)
        self._open(programs)
        for channel, (volume, pan, reverb) in CHANNELS.items():
            for controller, value in ((7, volume), (10, pan), (REVERB_SEND, reverb)):
                self._control(channel, controller, value)

    def _open(self, programs: Sequence[int]) -> None:
        self._synth: int = self._library.new_fluid_synth(self._settings)
        self._font = self._load(self.soundfont)
        self._add_touch()
        self._side: dict[int, int] = {}
        self._struck: dict[tuple[int, int], int] = {}
        """The synthesiser's channel on which a note of a channel sounds."""
        for program in programs:
            # Otherwise samples would be read from disk at the moment an instrument is chosen.
            self._expect(
                self._library.fluid_synth_pin_preset(self._synth, self._font, 0, program),
                f"The sound font {self.soundfont} has no instrument {program}.",
            )

    def _configure(self, config: AudioConfig) -> None:
        floats = {**_FLOAT_SETTINGS, "synth.sample-rate": float(config.sfreq_hz), "synth.gain": config.gain}
        for name, value in floats.items():
            read = _double()
            self._library.fluid_settings_setnum(self._settings, name.encode(), value)
            self._library.fluid_settings_getnum(self._settings, name.encode(), ctypes.byref(read))
            self._check_setting(name, value, read.value)
        for name, number in _INT_SETTINGS.items():
            found = _int()
            self._library.fluid_settings_setint(self._settings, name.encode(), number)
            self._library.fluid_settings_getint(self._settings, name.encode(), ctypes.byref(found))
            self._check_setting(name, number, found.value)

    def _check_setting(self, name: str, asked: float, found: float) -> None:
        if found != asked:
            raise SoundError(
                f"FluidSynth {self.version} does not take {name} = {asked} (it keeps {found}).",
                "Mend [audio] in device.toml, or install another libfluidsynth.",
            )

    def _load(self, soundfont: Path) -> int:
        font = int(self._library.fluid_synth_sfload(self._synth, str(soundfont).encode(), 0))
        if font < 0:
            raise SoundError(f"The sound font {soundfont} cannot be loaded: it is damaged.", "Reinstall it.")
        return font

    def _add_touch(self) -> None:
        """Teach the synthesiser what velocity changes beside the level."""
        for source, flags, by, generator, amount in MODULATORS:
            modulator = self._library.new_fluid_mod()
            self._library.fluid_mod_set_source1(modulator, source, flags)
            self._library.fluid_mod_set_source2(modulator, by, 0 if by == ALWAYS else CONTROLLER)
            self._library.fluid_mod_set_dest(modulator, generator)
            self._library.fluid_mod_set_amount(modulator, amount)
            self._library.fluid_synth_add_default_mod(self._synth, modulator, ADD)
            self._library.delete_fluid_mod(modulator)

    def _refuse_silence(self, programs: Sequence[int]) -> None:
        """Listen to each instrument: FluidSynth loads samples that it cannot decode without a word, as silence."""
        for program in programs:
            # An instrument may have no samples for a pitch that it never plays.
            if sum(self._sounds(program, pitch) for pitch in TRIED_PITCHES) < len(TRIED_PITCHES) - 1:
                raise SoundError(
                    f"Instrument {program} of the sound font {self.soundfont} is silent: its samples are damaged.",
                    "Reinstall it, or use another sound font.",
                )

    def _sounds(self, program: int, pitch: int) -> bool:
        block = np.zeros((TRIED_FRAMES, 2), np.float32)
        # Nothing of the note before may be heard.
        self._library.fluid_synth_system_reset(self._synth)
        self.program(0, program)
        self.note_on(0, pitch, 100)
        for _ in range(TRIED_BLOCKS):
            self.render(block, 0, TRIED_FRAMES)
            if np.abs(block).max() > AUDIBLE:
                return True
        return False

    def _expect(self, result: int, sentence: str) -> None:
        if result != 0:
            raise SoundError(sentence, "Mend the prescription's programs, or use another sound font.")

    def program(self, channel: int, program: int) -> None:
        """Choose a loaded instrument (General MIDI, 0 to 127), with its touch, for the notes to come."""
        side = self._side[channel] = SIDES[1] if self._side.get(channel) == SIDES[0] else SIDES[0]
        result = self._library.fluid_synth_program_select(self._synth, channel + side, self._font, 0, program)
        self._expect(result, f"The sound font {self.soundfont} has no instrument {program}.")
        for controller, value in controllers_of(touch_of(program, through_felt=self.through_felt)):
            self._library.fluid_synth_cc(self._synth, channel + side, controller, value)

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        struck = self._struck[channel, pitch] = channel + self._side.get(channel, SIDES[0])
        self._library.fluid_synth_noteon(self._synth, struck, pitch, velocity)

    def note_off(self, channel: int, pitch: int) -> None:
        struck = self._struck.pop((channel, pitch), channel)
        self._library.fluid_synth_noteoff(self._synth, struck, pitch)

    def pedal(self, channel: int, *, down: bool) -> None:
        """The sustain pedal of a channel: while it is down, notes that end ring on."""
        self._control(channel, SUSTAIN, 127 if down else 0)

    def _control(self, channel: int, controller: int, value: int) -> None:
        for side in SIDES:
            self._library.fluid_synth_cc(self._synth, channel + side, controller, value)

    def brighten(self, brightness: float) -> None:
        """Move the low-pass filters of all voices, those sounding too: 0 dull, 1 as the sound font has them."""
        cents = DULL_CENTS * (1.0 - brightness)
        for channel in CHANNELS:
            for side in SIDES:
                self._library.fluid_synth_set_gen(self._synth, channel + side, GEN_FILTER_CUTOFF, cents)

    def widen(self, room: float) -> None:
        """Move the room around all notes, those sounding too: 0 near and dry, 1 wide."""
        for channel, (_, _, reverb) in CHANNELS.items():
            self._control(channel, REVERB_SEND, min(127, round(reverb * (DRY + (WET - DRY) * room))))

    def render(self, block: npt.NDArray[np.float32], first: int, last: int) -> None:
        """Fill the frames `first` to `last` of a C-contiguous block of shape (frames, 2); a frame is 1/sfreq_hz s."""
        data = block.ctypes.data
        self._library.fluid_synth_write_float(self._synth, last - first, data, 2 * first, 2, data, 2 * first + 1, 2)

    def n_voices(self) -> int:
        """How many SoundFont voices sound or ring out: they are what the synthesiser costs."""
        return int(self._library.fluid_synth_get_active_voice_count(self._synth))

    def close(self) -> None:
        self._library.delete_fluid_synth(self._synth)
        self._library.delete_fluid_settings(self._settings)
