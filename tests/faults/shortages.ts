import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { Installation } from "../e2e/installation.ts";
import { BACKEND, DATABASE, type Fault, type Trial, countReasons } from "./trial.ts";

/** How long a shortage lasts, in milliseconds, from the first request that fails for it. */
const LASTS = 10_000;

/** Every request that failed was answered, and the answer says in words what is the matter. */
function expectClearAnswers(trial: Trial): void {
    const reasons = countReasons(trial.load.traffic.failures);
    for (const [reason, count] of Object.entries(reasons)) {
        trial.note(`${count} × ${reason}`);
        expect(reason).to.match(/^50[234] \w+.*\./);
    }
}

/** Waits until requests fail, at most two minutes. */
async function firstFailure(trial: Trial): Promise<void> {
    const end = Date.now() + 120_000;
    while (trial.load.traffic.failures.length === 0) {
        if (Date.now() > end) {
            throw new Error("no request failed within 120 s: the shortage was none");
        }
        await sleep(250);
    }
}

/** The folder on the node that the database's volume is. */
async function volumeFolder(installation: Installation): Promise<string> {
    const volume = await installation.kubectl(
        `get pvc ${DATABASE} -n ${installation.namespace} -o 'jsonpath={.spec.volumeName}'`,
    );
    return installation.kubectl(`get pv ${volume} -o 'jsonpath={.spec.hostPath.path}'`);
}

/** Stops the database, does something to its volume on the node, and starts it again. */
async function withDatabaseStopped(
    installation: Installation,
    commands: (folder: string) => readonly string[],
): Promise<void> {
    const scale = (replicas: number) =>
        installation.kubectl(
            `scale statefulset/${DATABASE} --replicas=${replicas} -n ${installation.namespace}`,
        );
    const folder = await volumeFolder(installation);
    await scale(0);
    await installation.kubectl(
        `wait pod/${DATABASE}-0 --for=delete --timeout=120s -n ${installation.namespace}`,
    );
    await installation.node(commands(folder).join(" && "));
    await scale(1);
    await installation.kubectl(
        `rollout status statefulset/${DATABASE} --timeout=180s -n ${installation.namespace}`,
    );
}

const ASIDE = "/var/tmp/habit-tracker-faults";

/**
 * The database's disk is full. Minikube's volumes are folders without a limit of their own, so for this case the data
 * moves onto a small file system that is mounted in the folder's place, and back.
 */
const diskFull: Fault = {
    title: "database's disk full",
    bar: { commands: 0 },
    prepare: (installation) =>
        withDatabaseStopped(installation, (folder) => [
            `sudo cp -a ${folder} ${ASIDE}`,
            `sudo mount -t tmpfs -o size=192m,mode=0777 tmpfs ${folder}`,
            `sudo cp -a ${ASIDE}/. ${folder}`,
            `sudo rm -r ${ASIDE}`,
        ]),
    restore: (installation) =>
        withDatabaseStopped(installation, (folder) => [
            `sudo rm -f ${folder}/filler`,
            `sudo cp -a ${folder} ${ASIDE}`,
            `sudo umount ${folder}`,
            `sudo find ${folder} -mindepth 1 -delete`,
            `sudo cp -a ${ASIDE}/. ${folder}`,
            `sudo rm -r ${ASIDE}`,
        ]),
    inject: async (trial) => {
        const { installation } = trial;
        const folder = await volumeFolder(installation);
        // it fails when there is no more room, as it is meant to
        await installation.node(`sudo dd if=/dev/zero of=${folder}/filler bs=64k || true`);
        await firstFailure(trial);
        await sleep(LASTS);
        await installation.node(`sudo rm ${folder}/filler`);
        trial.over();
        await trial.load.recovers();
        expectClearAnswers(trial);
    },
};

/** Somebody lowers the namespace's quota, and then there is an update: it says why it cannot go on. */
const quotaReached: Fault = {
    title: "quota reached",
    bar: { failed: 0, commands: 0 },
    restore: (installation) =>
        installation.shell(
            "pulumi config rm geminiModel && pulumi config rm rolloutTimeoutSeconds && PULUMI_K8S_ENABLE_PATCH_FORCE=true pulumi up --refresh --yes --skip-preview",
        ),
    inject: async (trial) => {
        const { installation } = trial;
        const setQuota = (pods: string) =>
            installation.kubectl(
                `patch resourcequota habit-tracker -n ${installation.namespace} --type merge -p '{"spec":{"hard":{"pods":"${pods}"}}}'`,
            );
        const pods = await installation.kubectl(
            `get resourcequota habit-tracker -n ${installation.namespace} -o 'jsonpath={.spec.hard.pods}'`,
        );
        await setQuota("3");
        await installation.shell("pulumi config set geminiModel another-model");
        await installation.shell("pulumi config set rolloutTimeoutSeconds 60");
        const output = await installation.failing("npm run up -- --yes");
        const state = await installation.kubectl(
            `get deployment ${BACKEND} -n ${installation.namespace} -o 'jsonpath={.status.conditions[*].message}'`,
        );
        const start = Date.now();
        await setQuota(pods);
        trial.over();
        await trial.ready(BACKEND, start);
        trial.note(
            `the rollout went on by itself ${Math.round((Date.now() - start) / 1000)} s later`,
        );
        expect(state).to.contain("exceeded quota");
        expect(output).to.contain("exceeded quota");
    },
};

async function scaleDns(installation: Installation, replicas: number): Promise<void> {
    await installation.kubectl(`scale deployment/coredns -n kube-system --replicas=${replicas}`);
    await installation.kubectl("rollout status deployment/coredns -n kube-system");
}

/** The cluster's DNS is away for a while. */
const dnsDown: Fault = {
    title: "cluster's DNS down",
    bar: { commands: 0 },
    restore: (installation) => scaleDns(installation, 1),
    inject: async (trial) => {
        await scaleDns(trial.installation, 0);
        await firstFailure(trial);
        await sleep(LASTS);
        await scaleDns(trial.installation, 1);
        trial.over();
        await trial.load.recovers();
        expectClearAnswers(trial);
    },
};

export const SHORTAGES: readonly Fault[] = [diskFull, quotaReached, dnsDown];
