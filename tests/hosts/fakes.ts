// Programs that print what the real ones print: Docker 28 and 29, podman 5, Minikube 1.38, Pulumi 3.259. Shell scripts, each with
// a line in the file `started` for every start.
import type { Machine } from "./machine.ts";

/** The programs on PATH by name, each a shell script. */
export type Programs = Record<string, string>;

const says = (text: string, stream: 1 | 2, code: number) =>
    `cat >&${stream} <<'END'\n${text}\nEND\nexit ${code}`;
const cases = (table: Record<string, string>, rest = "exit 0") =>
    `case "$*" in\n${Object.entries(table)
        .map(([pattern, script]) => `${pattern}) ${script} ;;`)
        .join("\n")}\n*) ${rest} ;;\nesac`;

const CLIENT = "Client: Docker Engine - Community\n Version:    29.0.1\n Context:    default\n";
/** An engine's answer, or the reason why there is none. */
const docker = (info: string) => cases({ info, "'volume ls'*": "exit 0" });
const noEngine = (reason: string) =>
    docker(`cat <<'END'\n${CLIENT}\nServer:\nEND\n${says(reason, 2, 1)}`);

export const DOCKER = {
    desktop: docker(
        says(
            `${CLIENT}\nServer:\n Server Version: 29.0.1\n Operating System: Docker Desktop`,
            1,
            0,
        ),
    ),
    up: docker(
        says(
            `${CLIENT}\nServer:\n Server Version: 29.0.1\n Operating System: Ubuntu 24.04.3 LTS`,
            1,
            0,
        ),
    ),
    stopped: noEngine(
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    ),
    desktopStopped: noEngine(
        "failed to connect to the docker API at unix:///Users/me/.docker/run/docker.sock; check if the path is correct and if the daemon is running: dial unix /Users/me/.docker/run/docker.sock: connect: no such file or directory",
    ),
    forbidden: noEngine(
        "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock",
    ),
    // Docker Desktop's script on the PATH of a distribution that is not integrated
    wslOff: says(
        "\nThe command 'docker' could not be found in this WSL 2 distro.\nWe recommend to activate the WSL integration in Docker Desktop settings.\n\nFor details about using Docker Desktop with WSL 2, visit:\n\nhttps://docs.docker.com/go/wsl2/\n",
        1,
        1,
    ),
    podman: `echo 'Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.' >&2\n${docker(
        says(
            "host:\n  arch: amd64\n  buildahVersion: 1.41.5\n  cgroupManager: systemd\n  cgroupVersion: v2\nstore:\n  containerStore:\n    number: 0\nversion:\n  APIVersion: 5.6.2\n  Os: linux\n  OsArch: linux/amd64\n  Version: 5.6.2",
            1,
            0,
        ),
    )}`,
} satisfies Programs;

/** Minikube, whose profile is kept in the file `profile`: `Running Running`, or `Stopped Stopped`, or not there. */
export const minikube = ({ start = "", version = "v1.38.1", volumes = "" } = {}) =>
    cases({
        "'version --short'": `echo ${version}`,
        "'status '*": `if [ ! -f "$FAKES/profile" ]; then
cat <<'END'
* Profile "minikube" not found. Run "minikube profile list" to view all profiles.
  To start a cluster, run: "minikube start"
END
exit 85; fi
read state < "$FAKES/profile"; printf %s "$state"; [ "$state" = "Running Running" ] || exit 7`,
        "'start '*": `${start}
cat <<'END'
* minikube v1.38.1
* Using the docker driver based on user configuration
* Starting "minikube" primary control-plane node in "minikube" cluster
* Done! kubectl is now configured to use "minikube" cluster and "default" namespace by default
END
echo Running Running > "$FAKES/profile"`,
        "*' kubectl '*": `if ! read state < "$FAKES/profile" || [ "$state" != "Running Running" ]; then
echo 'Unable to connect to the server: dial tcp 192.168.49.2:8443: connect: no route to host' >&2; exit 1; fi
${cases({
    "*'rollout status'*": "echo 'deployment successfully rolled out'",
    "*' get pvc '*": `echo '${volumes}'`,
    "*' get events '*": "echo '{\"items\":[]}'",
    "*' get pods '*": "echo '{\"items\":[]}'",
})}`,
    });

/** What Pulumi does for each command that is not the usual. */
export interface Pulumi {
    select?: string;
    up?: string;
    destroy?: string;
    export?: string;
    cancel?: string;
    import?: string;
    refresh?: string;
}

