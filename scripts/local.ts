import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "./failure.ts";

/** The folder in a clone for what belongs to this clone alone: backend, passphrase, environment, backups. Git-ignored. */
export const LOCAL = ".local";

/** A path in a clone's own folder, there or not. */
export const localPath = (project: string, ...names: readonly string[]): string =>
    join(project, LOCAL, ...names);

/**
 * Makes a clone's own folder, or one in it.
 *
 * @throws Failure where it cannot be made
 */
export async function makeLocal(project: string, ...names: readonly string[]): Promise<void> {
    const folder = localPath(project, ...names);
    try {
        await mkdir(folder, { recursive: true });
    } catch (error) {
        throw new Failure(
            `${folder} cannot be made`,
            `${(error as Error).message}: the stack's state, passphrase and settings are kept in a folder there.`,
            "move away what has its place, or make it writable, then the same command again",
        );
    }
}
