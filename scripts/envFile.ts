import { readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { execa } from "execa";
import { Failure, indent } from "./failure.ts";

/** Runs git in a folder; the code is undefined where there is no git. */
async function git(folder: string, ...args: string[]) {
    const { exitCode, stderr } = await execa("git", ["-C", folder, ...args], {
        // its messages are read below
        env: { LC_ALL: "C" },
        reject: false,
    });
    return { code: exitCode, stderr };
}

/**
 * Refuses a file that git tracks: what is in it is in every clone.
 *
 * @returns whether the next `git add` would take it along
 */
async function refuseTracked(file: string): Promise<boolean> {
    const [folder, name] = [dirname(file), basename(file)];
    const { code, stderr } = await git(folder, "ls-files", "--error-unmatch", "--", name);
    if (code === 0) {
        throw new Failure(
            `${file} is in git`,
            "Whoever has the repository has the secrets, the old ones in its history too.",
            `git rm --cached ${name}; a line for it in .gitignore; new secrets in it; then this again`,
        );
    }
    if (code === 128 && !/not a git repository/.test(stderr)) {
        throw new Failure(
            `git does not say whether it tracks ${file}`,
            indent(stderr),
            "see above",
        );
    }
    return code === 1 && (await git(folder, "check-ignore", "--quiet", "--", name)).code === 1;
}

/** What `NAME=value` lines say, and what to warn of. No warning has a value in it. */
export interface EnvFile {
    entries: Record<string, string>;
    warnings: string[];
}

/**
 * A text as what `NAME=value` lines say, without a look at what the names are. What programs read in different ways is
 * refused, or warned of: the same file may go to `kubectl create secret --from-env-file`, which takes all of a line for the value.
 *
 * @throws Failure for a line that is none; it has the line's number, and nothing of what it says
 */
export function parseEnvFile(text: string, file: string): EnvFile {
    const entries = new Map<string, string>();
    const warnings: string[] = [];
    for (const [index, line] of text.split(/\r?\n/).entries()) {
        const said = line.trim();
        if (said === "" || said.startsWith("#")) {
            continue;
        }
        const wrong = (why: string, mend: string) =>
            new Failure(
                `Line ${index + 1} of ${file} cannot be used`,
                why,
                `${mend}; then npm run secrets -- ${file}`,
            );
        const [, name, given = ""] = /^(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/su.exec(said) ?? [];
        if (name === undefined) {
            throw wrong("It is no NAME=value, on one line.", "write it as one, or take it out");
        }
        if (entries.has(name)) {
            throw wrong(`${name} is there already, further up.`, "take one of them out");
        }
        if (/\p{Cc}/u.test(given)) {
            throw wrong(
                "Its value has a control character in it, such as a tab, a NUL or half of a line's end.",
                "take it out, or generate another value",
            );
        }
        const [, quote, quoted = ""] = /^(["'`])((?:(?!\1).)*)\1\s*(?:#.*)?$/s.exec(given) ?? [];
        if (quote === undefined && /^["'`]/.test(given)) {
            throw wrong(
                "Its quotes do not end where the value does, on the same line.",
                "take them out: a value needs none",
            );
        }
        if (quote === '"' && quoted.includes("\\")) {
            throw wrong(
                "A backslash between double quotes is itself to some programs, and begins another character to others.",
                "take the quotes out",
            );
        }
        if (quote === undefined && given.includes("#")) {
            throw wrong(
                "There is a # in its value, where the value ends for some programs, and goes on for kubectl create secret --from-env-file.",
                "%23 for the # in a URL; another value for a key (openssl rand -hex 32); a line of its own for a comment",
            );
        }
        const value = quote === undefined ? given : quoted;
        entries.set(name, value);
        // it refuses `export`, and white space before the equals sign
        const [, kubectls = value] = /^\s*[A-Za-z_]\w*=(.*)$/s.exec(line) ?? [];
        if (kubectls !== value) {
            warnings.push(
                `${name} in ${file} is taken without the quotes or the white space around it; kubectl create secret --from-env-file would make them a part of the value`,
            );
        }
    }
    return { entries: Object.fromEntries(entries), warnings };
}

/** The text of a file, without the byte order mark that some editors begin it with. */
function decoded(bytes: Buffer, file: string): string {
    try {
        // a decoder that is not strict puts U+FFFD for what it cannot read, in the middle of a password
        return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
        throw new Failure(
            `${file} is not in UTF-8`,
            "Its values would not be what they are in it.",
            `save it as UTF-8 in your editor, then npm run secrets -- ${file}`,
        );
    }
}

/**
 * Reads a `.env` file that nobody else should have.
 *
 * @throws Failure where it is not there, is in git or cannot be read; no message has a value in it
 */
export async function readEnvFile(file: string): Promise<EnvFile> {
    let bytes: Buffer;
    let real: string;
    let mode: number;
    try {
        // also the end of a chain of links
        real = await realpath(file);
        const found = await stat(real);
        if (!found.isFile()) {
            throw new Error("it is no file");
        }
        ({ mode } = found);
        bytes = await readFile(real);
    } catch (error) {
        const { code = "", message } = error as NodeJS.ErrnoException;
        const whys: Record<string, string> = {
            ENOENT: "it is not there",
            ELOOP: "it is a link that leads to itself",
            EACCES: "you may not read it",
        };
        throw new Failure(
            `${file} cannot be read`,
            `${whys[code] ?? message}.`,
            "cp .env.example .env, fill it in, then npm run secrets -- .env",
        );
    }
    const exposed = [];
    for (const path of new Set([file, real])) {
        if (await refuseTracked(path)) {
            exposed.push(path);
        }
    }
    const { entries, warnings } = parseEnvFile(decoded(bytes, file), file);
    return {
        entries,
        warnings: [
            ...warnings,
            ...((mode & 0o077) !== 0
                ? [`${file} may be read by others on this machine: chmod 600 ${file}`]
                : []),
            ...exposed.map(
                (path) =>
                    `git does not ignore ${path}, so that git add takes it along: a line for it in .gitignore`,
            ),
        ],
    };
}
