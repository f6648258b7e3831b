"""Where the session stands on its plan, and how people move it there: on, to stand still, or another way."""

from __future__ import annotations

from device.config import SessionConfig
from device.control.people.answers import TAKEN, Answered, refused
from device.control.plan.plan_clock import HOLD_MAX_S, PlanClock
from device.control.plan.plan_edit import Due, with_path_ahead
from device.control.plan.session_plan import UNTOLD, Moment, State, plan_of
from device.control.plan.start import Start
from device.control.policies.view import Feeling
from device.errors import ConfigError
from device.messages import Command, EditPath, HoldPhase, ResumePhase, SkipPhase


class Passage:
    """The plan, its clock, and the listener's state as far as the plan asks for it."""

    def __init__(self, config: SessionConfig) -> None:
        self._plan = plan_of(config)
        self._clock = PlanClock(config.started_ns)
        self._start = Start()
        self._is_skipping = False
        """Whether a phase was skipped since the last bar: a hand that presses again in haste means no second one."""
        self._felt = UNTOLD
        """Their state now, where it is known."""

    @property
    def is_held(self) -> bool:
        """Whether the plan stands still."""
        return self._clock.held

    def advance(self, starts_ns: int) -> float:
        """Go on to when the next bar starts; returns the seconds that pass until then."""
        passed_s = self._clock.advance(starts_ns)
        self._is_skipping = self._is_skipping and not passed_s
        return passed_s

    def moment(self) -> Moment:
        """The plan's own moment."""
        return self._plan.at(self._clock.plan_s, self._start.state, self._felt)

    def feel(self, feeling: Feeling) -> None:
        """Know how the listener feels now."""
        self._felt = feeling.state

    def meet(self, feeling: Feeling) -> None:
        """Take the present state for the start of the way: until the shift, or the first time it is known."""
        self._start.meet(self.moment().phase, feeling.state)

    def obey(self, command: Command, *, is_last: bool) -> Answered | None:
        """Do what is wished of the plan, or say why not; None: it is no wish of that."""
        match command:
            case SkipPhase() | EditPath() if is_last:
                return refused("This is the last bar already.")
            case SkipPhase() if self._is_skipping:
                return refused("It goes on to the next phase already.")
            case SkipPhase():
                self._clock.jump(self._plan.end_of_phase_s(self._clock.plan_s))
                self._is_skipping = True
                return TAKEN
            case HoldPhase():
                return self._hold()
            case ResumePhase():
                was_held = self._clock.held
                self._clock.resume()
                return TAKEN if was_held else refused("No phase is held.")
            case EditPath():
                return self._edit(command)
        return None

    def _hold(self) -> Answered:
        if self._clock.held:
            return refused("The phase is held already.")
        if not self._clock.may_hold:
            return refused(f"The session has stood still for {HOLD_MAX_S / 60:.0f} minutes, which is all it may.")
        self._clock.hold()
        return TAKEN

    def _edit(self, command: EditPath) -> Answered:
        """Lead the target another way from now on."""
        plan_s = self._clock.plan_s
        points = [Due(plan_s + point.in_s, State(point.valence, point.arousal)) for point in command.points]
        try:
            self._plan = with_path_ahead(self._plan, plan_s, self.moment().setpoint, points)
        except ConfigError as error:
            return refused(f"{error.sentence} {error.action}")
        return TAKEN
