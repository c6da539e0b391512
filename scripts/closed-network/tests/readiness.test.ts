import { expect } from "chai";
import {
    judgeClaim,
    judgeDeployment,
    judgeResourceQuota,
    judgeService,
    judgeStatefulSet,
    problemsOf,
} from "../providers/kubernetes/readiness.ts";
import type { Properties } from "../providers/values.ts";

/** What a judgement is about. */
interface DeploymentView {
    deployment: Properties;
    replicaSets: Properties[];
    pods: Properties[];
}
const judgeView = ({ deployment, replicaSets, pods }: DeploymentView) =>
    judgeDeployment(deployment, replicaSets, pods);
/** What a pod of an owner says. */
const podProblems = (pod: Properties): string[] => {
    const owner = { metadata: { uid: "owner" } };
    const own = owned("owner", pod);
    return problemsOf([own], owner);
};

const owned = (owner: string, more: Properties = {}): Properties => ({
    ...more,
    metadata: { ...(more["metadata"] as Properties), ownerReferences: [{ uid: owner }] },
});
const condition = (type: string, status: string, reason = "", message = ""): Properties => ({
    type,
    status,
    reason,
    message,
});

describe("a Deployment", () => {
    const REVISION = "deployment.kubernetes.io/revision";
    const AVAILABLE = condition("Available", "True", "MinimumReplicasAvailable");
    const ROLLED_OUT = condition("Progressing", "True", "NewReplicaSetAvailable");
    function view({
        generation = 2,
        observedGeneration = 2,
        revision = "2",
        conditions = [AVAILABLE, ROLLED_OUT],
        replicas = 2,
        readyReplicas = 2,
        ...more
    }: Partial<DeploymentView> & {
        generation?: number;
        observedGeneration?: number;
        revision?: string;
        conditions?: Properties[];
        replicas?: number;
        readyReplicas?: number;
    }): DeploymentView {
        const annotations = { [REVISION]: revision };
        return {
            deployment: {
                metadata: { uid: "d", generation, annotations },
                spec: { replicas },
                status: { observedGeneration, conditions },
            },
            replicaSets: [
                owned("d", {
                    metadata: { uid: "old", annotations: { [REVISION]: "1" } },
                    status: { readyReplicas: 9 },
                }),
                owned("d", {
                    metadata: { uid: "rs", annotations },
                    spec: { replicas },
                    status: { readyReplicas },
                }),
            ],
            pods: [],
            ...more,
        };
    }

    it("is ready when it is available and its newest revision complete", () => {
        expect(judgeView(view({}))).to.include({
            ready: true,
            progress: "Waiting for rollout: 2 of 2 pods ready",
        });
        expect(judgeView(view({})).problems).to.deep.equal([]);
    });

    it("is not ready while its status speaks of an earlier generation", () => {
        expect(judgeView(view({ observedGeneration: 1 })).ready).to.equal(false);
    });

    it("is not ready while an earlier revision does its work", () => {
        const progressing = condition("Progressing", "True", "ReplicaSetUpdated", "progressing");
        const judgement = judgeView(
            view({ conditions: [AVAILABLE, progressing], readyReplicas: 1 }),
        );
        expect(judgement.ready).to.equal(false);
        expect(judgement.problems).to.deep.equal(["1 of 2 pods of revision 2 are ready"]);
        expect(judgeView(view({ readyReplicas: 1 })).ready).to.equal(false);
    });

    it("needs no rollout in its first revision", () => {
        const conditions = [AVAILABLE, condition("Progressing", "True", "NewReplicaSetCreated")];
        expect(
            judgeView(
                view({
                    revision: "1",
                    conditions,
                    replicaSets: [
                        owned("d", {
                            metadata: { annotations: { [REVISION]: "1" } },
                            status: { readyReplicas: 2 },
                        }),
                    ],
                }),
            ).ready,
        ).to.equal(true);
    });

    it("is ready with no replicas when none are wanted", () => {
        expect(judgeView(view({ replicas: 0, readyReplicas: 0 })).ready).to.equal(true);
    });

    it("tells why, in its own words and in those of its newest pods", () => {
        const unavailable = condition(
            "Available",
            "False",
            "MinimumReplicasUnavailable",
            "no minimum availability.",
        );
        const late = condition(
            "Progressing",
            "False",
            "ProgressDeadlineExceeded",
            "has timed out.",
        );
        const pod = (owner: string): Properties =>
            owned(owner, {
                metadata: { name: `pod-of-${owner}`, namespace: "n" },
                status: {
                    conditions: [
                        condition("Ready", "False", "ContainersNotReady", "unready: [app]"),
                    ],
                    containerStatuses: [
                        {
                            name: "app",
                            state: {
                                waiting: { reason: "ErrImageNeverPull", message: "not present" },
                            },
                        },
                    ],
                },
            });
        const judgement = judgeView(
            view({
                conditions: [unavailable, late],
                readyReplicas: 0,
                pods: [pod("rs"), pod("old")],
            }),
        );
        expect(judgement.problems).to.deep.equal([
            "[MinimumReplicasUnavailable] no minimum availability.",
            "[ProgressDeadlineExceeded] has timed out.",
            "[Pod n/pod-of-rs]: unready: [app]; [ErrImageNeverPull] not present",
        ]);
    });

    it("that nobody looked at yet says so", () => {
        const judgement = judgeView({
            deployment: { metadata: { generation: 1 } },
            replicaSets: [],
            pods: [],
        });
        expect(judgement.ready).to.equal(false);
        expect(judgement.problems).to.have.lengthOf(1);
    });
});

