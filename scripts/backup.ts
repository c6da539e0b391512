// Writes the stack's data to a file. `npm run backup -- --help` says how.
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { openDatabase } from "./database.ts";
import { defaultFile, describeRows, writeDump } from "./dump.ts";
import { runCommand } from "./steps.ts";

const USAGE = `Writes all data of the stack's database to a file, and its checksum to FILE.sha256. Its secrets are not in it.

    npm run backup -- [--stack NAME] [--to FILE]

    --stack NAME    the stack whose data to write (default: local)
    --to FILE       where to (default: .local/backups/STACK-TIME.dump)
`;

async function main(options: { stack: string; to: string }): Promise<void> {
    const project = dirname(dirname(fileURLToPath(import.meta.url)));
    const database = await openDatabase(project, options.stack);
    const file = options.to ? resolve(options.to) : defaultFile(project, options.stack, new Date());
    const { rows } = await writeDump(database, file);
    const { size } = await stat(file);
    console.log(`${file}, ${size.toLocaleString("en")} bytes, rows by table:

${describeRows(rows)}

It brings them back: npm run restore -- ${file}`);
}

await runCommand(USAGE, { to: "" }, main);
