#!/bin/bash
# Builds, from the Go module proxy, what a closed network cannot download: the Pulumi CLI and its Node.js language host,
# Minikube, Kubernetes, CoreDNS, Minikube's storage provisioner and a crictl.
# usage: tools.sh DIR      DIR/bin: pulumi, pulumi-language-nodejs, minikube, kubectl; DIR/k8s: what runs in the node
. "$(dirname "$0")/lib.sh" "$@"
exclusive

# one set of flags for all, so that a package which two tools share compiles once; without debug information, which
# would be stripped anyway, the compiler needs a sixth less time
flags=(-trimpath -gcflags=all=-dwarf=false)
export CGO_ENABLED=0 GOWORK=off GOFLAGS='-mod=mod -buildvcs=false'

# --- Go -----------------------------------------------------------------------------------------------------------
go_is_new_enough() {
  local have
  have=$(cd / && go env GOVERSION 2> /dev/null) || return 1
  [ "$(printf '%s\n' "$GO_MINIMUM" "${have#go}" | sort -V | head -n 1)" = "$GO_MINIMUM" ]
}
# Go's own toolchains are served as modules. Debian's Go may be too old to switch to one by itself, but it can fetch it.
fetch_go() {
  local module=golang.org/toolchain@v0.0.1-$GO_VERSION.linux-amd64 found
  mkdir -p "$dir/work/toolchain" && cd "$dir/work/toolchain"
  [ -f go.mod ] || printf 'module none\n' > go.mod
  found=$(GOTOOLCHAIN=local GOFLAGS=-mod=mod go mod download -json "$module") || { echo "$found"; return 1; }
  rm -rf "$dir/go.new" && cp -r "$(jq -r .Dir <<< "$found")" "$dir/go.new" && chmod -R u+w "$dir/go.new"
  chmod 755 "$dir"/go.new/bin/* && find "$dir/go.new/pkg/tool" -type f -exec chmod 755 {} +
  "$dir/go.new/bin/go" version
  rm -rf "$dir/go" && mv "$dir/go.new" "$dir/go"
}
need_go() {
  [ ! -x "$dir/go/bin/go" ] || PATH=$dir/go/bin:$PATH
  go_is_new_enough && return
  packages go=golang-go jq=jq
  if ! go_is_new_enough; then
    step go "fetching Go ${GO_VERSION#go}" fetch_go
    PATH=$dir/go/bin:$PATH
  fi
  go_is_new_enough || fail "Go $GO_MINIMUM or newer is needed: install it and put it on PATH"
}

# --- modules and builds -------------------------------------------------------------------------------------------
downloaded() { go mod download -json "$1" | jq -er .Dir; }
# module NAME GO REQUIREMENT...: a module of its own for each group, so that their versions never mix; enters it.
# More lines of go.mod come on standard input.
module() {
  local name=$1 version=$2
  shift 2
  mkdir -p "$dir/work/$name" && cd "$dir/work/$name"
  { printf 'module build\n\ngo %s\n' "$version"; printf 'require %s\n' "$@"; cat; } > go.mod
  rm -f go.sum
}
# build TARGET PACKAGE [LDFLAG...]: TARGET appears only when complete
build() {
  local target=$1 package=$2
  shift 2
  go build "${flags[@]}" -ldflags "-s -w $*" -o "$target.new" "$package"
  mv "$target.new" "$target"
}
# the replace lines of a module's go.mod, without the brackets around them
replaces() { sed -n '/^replace (/,/^)/p' "$1/go.mod" | sed '1d;$d'; }

build_pulumi() {
  module pulumi 1.25.11 "github.com/pulumi/pulumi/pkg/v3 $PULUMI_VERSION" < /dev/null
  build "$dir/bin/pulumi" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi \
    -X "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$PULUMI_VERSION"
}
# This host is older than the engine, which no longer hands it the `runtime.options` of Pulumi.yaml as flags: the wrapper
# reads them there. The engine starts it in the project's folder.
build_language_host() {
  module language 1.24 "github.com/pulumi/pulumi/sdk/v3 $PULUMI_LANGUAGE_HOST_VERSION" < /dev/null
  build "$dir/bin/pulumi-language-nodejs-host" github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs
  cat > "$dir/bin/pulumi-language-nodejs.new" << 'WRAPPER'
#!/bin/sh
option() { sed -n "s/^ *$1: *//p" Pulumi.yaml 2> /dev/null | head -n 1; }
exec "$(dirname "$0")/pulumi-language-nodejs-host" \
  -typescript="$(option typescript | grep -x false || echo true)" -nodeargs="$(option nodeargs)" "$@"
WRAPPER
  chmod 755 "$dir/bin/pulumi-language-nodejs.new"
  mv "$dir/bin/pulumi-language-nodejs.new" "$dir/bin/pulumi-language-nodejs"
  # as in the release, beside the CLI: runs dynamic resources by the SDK of the project that it is started in
  cat > "$dir/bin/pulumi-resource-pulumi-nodejs.new" << 'PLUGIN'
#!/bin/sh
exec node node_modules/@pulumi/pulumi/cmd/dynamic-provider "$@"
PLUGIN
  chmod 755 "$dir/bin/pulumi-resource-pulumi-nodejs.new"
  mv "$dir/bin/pulumi-resource-pulumi-nodejs.new" "$dir/bin/pulumi-resource-pulumi-nodejs"
}
build_minikube() {
  local source version=k8s.io/minikube/pkg/version
  source=$(downloaded "k8s.io/minikube@$MINIKUBE_VERSION")
  module minikube 1.24.0 "k8s.io/minikube $MINIKUBE_VERSION" < <(echo 'replace ('; replaces "$source"; echo ')')
  build "$dir/bin/minikube" k8s.io/minikube/cmd/minikube \
    -X "$version.version=$MINIKUBE_VERSION" -X "$version.isoVersion=$MINIKUBE_VERSION" -X "$version.storageProvisionerVersion=v5"
}

# What runs in the node, as one module, so that client-go and its like compile once. Kubernetes pins its dependencies by
# replacing each, which holds for all here; its own libraries it replaces by folders that the published module leaves
# out: name their published versions instead.
kubernetes=(kubelet kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubeadm kubectl)
node_module() {
  local source=$1 pinned libraries
  # dns and caddy as CoreDNS wants them
  pinned=$(replaces "$source" | sed -E "s#(k8s\.io/[a-z-]+) => \./staging/.*#\1 => \1 $KUBERNETES_STAGING_VERSION#" \
    | grep -vE 'github.com/(miekg/dns|coredns/caddy) ')
  mapfile -t libraries < <(sed -nE 's#.*(k8s\.io/[a-z-]+ )=> .* '"$KUBERNETES_STAGING_VERSION"'$#\1'"$KUBERNETES_STAGING_VERSION#p" <<< "$pinned" | grep -v sample-)
  module node 1.19 "${libraries[@]}" "k8s.io/kubernetes $KUBERNETES_VERSION" "github.com/coredns/coredns $COREDNS_VERSION" \
    'k8s.io/minikube v0.0.0' 'sigs.k8s.io/sig-storage-lib-external-provisioner/v6 v6.3.0' <<REPLACES
replace (
$pinned
	k8s.io/kubernetes => ./kubernetes
	k8s.io/minikube => ./minikube
)
REPLACES
}
# a copy, because the type definitions that the published module leaves out must be among its packages
copy_kubernetes() {
  [ ! -d kubernetes ] || return 0
  rm -rf kubernetes.new && mkdir kubernetes.new && cp -r "$1"/{cmd,pkg,plugin,third_party,go.mod} kubernetes.new/
  chmod -R u+w kubernetes.new
  cp "$here/go/openapi/definitions.go" kubernetes.new/pkg/generated/openapi/
  jq -cs 'map(.components.schemas // {}) | add' "$1"/api/openapi-spec/v3/*.json > kubernetes.new/pkg/generated/openapi/definitions.json
  mv kubernetes.new kubernetes
}
# two packages of Minikube's module alone: the provisioner's leader election needs a client-go that still has the
# endpoints lock, older than the one which Minikube requires
copy_provisioner() {
  local part
  for part in cmd/storage-provisioner pkg/storage; do
    mkdir -p "minikube/$part" && cp "$1/$part"/*.go "minikube/$part/"
  done
  chmod -R u+w minikube && rm -f minikube/pkg/storage/*_test.go
  printf 'module k8s.io/minikube\n\ngo 1.19\n' > minikube/go.mod
}
build_node() {
  local source version=k8s.io/component-base/version stamp command packages=() new=$dir/work/node-new
  source=$(downloaded "k8s.io/kubernetes@$KUBERNETES_VERSION")
  node_module "$source"
  copy_kubernetes "$source"
  copy_provisioner "$(downloaded "k8s.io/minikube@$MINIKUBE_VERSION")"
  mkdir -p coredns crictl && cp "$here/go/coredns/main.go" coredns/ && cp "$here/go/crictl/main.go" crictl/
  stamp="-checklinkname=0 -X $version.gitVersion=$KUBERNETES_VERSION -X $version.gitMajor=1 -X $version.gitMinor=23 -X $version.gitTreeState=clean"
  stamp+=" -X k8s.io/client-go/pkg/version.gitVersion=$KUBERNETES_VERSION"
  for command in "${kubernetes[@]}"; do have "k8s/$command" || packages+=("k8s.io/kubernetes/cmd/$command"); done
  have k8s/storage-provisioner || packages+=(k8s.io/minikube/cmd/storage-provisioner)
  have k8s/coredns || packages+=(./coredns)
  have k8s/crictl || packages+=(./crictl)
  # one call links beside compiling; providerless leaves out the cloud providers built into this Kubernetes
  rm -rf "$new" && mkdir "$new"
  go build "${flags[@]}" -tags providerless -ldflags "-s -w $stamp" -o "$new/" "${packages[@]}"
  mv "$new"/* "$dir/k8s/"
}
build_pause() {
  gcc -O2 -static -s -o "$dir/k8s/pause.new" "$here/node/pause.c"
  mv "$dir/k8s/pause.new" "$dir/k8s/pause"
}

# --- two lines of work at once: one downloads or links while the other compiles -------------------------------------
have() { local name; for name; do [ -x "$dir/$name" ] || return 1; done; }
clients() {
  have bin/pulumi || step pulumi "the Pulumi CLI $PULUMI_VERSION" build_pulumi
  have bin/pulumi-language-nodejs bin/pulumi-resource-pulumi-nodejs || step pulumi-language-nodejs 'its Node.js language host' build_language_host
  have bin/minikube || step minikube "Minikube $MINIKUBE_VERSION" build_minikube
}
node() {
  have "${kubernetes[@]/#/k8s/}" k8s/{storage-provisioner,coredns,crictl} \
    || step node "Kubernetes $KUBERNETES_VERSION, CoreDNS $COREDNS_VERSION, the storage provisioner, crictl" build_node
  have k8s/pause || step pause 'the pause container' build_pause
}
if ! have bin/{pulumi,pulumi-language-nodejs,pulumi-resource-pulumi-nodejs,minikube,kubectl} "${kubernetes[@]/#/k8s/}" k8s/{storage-provisioner,coredns,crictl,pause}; then
  need_go
  packages jq=jq gcc=gcc
  [ -e /usr/lib/x86_64-linux-gnu/libc.a ] || step libc 'the C library for pause' install_packages libc6-dev
  # with memory to spare, let the compiler collect its garbage less often
  if [ "$(awk '/^MemTotal/ {print int($2 / 1048576)}' /proc/meminfo)" -ge 14 ]; then export GOGC=400; fi
  set -m # each line of work is a process group, which ends as one
  clients & lines=($!)
  node & lines+=($!)
  stop() { for pid in "${lines[@]}"; do kill -- "-$pid" 2> /dev/null || true; done; }
  trap 'stop; exit 130' INT TERM HUP
  for _ in "${lines[@]}"; do wait -n || { status=$?; stop; exit "$status"; }; done
  trap - INT TERM HUP
  ln -sfn ../k8s/kubectl "$dir/bin/kubectl"
fi
