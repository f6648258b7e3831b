# A technician logs in as root, and what the box keeps belongs to its own user: commands run as that one, but for updates.
isotone() {
    case "$1" in
        update) /usr/bin/isotone "$@" ;;
        *) runuser -u isotone -- env XDG_RUNTIME_DIR=/run/isotone XDG_DATA_HOME=/var/lib HOME=/var/lib/isotone \
            /usr/bin/isotone "$@" ;;
    esac
}
