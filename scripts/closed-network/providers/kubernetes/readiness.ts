/** Whether objects are ready, judged by what the API server says about them. Nothing here asks it. */
import type {
    V1Condition,
    V1ContainerStatus,
    V1Deployment,
    V1Endpoints,
    V1ObjectMeta,
    V1PersistentVolumeClaim,
    V1Pod,
    V1ReplicaSet,
    V1ResourceQuota,
    V1Service,
    V1StatefulSet,
} from "@kubernetes/client-node";
import { isDeepStrictEqual } from "node:util";

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

const revisionOf = (object: { metadata?: Plain<V1ObjectMeta> } | undefined): string | undefined =>
    object?.metadata?.annotations?.["deployment.kubernetes.io/revision"];

/** A Deployment is ready when it is available and its newest revision is rolled out completely. */
export function judgeDeployment(
    deployment: Plain<V1Deployment>,
    replicaSets: Plain<V1ReplicaSet>[],
    pods: Plain<V1Pod>[],
): Readiness {
    const revision = revisionOf(deployment);
    const current = replicaSets.find(
        (set) =>
            isOwnedBy(set, deployment) && revision !== undefined && revisionOf(set) === revision,
    );
    const wanted = current?.spec?.replicas ?? deployment.spec?.replicas ?? 1;
    const running = current?.status?.readyReplicas ?? 0;

    const available = conditionOf(deployment, "Available");
    const progressing = conditionOf(deployment, "Progressing");
    const isAvailable = isObserved(deployment) && available?.status === "True";
    // a first revision is not rolled out but created, and is not always said to have progressed
    const isRolledOut =
        revision === "1" ||
        (progressing?.status === "True" && progressing.reason === "NewReplicaSetAvailable");

    const problems = [available, progressing].flatMap((condition) =>
        condition?.message && condition.status !== "True"
            ? [`[${condition.reason}] ${condition.message}`]
            : [],
    );
    if (!isObserved(deployment) || available === undefined) {
        problems.push("the Deployment's controller has not looked at it yet");
    } else if (isAvailable && (!isRolledOut || running < wanted)) {
        problems.push(`${running} of ${wanted} pods of revision ${revision} are ready`);
    }
    return {
        ready: isAvailable && isRolledOut && current !== undefined && running >= wanted,
        progress: `Waiting for rollout: ${running} of ${wanted} pods ready`,
        problems: [...problems, ...problemsOf(pods, current)],
    };
}

/** A StatefulSet is ready when all of its pods are, in the newest revision. */
export function judgeStatefulSet(
    statefulSet: Plain<V1StatefulSet>,
    pods: Plain<V1Pod>[],
): Readiness {
    const { spec, status } = statefulSet;
    const wanted = spec?.replicas ?? 1;
    const { currentRevision: current = "", updateRevision: target = "" } = status ?? {};
    const counts = [status?.replicas, status?.readyReplicas, status?.currentReplicas];
    const complete = isObserved(statefulSet) && counts.every((count) => (count ?? 0) === wanted);
    const upToDate = isObserved(statefulSet) && current !== "" && current === target;
    const ready = status?.readyReplicas ?? 0;
    const running = upToDate ? ready : Math.min(ready, status?.updatedReplicas ?? 0);
    const outdated = `the pods are of revision ${current || "(none)"}, not yet of ${target || "(none)"}`;
    return {
        ready: complete && upToDate,
        progress: `Waiting for rollout: ${running} of ${wanted} pods ready`,
        problems: [
            ...(complete ? [] : [`${running} of ${wanted} pods are ready`]),
            ...(upToDate ? [] : [outdated]),
            ...problemsOf(pods, statefulSet),
        ],
    };
}

/**
 * A Service is ready when every pod that it selects is, and no more come or go; without an address of its own it is ready at
 * once.
 */
export function judgeService(
    { spec, status }: Plain<V1Service>,
    endpoints: Plain<V1Endpoints> | undefined,
    settled: boolean,
): Readiness {
    const addressed =
        spec?.type !== "LoadBalancer" || (status?.loadBalancer?.ingress ?? []).length > 0;
    const selects = spec?.clusterIP !== "None" && Object.keys(spec?.selector ?? {}).length > 0;
    const subsets = endpoints?.subsets ?? [];
    const ready = subsets.flatMap(({ addresses = [] }) => addresses).length;
    const pending = subsets.flatMap(({ notReadyAddresses = [] }) => notReadyAddresses).length;
    const all = ready + pending;

    const unselected = all === 0 ? ["spec.selector matches the labels of no pod"] : [];
    const unready = pending > 0 ? [`${pending} of ${all} selected pods are not ready`] : [];
    return {
        ready: addressed && (!selects || (endpoints !== undefined && settled && pending === 0)),
        progress: !addressed
            ? "Waiting for an address"
            : pending > 0 || ready === 0
              ? `Waiting for endpoints: ${ready} of ${all} pods ready`
              : "Waiting for the endpoints to settle",
        problems: [
            ...(selects ? [...unselected, ...unready] : []),
            ...(addressed ? [] : ["no address was assigned for the load balancer"]),
        ],
    };
}

