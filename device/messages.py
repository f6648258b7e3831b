"""The vocabulary: every message that crosses a door, as a frozen struct with units in its names.

All times are nanoseconds of the monotonic clock (`t_ns`); wall time stands only in a session's `session.toml`.
This module imports nothing of ours.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

TICKS_PER_BEAT = 24
"""Musical time grid of `Note` and `Bar`: divides into sixteenths, thirty-seconds and triplets."""

UNDECODABLE = (ValueError, RecursionError)
"""All that msgspec raises on bytes that are no message; its own errors and `UnicodeDecodeError` are ValueErrors."""

Mode = Literal["major", "minor"]
Metre = Literal["4/4", "3/4", "6/8"]
Voice = Literal["melody", "bass", "inner", "pad"]
VOICES: tuple[Voice, ...] = get_args(Voice)
"""All voices, in the order in which they lead: where there is too much, the ones named last give way first."""
Phase = Literal["baseline", "match", "shift", "hold", "cool-down"]
SignalKind = Literal["eeg", "heart", "ppg", "motion", "eda", "temperature"]
FeatureKind = Literal["eeg", "wrist"]
SourceState = Literal["connecting", "streaming", "silent", "lost", "failed"]
Author = Literal["patient", "therapist", "manager"]
Decider = Literal["plan", "policy", "shield", "patient", "therapist", "manager"]
"""`shield`: what the policy proposed could not be taken at all."""
CueName = Literal["tempo", "mode", "register", "instrument", "loudness", "density", "brightness", "articulation"]
Language = Literal["en", "de", "fr", "es"]
"""Languages that the box speaks."""
Button = Literal["play", "stop", "softer", "louder", "more", "too_much"]
PressKind = Literal["short", "long", "double", "stuck", "freed"]
"""`stuck`: it has been down for longer than anybody presses; `freed`: it no longer is."""
BoxState = Literal["starting", "ready", "fitting", "session", "closing", "updating", "needs_help"]
Light = Literal["wait", "ready", "guide", "playing", "help"]
"""What the box's light says; how it does so is the panel's."""
KeepLevel = Literal["nothing", "summaries", "features", "raw"]
"""What is kept of a listener, each level more than the one before: `summaries` is what was played, wished and
concluded; `features` what was computed of the signals, and what is learnt from it; `raw` the signals themselves."""
KEEP_LEVELS: tuple[KeepLevel, ...] = get_args(KeepLevel)
Answer = Literal["taken", "queued", "refused"]
"""`taken`: it is obeyed now; `queued`: it will be, without being asked again; `refused`: it will not."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all messages. `t_ns` is the moment the message is about, not the moment it was sent."""

    t_ns: int


class SampleChunk(Message, frozen=True, kw_only=True):
    """A run of samples of one signal of a source; `t_ns` is the time of its first sample on the sample clock."""

    source: str
    kind: SignalKind
    """A row of `modalities.MODALITIES`. One source may send several, each with an index and a rate of its own."""
    sfreq_hz: float
    """Nominal rate; 0 for irregular events, whose times stand in `times_ns`."""
    ch_names: tuple[str, ...]
    first_sample: int
    """Index of the first sample since the signal began; lost samples are counted in, so a jump is a gap."""
    n_lost: int = 0
    """Samples known to be lost just before this chunk."""
    data: bytes
    """float32, little endian, C order, shape (n, len(ch_names)); units as in `modalities.MODALITIES`."""
    times_ns: tuple[int, ...] = ()
    full_scale: float = 0.0
    """Size at which the sensor cuts its samples off, in their unit; 0: it does not say."""


class FeatureFrame(Message, frozen=True, kw_only=True):
    """Features of the window that ends at `t_ns`."""

    source: str
    kind: FeatureKind
    """A source that sends EEG and what a wristband sends has frames of both kinds."""
    window_s: float
    names: tuple[str, ...]
    values: tuple[float, ...]
    ch_names: tuple[str, ...]
    quality: tuple[float, ...]
    """0 (unusable) to 1 (clean) per channel."""
    reasons: tuple[str, ...] = ()
    """Why quality is not 1, in words: `Fp1 railed`, `50 Hz hum on C3`, ..."""


