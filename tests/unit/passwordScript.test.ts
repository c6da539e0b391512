// Apart from program.test.ts: execa makes mocha load a file in another way, and with it a second instance of the harness.
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { execa } from "execa";
import { SYNC_PASSWORD } from "../../components/database.ts";

describe("the script that has PostgreSQL know its password", () => {
    let folder: string;
    let watcher: number;
    const file = (name: string) => join(folder, name);
    const passwords = async () => (await readFile(file("set"), "utf8")).split("\n").slice(0, -1);

    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "password-test-"));
        await writeFile(file("password"), "first");
        await writeFile(file("set"), "");
        // fails while there is a file of that name
        await writeFile(
            file("psql"),
            `#!/bin/sh\n[ ! -e ${file("down")} ] && cat > ${file("sql")} && echo "$PASSWORD" >> ${file("set")}\n`,
            { mode: 0o755 },
        );
        await writeFile(file("sleep"), "#!/bin/sh\nexec /bin/sleep 0.05\n", { mode: 0o755 });
    });
    afterEach(async () => {
        process.kill(watcher);
        await rm(folder, { recursive: true });
    });

    /** Runs it as Kubernetes does, which waits for its end and the end of its output; the watcher goes on. */
    async function start(): Promise<void> {
        const { stdout } = await execa("sh", ["-c", `${SYNC_PASSWORD}\necho $!`], {
            env: {
                PATH: `${folder}${delimiter}${process.env["PATH"]}`,
                POSTGRES_PASSWORD_FILE: file("password"),
                POSTGRES_USER: "habit_tracker",
                POSTGRES_DB: "habit_tracker",
            },
            timeout: 10_000,
        });
        watcher = Number(stdout);
    }
    /** Long enough for many looks at the file. */
    const someLooks = () => sleep(1000);

    it("sets it at the start, and again when the Secret's file changes, once each", async () => {
        await start();
        expect(await passwords()).to.deep.equal(["first"]);
        expect(await readFile(file("sql"), "utf8")).to.contain("ALTER ROLE CURRENT_USER PASSWORD");
        await writeFile(file("password"), "second");
        await someLooks();
        expect(await passwords()).to.deep.equal(["first", "second"]);
    });

    it("tries again where the server does not take it, and never takes an empty one", async () => {
        await start();
        await writeFile(file("down"), "");
        await writeFile(file("password"), "");
        await someLooks();
        await appendFile(file("password"), "second");
        await someLooks();
        expect(await passwords()).to.deep.equal(["first"]);
        await rm(file("down"));
        await someLooks();
        expect(await passwords()).to.deep.equal(["first", "second"]);
        await rm(file("password"));
        await someLooks();
        expect(await passwords()).to.deep.equal(["first", "second"]);
    });
});
