// What a destroy keeps: a plain one does not run the program, so the stack's file is asked.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { KEPT_ANNOTATION, STACK_LABEL } from "../../components/contents.ts";
import { type RemovalInputs, checkCluster, keptNow, removeData } from "../../components/removal.ts";
import { propertiesAt } from "../../scripts/closed-network/providers/values.ts";
import { type Answer, ApiServer, error } from "../../scripts/closed-network/tests/apiServer.ts";
import { CLUSTER_UID, OTHER_STACK_ID, STACK_ID } from "./harness.ts";

const AT_LAST_UPDATE = { stack: "local", retain: false, existingClaim: "" };

/** A project's folder with these files. */
const folder = (files: Record<string, string>) => (file: string) =>
    file in files
        ? Promise.resolve(files[file] ?? "")
        : Promise.reject(Object.assign(new Error("no such file"), { code: "ENOENT" }));

const kept = (settings: string, own = {}) =>
    keptNow(
        { ...AT_LAST_UPDATE, ...own },
        folder({ "Pulumi.yaml": "", "Pulumi.local.yaml": `config:\n${settings}` }),
    );

/** What it says where it cannot tell what to keep. */
async function refusal(read: (file: string) => Promise<string>): Promise<string> {
    try {
        await keptNow(AT_LAST_UPDATE, read);
    } catch (error) {
        return (error as Error).message;
    }
    return "";
}

describe("a destroy", () => {
    it("keeps the volume from the moment that databaseRetain is set", async () => {
        expect(await kept("  habit-tracker:databaseRetain: true\n")).to.include({ retain: true });
        expect(await kept('  habit-tracker:databaseRetain: "true"\n')).to.include({ retain: true });
        expect(await kept("  habit-tracker:databaseRetain: 'True'\n")).to.include({ retain: true });
        expect(await kept("  habit-tracker:databaseRetain: false\n")).to.include({ retain: false });
        expect(await kept("  habit-tracker:namespace: habits\n")).to.include({ retain: false });
    });

    it("keeps what the last update was told to keep", async () => {
        expect(await kept("  a: b\n", { retain: true })).to.include({ retain: true });
        const own = { existingClaim: "theirs" };
        expect(await kept("  a: b\n", own)).to.include({ existingClaim: "theirs" });
        expect(await kept("  habit-tracker:databaseExistingClaim: other\n", own)).to.include({
            existingClaim: "other",
        });
    });

    it("takes a stack without a file for one without settings, and no folder for a project", async () => {
        const project = folder({ "Pulumi.yaml": "" });
        expect(await keptNow(AT_LAST_UPDATE, project)).to.deep.equal({
            retain: false,
            existingClaim: "",
        });
        expect(await refusal(folder({}))).to.contain("there is no project in this folder");
    });

    it("takes no file that it cannot read for one without settings", async () => {
        const unreadable = (file: string) =>
            file === "Pulumi.yaml" ? Promise.resolve("") : Promise.reject(new Error("EACCES"));
        expect(await refusal(unreadable)).to.contain("EACCES");
    });
});

