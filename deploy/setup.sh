# Sourced by run and test: installs what is missing, and is silent and quick when nothing is.
# An environment is built beside the one in use, in a folder of its own under .venvs, and the link .venv is switched
# when it is whole. Whatever goes wrong before leaves the old one as it was.
# shellcheck shell=sh

set -eu
# Python must not import what lies in the folder this is called from, or in other people's.
export PYTHONSAFEPATH=1
unset PYTHONPATH
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
VENV=$ROOT/.venv
ENVIRONMENTS=$ROOT/.venvs
VOICES=$VENV/share/isotone/voices
LOCK=$ROOT/deploy/requirements.lock
BUILD_LOCK=$ROOT/deploy/requirements-build.lock
TEST_LOCK=$ROOT/deploy/requirements-test.lock
PACKAGES="$ROOT/deploy/packages.txt"
BUILD_PACKAGES="$ROOT/deploy/packages-build.txt"

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "isotone set-up: $*"
    exit 11
}

find_python() {
    for candidate in python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -I -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'; then
            command -v "$candidate"
            return
        fi
    done
    fail "Python 3.11, 3.12 or 3.13 is needed and none was found. Install python3 (Debian 12 or newer has it)."
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        fail "these packages must be installed by root: $missing"
    fi
}

install_packages() {
    command -v dpkg-query >/dev/null 2>&1 || fail "only Debian and its kin are supported: dpkg is missing."
    missing=
    while read -r package; do
        case $package$(dpkg-query -W -f ' ${Status}' "$package" 2>/dev/null) in
            '' | '#'* | *' installed') ;;
            *) missing="$missing $package" ;;
        esac
    done <<END
$(cat "$PACKAGES" "$BUILD_PACKAGES")
END
    [ -n "$missing" ] || return 0
    say "Installing system packages:$missing"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq ||
        say "The lists of packages could not be renewed; trying with those that are here."
    # shellcheck disable=SC2086 # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2 9>&- ||
        fail "apt-get could not install:$missing"
}

# What an environment is made from: the locks, what pyproject.toml says of the package, the Python and the place.
stamp_of_environment() {
    {
        cat "$LOCK" "$BUILD_LOCK" "$PACKAGES"
        awk '/^\[/ { kept = /^\[(build-system|project|tool\.setuptools)/ } kept && NF' "$ROOT/pyproject.toml"
        "$PYTHON" -I -VV
        printf '%s' "$ROOT"
    } | sha256sum | cut -c 1-16
}

has_stamp() {
    [ "$(cat "$1" 2>/dev/null)" = "$2" ]
}

# A power cut may keep the name of a file and lose what is in it; so a stamp comes after all else is on the disk.
write_stamp() {
    sync -f "$(dirname -- "$1")"
    printf '%s\n' "$2" >"$1.part"
    mv "$1.part" "$1"
}

pip_in() {
    python=$1/bin/python
    shift
    "$python" -I -m pip --quiet --disable-pip-version-check "$@"
}

# The tools that build two packages and isotone are pinned too, and leave when they have done so. Our modules are
# compiled now, since a service may not write beside them and would do it again at every start.
build() {
    pip_in "$new" install --require-hashes --only-binary :all: -r "$BUILD_LOCK" &&
        pip_in "$new" install --require-hashes --no-deps --no-build-isolation --use-pep517 -r "$LOCK" &&
        pip_in "$new" install --no-deps --no-build-isolation --editable "$ROOT" &&
        pip_in "$new" uninstall --yes setuptools &&
        "$new/bin/python" -I -m compileall -q "$ROOT/device" "$ROOT/hardware"
}

# Whatever ended a set-up: what it began goes, and what was there stays.
give_up() {
    code=$?
    [ $code -ne 0 ] || return 0
    [ -z "$new" ] || rm -rf "$new"
    [ ! -x "$VENV/bin/isotone" ] || say "What was installed before is as it was: $VENV/bin/isotone still runs."
    [ $code -eq 130 ] || exit 11
}

