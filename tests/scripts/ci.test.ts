import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";

describe(".ci/run", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "ci-run-"));
    });
    afterEach(() => rm(folder, { recursive: true }));

    /** Its last line and its exit code, where `npm run test` and `npm run test:e2e` print these, and the third command that. */
    async function counted(
        test: string,
        e2e: string,
        code = 0,
        openNetwork = "",
    ): Promise<{ line: string; code: number | undefined }> {
        await writeFile(join(folder, "test"), test);
        await writeFile(join(folder, "test:e2e"), e2e);
        await writeFile(join(folder, "test:open-network"), openNetwork);
        const npm = `#!/bin/sh\ncat "${folder}/$2"\nexit ${code}\n`;
        await writeFile(join(folder, "npm"), npm, { mode: 0o755 });
        const { stdout, exitCode } = await execa("bash", [".ci/run"], {
            env: { PATH: `${folder}${delimiter}${process.env["PATH"]}` },
            reject: false,
        });
        return { line: stdout.split("\n").at(-1) ?? "", code: exitCode };
    }

    const MOCHA = "\n  12 passing (3s)\n";
    const PYTEST = "===== 30 passed, 1 warning in 12.34s =====\n";
    const VITEST =
        " Test Files  3 passed (3)\n      Tests  \x1b[1m\x1b[32m7 passed\x1b[39m\x1b[22m (7)\n";

    it("adds up what the runners counted", async () => {
        expect(await counted(MOCHA + PYTEST + VITEST, "  5 passing (1m)\n")).to.deep.equal({
            line: "54 passed, 0 failed",
            code: 0,
        });
        expect((await counted(MOCHA, MOCHA, 0, MOCHA)).line).to.contain("36 ");
        expect((await counted("30 passed in 2.5s\n", "  5 passing (1m)\n")).line).to.contain("35 ");
    });

    it("counts a run inside of a test as that test", async () => {
        const inside = VITEST.replaceAll(/^/gm, "      | ");
        const { line } = await counted(VITEST, `${inside}    ✔ passes them\n\n  5 passing (1m)\n`);
        expect(line).to.equal("12 passed, 0 failed");
    });

    it("counts nothing else that happens to read alike", async () => {
        const other =
            "158 statements: 3 errors in 2.0s of 40 passed\nbuilt, 2 errors fixed in 3.1s\n";
        expect((await counted(MOCHA, other)).line).to.equal("12 passed, 0 failed");
    });

    it("fails with a failure, with a skipped test, and without any test", async () => {
        const failing = await counted(`${MOCHA}  2 failing\n`, MOCHA, 1);
        expect(failing).to.deep.equal({ line: "24 passed, 2 failed", code: 1 });
        const skipped = await counted(`${MOCHA}  1 pending\n`, MOCHA);
        expect(skipped).to.deep.equal({ line: "24 passed, 0 failed, 1 skipped", code: 1 });
        expect((await counted("", "")).code).to.equal(1);
        // a step that ends badly and counts nothing, such as a type error
        expect((await counted(MOCHA, "", 1)).line).to.equal("12 passed, 1 failed");
    });
});
