"""What the box is doing, as one table: (state, event) -> (state, actions).

Events and actions are data, and time passes elsewhere: who feeds it says what happened, and does what comes out. A stop
is heard in every state, and no state is silent without a sentence that says why.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from device.messages import BoxState, Light

EventKind = Literal[
    "up", "play", "pause", "resume", "refused", "wish", "stop", "sounding", "fitted", "ended", "stopped", "broke",
    "broke_again",
    "declined", "news", "unheard", "heard", "failing", "mended", "remind", "update", "updated",
]  # fmt: skip
ActionKind = Literal["start", "stop", "hold", "go_on", "wish", "say", "hush"]
EVENTS: tuple[EventKind, ...] = get_args(EventKind)
STATES: tuple[BoxState, ...] = get_args(BoxState)
FAULTS_IN_A_ROW = 3
"""After so many sessions that ended by a fault, with none between that did not, the box asks for help."""


class Event(NamedTuple):
    """What happened. A press of the play button is `play`, or `refused` where the programme forbids it.

    `declined`: a session could not begin for a reason that is no fault and passes by itself, such as ears that had
    enough. `failing`: none can begin until somebody helps, such as questions that nobody answered.
    """

    kind: EventKind
    what: str = ""
    """The wish of `wish`; the prompt that says why of `refused`, `declined` and `failing`, or what is new."""
    sentence: str = ""
    """Why, in words."""
    code: str = ""
    """Digits by which whoever helps knows what is wrong."""


class Action(NamedTuple):
    """What is to be done."""

    kind: ActionKind
    what: str = ""
    """The prompt of `say`, the wish of `wish`; empty: the event's own."""
    code: str = ""
    """Digits that are said behind the prompt."""


class Face(NamedTuple):
    """How a state shows itself."""

    light: Light
    sentence: str
    sounds: bool = False
    """Whether music plays in it."""


class Row(NamedTuple):
    to: BoxState
    actions: tuple[Action, ...] = ()
    is_deferred: bool = False
    """The event waits until the state has changed, and then happens."""


def _say(prompt: str) -> Action:
    return Action("say", prompt)


START, STOP, HUSH = Action("start"), Action("stop"), Action("hush")
HELP, BEGIN, MENDED = _say("needs-help-code"), _say("session-begins"), _say("ready")
BACK = _say("sound-back")
HOLD, GO_ON = Action("hold"), Action("go_on")
SAY_WHY, PASS_ON = Action("say"), Action("wish")
REST, PLAY_ON = Action("wish", "rest"), Action("wish", "play_on")

FACES: dict[BoxState, Face] = {
    "starting": Face("wait", "The box is starting; music is possible in a moment."),
    "ready": Face("ready", "The box is ready: a press begins music."),
    "fitting": Face("guide", "Music plays while the headset is put on.", sounds=True),
    "session": Face("playing", "The session plays.", sounds=True),
    "closing": Face("wait", "The session is ending."),
    "updating": Face("wait", "The box is being renewed; leave it switched on."),
    "needs_help": Face("help", "The box needs help: call the person who looks after it. A press tries again."),
}
PAUSED = Face("ready", "The music pauses: a press lets it go on.")
UNHEARD = Face("guide", "Nobody can hear the music: the session waits for a while until it is heard again.")

_FAILING = Row("needs_help", (SAY_WHY, HELP))
"""Help is called for with the code, and where a prompt says why, the listener hears that too."""
_ENDS: dict[EventKind, Row] = {
    "ended": Row("ready", (_say("session-ended"),)),
    "stopped": Row("ready", (_say("stopped"),)),
    "broke": Row("ready", (_say("session-fault"),)),
    "broke_again": Row("needs_help", (HELP,)),
    "declined": Row("ready", (SAY_WHY,)),
    "failing": _FAILING,
}
"""How a session is over."""
_IN_SESSION: dict[EventKind, Row] = _ENDS | {"stop": Row("closing", (STOP, HUSH))}


def _playing(here: BoxState) -> dict[EventKind, Row]:
    """What the states share in which music plays."""
    return _IN_SESSION | {
        "wish": Row(here, (PASS_ON,)),
        "news": Row(here, (SAY_WHY,)),
        "unheard": Row(here, (HOLD,)),
        "heard": Row(here, (BACK,)),
        "pause": Row(here, (REST, _say("paused"))),
        "resume": Row(here, (PLAY_ON, _say("resumed"))),
    }