describe("a pod", () => {
    const pod = (status: Properties): Properties => ({
        metadata: { name: "p", namespace: "default" },
        status,
    });
    const unready = condition("Ready", "False", "ContainersNotReady", "unready: [app]");

    it("without problems has none", () => {
        expect(
            podProblems(pod({ phase: "Running", conditions: [condition("Ready", "True")] })),
        ).to.deep.equal([]);
        expect(podProblems(pod({ phase: "Succeeded", conditions: [unready] }))).to.deep.equal([]);
        expect(podProblems(pod({}))).to.deep.equal([]);
    });

    it("that fits no node tells why", () => {
        const conditions = [
            condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available"),
        ];
        expect(podProblems(pod({ conditions }))).to.deep.equal([
            "[Pod p]: 0/1 nodes are available",
        ]);
    });

    it("tells what its containers say, but not that they are being created", () => {
        const status = (state: Properties, more: Properties = {}): Properties => ({
            name: "app",
            state,
            ...more,
        });
        const said = (...containerStatuses: Properties[]): string =>
            podProblems(pod({ conditions: [unready], containerStatuses })).join();
        expect(said(status({ waiting: { reason: "ContainerCreating" } }))).to.equal(
            "[Pod p]: unready: [app]",
        );
        expect(
            said(
                status(
                    { waiting: { reason: "CrashLoopBackOff", message: "back-off" } },
                    {
                        lastState: {
                            terminated: { reason: "Error", exitCode: 3, message: "boom\n" },
                        },
                    },
                ),
            ),
        ).to.equal(
            "[Pod p]: unready: [app]; [CrashLoopBackOff] back-off; [Error] container app ended before with exit code 3: boom",
        );
        expect(said(status({ terminated: { reason: "OOMKilled", exitCode: 137 } }))).to.contain(
            "[OOMKilled] container app ended with exit code 137",
        );
        expect(
            said({ ...status({}), ready: true, lastState: { terminated: { exitCode: 1 } } }),
        ).to.equal("[Pod p]: unready: [app]");
    });

    it("does not complain of an init container that did its work", () => {
        const conditions = [
            condition("Initialized", "False", "ContainersNotInitialized", "not initialized: [two]"),
        ];
        const initContainerStatuses = [
            { name: "one", state: { terminated: { reason: "Completed", exitCode: 0 } } },
            { name: "two", state: { waiting: { reason: "ImagePullBackOff", message: "x" } } },
        ];
        expect(podProblems(pod({ conditions, initContainerStatuses }))).to.deep.equal([
            "[Pod p]: not initialized: [two]; [ImagePullBackOff] x",
        ]);
    });
});

