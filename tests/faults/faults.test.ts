// Faults on a real Minikube under load. Each case is one of the tables below, run by its name with mocha's grep:
//     npm run test:faults -- -g SIGKILL
// WRITE_RESULTS=1 writes the lines of what was tried into RESULTS.md; FAULTS_FORM=short repeats less.
import { expect } from "chai";
import { Installation } from "../e2e/installation.ts";
import { CASES } from "./cases.ts";
import { CHECKS } from "./clusters.ts";
import { type CheckResult, writeResults } from "./report.ts";
import { type Result, expectToHold, tryFault } from "./trial.ts";

const PLACE = { profile: "habit-tracker-faults", namespace: "habit-tracker-faults" };

describe("faults on a real Minikube under load", () => {
    let installation: Installation;
    let url: string;
    let plugins: string;
    const results: Result[] = [];
    const checks: CheckResult[] = [];

    before(async () => {
        installation = await Installation.make(PLACE);
        const output = await installation.npm("up", "--", "--yes", "--memory", "2g");
        plugins = output.includes("stand-ins") ? "stand-ins for the plugins" : "the real plugins";
        url = (await installation.shell("pulumi stack output url")).trim();
    });
    after(async () => {
        if (process.env["WRITE_RESULTS"]) {
            const titles = {
                cases: Object.values(CASES).flatMap((faults) => faults.map(({ title }) => title)),
                checks: CHECKS.map(({ title }) => title),
            };
            await writeResults(titles, results, checks, plugins);
        }
        await installation.remove();
    });
    // what a failed case left behind must not fail the next one
    afterEach(async function () {
        if (this.currentTest?.state === "failed") {
            await installation.npm("up", "--", "--yes");
        }
    });

    for (const [group, faults] of Object.entries(CASES)) {
        describe(group, () => {
            for (const fault of faults) {
                it(fault.title, async () => {
                    const result = await tryFault(installation, url, fault);
                    results.push(result);
                    expectToHold(result);
                });
            }
            // a case may lose what an earlier one wrote
            it("and all that was acknowledged so far is there", async () => {
                const lost = await Promise.all(results.map(({ load }) => load.lost()));
                expect(lost.flat()).to.deep.equal([]);
            });
        });
    }

    describe("clusters", () => {
        for (const { title, bar, run } of CHECKS) {
            it(title, async () => {
                const result: CheckResult = { title, bar, verdict: "**missed**" };
                checks.push(result);
                result.verdict = `holds: ${await run(installation)}`;
                console.log(`      ${result.verdict}`);
            });
        }
    });
});
