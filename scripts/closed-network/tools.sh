#!/bin/bash
# Builds, from the Go module proxy, what a closed network cannot download: the Pulumi CLI and its Node.js language host,
# Minikube, Kubernetes, etcd, CoreDNS, Minikube's storage provisioner, crictl and cri-dockerd.
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
    found=$(GOTOOLCHAIN=local GOFLAGS=-mod=mod go mod download -json "$module") || {
        echo "$found"
        return 1
    }
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
    {
        printf 'module build\n\ngo %s\n' "$version"
        printf 'require %s\n' "$@"
        cat
    } > go.mod
    rm -f go.sum
}
# build TARGET PACKAGE [LDFLAG...]: TARGET appears only when complete
build() {
    local target=$1 package=$2
    shift 2
    go build "${flags[@]}" -tags "${go_tags:-}" -ldflags "-s -w $*" -o "$target.new" "$package"
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
    module minikube 1.24.0 "k8s.io/minikube $MINIKUBE_VERSION" < <(
        echo 'replace ('
        replaces "$source"
        echo ')'
    )
    # its driver for libvirt is in C; with the tag libvirt is loaded when it is used, and not needed here
    CGO_ENABLED=1 go_tags=libvirt_dlopen build "$dir/bin/minikube" k8s.io/minikube/cmd/minikube \
        -X "$version.version=$MINIKUBE_VERSION" -X "$version.isoVersion=$MINIKUBE_VERSION" -X "$version.storageProvisionerVersion=v5"
}

