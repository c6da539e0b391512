/** Building and pushing an image with the `docker` command. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** A Docker daemon: where it listens, and the directory of `ca.pem`, `cert.pem` and `key.pem` where it speaks TLS. */
export interface Daemon {
    /** For example `tcp://192.168.49.2:2376`. */
    host: string | undefined;
    certPath: string | undefined;
}

/** What is built, from what. */
export interface Build {
    imageName: string;
    context: string;
    dockerfile: string;
    args: { [name: string]: string };
    platform: string;
}

/** Where an image is pushed, and as whom; without a name it is whoever `docker login` says. */
export interface Push {
    server: string;
    username: string | undefined;
    password: string | undefined;
}

/** What hears the lines of a program while it runs, and what ends it. */
export interface Run {
    daemon: Daemon;
    report: (line: string) => void;
    signal: AbortSignal;
}

/** How many lines of a failed build are shown. */
const SHOWN_LINES = 40;
/** Not more than ten messages a second beside the resource: nobody reads faster. */
const STATUS_INTERVAL = 100;

/**
 * Builds an image into the daemon, with the builder that needs no frontend, and answers with its ID, `sha256:…`. A failure shows
 * the last lines of the step that failed.
 */
export async function buildImage(run: Run, build: Build): Promise<string> {
    const built = await docker(run, [
        "build",
        `--file=${build.dockerfile}`,
        `--tag=${build.imageName}`,
        `--platform=${build.platform}`,
        ...Object.entries(build.args).map(([name, value]) => `--build-arg=${name}=${value}`),
        build.context,
    ]);
    if (built.code !== 0) {
        throw new Error(
            `building ${build.imageName} failed:\n${failedStep(built.lines, SHOWN_LINES).join("\n")}`,
        );
    }
    const name = build.imageName;
    const inspected = await docker(run, ["image", "inspect", "--format={{.Id}}", name]);
    const id = inspected.lines.find((line) => line.startsWith("sha256:"));
    if (!id) {
        const said = inspected.lines.join("\n");
        throw new Error(`${name} was built, but the daemon does not know it: ${said}`);
    }
    return id;
}

/** Pushes an image that was built and answers with what it is in the registry, `NAME@sha256:…`. */
export async function pushImage(run: Run, imageName: string, to: Push): Promise<string> {
    // a login of the program's is never to become this host's
    const folder = mkdtempSync(join(tmpdir(), "docker-login-"));
    try {
        const { server, username, password } = to;
        const isNamed = username !== undefined && password !== undefined;
        const env = isNamed ? { DOCKER_CONFIG: folder } : {};
        if (isNamed) {
            const words = ["login", "--username", username, "--password-stdin", server];
            const { code, lines } = await docker(run, words, { env, input: password });
            if (code !== 0) {
                throw new Error(`logging in to ${server} failed:\n${lines.join("\n")}`);
            }
        }
        const { code, lines } = await docker(run, ["push", imageName], { env });
        const digest = lines
            .map((line) => /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(line)?.[1])
            .findLast(Boolean);
        if (code !== 0 || digest === undefined) {
            throw new Error(
                `pushing ${imageName} failed:\n${lines.slice(-SHOWN_LINES).join("\n")}`,
            );
        }
        return `${imageName.replace(/:[^:/]*$/, "")}@${digest}`;
    } finally {
        rmSync(folder, { recursive: true });
    }
}

/** What a failed build said in its last step, and not more of it than `limit` lines. */
export function failedStep(lines: string[], limit: number): string[] {
    const relevant = lines.filter((line) => line.trim() !== "" && !isNoise(line));
    const start = relevant.findLastIndex((line) => /^Step \d+\/\d+ : /.test(line));
    const step = relevant.slice(Math.max(start, 0));
    return step.length <= limit ? step : [step[0] ?? "", "…", ...step.slice(2 - limit)];
}

const isNoise = (line: string): boolean =>
    /^DEPRECATED: The legacy builder|^\s+(BuildKit is|Install the buildx|https:\/\/docs\.docker\.com)/.test(
        line,
    );

/** The environment for the `docker` command: the shell's, less what would point it to another daemon or builder. */
export function environmentFor({ host }: Daemon): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(
        ([name]) => !name.startsWith("DOCKER_") || name === "DOCKER_CONFIG",
    );
    const environment = Object.fromEntries(own);
    // the command would send even the daemon's address through a proxy
    const address = URL.canParse(host ?? "") ? new URL(host ?? "").hostname : "";
    for (const name of ["NO_PROXY", "no_proxy"]) {
        environment[name] = [environment[name], address].filter(Boolean).join(",");
    }
    return { ...environment, DOCKER_BUILDKIT: "0" };
}

/** The words that make the `docker` command talk to a daemon. */
export function optionsFor({ host, certPath }: Daemon): string[] {
    const tls = ["--tlsverify"];
    for (const [option, file] of Object.entries({ cacert: "ca", cert: "cert", key: "key" })) {
        tls.push(`--tls${option}=${join(certPath ?? "", `${file}.pem`)}`);
    }
    return [...(host ? [`--host=${host}`] : []), ...(certPath ? tls : [])];
}

async function docker(
    { daemon, report, signal }: Run,
    words: string[],
    { env = {}, input }: { env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<{ code: number | null; lines: string[] }> {
    const child = spawn("docker", [...optionsFor(daemon), ...words], {
        env: { ...environmentFor(daemon), ...env },
        signal,
    });
    // one that ended before it read all says so by its code
    child.stdin.on("error", () => undefined).end(input);
    const lines: string[] = [];
    let next = 0;
    const collect = async (stream: Readable): Promise<void> => {
        for await (const line of createInterface({ input: stream })) {
            lines.push(line);
            if (Date.now() >= next && line.trim() !== "" && !isNoise(line)) {
                next = Date.now() + STATUS_INTERVAL;
                report(line);
            }
        }
    };
    const ended = new Promise<number | null>((resolve, reject) => {
        child
            .on("close", resolve)
            .on("error", (error: NodeJS.ErrnoException) =>
                reject(
                    error.code === "ENOENT"
                        ? new Error(
                              "there is no `docker` command on the PATH, which builds the images",
                          )
                        : error.name === "AbortError"
                          ? new Error("the build was cancelled")
                          : error,
                ),
            );
    });
    const [code] = await Promise.all([ended, collect(child.stdout), collect(child.stderr)]);
    return { code, lines };
}
