"""Asks the policy, has its answer bounded and judged, and writes down as a message who decided what on which ground.

It is the one door to a policy: whatever that raises or answers, the session goes on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from device.config import SessionConfig
from device.control.bounds import BOUNDS, Taken, proposed, take, withdrawn
from device.control.people.interventions import Interventions
from device.control.plan.session_plan import Moment, State
from device.control.policies.loading import choose_policy, load_policy
from device.control.policies.view import (
    MAX_AGE_NS,
    NO_DETOUR,
    Feeling,
    Proposal,
    Refusal,
    View,
    feeling_in,
    headed,
    refuse,
)
from device.control.rest import RestBudget
from device.control.shield.shield import FAULTS, Shield, Verdict
from device.control.shield.signs import Level, signs_in
from device.control.trial_blocks import TrialBlocks
from device.messages import (
    AffectEstimate,
    Author,
    Context,
    Decider,
    Decision,
    Detour,
    Moves,
    MusicIntent,
    PersonalResponse,
)
from device.text import printable

LEARNT_EVERY_S = 60.0
"""What the policy learnt is told so often, so that a session that is torn off teaches too."""
WHY_MAX = 200
"""Characters of a policy's own reason, or of its failure, that a decision keeps."""
PROPENSITY_MAX = 1e6
"""A density beyond this, and one that is no number, is logged as not told."""


class Ground(NamedTuple):
    """What is known of the listener when a bar is asked for."""

    affect: AffectEstimate | None
    """None where `refusal` says why none can be acted on."""
    refusal: Refusal | None
    feeling: Feeling
    """What the estimate says, or the listener's own words while they count for more."""
    coverage: float
    """Share of the signals that was usable, NaN where that is not told."""


class Choice(NamedTuple):
    """What was proposed on which ground, and what was taken of it."""

    view: View
    affect: AffectEstimate | None
    refusal: Refusal | None
    proposal: Proposal
    """The policy's own."""
    taken: Taken
    """What was taken of it, or of what a person decided in its place."""
    verdict: Verdict = Verdict()
    fault: str = ""
    """How the policy failed, where it answered nothing that could be read."""
    rests: bool = False
    """Whether the policy has the music rest, and neither a person nor its budget minds."""
    leader: Author | None = None
    """Who leads in place of plan and policy."""
    by_hand: bool = False
    """Whether the therapist has taken over: then the shield minds the listener, not the policy."""
    detour: State = NO_DETOUR
    """The way of the policy's own that is taken."""

    @property
    def decided_by(self) -> Decider:
        """Who decided; a shield that withdrew nothing has not."""
        if self.by_hand and self.verdict.level < Level.NEUTRAL:
            return "therapist"
        moves = self.taken.proposed != Moves()
        withdrew = self.verdict.level == Level.PLAN and (moves or any(self.proposal.detour))
        if self.taken.refused or self.fault or withdrew or self.verdict.level >= Level.NEUTRAL:
            return "shield"
        return self.leader or ("policy" if moves or self.rests or any(self.detour) else "plan")

    @property
    def shield(self) -> str:
        """What the shield has to say: why it decided, or a warning to who leads by hand."""
        words = self.verdict.words() if self.decided_by == "shield" or self.by_hand else ""
        return f"shield: {words}" if words else ""

    @property
    def silent(self) -> bool:
        """Whether the music rests: the policy's rest is kept even where its moves are not."""
        return bool(self.rests or self.verdict.level >= Level.REST)

    def over(self, moment: Moment) -> Moment:
        """The moment with the setpoint that is followed."""
        return self.verdict.over(headed(moment, self.detour))