make_environment() {
    new=
    trap give_up EXIT
    trap 'exit 130' INT TERM HUP
    install_packages
    new=$(mktemp -d "$ENVIRONMENTS/$stamp.XXXXXX")
    chmod 755 "$new"
    say "Making a virtual environment in $new"
    "$PYTHON" -I -m venv "$new" || fail "the virtual environment could not be made; the lines above say why."
    count=$(grep -c '^[A-Za-z]' "$LOCK")
    say "Installing up to $count pinned Python packages (once; a few minutes on a slow line) ..."
    build || fail "pip could not install the pinned packages; the lines above say which, and why."
    write_stamp "$new/.set-up" "$stamp"
    trap - EXIT INT TERM HUP
}

# One that is whole and not in use: the power was cut between making and switching.
find_whole_environment() {
    for new in "$ENVIRONMENTS/$stamp".*; do
        ! has_stamp "$new/.set-up" "$stamp" || return 0
    done
    return 1
}

# A link replaces a link in one step. A folder of that name, from before there were links, is put aside.
switch() {
    ln -sfn ".venvs/${new##*/}" "$ENVIRONMENTS/next"
    if [ -d "$VENV" ] && [ ! -L "$VENV" ]; then
        aside=$(mktemp -d "$ENVIRONMENTS/before.XXXXXX")
        mv -T "$VENV" "$aside"
        [ -e "$aside/.set-up" ] || say "$VENV was not made by this script; it is now $aside."
    fi
    mv -T "$ENVIRONMENTS/next" "$VENV"
}

# A session that runs keeps the files it was started with; what somebody else made is not ours to remove.
may_go() {
    case $1 in
        "$(readlink -f "$VENV")") return 1 ;;
        */before.*) [ -e "$1/.set-up" ] || return 1 ;;
    esac
    ! grep -qsF -- "$1/" /proc/[0-9]*/maps
}

# Environments of before, and what is left of set-ups that were cut off.
clean_up() {
    for old in "$ENVIRONMENTS"/*/; do
        old=${old%/}
        if [ -d "$old" ] && [ ! -L "$old" ] && may_go "$old"; then
            rm -rf "$old"
        fi
    done
}

lock() {
    # Closed to others, who could hold it for ever.
    { mkdir -p "$ENVIRONMENTS" && touch "$ENVIRONMENTS/lock" && chmod 600 "$ENVIRONMENTS/lock"; } 2>/dev/null ||
        fail "$ROOT may not be written by $(id -un); run this as the user to whom it belongs."
    exec 9>"$ENVIRONMENTS/lock"
    flock -n 9 || {
        say "Another set-up is at work here; waiting for it ..."
        flock 9
    }
}

# In a shell of its own, so that lock, mask and traps end with it.
replace_environment() (
    umask 022
    lock
    ! has_stamp "$VENV/.set-up" "$stamp" || return 0
    find_whole_environment || {
        clean_up
        make_environment
    }
    switch
    clean_up
    say "Set-up is complete."
)

# Additions only: the run set is pinned in the test set too, so nothing that runs is replaced.
add_test_set() (
    umask 022
    lock
    ! has_stamp "$VENV/.set-up-tests" "$tests" || return 0
    say "Installing the pinned tools of the tests ..."
    pip_in "$VENV" install --require-hashes --no-deps --only-binary :all: -r "$TEST_LOCK" ||
        fail "pip could not install the tools of the tests; the lines above say why."
    write_stamp "$VENV/.set-up-tests" "$tests"
)

# The prompts that a box speaks lie in the environment, and are made anew when their words or their maker changed.
make_voices() (
    umask 022
    lock
    ! has_stamp "$VOICES/.made" "$words" || return 0
    say "Making the spoken prompts ..."
    mkdir -p "$VOICES"
    "$VENV/bin/python" -P -m device.cli voices >&2 || return 1
    write_stamp "$VOICES/.made" "$words"
)

set_up() {
    PYTHON=$(find_python)
    stamp=$(stamp_of_environment)
    has_stamp "$VENV/.set-up" "$stamp" || replace_environment
    words=$(cat "$ROOT"/device/voice/*.py "$ROOT/device/commands/voices.py" 2>/dev/null | sha256sum | cut -c 1-16)
    has_stamp "$VOICES/.made" "$words" || make_voices ||
        say "The spoken prompts could not be made; until they are, musical signs are played instead."
}

set_up_tests() {
    set_up
    tests=$(sha256sum <"$TEST_LOCK" | cut -c 1-16)
    has_stamp "$VENV/.set-up-tests" "$tests" || add_test_set
}
