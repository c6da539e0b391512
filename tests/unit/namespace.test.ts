// The quota of a namespace of the stack's own: pods before and after a rollout have to fit, whichever are larger.
import { expect } from "chai";
import { planQuota } from "../../components/namespace.ts";
import { type FakeMinikube, installFakeMinikube, runProgram } from "./harness.ts";

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
                const quota = resources.find(({ name }) => name === "namespace-quota");
                return quota?.options.dependsOn.includes("backend-deployment");
            };
            expect(await order("99")).to.equal(true);
            expect(await order("1")).to.equal(false);
        });
    });
});
