import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DUMP, type Database, unavailable } from "./database.ts";
import { Failure } from "./failure.ts";
import { localPath } from "./local.ts";

/** What a dump holds. */
export interface DumpContents {
    /** Rows by table; tables outside the schema `public` with their schema. */
    rows: Map<string, number>;
    /** The schema's version, as the backend's migrations name it; undefined where it has none. */
    revision: string | undefined;
}

/** The table of the migrations: it holds the schema's version and nobody's data. */
const REVISIONS = "alembic_version";

/** Reads what `pg_restore --file=-` prints of a dump. */
export async function readDumpContents(lines: AsyncIterable<string>): Promise<DumpContents> {
    const rows = new Map<string, number>();
    let revision: string | undefined;
    let table: string | undefined;
    for await (const line of lines) {
        if (table === undefined) {
            table = /^COPY (?:public\.)?(.+?) \(.*\) FROM stdin;$/.exec(line)?.[1];
            if (table !== undefined) {
                rows.set(table, 0);
            }
        } else if (line === "\\.") {
            table = undefined;
        } else {
            rows.set(table, (rows.get(table) ?? 0) + 1);
            if (table === REVISIONS) {
                revision = line;
            }
        }
    }
    return { rows, revision };
}

/** All rows but those of the migrations' own table. */
export function dataRows(rows: ReadonlyMap<string, number>): number {
    return [...rows].reduce((sum, [table, count]) => sum + (table === REVISIONS ? 0 : count), 0);
}

/** Rows by table, a line each. */
export function describeRows(rows: ReadonlyMap<string, number>): string {
    const width = Math.max(...[...rows.keys()].map((table) => table.length));
    return [...rows]
        .map(([table, count]) => `    ${table.padEnd(width)} ${`${count}`.padStart(9)}`)
        .join("\n");
}

/** Where a dump of a stack goes by default: the time is UTC, so that names sort by age. */
export function defaultFile(project: string, stack: string, now: Date): string {
    const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
    return localPath(project, "backups", `${stack}-${time}.dump`);
}

/** The file beside a dump that holds its checksum, as `sha256sum --check` reads it. */
const checksumFile = (file: string) => `${file}.sha256`;

/** SHA-256 of a file, in hexadecimal. */
async function digest(file: string): Promise<string> {
    const hash = createHash("sha256");
    await pipeline(createReadStream(file), hash);
    return hash.digest("hex");
}

/**
 * Compares a dump with the checksum beside it.
 *
 * @throws Failure where they differ, or where there is none
 */
export async function verifyChecksum(file: string): Promise<void> {
    const line = await readFile(checksumFile(file), "utf8").catch(() => undefined);
    if (line === undefined) {
        throw new Failure(
            `${checksumFile(file)} is not there`,
            "Without its checksum, nobody can tell whether the dump is what was written.",
            "bring the file, or take the dump as it is with --unverified",
        );
    }
    if ((await digest(file)) !== line.slice(0, 64)) {
        throw new Failure(
            `${file} is not what was written`,
            `Its SHA-256 is not the one in ${checksumFile(file)}: the file was damaged or changed.`,
            "take another copy of it, or another dump",
        );
    }
}

/**
 * Has the database's own pg_restore read a dump from end to end: its table of contents stands at the beginning, and
 * would be found in a file that is cut off.
 *
 * @throws Failure where it is no complete dump
 */
export async function readDump(database: Database, file: string): Promise<DumpContents> {
    const child = database.stream("exec pg_restore --file=-", { inputFile: file });
    const contents = await readDumpContents(child.iterable());
    const { exitCode, stderr } = await child;
    if (exitCode !== 0) {
        throw /pg_restore: /.test(stderr)
            ? new Failure(
                  `${file} is no complete dump`,
                  stderr.trim().split("\n")[0] ?? "",
                  "take another one, made by npm run backup or by pg_dump --format=custom",
              )
            : unavailable(stderr);
    }
    return contents;
}

/** Writes what a program prints to a new file that only its owner may read, to the disk itself. */
async function receive(from: Readable, file: string): Promise<void> {
    await pipeline(from, createWriteStream(file, { flags: "wx", mode: 0o600 }));
    const handle = await open(file);
    await handle.sync();
    await handle.close();
}

/** Where the database's pod has the scheduled dumps. */
const SCHEDULED = "/var/backups/habit-tracker";

/** A dump that the schedule made. */
export interface ScheduledDump {
    name: string;
    /** In bytes. */
    size: number;
    time: Date;
}

/**
 * The dumps that the schedule made, the newest last.
 *
 * @throws Failure where the stack has no schedule
 */
export async function listScheduled(database: Database): Promise<ScheduledDump[]> {
    const script = `[ -d ${SCHEDULED} ] || exit 0
        cd ${SCHEDULED}; echo found; ls | grep '[.]dump$' | xargs -r stat -c '%n %s %Y'`;
    const { exitCode, stdout, stderr } = await database.exec(script);
    if (exitCode !== 0) {
        throw unavailable(stderr);
    }
    const [found, ...lines] = stdout.split("\n");
    if (found !== "found") {
        throw new Failure(
            "The stack makes no scheduled dumps",
            "backupSchedule is not set, or not since the last update.",
            "pulumi config set backupSchedule '0 3 * * *' && npm run up",
        );
    }
    return lines.map((line) => {
        const [name = "", size, seconds] = line.split(" ");
        return { name, size: Number(size), time: new Date(Number(seconds) * 1000) };
    });
}

/**
 * Brings a scheduled dump to a folder of this host, with its checksum.
 *
 * @returns the file
 * @throws Failure where there is none of that name
 */
export async function fetchScheduled(
    database: Database,
    name: string,
    folder: string,
): Promise<string> {
    const dumps = await listScheduled(database);
    if (!dumps.some((dump) => dump.name === name)) {
        throw new Failure(
            `There is no scheduled dump ${name}`,
            dumps.length > 0
                ? `There are: ${dumps.map((dump) => dump.name).join(", ")}`
                : "There is none yet.",
            "npm run backup -- --list",
        );
    }
    const file = join(folder, name);
    for (const path of [file, checksumFile(file)]) {
        const child = database.stream(`exec cat ${SCHEDULED}/${basename(path)}`);
        await receive(child.stdout, path);
        const { exitCode, stderr } = await child;
        if (exitCode !== 0) {
            throw unavailable(stderr);
        }
    }
    return file;
}

/**
 * Dumps the database to a file, with its checksum in a second one. The file has its name only once it is complete and
 * can be read back.
 *
 * @throws Failure where it cannot be made, or where the file is there already
 */
export async function writeDump(database: Database, file: string): Promise<DumpContents> {
    const part = `${file}.part`;
    for (const path of [file, checksumFile(file), part]) {
        if (existsSync(path)) {
            throw new Failure(
                `${path} is there already`,
                path === part
                    ? "Another backup is writing it, or one was cut off."
                    : "A backup is never overwritten.",
                path === part ? `rm ${part}, if none is` : "npm run backup -- --to ANOTHER_FILE",
            );
        }
    }
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    try {
        const child = database.stream(DUMP);
        await receive(child.stdout, part);
        const { exitCode, stderr } = await child;
        if (exitCode !== 0) {
            throw unavailable(stderr);
        }
        const contents = await readDump(database, part);
        const line = `${await digest(part)}  ${basename(file)}\n`;
        await writeFile(checksumFile(file), line, { flag: "wx", mode: 0o600 });
        await rename(part, file);
        return contents;
    } finally {
        await rm(part, { force: true });
    }
}
