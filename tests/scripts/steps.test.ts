import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";

const module = (name: string) => JSON.stringify(join(process.cwd(), "scripts", name));

describe("a command", () => {
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "steps-test-"));
    });
    after(() => rm(folder, { recursive: true }));

    /** Runs a command whose body that is. */
    async function command(body: string, args: string[], operand?: string) {
        const file = join(folder, "command.mts");
        await writeFile(
            file,
            `import { Failure } from ${module("failure.ts")};
            import { runCommand } from ${module("steps.ts")};
            await runCommand("How to use it", { tail: "10" }, async (options, operand) => { ${body} },
                ${JSON.stringify(operand)});
            `,
        );
        return execa("node", ["--import=tsx", file, ...args], { reject: false });
    }

    it("ends with 0 where it did what was asked", async () => {
        const { exitCode, stdout } = await command(
            "console.log(options.tail, options.stack, operand)",
            ["--tail", "3"],
        );
        expect({ exitCode, stdout }).to.deep.equal({ exitCode: 0, stdout: "3 local " });
    });

    it("ends with 1 where there is something to mend, with a stack trace where nobody foresaw it", async () => {
        const failure = await command('throw new Failure("What", "why", "next")', []);
        expect(failure.exitCode).to.equal(1);
        expect(failure.stderr.trim()).to.equal("What\n   why\n   Mend it: next");
        const surprise = await command('throw new Error("surprise")', []);
        expect(surprise.exitCode).to.equal(1);
        expect(surprise.stderr).to.match(/surprise\n\s+at /);
    });

    for (const [name, args, operand] of [
        ["an option that it does not have", ["--wrong"], undefined],
        ["an option without its value", ["--tail"], undefined],
        ["an argument that it does not take", ["what"], undefined],
        ["no argument where it takes one", [], "FILE"],
        ["two arguments where it takes one", ["a", "b"], "FILE"],
        ["two arguments where it takes one or none", ["a", "b"], "[TIER]"],
    ] as const) {
        it(`ends with 2 and its usage, and does nothing: ${name}`, async () => {
            const { exitCode, stdout, stderr } = await command(
                'console.log("done")',
                [...args],
                operand,
            );
            expect({ exitCode, stdout }).to.deep.equal({ exitCode: 2, stdout: "" });
            expect(stderr).to.contain("How to use it").and.not.to.contain("    at ");
        });
    }

    it("takes an argument that may be left out", async () => {
        const shown = async (...args: string[]) =>
            (await command("console.log(`<${operand}>`)", args, "[TIER]")).stdout;
        expect(await shown()).to.equal("<>");
        expect(await shown("backend")).to.equal("<backend>");
    });

    it("says for --help how it is used and what its exit codes mean", async () => {
        const { exitCode, stdout } = await command('console.log("done")', ["--help"], "FILE");
        expect(exitCode).to.equal(0);
        expect(stdout).to.match(/^How to use it\n/);
        expect(stdout)
            .to.match(/Exit code: 0 done; 1 [^;]+; 2 wrong usage;\n130 interrupted/)
            .and.not.to.contain("done\n\n");
    });
});

describe("the commands of npm run", () => {
    it("say how they are used, with their own name and the stack", async () => {
        const { scripts } = JSON.parse(await readFile("package.json", "utf8")) as {
            scripts: Record<string, string>;
        };
        const sources = (await readdir("scripts")).filter((file) => file.endsWith(".ts"));
        const commands: string[] = [];
        for (const file of sources) {
            if (/^await runCommand\(/m.test(await readFile(join("scripts", file), "utf8"))) {
                commands.push(file.replace(/\.ts$/, ""));
            }
        }
        expect(commands).to.include.members(["up", "down", "secrets"]);
        await Promise.all(
            commands.map(async (name) => {
                expect(scripts[name], name).to.equal(
                    `node scripts/dependencies.mjs && node --import=tsx scripts/${name}.ts`,
                );
                const { stdout } = await execa("node", [
                    "--import=tsx",
                    join("scripts", `${name}.ts`),
                    "--help",
                ]);
                expect(stdout)
                    .to.contain(`    npm run ${name} -- `)
                    .and.contain("    --stack NAME ");
            }),
        );
    });
});

describe("the list of steps", () => {
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "list-test-"));
        await writeFile(
            join(folder, "list.mts"),
            `import { setTimeout as sleep } from "node:timers/promises";
            import { Listr } from ${JSON.stringify(import.meta.resolve("listr2"))};
            import { STEPS } from ${module("steps.ts")};
            await new Listr([
                { title: "short", task: () => sleep(500) },
                { title: "long", task: () => sleep(2600) },
            ], STEPS).run();
            `,
        );
    });
    after(() => rm(folder, { recursive: true }));

    /** What is written, to a pipe or to a terminal of 100 columns. */
    async function shown(to: "pipe" | "terminal", env: Record<string, string> = {}) {
        const command = `node --import=tsx ${join(folder, "list.mts")}`;
        const options = { env: { CI: "", TERM: "xterm", ...env } };
        const { stdout } =
            to === "pipe"
                ? await execa(command, { ...options, shell: true })
                : await execa(
                      "script",
                      ["-qec", `stty cols 100 rows 30; ${command}`, "/dev/null"],
                      options,
                  );
        return stdout;
    }
    const ESCAPE = "\u001b[";
    const COLOUR = /\[3\dm/;

    it("shows on a terminal how long a step has been running, and how long it took", async () => {
        const text = await shown("terminal");
        expect(text).to.match(COLOUR);
        // the first step's half second is not among the second one's
        expect(text)
            .to.match(/\S 2s\S* long/)
            .and.not.to.match(/\S [01]\S*s\S* (short|long)/);
        expect(text)
            .to.match(/ short \S*\[[\d.]+s\]/)
            .and.match(/ long \S*\[[2-9]s\]/);
    });

    it("has no colour there with NO_COLOR", async () => {
        const text = await shown("terminal", { NO_COLOR: "1" });
        expect(text).not.to.match(COLOUR);
        expect(text).to.match(/long \[[2-9]s\]/);
    });

    for (const [name, to, env] of [
        ["a pipe", "pipe", {}],
        ["a terminal that cannot draw", "terminal", { TERM: "dumb" }],
        ["a terminal of a service for CI", "terminal", { CI: "true", NO_COLOR: "1" }],
    ] as const) {
        it(`is a log of one line an event: ${name}`, async () => {
            const text = await shown(to, env);
            expect(text).not.to.contain(ESCAPE);
            // as long as they take, and as a busy machine adds to it
            const lines = text.replaceAll(/\[[\d.]+s\]/g, "[N s]").split(/\r?\n/);
            expect(lines.filter(Boolean)).to.deep.equal([
                ...["❯ short", "✔ short [N s]", "❯ long", "✔ long [N s]"],
            ]);
        });
    }
});
