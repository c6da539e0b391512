import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { withYes } from "../../scripts/confirm.ts";
import { execa } from "execa";

describe("the question before something is done", () => {
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "confirm-test-"));
        const module = (name: string) => JSON.stringify(join(process.cwd(), "scripts", name));
        await writeFile(
            join(folder, "ask.mts"),
            `import { confirm } from ${module("confirm.ts")};
            import { runCommand } from ${module("steps.ts")};
            setTimeout(() => process.kill(process.pid, process.env.SIGNAL ?? 0), 1000).unref();
            await runCommand("", { yes: false }, async ({ yes }) => {
                await confirm(["do it"], { yes, command: "ask --yes" });
                console.log("done");
            });
            `,
        );
    });
    after(() => rm(folder, { recursive: true }));

    /** What is shown to a person at a terminal who types that, and the exit code. */
    async function type(
        keys: string,
        wrapped = (command: string) => command,
    ): Promise<{ shown: string; exitCode: number | undefined }> {
        const command = wrapped(`node --import=tsx ${join(folder, "ask.mts")}`);
        const terminal = execa(
            "script",
            ["--quiet", "--return", "--command", command, "/dev/null"],
            {
                reject: false,
                timeout: 20_000,
            },
        );
        let shown = "";
        let asked = false;
        for await (const chunk of terminal.stdout) {
            shown += String(chunk);
            if (!asked && shown.includes("[y/N]")) {
                asked = true;
                terminal.stdin.write(keys);
            }
        }
        return { shown, exitCode: (await terminal).exitCode };
    }

    it("takes a yes, and nothing else for one", async () => {
        const yes = await type("y\r");
        expect(yes.exitCode).to.equal(0);
        expect(yes.shown).to.contain("\ndone");
        const other = await type("yesterday\r");
        expect(other.exitCode).to.equal(1);
        expect(other.shown).to.contain("Nothing was done").and.not.to.contain("\ndone");
    });

    for (const [name, keys, code] of [
        ["Ctrl-C", "\u0003", 130],
        ["Ctrl-D", "\u0004", 1],
    ] as const) {
        it(`takes ${name} for a no`, async () => {
            const { shown, exitCode } = await type(keys);
            expect(shown).to.contain("Nothing was done").and.not.to.contain("    at ");
            expect(exitCode).to.equal(code);
        });
    }

    it("takes Ctrl-C for a no where its output goes elsewhere", async () => {
        expect((await type("\u0003", (command) => `${command} | cat`)).shown).to.contain(
            "Nothing was done",
        );
    });

    it("takes a signal for a no", async () => {
        const { shown, exitCode } = await type("", (command) => `SIGNAL=SIGTERM ${command}`);
        expect(shown).to.contain("Nothing was done");
        expect(exitCode).to.equal(130);
    });

    it("is spared by the same command, with the options that it had", () => {
        const own = process.argv;
        process.argv = ["node", "down.ts", "--stack", "prod"];
        try {
            expect(withYes("down")).to.equal("npm run down -- --stack prod --yes");
        } finally {
            process.argv = own;
        }
    });
});