describe("a StatefulSet", () => {
    const set = (status: Properties, spec: Properties = {}, generation = 1): Properties => ({
        metadata: { uid: "s", generation },
        spec: { replicas: 1, ...spec },
        status: { observedGeneration: generation, ...status },
    });
    const complete = {
        replicas: 1,
        readyReplicas: 1,
        currentReplicas: 1,
        currentRevision: "a",
        updateRevision: "a",
    };

    it("is ready when all pods are, in the newest revision", () => {
        expect(judgeStatefulSet(set(complete), []).ready).to.equal(true);
        expect(judgeStatefulSet(set({ ...complete, readyReplicas: 0 }), []).problems).to.deep.equal(
            ["0 of 1 pods are ready"],
        );
        expect(judgeStatefulSet(set({ ...complete, observedGeneration: 0 }), []).ready).to.equal(
            false,
        );
    });

    it("does not count pods of an earlier revision", () => {
        const judgement = judgeStatefulSet(
            set({ ...complete, updateRevision: "b", updatedReplicas: 0 }, {}, 2),
            [],
        );
        expect(judgement.ready).to.equal(false);
        expect(judgement.progress).to.equal("Waiting for rollout: 0 of 1 pods ready");
        expect(judgement.problems.join()).to.contain("of revision a, not yet of b");
    });
});

describe("a Service", () => {
    const service = (spec: Properties): Properties => ({
        spec: { selector: { app: "x" }, ...spec },
    });
    const endpoints = (ready: number, pending: number): Properties => ({
        subsets: [
            {
                addresses: Array.from({ length: ready }, () => ({})),
                notReadyAddresses: Array.from({ length: pending }, () => ({})),
            },
        ],
    });

    it("is ready when its endpoints are, and have settled", () => {
        expect(judgeService(service({}), endpoints(1, 0), true).ready).to.equal(true);
        expect(judgeService(service({}), endpoints(1, 0), false).ready).to.equal(false);
        expect(judgeService(service({}), undefined, true).ready).to.equal(false);
    });

    it("waits for every pod that it selects", () => {
        const judgement = judgeService(service({}), endpoints(1, 1), true);
        expect(judgement).to.deep.equal({
            ready: false,
            progress: "Waiting for endpoints: 1 of 2 pods ready",
            problems: ["1 of 2 selected pods are not ready"],
        });
        expect(judgeService(service({}), endpoints(0, 1), true).problems).to.deep.equal([
            "1 of 1 selected pods are not ready",
        ]);
    });

    it("that selects no pods by its kind is ready at once", () => {
        for (const spec of [{ clusterIP: "None" }, { selector: {} }]) {
            expect(judgeService(service(spec), undefined, false)).to.include({ ready: true });
            expect(judgeService(service(spec), undefined, false).problems).to.deep.equal([]);
        }
    });

    it("of type LoadBalancer waits for its address", () => {
        const balancer = service({ type: "LoadBalancer" });
        expect(judgeService(balancer, endpoints(1, 0), true).problems).to.deep.equal([
            "no address was assigned for the load balancer",
        ]);
        const addressed = {
            ...balancer,
            status: { loadBalancer: { ingress: [{ ip: "1.2.3.4" }] } },
        };
        expect(judgeService(addressed, endpoints(1, 0), true).ready).to.equal(true);
    });
});

describe("other objects", () => {
    it("a claim is ready when it is bound, or waits for its first pod by its class", () => {
        const claim = (phase: string): Properties => ({ status: { phase } });
        expect(judgeClaim(claim("Bound"), undefined, true).ready).to.equal(true);
        expect(judgeClaim(claim("Pending"), "Immediate", true).ready).to.equal(false);
        expect(judgeClaim(claim("Pending"), "WaitForFirstConsumer", true).ready).to.equal(true);
        expect(judgeClaim(claim("Pending"), "WaitForFirstConsumer", false).ready).to.equal(false);
    });

    it("a quota is ready when its limits are in force", () => {
        const hard = { pods: "10" };
        expect(judgeResourceQuota({ spec: { hard }, status: { hard } }).ready).to.equal(true);
        expect(judgeResourceQuota({ spec: { hard }, status: {} }).ready).to.equal(false);
    });
});
