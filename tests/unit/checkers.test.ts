import { existsSync } from "node:fs";
import { expect } from "chai";
import { forEachPod } from "../checkers/findings.ts";
import { applying, readWaivers } from "../checkers/waivers.ts";
import { type FakeMinikube, installFakeMinikube, plain, runProgram } from "./harness.ts";

describe("waivers", () => {
    const waiver = { checker: "checkov", check: "CKV_1", seed: "a line", because: "a reason" };
    const waived = (namespace: string, objects: readonly string[]) =>
        applying(
            [
                { ...waiver, objects: ["Deployment/a", "CronJob/b"] },
                { ...waiver, check: "CKV_2", objects: ["Deployment/a"], namespace: "default" },
            ],
            { namespace, objects },
        ).map(({ check, object }) => `${check} ${object}`);

    it("apply to the objects that are there", () => {
        expect(waived("own", ["Deployment/a"])).to.deep.equal(["CKV_1 Deployment/a"]);
        expect(waived("own", ["Deployment/a", "CronJob/b", "Deployment/c"])).to.deep.equal([
            "CKV_1 Deployment/a",
            "CKV_1 CronJob/b",
        ]);
    });

    it("apply in their namespace", () => {
        expect(waived("default", ["Deployment/a"])).to.deep.equal([
            "CKV_1 Deployment/a",
            "CKV_2 Deployment/a",
        ]);
    });

    describe("that are listed", () => {
        let minikube: FakeMinikube;
        before(async () => {
            minikube = await installFakeMinikube();
        });
        after(() => minikube.uninstall());

        it("are for what a stack with all its parts has", async () => {
            const { resources } = await runProgram({
                backupSchedule: "0 3 * * *",
                ingressHost: "habits.example.org",
            });
            const had = resources
                .filter(({ type }) => type.startsWith("kubernetes:"))
                .map(({ inputs }) => plain(inputs) as { kind: string; metadata: { name: string } })
                .map(({ kind, metadata }) => `${kind}/${metadata.name}`);
            const { waivers } = await readWaivers();
            const objects = waivers.flatMap((listed) => listed.objects);
            expect(
                objects.filter((object) => !had.includes(object) && !existsSync(object)),
            ).to.deep.equal([]);
        });
    });
});

describe("the connections that are open", () => {
    it("are one for each pod", () => {
        const rule = (from: string, to: string) => `src_pods: [${from}] dst_pods: [${to}] conn: 1`;
        expect(forEachPod(rule("a", "app!=b"))).to.deep.equal([rule("a", "app!=b")]);
        expect(forEachPod(rule("app in (a,b)", "app in (c,d)"))).to.deep.equal([
            rule("a", "c"),
            rule("a", "d"),
            rule("b", "c"),
            rule("b", "d"),
        ]);
    });
});
