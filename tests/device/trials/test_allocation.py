"""Arms are allotted evenly, and nobody without the secret can tell the next one."""

import tomllib
from collections import Counter
from itertools import islice

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from device.trials.allocation import arms, commitment, session_seed
from device.trials.registration import Registration
from tests.device.trials.registrations import GROUPS

REGISTRATION = msgspec.convert(tomllib.loads(GROUPS), Registration)
SECRETS = st.binary(min_size=32, max_size=32)


@given(SECRETS, st.integers(1, 100))
def test_arms_are_even_at_every_time(secret: bytes, count: int) -> None:
    counts = Counter(islice(arms(secret, REGISTRATION, "home"), count))
    most = max(REGISTRATION.shuffled)
    assert max(counts.values()) - min(counts[arm] for arm in REGISTRATION.arms) <= most
    assert list(islice(arms(secret, REGISTRATION, "home"), count)) == list(
        islice(arms(secret, REGISTRATION, "home"), count)
    )


def test_what_came_before_does_not_tell_the_next() -> None:
    """Whoever knows the first four arms guesses the fifth hardly better than by chance: sizes are chance too."""
    following: dict[tuple[str, ...], Counter[str]] = {}
    for number in range(3000):
        *before, after = islice(arms(number.to_bytes(32, "big"), REGISTRATION, "home"), 5)
        following.setdefault(tuple(before), Counter())[after] += 1
    right = sum(counts.most_common(1)[0][1] for counts in following.values()) / 3000
    assert right < 0.65
    first = Counter(next(arms(number.to_bytes(32, "big"), REGISTRATION, "home")) for number in range(3000))
    assert all(900 < count < 1100 for count in first.values())


@given(SECRETS, SECRETS)
def test_secrets_strata_and_sessions_are_told_apart(one: bytes, other: bytes) -> None:
    assert (commitment(one) == commitment(other)) == (one == other)
    homes, clinics = (list(islice(arms(one, REGISTRATION, stratum), 40)) for stratum in ("home", "clinic"))
    assert homes != clinics
    assert len({session_seed(one, "ann", 1), session_seed(one, "ann", 2), session_seed(one, "bob", 1)}) == 3
