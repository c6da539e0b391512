import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";

describe("an interrupted command", () => {
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "run-test-"));
    });
    after(() => rm(folder, { recursive: true }));

    it("ends in good order, also where it was too busy to notice", async () => {
        const file = join(folder, "busy.mts");
        await writeFile(
            file,
            `import { handleInterrupts } from ${JSON.stringify(join(process.cwd(), "scripts/run.ts"))};
            handleInterrupts();
            console.log("busy");
            for (const end = Date.now() + 1000; Date.now() < end;);
            setTimeout(() => console.log("in good order"), 100);
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
        expect(stdout).to.equal("busy\nin good order");
        expect(exitCode).to.equal(0);
    });
});
