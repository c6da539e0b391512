import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Failure } from "./failure.ts";

/** The folder in a clone for what belongs to this clone alone: backend, passphrase, environment, backups. Git-ignored. */
export const LOCAL = ".local";

/** A path in a clone's own folder, there or not. */
export const localPath = (project: string, ...names: readonly string[]): string =>
    join(project, LOCAL, ...names);

/**
 * Makes the folder that a file of a clone's own folder is to be in.
 *
 * @throws Failure where it cannot be made
 */
export async function makeFolderOf(file: string): Promise<void> {
    try {
        await mkdir(dirname(file), { recursive: true });
    } catch (error) {
        throw new Failure(
            `${dirname(file)} cannot be made`,
            `${(error as Error).message}: the stack's state, passphrase and settings are kept in a folder there.`,
            "move away what has its place, or make it writable, then the same command again",
        );
    }
}