class AffectEstimate(Message, frozen=True, kw_only=True):
    """How the listener seems to feel and how sure that is. Both axes run from -1 to 1.

    Arousal above 0 is the load or stress side. Where `known` is false the means are 0 and the deviations the prior's.
    """

    known: bool
    valence: float
    valence_sd: float
    arousal: float
    arousal_sd: float
    covariance: float = 0.0
    coverage: dict[str, float]
    """Share of the last window that was usable, 0 to 1, by source; `muse eeg` where a source has several kinds."""
    calibrated: bool
    reasons: tuple[str, ...] = ()


class PersonalBaseline(Message, frozen=True, kw_only=True):
    """The listener's own rest as one model reads one source: what a later session begins with. Cells are features."""

    source: str
    model: str
    names: tuple[str, ...]
    """Channel and feature of each cell, as in the source's frames."""
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    weight_s: tuple[float, ...]
    """Seconds of rest behind each cell; what was carried from earlier sessions counts for less."""


class RestTaken(Message, frozen=True, kw_only=True):
    """The listener's rest as this session found it, for a loop that was started again: it takes none anew."""

    baselines: tuple[PersonalBaseline, ...]


class PersonalResponse(Message, frozen=True, kw_only=True):
    """What a policy learnt of how the listener answers music: what a later session begins with."""

    policy: str
    version: str
    values: dict[str, float]


class Key(msgspec.Struct, frozen=True):
    """A key."""

    tonic_pc: int
    """0 (C) to 11."""
    mode: Mode


class MusicIntent(Message, frozen=True, kw_only=True):
    """What the music should do in one bar, and why. A higher `revision` of the same bar replaces the lower."""

    bar_index: int
    revision: int = 0
    phase: Phase
    phase_left_s: float
    session_left_s: float
    target_valence: float
    target_arousal: float
    tempo_bpm: float
    density: float
    """0 (sparse) to 1 (dense)."""
    register_midi: float
    """Centre of the melody as a MIDI pitch."""
    loudness_db: float
    """Level in dB relative to the box's loudest: at most the prescribed maximum, so never above 0."""
    brightness: float
    """0 (dull) to 1 (bright)."""
    articulation: float
    """Share of a note's length that sounds: 0.3 staccato to 1 legato."""
    mode: Mode
    metre: Metre = "4/4"
    tonic_pc: int
    leads_to: Key | None = None
    """The key of the next bar, where that is another one."""
    generator: str
    take: int = 0
    """Which of several continuations is wanted: each take draws its own chance."""
    story_db: float = 0.0
    """Level beside that of the loudness, as the slow story of the session has it: heard as level, not as touch."""
    swell_per_min: float = 0.0
    """How often the sound swells and sinks again, for a listener to breathe along; 0: not at all."""
    voice_levels: dict[str, float] = {}
    """How strongly a voice plays where that is not as usual (1): 0 is not at all."""
    silent: bool = False
    """Nothing is played: a rest that plan, policy or a person chose."""
    pause: bool = False
    """The rest lasts for this bar alone: music goes on with the next one, even where nobody says so."""
    final: bool = False
    """The last bar of the session: end on a cadence."""
    reason: str


class Moves(msgspec.Struct, frozen=True):
    """What is added to the plan: to its target, and to the cues that the target stands for. 0 everywhere: the plan."""

    valence: float = 0.0
    arousal: float = 0.0
    tempo_octaves: float = 0.0
    """1 is twice as fast."""
    density: float = 0.0
    register_semitones: float = 0.0
    loudness_db: float = 0.0
    brightness: float = 0.0
    articulation: float = 0.0


class Detour(msgspec.Struct, frozen=True):
    """How far a policy's own way lies beside the plan's target; 0: it takes the plan's."""

    valence: float = 0.0
    arousal: float = 0.0


