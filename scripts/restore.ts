// Replaces the stack's data by that of a file. `npm run restore -- --help` says how.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { confirm } from "./confirm.ts";
import {
    type Database,
    countRows,
    knownRevisions,
    openDatabase,
    replaceAll,
    restartBackend,
} from "./database.ts";
import {
    type DumpContents,
    dataRows,
    defaultFile,
    describeRows,
    fetchScheduled,
    readDump,
    verifyChecksum,
    writeDump,
} from "./dump.ts";
import { Failure } from "./failure.ts";
import { runCommand } from "./steps.ts";

const USAGE = `Replaces all data of the stack's database by that of a dump, all or nothing, after a backup of what is there.

    npm run restore -- FILE [--stack NAME] [--yes] [--unverified]

    FILE            a dump of npm run backup, or scheduled:NAME for one of npm run backup -- --list
    --stack NAME    the stack whose data to replace (default: local)
    --yes           do not ask
    --unverified    take a dump without the checksum FILE.sha256
`;

/** Refuses a dump that the running backend could not work with. */
async function refuseForeign(
    database: Database,
    file: string,
    { revision }: DumpContents,
): Promise<void> {
    if (revision === undefined) {
        throw new Failure(
            `${file} is no dump of the habit tracker`,
            "It says nothing of its schema's version (the table alembic_version).",
            "take one that npm run backup wrote",
        );
    }
    const known = await knownRevisions(database);
    if (known === undefined) {
        console.log(
            `The backend does not run, so whether it knows the schema ${revision} of the dump cannot be told.`,
        );
    } else if (!known.includes(revision)) {
        throw new Failure(
            `${file} has the schema of a newer version of the habit tracker`,
            `Its schema is ${revision}; the running backend knows ${known.reverse().join(", ")}.`,
            "npm run up with that version, then this again",
        );
    }
}

/** What a scheduled dump's name begins with. */
const SCHEDULED = "scheduled:";

interface Options {
    stack: string;
    yes: boolean;
    unverified: boolean;
}

async function main(options: Options, operand: string): Promise<void> {
    const project = dirname(import.meta.dirname);
    const database = await openDatabase(project, options.stack);
    const backup = defaultFile(project, options.stack, new Date());
    if (!operand.startsWith(SCHEDULED)) {
        const file = resolve(operand);
        await restore(database, { file, name: file }, backup, options);
        return;
    }
    const folder = await mkdtemp(join(tmpdir(), "habit-tracker-restore-"));
    try {
        const file = await fetchScheduled(database, operand.slice(SCHEDULED.length), folder);
        await restore(database, { file, name: operand }, backup, options);
    } finally {
        await rm(folder, { recursive: true });
    }
}

/** Replaces what is there by a dump, called by the name that the user gave it; `backup` is where that goes. */
async function restore(
    database: Database,
    { file, name }: { file: string; name: string },
    backup: string,
    options: Options,
): Promise<void> {
    if (!existsSync(file)) {
        throw new Failure(`${file} is not there`, "It is to be restored.", "ls .local/backups");
    }
    if (!options.unverified) {
        await verifyChecksum(file);
    }
    const contents = await readDump(database, file);
    await refuseForeign(database, file, contents);

    const present = dataRows(await countRows(database));
    await confirm(
        [
            ...(present > 0 ? [`write the ${present} rows that are there to ${backup}`] : []),
            `replace them by the ${dataRows(contents.rows)} rows of ${name}`,
            "start the backend's pods anew",
        ],
        { yes: options.yes, command: "the same command with --yes" },
    );
    if (present > 0) {
        await writeDump(database, backup);
    }
    await replaceAll(database, file);
    await restartBackend(database);
    console.log(`Restored from ${name}, rows by table:

${describeRows(contents.rows)}
${present > 0 ? `\nWhat was there before: npm run restore -- ${backup}` : ""}`);
}

await runCommand(USAGE, { yes: false, unverified: false }, main, "FILE");
