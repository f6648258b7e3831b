"""Asks the policy, has its answer bounded and judged, and writes down as a message who decided what on which ground.

It is the one door to a policy: whatever that raises or answers, the session goes on.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from device.config import SessionConfig
from device.control.bounds import BOUNDS, Taken, take, withdrawn
from device.control.policies.loading import choose_policy, load_policy
from device.control.policies.view import MAX_AGE_NS, Proposal, Refusal, View, feeling_in, refuse
from device.control.session_plan import Moment, State
from device.control.shield import FAULTS, Shield, Verdict
from device.control.signs import Level, Signs
from device.messages import AffectEstimate, Context, CueName, Decider, Decision, Moves, MusicIntent, PersonalResponse
from device.text import printable

WHY_MAX = 200
"""Characters of a policy's own reason, or of its failure, that a decision keeps."""
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
    verdict: Verdict = Verdict()
    fault: str = ""
    """How the policy failed, where it answered nothing that could be read."""

    @property
    def decided_by(self) -> Decider:
        """Who decided; a shield that withdrew nothing has not."""
        withdrew = self.verdict.level == Level.PLAN and self.proposal.moves != Moves()
        if self.taken.refused or self.fault or withdrew or self.verdict.level >= Level.NEUTRAL:
            return "shield"
        return "plan" if self.proposal.moves == Moves() else "policy"

    @property
    def shield(self) -> str:
        """What the shield has to say; nothing where its level is that of the plan, which is followed anyway."""
        return f"shield: {self.verdict.words()}" if self.decided_by == "shield" and self.verdict.level else ""

    @property
    def silent(self) -> bool:
        """Whether the music rests: the policy's rest is kept even where its moves are not."""
        return bool(self.proposal.silent or self.verdict.level >= Level.REST)


class Council:
    """The session's policy and the moves in force."""

    def __init__(self, config: SessionConfig) -> None:
        control = config.device.control
        self._seed, self._name = config.seed, control.policy
        known = {response.policy + response.version: response.values for response in config.responses}
        kind = choose_policy(control)
        remembered = known.get(control.policy + kind.version, {})
        self._policy = load_policy(control, Path(config.models_dir), remembered)
        self._shield, self._faults = Shield(), 0
        self.moves = Moves()
        self.locks: tuple[CueName, ...] = ()

    def choose(
        self,
        bar_index: int,
        now_ns: int,
        since_s: float,
        moment: Moment,
        affect: AffectEstimate | None,
        music: State,
        *,
        is_late: bool = False,
    ) -> Choice:
        """Ask the policy about a bar; what may be taken of its answer is in force from now on.

        `is_late` says that the bar was asked for too late to be composed.
        """
        refusal = refuse(affect, now_ns)
        seen = None if refusal else affect
        view = View(since_s, moment, feeling_in(seen), self.moves, music, locks=self.locks)
        proposal, fault = self._ask(view, keyed_generator(self._seed, bar_index))
        taken = take(proposal.moves, self.moves, since_s, self.locks)
        self._faults += bool(fault) + taken.refused
        verdict = self._shield.judge(self._signs(view, coverage_in(affect, now_ns), is_late=is_late))
        if verdict.level >= Level.PLAN:
            taken = withdrawn(taken, self.moves, since_s, self.locks)
        self.moves = taken.moves
        return Choice(view, seen, refusal, proposal, taken, verdict, fault)

    def _ask(self, view: View, random: np.random.Generator) -> tuple[Proposal, str]:
        """The policy's answer, or none and how it failed; one that failed too often is not asked any more."""
        if self._faults >= FAULTS:
            return Proposal(), ""
        try:
            return plain(self._policy.decide(view, random)), ""
        except Exception as error:  # noqa: BLE001 - a policy may be anybody's, and the music goes on
            return Proposal(), printable(f"the policy failed with {type(error).__name__}: {error}"[:WHY_MAX])

    def _signs(self, view: View, coverage: float, *, is_late: bool) -> Signs:
        return Signs(
            since_s=view.since_s,
            feeling=view.feeling,
            goal_arousal=view.moment.setpoint.arousal,
            leads=view.leads,
            told_arousal=view.told_arousal,
            too_much=view.wished < 0,
            coverage=coverage,
            faults=self._faults,
            late=is_late,
        )

    def learnt(self, now_ns: int) -> PersonalResponse | None:
        """What the policy learnt of the listener so far, if it learns anything."""
        try:
            values = {name: float(value) for name, value in self._policy.memory().items()}
        except Exception:  # noqa: BLE001 - as `_ask`; what was learnt before stays
            self._faults += 1
            return None
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
            silent=choice.silent,
            limited=choice.taken.limited,
            decided_by=decided_by,
            reason=intent.reason,
        )


def plain(proposal: Proposal) -> Proposal:
    """A policy's answer in plain numbers, as a message carries them. Raises whatever a wrong answer raises."""
    moves, silent, propensity, why = proposal
    numbers = {name: float(getattr(moves, name)) for name in BOUNDS}
    return Proposal(Moves(**numbers), bool(silent), float(propensity), printable(str(why)[:WHY_MAX]))


def coverage_in(affect: AffectEstimate | None, now_ns: int) -> float:
    """Coverage of the best source, also where nothing could be read from it; NaN where it is not told."""
    if affect is None or abs(now_ns - affect.t_ns) > MAX_AGE_NS:
        return math.nan
    return max(affect.coverage.values(), default=math.nan)


def keyed_generator(seed: int, bar_index: int) -> np.random.Generator:
    """A policy's randomness, keyed by session and bar: bar 17 has the same whether or not bar 16 was late."""
    return np.random.default_rng(list(f"{seed}/decisions/{bar_index}".encode()))
