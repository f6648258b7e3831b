"""Asks the policy, has its answer bounded, and writes down as a message who decided what on which ground."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from device.config import SessionConfig
from device.control.bounds import Taken, take
from device.control.policies.loading import choose_policy, load_policy
from device.control.policies.view import Proposal, Refusal, View, feeling_in, refuse
from device.control.session_plan import Moment, State
from device.messages import AffectEstimate, Context, CueName, Decider, Decision, Moves, MusicIntent, PersonalResponse

PROPENSITY_MAX = 1e6
"""A density beyond this, and one that is no number, is logged as not told."""


class Choice(NamedTuple):
    """What was proposed on which ground, and what was taken of it."""

    view: View
    affect: AffectEstimate | None
    """None where `refusal` says why none can be acted on."""
    refusal: Refusal | None
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
        control = config.device.control
        self._seed, self._name = config.seed, control.policy
        known = {response.policy + response.version: response.values for response in config.responses}
        kind = choose_policy(control)
        remembered = known.get(control.policy + kind.version, {})
        self._policy = load_policy(control, Path(config.models_dir), remembered)
        self.moves = Moves()
        self.locks: tuple[CueName, ...] = ()

    def choose(
        self, bar_index: int, now_ns: int, since_s: float, moment: Moment, affect: AffectEstimate | None, music: State
    ) -> Choice:
        """Ask the policy about a bar; what may be taken of its answer is in force from now on."""
        refusal = refuse(affect, now_ns)
        seen = None if refusal else affect
        view = View(since_s, moment, feeling_in(seen), self.moves, music, locks=self.locks)
        proposal = self._policy.decide(view, keyed_generator(self._seed, bar_index))
        taken = take(proposal.moves, self.moves, since_s, self.locks)
        self.moves = taken.moves
        return Choice(view, seen, refusal, proposal, taken)

    def learnt(self, now_ns: int) -> PersonalResponse | None:
        """What the policy learnt of the listener so far, if it learns anything."""
        values = {name: float(value) for name, value in self._policy.memory().items()}
        if not values or not all(map(math.isfinite, values.values())):
            return None
        return PersonalResponse(t_ns=now_ns, policy=self._name, version=self._policy.version, values=values)

    def minute(self, choice: Choice, intent: MusicIntent, decided_by: Decider) -> Decision:
        """The decision behind an intent, as it is logged."""
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
                locks=view.locks,
            ),
            policy=self._name,
            policy_version=self._policy.version,
            proposal=choice.taken.proposed,
            propensity=propensity if 0 < propensity <= PROPENSITY_MAX else 0.0,
            taken=choice.taken.moves,
            silent=bool(proposal.silent),
            limited=choice.taken.limited,
            decided_by=decided_by,
            reason=intent.reason,
        )


def keyed_generator(seed: int, bar_index: int) -> np.random.Generator:
    """A policy's randomness, keyed by session and bar: bar 17 has the same whether or not bar 16 was late."""
    return np.random.default_rng(list(f"{seed}/decisions/{bar_index}".encode()))