class Council:
    """The session's policy, the people who may overrule it, and the moves in force."""

    def __init__(self, config: SessionConfig, people: Interventions) -> None:
        control = config.device.control
        self._seed, self._name, self._people = config.seed, control.policy, people
        known = {(response.policy, response.version): response.values for response in config.responses}
        kind = choose_policy(control)
        remembered = known.get((control.policy, kind.version), {})
        self._policy = load_policy(control, Path(config.models_dir), remembered)
        self._blocks = TrialBlocks(config.trial)
        self._rest, self._rests = RestBudget(self._policy), False
        self._shield, self._faults = Shield(), 0
        self.moves = Moves()
        self._untold_s = 0.0

    def ground(self, affect: AffectEstimate | None, now_ns: int) -> Ground:
        """What may be acted on of the newest estimate and of what the listener said."""
        refusal = refuse(affect, now_ns)
        seen = None if refusal else affect
        feeling = self._people.own_words.over(feeling_in(seen))
        return Ground(seen, refusal, feeling, coverage_in(affect, now_ns))

    def choose(
        self, bar_index: int, since_s: float, moment: Moment, ground: Ground, music: State, *, is_late: bool = False
    ) -> Choice:
        """Ask the policy about a bar; what may be taken of its answer is in force from now on.

        `is_late` says that the bar was asked for too late to be composed.
        """
        people = self._people
        news, locks = people.take_news(), people.locks.names
        view = View(
            since_s, moment, ground.feeling, self.moves, music, news.told_arousal, news.wished, locks, self._rests
        )
        proposal, fault = self._ask(view, keyed_generator(self._seed, bar_index))
        admitted = people.admit(proposal, view)
        taken = take(admitted.moves, self.moves, since_s, locks)
        rests = bool(self._rest.take(admitted.silent and not self._blocks.plays, since_s))
        self._rests = admitted.silent if self._blocks.plays else rests
        if self._rests != admitted.silent:
            taken = taken._replace(limited=(*taken.limited, "rest bounded"))
        self._faults += bool(fault) + taken.refused
        signs = signs_in(view)._replace(coverage=ground.coverage, faults=self._faults, late=is_late)
        verdict = self._shield.judge(signs)
        verdict = verdict.by_hand() if people.is_by_hand else verdict
        is_withdrawn = verdict.level >= Level.PLAN
        if is_withdrawn:
            taken = withdrawn(taken, self.moves, since_s, locks)
        self.moves = taken.moves
        return Choice(
            view, ground.affect, ground.refusal, proposal, taken, verdict, fault, self._rests, people.leader,
            people.is_by_hand, NO_DETOUR if is_withdrawn or taken.refused else admitted.detour,
        )  # fmt: skip

    def _ask(self, view: View, random: np.random.Generator) -> tuple[Proposal, str]:
        """The policy's answer, or none and how it failed; one that failed too often is not asked any more."""
        self._blocks.pass_time(view.since_s)
        if self._faults >= FAULTS:
            return Proposal(), ""
        try:
            return plain(self._blocks.decide(self._policy, view, random)), ""
        except Exception as error:  # noqa: BLE001 - a policy may be anybody's, and the music goes on
            return Proposal(), printable(f"the policy failed with {type(error).__name__}: {error}"[:WHY_MAX])

    def tell_learnt(self, passed_s: float, now_ns: int, *, is_last: bool) -> Sequence[PersonalResponse]:
        """What the policy learnt of the listener so far, from time to time and at the end, if it learns anything."""
        self._untold_s += passed_s
        if self._untold_s < LEARNT_EVERY_S and not is_last:
            return ()
        self._untold_s = 0.0
        try:
            values = {name: float(value) for name, value in self._policy.memory().items()}
        except Exception:  # noqa: BLE001 - as `_ask`; what was learnt before stays
            self._faults += 1
            return ()
        if not values or not all(map(math.isfinite, values.values())):
            return ()
        return (PersonalResponse(t_ns=now_ns, policy=self._name, version=self._policy.version, values=values),)

    def minute(self, choice: Choice, intent: MusicIntent, wished_by: Author | None = None) -> Decision:
        """The decision behind an intent, as it is logged; `wished_by`: a person asked for it just now."""
        view, proposal = choice.view, choice.proposal
        moment, propensity = view.moment, float(proposal.propensity)
        return Decision(
            t_ns=intent.t_ns,
            bar_index=intent.bar_index,
            revision=intent.revision,
            context=Context(
                since_s=view.since_s,
                phase=moment.phase,
                phase_left_s=moment.phase_left_s,
                session_left_s=moment.session_left_s,
                target_valence=float(moment.setpoint.valence),
                target_arousal=float(moment.setpoint.arousal),
                estimate=choice.affect,
                refusal=choice.refusal or "",
                moves=view.moves,
                locks=self._people.locks.names,
                told_arousal=None if math.isnan(view.told_arousal) else float(view.told_arousal),
                wished=float(view.wished),
                held_to=self._people.own_words.said,
            ),
            policy=self._name,
            policy_version=self._policy.version,
            proposal=proposed(proposal.moves),
            propensity=propensity if 0 < propensity <= PROPENSITY_MAX else 0.0,
            taken=choice.taken.moves,
            detour=Detour(*map(float, choice.detour)),
            silent=choice.silent,
            limited=choice.taken.limited,
            approve_first=self._people.approval.is_on,
            pending=self._people.approval.pending,
            approved=self._people.approval.approved_id,
            by_hand=self._people.is_by_hand,
            trial_block=self._blocks.number,
            decided_by=wished_by or choice.decided_by,
            reason=intent.reason,
        )


def plain(proposal: Proposal) -> Proposal:
    """A policy's answer in plain numbers, as a message carries them. Raises whatever a wrong answer raises."""
    moves, silent, detour, propensity, why = proposal
    numbers = {name: float(getattr(moves, name)) for name in BOUNDS}
    way = State(*map(float, detour))
    if not all(map(math.isfinite, way)):
        raise ValueError("its way is no number")
    return Proposal(Moves(**numbers), bool(silent), way, float(propensity), printable(str(why)[:WHY_MAX]))


def coverage_in(affect: AffectEstimate | None, now_ns: int) -> float:
    """Coverage of the best source, also where nothing could be read from it; NaN where it is not told."""
    if affect is None or abs(now_ns - affect.t_ns) > MAX_AGE_NS:
        return math.nan
    return max(affect.coverage.values(), default=math.nan)


def keyed_generator(seed: int, bar_index: int) -> np.random.Generator:
    """A policy's randomness, keyed by session and bar: bar 17 has the same whether or not bar 16 was late."""
    return np.random.default_rng(list(f"{seed}/decisions/{bar_index}".encode()))