ROWS: dict[BoxState, dict[EventKind, Row]] = {
    "starting": {
        "up": Row("ready"),
        "play": Row("starting", is_deferred=True),
        "stop": Row("starting", (HUSH,)),
        "failing": _FAILING,
        "update": Row("updating", (_say("updating"),)),
    },
    "ready": {
        "play": Row("fitting", (HUSH, START, _say("welcome"))),
        "refused": Row("ready", (SAY_WHY,)),
        "remind": Row("ready", (_say("reminder"),)),
        "stop": Row("ready", (HUSH,)),
        "failing": _FAILING,
        "update": Row("updating", (_say("updating"),)),
    },
    "fitting": _playing("fitting")
    | {"sounding": Row("fitting", (HOLD,)), "fitted": Row("session", (GO_ON, SAY_WHY, BEGIN))},
    "session": _playing("session") | {"heard": Row("session", (GO_ON, BACK))},
    "closing": _ENDS | {"play": Row("closing", is_deferred=True), "stop": Row("closing", (STOP, HUSH))},
    "updating": {
        "play": Row("updating", (_say("updating"),)),
        "stop": Row("updating", (HUSH,)),
        "updated": Row("ready"),
    },
    "needs_help": {
        "play": Row("fitting", (HUSH, START)),
        "refused": Row("needs_help", (SAY_WHY,)),
        "stop": Row("needs_help", (HUSH,)),
        "mended": Row("ready", (MENDED,)),
        "update": Row("updating", (_say("updating"),)),
    },
}
TABLE: dict[tuple[BoxState, EventKind], Row] = {
    (state, event): row for state, rows in ROWS.items() for event, row in rows.items()
}
"""What is not in it changes nothing: the state already says what there is to say."""


class Machine:
    """The box's state, what led to it, and the few things that outlive a state."""

    def __init__(self) -> None:
        self.state: BoxState = "starting"
        self.sentence = FACES["starting"].sentence
        """Why the box is as it is."""
        self.code = ""
        """Digits of what needs help."""
        self.is_paused = self.is_unheard = False
        self._n_faults = 0
        self._deferred: Event | None = None

    @property
    def light(self) -> Light:
        return self._face.light

    @property
    def _face(self) -> Face:
        if self.is_unheard:
            return UNHEARD
        return PAUSED if self.is_paused else FACES[self.state]

    def hear(self, event: Event) -> tuple[Action, ...]:
        """What is to be done about an event, in this order."""
        event = self._named(event)
        row = TABLE.get((self.state, event.kind))
        if row is None:
            return ()
        if row.is_deferred:
            self._deferred = event
            return ()
        self._note(event)
        is_new = row.to != self.state
        self.state = row.to
        self.code = (event.code or self.code) if row.to == "needs_help" else ""
        self.sentence = event.sentence or self._face.sentence
        actions = tuple(done for action in row.actions if (done := _filled(action, event)))
        if self.is_unheard:
            actions = tuple(action for action in actions if action != GO_ON)
        return actions + (self._catch_up() if is_new else ())

    def _named(self, event: Event) -> Event:
        """A press while music plays pauses it or lets it go on; the third fault in a row is another event."""
        if event.kind in ("play", "refused") and FACES[self.state].sounds:
            return Event("resume" if self.is_paused else "pause")
        if event.kind == "broke" and self._n_faults + 1 >= FAULTS_IN_A_ROW:
            return event._replace(kind="broke_again")
        return event

    def _note(self, event: Event) -> None:
        if event.kind in ("broke", "broke_again"):
            self._n_faults += 1
        elif event.kind in ("ended", "stopped"):
            self._n_faults = 0
        if event.kind == "stop":
            self._deferred = None
        self.is_paused = event.kind == "pause" or (self.is_paused and event.kind not in (*_IN_SESSION, "resume"))
        self.is_unheard = event.kind == "unheard" or (self.is_unheard and event.kind not in (*_IN_SESSION, "heard"))

    def _catch_up(self) -> tuple[Action, ...]:
        """What waited for the state to change happens now."""
        event, self._deferred = self._deferred, None
        return self.hear(event) if event else ()


def _filled(action: Action, event: Event) -> Action | None:
    """The action with what the event tells; none where it tells nothing to say."""
    if action.kind not in ("say", "wish"):
        return action
    if action == HELP:
        return Action("say", HELP.what, event.code) if event.code else Action("say", "needs-help")
    what = action.what or event.what
    return Action(action.kind, what) if what else None
