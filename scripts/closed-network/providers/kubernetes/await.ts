/** Waiting for objects to become ready, or to go. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Call } from "../plugin.ts";
import { arrayAt, type Properties, propertiesAt, stringAt } from "../values.ts";
import { type Client, isNotFound, placeOf } from "./client.ts";
import type { Kind } from "./objects.ts";
import * as judge from "./readiness.ts";

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
    call: Pick<Call, "signal" | "status" | "timeoutSeconds">;
    /** The object as the API server answered when it was created or updated. */
    object: Properties;
}

/** Seconds that an object may take. */
const TIMEOUT = 600;
const TIMEOUTS: { [kind: string]: number } = { PersistentVolumeClaim: 300, ResourceQuota: 60 };
/** How often the API server is asked, in milliseconds: soon at first, since most things are quick. */
const [FIRST_INTERVAL, LAST_INTERVAL] = [250, 1_000];
/** Pods that have just started may take a moment to fail, so their problems are reported from here on, in milliseconds. */
const PATIENCE = 10_000;
/** How long endpoints have to stay as they are, in milliseconds. */
const SETTLING = 10_000;

/** Looks at an object, and at what belongs to it, and judges. */
type Look = (object: Properties) => Promise<judge.Readiness>;

/** Whether somebody waits for an object, as its annotation says. */
const isAwaited = (object: Properties): boolean =>
    stringAt(object, "metadata", "annotations", "pulumi.com/skipAwait") !== "true";

/** Waits until an object is ready, and answers with it as it is then. Kinds that are ready as soon as they exist are not waited for. */
export async function awaitReady(wait: Wait, isNew: boolean): Promise<Properties> {
    const look = lookFor(wait, isNew, SETTLING);
    if (!look || !isAwaited(wait.object)) {
        return wait.object;
    }
    const place = placeOf(wait.kind, wait.object);
    const seconds = TIMEOUTS[wait.kind.kind] ?? TIMEOUT;
    let { object } = wait;
    await poll(wait, seconds, PATIENCE, "to be Ready", async () => {
        object = (await wait.client.find(place, wait.call.signal)) ?? object;
        return { object, ...(await look(object)) };
    });
    return object;
}

/** Judges once, for a refresh; undefined for kinds that are always ready. */
export async function judgeNow(wait: Wait): Promise<judge.Readiness | undefined> {
    const isJudged = ["Deployment", "StatefulSet", "Service"].includes(wait.kind.kind);
    return isJudged && isAwaited(wait.object) ? lookFor(wait, false, 0)?.(wait.object) : undefined;
}

/** Deletes an object and waits until it is gone, with all that it owns. One that was not there is gone. */
export async function deleteAndWait(wait: Wait): Promise<void> {
    const { client, call } = wait;
    const place = placeOf(wait.kind, wait.object);
    const before = await client.find(place, call.signal);
    if (!before) {
        return;
    }
    try {
        await client.send("DELETE", place, { query: { propagationPolicy: "Foreground" } });
    } catch (error) {
        if (!isNotFound(error)) {
            throw error;
        }
    }
    const uidOf = (object: Properties) => stringAt(object, "metadata", "uid");
    await poll(wait, TIMEOUT, Infinity, "to be deleted", async () => {
        const object = await client.find(place, call.signal);
        const finalizers = (arrayAt(object, "metadata", "finalizers") as string[]).join(", ");
        return {
            object: object ?? before,
            ready: object === undefined || uidOf(object) !== uidOf(before),
            progress: "Waiting for the deletion to finish",
            problems: finalizers ? [`it waits for its finalizers: ${finalizers}`] : [],
        };
    });
}

/** Looks until what is looked at is ready, and says what is still waited for, each thing once. */
async function poll(
    { object: first, call: { signal, status, timeoutSeconds } }: Wait,
    seconds: number,
    patience: number,
    what: string,
    look: () => Promise<judge.Readiness & { object: Properties }>,
): Promise<void> {
    const start = Date.now();
    const name = stringAt(first, "metadata", "name");
    const said = new Set<string>();
    const warn = (message: string): void => {
        if (!said.has(message)) {
            said.add(message);
            status(message, "WARNING");
        }
    };
    let last = "";
    let seen = { object: first, ready: false, progress: "", problems: [] as string[] };
    for (let interval = FIRST_INTERVAL; ; interval = Math.min(interval * 1.5, LAST_INTERVAL)) {
        try {
            seen = await look();
        } catch (error) {
            // the object exists whatever happens to one request, so that the next one may well succeed
            if (!signal.aborted) {
                warn((error as Error).message);
            }
        }
        if (seen.ready) {
            // nothing else clears what was said
            status("");
            return;
        }
        if (seen.progress !== last) {
            last = seen.progress;
            status(last);
        }
        const elapsed = Date.now() - start;
        if (elapsed > patience) {
            seen.problems.forEach(warn);
        }
        const left = (timeoutSeconds || seconds) * 1000 - elapsed;
        if (left <= 0) {
            throw new AwaitError(`'${name}' timed out waiting ${what}`, seen.object, seen.problems);
        }
        await sleep(Math.min(interval, left), undefined, { signal }).catch(() => undefined);
        if (signal.aborted) {
            const message = `waiting for '${name}' ${what} was cancelled`;
            throw new AwaitError(message, seen.object, seen.problems);
        }
    }
}

function lookFor(wait: Wait, isNew: boolean, settling: number): Look | undefined {
    const { client, kind, object } = wait;
    const { signal } = wait.call;
    const metadata = { namespace: stringAt(object, "metadata", "namespace") ?? "" };
    const selected = async <Item>(plural: string, apiVersion = "v1"): Promise<Item[]> => {
        const labels = Object.entries(propertiesAt(object, "spec", "selector", "matchLabels"));
        const labelSelector = labels.map(([name, value]) => `${name}=${value as string}`).join(",");
        const place = placeOf({ apiVersion, plural }, { metadata });
        const list = await client.send("GET", place, { query: { labelSelector }, signal });
        return arrayAt(list, "items") as Item[];
    };
    switch (kind.kind) {
        case "Deployment":
            return async (deployment) =>
                judge.judgeDeployment(
                    deployment,
                    await selected("replicasets", "apps/v1"),
                    await selected("pods"),
                );
        case "StatefulSet":
            return async (set) => judge.judgeStatefulSet(set, await selected("pods"));
        case "Service": {
            const endpointsKind = { apiVersion: "v1", plural: "endpoints" };
            let [last, since]: [string | undefined, number] = [undefined, Date.now()];
            return async (service) => {
                const endpoints = await client.find(placeOf(endpointsKind, service), signal);
                const version = stringAt(endpoints, "metadata", "resourceVersion");
                if (version !== last) {
                    [last, since] = [version, Date.now()];
                }
                return judge.judgeService(service, endpoints, Date.now() - since >= settling);
            };
        }
        case "PersistentVolumeClaim":
            return async (claim) => {
                const name = stringAt(claim, "spec", "storageClassName");
                const classes = { apiVersion: "storage.k8s.io/v1", plural: "storageclasses" };
                const storageClass = name
                    ? await client.find(placeOf(classes, { metadata: { name } }), signal)
                    : undefined;
                return judge.judgeClaim(claim, stringAt(storageClass, "volumeBindingMode"), isNew);
            };
        case "ResourceQuota":
            return async (quota) => judge.judgeResourceQuota(quota);
        default:
            return undefined;
    }
}
