set_password() {
    printf '%s\n' 'SET log_min_error_statement = panic;' 'SET log_statement = none;' '\set ON_ERROR_STOP on' \
        '\getenv password PASSWORD' "ALTER ROLE CURRENT_USER PASSWORD :'password';" |
        PASSWORD="$1" psql -qX -U "$POSTGRES_USER" -d "$POSTGRES_DB"
}
known="$(cat "$POSTGRES_PASSWORD_FILE")"
until set_password "$known"; do sleep 1; done
{
    trap 'exit 0' EXIT HUP INT TERM
    while :; do
        sleep 2
        now="$(cat "$POSTGRES_PASSWORD_FILE")" && [ -n "$now" ] && [ "$now" != "$known" ] &&
            set_password "$now" && known="$now"
    done
} < /dev/null > /dev/null 2>&1 &