/** Building and pushing an image with the `docker` command. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type Properties, propertiesAt, stringAt } from "../values.ts";

/** A Docker daemon: where it listens, and the directory of `ca.pem`, `cert.pem` and `key.pem` where it speaks TLS. */
export interface Daemon {
    /** For example `tcp://192.168.49.2:2376`. */
    host: string | undefined;
    certPath: string | undefined;
}

/** Where a program runs, what hears its lines meanwhile, and what ends it. */
export interface Run {
    daemon: Daemon;
    report: (line: string) => void;
    signal: AbortSignal;
}

/** How many lines of a failed program are shown. */
const SHOWN_LINES = 40;
/** Not more than ten messages a second beside the resource: nobody reads faster. */
const STATUS_INTERVAL = 100;

/**
 * Builds an image of these inputs into the daemon, with the builder that needs no frontend, and answers with its ID,
 * `sha256:…`. A failure shows the last lines of the step that failed.
 */
export async function buildImage(run: Run, image: Properties): Promise<string> {
    const name = stringAt(image, "imageName") ?? "";
    const setting = (key: string): string => stringAt(image, "build", key) ?? "";
    run.report(`Building ${name}`);
    const args = Object.entries(propertiesAt(image, "build", "args"));
    const { code, lines } = await docker(run, [
        ...["build", `--file=${setting("dockerfile")}`, `--tag=${name}`],
        `--platform=${setting("platform")}`,
        ...args.map(([key, value]) => `--build-arg=${key}=${value as string}`),
        setting("context"),
    ]);
    if (code !== 0) {
        const step = failedStep(lines, SHOWN_LINES).join("\n");
        throw new Error(`building ${name} failed:\n${step}`);
    }
    const inspected = await docker(run, ["image", "inspect", "--format={{.Id}}", name]);
    const id = inspected.lines.find((line) => line.startsWith("sha256:"));
    if (!id) {
        const said = inspected.lines.join("\n");
        throw new Error(`${name} was built, but the daemon does not know it: ${said}`);
    }
    run.report(`Built ${id}`);
    return id;
}

/**
 * Pushes an image that was built and answers with what it is in the registry, `NAME@sha256:…`. Without a user's name it is pushed
 * as whoever `docker login` says.
 */
export async function pushImage(run: Run, image: Properties): Promise<string> {
    const name = stringAt(image, "imageName") ?? "";
    const { server, username, password } = propertiesAt(image, "registry") as {
        [key: string]: string;
    };
    // a login of the program's is never to become this host's
    const folder = mkdtempSync(join(tmpdir(), "docker-login-"));
    try {
        const env = username && password ? { DOCKER_CONFIG: folder } : {};
        if (username && password) {
            const words = ["login", "--username", username, "--password-stdin", server ?? ""];
            const { code, lines } = await docker(run, words, env, password);
            if (code !== 0) {
                throw new Error(`logging in to ${server} failed:\n${lines.join("\n")}`);
            }
        }
        const { code, lines } = await docker(run, ["push", name], env);
        const digests = lines.map((line) => /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(line)?.[1]);
        const digest = digests.findLast(Boolean);
        if (code !== 0 || digest === undefined) {
            throw new Error(`pushing ${name} failed:\n${lines.slice(-SHOWN_LINES).join("\n")}`);
        }
        return `${name.replace(/:[^:/]*$/, "")}@${digest}`;
    } finally {
        rmSync(folder, { recursive: true });
    }
}

/** What a failed build said in its last step, and not more of it than `limit` lines. */
export function failedStep(lines: string[], limit: number): string[] {
    const relevant = lines.filter((line) => line.trim() !== "");
    const start = relevant.findLastIndex((line) => /^Step \d+\/\d+ : /.test(line));
    const step = relevant.slice(Math.max(start, 0));
    return step.length <= limit ? step : [step[0] ?? "", "…", ...step.slice(2 - limit)];
}

/** The environment for the `docker` command: the shell's, less what would point it to another daemon or builder. */
export function environmentFor({ host }: Daemon): NodeJS.ProcessEnv {
    const isOwn = (name: string): boolean =>
        !name.startsWith("DOCKER_") || name === "DOCKER_CONFIG";
    const environment = Object.entries(process.env).filter(([name]) => isOwn(name));
    // the command would send even the daemon's address through a proxy
    const address = URL.canParse(host ?? "") ? new URL(host ?? "").hostname : "";
    const direct = ["NO_PROXY", "no_proxy"].map((name) => [
        name,
        [process.env[name], address].filter(Boolean).join(","),
    ]);
    const all = Object.fromEntries([...environment, ...direct]) as NodeJS.ProcessEnv;
    return { ...all, DOCKER_BUILDKIT: "0" };
}

/** The words that make the `docker` command talk to a daemon. */
export function optionsFor({ host, certPath }: Daemon): string[] {
    const files = { cacert: "ca.pem", cert: "cert.pem", key: "key.pem" };
    const tls = Object.entries(files).map(([option, file]) => [option, join(certPath ?? "", file)]);
    return [
        ...(host ? [`--host=${host}`] : []),
        ...(certPath ? ["--tlsverify", ...tls.map(([name, file]) => `--tls${name}=${file}`)] : []),
    ];
}

async function docker(
    { daemon, report, signal }: Run,
    words: string[],
    more: NodeJS.ProcessEnv = {},
    input?: string,
): Promise<{ code: number | null; lines: string[] }> {
    const env = { ...environmentFor(daemon), ...more };
    const child = spawn("docker", [...optionsFor(daemon), ...words], { env, signal });
    // one that ended before it read all says so by its code
    child.stdin.on("error", () => undefined).end(input);
    const lines: string[] = [];
    let next = 0;
    const collect = async (stream: Readable): Promise<void> => {
        for await (const line of createInterface({ input: stream })) {
            lines.push(line);
            if (Date.now() >= next && line.trim() !== "") {
                next = Date.now() + STATUS_INTERVAL;
                report(line);
            }
        }
    };
    const ended = new Promise<number | null>((resolve, reject) => {
        child.on("close", resolve).on("error", (error: NodeJS.ErrnoException) => {
            const reasons: { [code: string]: string } = {
                ENOENT: "there is no `docker` command on the PATH, which builds the images",
                ABORT_ERR: "the build was cancelled",
            };
            reject(new Error(reasons[error.code ?? ""] ?? error.message));
        });
    });
    const [code] = await Promise.all([ended, collect(child.stdout), collect(child.stderr)]);
    return { code, lines };
}
