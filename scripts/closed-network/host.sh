# shellcheck shell=bash
# What images take from this host, so that they reach the registries as it does: never credentials.
credentials='://[^/ "]*@'

# setting NAME VALUE: the line of a configuration file
setting() {
    if [[ $2 =~ $credentials ]]; then
        echo "left out of the images: $1… holds credentials" >&2
    elif [ -n "$2" ]; then
        echo "$1$2"
    fi
}

# apt's, as mmdebstrap takes them
apt_options() {
    local name value
    while read -r name value; do
        setting "--aptopt=$name " "$value"
    done < <(apt-config dump | grep -E '^Acquire::(https?::|Check-)' || true)
}

# resolver FILE OTHER: FILE, or OTHER where FILE names only servers of this machine's own, such as systemd's stub: in the node
# CoreDNS would forward to itself
resolver() {
    if grep -E '^nameserver[[:space:]]' "$1" | grep -qvE '[[:space:]](127\.|::1)' || [ ! -e "$2" ]; then echo "$1"; else echo "$2"; fi
}

# host_settings FOLDER: the CA bundle, and the mirrors and proxies of pip and npm
host_settings() {
    local to=$1 bundle=/usr/local/share/closed-network/ca-certificates.crt key value variable
    cat /etc/ssl/certs/ca-certificates.crt > "$to/ca-certificates.crt"
    for value in "${NODE_EXTRA_CA_CERTS:-}" "${SSL_CERT_FILE:-}"; do
        if [ -f "$value" ] && ! cmp -s "$value" /etc/ssl/certs/ca-certificates.crt; then cat "$value" >> "$to/ca-certificates.crt"; fi
    done
    printf '%s\n' '[global]' "cert = $bundle" 'disable-pip-version-check = true' > "$to/pip.conf"
    for key in index-url extra-index-url trusted-host proxy; do
        variable=PIP_$(tr a-z- A-Z_ <<< "$key")
        value=${!variable:-$({ cat /etc/pip.conf ~/.pip/pip.conf ~/.config/pip/pip.conf 2> /dev/null || true; } | sed -n "s/^ *$key *[=:] *//p" | tail -n 1)}
        setting "$key = " "$value" >> "$to/pip.conf"
    done
    printf '%s\n' "cafile=$bundle" 'update-notifier=false' > "$to/npmrc"
    while IFS=$'\t' read -r key value; do setting "$key=" "$value" >> "$to/npmrc"; done < <(cd / && npm config ls --json 2> /dev/null \
        | jq -r '. as $all | ("registry", "proxy", "https-proxy", "noproxy", "strict-ssl") | [., ($all[.] | arrays |= join(",") | . // "")] | @tsv')
}
