/*
 * The commands on hosts of every kind, as their users start them. What each prints is in texts/, a file a host; where it is to
 * change, write it anew and read it as somebody who meets it for the first time:
 *
 *     UPDATE=1 npx mocha 'tests/hosts/*.test.ts' && git diff tests/hosts/texts
 */
import {
    CTRL_C,
    DOCKER,
    MACHINES,
    PENDING,
    type Pulumi,
    TERM,
    fails,
    first,
    interrupted,
    locked,
    minikube,
    pulumi,
    state,
    stubborn,
} from "./fakes.ts";
import { PLUGINS, type Run, host } from "./harness.ts";

const { macOS, wsl, fedora, ubuntu, debianRoot } = MACHINES;
const TOOLS = { minikube: minikube(), pulumi: pulumi() };
const YES = { options: ["--yes"] };
const FAILED = { ends: "failed" } as const;
const REFUSED = { ...YES, ...FAILED };

host("macOS with Docker Desktop", {
    "it is up": { machine: macOS, programs: { ...TOOLS, docker: DOCKER.desktop }, ...YES },
    "it is stopped": {
        machine: macOS,
        programs: { ...TOOLS, docker: DOCKER.desktopStopped },
        ...REFUSED,
    },
    "it is not there": { machine: macOS, programs: TOOLS, ...REFUSED },
    "no tools, and nobody to ask": {
        machine: macOS,
        programs: { docker: DOCKER.desktop },
        ...FAILED,
    },
    "no tools, and a proxy that refuses": {
        machine: macOS,
        programs: { docker: DOCKER.desktop },
        network: "refuses",
        ...REFUSED,
    },
    "no tools, and a closed network": {
        machine: macOS,
        programs: { docker: DOCKER.desktop },
        network: "closed",
        ...REFUSED,
    },
});

host("WSL", {
    "Docker Desktop's integration is off": {
        machine: wsl,
        programs: { ...TOOLS, docker: DOCKER.wslOff },
        ...REFUSED,
    },
    "Docker Desktop is stopped": {
        machine: wsl,
        programs: { ...TOOLS, docker: DOCKER.stopped },
        ...REFUSED,
    },
    "Docker Desktop is up": {
        machine: wsl,
        programs: { ...TOOLS, docker: DOCKER.desktop },
        ...YES,
    },
});

host("Linux without root", {
    "Fedora, where docker is podman": {
        machine: fedora,
        programs: { ...TOOLS, docker: DOCKER.podman },
        ...REFUSED,
    },
    "Ubuntu, outside of the docker group": {
        machine: ubuntu,
        programs: { ...TOOLS, docker: DOCKER.forbidden },
        ...REFUSED,
    },
    "Ubuntu, Docker is stopped": {
        machine: ubuntu,
        programs: { ...TOOLS, docker: DOCKER.stopped },
        ...REFUSED,
    },
    "Ubuntu, nothing is installed": { machine: ubuntu, programs: {}, ...REFUSED },
    "Ubuntu, Docker alone, a network without a way out": {
        machine: ubuntu,
        programs: { docker: DOCKER.up },
        ...REFUSED,
    },
    "Ubuntu, Docker alone, a closed network": {
        machine: ubuntu,
        programs: { docker: DOCKER.up },
        network: "closed",
        ...REFUSED,
    },
    "Ubuntu, Docker alone, told that the network is closed": {
        machine: ubuntu,
        programs: { docker: DOCKER.up },
        options: ["--yes", "--closed-network"],
        ...FAILED,
    },
    "open and closed at once": {
        machine: ubuntu,
        programs: {},
        options: ["--open-network", "--closed-network"],
        ends: "wrong usage",
    },
});

host("Debian as root", {
    "nothing is installed, and nobody to ask": { machine: debianRoot, programs: {}, ...FAILED },
    "the engine is stopped, and started": {
        machine: debianRoot,
        programs: { ...TOOLS, docker: DOCKER.stopped, bash: "echo '==> Docker engine started'" },
        ...YES,
    },
    "the engine does not start": {
        machine: debianRoot,
        programs: {
            ...TOOLS,
            docker: DOCKER.stopped,
            bash: fails("E: Unable to locate package docker.io", 100),
        },
        ...REFUSED,
    },
});

