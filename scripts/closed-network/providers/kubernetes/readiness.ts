/** Whether objects are ready, judged by what the API server says about them. Nothing here asks it. */
import {
    arrayAt,
    at,
    equal,
    isProperties,
    numberAt,
    type Properties,
    propertiesAt,
    stringAt,
} from "../values.ts";

/** A judgement. */
export interface Readiness {
    ready: boolean;
    /** What is still waited for, in a line. */
    progress: string;
    /** What stands in the way, for as much as is known. */
    problems: string[];
}

/** A Deployment with what it brought forth. */
export interface DeploymentView {
    deployment: Properties;
    replicaSets: Properties[];
    pods: Properties[];
    /** The PersistentVolumeClaims that its pods mount. */
    claims: Properties[];
}

const REVISION = "deployment.kubernetes.io/revision";
/** A container in one of these states is on its way. */
const STARTING = new Set(["ContainerCreating", "PodInitializing"]);

/** A Deployment is ready when it is available and its newest revision is rolled out completely. */
export function judgeDeployment({
    deployment,
    replicaSets,
    pods,
    claims,
}: DeploymentView): Readiness {
    const revision = stringAt(deployment, "metadata", "annotations", REVISION);
    const current = replicaSets.find(
        (set) =>
            isOwnedBy(set, deployment) &&
            revision !== undefined &&
            stringAt(set, "metadata", "annotations", REVISION) === revision,
    );
    const wanted =
        numberAt(current, "spec", "replicas") ?? numberAt(deployment, "spec", "replicas") ?? 1;
    const running = numberAt(current, "status", "readyReplicas") ?? 0;

    const observed = isObserved(deployment);
    const available = conditionOf(deployment, "Available");
    const progressing = conditionOf(deployment, "Progressing");
    const isAvailable = observed && available?.status === "True";
    // A first revision is not rolled out but created, and is not always said to have progressed.
    const isRolledOut =
        revision === "1" ||
        (progressing?.status === "True" && progressing.reason === "NewReplicaSetAvailable");
    const unbound = claims.filter((claim) => stringAt(claim, "status", "phase") !== "Bound");

    const problems = [available, progressing].flatMap((condition) =>
        condition && condition.status !== "True" && condition.message
            ? [`[${condition.reason}] ${condition.message}`]
            : [],
    );
    if (unbound.length > 0) {
        const names = unbound.map((claim) => stringAt(claim, "metadata", "name"));
        problems.push(`PersistentVolumeClaims that are not bound: ${names.join(", ")}`);
    }
    if (!observed || available === undefined) {
        problems.push("the Deployment's controller has not looked at it yet");
    } else if (isAvailable && (!isRolledOut || running < wanted)) {
        problems.push(`${running} of ${wanted} pods of revision ${revision} are ready`);
    }
    if (current) {
        problems.push(...pods.filter((pod) => isOwnedBy(pod, current)).flatMap(podProblems));
    }

    return {
        ready:
            isAvailable &&
            isRolledOut &&
            current !== undefined &&
            running >= wanted &&
            unbound.length === 0,
        progress: `Waiting for rollout: ${running} of ${wanted} pods ready`,
        problems,
    };
}

/** A StatefulSet is ready when all of its pods are, in the newest revision. */
export function judgeStatefulSet(statefulSet: Properties, pods: Properties[]): Readiness {
    const wanted = numberAt(statefulSet, "spec", "replicas") ?? 1;
    const status = propertiesAt(statefulSet, "status");
    const count = (name: string): number => numberAt(status, name) ?? 0;
    const current = stringAt(status, "currentRevision") ?? "";
    const target = stringAt(status, "updateRevision") ?? "";
    const observed = isObserved(statefulSet);
    const manual =
        (numberAt(statefulSet, "metadata", "generation") ?? 1) > 1 &&
        stringAt(statefulSet, "spec", "updateStrategy", "type") === "OnDelete";

    const complete =
        observed &&
        count("replicas") === wanted &&
        count("readyReplicas") === wanted &&
        (manual || count("currentReplicas") === wanted);
    const upToDate = observed && (manual || (current !== "" && current === target));
    const running = upToDate
        ? count("readyReplicas")
        : Math.min(count("readyReplicas"), count("updatedReplicas"));

    const problems: string[] = [];
    if (!complete) {
        problems.push(`${running} of ${wanted} pods are ready`);
    }
    if (!upToDate) {
        problems.push(
            `the pods are of revision ${current || "(none)"}, not yet of ${target || "(none)"}`,
        );
    }
    problems.push(...pods.filter((pod) => isOwnedBy(pod, statefulSet)).flatMap(podProblems));
    return {
        ready: complete && upToDate,
        progress: `Waiting for rollout: ${running} of ${wanted} pods ready`,
        problems,
    };
}

/**
 * A Service is ready when every pod that it selects is, and no more come or go. Without a selector, without an address of its own or
 * as a mere name for another one, it is ready at once.
 */
