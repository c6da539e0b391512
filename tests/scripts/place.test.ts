import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { kubectlCommand, placeState, unreachable } from "../../scripts/place.ts";
import { placeOf } from "../../scripts/stack.ts";

describe("the cluster of a stack", () => {
    it("is a Minikube, or what kubeContext names", async () => {
        const project = await mkdtemp(join(tmpdir(), "project-"));
        try {
            const set = (config: object) =>
                writeFile(join(project, "Pulumi.local.yaml"), stringify({ config }));
            await writeFile(
                join(project, "Pulumi.yaml"),
                stringify({
                    config: {
                        minikubeProfile: { default: "minikube" },
                        kubeContext: { default: "" },
                    },
                }),
            );
            await set({});
            expect(await placeOf(project, "local")).to.deep.equal({
                context: "minikube",
                isMinikube: true,
            });
            await set({ "habit-tracker:minikubeProfile": "habits" });
            expect(await placeOf(project, "local")).to.include({ context: "habits" });
            await set({
                "habit-tracker:minikubeProfile": "habits",
                "habit-tracker:kubeContext": "prod",
            });
            expect(await placeOf(project, "local")).to.deep.equal({
                context: "prod",
                isMinikube: false,
            });
        } finally {
            await rm(project, { recursive: true });
        }
    });

    it("is asked by its context, whatever the current one is", () => {
        expect(
            kubectlCommand({ context: "habits", isMinikube: true }, "get", "pods"),
        ).to.deep.equal([
            "minikube",
            ["-p", "habits", "kubectl", "--", "--context", "habits", "get", "pods"],
        ]);
        expect(kubectlCommand({ context: "prod", isMinikube: false }, "get", "pods")).to.deep.equal(
            ["kubectl", ["--context", "prod", "get", "pods"]],
        );
    });

    it("is stopped, and never absent, where no kubectl leads there", async () => {
        const place = { context: "prod", isMinikube: false };
        expect(await placeState(place, { PATH: "/nowhere" })).to.equal("stopped");
        expect(unreachable(place, "shop").next)
            .to.contain("kubectl --context prod version")
            .and.contain("pulumi state delete --all --stack shop");
        expect(unreachable({ context: "habits", isMinikube: true }, "local").next).to.contain(
            "minikube start -p habits",
        );
    });
});
