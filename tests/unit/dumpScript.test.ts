// Apart from backups.test.ts: execa makes mocha load a file in another way, and with it a second instance of the harness.
import { mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { DUMP_SCRIPT } from "../../components/backups.ts";

describe("the script of a scheduled backup", () => {
    let folder: string;
    let programs: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "backups-test-"));
        programs = await mkdtemp(join(tmpdir(), "backups-test-bin-"));
        await writeFile(join(programs, "password"), "secret");
        // writes what it connects with, so that the test sees it
        await program("pg_dump", 'echo "$PGPASSWORD" > "${5#--file=}"');
        await program("pg_restore", 'grep -q secret "$2"');
    });
    afterEach(async () => {
        await rm(folder, { recursive: true });
        await rm(programs, { recursive: true });
    });

    const program = (name: string, script: string) =>
        writeFile(join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const run = () =>
        execa("sh", ["-c", DUMP_SCRIPT], {
            cwd: folder,
            env: {
                PATH: `${programs}${delimiter}${process.env["PATH"]}`,
                PASSWORD_FILE: join(programs, "password"),
                KEEP: "2",
            },
            reject: false,
        });
    const dumps = async () =>
        (await readdir(folder)).filter((name) => name.endsWith(".dump")).sort();
    const makeOld = async () => {
        const names = [1, 2, 3].map((day) => `habit-tracker-2020010${day}T030000Z.dump`);
        for (const name of names.flatMap((old) => [old, `${old}.sha256`])) {
            await writeFile(join(folder, name), "old");
        }
        return names;
    };

    it("writes a dump for its owner alone, with a checksum that sha256sum reads", async () => {
        expect((await run()).exitCode).to.equal(0);
        const [name = ""] = await dumps();
        expect(name).to.match(/^habit-tracker-\d{8}T\d{6}Z\.dump$/);
        expect(await readFile(join(folder, name), "utf8")).to.equal("secret\n");
        expect((await stat(join(folder, name))).mode & 0o777).to.equal(0o600);
        await execa("sha256sum", ["--check", "--strict", `${name}.sha256`], { cwd: folder });
    });

    it("keeps the newest, with their checksums, and lets other files be", async () => {
        const [, , newest] = await makeOld();
        await writeFile(join(folder, "notes.txt"), "");
        await run();
        const left = await dumps();
        expect(left).to.have.length(2);
        expect(left[0]).to.equal(newest);
        expect(await readdir(folder)).to.have.members([
            ...["notes.txt", ...left, ...left.map((name) => `${name}.sha256`)],
        ]);
    });

    for (const [what, name, script] of [
        ["cannot be made", "pg_dump", 'echo half > "${5#--file=}"; exit 1'],
        ["cannot be read back", "pg_restore", "exit 1"],
    ] as const) {
        it(`deletes nothing when a dump ${what}, and leaves none of it`, async () => {
            const old = await makeOld();
            await program(name, script);
            expect((await run()).exitCode).to.equal(1);
            expect(await readdir(folder)).to.have.members(
                old.flatMap((dump) => [dump, `${dump}.sha256`]),
            );
        });
    }

    it("removes what a run left that was killed, and nothing of one that runs", async () => {
        await writeFile(join(folder, "killed.dump.part"), "");
        await writeFile(join(folder, "running.dump.part"), "");
        const hourAgo = new Date(Date.now() - 3_600_000);
        await utimes(join(folder, "killed.dump.part"), hourAgo, hourAgo);
        await run();
        const left = (await readdir(folder)).filter((name) => name.endsWith(".part"));
        expect(left).to.deep.equal(["running.dump.part"]);
    });
});