const linux = (programs: Run["programs"] = {}, rest: Partial<Run> = {}): Run => ({
    machine: ubuntu,
    programs: { ...TOOLS, docker: DOCKER.up, ...programs },
    ...YES,
    ...rest,
});
const MADE = { "habit-tracker/.local/profiles": "minikube\n" };

host("A Minikube that is there", {
    "it runs": linux({}, { profile: "Running Running" }),
    "it is stopped, and somebody else's": linux({}, { profile: "Stopped Stopped", ...FAILED }),
    "it is stopped, and made by npm run up": linux({}, { profile: "Stopped Stopped", files: MADE }),
    "it does not start": linux(
        {
            minikube: minikube({
                start: fails(
                    `* minikube v1.38.1 on Ubuntu 24.04
* Using the docker driver based on user configuration

X Exiting due to RSRC_INSUFFICIENT_CORES: Docker has less than 2 CPUs available, but Kubernetes requires at least 2 to be available`,
                    29,
                ),
            }),
        },
        FAILED,
    ),
    "it is too old to make one": linux({ minikube: minikube({ version: "v1.22.0" }) }, FAILED),
    "it was deleted by half": linux(
        { docker: DOCKER.up.replace("'volume ls'*) exit 0", "'volume ls'*) echo minikube") },
        FAILED,
    ),
});

const login = (current: string) => ({ ".pulumi/credentials.json": JSON.stringify({ current }) });
const RUNS = { profile: "Running Running" } as const;

host("Pulumi's logins", {
    none: linux({}, RUNS),
    "Pulumi Cloud": linux({}, { ...RUNS, files: login("https://api.pulumi.com") }),
    "self-hosted": linux({}, { ...RUNS, files: login("https://pulumi.example") }),
    "self-hosted, and its token is no longer valid": linux(
        {
            pulumi: pulumi({
                select: fails(
                    "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
                ),
            }),
        },
        { ...RUNS, ...FAILED, files: login("https://pulumi.example") },
    ),
    "a file": linux({}, { ...RUNS, files: login("file:///srv/state") }),
    "a token alone": linux({}, { ...RUNS, env: { PULUMI_ACCESS_TOKEN: "pul-0" } }),
    "none, and a passphrase of one's own": linux(
        {},
        { ...RUNS, env: { PULUMI_CONFIG_PASSPHRASE: "" } },
    ),
    "a file, and another passphrase than before": linux(
        {
            pulumi: pulumi({
                up: fails(
                    "error: getting stack configuration: get stack secrets manager: incorrect passphrase",
                ),
            }),
        },
        { ...RUNS, ...FAILED, files: login("file:///srv/state") },
    ),
});

const stack = (told: Pulumi, rest: Partial<Run> = {}) =>
    linux({ pulumi: pulumi(told) }, { ...RUNS, ...rest });
/** No process has this ID: it is beyond what Linux and macOS give. */
const NOBODY = 2 ** 30;
const AGAIN = "echo 'Resources:'; echo '    1 created'";
const BROKEN = fails(
    "error: update failed\n  kubernetes:core/v1:Secret (configuration):\n    error: resource default/habit-tracker-secrets was not successfully created",
);

