# Sourced by run and test: installs what is missing, and is silent and quick when nothing is.
# shellcheck shell=sh

set -eu
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
VENV=$ROOT/.venv
LOCK=$ROOT/deploy/requirements.lock
PACKAGES=$ROOT/deploy/packages.txt

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
            "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'; then
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
    done <"$PACKAGES"
    [ -n "$missing" ] || return 0
    say "Installing system packages:$missing"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2 ||
        fail "apt-get could not install:$missing"
}

install_python_packages() {
    say "Making a virtual environment in $VENV"
    rm -rf "$VENV"
    "$PYTHON" -m venv "$VENV"
    count=$(grep -c '^[A-Za-z]' "$LOCK")
    say "Installing up to $count pinned Python packages (once; a few minutes on a slow line) ..."
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --use-pep517 --require-hashes -r "$LOCK" ||
        fail "pip could not install the pinned packages; the lines above say which."
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e "$ROOT" ||
        fail "isotone itself could not be installed."
}

set_up() {
    PYTHON=$(find_python)
    stamp=$({ cat "$LOCK" "$PACKAGES" "$ROOT/pyproject.toml"; "$PYTHON" -VV; printf '%s' "$ROOT"; } | sha256sum)
    if [ "$(cat "$VENV/.set-up" 2>/dev/null)" = "$stamp" ]; then
        return 0
    fi
    install_packages
    install_python_packages
    printf '%s\n' "$stamp" >"$VENV/.set-up"
    say "Set-up is complete."
}
