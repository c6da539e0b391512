/** Building and pushing an image with the `docker` command. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { cliEnvironment, cliOptions, type Daemon, ping } from "./daemon.ts";

/** What is built, from what. */
export interface Build {
    imageName: string;
    context: string;
    dockerfile: string;
    args: { [name: string]: string };
    target: string | undefined;
    platform: string | undefined;
    network: string | undefined;
    addHosts: string[];
    /** Undefined lets the command and the daemon decide. */
    builderVersion: "BuilderBuildKit" | "BuilderV1" | undefined;
}

/** Where an image is pushed, and as whom; without a name it is whoever `docker login` says. */
export interface Push {
    server: string;
    username: string | undefined;
    password: string | undefined;
}

/** How many lines of a failed build are shown. */
const SHOWN_LINES = 40;
/** Not more than ten messages a second beside the resource: nobody reads faster. */
const STATUS_INTERVAL = 100;

/** The words of `docker build` for a build. */
export function buildArguments(build: Build, buildKit: boolean): string[] {
    return [
        "build",
        `--file=${build.dockerfile}`,
        `--tag=${build.imageName}`,
        ...(build.platform ? [`--platform=${build.platform}`] : []),
        ...(build.target ? [`--target=${build.target}`] : []),
        ...(build.network ? [`--network=${build.network}`] : []),
        ...build.addHosts.map((host) => `--add-host=${host}`),
        ...Object.entries(build.args).map(([name, value]) => `--build-arg=${name}=${value}`),
        ...(buildKit ? ["--progress=plain"] : []),
        build.context,
    ];
}

/**
 * Builds an image into the daemon and answers with its ID, `sha256:…`. Every line of the build is handed to `report`; a
 * failure shows the last lines of the step that failed.
 */
export async function buildImage(
    daemon: Daemon,
    build: Build,
    report: (line: string) => void,
    signal: AbortSignal,
): Promise<string> {
    const buildKit = build.builderVersion !== "BuilderV1" && (await supportsBuildKit(daemon));
    const status = throttle(report, STATUS_INTERVAL);
    const built = await run(daemon, buildArguments(build, buildKit), { buildKit, signal }, status);
    if (built.code !== 0) {
        throw new Error(
            `building ${build.imageName} failed:\n${failedStep(built.lines, SHOWN_LINES).join("\n")}`,
        );
    }

    const inspected = await run(daemon, ["image", "inspect", "--format={{.Id}}", build.imageName], {
        buildKit,
        signal,
    });
    const id = inspected.lines.find((line) => line.startsWith("sha256:"));
    if (!id) {
        throw new Error(
            `${build.imageName} was built, but the daemon does not know it: ${inspected.lines.join("\n")}`,
        );
    }
    return id;
}

/** An image's name without its tag. */
export const repository = (imageName: string): string => imageName.replace(/:[^:/]*$/, "");

/** What `docker push` says of the content that the registry has now: `NAME@sha256:…`. */
export function pushedDigest(imageName: string, lines: string[]): string | undefined {
    const found = lines.map((line) => /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(line)?.[1]);
    const digest = found.findLast(Boolean);
    return digest === undefined ? undefined : `${repository(imageName)}@${digest}`;
}

/** Pushes an image that was built and answers with what it is in the registry, `NAME@sha256:…`. */
export async function pushImage(
    daemon: Daemon,
    imageName: string,
    { server, username, password }: Push,
    report: (line: string) => void,
    signal: AbortSignal,
): Promise<string> {
    const options = { buildKit: false, signal };
    // a login of the program's is never to become this host's
    const folder = mkdtempSync(join(tmpdir(), "docker-login-"));
    try {
        const named = username !== undefined && password !== undefined;
        const env = named ? { DOCKER_CONFIG: folder } : {};
        if (named) {
            const login = ["login", "--username", username, "--password-stdin", server];
            const { code, lines } = await run(daemon, login, { ...options, env, input: password });
            if (code !== 0) {
                throw new Error(`logging in to ${server} failed:\n${lines.join("\n")}`);
            }
        }
        const status = throttle(report, STATUS_INTERVAL);
        const pushed = await run(daemon, ["push", imageName], { ...options, env }, status);
        const digest = pushedDigest(imageName, pushed.lines);
        if (pushed.code !== 0 || digest === undefined) {
            throw new Error(
                `pushing ${imageName} failed:\n${pushed.lines.slice(-SHOWN_LINES).join("\n")}`,
            );
        }
        return digest;
    } finally {
        rmSync(folder, { recursive: true });
    }
}

