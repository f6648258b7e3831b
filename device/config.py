"""device.toml and prescription.toml become frozen structs; an unknown key is an error with file and line.

Order of precedence: the default in the struct < device.toml < prescription.toml < the command line.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec

from device import __version__
from device.errors import ConfigError
from device.files.toml_text import ANY_KEY, bare, find_line, parse, read_text
from device.messages import (
    VOICES,
    Button,
    KeepLevel,
    Language,
    Metre,
    Mode,
    Note,
    PersonalBaseline,
    PersonalResponse,
    Voice,
)
from device.plan_layout import PlanLayout, Side, Zone
from device.programme_layout import HOURS_PATTERN, TIME_PATTERN, Hours, Programme
from device.trial_layout import TrialLayout

Unit = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Axis = Annotated[float, msgspec.Meta(ge=-1.0, le=1.0)]
Program = Annotated[int, msgspec.Meta(ge=0, le=127)]
Positive = Annotated[float, msgspec.Meta(gt=0.0)]
Tempo = Annotated[float, msgspec.Meta(ge=20.0, le=300.0)]
Slope = Annotated[float, msgspec.Meta(ge=0.01, le=100.0)]
Pin = Annotated[int, msgspec.Meta(ge=0, le=27)]
EVDEV_PATTERN, KEY_PATTERN = "^(KEY|BTN)_[A-Z0-9_]{1,40}$", "^[A-G][#b]? (major|minor)$"
AGE_PATTERN = "^(age1[02-9ac-hj-np-z]{58})?$"
"""An age recipient of the kind X25519, or none."""
EvdevKey = Annotated[str, msgspec.Meta(pattern=EVDEV_PATTERN)]
LayerPair = Annotated[tuple[Program, ...], msgspec.Meta(max_length=2)]
Style = Literal["song", "lied"]
WishedMetre = Literal["any", Metre]
Bed = Literal["none", "sea", "rain", "wind", "drone"]
KeyName = Annotated[str, msgspec.Meta(pattern=KEY_PATTERN)]
WRITTEN_AS = {
    TIME_PATTERN: "18:00", HOURS_PATTERN: "21:30-07:00", EVDEV_PATTERN: "KEY_PLAYPAUSE", KEY_PATTERN: "A minor",
    AGE_PATTERN: "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudekfmjqdzklqg",
}  # fmt: skip
"""How what has a pattern is written, for whoever wrote it otherwise."""
SCHEMA = 3
"""Version of session.json. Raise it when a key is renamed, removed or means something else: `sessions/upgrades.py`."""
RENAMED = {"ceiling_dbfs": "ceiling_dbtp, as a true peak and at most -1.0"}
"""What keys of earlier releases are called today."""
THEME_BARS = 32
"""The longest theme."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all configuration structs."""


class SourceConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sensor as device.toml names it. `type` names a row of `acquisition.SOURCES`.

    Which of the keys a sensor takes, its own file says (`acquisition.source.own_keys`).
    """

    type: str
    port: str = ""
    """Serial port, by stable name (/dev/serial/by-id/...)."""
    address: str = ""
    """Bluetooth address."""
    path: str = ""
    """A recording."""
    ch_names: tuple[str, ...] = ()
    """Electrode positions in channel order."""
    mains_hz: Literal[50, 60] = 50
    options: dict[str, Any] = {}
    """Keys that this kind of sensor alone has, as the table [sources.NAME.options]."""


class BluetoothConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    adapter: str = ""
    dbus_address: str = ""
    """System bus to use instead of the machine's own (the rig's private bus)."""


class AudioConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sink: Literal["card", "wav"] = "card"
    """The output; with `wav` there is no sound card, and the same sound is only recorded, in real time."""
    device: str = ""
    """Sound card by ALSA name; empty: the system default."""
    sfreq_hz: Annotated[int, msgspec.Meta(ge=8_000, le=96_000)] = 48_000
    block_frames: Annotated[int, msgspec.Meta(ge=64, le=8192, multiple_of=64)] = 1024
    periods: Annotated[int, msgspec.Meta(ge=2, le=16)] = 3
    soundfont: str = ""
    """Path of the sound font; empty: the first permissively licensed one that is found."""
    gain: Annotated[float, msgspec.Meta(ge=0.01, le=10.0)] = 1.5
    """FluidSynth's gain; with 1.5 a bar of middle density at 0 dB just reaches -6 dBFS (FluidR3)."""
    ceiling_dbtp: Annotated[float, msgspec.Meta(ge=-60.0, le=-1.0)] = -1.0
    """The limiter's ceiling: no true peak (ITU-R BS.1770-4) is ever above it."""


class AffectConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    eeg_models: tuple[str, ...] = ("eeg-load-0.2.0", "eeg-cold-0.2.0")
    wrist_models: tuple[str, ...] = ("wrist-stress-0.2.0", "pulse-stress-0.2.0", "heart-stress-0.2.0")
    """Models in order of preference: the first that finds its signals in a source reads it."""
    baseline_s: Annotated[float, msgspec.Meta(ge=0.0, le=600.0)] = 60.0
    """Rest at the start against which a listener is read; 0: against the people in training alone."""
    rest_probability: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] = 0.75
    """How likely a listener rests who is asked to, before any signal says so; 1: that rest is never doubted."""
    window_s: Annotated[float, msgspec.Meta(ge=0.0, le=600.0)] = 0.0
    """Evidence counts for this long and then not at all; 0: it fades with the model's own time constant."""


class MusicConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    generator: str = "transformer"
    model: str = "composer-0.2.0"


class HandConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[control.hand]`: how the policy that was set by hand answers an arousal beside the plan's."""

    proportional: Annotated[float, msgspec.Meta(ge=0.0, le=2.0)] = 0.5
    integral_per_s: Annotated[float, msgspec.Meta(ge=0.0, le=0.1)] = 0.01


class ControlConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    policy: str = "learned"
    """A row of `control.POLICIES`."""
    model: str = ""
    """The model folder of a policy that has one."""
    approve_first: bool = False
    """Whether what a policy proposes waits for somebody to approve it, whatever is prescribed."""
    hand: HandConfig = HandConfig()


class SessionDefaults(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    minutes: Annotated[float, msgspec.Meta(ge=0.1, le=240.0)] = 20.0
    start_without_sensors: bool = False
    """A box at home plays even when a sensor is missing and waits for it; a bench refuses to start."""
    directory: str = ""
    """The folder where sessions are kept; empty: the user's data directory."""


class ListenersConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    directory: str = ""
    """The folder where what is known of listeners is kept; empty: the user's data directory."""


class BoxConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[box]`: what the box at home plays, and to whom, where the programme says nothing else."""

    listener: Annotated[str, msgspec.Meta(min_length=1, max_length=60)] = "guest"
    guests_asked_by: Annotated[str, msgspec.Meta(max_length=60)] = ""
    """Who asks each guest the intake questions, and answers for it; empty: a box without a named listener refuses."""
    prescription: str = ""
    """Path of the therapist's prescription.toml; empty: none."""


class VoiceConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[voice]`: how the box speaks to the listener."""

    language: Language = "en"
    speak: Literal["words", "signs", "nothing"] = "words"
    """`signs`: short musical motifs instead of words."""
    folder: str = ""
    """Folder with a clinic's own recordings, as LANGUAGE/PROMPT.wav; what it lacks is said by the box's own voice."""
    below_music_db: Annotated[float, msgspec.Meta(ge=10.0, le=40.0)] = 10.0
    """How far the loudest moment of a prompt stays below the loudness of the music."""


TAKEN_PINS = dict.fromkeys((0, 1), "the memory that names a HAT") | dict.fromkeys((2, 3), "I2C, by which a DAC is set")
TAKEN_PINS |= dict.fromkeys((14, 15), "the serial console") | dict.fromkeys((18, 19, 20, 21), "I2S, the sound of a DAC")
"""GPIO of a Raspberry Pi that boards on top of it use, by Broadcom's numbers (data sheets of HiFiBerry and IQaudIO)."""


class PanelConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[panel]`: what the buttons and the light of the box are wired to. Keys of a headset or knob need no line."""

    pins: dict[Button, Pin] = {}
    """Button to GPIO as Broadcom numbers it; the button joins the pin to ground."""
    keys: dict[EvdevKey, Button] = {}
    """What a key of a headset, remote control or knob does where that is not as usual: KEY_NEXTSONG = "more"."""
    input_devices: tuple[str, ...] = ()
    """Names of the headsets and knobs that are heard, as `isotone buttons` shows them; empty: all with media keys."""
    led_pin: Pin | None = None
    """The GPIO of a light-emitting diode."""
    led: str = ""
    """A light that the kernel knows, by its name in /sys/class/leds."""
    brightness: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] = 0.25
    """The light at its brightest, of what it can; a bedroom is dark."""
    dark_music: bool = False
    """Whether the light is off while music plays."""
    input_folder: str = "/dev/input"
    """The folder of input devices; the rig has one of its own."""

    def __post_init__(self) -> None:
        pins = [*self.pins.items(), *([("led_pin", self.led_pin)] if self.led_pin is not None else [])]
        for name, pin in pins:
            if pin in TAKEN_PINS:
                raise ValueError(f"{name} is at GPIO {pin}, which is for {TAKEN_PINS[pin]}")
            if twins := [other for other, place in pins if place == pin and other != name]:
                raise ValueError(f"{name} and {twins[0]} are both at GPIO {pin}")


class HeadphonesConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[headphones]`: how loud full scale is at the ear. Of what is not said the worst is assumed."""

    profile: str = "unknown"
    """A row of `audio.safety.headphones.PROFILES`."""
    sensitivity_db_v: Annotated[float, msgspec.Meta(ge=60.0, le=140.0)] | None = None
    """dB SPL at 1 V, as the maker states it; in place of the profile's."""
    sensitivity_db_mw: Annotated[float, msgspec.Meta(ge=60.0, le=140.0)] | None = None
    """dB SPL at 1 mW, with `impedance_ohm`."""
    impedance_ohm: Annotated[float, msgspec.Meta(ge=1.0, le=2000.0)] | None = None
    full_scale_v: Annotated[float, msgspec.Meta(ge=0.01, le=20.0)] | None = None
    """Volts (rms) that the card, with its amplifier, puts out for a sine at full scale."""
    sensitive: bool = False
    """Children and people whose ears are easily hurt have 75 dB(A) for 40 h a week instead of 80."""


class WebConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[web]`: the pages for patient, therapist and technician. Nothing listens where this is off."""

    on: bool = False
    address: str = "127.0.0.1"
    """The address that is listened at. Any but this machine's own needs `allow_network`, and is encrypted (TLS)."""
    allow_network: bool = False
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 8480
    names: tuple[str, ...] = ()
    """Names by which browsers may ask for it besides its address: `isotone.local`."""
    directory: str = ""
    """Folder of what the pages keep (pairings, audit); empty: the user's data directory."""
    certificate: str = ""
    """The device's certificate and key, one PEM file; empty: it makes one itself."""

    def __post_init__(self) -> None:
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError as error:
            raise ValueError(f"address {self.address} is no IP address") from error
        if not address.is_loopback and not self.allow_network:
            raise ValueError(f"address {self.address} is reached from a network, which needs allow_network = true")

    @property
    def is_local(self) -> bool:
        """Whether only this machine itself can reach it."""
        return ipaddress.ip_address(self.address).is_loopback


class PrivacyConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[privacy]`: whether what is stored of listeners is sealed. Off on a laptop."""

    seal: bool = False
    """Records and memory of listeners are sealed from now on, each listener's with a key of their own."""
    key_file: str = ""
    """The box's key, which is made where there is none; empty: in the user's configuration folder."""
    board_secret: str = ""
    """A file that gives a secret of the board (its one-time programmable memory, a TPM) at each boot; empty: none."""
    clinic: Annotated[str, msgspec.Meta(pattern=AGE_PATTERN)] = ""
    """The clinic's age recipient, to whom listeners' keys are sealed as well; empty: none."""


class UpdatesConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[updates]`: how the clinic's fleet renews the box."""

    hours: Hours = "02:00-05:00"
    """When it may, by the box's own clock and unless somebody asks for it at once; `00:00-24:00` is always."""
    keyring: str = "/etc/isotone/keyring.pem"
    """The certificates that may sign."""


class DeviceConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What device.toml says of the site."""

    sources: dict[str, SourceConfig] = {}
    bluetooth: BluetoothConfig = BluetoothConfig()
    audio: AudioConfig = AudioConfig()
    affect: AffectConfig = AffectConfig()
    music: MusicConfig = MusicConfig()
    control: ControlConfig = ControlConfig()
    session: SessionDefaults = SessionDefaults()
    listeners: ListenersConfig = ListenersConfig()
    voice: VoiceConfig = VoiceConfig()
    box: BoxConfig = BoxConfig()
    panel: PanelConfig = PanelConfig()
    headphones: HeadphonesConfig = HeadphonesConfig()
    web: WebConfig = WebConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    updates: UpdatesConfig = UpdatesConfig()


class Limits(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the sound may never exceed, whatever the rest of the program says."""

    tempo_min_bpm: Tempo = 48.0
    tempo_max_bpm: Tempo = 120.0
    tempo_slope_percent_s: Slope = 2.0
    loudness_max_db: Annotated[float, msgspec.Meta(ge=-40.0, le=0.0)] = 0.0
    loudness_slope_db_s: Slope = 1.5
    density_max: Annotated[float, msgspec.Meta(ge=0.05, le=1.0)] = 0.9
    notes_per_beat_max: Annotated[float, msgspec.Meta(ge=1.0, le=64.0)] = 8.0
    velocity_max: Annotated[int, msgspec.Meta(ge=10, le=127)] = 100
    pitch_min: Annotated[int, msgspec.Meta(ge=0, le=127)] = 28
    pitch_max: Annotated[int, msgspec.Meta(ge=0, le=127)] = 96


class Preference(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the listener likes to hear, and what may never sound."""

    style: Literal["any"] | Style = "any"
    """What the transformer takes for its model: pop songs, or art songs with piano."""
    texture: Literal["auto", "full", "thin", "calm"] = "auto"
    """How voices share the notes: as the moment asks, all of them busy, few notes, or long ones."""
    metre: WishedMetre = "any"
    """The metre of all movements; `any`: each has one of its own, mostly 4/4, and rather another where it is calm. A
    melody that is brought along keeps its own."""
    seed_melody: str = ""
    """A MIDI file whose melody the music states as it is, and then varies."""
    voices: Annotated[tuple[Voice, ...], msgspec.Meta(min_length=1)] = VOICES
    """Voices that play; the others are silent."""
    swells: bool = False
    """Whether the sound swells at three quarters of the rate at which the listener breathes at rest."""
    touch: Literal["soft", "clear"] = "soft"
    """Whether pianos, mallets and plucked strings are struck through felt or as they were recorded (`audio.touch`)."""
    bed: Bed = "none"
    """What sounds softly under the music (`audio.tracks.texture`). None unless asked for: noise is not to everyone."""
    never_styles: tuple[Style, ...] = ()
    never_keys: tuple[KeyName, ...] = ()
    """Keys such as "C minor" or "F# major"."""
    never_melodies: tuple[str, ...] = ()
    """MIDI files whose melody may never sound, in no key."""

    def __post_init__(self) -> None:
        if self.style in self.never_styles or len(set(self.never_styles)) == len(get_args(Style)):
            raise ValueError(f"style {self.style} is wished while never_styles forbids {', '.join(self.never_styles)}")


class Theme(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A melody, read from a file once, so that a recorded session replays without it."""

    mode: Mode
    metre: Metre = "4/4"
    bars: Annotated[tuple[tuple[Note, ...], ...], msgspec.Meta(min_length=1, max_length=THEME_BARS)]
    """Bars as `music.metre` lays them out, in C major or A minor; onsets and lengths in ticks on the grid of
    `music.tokens`."""


class Prescription(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What prescription.toml says: the therapist's goal and limits."""

    goal_valence: Axis = 0.4
    goal_arousal: Axis = -0.6
    goal_valence_side: Side | None = None
    """Where the goal is met; none: below zero "at most" its value, above zero "at least", at zero "near"."""
    goal_arousal_side: Side | None = None
    goal_zone: Zone = 0.2
    """Half-width of the zone in which a goal counts as reached."""
    limits: Limits = Limits()
    loudness_lufs: Annotated[float, msgspec.Meta(ge=-50.0, le=-16.0)] = -23.0
    """Loudness of the liveliest music (ITU-R BS.1770-4), whatever plays: calm moods lie 6 to 8 LU below lively ones;
    the listener goes softer still."""
    programs: dict[Voice, Program] = msgspec.field(
        default_factory=lambda: {"melody": 0, "inner": 0, "bass": 32, "pad": 89}
    )
    """General MIDI program per voice."""
    layers: dict[Voice, Program | LayerPair] = msgspec.field(default_factory=lambda: {"inner": 46, "pad": (49, 53)})
    """Instruments that play a voice's notes with it, one or two: by default a harp; slow strings, and a choir that is
    heard only where the music is calm. What suits a pad: 49 slow strings, 51 warm strings, 52 choir with breath, 53
    choir without, 95 a dark pad (`hardware/bench/2026-11-29-sound.md` has them measured)."""
    never_programs: tuple[Program, ...] = ()
    approve_first: bool = False
    """Whether what a policy proposes waits for the therapist to approve it."""
    preference: Preference = Preference()
    plan: PlanLayout = PlanLayout()
    programme: Programme = Programme()
    """When the box at home plays, and what."""


class HearingAccount(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the listener's ears have had when a session begins, and what they may have."""

    allowance_pa2h: Positive = 1.6
    """What is 100 % in seven days (`audio.safety.dose`)."""
    ceiling_percent: Positive = 100.0
    """How much of it may be heard."""
    week_pa2h: Annotated[float, msgspec.Meta(ge=0.0)] | None = 0.0
    """Exposure of the last seven days; None: nobody knows."""
    session_pa2h: Annotated[float, msgspec.Meta(ge=0.0)] = 0.0
    """Exposure of this session, for audio that is started again in its midst."""


class SessionConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The effective configuration of one session, as given to every process and kept in `session.toml`."""

    schema: int = SCHEMA
    isotone: str = __version__
    """The release that plays it."""
    session_id: str
    listener: str = "guest"
    listener_id: str = ""
    """Id of the listener in the box's memory, whatever the name; empty: nothing is kept of them."""
    seed: int = 0
    minutes: Positive = 20.0
    started_ns: int = 0
    """Time at which the music began, for a process that is started again in mid-session; 0: it has not begun."""
    run_dir: str
    """Sockets and locks of the running session."""
    session_dir: str
    models_dir: str
    listeners_dir: str = ""
    """Folder in which it is kept what listeners heard; empty: it is not kept."""
    keys_dir: str = ""
    """Folder of the keys by which the recording is sealed; empty: it is plain."""
    keep: KeepLevel = "raw"
    """What of the session is recorded (TABLE 1)."""
    hearing: HearingAccount = HearingAccount()
    device: DeviceConfig = DeviceConfig()
    prescription: Prescription = Prescription()
    baselines: tuple[PersonalBaseline, ...] = ()
    """The listener's rest as it is remembered, already partly forgotten."""
    responses: tuple[PersonalResponse, ...] = ()
    """What policies learnt of the listener in earlier sessions."""
    known_devices: dict[str, str] = {}
    """Device that the listener wore before (a Bluetooth address), by source; it is taken before others nearby."""
    volume_db: Annotated[float, msgspec.Meta(ge=-60.0, le=0.0)] = 0.0
    """How much softer than composed the listener had the music last; no session begins louder than composed."""
    trial: TrialLayout | None = None
    """The blocks of a trial that this session belongs to."""
    theme: Theme | None = None
    """The melody of `preference.seed_melody`."""
    never: tuple[Theme, ...] = ()
    """The melodies of `preference.never_melodies`."""
    remarks: tuple[str, ...] = ()
    """What was wished and cannot be had, in words, told when the session begins."""
    heard: tuple[str, ...] = ()
    """What was understood of the melodies that were read, in words."""


class EntryError(ConfigError):
    """A key that the reader of its table cannot take, though any table might have it; `at` adds where it stands."""

    def __init__(self, tables: list[str], key: str, problem: str, action: str) -> None:
        super().__init__(f"`{'.'.join([*tables, key])}` {problem}.", action)
        self.tables, self.key = tables, key

    def at(self, path: Path | None) -> ConfigError:
        """The same with file and line, or with the table's line where the key is missing."""
        line, _ = find_line(read_text(path), self.tables, self.key) if path else (0, [])
        return ConfigError(f"{path}:{line}: {self.sentence}", self.action) if line else self


T = TypeVar("T", bound=msgspec.Struct)


def path_of(name: str, key: str) -> Path:
    """The path that `key` of device.toml names; `~` is a home folder.

    Raises:
        ConfigError: there is no such home folder.
    """
    try:
        return Path(name).expanduser()
    except RuntimeError as error:
        sentence = f"There is no home folder for {key} = {name}."
        raise ConfigError(sentence, "Give an absolute path in device.toml.") from error


def load(path: Path, kind: type[T]) -> T:
    """Read a TOML file into `kind`.

    Raises:
        ConfigError: unreadable file, TOML syntax, unknown key or value out of range, with file and line.
    """
    text = read_text(path)
    raw = parse(text, str(path))
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(*_explain(path, text, str(error))) from error


def _explain(path: Path, text: str, message: str) -> tuple[str, str]:
    where = re.search(r"`\$\.?([^`]*)`$", message)
    # msgspec names an entry of a dict `[...]`, whatever its key.
    tables = re.findall(r"\[\.\.\.\]|[^.\[]+(?:\[\d+\])*", where[1] if where else "")
    unknown = re.search(r"unknown field `([^`]+)`", message)
    key = unknown[1] if unknown else (tables.pop() if tables else "")
    line, found = find_line(text, tables, key)
    place = f"{path}:{line}" if line else str(path)
    dotted = ".".join(bare(part) for part in [*found, key] if part != ANY_KEY)
    if unknown:
        mend = f"It is {RENAMED[key]}, now." if key in RENAMED else "Remove it or mend its name."
        return f"{place}: unknown key `{dotted}`.", mend
    for pattern, example in WRITTEN_AS.items():
        if pattern in message:
            return f"{place}: `{dotted}` is not written as it must be.", f"Write it as in `{example}`."
    reason = message.partition(" - at ")[0]
    return f"{place}: `{dotted}`: {reason}.", "Mend the value."
