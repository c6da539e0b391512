import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { Failure } from "../../scripts/failure.ts";
import { runScript } from "../../scripts/run.ts";

describe("a shell script", () => {
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "script-test-"));
    });
    after(() => rm(folder, { recursive: true }));

    it("tells its steps without their arrows, and where it fails its last lines", async () => {
        const script = join(folder, "make.sh");
        await writeFile(script, 'seq 40\necho "==> making $1"\nexit\n');
        const heard: string[] = [];
        const failure = { what: "It could not be made", next: "once more" };
        const make = (where: string) =>
            runScript(script, where, (line) => heard.push(line), failure);
        await make("it");
        expect(heard.at(-1)).to.equal("making it");
        await writeFile(script, 'seq 40\necho "==> making $1"\nexit 3\n');
        const error: unknown = await make("it").catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(Failure).and.to.include(failure);
        const { why } = error as Failure;
        expect(why).to.match(/^10\n {3}11\n[^]*\n {3}==> making it$/);
    });
});

describe("an interrupted command", () => {
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "run-test-"));
    });
    after(() => rm(folder, { recursive: true }));

    /** Runs that as `npm run up` runs its script, interrupts it at its first line, and has what it printed then. */
    async function interrupt(script: string) {
        const file = join(folder, "command.mts");
        const module = (name: string) => JSON.stringify(join(process.cwd(), "scripts", name));
        await writeFile(
            file,
            `import { confirm } from ${module("confirm.ts")};
            import { replaceAll } from ${module("database.ts")};
            import { run } from ${module("run.ts")};
            import { runCommand } from ${module("steps.ts")};
            import { download, tools } from ${module("releases.ts")};
            await runCommand("", {}, async () => { ${script} });
            `,
        );
        const { scripts } = JSON.parse(await readFile("package.json", "utf8")) as {
            scripts: Record<string, string>;
        };
        const [program = "", ...args] = (scripts["up"] ?? "").split("&& ").at(-1)?.split(" ") ?? [];
        expect(args.at(-1)).to.equal("scripts/up.ts");
        const command = execa(program, [...args.slice(0, -1), file], {
            preferLocal: true,
            reject: false,
            timeout: 20_000,
        });
        await once(command.stdout, "data");
        command.kill("SIGINT");
        const { stdout, stderr, exitCode } = await command;
        expect(stderr).to.contain("waiting for the step to end in good order");
        return { lines: stdout.split("\n"), stderr, exitCode };
    }

    it("ends in good order, also where it was too busy to notice", async () => {
        const { lines, exitCode } = await interrupt(`
            console.log("busy");
            for (const end = Date.now() + 1000; Date.now() < end;);
            await new Promise((resolve) => setTimeout(resolve, 100));
            console.log("in good order");
        `);
        expect(lines).to.deep.equal(["busy", "in good order"]);
        expect(exitCode).to.equal(0);
    });

    it("starts no other program", async () => {
        const { lines, stderr, exitCode } = await interrupt(`
            console.log("begun");
            await new Promise((resolve) => setTimeout(resolve, 500));
            await run("echo", ["another"], { listener: console.log });
        `);
        expect(lines).to.deep.equal(["begun"]);
        expect(stderr).to.contain("Interrupted\n").and.not.to.contain("    at ");
        expect(exitCode).to.equal(130);
    });

    it("ends with that code also where it was a program that got the signal", async () => {
        const file = join(folder, "cut-off.mts");
        const steps = join(process.cwd(), "scripts");
        await writeFile(
            file,
            `import { run } from "${steps}/run.ts";
            import { runCommand } from "${steps}/steps.ts";
            await runCommand("", {}, async () => {
                await run("sh", ["-c", "kill -TERM $$"], {});
            });`,
        );
        const { stderr, exitCode } = await execa("node", ["--import=tsx", file], { reject: false });
        expect(stderr).to.contain("sh was ended by SIGTERM");
        expect(exitCode).to.equal(130);
    });

    it("does nothing that was to be asked about, yes or no", async () => {
        const { lines, exitCode } = await interrupt(`
            console.log("begun");
            await new Promise((resolve) => setTimeout(resolve, 500));
            await confirm(["do it"], { yes: true, command: "" });
            console.log("done");
        `);
        expect(lines).to.deep.equal(["begun"]);
        expect(exitCode).to.equal(130);
    });

    it("leaves a database as it is", async () => {
        const { lines, exitCode } = await interrupt(`
            console.log("begun");
            await new Promise((resolve) => setTimeout(resolve, 500));
            await replaceAll({ exec: () => console.log("replaced") }, "a.dump");
        `);
        expect(lines).to.deep.equal(["begun"]);
        expect(exitCode).to.equal(130);
    });

    it("gives a download up", async () => {
        const server = createServer().listen(0, "127.0.0.1");
        await once(server, "listening");
        const { port } = server.address() as AddressInfo;
        const { stderr, exitCode } = await interrupt(`
            const [tool] = await tools();
            setTimeout(() => console.log("under way"), 500);
            await download({ ...tool, url: "http://127.0.0.1:${port}/" }, ${JSON.stringify(folder)});
        `);
        server.closeAllConnections();
        server.close();
        expect(stderr).to.contain("Interrupted\n").and.not.to.contain("    at ");
        expect(exitCode).to.equal(130);
    }).timeout(15_000);
});