/**
 * What a failed build said in its last step, and not more of it than `limit` lines. The classic builder begins a step with
 * "Step 3/7 : …"; BuildKit, whose steps run side by side, begins each line with the step's number.
 */
export function failedStep(lines: string[], limit: number): string[] {
    const relevant = lines.filter((line) => line.trim() !== "" && !isNoise(line));
    const number = relevant.map((line) => /^#\d+ (?=ERROR)/.exec(line)?.[0]).findLast(Boolean);
    const step = number
        ? relevant.filter((line) => line.startsWith(number))
        : relevant.slice(
              Math.max(
                  relevant.findLastIndex((line) => /^Step \d+\/\d+ : /.test(line)),
                  0,
              ),
          );
    return step.length <= limit ? step : [step[0] ?? "", "…", ...step.slice(2 - limit)];
}

function isNoise(line: string): boolean {
    return (
        /^DEPRECATED: The legacy builder/.test(line) ||
        /^\s+(environment-variable|BuildKit is|Install the buildx|https:\/\/docs\.docker\.com)/.test(
            line,
        ) ||
        /^#\d+ sha256:[0-9a-f]{64}$/.test(line)
    );
}

/** BuildKit came to daemons with API 1.39; the command needs its buildx plugin since 23.0, and has it built in before. */
async function supportsBuildKit(daemon: Daemon): Promise<boolean> {
    const api = await ping(daemon);
    if (api !== undefined && compareVersions(api, "1.39") < 0) {
        return false;
    }
    const options = { buildKit: true, signal: undefined };
    const buildx = await run(daemon, ["buildx", "version"], options);
    if (buildx.code === 0) {
        return true;
    }
    const version = await run(daemon, ["version", "--format={{.Client.Version}}"], options);
    return compareVersions(version.lines[0] ?? "23", "23") < 0;
}

function compareVersions(a: string, b: string): number {
    const [x, y] = [a, b].map((version) =>
        version.split(".").map((part) => Number.parseInt(part, 10)),
    );
    return (x?.[0] ?? 0) - (y?.[0] ?? 0) || (x?.[1] ?? 0) - (y?.[1] ?? 0);
}

async function run(
    daemon: Daemon,
    words: string[],
    {
        buildKit,
        signal,
        env = {},
        input,
    }: {
        buildKit: boolean;
        signal: AbortSignal | undefined;
        env?: NodeJS.ProcessEnv;
        input?: string;
    },
    report: (line: string) => void = () => {},
): Promise<{ code: number | null; lines: string[] }> {
    const child = spawn("docker", [...cliOptions(daemon), ...words], {
        env: { ...cliEnvironment(daemon, buildKit), ...env },
        stdio: ["pipe", "pipe", "pipe"],
        ...(signal ? { signal } : {}),
    });
    // one that ended before it read all says so by its code
    child.stdin.on("error", () => undefined).end(input);
    const lines: string[] = [];
    const collect = async (stream: Readable): Promise<void> => {
        for await (const line of createInterface({ input: stream })) {
            lines.push(line);
            report(line);
        }
    };
    const [code] = await Promise.all([
        new Promise<number | null>((resolve, reject) => {
            child.on("close", resolve);
            child.on("error", (error: NodeJS.ErrnoException) =>
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
        }),
        collect(child.stdout),
        collect(child.stderr),
    ]);
    return { code, lines };
}

function throttle(report: (line: string) => void, interval: number): (line: string) => void {
    let next = 0;
    return (line) => {
        const now = Date.now();
        if (now >= next && line.trim() !== "" && !isNoise(line)) {
            next = now + interval;
            report(line);
        }
    };
}
