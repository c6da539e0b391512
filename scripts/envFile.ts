import { readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { parseEnv } from "node:util";
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

/** A text as what `NAME=value` lines say, without a look at what the names are. */
export function parseEnvFile(text: string, file: string): Record<string, string> {
    const names = new Set<string>();
    text.replace(/^\uFEFF/, "")
        .split(/\r?\n/)
        .forEach((line, index) => {
            const said = line.trim();
            if (said === "" || said.startsWith("#")) {
                return;
            }
            // a parser would skip it, or take it for a part of the line after; what it says may be a secret
            const wrong = (why: string) =>
                new Failure(
                    `Line ${index + 1} of ${file} cannot be used`,
                    why,
                    `line ${index + 1}`,
                );
            const [, name, value = ""] =
                /^(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(said) ?? [];
            if (name === undefined) {
                throw wrong("It is no NAME=value, on one line.");
            }
            if (names.has(name)) {
                throw wrong(`${name} is there already, further up.`);
            }
            names.add(name);
            const quote = /^["'`]/.exec(value)?.[0];
            if (
                quote !== undefined &&
                !new RegExp(`^${quote}[^${quote}]*${quote}\\s*(#.*)?$`).test(value)
            ) {
                throw wrong("Its quotes do not end where the value does, on the same line.");
            }
            if (quote === undefined && /\S#/.test(value)) {
                throw wrong("Without quotes its value would end at the #.");
            }
        });
    return Object.fromEntries(
        Object.entries(parseEnv(text.replace(/^\uFEFF/, ""))).map(([name, value]) => [
            name,
            value ?? "",
        ]),
    );
}

/**
 * Reads a `.env` file that nobody else should have.
 *
 * @returns its entries, and what to warn of
 * @throws Failure where it is not there, is in git or cannot be read; no message has a value in it
 */
export async function readEnvFile(
    file: string,
): Promise<{ entries: Record<string, string>; warnings: string[] }> {
    let text: string;
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
        text = await readFile(real, "utf8");
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
    return {
        entries: parseEnvFile(text, file),
        warnings: [
            ...(process.platform !== "win32" && (mode & 0o077) !== 0
                ? [`${file} may be read by others on this machine: chmod 600 ${file}`]
                : []),
            ...exposed.map(
                (path) =>
                    `git does not ignore ${path}, so that git add takes it along: a line for it in .gitignore`,
            ),
        ],
    };
}
