import { existsSync } from "node:fs";
import { expect } from "chai";
import { forEachPod } from "../checkers/findings.ts";
import { type ImageKind, applying, imageKinds, readWaivers } from "../checkers/waivers.ts";
import { type FakeMinikube, installFakeMinikube, plain, runProgram } from "./harness.ts";

describe("waivers", () => {
    const waiver = { checker: "checkov", check: "CKV_1", seed: "a line", because: "a reason" };
    const waived = (
        namespace: string,
        objects: readonly string[],
        images: Record<string, ImageKind[]> = {},
    ) =>
        applying(
            [
                { ...waiver, objects: ["Deployment/a", "CronJob/b"] },
                { ...waiver, check: "CKV_2", objects: ["Deployment/a"], namespace: "default" },
                { ...waiver, check: "CKV_3", objects: ["StatefulSet/c"], images: "built" as const },
            ],
            { namespace, objects, images },
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

    it("apply to images of their kind", () => {
        const kinds = (...images: ImageKind[]) =>
            waived("own", ["StatefulSet/c"], { "StatefulSet/c": images });
        expect(kinds("built")).to.deep.equal(["CKV_3 StatefulSet/c"]);
        expect(kinds("pinned")).to.deep.equal([]);
        expect(kinds("built", "tagged")).to.deep.equal([]);
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
            const { waivers, decisions } = await readWaivers();
            const objects = [...waivers, ...decisions].flatMap((listed) => listed.objects);
            expect(
                objects.filter((object) => !had.includes(object) && !existsSync(object)),
            ).to.deep.equal([]);
        });

        it("say only of images that are built here, and in no registry, that they have no digest", async () => {
            const { waivers } = await readWaivers();
            const manifest = (name: string, image: string) =>
                `kind: Deployment\nmetadata: { name: habit-tracker-${name} }\nspec: { template: { spec: { containers: [{ image: "${image}" }] } } }\n`;
            const objects = ["backend", "frontend"].map(
                (tier) => `Deployment/habit-tracker-${tier}`,
            );
            const digests = (...images: [string, string]) => {
                const text = [manifest("backend", images[0]), manifest("frontend", images[1])];
                const looked = {
                    namespace: "own",
                    objects: [...objects, "StatefulSet/habit-tracker-database"],
                    images: imageKinds(text.join("---\n"), ["habit-tracker-backend:v1.0.0"]),
                };
                return applying(waivers, looked)
                    .filter(({ check }) => check === "CKV_K8S_43")
                    .map(({ object }) => object);
            };
            const pushed = `registry.example/team/habit-tracker-frontend@sha256:${"a".repeat(64)}`;
            expect(digests("habit-tracker-backend:v1.0.0", pushed)).to.deep.equal([objects[0]]);
            expect(digests(pushed, "somebody/else:v1")).to.deep.equal([]);
        });

        it("are the seed's for what the seed has: the database is none of it", async () => {
            const { waivers } = await readWaivers();
            const beyond = waivers
                .filter(({ objects }) => objects.some((name) => /database|backup/.test(name)))
                .map(({ check, seed }) => `${check}: ${seed}`);
            // all of it is in the seed's namespace
            expect(beyond).to.deep.equal(["CKV_K8S_21: Namespace: default"]);
        });

        it("know the images of a schedule's pods", () => {
            const text =
                'kind: CronJob\nmetadata: { name: b }\nspec: { jobTemplate: { spec: { template: { spec: { containers: [{ image: "postgres:17" }] } } } } }\n---\nkind: Service\nmetadata: { name: s }\n';
            expect(imageKinds(text, [])).to.deep.equal({
                "CronJob/b": ["tagged"],
                "Service/s": [],
            });
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
