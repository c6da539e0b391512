set -eu
umask 077
PGPASSWORD="$(cat "$PASSWORD_FILE")"
export PGPASSWORD
name="habit-tracker-$(date -u +%Y%m%dT%H%M%SZ).dump"
trap 'rm -f "$name.part"' EXIT
# of a run that was killed
find . -name '*.part' -mmin +30 -exec rm -f {} +
pg_dump --format=custom --no-owner --no-privileges --lock-wait-timeout=30s --file="$name.part"
# from end to end: the table of contents alone is also found in a file that is cut off
pg_restore --file=/dev/null "$name.part"
printf '%s  %s\n' "$(sha256sum "$name.part" | cut -d ' ' -f 1)" "$name" > "$name.sha256"
sync
mv "$name.part" "$name"
ls -r | grep '^habit-tracker-.*\.dump$' | tail -n "+$((KEEP + 1))" |
    while read -r old; do rm -f "$old" "$old.sha256"; done
ls -l "$name"