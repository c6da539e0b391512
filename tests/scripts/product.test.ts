import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { browserCommand } from "../../scripts/browser.ts";
import {
    type Answers,
    MINIKUBE,
    MINIKUBE_STOPPED,
    Machine,
    PULUMI_WITHOUT_STACK,
    kubectl,
    pulumi,
    servePage,
    tier,
} from "./machine.ts";

const UP = [...tier("backend"), ...tier("frontend")];

describe("the product as it is", () => {
    let machine: Machine;
    before(async () => {
        machine = await Machine.make();
    });
    after(() => machine.remove());
    beforeEach(async () => {
        await machine.clean();
        await machine.initialized();
    });

    describe("npm run status", () => {
        /** What it says with these in the place of what is well. */
        async function status(changed: Record<string, Answers>, args: string[] = []) {
            await machine.programs({
                ...{ minikube: MINIKUBE, kubectl: kubectl(...UP), pulumi: pulumi(machine.url) },
                ...changed,
            });
            return machine.run("status", args);
        }

        it("ends with 0 where the page answers and both tiers are ready", async () => {
            const { stdout, stderr, exitCode } = await status({});
            expect(
                stdout
                    .replace(/ {2,}/g, " ")
                    .replace(/\d+ ms/, "N ms")
                    .split("\n"),
            ).to.deep.equal([
                " ✔ stack local",
                " ✔ cluster minikube runs",
                " ✔ backend 1 of 1 pod ready",
                " habit-tracker-backend-5584b56b67-5nmz4 1/1 ready, Running, 0 restarts, habit-tracker-backend:v1.0.0",
                " ✔ frontend 1 of 1 pod ready",
                " habit-tracker-frontend-5584b56b67-5nmz4 1/1 ready, Running, 0 restarts, habit-tracker-frontend:v1.0.0",
                ` ✔ page ${machine.url} answers 200 in N ms`,
            ]);
            expect({ stderr, exitCode }).to.deep.equal({ stderr: "", exitCode: 0 });
        });

        for (const [name, changed, line] of [
            [
                "a pod crashes",
                { kubectl: kubectl(...tier("backend", "crashes"), ...tier("frontend")) },
                /✖ backend +0 of 1 pod ready\n/,
            ],
            ["a tier is not there", { kubectl: kubectl(...tier("frontend")) }, /✔ frontend/],
            [
                "the page does not answer",
                { pulumi: pulumi("http://127.0.0.1:1") },
                /✖ page +http:\/\/127\.0\.0\.1:1 does not answer/,
            ],
            [
                "the way to the page is not open",
                { pulumi: pulumi("http://127.0.0.1:1", {}, { urlNeedsAccessCommand: true }) },
                /· page .* while this runs: minikube -p minikube service/,
            ],
            [
                "the cluster is stopped",
                { minikube: MINIKUBE_STOPPED },
                /✖ cluster +minikube is stopped\n/,
            ],
            ["there is no stack", { pulumi: PULUMI_WITHOUT_STACK }, /✖ stack +local is not up\n/],
        ] as const) {
            it(`ends with 1 where ${name}`, async () => {
                const { stdout, exitCode } = await status(changed);
                expect(stdout)
                    .to.match(line)
                    .and.match(/Why, and what to do: npm run doctor$/);
                expect(exitCode).to.equal(1);
            });
        }

        it("ends with 1 where the page answers with an error", async () => {
            const broken = await servePage(503);
            const { stdout, exitCode } = await status({ pulumi: pulumi(broken.url) });
            broken.server.close();
            expect(stdout).to.match(/✖ page +\S+ answers 503\n/);
            expect(exitCode).to.equal(1);
        });

        it("names another stack in the next command too", async () => {
            const { stdout } = await status({}, ["--stack", "other"]);
            expect(stdout).to.match(/what to do: npm run doctor -- --stack other$/);
        });

        it("is one JSON document with --json", async () => {
            const { stdout } = await status({}, ["--json"]);
            expect(JSON.parse(stdout)).to.deep.include({ up: true, stack: "local" });
        });
    });

    describe("npm run logs", () => {
        const inCluster = "-p minikube kubectl -- --context minikube -n default";
        const PODS = { [`${inCluster} get pods`]: { stdout: "pod/habit-tracker-backend-1" } };
        const LOGS = { [`${inCluster} logs`]: { stdout: "[pod/habit-tracker-backend-1] line" } };

        it("shows those of a tier in the stack's cluster, each line with its pod", async () => {
            await machine.programs({ minikube: { ...MINIKUBE, ...PODS, ...LOGS } });
            const { stdout, exitCode } = await machine.run("logs", ["backend", "--tail", "7"]);
            expect({ stdout, exitCode }).to.deep.equal({
                stdout: "[pod/habit-tracker-backend-1] line",
                exitCode: 0,
            });
            const selector = "app.kubernetes.io/part-of=habit-tracker,component=backend";
            expect((await machine.calls()).at(-1)).to.equal(
                `minikube ${inCluster} logs -l ${selector} --prefix --all-containers --ignore-errors --max-log-requests=30 --tail=7`,
            );
        });

        it("shows those of the whole stack, and of the containers before", async () => {
            await machine.programs({ minikube: { ...MINIKUBE, ...PODS, ...LOGS } });
            await machine.run("logs", ["--previous"]);
            expect((await machine.calls()).at(-1)).to.match(
                / logs -l app\.kubernetes\.io\/part-of=habit-tracker --prefix .* --tail=100 --previous$/,
            );
        });

        it("goes on with --follow until it is interrupted, and ends without a word", async () => {
            const following = { ...LOGS[`${inCluster} logs`], hangs: true };
            await machine.programs({
                minikube: { ...MINIKUBE, ...PODS, [`${inCluster} logs`]: following },
            });
            const command = machine.start("logs", ["--follow"]);
            await once(command.stdout, "data");
            command.kill("SIGINT");
            const { stderr, exitCode } = await command;
            expect({ stderr: stderr.trim(), exitCode }).to.deep.equal({
                stderr: "",
                exitCode: 130,
            });
            expect((await machine.calls()).at(-1)).to.match(/ --follow$/);
        });

        for (const [name, args, said] of [
            ["another tier", ["cache"], /There is no tier cache\n[^]*npm run logs --/],
            ["no number of lines", ["--tail", "all"], /--tail takes a number of lines, not all\n/],
        ] as const) {
            it(`takes for wrong usage: ${name}`, async () => {
                await machine.programs({});
                const { stderr, exitCode } = await machine.run("logs", args);
                expect(stderr).to.match(said);
                expect(exitCode).to.equal(2);
            });
        }

        for (const [name, minikube, said] of [
            [
                "there are no pods",
                { ...MINIKUBE, [`${inCluster} get pods`]: {} },
                /no pod of the stack/,
            ],
            [
                "the cluster is stopped",
                MINIKUBE_STOPPED,
                /Minikube profile "minikube" does not answer/,
            ],
            [
                "kubectl fails",
                { ...MINIKUBE, ...PODS, "": { stderr: "Forbidden", code: 1 } },
                /Forbidden\n[^]*The logs cannot be shown/,
            ],
        ] as const) {
            it(`says so where ${name}`, async () => {
                await machine.programs({ minikube });
                const { stderr, exitCode } = await machine.run("logs");
                expect(stderr).to.match(said).and.not.to.contain("    at ");
                expect(exitCode).to.equal(1);
            });
        }
    });

    describe("npm run open", () => {
        const BROWSER = { "": { stdout: "opened" } };

        it("prints the URL, and needs no browser", async () => {
            await machine.programs({ pulumi: pulumi(machine.url) });
            for (const env of [{}, { DISPLAY: ":0" }]) {
                const { stdout, stderr, exitCode } = await machine.run("open", [], env);
                expect({ stdout, stderr, exitCode }).to.deep.equal({
                    ...{ stdout: machine.url, stderr: "", exitCode: 0 },
                });
            }
        });

        it("opens it where there is a screen, and nowhere else", async () => {
            await machine.programs({ pulumi: pulumi(machine.url), "xdg-open": BROWSER });
            await machine.run("open");
            expect(await machine.calls()).not.to.include(`xdg-open ${machine.url}`);
            await machine.run("open", [], { WAYLAND_DISPLAY: "wayland-0" });
            expect(await machine.calls()).to.include(`xdg-open ${machine.url}`);
        });

        it("says that the page does not answer, and how to see why", async () => {
            await machine.programs({ pulumi: pulumi("http://127.0.0.1:1") });
            const { stdout, stderr, exitCode } = await machine.run("open");
            expect({ stdout, exitCode }).to.deep.equal({
                stdout: "http://127.0.0.1:1",
                exitCode: 0,
            });
            expect(stderr).to.contain("npm run doctor");
        });

        it("opens the way that the page needs first, as long as it runs", async () => {
            const needing = pulumi(
                machine.url,
                {},
                { urlNeedsAccessCommand: true, accessCommand: "tunnel me" },
            );
            await machine.programs({
                ...{ pulumi: needing, "xdg-open": BROWSER },
                tunnel: { me: { stdout: "forwarding", hangs: true } },
            });
            const command = machine.start("open", [], { DISPLAY: ":0" });
            let shown = "";
            command.stdout.on("data", (chunk) => (shown += String(chunk)));
            while (!(await machine.calls()).includes(`xdg-open ${machine.url}`)) {
                await sleep(100);
            }
            command.kill("SIGINT");
            expect((await command).exitCode).to.equal(130);
            expect(shown).to.contain(
                `${machine.url}, while this runs (Ctrl-C ends it): tunnel me\nforwarding`,
            );
            expect(await machine.calls()).to.include("tunnel me");
        });

        it("says that the way closed by itself", async () => {
            const needing = pulumi(
                "http://127.0.0.1:1",
                {},
                {
                    ...{ urlNeedsAccessCommand: true, accessCommand: "tunnel me" },
                },
            );
            await machine.programs({ pulumi: needing, tunnel: { me: { stderr: "no", code: 1 } } });
            const { stderr, exitCode } = await machine.run("open");
            expect(stderr).to.contain("The way to http://127.0.0.1:1 closed");
            expect(exitCode).to.equal(1);
        });

        it("says that the stack is not up", async () => {
            await machine.programs({ pulumi: PULUMI_WITHOUT_STACK });
            const { stderr, exitCode } = await machine.run("open");
            expect(stderr).to.contain("The stack local is not up").and.contain("npm run up");
            expect(exitCode).to.equal(1);
        });

        it("knows the browser of every system", () => {
            const on = (platform: NodeJS.Platform, env: NodeJS.ProcessEnv = {}) =>
                browserCommand("http://x", { platform, env });
            const windows = ["cmd.exe", ["/c", "start", "", "http://x"]];
            expect(on("darwin")).to.deep.equal(["open", ["http://x"]]);
            expect(on("linux", { WSL_DISTRO_NAME: "Ubuntu" })).to.deep.equal(windows);
            expect(on("linux", { DISPLAY: ":0" })).to.deep.equal(["xdg-open", ["http://x"]]);
            expect(on("linux")).to.equal(undefined);
        });
    });
});
