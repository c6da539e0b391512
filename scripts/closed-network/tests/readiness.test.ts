import { expect } from "chai";
import {
    judgeClaim,
    judgeQuota,
    judgeRollout,
    judgeService,
    problemsOf,
} from "../providers/kubernetes/await.ts";
import type { Properties } from "../providers/values.ts";

const condition = (type: string, status: string, reason = "", message = ""): Properties => ({
    type,
    status,
    reason,
    message,
});

describe("a Deployment, as a StatefulSet", () => {
    const AVAILABLE = condition("Available", "True", "MinimumReplicasAvailable");
    const DONE = { replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
    const judge = (more: Properties = {}, wanted: number | null = 2, pods: Properties[] = []) => {
        const set: Properties = {
            metadata: { generation: 2 },
            spec: wanted === null ? {} : { replicas: wanted },
            status: { observedGeneration: 2, conditions: [AVAILABLE], ...DONE, ...more },
        };
        return judgeRollout(set, pods);
    };

    it("is ready when as many pods as it wants are available, all of the newest revision", () => {
        expect(judge()).to.deep.equal({
            ready: true,
            progress: "Waiting for rollout: 2 of 2 pods ready",
            problems: [],
        });
        expect(judge({}, null).ready).to.equal(false);
        const one = { replicas: 1, updatedReplicas: 1, availableReplicas: 1 };
        expect(judge(one, null).ready).to.equal(true);
    });

    it("is not ready while its status speaks of an earlier generation", () => {
        expect(judge({ observedGeneration: 1 })).to.deep.include({
            ready: false,
            problems: ["the controller has not looked at it yet"],
        });
        expect(judgeRollout({ metadata: { generation: 1 } }, [])).to.include({ ready: false });
    });

    it("is not ready while an earlier revision does its work", () => {
        for (const [status, running] of [
            [{ replicas: 3, updatedReplicas: 1 }, 0],
            [{ replicas: 3, updatedReplicas: 2 }, 1],
            [{ replicas: 3, updatedReplicas: 2, availableReplicas: 3 }, 2],
            [{ updatedReplicas: 0 }, 0],
            [{ availableReplicas: 1 }, 1],
        ] as const) {
            expect(judge(status), JSON.stringify(status)).to.deep.equal({
                ready: false,
                progress: `Waiting for rollout: ${running} of 2 pods ready`,
                problems: [`${running} of 2 pods of the newest revision are ready`],
            });
        }
    });

    it("is ready with no replicas when none are wanted", () => {
        const none = { replicas: 0, updatedReplicas: 0, availableReplicas: 0 };
        expect(judge(none, 0).ready).to.equal(true);
    });

    it("tells why, in its own words and in those of its pods", () => {
        const conditions = [
            condition("Available", "False", "MinimumReplicasUnavailable", "no availability."),
            condition("Progressing", "False", "ProgressDeadlineExceeded", "has timed out."),
        ];
        const unready = condition("Ready", "False", "ContainersNotReady", "unready: [app]");
        const waiting = { reason: "ErrImageNeverPull", message: "not present" };
        const containerStatuses = [{ name: "app", state: { waiting } }];
        const pod = {
            metadata: { name: "p" },
            status: { conditions: [unready], containerStatuses },
        };
        expect(judge({ conditions, availableReplicas: 0 }, 2, [pod]).problems).to.deep.equal([
            "0 of 2 pods of the newest revision are ready",
            "[MinimumReplicasUnavailable] no availability.",
            "[ProgressDeadlineExceeded] has timed out.",
            "[Pod p]: unready: [app]; [ErrImageNeverPull] not present",
        ]);
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
            problemsOf([pod({ phase: "Running", conditions: [condition("Ready", "True")] })]),
        ).to.deep.equal([]);
        expect(problemsOf([pod({ phase: "Succeeded", conditions: [unready] })])).to.deep.equal([]);
        expect(problemsOf([pod({})])).to.deep.equal([]);
        const leaving = {
            metadata: { deletionTimestamp: "2026" },
            status: { conditions: [unready] },
        };
        expect(problemsOf([leaving as Properties])).to.deep.equal([]);
    });

    it("that fits no node tells why", () => {
        const conditions = [
            condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available"),
        ];
        expect(problemsOf([pod({ conditions })])).to.deep.equal([
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
            problemsOf([pod({ conditions: [unready], containerStatuses })]).join();
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
            "[Pod p]: unready: [app]; [CrashLoopBackOff] back-off; [Error] container app ended with exit code 3: boom",
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
        expect(problemsOf([pod({ conditions, initContainerStatuses })])).to.deep.equal([
            "[Pod p]: not initialized: [two]; [ImagePullBackOff] x",
        ]);
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
        expect(judgeClaim(claim("Bound"), undefined).ready).to.equal(true);
        expect(judgeClaim(claim("Pending"), "Immediate").ready).to.equal(false);
        expect(judgeClaim(claim("Pending"), "WaitForFirstConsumer").ready).to.equal(true);
        expect(judgeClaim(claim("Lost"), "WaitForFirstConsumer").ready).to.equal(false);
    });

    it("a quota is ready when its limits are in force", () => {
        const hard = { pods: "10" };
        expect(judgeQuota({ spec: { hard }, status: { hard } }).ready).to.equal(true);
        expect(judgeQuota({ spec: { hard }, status: {} }).ready).to.equal(false);
        expect(judgeQuota({ spec: { hard } }).ready).to.equal(false);
    });
});