class Heading(msgspec.Struct, frozen=True):
    """A target that takes the place of the plan's, wherever that goes."""

    valence: float
    arousal: float


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy saw when it was asked."""

    since_s: float
    """Time since it was asked before."""
    phase: Phase
    phase_left_s: float
    session_left_s: float
    target_valence: float
    target_arousal: float
    estimate: AffectEstimate | None
    """None: there was none that could be acted on; `refusal` says why."""
    refusal: str = ""
    moves: Moves
    """What was in force until then."""
    locks: tuple[CueName, ...] = ()
    """Cues that a person holds as they are, or set by hand."""
    told_arousal: float | None = None
    """What the listener said of their arousal since the policy was asked before."""
    wished: float = 0.0
    """What the listener wished since then: 1 for more of this, -1 for "too much"."""
    held_to: tuple[float | None, float] | None = None
    """Valence and arousal as the listener said them, while that counts for more than the estimate."""


class PendingProposal(msgspec.Struct, frozen=True, kw_only=True):
    """What the policy would do, which waits for somebody to approve it."""

    id: int
    moves: Moves
    heading: Heading | None = None
    """The target on a way of the policy's own; none: it takes the plan's."""
    silent: bool = False
    left_s: float
    """It lapses after this time."""
    words: str = ""
    """What it would change."""


class Decision(Message, frozen=True, kw_only=True):
    """Why the intent of the same bar and revision is as it is: who decided, on what ground, and what was proposed."""

    bar_index: int
    revision: int = 0
    context: Context
    policy: str
    policy_version: str
    proposal: Moves
    """The policy's answer inside its bounds; none where the answer was refused."""
    propensity: float
    """Probability or density with which the policy chose this proposal; 1: nothing was left to chance; 0: not told."""
    taken: Moves
    """What was left of the proposal after slopes and locks."""
    detour: Detour = Detour()
    silent: bool = False
    """Whether the policy had the music rest."""
    limited: tuple[str, ...] = ()
    """What slopes and locks changed, in words."""
    approve_first: bool = False
    """Whether the policy's proposals wait for a person."""
    pending: PendingProposal | None = None
    approved: int = 0
    """Id of the approved proposal that is in force; 0: none."""
    by_hand: bool = False
    """Whether the therapist has taken over."""
    trial_block: int = -1
    """The trial's block in which it fell, by its place in the session's layout; -1: none."""
    decided_by: Decider
    reason: str


class Note(msgspec.Struct, frozen=True, array_like=True):
    """A note inside a bar, in ticks from the bar's start; it may ring past the bar's end."""

    onset_tick: int
    duration_tick: int
    pitch: int
    velocity: int
    voice: str
    """`melody`, `inner`, `bass` or `pad`."""


class Manner(msgspec.Struct, frozen=True):
    """How notes are played, as far as that can still change when they are composed; units as in `MusicIntent`."""

    loudness_db: float
    density: float
    articulation: float


class Bar(Message, frozen=True, kw_only=True):
    """One composed bar."""

    bar_index: int
    beats: int
    metre: Metre = "4/4"
    """How its beats weigh and divide; in 6/8 two written bars make one of four beats."""
    tempo_bpm: float
    tonic_pc: int
    mode: Mode
    programs: dict[str, int]
    """General MIDI program (0-127) per voice."""
    notes: tuple[Note, ...]
    generator: str
    seed: int
    intent_revision: int = 0
    manner: Manner | None = None
    """What the velocities, the number and the lengths of its notes are meant for; none: it is played as it stands."""
    rubato: float = 1.0
    """Tempo at which it is played, as a share of `tempo_bpm`: what was asked for bends with the phrase."""
    silent: bool = False
    """It has no notes because a rest was asked for."""
    reason: str = ""


class Transport(Message, frozen=True, kw_only=True):
    """Audio asks for the bar `bar_index`, which sounds at `starts_ns` and must be there at `deadline_ns`."""

    bar_index: int
    start_frame: int
    starts_ns: int
    deadline_ns: int


