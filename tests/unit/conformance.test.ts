// The seed's statements on what the program asks for, and on a cluster that is played: `npm run conformance` proves them
// on a real one. Here each check is seen to fail as well. Those of the chart are in tests/chart/conformance.test.ts.
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { execa } from "execa";
import { type Broken, brokenRecords, brokenStacks } from "../conformance/breaks.ts";
import { fakeLive } from "../conformance/fake.ts";
import { printSecrets, searchLayers } from "../conformance/images.ts";
import { ownSteps } from "../conformance/live.ts";
import { MADE_BY_HAND, installCluster, recordStack } from "../conformance/recorded.ts";
import type { LiveStack, RecordedStack } from "../conformance/stack.ts";
import { type Check, type Statement, departures, fails, rowsOf } from "../conformance/statement.ts";
import { STATEMENTS } from "../conformance/statements.ts";
import { type Row, summary, tableOf } from "../conformance/table.ts";
import type { FakeMinikube } from "./harness.ts";

const nameOf = ({ section, says }: { section: string; says: string }) => `${section}: ${says}`;
const PRESENT = STATEMENTS.filter(({ absent }) => absent === undefined);

/** The first place at which a check was seen to fail. */
async function seenToFail<S>(
    check: Check<S>,
    broken: AsyncGenerator<Broken<S>>,
): Promise<string | undefined> {
    for await (const { place, stack } of broken) {
        if (await fails(check, stack)) {
            return place;
        }
    }
    return undefined;
}

/** The statement that says this, of a tier or without one. */
function statementOf(part: string, section = ""): Statement {
    const found = STATEMENTS.find(
        (one) => one.says.includes(part) && one.section.includes(section),
    );
    if (found === undefined) {
        throw new Error(`no statement says ${part}`);
    }
    return found;
}

describe("the seed", function () {
    this.timeout(180_000);
    let minikube: FakeMinikube;
    let stack: RecordedStack;
    let live: LiveStack;
    before(async () => {
        minikube = await installCluster();
        const recorded = await recordStack();
        const runs = new Map<string, Promise<RecordedStack>>();
        stack = {
            ...recorded,
            // the same run once
            with: (own) => {
                const key = JSON.stringify(own);
                const run = runs.get(key) ?? recorded.with(own);
                runs.set(key, run);
                return run;
            },
        };
        live = fakeLive(stack);
    });
    after(() => minikube.uninstall());

    it("is told apart statement by statement, each with a check or marked as absent", () => {
        expect(new Set(STATEMENTS.map(nameOf))).to.have.property("size", STATEMENTS.length);
        const unproved = PRESENT.filter(
            (one) => !one.recorded && !one.live && !one.chart && !one.elsewhere,
        );
        expect(unproved.map(nameOf)).to.deep.equal([]);
    });

    it("marks as absent only what does not hold", async () => {
        const there: string[] = [];
        for (const { absent, recorded, ...one } of STATEMENTS) {
            if (absent !== undefined && recorded !== undefined && !(await fails(recorded, stack))) {
                there.push(nameOf(one));
            }
        }
        expect(there).to.deep.equal([]);
    });

    it("names its numbers: they are the program's defaults", () => {
        expect(STATEMENTS.flatMap((one) => departures(one, stack))).to.deep.equal([]);
    });

    for (const { recorded, live: there, ...one } of PRESENT) {
        if (recorded !== undefined) {
            it(`${nameOf(one)}: the program`, async () => {
                await recorded(stack);
                const place = await seenToFail(recorded, brokenRecords(stack, recorded));
                expect(place, "it was never seen to fail").not.to.be.undefined;
            });
        }
        if (there !== undefined) {
            it(`${nameOf(one)}: a cluster`, async () => {
                await there(live);
                const place = await seenToFail(there, brokenStacks(live, there));
                expect(place, "it was never seen to fail").not.to.be.undefined;
            });
        }
    }
});