export function judgeService(
    service: Properties,
    endpoints: Properties | undefined,
    settled: boolean,
): Readiness {
    const type = stringAt(service, "spec", "type") ?? "ClusterIP";
    const addressed =
        type !== "LoadBalancer" || arrayAt(service, "status", "loadBalancer", "ingress").length > 0;
    const selects =
        type !== "ExternalName" &&
        stringAt(service, "spec", "clusterIP") !== "None" &&
        Object.keys(propertiesAt(service, "spec", "selector")).length > 0;

    const count = (list: string): number =>
        arrayAt(endpoints, "subsets").reduce<number>(
            (sum, subset) => sum + arrayAt(subset, list).length,
            0,
        );
    const ready = count("addresses");
    const pending = count("notReadyAddresses");

    const problems: string[] = [];
    if (selects && ready === 0) {
        problems.push(
            pending > 0
                ? `none of the ${pending} selected pods is ready`
                : "spec.selector matches the labels of no pod",
        );
    } else if (selects && pending > 0) {
        problems.push(`${pending} of ${ready + pending} selected pods are not ready`);
    }
    if (!addressed) {
        problems.push("no address was assigned for the load balancer");
    }
    return {
        ready: addressed && (!selects || (endpoints !== undefined && settled && pending === 0)),
        progress: !addressed
            ? "Waiting for an address"
            : pending > 0 || ready === 0
              ? `Waiting for endpoints: ${ready} of ${ready + pending} pods ready`
              : "Waiting for the endpoints to settle",
        problems,
    };
}

/**
 * A claim is ready when a volume is bound to it; or, where volumes are only made for the first pod that mounts the claim, when
 * it waits for that pod.
 */
export function judgeClaim(
    claim: Properties,
    bindingMode: string | undefined,
    isNew: boolean,
): Readiness {
    const phase = stringAt(claim, "status", "phase") ?? "";
    const waits = isNew && bindingMode === "WaitForFirstConsumer" && phase === "Pending";
    return {
        ready: phase === "Bound" || waits,
        progress: `Waiting for a volume: the claim is ${phase || "new"}`,
        problems:
            phase === "Bound" ? [] : [`the claim is ${phase || "new"}, no volume is bound to it`],
    };
}

/** A quota is ready when the controller took its limits over. */
export function judgeResourceQuota(quota: Properties): Readiness {
    const ready = equal(at(quota, "spec", "hard"), at(quota, "status", "hard"));
    return {
        ready,
        progress: "Waiting for the quota to take effect",
        problems: ready ? [] : ["the quota has not taken effect"],
    };
}

/** Before Kubernetes 1.24, a service account is ready when it has a token more than when it was sent. */
export function judgeServiceAccount(account: Properties, before: Properties): Readiness {
    const ready = arrayAt(account, "secrets").length > arrayAt(before, "secrets").length;
    return {
        ready,
        progress: "Waiting for the service account's token",
        problems: ready ? [] : ["the service account has no token"],
    };
}

/** What keeps a pod from being ready, in its own words and in those of its containers. */
export function podProblems(pod: Properties): string[] {
    if (stringAt(pod, "status", "phase") === "Succeeded") {
        return [];
    }
    const condition = ["PodScheduled", "Initialized", "Ready"]
        .map((type) => conditionOf(pod, type))
        .find((candidate) => candidate !== undefined && candidate.status !== "True");
    const containers = [
        ...arrayAt(pod, "status", "initContainerStatuses"),
        ...arrayAt(pod, "status", "containerStatuses"),
    ];
    const details = [
        ...(condition?.message ? [condition.message] : []),
        ...containers.filter(isProperties).flatMap(containerProblems),
    ];
    if (!condition || details.length === 0) {
        return [];
    }
    const namespace = stringAt(pod, "metadata", "namespace") ?? "default";
    const name = stringAt(pod, "metadata", "name") ?? "";
    const label = namespace === "default" ? name : `${namespace}/${name}`;
    return [`[Pod ${label}]: ${details.join("; ")}`];
}

function containerProblems(status: Properties): string[] {
    if (status["ready"] === true) {
        return [];
    }
    const name = stringAt(status, "name") ?? "";
    const problems: string[] = [];

    const waiting = stringAt(status, "state", "waiting", "reason");
    if (waiting !== undefined && !STARTING.has(waiting)) {
        const message = stringAt(status, "state", "waiting", "message") ?? "";
        problems.push(`[${waiting}] ${message || name}`);
    }
    for (const [state, verb] of [
        ["state", "ended"],
        ["lastState", "ended before"],
    ] as const) {
        const ended = propertiesAt(status, state, "terminated");
        const reason = stringAt(ended, "reason") ?? "";
        const code = numberAt(ended, "exitCode");
        // An init container that did its work is no problem.
        if (code !== undefined && (code !== 0 || reason !== "Completed")) {
            const message = stringAt(ended, "message")?.trim();
            const exit = `container ${name} ${verb} with exit code ${code}`;
            problems.push(`[${reason}] ${exit}${message ? `: ${message}` : ""}`);
        }
    }
    return problems;
}

/** Whether one object is a direct owner of another. */
export function isOwnedBy(object: Properties, owner: Properties): boolean {
    const uid = stringAt(owner, "metadata", "uid");
    return (
        uid !== undefined &&
        arrayAt(object, "metadata", "ownerReferences").some(
            (reference) => stringAt(reference, "uid") === uid,
        )
    );
}

/** Whether the controller has seen the latest change; until then its status speaks of the one before. */
function isObserved(object: Properties): boolean {
    const generation = numberAt(object, "metadata", "generation") ?? 0;
    return (numberAt(object, "status", "observedGeneration") ?? -1) >= generation;
}

interface Condition {
    status: string;
    reason: string;
    message: string;
}

function conditionOf(object: Properties, type: string): Condition | undefined {
    const condition = arrayAt(object, "status", "conditions").find(
        (candidate) => stringAt(candidate, "type") === type,
    );
    return condition === undefined
        ? undefined
        : {
              status: stringAt(condition, "status") ?? "",
              reason: stringAt(condition, "reason") ?? "",
              message: stringAt(condition, "message") ?? "",
          };
}
