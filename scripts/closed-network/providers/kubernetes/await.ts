/** Waiting for objects to become ready, or to go. */
import { setTimeout as sleep } from "node:timers/promises";
import { arrayAt, type Properties, propertiesAt, stringAt, stringsAt } from "../values.ts";
import { type Client, type Place, placeOf } from "./client.ts";
import type { Kind } from "./kinds.ts";
import {
    judgeClaim,
    judgeDeployment,
    judgeResourceQuota,
    judgeService,
    judgeServiceAccount,
    judgeStatefulSet,
    type Readiness,
} from "./readiness.ts";

/** Why waiting ended without the object being ready. */
export class AwaitError extends Error {
    /** The object as it was last seen. */
    readonly object: Properties;
    readonly reasons: string[];

    constructor(message: string, object: Properties, reasons: string[]) {
        super(message);
        this.object = object;
        this.reasons = reasons;
    }
}

/** One wait. */
export interface Wait {
    client: Client;
    kind: Kind;
    /** The object as the API server answered when it was created or updated. */
    object: Properties;
    /** What the program asked for: its annotations steer the wait. */
    inputs: Properties;
    /** Whether the object was created just now. */
    isNew: boolean;
    /** The custom timeout in seconds, 0 for none. */
    timeoutSeconds: number;
    signal: AbortSignal;
    report: (message: string, severity?: "info" | "warning") => void;
}

const SKIP_AWAIT = "pulumi.com/skipAwait";
const TIMEOUT = "pulumi.com/timeoutSeconds";
const PROPAGATION = "pulumi.com/deletionPropagationPolicy";

const MINUTE = 60;
const DEFAULT_TIMEOUT = 10 * MINUTE;
const DEFAULT_TIMEOUTS: { [kind: string]: number } = {
    PersistentVolumeClaim: 5 * MINUTE,
    ServiceAccount: 5 * MINUTE,
    ResourceQuota: 1 * MINUTE,
};
/** How often the API server is asked, in milliseconds: soon at first, since most things are quick. */
const FIRST_INTERVAL = 250;
const LAST_INTERVAL = 1_000;
/** Pods that have just started may take a moment to fail, so their problems are reported from here on, in milliseconds. */
const PATIENCE = 10_000;
/** How long endpoints have to stay as they are, in milliseconds. */
const SETTLING = 10_000;

/** Looks at an object, and at what belongs to it, and judges. Undefined where the object is gone. */
type Look = (object: Properties) => Promise<Readiness>;

/**
 * Waits until an object is ready, and answers with it as it is then. Kinds that are ready as soon as they exist are not waited
 * for.
 */
export async function awaitReady(wait: Wait): Promise<Properties> {
    const look = await lookFor(wait);
    if (!look || annotation(wait.inputs, SKIP_AWAIT) === "true") {
        return wait.object;
    }
    const place = placeOf(wait.kind, wait.object);
    const name = place.name ?? "";
    const start = Date.now();
    const deadline = start + timeoutOf(wait.inputs, wait.timeoutSeconds, wait.kind) * 1000;
    const report = once(wait.report);

    let object = wait.object;
    let judgement: Readiness = { ready: false, progress: "", problems: [] };
    for (let interval = FIRST_INTERVAL; ; interval = Math.min(interval * 1.5, LAST_INTERVAL)) {
        try {
            object = (await wait.client.find(place, wait.signal)) ?? object;
            judgement = await look(object);
        } catch (error) {
            if (!wait.signal.aborted) {
                // The object exists whatever happens to one request, so that the next one may well succeed.
                report((error as Error).message, "warning");
            }
        }
        if (judgement.ready) {
            report("");
            return object;
        }
        if (judgement.progress) {
            report(judgement.progress);
        }
        if (Date.now() - start > PATIENCE) {
            judgement.problems.forEach((problem) => report(problem, "warning"));
        }
        if (Date.now() >= deadline) {
            throw new AwaitError(
                `'${name}' timed out waiting to be Ready`,
                object,
                judgement.problems,
            );
        }
        if (!(await pause(Math.min(interval, deadline - Date.now()), wait.signal))) {
            throw new AwaitError(`waiting for '${name}' was cancelled`, object, judgement.problems);
        }
    }
}

/** Judges once, for a refresh; undefined for kinds that are always ready. */
export async function judgeNow(
    wait: Omit<Wait, "isNew" | "report" | "timeoutSeconds">,
): Promise<Readiness | undefined> {
    if (
        !["Deployment", "StatefulSet", "Service"].includes(wait.kind.kind) ||
        annotation(wait.inputs, SKIP_AWAIT) === "true"
    ) {
        return undefined;
    }
    const look = await lookFor(
        { ...wait, isNew: false, timeoutSeconds: 0, report: () => {} },
        true,
    );
    return look?.(wait.object);
}