/** A stack's state: where it lives, and what was not done when it was cut off. */
export const state = (pending_operations: object[] = [], volumes: string[] = []) => {
    const of = (type: string, name: string, rest: object) => ({
        urn: `urn:pulumi:local::habit-tracker::${type}::${name}`,
        type,
        ...rest,
    });
    const keepers = { profile: "minikube", authority: "AA:BB" };
    const resources = [
        of("random:index/randomUuid:RandomUuid", "identity", { id: "1", outputs: { keepers } }),
        of("pulumi-nodejs:dynamic:teardown:removeData", "teardown", {}),
        ...volumes.map((id) => of("kubernetes:core/v1:PersistentVolumeClaim", id, { id })),
    ];
    return `echo '${JSON.stringify({ version: 3, deployment: { resources, pending_operations } })}'`;
};
/** The creation of a Secret, cut off. */
export const PENDING = {
    type: "creating",
    resource: {
        urn: "urn:pulumi:local::habit-tracker::kubernetes:core/v1:Secret::configuration",
        type: "kubernetes:core/v1:Secret",
        inputs: { metadata: { name: "habit-tracker-secrets", namespace: "default" } },
    },
};

const EMPTY = '{"version":3,"deployment":{}}';

/** Pulumi, with a stack that it brings up at once. */
export const pulumi = (told: Pulumi = {}) =>
    cases({
        "'stack select '*":
            told.select ??
            'echo "   in $PULUMI_BACKEND_URL, passphrase ${PULUMI_CONFIG_PASSPHRASE_FILE:-not in a file}" >> started; echo "Created stack \'local\'"',
        "'stack export '*": told.export ?? `echo '${EMPTY}'`,
        "'stack import '*": told.import ?? "cat > imported; echo 'Import complete.'",
        "'stack output '*": `echo "{\\"url\\":\\"$PAGE\\",\\"urlNeedsAccessCommand\\":\\"false\\"}"`,
        "'up '*": told.up ?? "echo 'Resources:'; echo '    + 30 created'",
        "'destroy '*": told.destroy ?? "echo 'Resources:'; echo '    - 30 deleted'",
        "'refresh '*": told.refresh ?? "echo 'Resources:'; echo '    1 unchanged'",
        "'cancel '*":
            told.cancel ?? "echo \"The currently running update for 'local' has been canceled!\"",
    });

/** Fails as Pulumi does. */
export const fails = (text: string, code = 255) => says(text, 2, code);

/** Does one thing the first time, another after that. */
export const first = (one: string, other: string) =>
    `if [ ! -f first ]; then : > first\n${one}\nelse\n${other}\nfi`;

/** Pulumi's message about a stack that a process locked. */
export const locked = (host: string, pid: number) =>
    fails(
        `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  file:///home/me/state/.pulumi/locks/organization/habit-tracker/local/a.json: created by me@${host} (pid ${pid}) at 2026-01-31T12:00:00Z`,
    );

/** A program that is interrupted while it runs, and ends as the real ones do. */
export const interrupted = (signals: string) =>
    `trap 'kill $!; exit 130' INT
sleep 5 >/dev/null 2>&1 &
${signals}
wait $!`;
/** A program that does not heed two interrupts. */
export const stubborn = `trap '' INT
kill -INT 0; sleep 0.3; kill -INT 0; sleep 0.3`;
/** Ctrl-C at the terminal, which reaches all programs in front. */
export const CTRL_C = "kill -INT 0";
/** A SIGTERM, which reaches the command alone. */
export const TERM = "kill -TERM $PPID";

const KERNEL = "Linux version 6.12.57 (builder@host) (gcc) #1 SMP";
const linux = (id: string, uid: number, kernel = KERNEL): Machine => ({
    platform: "linux",
    arch: "x64",
    uid,
    files: { "/proc/version": kernel, "/etc/os-release": `ID=${id}\n` },
});

export const MACHINES = {
    macOS: { platform: "darwin", arch: "arm64", uid: 501, files: {} },
    wsl: linux("ubuntu", 1000, "Linux version 6.6.87.2-microsoft-standard-WSL2 (root@host) (gcc)"),
    fedora: linux("fedora", 1000),
    ubuntu: linux("ubuntu", 1000),
    debianRoot: linux("debian", 0),
} satisfies Record<string, Machine>;
