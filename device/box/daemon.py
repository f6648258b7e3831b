"""The box itself: hears the panel, its programme and the session that plays, and does what its machine says.

It holds no sound, no sensor and no music: those are a session's, which is a child of it. What outlives sessions it
starts and watches. Nothing here waits, so that a press is heard within a moment whatever else happens.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from device.box.board import Board
from device.box.chores import Chore, Chores, Done
from device.box.diary import Diary
from device.box.ears import STREAMS, WRITERS, Ears
from device.box.endings import Ending, event_of, kept_as
from device.box.ledger import LEDGER_FILE
from device.box.machine import Action, Event, EventKind, Machine
from device.box.programme import plan_of
from device.box.proof import PROOF, Proof
from device.box.residents import Residents, extras, needed
from device.box.session_child import Order, SessionChild
from device.box.speaker import Speaker
from device.box.upkeep import EXAMINATION, Upkeep
from device.clock import Clock
from device.config import DeviceConfig
from device.files.outputs import write_whole
from device.messages import BoxStatus, Button, Health, Press, Spoken
from device.programme_layout import DayRow, Programme
from device.runtime.bus import Publisher, Received, Subscriber
from device.runtime.children import Child, Interpreter
from device.runtime.resident import device_path

CLOSING_MAX_NS = 20_000_000_000
"""A session that was stopped and does not end is ended by force."""
AGAIN_NS = 5_000_000_000
"""A session child that died while it waited is started again after this time."""
KILLED_S = 2.0
"""What was killed is waited for so long, so that nothing is left behind."""
QUIET_MS, BUSY_MS = 250, 50


class Setup(NamedTuple):
    """What the box is told when it starts."""

    device: DeviceConfig
    folder: Path
    """Where it and what it starts publish."""
    sessions: Path
    """The folder of the sessions."""
    prescription: str = ""
    programme: Programme = Programme()
    listener: str = "guest"
    minutes: float | None = None
    examines: bool = True
    """Whether it looks for what a session would lack."""


class Box:
    """`turn` is all it does, again and again, until `is_over`.

    `publisher` is its own, whose lock refuses a second box; `tell` is given each sentence for the log, and `show` the
    status at each change.
    """

    def __init__(
        self,
        setup: Setup,
        publisher: Publisher,
        clock: Clock,
        tell: Callable[[str], None],
        show: Callable[[BoxStatus], None],
    ) -> None:
        self._setup, self._publisher, self._clock, self._tell = setup, publisher, clock, tell
        own, more = needed(), extras(setup.device)
        self._subscriber = Subscriber(setup.folder, (*own, *more), ("presses", "health", *STREAMS))
        self._residents = Residents(own, self._launch, setup.folder, clock)
        self._extras = Residents(more, self._launch, setup.folder, clock)
        self.machine, self._board = Machine(), Board(self._publisher, show)
        self._speaker = Speaker(setup.device.voice.language, setup.folder, self._publisher.send, tell)
        self._diary = Diary(setup.programme, setup.listener, setup.sessions.parent / LEDGER_FILE)
        self._upkeep = Upkeep(setup.folder, setup.listener, self._residents, clock.now_ns(), examines=setup.examines)
        self._proof = Proof(setup.folder, clock.now_ns())
        self._chores = Chores()
        self.is_to_start_again = False
        """Whether it ends because a version is to be tried, or left."""
        self._child: SessionChild | None = None
        self._ears: Ears | None = None
        """They hear the session that has its order; none: there is no such session."""
        self._is_leaving = False
        self._closing_ns = self._hired_ns = 0
        self._has_torn = False
        """Whether a session was cut off, of which nobody was told by voice yet."""

    # -- life

    def start(self) -> None:
        """Start what outlives sessions, and see to what a power cut left."""
        write_whole(device_path(self._setup.folder), msgspec.json.encode(self._setup.device), 0o600)
        self._residents.start()
        self._extras.start()
        if self._diary.problem:
            self._tell(self._diary.problem)
        self._see_torn()
        for folder in self._diary.unsummed():
            self._sum_up(str(folder))

    def _see_torn(self) -> None:
        """Tell of sessions that never ended; one that plays on although its box died is no such yet."""
        for session in self._diary.tear():
            self._has_torn = True
            self._tell(f"The session {session} was cut off; what was recorded is kept.")

    @property
    def is_over(self) -> bool:
        return self._is_leaving and self._ears is None

    def leave(self) -> None:
        """The box is to end: what plays fades first."""
        if not self._is_leaving:
            self._is_leaving = True
            self._board.close_down()
            self._happen(Event("stop"))
            self._board.write(self.machine, self._session_id, self._clock.now_ns())

    def close(self) -> None:
        """End everything that was started."""
        self._chores.close()
        self._speaker.close()
        if self._child:
            self._child.kill()
            self._child.wait(KILLED_S)
            self._child.close()
        self._extras.stop(lambda: None)
        self._residents.stop(lambda: None)
        self._subscriber.close()
        self._tell("The box has ended.")

    def turn(self) -> None:
        for received in self._subscriber.receive(BUSY_MS if self._ears else QUIET_MS):
            self._take(received)
        now_ns = self._clock.now_ns()
        for sentence in (*self._residents.turn(), *self._extras.turn()):
            self._tell(sentence)
        self._mind_child(now_ns)
        if sentence := self._diary.put_right():
            self._tell(sentence)
        for event in (*self._diary.remind(), *self._upkeep.events(self.machine.state, now_ns)):
            self._happen(event)
        self._speaker.turn(now_ns, in_session=self._plays, is_heard=self._ears is None or self._plays)
        self._mind_chores(now_ns)
        self._mind_version(now_ns)
        self._board.write(self.machine, self._session_id, now_ns)

    @property
    def _plays(self) -> bool:
        return self._ears is not None and self._ears.is_sounding

    @property
    def _session_id(self) -> str:
        return Path(self._child.session_dir).name if self._child and self._child.session_dir else ""

    # -- what comes in

    def _take(self, received: Received) -> None:
        if received.stream == "health":
            message = received.message
            assert isinstance(message, Health)
            self._residents.hear(message)
            self._extras.hear(message)
        elif received.stream == "presses":
            message = received.message
            assert isinstance(message, Press)
            self.press(message)
        elif self._ears:
            now_ns = self._clock.now_ns()
            for event in self._ears.hear(received, now_ns):
                self._happen(event)
            if received.stream == "spoken":
                spoken = received.message
                assert isinstance(spoken, Spoken)
                self._speaker.heard(spoken, now_ns)

    def press(self, press: Press) -> None:
        """A button was pressed. Whoever presses one has heard enough of what is being said."""
        now_ns = self._clock.now_ns()
        if press.kind == "stuck":
            self._speaker.ask("button-stuck", now_ns)
        elif press.meaning:
            self._speaker.hush(now_ns, in_session=self._plays)
            self._obey(press.meaning)

    def _obey(self, meaning: Button) -> None:
        if meaning == "play":
            self._happen(self._diary.press())
        else:
            self._happen(Event("stop") if meaning == "stop" else Event("wish", meaning))

    def _happen(self, event: Event) -> None:
        """Give the machine an event, and do what it answers."""
        before = self.machine.state
        is_to_be_silent = event.kind in UNASKED and self._diary.is_quiet
        for action in self.machine.hear(event):
            if action.kind != "say" or not is_to_be_silent:
                self._do(action)
        if self.machine.state != before:
            code = f" (code {self.machine.code})" if self.machine.code else ""
            self._tell(f"{before} -> {self.machine.state}: {self.machine.sentence}{code}")
            self._closing_ns = self._clock.now_ns() if self.machine.state == "closing" else 0

    # -- what is done

    def _do(self, action: Action) -> None:
        now_ns = self._clock.now_ns()
        if action.kind == "say":
            self._speaker.ask(action.what, now_ns, action.code)
        elif action.kind == "hush":
            self._speaker.hush(now_ns, in_session=self._plays)
        elif action.kind == "start":
            self._begin(now_ns)
        elif self._child and self._child.has_order:
            if action.kind == "stop":
                self._child.stop()
            elif action.kind != "go_on" or not (self._ears and self._ears.is_held_by_therapist):
                self._child.wish({"kind": WISHES.get(action.kind, action.what)})

    def _begin(self, now_ns: int) -> None:
        """Give the waiting child its order."""
        setup, answer = self._setup, self._diary.allowed()
        row = answer if isinstance(answer, DayRow) else DayRow()
        order = Order(
            listener=setup.listener,
            prescription=setup.prescription,
            plan=str(plan_of(row, Path(setup.prescription)) or ""),
            minutes=setup.minutes if row.minutes is None else row.minutes,
        )
        self._chores.give_way()
        self._see_torn()
        self._ears = Ears(setup.device.sources, now_ns)
        self._child = self._child or self._hire()
        if self._child:
            self._child.begin(order)
        if self._has_torn:
            self._has_torn = False
            self._speaker.ask("power-cut", now_ns)

    def _hire(self) -> SessionChild | None:
        try:
            return SessionChild(self._setup.folder)
        except OSError as error:
            self._tell(f"No process can be started for a session: {error}.")
            return None

    def _launch(self, name: str, incarnation: int) -> Child:
        return Interpreter(name, incarnation, self._setup.folder)

    # -- the session

    def _mind_child(self, now_ns: int) -> None:
        child = self._child
        if child is None:
            if self._ears:
                self._end(Event("broke", sentence="No process could be started for the session.", code="11"))
            elif now_ns - self._hired_ns > AGAIN_NS and not self._is_leaving:
                self._hired_ns = now_ns
                self._child = self._hire()
            return
        for said in child.listen():
            if said.run_dir:
                self._subscriber.hear(Path(said.run_dir), WRITERS)
                if self._ears:
                    self._ears.know(said.known_devices)
                self._diary.begin(said.session)
        if self._ears:
            for event in self._ears.wait(now_ns):
                self._happen(event)
        if self._closing_ns and now_ns - self._closing_ns > CLOSING_MAX_NS:
            child.kill()
        if (exit_code := child.exit_code()) is not None:
            self._bury(child, exit_code)

    def _bury(self, child: SessionChild, exit_code: int) -> None:
        child.listen()
        child.close()
        self._child = None
        if not child.has_order:
            self._tell(f"The process that waits for a press ended ({exit_code}).")
            return
        self._hired_ns = 0
        if child.run_dir:
            self._subscriber.forget(child.run_dir, WRITERS)
        if child.session_dir and Path(child.session_dir).exists():  # what ended before it was anything leaves nothing
            self._sum_up(child.session_dir)
        ending = Ending(
            exit_code,
            child.end,
            was_stopped=self.machine.state == "closing" or (self._ears is not None and self._ears.was_stopped),
            was_killed=child.was_killed,
            has_used_dose=self._ears is not None and self._ears.has_used_dose,
        )
        self._end(event_of(ending))

    def _end(self, event: Event) -> None:
        self._ears = None
        self._speaker.forget_guidance()
        self._diary.end(kept_as(event))
        if event.kind in ("broke", "declined", "failing"):
            self._upkeep.look()
        self._happen(event)

    def _sum_up(self, session: str) -> None:
        self._chores.add(Chore("summary", ("-m", "device.sessions.summary", session)))

    def _mind_chores(self, now_ns: int) -> None:
        """Work that nobody waits for is done while nothing plays."""
        has_time = self._ears is None and not self._is_leaving
        if has_time:
            for chore in (*self._upkeep.chores(now_ns), *self._proof.chores(self.machine.state, now_ns)):
                self._chores.add(chore)
        if done := self._chores.turn(has_time=has_time):
            self._take_done(done)

    def _mind_version(self, now_ns: int) -> None:
        """A version that is to be tried, or that fails its trial, is a reason to end and be started again."""
        if self._ears is None and (why := self._proof.why_to_restart(self.machine.state, now_ns)):
            self._tell(why)
            self.is_to_start_again = True
            self.leave()

    def _take_done(self, done: Done) -> None:
        if done.chore.kind == EXAMINATION:
            self._upkeep.take(done)
        elif done.chore.kind == PROOF:
            now_ns = self._clock.now_ns()
            if self._proof.take(done, now_ns) and not self._diary.is_quiet:
                self._speaker.ask("ready", now_ns)
        if done.exit_code > 0:
            self._tell(f"The {done.chore.kind} ended with {done.exit_code}.")


UNASKED: tuple[EventKind, ...] = ("failing", "mended", "update")
"""What happens without a press is told by the light alone in quiet hours."""
WISHES = {"hold": "hold_phase", "go_on": "resume_phase"}
"""Actions that are wishes of the box itself."""