host("A stack whose last operation was cut off", {
    "a process here still has it": stack({ up: locked("laptop", process.pid) }, FAILED),
    "a process elsewhere has it": stack({ up: locked("desktop", NOBODY) }, FAILED),
    "nobody has it any more": stack({ up: first(locked("laptop", NOBODY), AGAIN) }),
    "nobody has it any more, and the lock stays": stack(
        {
            up: locked("laptop", NOBODY),
            cancel: fails("error: open lock: permission denied"),
        },
        FAILED,
    ),
    "a creation was cut off": stack({ up: first(BROKEN, AGAIN), export: state([PENDING]) }),
    both: stack({
        up: first(locked("laptop", NOBODY), AGAIN),
        export: state([PENDING]),
    }),
    "the second try fails": stack(
        { up: first(locked("laptop", NOBODY), BROKEN), export: state([PENDING]) },
        FAILED,
    ),
    "its state cannot be read": stack(
        { up: BROKEN, export: fails("error: read state: permission denied") },
        FAILED,
    ),
    "its state cannot be written": stack(
        {
            up: BROKEN,
            export: state([PENDING]),
            import: fails("error: could not import deployment: permission denied"),
        },
        FAILED,
    ),
    "down, and nobody has it any more": stack(
        { destroy: first(locked("laptop", NOBODY), AGAIN), export: state() },
        { command: "down" },
    ),
});

const VOLUME = "default/habit-tracker-database";

host("Taking it away and saving it", {
    "down, with a volume and nobody to ask": stack(
        { export: state([], [VOLUME]) },
        { command: "down", options: [], ...FAILED },
    ),
    "down, with a volume and a yes": stack({ export: state([], [VOLUME]) }, { command: "down" }),
    "down, and no tools": linux({}, { command: "down", machine: ubuntu, programs: {}, ...FAILED }),
    "down, and the Minikube is stopped": stack(
        { export: state() },
        { command: "down", profile: "Stopped Stopped", ...FAILED },
    ),
    "down, and the Minikube is gone": linux(
        { pulumi: pulumi({ export: state() }) },
        { command: "down", ...FAILED },
    ),
    "backup, and no tools": { machine: ubuntu, programs: {}, command: "backup", ...FAILED },
    "backup, and the Minikube is stopped": stack(
        { export: state() },
        { command: "backup", options: [], profile: "Stopped Stopped", ...FAILED },
    ),
});

const INTERRUPTED = { ends: "interrupted" } as const;
const asked: Run = { ...linux(), machine: { ...ubuntu, terminal: true }, options: [] };
const downloads: Run = {
    machine: ubuntu,
    programs: { docker: DOCKER.up },
    options: ["--yes", "--open-network"],
    network: "hangs",
};
const engine = (script: string, rest: Partial<Run>): Run => ({
    machine: debianRoot,
    programs: { ...TOOLS, docker: DOCKER.stopped, bash: script },
    ...YES,
    ...rest,
});
const runs: Record<string, Run> = {};
for (const [by, script] of [
    ["Ctrl-C", interrupted(CTRL_C)],
    ["SIGTERM", interrupted(TERM)],
] as const) {
    Object.assign(runs, {
        [`looking at the engine, ${by}`]: linux(
            { docker: script },
            { profile: "Stopped Stopped", files: { ...MADE, ...PLUGINS }, ...INTERRUPTED },
        ),
        [`the question, ${by}`]: { ...asked, interrupt: { at: "question", by }, ...INTERRUPTED },
        [`a download, ${by}`]: { ...downloads, interrupt: { at: "download", by }, ...INTERRUPTED },
        [`starting the engine, ${by}`]: engine(script, INTERRUPTED),
        [`starting Minikube, ${by}`]: linux({ minikube: minikube({ start: script }) }, INTERRUPTED),
        [`selecting the stack, ${by}`]: stack({ select: script }, INTERRUPTED),
        [`pulumi up, ${by}`]: stack({ up: script }, INTERRUPTED),
        [`waiting for the page, ${by}`]: linux(
            {},
            { ...RUNS, interrupt: { at: "page", by }, ...INTERRUPTED },
        ),
        [`pulumi destroy, ${by}`]: stack(
            { destroy: script, export: state() },
            { command: "down", ...INTERRUPTED },
        ),
    } satisfies Record<string, Run>);
}

host("Interrupted", {
    ...runs,
    "pulumi up, Ctrl-C twice": stack({ up: stubborn }, { ends: "at once" }),
});
