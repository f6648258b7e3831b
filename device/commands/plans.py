"""Reads the plan that somebody wrote and brings it under the prescription: what is wrong is refused where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from device.commands.prescriptions import refuse_contradiction
from device.config import Prescription, load
from device.control.plan.plan_checks import Problem, own_minutes, problems, tightened
from device.errors import ConfigError
from device.files.toml_text import find_line, read_text
from device.plan_layout import PlanLayout


class Written(NamedTuple):
    """A plan and where it was written: in a file of its own, in the prescription's table `[plan]`, or nowhere."""

    layout: PlanLayout
    path: Path | None
    tables: tuple[str, ...]

    def refusal(self, problem: Problem) -> ConfigError:
        """A problem as a refusal, with file and line."""
        *tables, key = problem.key.split(".")
        line = find_line(read_text(self.path), [*self.tables, *tables], key)[0] if self.path else 0
        place = f"{self.path}:{line}" if line else str(self.path or "The plan")
        return ConfigError(f"{place}: {problem.sentence}.", problem.action)


class Planned(NamedTuple):
    """What a session is played by."""

    prescription: Prescription
    """With the plan, its goal and its limits."""
    minutes: float


def read_plan(plan_path: Path | None, prescription: Prescription, prescription_path: Path | None) -> Written:
    """The plan of a file, else the prescription's own.

    Raises:
        ConfigError: it cannot be read, or is no plan, with file and line.
    """
    if plan_path is None:
        return Written(prescription.plan, prescription_path, ("plan",))
    return Written(load(plan_path, PlanLayout), plan_path, ())


def plan_session(
    written: Written, prescription: Prescription, minutes: float | None, usual_minutes: float, baseline_s: float
) -> Planned:
    """The prescription as the plan is played under it, and for how long: as is asked for, else as the plan says.

    Raises:
        ConfigError: the plan cannot be played, with the first thing that is wrong.
    """
    planned, refusals = consider(written, prescription, minutes, usual_minutes, baseline_s)
    for refusal in refusals:
        raise refusal
    refuse_contradiction(planned.prescription)
    return planned


def consider(
    written: Written, prescription: Prescription, minutes: float | None, usual_minutes: float, baseline_s: float
) -> tuple[Planned, list[ConfigError]]:
    """The same with all that is wrong; the prescription stays as it is where something is."""
    length = minutes or own_minutes(written.layout, baseline_s) or usual_minutes
    refusals = [written.refusal(found) for found in problems(written.layout, prescription, length, baseline_s)]
    return Planned(prescription if refusals else tightened(prescription, written.layout), length), refusals