/**
 * A claim is ready when a volume is bound to it; or, where volumes are only made for the first pod that mounts the claim, when
 * it waits for that pod.
 */
export function judgeClaim(
    claim: Plain<V1PersistentVolumeClaim>,
    bindingMode: string | undefined,
    isNew: boolean,
): Readiness {
    const phase = claim.status?.phase ?? "new";
    const waits = isNew && bindingMode === "WaitForFirstConsumer" && phase === "Pending";
    return {
        ready: phase === "Bound" || waits,
        progress: `Waiting for a volume: the claim is ${phase}`,
        problems: [`the claim is ${phase}, no volume is bound to it`],
    };
}

/** A quota is ready when the controller took its limits over. */
export function judgeResourceQuota({ spec, status }: Plain<V1ResourceQuota>): Readiness {
    return {
        ready: isDeepStrictEqual(spec?.hard, status?.hard),
        progress: "Waiting for the quota to take effect",
        problems: ["the quota has not taken effect"],
    };
}

/** What keeps the pods of an owner from being ready, in their own words and in those of their containers. */
export function problemsOf(pods: Plain<V1Pod>[], owner: Owner | undefined): string[] {
    return pods.flatMap((pod) => {
        const { metadata = {}, status = {} } = pod;
        const condition = ["PodScheduled", "Initialized", "Ready"]
            .map((type) => conditionOf(pod, type))
            .find((candidate) => candidate !== undefined && candidate.status !== "True");
        const { initContainerStatuses = [], containerStatuses = [] } = status;
        const containers = [...initContainerStatuses, ...containerStatuses];
        const details = [condition?.message ?? "", ...containers.flatMap(containerProblems)];
        const said = details.filter(Boolean).join("; ");
        const isOwn = owner !== undefined && isOwnedBy(pod, owner);
        if (!isOwn || condition === undefined || said === "" || status.phase === "Succeeded") {
            return [];
        }
        const { namespace = "default", name = "" } = metadata;
        return [`[Pod ${namespace === "default" ? name : `${namespace}/${name}`}]: ${said}`];
    });
}

function containerProblems({ name, ready, state, lastState }: Plain<V1ContainerStatus>): string[] {
    if (ready) {
        return [];
    }
    const { reason = "", message = "" } = state?.waiting ?? {};
    const starts = ["", "ContainerCreating", "PodInitializing"].includes(reason);
    const ends = [
        { ...state?.terminated, verb: "ended" },
        { ...lastState?.terminated, verb: "ended before" },
    ];
    return [
        ...(starts ? [] : [`[${reason}] ${message || name}`]),
        ...ends
            // an init container that did its work is no problem
            .filter(
                ({ exitCode = 0, reason: why = "Completed" }) =>
                    exitCode !== 0 || why !== "Completed",
            )
            .map(({ exitCode, reason: why, message: last, verb }) => {
                const exit = `container ${name} ${verb} with exit code ${exitCode}`;
                return `[${why ?? ""}] ${exit}${last ? `: ${last.trim()}` : ""}`;
            }),
    ];
}

interface Owner {
    metadata?: Plain<V1ObjectMeta>;
}

/** Whether one object is a direct owner of another. */
function isOwnedBy(object: Owner, owner: Owner): boolean {
    const uid = owner.metadata?.uid;
    const references = object.metadata?.ownerReferences ?? [];
    return uid !== undefined && references.some((reference) => reference.uid === uid);
}

/** Whether the controller has seen the latest change; until then its status speaks of the one before. */
function isObserved({ metadata, status }: Plain<V1Deployment> | Plain<V1StatefulSet>): boolean {
    return (status?.observedGeneration ?? -1) >= (metadata?.generation ?? 0);
}

function conditionOf(
    object: { status?: { conditions?: Pick<V1Condition, "type" | "status">[] } },
    type: string,
): Partial<V1Condition> | undefined {
    return object.status?.conditions?.find((candidate) => candidate.type === type);
}
