import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { Failure } from "./failure.ts";
import { LOCAL, localPath, makeLocal } from "./local.ts";
import { readStackFile, stackFileName } from "./stackFile.ts";

/** The Pulumi backend that the user has chosen by variable, by `pulumi login` or by token; undefined without one. */
export async function chosenBackend(env: NodeJS.ProcessEnv): Promise<string | undefined> {
    if (env["PULUMI_BACKEND_URL"]) {
        return env["PULUMI_BACKEND_URL"];
    }
    const folder =
        env["PULUMI_CREDENTIALS_PATH"] || env["PULUMI_HOME"] || join(homedir(), ".pulumi");
    const text = await readFile(join(folder, "credentials.json"), "utf8").catch(() => "{}");
    const { current } = JSON.parse(text) as { current?: string };
    // a token alone says nothing of where it is for: Pulumi takes it to the login, and without one to its own cloud
    return current || (env["PULUMI_ACCESS_TOKEN"] ? "https://api.pulumi.com" : undefined);
}

/** Where Pulumi keeps the stack's state, and what encrypts its secrets. */
export interface Login {
    /** URL of the backend. */
    backend: string;
    /** Whether that is this clone's own folder, which is made when it is first needed. */
    isOwn: boolean;
    /** The variable with the passphrase or its file, this clone's own file, or none: the service keeps the keys. */
    passphrase:
        "PULUMI_CONFIG_PASSPHRASE" | "PULUMI_CONFIG_PASSPHRASE_FILE" | "own file" | "service";
}

const stateFolder = (project: string) => localPath(project, "state");
/** This clone's own passphrase. */
export const passphraseFile = (project: string) => localPath(project, "passphrase");

/** The user's own login and passphrase where there are any, else those of this clone. Makes nothing. */
export async function loginOf(project: string, env: NodeJS.ProcessEnv): Promise<Login> {
    const own = `file://${stateFolder(project)}`;
    const backend = (await chosenBackend(env)) ?? own;
    if (backend !== own && /^file:\/\/.*\/\.local\/state$/.test(backend)) {
        throw new Failure(
            "This shell has sourced the .local/env of another clone",
            `PULUMI_BACKEND_URL is ${backend}: that clone's stack would be changed, by this one's settings.`,
            "unset PULUMI_BACKEND_URL PULUMI_CONFIG_PASSPHRASE_FILE PULUMI_HOME, then this again",
        );
    }
    // a variable that is set, even to nothing, beats the file; in a shell that has sourced our own, it names our file
    const { PULUMI_CONFIG_PASSPHRASE: given, PULUMI_CONFIG_PASSPHRASE_FILE: chosen = "" } = env;
    const passphrase =
        // Pulumi Cloud and its kin keep the keys themselves
        /^https?:/.test(backend)
            ? "service"
            : given !== undefined
              ? "PULUMI_CONFIG_PASSPHRASE"
              : ["", passphraseFile(project)].includes(chosen)
                ? "own file"
                : "PULUMI_CONFIG_PASSPHRASE_FILE";
    return { backend, isOwn: backend === own, passphrase };
}

/**
 * What `pulumi` needs for the login of a stack. The clone's own backend and random passphrase are made where they are
 * needed, once and never overwritten.
 *
 * @returns variables to add to the environment of `pulumi`.
 */
export async function stackEnvironment(
    project: string,
    stack: string,
    env: NodeJS.ProcessEnv,
): Promise<Record<string, string>> {
    const { backend, isOwn, passphrase } = await loginOf(project, env);
    if (isOwn) {
        await makeLocal(project, "state");
    }
    const variables: Record<string, string> = { PULUMI_BACKEND_URL: backend };
    if (passphrase === "own file") {
        const file = passphraseFile(project);
        if (!existsSync(file)) {
            await refuseForeignSalt(project, stack);
            await makeLocal(project);
            await writeFile(file, randomBytes(32).toString("base64url"), {
                mode: 0o600,
                flag: "wx",
            });
        }
        variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = file;
    }
    return variables;
}

/** Whether a passphrase encrypted the secrets of a stack's file. Throws a Failure where it cannot be read. */
export async function isEncrypted(project: string, stack: string): Promise<boolean> {
    return Boolean((await readStackFile(project, stack))?.encryptionsalt);
}

/** A stack file whose secrets another passphrase encrypted: a new passphrase could not read them. */
async function refuseForeignSalt(project: string, stack: string): Promise<void> {
    if (await isEncrypted(project, stack)) {
        const file = stackFileName(stack);
        throw new Failure(
            `${file} is encrypted with a passphrase that this clone does not have`,
            "A new passphrase could not read what it holds.",
            `put the passphrase in ${LOCAL}/passphrase (mode 0600), or remove the encryptionsalt line and every \`secure:\` value from ${file}`,
        );
    }
}

const quote = (value: string) => `'${value.replaceAll("'", "'\\''")}'`;

/** Writes the variables where `source .local/env` finds them, so that a bare `pulumi` works as the scripts do. */
export async function writeEnvironment(
    project: string,
    env: Readonly<Record<string, string>>,
    path: readonly string[],
): Promise<void> {
    const variables = Object.entries(env).filter(([name]) => name.startsWith("PULUMI_"));
    const lines = [
        "# made by `npm run up`: source it, and pulumi and minikube work as the scripts do",
        ...variables.map(([name, value]) => `export ${name}=${quote(value)}`),
        ...path.map((folder) => `export PATH="$PATH":${quote(folder)}`),
    ];
    const file = localPath(project, "env");
    await makeLocal(project);
    await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
}