class PlayedBar(Message, frozen=True, kw_only=True):
    """What the guard let through to the synthesiser; `t_ns` is when its first frame is heard."""

    bar_index: int
    start_frame: int
    n_frames: int
    """Length as planned when it began: a `Performance` may still move its end."""
    beats: int
    metre: Metre = "4/4"
    tempo_bpm: float
    """Mean tempo of the whole bar."""
    tempo_from_bpm: float
    """Tempo at its first beat, from where it moves towards `tempo_to_bpm` as fast as is prescribed."""
    tempo_to_bpm: float
    loudness_db: float
    brightness: float
    tonic_pc: int | None = None
    """The key's tonic, 0 (C) to 11; none in logs that are older than beds."""
    programs: dict[str, int]
    notes: tuple[Note, ...]
    manner: Manner | None = None
    """What its notes are meant for."""
    generator: str
    silent: bool = False
    """It was a rest that was asked for."""
    fallback: str = ""
    """Why the phrasebook played instead of the asked bar; empty when the asked bar played."""
    guarded: tuple[str, ...] = ()
    """What the guard changed, in words."""


class Performance(Message, frozen=True, kw_only=True):
    """What is left of a sounding bar is played in another manner or tempo from `from_frame` on, heard at `t_ns`."""

    bar_index: int
    from_frame: int
    from_tick: float
    """The place in the bar where that is."""
    tempo_from_bpm: float
    tempo_to_bpm: float
    manner: Manner


class AudioReport(Message, frozen=True, kw_only=True):
    """What the sound did since the last report, once a second."""

    sink: str
    frame: int
    """Frames rendered since the session began."""
    peak_dbfs: float
    rms_dbfs: float
    true_peak_dbtp: float = -120.0
    """Highest true peak since the last report (ITU-R BS.1770-4); -120: silence, or a session before it was measured."""
    momentary_lufs: float = -120.0
    """Loudness of the last 400 ms (EBU R128)."""
    short_term_lufs: float = -120.0
    """Of the last 3 s."""
    integrated_lufs: float = -120.0
    """Of all since audio began, without its rests."""
    underruns: int
    """Underruns since the session began."""
    late_bars: int
    limiter_db: float
    """Deepest gain reduction of the limiter (0 or negative)."""
    volume_db: float = 0.0
    """How much softer (negative) or louder than composed the music was wished, as it was asked last."""
    state: Literal["idle", "playing", "fading", "ended"]


class Exposure(Message, frozen=True, kw_only=True):
    """What the ears had of the sound that went to the card, once a second. Levels at the ear are estimates."""

    session_pa2h: float
    """A-weighted exposure since the session began."""
    heard_s: float
    """Seconds of sound since this process began."""
    laeq_dba: float | None = None
    """Level of the last second; None: silence."""
    dose_percent: float
    """Share of what is allowed in seven days, this session and those before it; -1: those before are not known."""
    limit_db: float = 0.0
    """How much softer the music is made for the ears' sake, 0 or negative."""
    headphones: str
    """Profile by which it was estimated."""


class PcmBlock(Message, frozen=True, kw_only=True):
    """What the headphones got: 16-bit little-endian interleaved stereo."""

    first_frame: int
    sfreq_hz: int
    data: bytes


class Command(Message, frozen=True, kw_only=True, tag_field="kind"):
    """Base of all commands: a wish of a person, or the manager's own start and stop.

    Each kind is a struct of its own; `kind` names it on the wire.
    """

    author: Author
    """Who wishes it, as the door proved it."""
    id: str = ""
    """Unique within its session; the `CommandAnswer` carries it too. Empty in logs that are older than answers."""

    @property
    def kind(self) -> str:
        return str(self.__struct_config__.tag)

    def answered(self, t_ns: int, process: str, answer: Answer, sentence: str = "") -> tuple[CommandAnswer, ...]:
        """The answer of `process`; none to a command that nobody waits for."""
        if not self.id:
            return ()
        return (CommandAnswer(t_ns=t_ns, process=process, id=self.id, answer=answer, sentence=sentence),)


class Start(Command, frozen=True, kw_only=True, tag="start"):
    """The manager lets the music begin."""


class Stop(Command, frozen=True, kw_only=True, tag="stop"):
    """The sound ends at once, by a short fade."""


class Softer(Command, frozen=True, kw_only=True, tag="softer"):
    pass


class Louder(Command, frozen=True, kw_only=True, tag="louder"):
    pass


