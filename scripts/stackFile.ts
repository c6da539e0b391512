import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { YAMLParseError, parse } from "yaml";
import { Failure } from "./failure.ts";
import { localPath, makeLocal } from "./local.ts";

/** A stack's settings as its file has them. */
interface StackFile {
    /** A secret is an object. */
    config?: Record<string, unknown>;
    /** With the passphrase it makes the key of the secrets. */
    encryptionsalt?: string;
    /** Names a service that has the keys instead. */
    secretsprovider?: string;
}

/** The name of a stack's file: of `ORGANIZATION/PROJECT/NAME` only the last part. */
export const stackFileName = (stack: string): string => `Pulumi.${stack.split("/").at(-1)}.yaml`;

async function readYaml(file: string, name: string): Promise<StackFile | undefined> {
    try {
        return (parse(await readFile(file, "utf8")) as StackFile | null) ?? {};
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") {
            return undefined;
        }
        // without its message, which shows the place: a secret may stand there
        const [at] = (error instanceof YAMLParseError && error.linePos) || [];
        throw error instanceof YAMLParseError
            ? new Failure(
                  `${name} is no YAML${at === undefined ? "" : `: line ${at.line}, column ${at.col}`}`,
                  "Without it the stack's settings are not known.",
                  `mend it there; .local/${name} is what it was after the last npm run up`,
              )
            : new Failure(
                  `${name} cannot be read`,
                  (error as Error).message,
                  "let this user read it, then the same command again",
              );
    }
}

/**
 * A stack's file; undefined where there is none.
 *
 * @throws Failure where it cannot be read
 */
export async function readStackFile(
    project: string,
    stack: string,
): Promise<StackFile | undefined> {
    const name = stackFileName(stack);
    return readYaml(join(project, name), name);
}

const keptCopy = (project: string, stack: string) => localPath(project, stackFileName(stack));

/** Keeps a copy of a stack's file: git takes an ignored file away on the way to a version that had it in git. */
export async function keepStackFile(project: string, stack: string): Promise<void> {
    const copy = keptCopy(project, stack);
    if ((await readStackFile(project, stack)) !== undefined) {
        await makeLocal(project);
        await copyFile(join(project, stackFileName(stack)), copy);
    }
}

/**
 * Makes sure that a stack's file still has what decrypts its secrets, where the copy of it has that.
 *
 * @throws Failure where it is gone: a new key could not read what the old one encrypted
 */
export async function requireStackFile(project: string, stack: string): Promise<void> {
    const name = stackFileName(stack);
    const kept = await readYaml(keptCopy(project, stack), `.local/${name}`);
    const now = await readStackFile(project, stack);
    if (kept?.encryptionsalt && !now?.encryptionsalt && !now?.secretsprovider) {
        throw new Failure(
            `${name} has lost the stack's settings and the salt of its secrets`,
            `It was removed or replaced, as git does on the way to a version that had it in git. .local/${name} is what it was\n   after the last npm run up.`,
            `cp .local/${name} ${name}, then this again; to begin anew without them: rm .local/${name}`,
        );
    }
}
