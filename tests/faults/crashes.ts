import { expect } from "chai";
import type { Installation } from "../e2e/installation.ts";
import { BACKEND, DATABASE, FRONTEND, type Bar, type Fault, type Trial } from "./trial.ts";

/** Something happens to a tier's pod, which comes back by itself. */
function crash(
    app: string,
    how: string,
    bar: Bar,
    happens: (trial: Trial) => Promise<unknown>,
    check: (trial: Trial) => Promise<void> = async () => undefined,
): Fault {
    return {
        title: `${app}: ${how}`,
        bar: { ...bar, commands: 0 },
        inject: async (trial) => {
            const start = Date.now();
            trial.over(start);
            await happens(trial);
            const ready = await trial.ready(app, start);
            trial.note(`ready ${Math.round((ready - start) / 1000)} s after`);
            // the database is ready only after its own recovery: what counts is what the backend makes of it
            trial.over(app === DATABASE ? ready : start);
            await check(trial);
        },
    };
}

/** The container's first process, the server, which no signal from inside the container could kill. */
async function killContainer(trial: Trial, app: string): Promise<void> {
    await trial.installation.node(`docker kill ${await trial.container(app)}`);
}

/**
 * Takes memory beside the server until the kernel ends the biggest and most dispensable process of the container. Each of
 * these holds 16 MiB, far less than the server.
 */
const TAKE_MEMORY =
    "echo 1000 > /proc/1/oom_score_adj; for n in $(seq 60); do dd if=/dev/zero bs=16M | sleep 60 & done; wait";

async function exhaustMemory(trial: Trial, app: string): Promise<void> {
    const { installation } = trial;
    await installation.kubectl(
        `exec -n ${installation.namespace} deployment/${app} -- sh -c '${TAKE_MEMORY}'`,
        // it goes down with the container
        { reject: false },
    );
}

/** The kernel ended it, and nothing else did; until then, it was only slow. */
async function expectOutOfMemory(trial: Trial, app: string): Promise<void> {
    const [pod] = await trial.pods(app);
    const [container] = pod?.status.containerStatuses ?? [];
    const { reason, containerID = "" } = container?.lastState?.terminated ?? {};
    expect(reason).to.equal("OOMKilled");
    // Kubernetes tells whole seconds
    const id = containerID.replace(/^.*:\/\//, "");
    const end = await trial.installation.node(`docker inspect -f '{{.State.FinishedAt}}' ${id}`);
    trial.over(Date.parse(end.trim()));
}

/** Asks Kubernetes to do something in the stack's namespace, and does not wait for it. */
const kubectl = (command: string) => (trial: Trial) =>
    trial.installation.kubectl(`${command} -n ${trial.installation.namespace}`);

const TIER_BAR = { recovery: 15 };
const DATABASE_BAR = { recovery: 10, backendRestarts: 0 };

/** PostgreSQL's processes all end at once, in the middle of writes. */
export const databaseKilled = crash(DATABASE, "SIGKILL under write load", DATABASE_BAR, (trial) =>
    killContainer(trial, DATABASE),
);

/** A stateless tier's only pod is deleted: another one takes its place. */
const podDeleted = (app: string) =>
    crash(app, "pod deleted", TIER_BAR, kubectl(`delete pod -l app=${app} --wait=false`));

const backendDeleted = podDeleted(BACKEND);
const frontendDeleted = podDeleted(FRONTEND);

async function scale(installation: Installation, replicas: number): Promise<void> {
    for (const tier of ["backend", "frontend"]) {
        await installation.shell(`pulumi config set ${tier}Replicas ${replicas}`);
    }
    await installation.shell("pulumi up --yes --skip-preview");
}

/** With two pods of each tier, one of each goes in good order. */
const oneOfTwoDeleted: Fault = {
    title: "two replicas: one pod of each tier deleted",
    bar: { failed: 0, commands: 0 },
    prepare: (installation) => scale(installation, 2),
    restore: (installation) => scale(installation, 1),
    inject: async (trial) => {
        for (const app of [BACKEND, FRONTEND]) {
            const [pod] = await trial.pods(app);
            await kubectl(`delete pod ${pod?.metadata.name}`)(trial);
            await kubectl(`rollout status deployment/${app}`)(trial);
        }
        trial.over();
    },
};

/** A pod whose container never crashed: the kubelet starts one again at once only the first time, then after 10 s, 20 s. */
const withNewPod = (app: string, fault: Fault): Fault => ({
    ...fault,
    prepare: async (installation) => {
        const { namespace } = installation;
        await installation.kubectl(`delete pod -l app=${app} -n ${namespace}`);
        await installation.kubectl(`rollout status deployment/${app} -n ${namespace}`);
    },
});

export const CRASHES: readonly Fault[] = [
    ...[BACKEND, FRONTEND].flatMap((app) =>
        [
            crash(app, "SIGKILL in the container", TIER_BAR, (trial) => killContainer(trial, app)),
            crash(
                app,
                "out of memory",
                TIER_BAR,
                (trial) => exhaustMemory(trial, app),
                (trial) => expectOutOfMemory(trial, app),
            ),
        ].map((fault) => withNewPod(app, fault)),
    ),
    backendDeleted,
    frontendDeleted,
    oneOfTwoDeleted,
    crash(DATABASE, "restarted", DATABASE_BAR, kubectl(`rollout restart statefulset/${DATABASE}`)),
    databaseKilled,
    crash(DATABASE, "rescheduled", DATABASE_BAR, kubectl(`delete pod ${DATABASE}-0 --wait=false`)),
];