class Calmer(Command, frozen=True, kw_only=True, tag="calmer"):
    pass


class Livelier(Command, frozen=True, kw_only=True, tag="livelier"):
    pass


class SelfReport(Command, frozen=True, kw_only=True, tag="self_report"):
    """How the listener says they feel."""

    value: float
    """Arousal, -1 calm to 1 tense."""
    valence: float | None = None
    """-1 unpleasant to 1 pleasant, where the listener said so."""


class SkipPhase(Command, frozen=True, kw_only=True, tag="skip_phase"):
    pass


class HoldPhase(Command, frozen=True, kw_only=True, tag="hold_phase"):
    pass


class ResumePhase(Command, frozen=True, kw_only=True, tag="resume_phase"):
    pass


class More(Command, frozen=True, kw_only=True, tag="more"):
    """More of this: the music stays where it is for a while."""


class TooMuch(Command, frozen=True, kw_only=True, tag="too_much"):
    """The music becomes calmer, softer and thinner at once."""


class LessOf(Command, frozen=True, kw_only=True, tag="less_of"):
    """A voice plays softer, and asked again not at all: one by its name, or those that play an instrument."""

    voice: Voice | None = None
    program: int | None = None
    """General MIDI program, 0 to 127."""


class AllVoices(Command, frozen=True, kw_only=True, tag="all_voices"):
    """Every voice plays again as usual."""


class Lock(Command, frozen=True, kw_only=True, tag="lock"):
    """A cue stays as it is; plan and policy go on with the others."""

    cue: CueName


class Unlock(Command, frozen=True, kw_only=True, tag="unlock"):
    """A cue that is locked, or set by hand, is plan's and policy's again."""

    cue: CueName


class SetCue(Command, frozen=True, kw_only=True, tag="set_cue"):
    """A cue goes to a value, as fast as it may, and stays there until it is unlocked."""

    cue: CueName
    value: float | Mode
    """In the cue's unit as in `MusicIntent`; for the mode its name."""


class Nudge(Command, frozen=True, kw_only=True, tag="nudge"):
    """The target is moved by so much from now on."""

    valence: float = 0.0
    arousal: float = 0.0
    """Both -1 to 1."""


class PointAhead(msgspec.Struct, frozen=True):
    """A point to be at, and in how many seconds of the plan's time."""

    in_s: float
    valence: float
    arousal: float


class EditPath(Command, frozen=True, kw_only=True, tag="edit_path"):
    """The target goes from where it is evenly through these points, and stays at the last."""

    points: tuple[PointAhead, ...]


class TakeOver(Command, frozen=True, kw_only=True, tag="take_over"):
    """The therapist leads by hand: the target stays, and the policy is not heard."""

    valence: float | None = None
    arousal: float | None = None
    """Where the target is to stay, -1 to 1; None: where it is."""


class HandBack(Command, frozen=True, kw_only=True, tag="hand_back"):
    """Plan and policy lead again."""


class ApproveFirst(Command, frozen=True, kw_only=True, tag="approve_first"):
    """From now on nothing that the policy proposes is done before somebody approves it; or no longer so."""

    on: bool = True


class Approve(Command, frozen=True, kw_only=True, tag="approve"):
    """A proposal is to be done."""

    proposal: int = 0
    """Its id; 0: whichever is pending."""


class Reject(Command, frozen=True, kw_only=True, tag="reject"):
    """A proposal is not to be done."""

    proposal: int = 0


class Rest(Command, frozen=True, kw_only=True, tag="rest"):
    """The music rests from the next bar on; the session goes on."""


class PlayOn(Command, frozen=True, kw_only=True, tag="play_on"):
    """A rest that a person asked for is over."""


AnyCommand = (
    Start | Stop | Softer | Louder | Calmer | Livelier | SelfReport | SkipPhase | HoldPhase | ResumePhase
    | More | TooMuch | LessOf | AllVoices | Lock | Unlock | SetCue | Nudge | EditPath
    | TakeOver | HandBack | ApproveFirst | Approve | Reject | Rest | PlayOn
)  # fmt: skip
"""What the stream `commands` holds; a new kind is a struct above and a name here."""
WISHES: dict[str, type[Command]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(AnyCommand) if kind is not Start
}
"""What a person may ask for, by name."""


