"""Contracts of TABLE 1 and TABLE 2: a row without writer, type, budget or reader is a failing test."""

import types
import typing

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device import messages
from device.imports import import_name
from device.processes import PROCESSES
from device.runtime.bus import decoder
from device.streams import STREAM_OF, STREAMS, topic_of

LOCAL = {messages.Tick}


def all_messages() -> list[type[messages.Message]]:
    return [
        kind
        for kind in vars(messages).values()
        if isinstance(kind, type) and issubclass(kind, messages.Message) and not kind.__subclasses__()
    ]


def test_every_message_has_exactly_one_stream() -> None:
    assert set(STREAM_OF) | LOCAL == set(all_messages())
    assert len(STREAM_OF) == sum(len(row.kinds) for row in STREAMS.values())


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_has_a_known_writer_and_key(name: str) -> None:
    row = STREAMS[name]
    assert row.writer in {*PROCESSES, "manager", "box", "panel", "*"}
    assert all(set(row.key) <= set(kind.__struct_fields__) for kind in row.kinds)
    assert row.rate_hz == 0 or row.max_age_s * row.rate_hz >= 1
    assert not any(other != name and other.startswith(name) for other in STREAMS), "prefix subscriptions would mix"


@pytest.mark.parametrize("kind", STREAM_OF)
@given(data=st.data())
def test_every_message_survives_the_wire(kind: type[messages.Message], data: st.DataObject) -> None:
    message = data.draw(strategy_of(kind))
    payload = msgspec.msgpack.encode(message)
    assert decoder(STREAM_OF[kind]).decode(payload) == message
    assert topic_of(message).partition("/")[0] == STREAM_OF[kind]


def strategy_of(kind: type) -> st.SearchStrategy[typing.Any]:
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{name: field_strategy(hints[name]) for name in kind.__struct_fields__})


def field_strategy(hint: typing.Any) -> st.SearchStrategy[typing.Any]:
    if hint is int:
        return st.integers(-(2**63), 2**63 - 1)
    if hint is float:
        return st.floats(allow_nan=False)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return strategy_of(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(field_strategy(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(field_strategy, arguments))
    if origin is dict:
        return st.dictionaries(field_strategy(arguments[0]), field_strategy(arguments[1]), max_size=3)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*map(field_strategy, arguments))
    return st.from_type(hint)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_has_entry_budgets_and_stages_that_keep_to_the_tables(name: str) -> None:
    row = PROCESSES[name]
    assert callable(import_name(row.entry))
    assert all(callable(import_name(place)) for place in row.late)
    assert row.cpu_budget_percent > 0
    assert row.memory_budget_mb > 0
    for stage_name in row.stages:
        stage = import_name(stage_name)
        assert set(stage.reads) <= set(STREAMS)
        assert all(STREAMS[stream].writer in (name, "*") for stream in stage.writes)
        assert stage.tick_hz >= 0


def test_the_budgets_of_all_processes_fit_the_box() -> None:
    music = [row.memory_budget_mb for row in PROCESSES.values() if not row.switch]
    assert sum(music) <= 450
    assert sum(row.memory_budget_mb for row in PROCESSES.values()) <= 520, "with all that device.toml can switch on"


def test_every_logged_stream_is_written_by_someone() -> None:
    staged = {stream for row in PROCESSES.values() for name in row.stages for stream in import_name(name).writes}
    for name, row in STREAMS.items():
        if row.writer in PROCESSES and PROCESSES[row.writer].stages and row.writer != "audio":
            assert name in staged, name
