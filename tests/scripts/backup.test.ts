import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { type Database, countRows, knownRevisions, replaceAll } from "../../scripts/database.ts";
import {
    dataRows,
    defaultFile,
    describeRows,
    fetchScheduled,
    listScheduled,
    readDumpContents,
    readDump,
    verifyChecksum,
    writeDump,
} from "../../scripts/dump.ts";
import { Failure } from "../../scripts/failure.ts";

/** What pg_restore prints of a dump, with rows that look like SQL. */
const SQL = String.raw`SET search_path = '';
COPY public.users (id, name) FROM stdin;
1	a
2	COPY public.users (id) FROM stdin;
\.
COPY public.alembic_version (version_num) FROM stdin;
0002
\.
COPY other."odd name" (id) FROM stdin;
\.
SELECT 1;`;

async function* lines(text: string): AsyncIterable<string> {
    yield* text.split("\n");
}

const refusal = async (attempt: Promise<unknown>): Promise<string> => {
    const error = await attempt.then(
        () => undefined,
        (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(Failure);
    return (error as Failure).message;
};

describe("a dump", () => {
    it("tells its rows by table, and its schema's version", async () => {
        const { rows, revision } = await readDumpContents(lines(SQL));
        expect([...rows]).to.deep.equal([
            ["users", 2],
            ["alembic_version", 1],
            ['other."odd name"', 0],
        ]);
        expect(revision).to.equal("0002");
        expect(dataRows(rows)).to.equal(2);
        expect(describeRows(new Map([["users", 2]]))).to.equal("    users         2");
    });

    it("has a name that sorts by age", () => {
        const file = defaultFile("/clone", "local", new Date("2026-01-02T03:04:05.678Z"));
        expect(file).to.equal("/clone/.local/backups/local-20260102T030405Z.dump");
    });
});

/** This machine as the database's pod, with stand-ins for PostgreSQL's programs: a dump is SQL that ends with END. */
describe("backup and restore", () => {
    let folder: string;
    let file: string;
    let database: Database;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "backup-test-"));
        file = join(folder, "a.dump");
        const options = {
            env: {
                PATH: `${folder}${delimiter}${process.env["PATH"]}`,
                FOLDER: folder,
                POSTGRES_USER: "user",
                POSTGRES_DB: "db",
            },
            reject: false as const,
        };
        database = {
            volume: "default/habit-tracker-database",
            exec: (script, input) => execa("sh", ["-c", script], { ...options, ...input }),
            stream: (script, input) =>
                execa("sh", ["-c", script], {
                    ...options,
                    ...(input ?? { stdin: "ignore" as const }),
                    buffer: { stdout: false },
                }),
            kubectl: () => Promise.resolve({ exitCode: 0, stdout: "0002\n0001", stderr: "" }),
        };
        await program("pg_dump", `cat "$FOLDER/sql"`);
        await program(
            "pg_restore",
            `cat > "$FOLDER/archive"; grep -v '^END$' "$FOLDER/archive"
             tail -n 1 "$FOLDER/archive" | grep -qx END || { echo 'pg_restore: error: end of file' >&2; exit 1; }`,
        );
        await writeFile(join(folder, "sql"), `${SQL}\nEND\n`);
    });
    afterEach(() => rm(folder, { recursive: true }));

    const program = (name: string, script: string) =>
        writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

    it("writes a file for its owner alone, with a checksum that sha256sum reads", async () => {
        const { rows } = await writeDump(database, file);
        expect(rows.get("users")).to.equal(2);
        expect(await readFile(file, "utf8")).to.equal(`${SQL}\nEND\n`);
        expect((await stat(file)).mode & 0o777).to.equal(0o600);
        await execa("sha256sum", ["--check", "--strict", "a.dump.sha256"], { cwd: folder });
        await verifyChecksum(file);
    });

    it("never overwrites a file, nor what another backup is writing", async () => {
        for (const name of ["a.dump", "a.dump.sha256", "a.dump.part"]) {
            await writeFile(join(folder, name), "precious");
            expect(await refusal(writeDump(database, file))).to.contain(`${name} is there already`);
            expect(await readFile(join(folder, name), "utf8")).to.equal("precious");
            await rm(join(folder, name));
        }
    });

    for (const [what, script, message] of [
        ["cannot be made", `cat "$FOLDER/sql"; echo gone >&2; exit 1`, /does not answer\n {3}gone/],
        ["is cut off on the way", `head -c 50 "$FOLDER/sql"`, /no complete dump/],
    ] as const) {
        it(`leaves nothing of a dump that ${what}`, async () => {
            await program("pg_dump", script);
            expect(await refusal(writeDump(database, file))).to.match(message);
            expect(
                (await readdir(folder)).filter((name) => name.startsWith("a.dump")),
            ).to.deep.equal([]);
        });
    }

    it("refuses a file that is not the one of its checksum, or has none", async () => {
        await writeDump(database, file);
        await writeFile(file, `${SQL.replace("2\tCOPY", "3\tCOPY")}\nEND\n`);
        expect(await refusal(verifyChecksum(file))).to.contain("is not what was written");
        await rm(`${file}.sha256`);
        expect(await refusal(verifyChecksum(file))).to.contain("--unverified");
    });

    it("tells a bad file from a database that is away", async () => {
        await writeFile(file, "not a dump");
        expect(await refusal(readDump(database, file))).to.contain("is no complete dump");
        await program("pg_restore", "echo 'error: pod not found' >&2; exit 1");
        expect(await refusal(readDump(database, file))).to.contain("The database does not answer");
    });

    it("counts rows as psql prints them", async () => {
        await program("psql", "printf 'odd|name|3\\nusers|0\\n'");
        expect([...(await countRows(database))]).to.deep.equal([
            ["odd|name", 3],
            ["users", 0],
        ]);
    });

    it("knows which versions of the schema the backend knows, where it runs", async () => {
        expect(await knownRevisions(database)).to.deep.equal(["0002", "0001"]);
        const away = () => Promise.resolve({ exitCode: 1, stdout: "", stderr: "no pod" });
        expect(await knownRevisions({ ...database, kubectl: away })).to.equal(undefined);
    });

    describe("restoring", () => {
        /** psql: keeps each script it gets, as the last one; a transaction's ID is 42, and `status` says how it ended. */
        const psql = (status: string, more = "") =>
            program(
                "psql",
                `cat > "$FOLDER/script"
                 if grep -q ^BEGIN "$FOLDER/script"; then
                     cp "$FOLDER/script" "$FOLDER/transaction"; echo 42; ${more}
                 else
                     grep -qF "pg_xact_status('42')" "$FOLDER/script" && ${status}
                 fi`,
            );
        const transaction = async () =>
            (await readFile(join(folder, "transaction"), "utf8")).trim().split("\n");
        beforeEach(() => writeDump(database, file));

        it("commits after the dump's last line", async () => {
            await psql("echo committed");
            await replaceAll(database, file);
            const script = await transaction();
            expect(script[0]).to.equal("BEGIN;");
            expect(script.slice(-2)).to.deep.equal(["SELECT 1;", "COMMIT;"]);
        });

        it("does not commit what is cut off", async () => {
            await psql("echo aborted");
            await writeFile(file, SQL);
            expect(await refusal(replaceAll(database, file))).to.contain("nothing is changed");
            expect(await transaction()).not.to.include("COMMIT;");
        });

        it("says why it failed", async () => {
            await psql("echo aborted", "echo 'ERROR:  42601: syntax error' >&2; exit 3");
            expect(await refusal(replaceAll(database, file))).to.contain("42601: syntax error");
        });

        it("takes the server's word when the connection broke off", async () => {
            await psql("echo committed", "exit 137");
            await replaceAll(database, file);
        });

        it("waits for the outcome of a transaction that still runs", async () => {
            await psql(
                '{ [ -e "$FOLDER/asked" ] && echo aborted || { touch "$FOLDER/asked"; echo "in progress"; }; }',
            );
            expect(await refusal(replaceAll(database, file))).to.contain("nothing is changed");
        });

        it("says so when nobody can tell", async () => {
            await program("psql", "exit 1");
            expect(await refusal(replaceAll(database, file))).to.contain("cannot be told");
        });

        it("tries again when the tables are in use", async () => {
            await psql(
                '{ [ -e "$FOLDER/again" ] && echo committed || { touch "$FOLDER/again"; echo aborted; }; }',
                "[ -e \"$FOLDER/again\" ] || echo 'ERROR:  55P03: canceling statement' >&2",
            );
            await replaceAll(database, file);
            expect(await readdir(folder)).to.include("again");
        });
    });

    describe("scheduled dumps", () => {
        it("are listed with size and time, and fetched with their checksum", async () => {
            const answers = (script: string) => {
                switch (true) {
                    case script.includes("echo found"):
                        return "printf 'found\\nb.dump 3 1700000000\\n'";
                    case script.endsWith("b.dump.sha256"):
                        return "printf 'sum  b.dump\\n'";
                    default:
                        return "printf abc";
                }
            };
            const pod: Database = {
                ...database,
                exec: (script) => database.exec(answers(script)),
                stream: (script) => database.stream(answers(script)),
            };
            expect(await listScheduled(pod)).to.deep.equal([
                { name: "b.dump", size: 3, time: new Date("2023-11-14T22:13:20Z") },
            ]);
            const fetched = await fetchScheduled(pod, "b.dump", folder);
            expect(await readFile(fetched, "utf8")).to.equal("abc");
            expect(await readFile(`${fetched}.sha256`, "utf8")).to.equal("sum  b.dump\n");
            expect(await refusal(fetchScheduled(pod, "../etc/passwd", folder))).to.contain(
                "There are: b.dump",
            );
        });

        it("are none where no schedule was deployed", async () => {
            expect(await refusal(listScheduled(database))).to.contain("backupSchedule");
        });
    });
});