class CommandAnswer(Message, frozen=True, kw_only=True):
    """What the process that obeys a command did with it."""

    process: str
    id: str
    """The command's id."""
    answer: Answer
    sentence: str = ""
    """Why it was refused, or from when on it counts."""


class DirectStop(Message, frozen=True, kw_only=True):
    """Somebody stopped the sound at audio's own door, which needs neither manager nor loop."""

    author: Author
    id: str


class VoiceOrder(Message, frozen=True, kw_only=True, tag_field="kind"):
    """Base of what the box asks of the voice."""


class Prompt(VoiceOrder, frozen=True, kw_only=True, tag="prompt"):
    """Say a row of `voice.prompts.PROMPTS` now."""

    name: str
    digits: str = ""
    """Said one by one behind it."""
    language: Language | None = None
    """None: the language of the box."""


class Hush(VoiceOrder, frozen=True, kw_only=True, tag="hush"):
    """Cut short what is being said: the listener pressed a button."""


class Spoken(Message, frozen=True, kw_only=True):
    """How a prompt went, told when it is over."""

    name: str
    manner: Literal["words", "sign", "nothing"]
    """`sign`: its motif was played, as configured or because there were no words; `nothing`: the voice is off."""
    length_s: float
    is_whole: bool = True
    """Whether it was heard to its end."""
    remark: str = ""
    """Why it was not said in words although it should have been."""


class Press(Message, frozen=True, kw_only=True):
    """What somebody did to a button of the box, as the panel understood it."""

    button: Button
    kind: PressKind = "short"
    meaning: Button | None = None
    """What it asks for, named by the button whose short press does so (`panel.gestures.MEANINGS`); None: nothing."""
    source: str = ""
    """Where the button is: the box itself, a headset, a knob."""


class BoxStatus(Message, frozen=True, kw_only=True):
    """What the box is doing and why, once a second and at every change: what the panel's light shows."""

    state: BoxState
    sentence: str
    light: Light
    session_id: str = ""
    """The session that plays; empty: none."""
    code: str = ""
    """Digits by which whoever helps knows what is wrong."""


class SensorStatus(Message, frozen=True, kw_only=True):
    source: str
    state: SourceState
    sentence: str
    battery_percent: int = -1
    """Charge of its battery; -1: not told."""
    device: str = ""
    """What tells the device from others of its kind (a Bluetooth address); empty: not known.

    Where it changes, another device is heard: what was learnt of the source before is not about it.
    """


class Marker(Message, frozen=True, kw_only=True):
    """A note in the log: what happened, in words."""

    text: str


class Health(Message, frozen=True, kw_only=True):
    """A heartbeat. `ready` once the process hears every process it reads from and has loaded what it needs."""

    process: str
    pid: int
    incarnation: int
    ready: bool
    rss_mb: float
    cpu_s: float
    sent: int = 0
    """Messages that it published before this one: what the recorder counts against. 0: not told."""


class Fault(Message, frozen=True, kw_only=True):
    """Something is wrong: what, where, what to do. `fatal` ends the session by a fade."""

    process: str
    code: str
    sentence: str
    action: str
    fatal: bool = False


class TraceEntry(msgspec.Struct, frozen=True, array_like=True):
    topic: str
    """`tick` for a timer tick, whose `seq` is then the stage's own count (the audio frame for the conductor)."""
    incarnation: int
    seq: int
    now_ns: int


class Trace(Message, frozen=True, kw_only=True):
    """What a stage process consumed, in order: replay feeds exactly this."""

    process: str
    incarnation: int
    entries: tuple[TraceEntry, ...]


class Digest(Message, frozen=True, kw_only=True):
    """Running checksum of the log, per topic: (messages, CRC-32 of all payload bytes so far)."""

    topics: dict[str, tuple[int, int]]


class Tick(Message, frozen=True, kw_only=True):
    """Time passed: given by the host to a stage, never sent. `frame` is the audio frame for the conductor."""

    frame: int = 0
