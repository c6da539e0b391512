import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The hash of files' names and contents, and of what else decides, in hexadecimal digits. */
export async function hashFiles(
    folder: string,
    files: readonly string[],
    ...more: readonly string[]
): Promise<string> {
    const hash = createHash("sha256").update(JSON.stringify(more));
    for (const file of [...files].sort()) {
        hash.update(`\0${file}\0`).update(await readFile(join(folder, file)));
    }
    return hash.digest("hex");
}
