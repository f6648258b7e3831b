"""Set-up builds beside what is there and switches when it is whole; whatever goes wrong leaves a box as it was."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path)
    yield built
    built.go()


@pytest.fixture
def lived_in(house: House) -> House:
    """A house that was set up once and whose lock has changed since."""
    code, said = house.run()
    assert code == 0, said
    house.calls()
    house.change_lock()
    return house


def installs(calls: list[str]) -> list[str]:
    return [call for call in calls if " install " in call]


def test_the_demo_is_played_by_the_new_environment(house: House) -> None:
    code, said = house.run()
    assert code == 0, said
    assert f"{house.current}/bin/python -P -m device.cli demo" in house.calls()[-1]


def test_all_that_comes_from_outside_is_hashed_and_a_box_gets_no_tools_of_the_tests(house: House) -> None:
    house.run()
    calls = installs(house.calls())
    foreign = [call for call in calls if "--editable" not in call]
    assert len(calls) == len(foreign) + 1
    assert all("--require-hashes" in call for call in foreign)
    assert all("--no-build-isolation" in call for call in calls if "requirements-build.lock" not in call)
    assert not any("requirements-test.lock" in call for call in calls)


def test_the_tools_of_the_tests_are_added_once(house: House) -> None:
    house.run("test")
    assert "requirements-test.lock" in installs(house.calls())[-1]
    house.run("test")
    assert installs(house.calls()) == []


def test_the_second_time_is_silent_and_installs_nothing(house: House) -> None:
    house.run()
    house.calls()
    assert house.run() == (0, "")
    assert installs(house.calls()) == []


def test_prompts_are_made_once_and_anew_when_their_words_change(house: House) -> None:
    house.run()
    assert sum(call.partition(" path=")[0].endswith(" voices") for call in house.calls()) == 1
    house.change_words()
    code, said = house.run()
    assert code == 0, said
    assert [call.partition(" path=")[0].rpartition(" ")[2] for call in house.calls()[-2:]] == ["voices", "demo"]


def test_a_box_whose_prompts_cannot_be_made_plays_and_says_so(house: House) -> None:
    (house.folder / "mute").touch()
    code, said = house.run()
    assert code == 0
    assert "musical signs" in said
    (house.folder / "mute").unlink()
    assert "musical signs" not in house.run()[1]
    assert house.run() == (0, "")


def test_no_python_looks_into_the_folder_or_the_path_it_was_called_with(house: House) -> None:
    house.run(PYTHONPATH=":/tmp")
    for call in house.calls():
        assert "path=unset" in call
        assert " -I " in call or " -P " in call


def test_offline_the_old_environment_stays(lived_in: House) -> None:
    before = lived_in.current
    lived_in.go(offline=True)
    code, said = lived_in.run()
    assert code == 11
    assert "as it was" in said
    assert lived_in.current == before
    assert (before / "bin" / "python").exists()
    assert lived_in.environments() == [before]


def test_afterwards_it_is_switched_and_the_old_one_goes(lived_in: House) -> None:
    before = lived_in.current
    code, said = lived_in.run()
    assert code == 0, said
    assert lived_in.current != before
    assert lived_in.environments() == [lived_in.current]


def test_a_running_session_keeps_its_files(lived_in: House) -> None:
    before = lived_in.current
    program = before / "bin" / "session"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    with subprocess.Popen([program, "60"]) as session:
        try:
            assert lived_in.run()[0] == 0
            assert lived_in.current != before
            assert program.exists()
        finally:
            session.kill()
    lived_in.change_lock()
    assert lived_in.run()[0] == 0
    assert lived_in.environments() == [lived_in.current]


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_set_up_that_is_cut_off_costs_nothing_and_the_next_one_is_whole(lived_in: House, ended_by: int) -> None:
    before = lived_in.current
    lived_in.go(slow=True)
    process = lived_in.start()
    lived_in.wait_until_pip_works()
    os.killpg(process.pid, ended_by)
    process.communicate(timeout=30)
    assert process.returncode != 0
    assert lived_in.current == before
    assert (before / ".set-up").exists()
    lived_in.go()
    code, said = lived_in.run()
    assert code == 0, said
    assert lived_in.current != before
    assert lived_in.environments() == [lived_in.current]


def test_two_at_once_wait_for_each_other(house: House) -> None:
    house.go(slow=True)
    first = house.start()
    house.wait_until_pip_works()
    second = house.start()
    assert second.stderr
    assert "waiting" in second.stderr.readline()
    house.go()
    for process in (first, second):
        process.communicate(timeout=30)
        assert process.returncode == 0
    assert len([call for call in house.calls() if " -m venv " in call]) == 1


def test_what_was_made_but_not_yet_switched_to_is_used(house: House) -> None:
    """The power was cut between the two."""
    house.run()
    made = house.current
    (house.root / ".venv").unlink()
    house.calls()
    house.go(offline=True)
    assert house.run()[0] == 0
    assert house.current == made
    assert installs(house.calls()) == []


def test_an_environment_without_its_stamp_is_made_again_beside(house: House) -> None:
    """What the doctor tells people to do when a library is broken."""
    house.run()
    before = house.current
    (before / ".set-up").unlink()
    assert house.run()[0] == 0
    assert house.environments() == [house.current]
    assert house.current != before


def test_a_folder_of_an_earlier_set_up_becomes_a_link(house: House) -> None:
    (house.root / ".venv" / "bin").mkdir(parents=True)
    (house.root / ".venv" / ".set-up").write_text("of an earlier release\n", "utf-8")
    code, said = house.run()
    assert code == 0, said
    assert (house.root / ".venv").is_symlink()
    assert house.environments() == [house.current]


def test_a_folder_that_somebody_made_is_put_aside_and_never_removed(house: House) -> None:
    own = house.root / ".venv" / "own"
    own.parent.mkdir()
    own.write_text("precious", "utf-8")
    _, said = house.run()
    assert "was not made by this script" in said
    house.change_lock()
    house.run()
    assert [path.read_text("utf-8") for path in (house.root / ".venvs").glob("before.*/own")] == ["precious"]


def test_a_change_of_the_linters_settings_installs_nothing(house: House) -> None:
    house.run()
    house.calls()
    with (house.root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.ruff]\nline-length = 100\n")
    house.run()
    assert installs(house.calls()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_refused_in_a_sentence(house: House) -> None:
    house.root.chmod(0o555)
    code, said = house.run()
    house.root.chmod(0o755)
    assert code == 11
    assert "may not be written" in said
