"""Keeps the wishes that came through the manager's doors until the process that obeys them has answered.

`taken`, `queued` and `refused` are the words of the process that obeys: audio for the sound, the loop for the music. A
wish that nobody answers for `ANSWER_NS` is told to be unanswered: it may still be obeyed. A stop waits for as long as
the session takes to end, and the end itself is an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from device.clock import Clock
from device.messages import Command, CommandAnswer, Stop
from device.runtime.door import ROLES, Door, Reply, Request, door_path

ANSWER_NS = 2_000_000_000


class Desk:
    """`publish` gives a wish to the session and returns its id."""

    def __init__(self, run_dir: Path, clock: Clock, publish: Callable[[Command], str]) -> None:
        self._clock, self._publish = clock, publish
        self._door = Door({role: door_path(run_dir, role) for role in ROLES}, clock)
        self._waiting: dict[str, tuple[Request, int]] = {}
        """Id of a wish -> who waits, and since when."""

    def fileno(self) -> int:
        """Readable when somebody asks something."""
        return self._door.fileno()

    def take(self, refusal: str) -> None:
        """Publish what is wished now; a `refusal` that is not empty says why nothing but a stop can be."""
        now_ns = self._clock.now_ns()
        for request in self._door.requests():
            if refusal and not isinstance(request.wish, Stop):
                request.answer(Reply(answer="refused", sentence=refusal, process="manager"))
            else:
                self._waiting[self._publish(request.wish)] = (request, now_ns)
        for wish_id, (request, since_ns) in list(self._waiting.items()):
            if now_ns - since_ns > ANSWER_NS and not isinstance(request.wish, Stop):
                del self._waiting[wish_id]
                request.answer(Reply(answer="unanswered", sentence="Nobody who could obey has answered."))

    def hear(self, answer: CommandAnswer) -> None:
        """Pass on what was done with a wish."""
        request, _ = self._waiting.pop(answer.id, (None, 0))
        if request:
            request.answer(Reply(answer=answer.answer, sentence=answer.sentence, process=answer.process))

    def close(self) -> None:
        """The session is over: a stop was obeyed, everything else came too late."""
        for request, _ in self._waiting.values():
            is_stop = isinstance(request.wish, Stop)
            answer: Reply = Reply(
                answer="taken" if is_stop else "refused", sentence="The session has ended.", process="manager"
            )
            request.answer(answer)
        self._door.close()
