# Sourced by check-clean-root, check-clean-image and check-service: a Debian in a folder, entered by chroot, and what is found out there.
# shellcheck shell=sh
# shellcheck disable=SC2034 # some are for those who source this

# Where it is; files and environment variables of this machine that are let in.
root='' copies='' names=''
HERE=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
MARK=.isotone-clean-root

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 11
}

# A root by debootstrap, or by the tarball that an earlier one left. SUITE, MIRROR, base and save are the caller's.
make_root() {
    mkdir -p "$root"
    root=$(CDPATH='' cd -- "$root" && pwd)
    unmount
    if [ -e "$root/$MARK" ]; then
        rm -rf --one-file-system "$root"
        mkdir "$root"
    fi
    [ -z "$(ls -A "$root")" ] || fail "$root is not empty and was not made by this script."
    touch "$root/$MARK"
    if [ -n "$base" ]; then
        tar -C "$root" -xf "$base"
    else
        debootstrap --variant=minbase "$SUITE" "$root" ${MIRROR:+"$MIRROR"} >"$root/debootstrap.log"
    fi
    [ -z "$save" ] || tar -C "$root" --exclude="./$MARK" -cf "$save" .
}

mount_kernel() {
    mount -t proc proc "$root/proc"
    mount --bind /dev "$root/dev"
    mount --bind /dev/pts "$root/dev/pts"
    mount -t tmpfs tmpfs "$root/dev/shm"
}

unmount() {
    for folder in dev/shm dev/pts dev proc; do
        if mountpoint -q "$root/$folder"; then
            umount "$root/$folder" || umount --lazy "$root/$folder"
        fi
    done
}

copy_files() {
    for file in /etc/resolv.conf /etc/hosts $copies; do
        mkdir -p "$root$(dirname -- "$file")"
        cp -L -- "$file" "$root$file"
    done
}

inside() {
    set -- PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb "$@"
    for name in $names; do
        set -- "$name=$(printenv "$name" || true)" "$@"
    done
    env -i "$@"
}

install_inside() {
    inside chroot "$root" apt-get update -qq
    inside DEBIAN_FRONTEND=noninteractive chroot "$root" \
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

verdicts='' failed=''
check() {
    name=$1
    shift
    printf '== %s\n' "$name"
    began=$(date +%s)
    # Not as a condition of `if`, in which the shell forgets `set -e`.
    set +e
    (
        set -e
        "$@"
    )
    code=$?
    set -e
    if [ $code -eq 0 ]; then verdict=ok; else verdict=FAILED failed=yes; fi
    verdicts="$verdicts$(printf '%-7s %5d s  %s' "$verdict" "$(($(date +%s) - began))" "$name")
"
}

conclude() {
    printf '\n%s' "$verdicts"
    [ -z "$failed" ] || exit 1
}
