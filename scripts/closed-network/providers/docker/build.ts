/** Building and pushing an image with the `docker` command. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
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

/**
 * Builds an image of these inputs into the daemon, with the builder that needs no frontend, and answers with its ID,
 * `sha256:…`.
 */
export async function buildImage(run: Run, image: Properties): Promise<string> {
    const name = stringAt(image, "imageName") ?? "";
    const setting = (key: string): string => stringAt(image, "build", key) ?? "";
    run.report(`Building ${name}`);
    const args = Object.entries(propertiesAt(image, "build", "args"));
    await docker(run, `building ${name}`, [
        ...["build", `--file=${setting("dockerfile")}`, `--tag=${name}`],
        `--platform=${setting("platform")}`,
        ...args.map(([key, value]) => `--build-arg=${key}=${value as string}`),
        setting("context"),
    ]);
    const inspect = ["image", "inspect", "--format={{.Id}}", name];
    const lines = await docker(run, `looking at ${name}, which was built,`, inspect);
    return lines.find((line) => line.startsWith("sha256:")) ?? "";
}

/**
 * Pushes an image that was built and answers with what it is in the registry, `NAME@sha256:…`. Without a user's name it is pushed
 * as whoever `docker login` says.
 */
export async function pushImage(run: Run, image: Properties): Promise<string> {
    const name = stringAt(image, "imageName") ?? "";
    const setting = (key: string): string => stringAt(image, "registry", key) ?? "";
    // Docker Hub has a key of its own
    const server = setting("server").replace(/^docker\.io$/, "https://index.docker.io/v1/");
    const auth = Buffer.from(`${setting("username")}:${setting("password")}`).toString("base64");
    // a login of the program's is never to become this host's
    const folder = mkdtempSync(join(tmpdir(), "docker-login-"));
    try {
        const login = JSON.stringify({ auths: { [server]: { auth } } });
        writeFileSync(join(folder, "config.json"), login, { mode: 0o600 });
        const env = setting("username") ? { DOCKER_CONFIG: folder } : {};
        const lines = await docker(run, `pushing ${name}`, ["push", name], env);
        const said = lines.map((line) => /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(line)?.[1]);
        const digest = said.findLast(Boolean);
        if (digest === undefined) {
            throw new Error(`the registry told no digest of ${name}`);
        }
        return `${name.replace(/:[^:/]*$/, "")}@${digest}`;
    } finally {
        rmSync(folder, { recursive: true });
    }
}

/** The environment for the `docker` command: the shell's, less what would point it to another daemon or builder. */
export function environmentFor({ host, certPath }: Daemon): NodeJS.ProcessEnv {
    const shell = Object.entries(process.env).filter(([name]) => !/^DOCKER_(?!CONFIG$)/.test(name));
    // the command would send even the daemon's address through a proxy
    const address = URL.canParse(host ?? "") ? new URL(host ?? "").hostname : "";
    const others = process.env["NO_PROXY"] ?? process.env["no_proxy"];
    return {
        ...Object.fromEntries(shell),
        NO_PROXY: [others, address].filter(Boolean).join(","),
        ...(host ? { DOCKER_HOST: host } : {}),
        ...(certPath ? { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: certPath } : {}),
        DOCKER_BUILDKIT: "0",
    };
}

/** Runs the command and answers with what it said, a line each. */
async function docker(
    { daemon, report, signal }: Run,
    what: string,
    words: string[],
    more: NodeJS.ProcessEnv = {},
): Promise<string[]> {
    const env = { ...environmentFor(daemon), ...more };
    const child = spawn("docker", words, { env, signal, stdio: ["ignore", "pipe", "pipe"] });
    const lines: string[] = [];
    for (const input of [child.stdout, child.stderr]) {
        createInterface({ input }).on("line", (line) => {
            if (line.trim() !== "") {
                lines.push(line);
                report(line);
            }
        });
    }
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) {
        throw new Error(`${what} failed:\n${lines.slice(-SHOWN_LINES).join("\n")}`);
    }
    return lines;
}