describe("the end of a destroy", () => {
    /** Volumes, `NAMESPACE/NAME`, and namespaces, each with the stack that its label names. */
    const WORLD = {
        habits: STACK_ID,
        "habits/data": STACK_ID,
        "habits/dumps": STACK_ID,
        // the database left it behind
        "default/old": STACK_ID,
        theirs: OTHER_STACK_ID,
        "theirs/data": OTHER_STACK_ID,
        "default/theirs": OTHER_STACK_ID,
        "default/shop": undefined,
    };
    const OWN = Object.entries(WORLD).flatMap(([place, stack]) =>
        stack === STACK_ID ? place : [],
    );
    const all = (fate: string) => Object.fromEntries(OWN.map((place) => [place, fate]));
    /** What the next stack goes by. */
    const LABELS = { "app.kubernetes.io/part-of": "habit-tracker" };
    const ANNOTATIONS = { "habit-tracker/postgres-major": "17" };

    const home = process.cwd();
    let server: ApiServer;
    let project: string;
    beforeEach(async () => {
        server = await ApiServer.start();
        put("/api/v1/namespaces/kube-system", undefined, { uid: CLUSTER_UID });
        for (const [place, stack] of Object.entries(WORLD)) {
            put(pathOf(place), stack);
        }
        put("/api/v1/namespaces/theirs/services/web", OTHER_STACK_ID);
        project = await mkdtemp(join(tmpdir(), "removal-test-"));
        await writeFile(join(project, "Pulumi.yaml"), "");
        // somebody's kubectl leads elsewhere by now
        const config = { ...(JSON.parse(server.kubeconfig) as object), "current-context": "other" };
        await writeFile(join(project, "config"), JSON.stringify(config));
        // where Pulumi runs it
        process.chdir(project);
    });
    afterEach(async () => {
        process.chdir(home);
        server.stop();
        await rm(project, { recursive: true });
    });

    const pathOf = (place: string) =>
        `/api/v1/namespaces/${place.replace("/", "/persistentvolumeclaims/")}`;
    function put(path: string, stack?: string, more = {}): void {
        const [, namespace = "", name = ""] =
            /namespaces\/([^/]+)(?:\/.*\/(.*))?$/.exec(path) ?? [];
        const labels = { ...LABELS, ...(stack === undefined ? {} : { [STACK_LABEL]: stack }) };
        const metadata = name === "" ? { name: namespace } : { name, namespace };
        const annotations = ANNOTATIONS;
        server.objects.set(path, { metadata: { ...metadata, labels, annotations, ...more } });
    }

    const putSecret = (name: string, type: string, labels?: Record<string, string>) =>
        server.objects.set(`/api/v1/namespaces/habits/secrets/${name}`, {
            type,
            metadata: { name, namespace: "habits", ...(labels ? { labels } : {}) },
        });

    /** What a step says, or why it fails, and what it leaves of what was there. */
    async function run(step: typeof removeData, own: Partial<RemovalInputs> = {}) {
        const before = new Map(server.objects);
        const said: string[] = [];
        const { log } = console;
        console.log = (line: string) => said.push(line);
        try {
            await step({
                ...AT_LAST_UPDATE,
                kubeconfig: join(project, "config"),
                context: "test",
                clusterUid: CLUSTER_UID,
                stackId: STACK_ID,
                ...own,
            });
        } catch (error) {
            said.push((error as Error).message);
        } finally {
            console.log = log;
        }
        const changed = [...before].filter(([path, was]) => server.objects.get(path) !== was);
        const left = changed.map(([path]) => {
            const place = path.replace(pathOf(""), "").replace("persistentvolumeclaims/", "");
            const object = server.objects.get(path);
            if (object === undefined) {
                return [place, "gone"];
            }
            const { [KEPT_ANNOTATION]: when, ...others } = propertiesAt(
                object,
                "metadata",
                "annotations",
            );
            expect(others, place).to.deep.equal(ANNOTATIONS);
            expect(propertiesAt(object, "metadata", "labels"), place).to.deep.equal(LABELS);
            return [place, when === undefined ? "nobody's" : "kept"];
        });
        return { said: said.join("\n"), left: Object.fromEntries(left) as object };
    }

    const cases: Record<
        string,
        { own?: Partial<RemovalInputs>; file?: string; more?: () => void; left: object }
    > = {
        "takes the stack's own volumes and namespace alone": { left: all("gone") },
        "keeps all of them with databaseRetain": { own: { retain: true }, left: all("kept") },
        "keeps what is set since the last update": {
            file: "config: { databaseRetain: true }",
            left: all("kept"),
        },
        "keeps the volume that databaseExistingClaim names, and its namespace": {
            own: { existingClaim: "data" },
            left: { ...all("gone"), habits: "kept", "habits/data": "kept" },
        },
        "keeps no namespace for a volume elsewhere": {
            own: { existingClaim: "old" },
            left: { ...all("gone"), "default/old": "kept" },
        },
        "keeps a namespace with a volume that was kept before, and was taken up": {
            own: { existingClaim: "taken" },
            more: () => {
                put(pathOf("habits/another"), OTHER_STACK_ID);
                put(pathOf("habits/taken"), undefined, {
                    annotations: { [KEPT_ANNOTATION]: "2026" },
                });
            },
            left: { ...all("gone"), habits: "kept" },
        },
        "leaves a namespace with somebody's Secret in it, as nobody's": {
            // kubectl gives it no labels
            more: () => putSecret("mine", "Opaque"),
            left: { ...all("gone"), habits: "nobody's" },
        },
        "leaves no namespace for the product's own Secrets, and those that the cluster makes": {
            more: () => {
                putSecret("ours", "Opaque", LABELS);
                putSecret("token", "kubernetes.io/service-account-token", {});
                putSecret("certificate", "kubernetes.io/tls", {});
            },
            left: all("gone"),
        },
        "leaves a namespace with another stack's volume in it, as nobody's": {
            more: () => put(pathOf("habits/theirs"), OTHER_STACK_ID),
            left: { ...all("gone"), habits: "nobody's" },
        },
        "leaves a namespace with a volume in it of which nothing is known, as nobody's": {
            more: () => put(pathOf("habits/plain"), undefined, { annotations: undefined }),
            left: { ...all("gone"), habits: "nobody's" },
        },
    };
    for (const [title, { own, file = "", more, left }] of Object.entries(cases)) {
        it(title, async () => {
            await writeFile("Pulumi.local.yaml", file);
            more?.();
            expect((await run(removeData, own)).left).to.deep.equal(left);
        });
    }

    for (const [title, prepare, own, says] of [
        ["in another cluster", () => undefined, { clusterUid: "of-another" }, "to another cluster"],
        [
            "where the cluster does not answer",
            () => (server.answer = () => error(503, "ServiceUnavailable", "starting")),
            {},
            'The cluster of the context "test" does not answer',
        ],
        [
            "where the kubeconfig lost the context",
            () => undefined,
            { context: "gone" },
            'The cluster of the context "gone" does not answer',
        ],
    ] as const) {
        it(`changes nothing ${title}, and neither does the look before it`, async () => {
            prepare();
            for (const step of [checkCluster, removeData]) {
                const { said, left } = await run(step, own);
                expect(said).to.contain(says);
                expect(left).to.deep.equal({});
            }
        });
    }

    it("changes nothing while a service of the stack is there", async () => {
        put("/api/v1/namespaces/habits/services/web", STACK_ID);
        const { said, left } = await run(removeData);
        expect(said).to.contain("still running");
        expect(left).to.deep.equal({});
    });

    it("changes nothing where it cannot tell what to keep", async () => {
        await rm("Pulumi.yaml");
        const { said, left } = await run(removeData);
        expect(said).to.contain("no project in this folder");
        expect(left).to.deep.equal({});
    });

    it("has a look at the cluster before, which finds its own and changes nothing", async () => {
        expect(await run(checkCluster)).to.deep.equal({ said: "", left: {} });
    });

    it("goes where kubectl goes, without a kubeconfig of the stack's own", async () => {
        const { KUBECONFIG: before } = process.env;
        process.env["KUBECONFIG"] = join(project, "config");
        try {
            expect(await run(checkCluster, { kubeconfig: "" })).to.include({ said: "" });
        } finally {
            delete process.env["KUBECONFIG"];
            Object.assign(process.env, before === undefined ? {} : { KUBECONFIG: before });
        }
    });

    /** What an object that was deleted answers to each look at it; then it is gone. */
    function lingers(place: string, ...answers: (Answer | undefined)[]): void {
        server.answer = ({ method, path }) => {
            if (path !== pathOf(place) || !["DELETE", "GET"].includes(method)) {
                return undefined;
            }
            if (method === "GET" && answers.length === 0) {
                server.objects.delete(path);
            }
            return method === "GET" ? answers.shift() : { status: 200, body: {} };
        };
    }

    for (const place of ["habits/data", "habits"]) {
        it(`waits until ${place} is gone`, async () => {
            lingers(place, undefined);
            expect((await run(removeData)).left).to.deep.equal(all("gone"));
        });
    }

    it("takes no volume for gone that it may not look at", async () => {
        lingers("habits/data", error(403, "Forbidden", "not yours"));
        const { said, left } = await run(removeData);
        expect(said).to.contain("not yours");
        expect(left).not.to.have.any.keys("habits", "habits/data");
    });

    for (const [place, what] of [
        ["habits/data", "volume habits/data"],
        ["habits", "namespace habits"],
    ] as const) {
        it(`says what does not go away, and goes no further: the ${what}`, async () => {
            const { now } = Date;
            let at = 0;
            // two looks are all that fits, once it is asked to go
            lingers(place, ...Array<undefined>(9));
            Date.now = () => (at += 50_000);
            try {
                const { said, left } = await run(removeData);
                expect(said).to.contain(`The ${what} is still there after 120 s`);
                expect(left).not.to.have.any.keys("habits", place);
            } finally {
                Date.now = now;
            }
        });
    }
});
