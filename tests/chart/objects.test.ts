// The chart's objects are the program's, whatever is set.
import { expect } from "chai";
import { KEYS } from "../../components/settings.ts";
import { PULUMI_ONLY } from "../../scripts/chartFiles.ts";
import { installGoTools } from "../tools.ts";
import { type FakeMinikube, installFakeMinikube, plain, runProgram } from "../unit/harness.ts";
import { Cluster } from "./cluster.ts";
import { comparable } from "./differences.ts";
import { type KubernetesObject, chartObjects } from "./helm.ts";
import {
    COMBINATIONS,
    GIVEN,
    OTHER_VALUES,
    clusterFor,
    existingSecrets,
    forProgram,
} from "./settings.ts";

/** Settings that only say yes to what is in a cluster. */
const ANSWERS = ["databaseAbandon"];

describe("the chart's objects", () => {
    let minikube: FakeMinikube;
    let helm: string;
    before(async function () {
        // the tools are built once
        this.timeout(0);
        ({ helm } = await installGoTools());
        minikube = await installFakeMinikube();
    });
    after(() => minikube.uninstall());

    async function programObjects(settings: Record<string, string>, namespace: string) {
        minikube.setContents(clusterFor(settings));
        const { resources } = await runProgram({ namespace, ...forProgram(settings) });
        return comparable(
            resources
                .filter(({ type }) => type.startsWith("kubernetes:"))
                .map(({ inputs }) => plain(inputs) as KubernetesObject),
        );
    }
    /** The chart's objects: without a cluster, or in one with the Secret that is to exist. */
    async function chartIn(settings: Record<string, string>, namespace: string) {
        const rendering = { settings, namespace };
        const values = { ownNamespace: namespace !== "default" };
        const existing = existingSecrets(settings);
        if (existing.length === 0) {
            return chartObjects(helm, rendering, values);
        }
        const cluster = await Cluster.start(namespace);
        try {
            existing.forEach((secret) => {
                cluster.put("secrets", secret);
            });
            return await chartObjects(helm, { ...rendering, ...cluster.rendering }, values);
        } finally {
            await cluster.stop();
        }
    }
    /** What the chart has for settings; those without any are asked for again and again. */
    const rendered = new Map<string, Promise<Record<string, unknown>>>();
    function chart(settings: Record<string, string>, namespace: string) {
        const key = JSON.stringify([settings, namespace]);
        const known = rendered.get(key) ?? chartIn(settings, namespace).then(comparable);
        rendered.set(key, known);
        return known;
    }
    /** In a namespace of its own, where there is a quota to compare too. */
    async function expectEqual(settings: Record<string, string>, namespace = "habits") {
        const [actual, expected] = await Promise.all([
            chart(settings, namespace),
            programObjects(settings, namespace),
        ]);
        expect(actual).to.have.all.keys(Object.keys(expected));
        for (const [name, object] of Object.entries(expected)) {
            expect(actual[name], name).to.deep.equal(object);
        }
    }

    it("are the program's", () => expectEqual({}));

    it("are the program's in the namespace default", () => expectEqual({}, "default"));

    it("are looked at with another value of each setting that the chart has", () => {
        expect(Object.keys(OTHER_VALUES)).to.include.members([...KEYS]);
        expect(KEYS).to.include.members(Object.keys(PULUMI_ONLY));
    });

    for (const key of KEYS.filter((name) => !(name in PULUMI_ONLY))) {
        it(`are the program's with another ${key}`, async () => {
            const { [key]: value = "" } = OTHER_VALUES;
            const given = GIVEN[key] ?? {};
            const settings = { ...given, [key]: value };
            await expectEqual(settings);
            if (!ANSWERS.includes(key)) {
                expect(await chart(settings, "habits")).not.to.deep.equal(
                    await chart(given, "habits"),
                );
            }
        });
    }

    for (const [words, settings] of Object.entries(COMBINATIONS)) {
        it(`are the program's with ${words}`, () => expectEqual(settings));
    }
});
