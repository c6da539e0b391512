/** What a build context holds: the ignore rules and the digest that tells whether an image has to be built again. */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { isAbsolute, join, posix, relative } from "node:path";
import dockerignore from "@balena/dockerignore";

/**
 * The digest of a Dockerfile and of path, mode and content of every file that it could copy. It comes out the same as the
 * real provider's, so that changing from one to the other builds nothing again.
 */
export function digestContext(context: string, dockerfile: string): string {
    const hash = createHash("sha256");
    const add = (name: string, mode: number, content: Buffer | string): void => {
        const digest = createHash("sha256").update(content).digest();
        hash.update(posix.normalize(name)).update(formatMode(mode)).update(digest).update("\0");
    };
    // under one name, wherever it is and whatever it is called: builders care for its content only
    add("Dockerfile", 0, fs.readFileSync(dockerfile));
    // its own ignore rules, else the context's
    const places = [`${dockerfile}.dockerignore`, join(context, ".dockerignore")];
    const rules = places.filter((path) => fs.existsSync(path)).map((path) => fs.readFileSync(path));
    for (const file of listFiles(context, rules[0]?.toString().replace(/^\uFEFF/, "") ?? "")) {
        const path = join(context, file);
        const status = fs.lstatSync(path);
        const content = status.isFile() ? fs.readFileSync(path) : "";
        add(file, status.mode, status.isSymbolicLink() ? resolveLink(path) : content);
    }
    return hash.digest("hex");
}

/** All that is not a directory and not ignored, in the order of the names within each directory. */
export function* listFiles(context: string, rules: string, directory = ""): Generator<string> {
    const rule = dockerignore.default({ ignorecase: false }).add(rules);
    // a rule that takes something back may reach into an ignored directory; without one, node_modules is not walked
    const mayTakeBack = /^\s*!/m.test(rules);
    const entries = fs.readdirSync(join(context, directory), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
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
    const target = fs.readlinkSync(path);
    try {
        const real = fs.realpathSync(path);
        return isAbsolute(target) ? real : relative(process.cwd(), real);
    } catch {
        return target;
    }
}

/** A file mode as Go writes it, `-rw-r--r--`. */
export function formatMode(mode: number): string {
    const kind = [
        (mode & 0o170000) === 0o120000 ? "L" : "",
        ...Array.from("ugt").map((letter, index) => (mode & (0o4000 >> index) ? letter : "")),
    ].join("");
    const permissions = Array.from("rwxrwxrwx").map((letter, index) =>
        mode & (0o400 >> index) ? letter : "-",
    );
    return (kind || "-") + permissions.join("");
}
