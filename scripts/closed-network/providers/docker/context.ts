/** What a build context holds: the ignore rules and the digest that tells whether an image has to be built again. */
import { createHash } from "node:crypto";
import {
    type Dirent,
    existsSync,
    lstatSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    realpathSync,
} from "node:fs";
import { isAbsolute, join, posix, relative } from "node:path";
import dockerignore from "@balena/dockerignore";

/**
 * The digest of a Dockerfile and of path, mode and content of every file that it could copy. It comes out the same as the
 * real provider's, so that changing from one to the other builds nothing again.
 */
export function digestContext(context: string, dockerfile: string): string {
    const hash = createHash("sha256");
    const add = (name: string, mode: string, content: Buffer | string): void => {
        const digest = createHash("sha256").update(content).digest();
        hash.update(posix.normalize(name)).update(mode).update(digest).update("\0");
    };

    // under one name, wherever it is and whatever it is called: builders care for its content only
    add("Dockerfile", formatMode(0), readFileSync(dockerfile));
    for (const file of listFiles(context, readIgnoreFile(context, dockerfile))) {
        const path = join(context, file);
        const status = lstatSync(path);
        const content = status.isSymbolicLink()
            ? resolveLink(path)
            : status.isFile()
              ? readFileSync(path)
              : "";
        add(file, formatMode(status.mode), content);
    }
    return hash.digest("hex");
}

/** The ignore rules that hold for a Dockerfile and a context: the Dockerfile's own, else the context's. */
function readIgnoreFile(context: string, dockerfile: string): string {
    const places = [`${dockerfile}.dockerignore`, join(context, ".dockerignore")];
    const file = places.find((path) => existsSync(path));
    return file === undefined ? "" : readFileSync(file, "utf8").replace(/^\uFEFF/, "");
}

/** All that is not a directory and not ignored, in the order of the names within each directory. */
export function* listFiles(context: string, rules: string, directory = ""): Generator<string> {
    const rule = dockerignore.default({ ignorecase: false }).add(rules);
    // a rule that takes something back may reach into an ignored directory; without one, node_modules is not walked
    const mayTakeBack = /^\s*!/m.test(rules);
    const byName = (a: Dirent, b: Dirent): number => (a.name < b.name ? -1 : 1);
    const entries = readdirSync(join(context, directory), { withFileTypes: true });
    for (const entry of entries.sort(byName)) {
        const path = posix.join(directory, entry.name);
        const ignored = rule.ignores(path);
        if (entry.isDirectory() && (!ignored || mayTakeBack)) {
            yield* listFiles(context, rules, path);
        } else if (!entry.isDirectory() && !ignored) {
            yield path;
        }
    }
}

function resolveLink(path: string): string {
    const target = readlinkSync(path);
    try {
        const real = realpathSync(path);
        return isAbsolute(target) ? real : relative(process.cwd(), real);
    } catch {
        return target;
    }
}

/** A file mode as Go writes it, `-rw-r--r--`. */
export function formatMode(mode: number): string {
    const bits = [
        [0o170000, 0o120000, "L"],
        [0o4000, 0o4000, "u"],
        [0o2000, 0o2000, "g"],
        [0o1000, 0o1000, "t"],
    ] as const;
    const kind = bits
        .map(([mask, value, letter]) => ((mode & mask) === value ? letter : ""))
        .join("");
    const permissions = Array.from("rwxrwxrwx")
        .map((letter, index) => (mode & (1 << (8 - index)) ? letter : "-"))
        .join("");
    return (kind || "-") + permissions;
}