/** Deletes an object and waits until it is gone. One that was not there is gone. */
export async function deleteAndWait(wait: Omit<Wait, "isNew">): Promise<void> {
    const { client, kind, inputs, signal } = wait;
    const place = placeOf(kind, wait.object);
    const before = await client.find(place, signal);
    if (!before) {
        return;
    }
    try {
        await client.delete(place, propagationPolicy(inputs));
    } catch (error) {
        if ((error as { code?: unknown }).code === 404) {
            return;
        }
        throw error;
    }

    const uid = stringAt(before, "metadata", "uid");
    const start = Date.now();
    const deadline = start + timeoutOf(inputs, wait.timeoutSeconds, undefined) * 1000;
    const report = once(wait.report);
    let object = before;
    for (let interval = FIRST_INTERVAL; ; interval = Math.min(interval * 1.5, LAST_INTERVAL)) {
        try {
            const found = await client.find(place, signal);
            if (!found || stringAt(found, "metadata", "uid") !== uid) {
                report("");
                return;
            }
            object = found;
        } catch (error) {
            if (!signal.aborted) {
                report((error as Error).message, "warning");
            }
        }
        if (Date.now() - start > LAST_INTERVAL) {
            report("Waiting for the deletion to finish");
        }
        if (Date.now() >= deadline) {
            const finalizers = stringsAt(object, "metadata", "finalizers").join(", ");
            throw new AwaitError(
                `'${place.name}' timed out waiting to be deleted`,
                object,
                finalizers ? [`it waits for its finalizers: ${finalizers}`] : [],
            );
        }
        if (!(await pause(interval, signal))) {
            throw new AwaitError(
                `waiting for '${place.name}' to be deleted was cancelled`,
                object,
                [],
            );
        }
    }
}

/** How long an object may take, in seconds. */
export function timeoutOf(inputs: Properties, custom: number, kind: Kind | undefined): number {
    if (custom > 0) {
        return custom;
    }
    const annotated = Number.parseInt(annotation(inputs, TIMEOUT) ?? "", 10);
    return annotated > 0 ? annotated : (DEFAULT_TIMEOUTS[kind?.kind ?? ""] ?? DEFAULT_TIMEOUT);
}

async function lookFor(wait: Wait, hasSettled = false): Promise<Look | undefined> {
    const { client, kind, signal, isNew } = wait;
    const neighbours = (plural: string, apiVersion = "v1", name?: string): Place => ({
        apiVersion,
        plural,
        namespace: placeOf(kind, wait.object).namespace,
        name,
    });

    switch (kind.kind) {
        case "Deployment":
            return async (deployment) => {
                const labels = selectorOf(deployment);
                const [replicaSets, pods, claims] = await Promise.all([
                    client.list(neighbours("replicasets", "apps/v1"), labels, signal),
                    client.list(neighbours("pods"), labels, signal),
                    Promise.all(
                        claimNames(deployment).map((name) =>
                            client.find(neighbours("persistentvolumeclaims", "v1", name), signal),
                        ),
                    ),
                ]);
                return judgeDeployment({
                    deployment,
                    replicaSets,
                    pods,
                    claims: claims.filter((claim) => claim !== undefined),
                });
            };
        case "StatefulSet":
            return async (statefulSet) =>
                judgeStatefulSet(
                    statefulSet,
                    await client.list(neighbours("pods"), selectorOf(statefulSet), signal),
                );
        case "Service": {
            const settled = hasSettled ? () => true : settling(SETTLING);
            return async (service) => {
                const name = stringAt(service, "metadata", "name");
                const endpoints = await client.find(neighbours("endpoints", "v1", name), signal);
                const version = stringAt(endpoints, "metadata", "resourceVersion");
                return judgeService(service, endpoints, settled(version));
            };
        }
        case "PersistentVolumeClaim": {
            let bindingMode: string | undefined;
            return async (claim) => {
                const name = stringAt(claim, "spec", "storageClassName");
                if (bindingMode === undefined && name) {
                    const place = {
                        apiVersion: "storage.k8s.io/v1",
                        plural: "storageclasses",
                        name,
                    };
                    bindingMode = stringAt(await client.find(place, signal), "volumeBindingMode");
                }
                return judgeClaim(claim, bindingMode, isNew);
            };
        }
        case "ResourceQuota":
            return async (quota) => judgeResourceQuota(quota);
        case "ServiceAccount": {
            const { major, minor } = await client.version();
            // As the provider does: one secret more than the answer had, also after a change, which brings no other one.
            return major === 1 && minor < 24
                ? async (account) => judgeServiceAccount(account, wait.object)
                : undefined;
        }
        default:
            return undefined;
    }
}

/** Tells whether a version has been the same for a while. */
function settling(duration: number): (version: string | undefined) => boolean {
    let last: string | undefined;
    let since = Date.now();
    return (version) => {
        if (version !== last) {
            last = version;
            since = Date.now();
        }
        return version !== undefined && Date.now() - since >= duration;
    };
}

function claimNames(workload: Properties): string[] {
    return arrayAt(workload, "spec", "template", "spec", "volumes").flatMap(
        (volume) => stringAt(volume, "persistentVolumeClaim", "claimName") ?? [],
    );
}

function selectorOf(workload: Properties): string {
    return Object.entries(propertiesAt(workload, "spec", "selector", "matchLabels"))
        .flatMap(([name, value]) => (typeof value === "string" ? [`${name}=${value}`] : []))
        .join(",");
}

function propagationPolicy(inputs: Properties): string {
    switch (annotation(inputs, PROPAGATION)?.toLowerCase()) {
        case "orphan":
            return "Orphan";
        case "background":
            return "Background";
        default:
            return "Foreground";
    }
}

function annotation(object: Properties, name: string): string | undefined {
    return stringAt(object, "metadata", "annotations", name);
}

/** Says each thing only when it was not the last or, for warnings, when it is new. Nothing clears what was said. */
function once(report: Wait["report"]): Wait["report"] {
    const warned = new Set<string>();
    let last = "";
    return (message, severity = "info") => {
        if (severity === "warning" ? warned.has(message) : message === last) {
            return;
        }
        warned.add(message);
        last = message;
        report(message, severity);
    };
}

/** False where the pause was cut short. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    try {
        await sleep(Math.max(milliseconds, 0), undefined, { signal });
        return true;
    } catch {
        return false;
    }
}
