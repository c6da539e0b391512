// Writes the stack's data to a file. `npm run backup -- --help` says how.
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type Database, openDatabase } from "./database.ts";
import { defaultFile, describeRows, listScheduled, writeDump } from "./dump.ts";
import { runCommand } from "./steps.ts";

const USAGE = `Writes all data of the stack's database to a file, and its checksum to FILE.sha256. Its secrets are not in it.

    npm run backup -- [--stack NAME] [--to FILE]
    npm run backup -- [--stack NAME] --list

    --stack NAME    the stack whose data to write (default: local)
    --to FILE       where to (default: .local/backups/STACK-TIME.dump)
    --list          only show the dumps that the schedule (backupSchedule) made
`;

async function list(database: Database): Promise<void> {
    const dumps = await listScheduled(database);
    for (const { name, size, time } of dumps) {
        console.log(`${name}   ${time.toISOString()}   ${bytes(size)}`);
    }
    console.log(
        dumps.length > 0
            ? "\nOne of them brings its data back: npm run restore -- scheduled:NAME"
            : "The schedule has made none yet.",
    );
}

const bytes = (count: number) => `${count.toLocaleString("en")} bytes`;

async function main(options: { stack: string; to: string; list: boolean }): Promise<void> {
    const project = dirname(import.meta.dirname);
    const database = await openDatabase(project, options.stack);
    if (options.list) {
        await list(database);
        return;
    }
    const file = options.to ? resolve(options.to) : defaultFile(project, options.stack, new Date());
    const { rows } = await writeDump(database, file);
    const { size } = await stat(file);
    console.log(`${file}, ${bytes(size)}, rows by table:

${describeRows(rows)}

It brings them back: npm run restore -- ${file}`);
}

await runCommand(USAGE, { to: "", list: false }, main);
