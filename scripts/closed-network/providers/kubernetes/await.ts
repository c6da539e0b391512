/** Waiting for objects to become ready, or to go: the judgements by what the API server says, and the loop that asks it. */
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type * as k8s from "@kubernetes/client-node";
import { type Call, InitializationError } from "../plugin.ts";
import { arrayAt, type Properties, propertiesAt, stringAt } from "../values.ts";
import { type Client, placeOf } from "./client.ts";
import { idOf, type Kind } from "./objects.ts";

/** Objects as they are in JSON: the official client's types are classes. */
type Plain<T> = T extends (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { [Name in keyof T]: Plain<T[Name]> }
      : T;

/** A judgement. */
export interface Readiness {
    ready: boolean;
    /** What is still waited for, in a line. */
    progress: string;
    /** What stands in the way, for as much as is known. */
    problems: string[];
}

/** One wait. */
export interface Wait {
    client: Client;
    kind: Kind;
    call: Pick<Call, "signal" | "say" | "timeoutSeconds">;
    /** The object as the API server answered when it was created or updated. */
    object: Properties;
    /** What did not go well where the wait does not. */
    what: string;
    stateOf: (object: Properties) => Properties;
}

/** Seconds that an object may take. */
const TIMEOUT = 600;
const CLAIM_TIMEOUT = 300;
/** How often the API server is asked, in milliseconds: soon at first, since most things are quick. */
const [FIRST_INTERVAL, LAST_INTERVAL] = [250, 1_000];
/** Pods that have just started may take a moment to fail, so their problems are reported from here on, in milliseconds. */
const PATIENCE = 10_000;
/** How long endpoints have to stay as they are, in milliseconds. */
const SETTLING = 10_000;

/** A Deployment or StatefulSet is ready when as many pods as it wants are available, all of the newest revision. */
export function judgeRollout(
    { metadata, spec, status = {} }: Plain<k8s.V1Deployment> | Plain<k8s.V1StatefulSet>,
    pods: Plain<k8s.V1Pod>[],
): Readiness {
    const wanted = spec?.replicas ?? 1;
    const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
    // until the controller has seen the latest change, its status speaks of the one before
    const isObserved = (status.observedGeneration ?? -1) >= (metadata?.generation ?? 0);
    const isComplete = [replicas, updatedReplicas, availableReplicas].every((n) => n === wanted);
    // which pods are not available is not said: at worst, new ones
    const running = Math.max(0, updatedReplicas + availableReplicas - replicas);
    const rollout = `${running} of ${wanted} pods of the newest revision are ready`;
    const conditions = (status.conditions ?? []).filter((one) => one.status !== "True");
    return {
        ready: isObserved && isComplete,
        progress: `Waiting for rollout: ${running} of ${wanted} pods ready`,
        problems: [
            ...(isObserved ? [] : ["the controller has not looked at it yet"]),
            ...(isObserved && !isComplete ? [rollout] : []),
            ...conditions.map(({ reason, message }) => `[${reason}] ${message}`),
            ...problemsOf(pods),
        ],
    };
}

/** A Service is ready when every pod that it selects is, and no more come or go, and a load balancer has its address. */
export function judgeService(
    { spec, status }: Plain<k8s.V1Service>,
    endpoints: Plain<k8s.V1Endpoints> | undefined,
    settled: boolean,
): Readiness {
    const lacksAddress = spec?.type === "LoadBalancer" && !status?.loadBalancer?.ingress?.length;
    const selects = spec?.clusterIP !== "None" && Object.keys(spec?.selector ?? {}).length > 0;
    const subsets = endpoints?.subsets ?? [];
    const ready = subsets.flatMap(({ addresses = [] }) => addresses).length;
    const pending = subsets.flatMap(({ notReadyAddresses = [] }) => notReadyAddresses).length;
    const all = ready + pending;
    const isDone = endpoints !== undefined && settled && pending === 0;
    return {
        ready: !lacksAddress && (!selects || isDone),
        progress: lacksAddress
            ? "Waiting for an address"
            : `Waiting for endpoints: ${ready} of ${all} pods ready`,
        problems: [
            ...(selects && all === 0 ? ["spec.selector matches the labels of no pod"] : []),
            ...(selects && pending > 0 ? [`${pending} of ${all} selected pods are not ready`] : []),
            ...(lacksAddress ? ["no address was assigned for the load balancer"] : []),
        ],
    };
}

/** A claim is ready when it has a volume, or gets one with its first pod. */
export function judgeClaim(
    { status }: Plain<k8s.V1PersistentVolumeClaim>,
    bindingMode: string | undefined,
): Readiness {
    const phase = status?.phase ?? "new";
    const isLater = bindingMode === "WaitForFirstConsumer" && phase === "Pending";
    return {
        ready: phase === "Bound" || isLater,
        progress: `Waiting for a volume: the claim is ${phase}`,
        problems: [`the claim is ${phase}, no volume is bound to it`],
    };
}

/** A quota is ready when its limits are in force: until then everything that it counts is refused. */
export function judgeQuota({ spec, status }: Plain<k8s.V1ResourceQuota>): Readiness {
    return {
        ready: isDeepStrictEqual(spec?.hard, status?.hard),
        progress: "Waiting for the quota to take effect",
        problems: ["the quota has not taken effect"],
    };
}

/** What keeps pods from being ready, in their own words and in those of their containers. */
export function problemsOf(pods: Plain<k8s.V1Pod>[]): string[] {
    return pods.flatMap(({ metadata, status = {} }) => {
        const { conditions, phase, initContainerStatuses = [], containerStatuses = [] } = status;
        const lacking = conditions?.find((one) => one.status !== "True" && one.message);
        const containers = [...initContainerStatuses, ...containerStatuses];
        const said = [lacking?.message, ...containers.flatMap(containerProblems)].join("; ");
        const isDone = phase === "Succeeded" || metadata?.deletionTimestamp !== undefined;
        return lacking === undefined || isDone ? [] : [`[Pod ${metadata?.name}]: ${said}`];
    });
}

function containerProblems(status: Plain<k8s.V1ContainerStatus>): string[] {
    const { name, ready, state, lastState } = status;
    const { reason = "", message = name } = state?.waiting ?? {};
    const isStarting = ["", "ContainerCreating", "PodInitializing"].includes(reason);
    const ends = [state?.terminated, lastState?.terminated].flatMap((end) => {
        const last = end?.message ? `: ${end.message.trim()}` : "";
        const text = `container ${name} ended with exit code ${end?.exitCode}${last}`;
        return end?.exitCode ? [`[${end.reason ?? ""}] ${text}`] : [];
    });
    return ready ? [] : [...(isStarting ? [] : [`[${reason}] ${message}`]), ...ends];
}

/** Looks at what belongs to an object, and judges; undefined for kinds that are ready as soon as they exist, and where nobody waits. */
async function judge(
    { client, kind, call: { signal } }: Omit<Wait, "what" | "stateOf">,
    object: Properties,
    isSettled: (version: string | undefined) => boolean,
): Promise<Readiness | undefined> {
    const metadata = { namespace: stringAt(object, "metadata", "namespace") ?? "" };
    if (stringAt(object, "metadata", "annotations", "pulumi.com/skipAwait") === "true") {
        return undefined;
    }
    switch (kind.kind) {
        case "Deployment":
        case "StatefulSet": {
            const labels = Object.entries(propertiesAt(object, "spec", "selector", "matchLabels"));
            const labelSelector = labels
                .map(([name, value]) => `${name}=${value as string}`)
                .join(",");
            const place = placeOf({ apiVersion: "v1", plural: "pods" }, { metadata });
            const list = await client.send("GET", place, { query: { labelSelector }, signal });
            return judgeRollout(object, arrayAt(list, "items") as Properties[]);
        }
        case "Service": {
            const place = placeOf({ apiVersion: "v1", plural: "endpoints" }, object);
            const endpoints = await client.find(place, signal);
            const version = stringAt(endpoints, "metadata", "resourceVersion");
            return judgeService(object, endpoints, isSettled(version));
        }
        case "PersistentVolumeClaim": {
            const name = stringAt(object, "spec", "storageClassName");
            const classes = { apiVersion: "storage.k8s.io/v1", plural: "storageclasses" };
            const place = placeOf(classes, { metadata: { name: name ?? "" } });
            const storageClass = name ? await client.find(place, signal) : undefined;
            return judgeClaim(object, stringAt(storageClass, "volumeBindingMode"));
        }
        case "ResourceQuota":
            return judgeQuota(object);
        default:
            return undefined;
    }
}

/**
 * Waits until an object is ready, and answers with its state then.
 *
 * @throws InitializationError with the reasons, where the time is up or the user cancels
 */
export async function awaitReady(wait: Wait): Promise<Properties> {
    const { client, kind, call } = wait;
    let [version, since] = [undefined as string | undefined, Date.now()];
    const isSettled = (current: string | undefined): boolean => {
        [version, since] = [current, current === version ? since : Date.now()];
        return Date.now() - since >= SETTLING;
    };
    const place = placeOf(kind, wait.object);
    const seconds = kind.kind === "PersistentVolumeClaim" ? CLAIM_TIMEOUT : TIMEOUT;
    return poll(wait, seconds, "to be Ready", async (before) => {
        const object = (await client.find(place, call.signal)) ?? before;
        const always = { ready: true, progress: "", problems: [] };
        return { object, ...((await judge(wait, object, isSettled)) ?? always) };
    });
}

/** Judges once, for a refresh; undefined for what is always ready. */
export async function judgeNow(
    wait: Omit<Wait, "what" | "stateOf">,
): Promise<Readiness | undefined> {
    const isJudged = ["Deployment", "StatefulSet", "Service"].includes(wait.kind.kind);
    return isJudged ? judge(wait, wait.object, () => true) : undefined;
}

/**
 * Deletes an object and waits until it is gone, with all that it owns.
 *
 * @throws InitializationError as awaitReady
 */
export async function deleteAndWait(wait: Wait): Promise<void> {
    const { client, call } = wait;
    const place = placeOf(wait.kind, wait.object);
    const before = await client.find(place, call.signal);
    if (!before || !(await client.find(place, call.signal, "DELETE"))) {
        return;
    }
    const uidOf = (object: Properties) => stringAt(object, "metadata", "uid");
    await poll({ ...wait, object: before }, TIMEOUT, "to be deleted", async () => {
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
    { object: first, what, stateOf, call: { signal, say, timeoutSeconds } }: Wait,
    seconds: number,
    aim: string,
    look: (before: Properties) => Promise<Readiness & { object: Properties }>,
): Promise<Properties> {
    const start = Date.now();
    const name = stringAt(first, "metadata", "name");
    const said = new Set<string>();
    const sayOnce = (message: string, severity?: "WARNING"): void => {
        if (!said.has(message)) {
            said.add(message);
            say(message, severity);
        }
    };
    let seen = { object: first, ready: false, progress: "", problems: [] as string[] };
    for (let interval = FIRST_INTERVAL; ; interval = Math.min(interval * 1.5, LAST_INTERVAL)) {
        try {
            seen = await look(seen.object);
        } catch (error) {
            // the object exists whatever happens to one request, so that the next one may well succeed
            if (!signal.aborted) {
                sayOnce((error as Error).message, "WARNING");
            }
        }
        const { object, ready, progress, problems: reasons } = seen;
        if (ready) {
            // nothing else clears what was said
            say("");
            return stateOf(object);
        }
        const elapsed = Date.now() - start;
        const left = (timeoutSeconds || seconds) * 1000 - elapsed;
        if (signal.aborted || left <= 0) {
            const message = signal.aborted
                ? `waiting for '${name}' ${aim} was cancelled`
                : `'${name}' timed out waiting ${aim}`;
            const resource = { id: idOf(object), properties: stateOf(object) };
            throw new InitializationError(`${what}: ${message}`, resource, reasons);
        }
        sayOnce(progress);
        if (elapsed > PATIENCE) {
            reasons.forEach((problem) => sayOnce(problem, "WARNING"));
        }
        await sleep(Math.min(interval, left), undefined, { signal }).catch(() => undefined);
    }
}