describe("the table of the seed", function () {
    // the program runs several times for each
    this.timeout(180_000);
    let minikube: FakeMinikube;
    let stack: RecordedStack;
    before(async () => {
        minikube = await installCluster();
        stack = await recordStack();
    });
    after(() => minikube.uninstall());

    /** The rows of a stack with these settings, and what fails in them. */
    async function tableWith(
        own: Record<string, string>,
    ): Promise<{ rows: Row[]; wrong: string[] }> {
        const changed = await recordStack(own);
        const rows = await tableOf(changed, fakeLive(changed));
        const wrong = rows.filter(({ failures }) => failures.length > 0);
        return { rows, wrong: wrong.map((row) => `${nameOf(row)}: ${row.failures.join("; ")}`) };
    }
    const leaving = (rows: readonly Row[]) =>
        rows.filter(({ state }) => state === "leaves the seed").map(({ says }) => says);

    it("has the counts that README tells", async () => {
        const live = fakeLive(stack);
        expect(summary(await tableOf(stack, live))).to.equal(
            "158 statements: 149 hold, 9 hold in another form, 0 are absent, " +
                "0 leave the seed by this stack's settings; 0 rows failed; " +
                "19 were not tried here: the row says what proves it",
        );
        const readme = await readFile("README.md", "utf8");
        expect(readme)
            .to.contain("158 statements")
            .and.to.contain("149 hold, 9 hold in another form, none is absent")
            .and.to.contain("of 19 that take Helm");
    });

    it("counts every statement once, and none that fails as one that holds", async () => {
        const row = rowsOf("s");
        const fine = () => undefined;
        const wrong = () => expect.fail("wrong");
        const rows = await tableOf(stack, fakeLive(stack), [
            row("a", fine),
            row("b", { recorded: fine, live: wrong }),
            row("c", fine, { other: "why" }),
            row("d", wrong, { absent: "why" }),
            // nobody took the mark away
            row("e", fine, { absent: "why" }),
            row("f", fine, { seed: { backendReplicas: "7" } }),
            row("g", { chart: wrong }),
            row("h", {}, { elsewhere: "npm run test:e2e" }),
        ]);
        expect(summary(rows)).to.equal(
            "8 statements: 3 hold, 1 hold in another form, 1 are absent, " +
                "1 leave the seed by this stack's settings; 2 rows failed; " +
                "2 were not tried here: the row says what proves it",
        );
        expect(rows.slice(6).flatMap(({ remarks }) => remarks)).to.deep.equal([
            "not tried here: npm run test:chart renders the chart",
            "not tried here: npm run test:e2e",
        ]);
        expect(rows.flatMap(({ failures }) => failures)).to.deep.equal([
            "wrong",
            "a check of it passes: take away what marks it as absent, if it holds",
        ]);
    });

    it("says which rows leave the seed by a setting, and fails none for it", async () => {
        const { rows, wrong } = await tableWith({ backendReplicas: "2" });
        expect(wrong).to.deep.equal([]);
        expect(leaving(rows)).to.deep.equal([
            "Replicas: 1 (configurable via Helm)",
            "backend Deployment manages the backend pod (1 replica)",
            "backend: 250m/500m CPU, 256Mi/512Mi RAM, 1 replica",
            "Total: 500m/1000m CPU, 512Mi/1024Mi RAM, 2 replicas",
            "Fits within 2GB RAM / 2 CPU cores (with overhead for Kubernetes system components)",
            "Total resource usage fits within Minikube constraints",
        ]);
        const [first] = rows.filter(({ state }) => state === "leaves the seed");
        expect(first?.remarks).to.include("leaves the seed: backendReplicas is 2 instead of 1");
    });

    it("does so for every setting that the seed has a number or a name for", async () => {
        const own = {
            namespace: "habits",
            imagePullPolicy: "Never",
            configMapName: "other-config",
            secretName: "other-secrets",
            apiUrl: "http://elsewhere:8000",
            frontendNodePort: "30081",
            databaseMemoryRequest: "200Mi",
            ...Object.fromEntries(
                ["backend", "frontend"].flatMap((tier) =>
                    Object.entries({
                        ...{ Replicas: "2", MaxReplicas: "3", ServicePort: "8080" },
                        ...{ ImageName: "other", ImageTag: "v2", BaseImage: "other/python:3.13" },
                        ...{ CpuRequest: "300m", CpuLimit: "1" },
                        ...{ MemoryRequest: "300Mi", MemoryLimit: "1Gi" },
                        ...{ LivenessPeriodSeconds: "11", LivenessInitialDelaySeconds: "31" },
                        ...{ ReadinessPeriodSeconds: "6", ReadinessInitialDelaySeconds: "11" },
                    }).map(([key, value]) => [`${tier}${key}`, value]),
                ),
            ),
            backendServiceType: "NodePort",
        };
        const { rows, wrong } = await tableWith(own);
        expect(wrong).to.deep.equal([]);
        expect(leaving(rows)).to.have.length(40);
        const other = await tableWith({ frontendServiceType: "ClusterIP" });
        expect(other.wrong).to.deep.equal([]);
        expect(leaving(other.rows)).to.have.length(3);
    });

    it("looks at the Secret that somebody made, where the stack has such a one", async () => {
        const { name, namespace } = MADE_BY_HAND;
        const live = fakeLive(await recordStack({ namespace, existingSecret: name }));
        const rows = await tableOf(stack, live);
        expect(rows.flatMap(({ failures }) => failures)).to.deep.equal([]);
        expect(leaving(rows)).to.deep.equal(["Secret: habit-tracker-secrets"]);
        // which may lack an entry
        const { JWT_SECRET, ...data } = live.object("Secret", name).data ?? {};
        expect(JWT_SECRET).not.to.be.undefined;
        const object: LiveStack["object"] = (kind, of) =>
            of === name ? { ...live.object(kind, of), data } : live.object(kind, of);
        const row = statementOf("Data (base64 encoded): JWT_SECRET");
        expect(await isWrong(row, { ...live, object })).to.be.true;
    });

    const BASE = () => statementOf("Base Image: python", "Backend");
    /** Whether a statement's check fails on a cluster. */
    const isWrong = ({ live = () => undefined }: Statement, changed: LiveStack) =>
        fails(live, changed);
    const withVersion = (on: LiveStack, version: string): LiveStack => ({
        ...on,
        exec: async (tier, ...command) =>
            command.join(" ").includes("platform") ? version : on.exec(tier, ...command),
    });

    it("takes no other Python than the seed's where the official image is in use", async () => {
        const live = fakeLive(stack);
        expect(await isWrong(BASE(), withVersion(live, "3.12.12"))).to.be.false;
        for (const version of ["3.13.5", "3.19.0", "3.1.2", "3.120.1"]) {
            expect(await isWrong(BASE(), withVersion(live, version)), version).to.be.true;
        }
        const alpine: LiveStack = { ...live, exec: async () => "3.12.12\nID=alpine" };
        expect(await isWrong(BASE(), alpine)).to.be.true;
    });

    it("counts the closed network's stand-in as what leaves the seed, and compares it too", async () => {
        const own = { backendBaseImage: "closed-network/python:3.13-trixie" };
        const { rows, wrong } = await tableWith(own);
        expect(wrong).to.deep.equal([]);
        expect(leaving(rows)).to.deep.equal([
            "Base Image: python:3.12-slim (pinned version)",
            "Layers: 1. Base image (python:3.12-slim)",
        ]);
        const live = fakeLive(await recordStack(own));
        expect(await isWrong(BASE(), withVersion(live, "3.12.12"))).to.be.true;
    });

    it("finds no layers of a base that Docker does not have", async () => {
        const layers = statementOf("1. Base image (python");
        const live = fakeLive(stack);
        // BuildKit: what the official image says of itself is left
        const built: LiveStack = { ...live, base: () => undefined };
        expect(await isWrong(layers, built)).to.be.false;
        const contents: LiveStack["contents"] = (tier) => ({ ...live.contents(tier), env: [] });
        expect(await isWrong(layers, { ...built, contents })).to.be.true;
        const closed = fakeLive(await recordStack({ backendBaseImage: "own/base:1" }));
        expect(await isWrong(layers, { ...closed, base: () => undefined })).to.be.true;
    });

    it("finds a secret in a layer, and does not believe a search that finds nothing", async () => {
        const secrets = statementOf("no secrets embedded in layers", "Frontend");
        const live = fakeLive(stack);
        const { data = {} } = live.object("Secret", "habit-tracker-secrets");
        const password = new URL(data["DATABASE_URL"] ?? "").password;
        for (const [found, given] of [
            ["root:x:0:0:\r\n", false],
            ["", true],
            [`root:x:0:0:\r\n${password}\r\n`, true],
        ] as const) {
            const node: LiveStack["node"] = async (command) =>
                command.includes("docker save") ? found : live.node(command);
            expect(await isWrong(secrets, { ...live, node })).to.equal(given);
        }
        // the command itself, on texts instead of layers
        const search = searchLayers(
            "printf '\\0root:x:0:0:root\\nkey=hunter2hunter2\\n'",
            "printf 'hunter2hunter2\\nnot-there\\n'",
        );
        const { stdout } = await execa("sh", ["-c", search]);
        expect(stdout.split("\n")).to.deep.equal(["hunter2hunter2", "root:x:0:0:"]);
        // and the one that knows what to look for, an entry of somebody's own among it
        const environment = {
            DATABASE_URL: "postgresql://u:hunter2hunter2@h/d",
            JWT_ALGORITHM: "HS256-or-so",
            SENTRY_DSN: "https://key@host/1",
            SHORT: "1",
        };
        const list = Object.entries({ ...environment, PATH: "/usr/bin:/bin" }).map(
            ([name, value]) => `'${name}=${value}'`,
        );
        const print = printSecrets(`printf '%s\\n' ${list.join(" ")}`, { data: environment });
        const printed = await execa("sh", ["-c", print]);
        expect(printed.stdout.split("\n")).to.have.members([
            environment.DATABASE_URL,
            environment.SENTRY_DSN,
            "hunter2hunter2",
        ]);
    });

    it("tells our steps from the base's, of either builder", () => {
        for (const label of [
            "LABEL org.opencontainers.image.title=habit-tracker-backend org.opencontainers.image.version=v1.0.0",
            "/bin/sh -c #(nop)  LABEL org.opencontainers.image.description=x org.opencontainers.image.title=habit-tracker-backend",
        ]) {
            const base = ["RUN apt-get install", "LABEL org.opencontainers.image.title=python"];
            expect(ownSteps([...base, label, "COPY a"])).to.deep.equal([label, "COPY a"]);
        }
        expect(() => ownSteps(["RUN apt-get install"])).to.throw("no step");
    });
});
