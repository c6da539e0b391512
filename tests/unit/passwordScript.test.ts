// Apart from program.test.ts: execa makes mocha load a file in another way, and with it a second instance of the harness.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { execa } from "execa";
import { SYNC_PASSWORD } from "../../components/database.ts";

describe("the script that has PostgreSQL know its password", () => {
    let folder: string;
    const file = (name: string) => join(folder, name);
    const lines = async (name: string) =>
        (await readFile(file(name), "utf8")).split("\n").slice(0, -1);

    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "password-test-"));
        await writeFile(file("password"), "first");
        await Promise.all(
            ["set", "psql-arguments", "watcher"].map((name) => writeFile(file(name), "")),
        );
        // fails while there is a file of that name
        await writeFile(
            file("psql"),
            `#!/bin/sh\n[ ! -e ${file("down")} ] && cat > ${file("sql")} && echo "$PASSWORD" >> ${file("set")} && echo "$*" >> ${file("psql-arguments")}\n`,
            { mode: 0o755 },
        );
        await writeFile(file("sleep"), "#!/bin/sh\nexec /bin/sleep 0.05\n", { mode: 0o755 });
    });
    afterEach(async () => {
        const [watcher] = await lines("watcher");
        await rm(folder, { recursive: true });
        if (watcher !== undefined) {
            process.kill(Number(watcher), "SIGKILL");
        }
    });

    /** Runs the script, and then more of the same shell. What that prints. */
    async function run(more: string): Promise<string> {
        const { stdout } = await execa("sh", ["-c", `${SYNC_PASSWORD}\n${more}`], {
            env: {
                PATH: `${folder}${delimiter}${process.env["PATH"]}`,
                POSTGRES_PASSWORD_FILE: file("password"),
                POSTGRES_USER: "habit_tracker",
                POSTGRES_DB: "habits",
            },
            timeout: 10_000,
        });
        return stdout;
    }
    /** As Kubernetes does, which waits for its end and the end of its output; the watcher goes on. */
    const start = () => run(`echo $! > ${file("watcher")}`);
    /** Long enough for many looks at the file. */
    const someLooks = () => sleep(1000);

    it("sets it at the start, and again when the Secret's file changes, once each", async () => {
        await start();
        expect(await lines("set")).to.deep.equal(["first"]);
        expect(await lines("psql-arguments")).to.deep.equal(["-qX -U habit_tracker -d habits"]);
        // a statement that fails is no success, and none of it gets into the server's log
        expect(await lines("sql")).to.deep.equal([
            "SET log_min_error_statement = panic;",
            "SET log_statement = none;",
            "\\set ON_ERROR_STOP on",
            "\\getenv password PASSWORD",
            "ALTER ROLE CURRENT_USER PASSWORD :'password';",
        ]);
        await writeFile(file("password"), "second");
        await someLooks();
        expect(await lines("set")).to.deep.equal(["first", "second"]);
    });

    it("tries again where the server does not take it", async () => {
        await start();
        await writeFile(file("down"), "");
        await writeFile(file("password"), "second");
        await someLooks();
        expect(await lines("set")).to.deep.equal(["first"]);
        await rm(file("down"));
        await someLooks();
        expect(await lines("set")).to.deep.equal(["first", "second"]);
    });

    it("takes no empty one, nor a file that is not there", async () => {
        await start();
        await writeFile(file("password"), "");
        await someLooks();
        await rm(file("password"));
        await someLooks();
        expect(await lines("set")).to.deep.equal(["first"]);
        await writeFile(file("password"), "second");
        await someLooks();
        expect(await lines("set")).to.deep.equal(["first", "second"]);
    });

    it("ends well when it is ended: its parent is PostgreSQL, which takes anything else for a crash", async () => {
        const end = "watcher=$!; /bin/sleep 0.3; kill $watcher; wait $watcher; echo ended with $?";
        expect(await run(end)).to.equal("ended with 0");
    });
});
