// The quota of a namespace of the stack's own: pods before and after a rollout have to fit, whichever are larger.
import { expect } from "chai";
import { computeQuota, planQuota } from "../../components/namespace.ts";
import { checkSettings } from "../../components/settings.ts";
import {
    type FakeMinikube,
    installFakeMinikube,
    plain,
    rawConfig,
    resolve,
    runProgram,
} from "./harness.ts";

const QUOTA = { "limits.memory": "2560Mi", pods: "7" };

describe("the quota", () => {
    it("is raised before the pods grow", () => {
        for (const present of [undefined, QUOTA, { ...QUOTA, pods: "3" }]) {
            expect(planQuota(QUOTA, present)).to.deep.equal({ hard: QUOTA, afterRollout: false });
        }
    });

    it("is lowered after the larger pods are gone", () => {
        const present = { ...QUOTA, "limits.memory": "4Gi" };
        expect(planQuota(QUOTA, present)).to.deep.equal({ hard: QUOTA, afterRollout: true });
    });

    it("holds the larger of both while some amounts grow and others shrink", () => {
        const present = { "limits.memory": "4Gi", pods: "3" };
        expect(planQuota(QUOTA, present)).to.deep.equal({
            hard: { "limits.memory": "4Gi", pods: "7" },
            afterRollout: false,
        });
    });

    it("has room for a rollout of everything, and for no more", () => {
        const { settings } = checkSettings(
            rawConfig({
                backendReplicas: "2",
                backendServiceType: "NodePort",
                backendServicePort: "8001",
                frontendMaxReplicas: "3",
                frontendServiceType: "LoadBalancer",
                backupSchedule: "0 3 * * *",
            }),
        );
        if (settings === undefined) {
            throw new Error("the settings are good");
        }
        const { backend, frontend, database, backups } = settings;
        // 2 × 2 + 1 and 2 × 3 + 1 pods of 250m to 500m, 256Mi to 512Mi; one of 100m to 500m, 128Mi to 256Mi, and its dump;
        // disk of 64Mi to 256Mi for each
        expect(computeQuota([backend, frontend], database, backups, ["1.5Gi"])).to.deep.equal({
            pods: "14",
            "requests.cpu": "3200m",
            "limits.cpu": "7000m",
            "requests.memory": "3328Mi",
            "limits.memory": "6656Mi",
            "requests.ephemeral-storage": "896Mi",
            "limits.ephemeral-storage": "3584Mi",
            persistentvolumeclaims: "3",
            "requests.storage": "3584Mi",
            // the backend's two ports and the frontend's
            "services.nodeports": "3",
            "services.loadbalancers": "1",
        });
        expect(computeQuota([backend, frontend], undefined, undefined, [])).to.include({
            pods: "12",
            "requests.memory": "3072Mi",
            persistentvolumeclaims: "0",
            "requests.storage": "0",
        });
        const unscheduled = { ...backups, schedule: undefined };
        expect(computeQuota([backend], database, unscheduled, [])).to.include({ pods: "6" });
        // one alone stays as it is written
        expect(computeQuota([backend], database, undefined, [])).to.include({
            persistentvolumeclaims: "1",
            "requests.storage": "1Gi",
        });
    });

    describe("in the program", () => {
        let minikube: FakeMinikube;
        before(async () => {
            minikube = await installFakeMinikube();
        });
        after(() => minikube.uninstall());

        it("allows a port of the node for each port of a Service", async () => {
            const nodePorts = async (own: Record<string, string>) => {
                const { resources } = await runProgram({ namespace: "habits", ...own });
                const quota = resources.find(({ name }) => name === "namespace-quota");
                const { hard } = quota?.inputs["spec"] as { hard: Record<string, string> };
                return hard["services.nodeports"];
            };
            expect(await nodePorts({ backendServicePort: "8001" })).to.equal("1");
            expect(
                await nodePorts({ backendServicePort: "8001", backendServiceType: "NodePort" }),
            ).to.equal("3");
        });

        it("comes with a policy for the pods that somebody forgot: in a namespace of its own for all of them", async () => {
            for (const [namespace, podSelector] of [
                ["habits", {}],
                ["default", { matchLabels: { "app.kubernetes.io/part-of": "habit-tracker" } }],
            ] as const) {
                const { resources } = await runProgram({ namespace });
                const inputs = (name: string) =>
                    plain(resources.find((resource) => resource.name === name)?.inputs);
                const policy = inputs("namespace-default-deny") as {
                    metadata: { name: string; namespace: string; labels: object };
                };
                expect(policy).to.deep.include({
                    spec: { podSelector, policyTypes: ["Ingress", "Egress"] },
                });
                expect(policy.metadata).to.include({ name: "habit-tracker", namespace });
                expect(policy.metadata.labels).to.include({
                    app: "habit-tracker",
                    component: "namespace",
                });
                expect(inputs("namespace-quota") === undefined).to.equal(namespace === "default");
            }
        });

        it("and that policy hold before anything is in it", async () => {
            const { resources, outputs } = await runProgram({ namespace: "habits" });
            expect(await resolve(outputs["namespace"] as never)).to.equal("habits");
            for (const of of ["configuration-config", "database-volume", "backend-account"]) {
                const made = resources.find(({ name }) => name === of);
                expect(made?.inputs["metadata"]).to.include({ namespace: "habits" });
                expect(made?.options.inputsDependOn["metadata"], of).to.include.members([
                    "namespace-default-deny",
                    "namespace-quota",
                ]);
            }
        });

        it("asks for no millicore more than the pods have", async () => {
            // 3 pods of 0.2 cores, 3 of 0.25 and one of 0.1: 1.4500000000000002 in binary fractions
            const { resources } = await runProgram({
                namespace: "habits",
                backendCpuRequest: "200m",
            });
            const quota = resources.find(({ name }) => name === "namespace-quota");
            const { hard } = quota?.inputs["spec"] as { hard: Record<string, string> };
            expect(hard["requests.cpu"]).to.equal("1450m");
        });

        it("waits for the rollouts exactly where it is lowered", async () => {
            const order = async (pods: string) => {
                const metadata = { name: "habit-tracker", namespace: "habits" };
                minikube.setContents({
                    resourcequotas: [{ metadata, spec: { hard: { pods } } }],
                });
                const { resources } = await runProgram({ namespace: "habits" });
                const quotas = resources.filter(({ name }) => name === "namespace-quota");
                expect(quotas).to.have.length(1);
                return quotas[0]?.options.dependsOn.includes("backend-deployment");
            };
            expect(await order("99")).to.equal(true);
            expect(await order("1")).to.equal(false);
        });
    });
});
