"""Asks the policy, has its answer bounded, and writes down as a message who decided what on which ground."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from device.config import SessionConfig
from device.control.bounds import Taken, take
from device.control.policies import Proposal, Situation, load_policy, refuse
from device.control.session_plan import Moment
from device.messages import AffectEstimate, Context, CueName, Decider, Decision, Moves, MusicIntent
from device.stage import keyed_random

PROPENSITY_MAX = 1e6
"""A density beyond this, and one that is no number, is logged as not told."""


class Choice(NamedTuple):
    """What was proposed in a situation and what was taken of it."""

    situation: Situation
    proposal: Proposal
    taken: Taken

    @property
    def decided_by(self) -> Decider:
        if self.taken.refused:
            return "shield"
        return "plan" if self.proposal.moves == Moves() else "policy"


class Council:
    """The session's policy and the moves in force."""

    def __init__(self, config: SessionConfig) -> None:
        self._seed, self._name = config.seed, config.device.control.policy
        self._policy = load_policy(config.device.control, Path(config.models_dir))
        self.moves = Moves()
        self.locks: tuple[CueName, ...] = ()

    def choose(
        self, bar_index: int, now_ns: int, since_s: float, moment: Moment, affect: AffectEstimate | None
    ) -> Choice:
        """Ask the policy about a bar; what may be taken of its answer is in force from now on."""
        refusal = refuse(affect, now_ns)
        seen = None if refusal else affect
        situation = Situation(now_ns, since_s, moment, seen, refusal, self.moves, self.locks)
        proposal = self._policy.decide(situation, keyed_random(self._seed, "decisions", bar_index))
        taken = take(proposal.moves, self.moves, since_s, self.locks)
        self.moves = taken.moves
        return Choice(situation, proposal, taken)

    def minute(self, choice: Choice, intent: MusicIntent, decided_by: Decider) -> Decision:
        """The decision behind an intent, as it is logged."""
        situation, proposal = choice.situation, choice.proposal
        moment = situation.moment
        return Decision(
            t_ns=intent.t_ns,
            bar_index=intent.bar_index,
            revision=intent.revision,
            context=Context(
                since_s=situation.since_s,
                phase=moment.phase,
                phase_left_s=moment.phase_left_s,
                session_left_s=moment.session_left_s,
                target_valence=moment.setpoint.valence,
                target_arousal=moment.setpoint.arousal,
                estimate=situation.affect,
                refusal=situation.refusal or "",
                moves=situation.moves,
                locks=situation.locks,
            ),
            policy=self._name,
            policy_version=self._policy.version,
            proposal=choice.taken.proposed,
            propensity=float(proposal.propensity) if 0 < proposal.propensity <= PROPENSITY_MAX else 0.0,
            taken=choice.taken.moves,
            limited=choice.taken.limited,
            decided_by=decided_by,
            reason=intent.reason,
        )