# What runs in the node, as one module, so that client-go and its like compile once. Kubernetes replaces its own libraries
# by folders that the published module leaves out: require their published versions instead.
kubernetes=(kubelet kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubeadm kubectl)
node_programs=("${kubernetes[@]}" etcd coredns crictl storage-provisioner)
node_module() {
    local libraries
    mapfile -t libraries < <(sed -nE "s#.*(k8s\.io/[a-z-]+) => \./staging/.*#\1 v0${KUBERNETES_VERSION#v1}#p" "$1/go.mod" | grep -v sample-)
    module node 1.24.1 "${libraries[@]}" "k8s.io/kubernetes $KUBERNETES_VERSION" "github.com/coredns/coredns $COREDNS_VERSION" \
        "go.etcd.io/etcd/server/v3 $ETCD_VERSION" "sigs.k8s.io/cri-tools $CRI_TOOLS_VERSION" 'k8s.io/minikube v0.0.0' \
        "sigs.k8s.io/sig-storage-lib-external-provisioner/v11 $PROVISIONER_LIBRARY_VERSION" << 'REPLACES'
replace k8s.io/minikube => ./minikube
replace github.com/coredns/coredns => ./coredns-source
REPLACES
}
# this Kubernetes' client-go no longer has an option that CoreDNS sets to what it is anyway
copy_coredns() {
    rm -rf coredns-source && cp -r "$1" coredns-source && chmod -R u+w coredns-source
    sed -i '/RetryOnError: *false,/d' coredns-source/plugin/kubernetes/object/informer.go
}
# two packages of Minikube's module alone, on a release of their library that goes with this Kubernetes; that one would elect
# a leader by a lease, which Minikube's rules do not let it have, and there is only one
copy_provisioner() {
    local part
    for part in cmd/storage-provisioner pkg/storage; do
        mkdir -p "minikube/$part" && cp "$1/$part"/*.go "minikube/$part/"
    done
    chmod -R u+w minikube && rm -f minikube/pkg/storage/*_test.go
    sed -i -e 's#external-provisioner/v6#external-provisioner/v11#' \
        -e '/serverVersion, err :=/,/^\t}/d' \
        -e 's#NewProvisionController(clientset, \(.*\), serverVersion.GitVersion)#NewProvisionController(context.Background(), clientset, \1, controller.LeaderElection(false))#' \
        minikube/pkg/storage/storage_provisioner.go
    printf 'module k8s.io/minikube\n\ngo 1.24\n' > minikube/go.mod
}
build_node() {
    local source version=k8s.io/component-base/version stamp program packages=() new=$dir/work/node-new
    source=$(downloaded "k8s.io/kubernetes@$KUBERNETES_VERSION")
    node_module "$source"
    copy_provisioner "$(downloaded "k8s.io/minikube@$MINIKUBE_VERSION")"
    copy_coredns "$(downloaded "github.com/coredns/coredns@$COREDNS_VERSION")"
    mkdir -p coredns && cp "$here/go/coredns/main.go" coredns/
    stamp="-checklinkname=0 -X $version.gitVersion=$KUBERNETES_VERSION -X $version.gitMajor=1 -X $version.gitMinor=$(cut -d. -f2 <<< "$KUBERNETES_VERSION")"
    stamp+=" -X $version.gitTreeState=clean -X k8s.io/client-go/pkg/version.gitVersion=$KUBERNETES_VERSION"
    stamp+=" -X sigs.k8s.io/cri-tools/pkg/version.Version=$CRI_TOOLS_VERSION"
    for program in "${node_programs[@]}"; do
        have "k8s/$program" && continue
        case $program in
            etcd) packages+=(go.etcd.io/etcd/server/v3) ;;
            coredns) packages+=(./coredns) ;;
            crictl) packages+=(sigs.k8s.io/cri-tools/cmd/crictl) ;;
            storage-provisioner) packages+=(k8s.io/minikube/cmd/storage-provisioner) ;;
            *) packages+=("k8s.io/kubernetes/cmd/$program") ;;
        esac
    done
    # one call links beside compiling
    rm -rf "$new" && mkdir "$new"
    go build "${flags[@]}" -ldflags "-s -w $stamp" -o "$new/" "${packages[@]}"
    [ ! -e "$new/server" ] || mv "$new/server" "$new/etcd"
    mv "$new"/* "$dir/k8s/"
}
build_cri_dockerd() {
    local source
    source=$(downloaded "github.com/Mirantis/cri-dockerd@$CRI_DOCKERD_VERSION")
    module cri-dockerd 1.24.0 "github.com/Mirantis/cri-dockerd $CRI_DOCKERD_VERSION" < <(
        echo 'replace ('
        replaces "$source"
        echo ')'
    )
    build "$dir/k8s/cri-dockerd" github.com/Mirantis/cri-dockerd -X "github.com/Mirantis/cri-dockerd/cmd/version.Version=$CRI_DOCKERD_VERSION"
}
build_pause() {
    gcc -O2 -static -s -o "$dir/k8s/pause.new" "$here/node/pause.c"
    mv "$dir/k8s/pause.new" "$dir/k8s/pause"
}

# --- two lines of work at once: one downloads or links while the other compiles -------------------------------------
have() {
    local name
    for name; do [ -x "$dir/$name" ] || return 1; done
}
clients() {
    have bin/pulumi || step pulumi "the Pulumi CLI $PULUMI_VERSION" build_pulumi
    have bin/pulumi-language-nodejs bin/pulumi-resource-pulumi-nodejs || step pulumi-language-nodejs 'its Node.js language host' build_language_host
    have bin/minikube || step minikube "Minikube $MINIKUBE_VERSION" build_minikube
    have k8s/cri-dockerd || step cri-dockerd "cri-dockerd $CRI_DOCKERD_VERSION" build_cri_dockerd
}
node() {
    have "${node_programs[@]/#/k8s/}" \
        || step node "Kubernetes $KUBERNETES_VERSION, etcd, CoreDNS, the storage provisioner, crictl" build_node
    have k8s/pause || step pause 'the pause container' build_pause
}
if ! have bin/{pulumi,pulumi-language-nodejs,pulumi-resource-pulumi-nodejs,minikube,kubectl} "${node_programs[@]/#/k8s/}" k8s/{cri-dockerd,pause}; then
    need_go
    packages jq=jq gcc=gcc
    [ -e /usr/lib/x86_64-linux-gnu/libc.a ] || step libc 'the C library for pause' install_packages libc6-dev
    # with memory to spare, let the compiler collect its garbage less often
    if [ "$(awk '/^MemTotal/ {print int($2 / 1048576)}' /proc/meminfo)" -ge 14 ]; then export GOGC=400; fi
    at_once clients node
    ln -sfn ../k8s/kubectl "$dir/bin/kubectl"
fi
