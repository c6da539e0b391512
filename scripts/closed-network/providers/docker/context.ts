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
import { isAbsolute, join, posix, relative, sep } from "node:path";

interface Rule {
    /** Matches the path of a file, or of one of the directories above it. */
    expression: RegExp;
    /** A rule that starts with `!` takes back what earlier ones ignored. */
    ignores: boolean;
}

/** The rules of a `.dockerignore`, in Docker's syntax. */
export function parseIgnoreFile(text: string): Rule[] {
    return text
        .replace(/^\uFEFF/, "")
        .split(/\r?\n/)
        .filter((line) => !line.startsWith("#"))
        .map((line) => line.trim())
        .filter((line) => line !== "" && line !== "!")
        .map((line) => {
            const ignores = !line.startsWith("!");
            const pattern = posix.normalize(ignores ? line : line.slice(1).trim());
            return { ignores, expression: patternToExpression(pattern.replace(/^\/|\/$/g, "")) };
        });
}

/** Whether the rules keep a file, named relative to the context with `/`, out of the context. The last rule that fits decides. */
export function isIgnored(rules: Rule[], file: string): boolean {
    return rules.reduce(
        (ignored, rule) => (rule.expression.test(file) ? rule.ignores : ignored),
        false,
    );
}

/** Docker's globs: `*` and `?` stay within a directory, `**` does not, and what fits a directory fits all in it. */
function patternToExpression(pattern: string): RegExp {
    const body = pattern.replace(/\*\*\/|\*\*|\*|\?|\[[^\]]*\]|\\.|[^*?[\\]+|[[\\]/g, (token) => {
        switch (token) {
            case "**/":
                return "(?:.*/)?";
            case "**":
                return ".*";
            case "*":
                return "[^/]*";
            case "?":
                return "[^/]";
            default:
                return /^\[.+\]$|^\\.$/.test(token)
                    ? token
                    : token.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
        }
    });
    return new RegExp(`^${body}(?:/.*)?$`, "s");
}

/** The ignore rules that hold for a Dockerfile and a context: the Dockerfile's own, else the context's. */
export function readIgnoreRules(context: string, dockerfile: string): Rule[] {
    const file = [`${dockerfile}.dockerignore`, join(context, ".dockerignore")].find((path) =>
        existsSync(path),
    );
    return file === undefined ? [] : parseIgnoreFile(readFileSync(file, "utf8"));
}

/**
 * The digest of a Dockerfile and of path, mode and content of every file that it could copy. It comes out the same as the
 * real provider's, so that changing from one to the other builds nothing again.
 */
export function digestContext(context: string, dockerfile: string): string {
    const rules = readIgnoreRules(context, dockerfile);
    const hash = createHash("sha256");
    const add = (name: string, mode: string, content: Buffer | string): void => {
        const digest = createHash("sha256").update(content).digest();
        hash.update(posix.normalize(name)).update(mode).update(digest).update("\0");
    };

    // Under one name, wherever it is and whatever it is called: builders care for its content only.
    add("Dockerfile", formatMode(0), readFileSync(dockerfile));
    for (const file of listFiles(context, rules)) {
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

/** All that is not a directory and not ignored, in the order of the names within each directory. */
function* listFiles(context: string, rules: Rule[], directory = ""): Generator<string> {
    const byName = (a: Dirent, b: Dirent): number => (a.name < b.name ? -1 : 1);
    const mayTakeBack = rules.some((rule) => !rule.ignores);
    for (const entry of readdirSync(join(context, directory), { withFileTypes: true }).sort(
        byName,
    )) {
        const path = posix.join(directory, entry.name);
        const ignored = isIgnored(rules, path);
        if (entry.isDirectory()) {
            // A rule that takes something back may reach into an ignored directory; without one, node_modules is not walked.
            if (!ignored || mayTakeBack) {
                yield* listFiles(context, rules, path);
            }
        } else if (!ignored) {
            yield path;
        }
    }
}

function resolveLink(path: string): string {
    const target = readlinkSync(path);
    try {
        const real = realpathSync(path);
        return (isAbsolute(target) ? real : relative(process.cwd(), real)).split(sep).join("/");
    } catch {
        return target;
    }
}

/** A file mode as Go writes it, `-rw-r--r--`. */
export function formatMode(mode: number): string {
    const kinds = [
        [0o170000, 0o120000, "L"],
        [0o170000, 0o010000, "p"],
        [0o170000, 0o140000, "S"],
        [0o004000, 0o004000, "u"],
        [0o002000, 0o002000, "g"],
        [0o001000, 0o001000, "t"],
    ] as const;
    const kind = kinds
        .filter(([mask, value]) => (mode & mask) === value)
        .map(([, , letter]) => letter)
        .join("");
    const permissions = "rwxrwxrwx"
        .split("")
        .map((letter, index) => (mode & (1 << (8 - index)) ? letter : "-"))
        .join("");
    return (kind || "-") + permissions;
}
