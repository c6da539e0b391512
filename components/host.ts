import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { BlockList, isIP } from "node:net";
import { homedir } from "node:os";
import { promisify } from "node:util";
import type { Connection } from "./kubeconfig.ts";
import type { Problem } from "./problems.ts";

/** Runs a program; the code is ENOENT where there is none. */
export type Program = (
    args: readonly string[],
) => Promise<{ code: number | "ENOENT"; out: string; err: string }>;

/** What the preflight knows of this host. Tests hand over their own. */
export interface Host {
    env: Readonly<Record<string, string | undefined>>;
    home: string;
    /** Runs `minikube` or `docker` with these arguments. */
    minikube: Program;
    docker: Program;
    readFile: (path: string) => Promise<string>;
    /** Reads a path of the API server, as JSON. */
    get: (connection: Connection, path: string) => Promise<unknown>;
}

/** A program on PATH. */
const program =
    (name: string): Program =>
    async (args) => {
        try {
            const { stdout, stderr } = await promisify(execFile)(name, [...args], {
                timeout: 60_000,
            });
            return { code: 0, out: stdout, err: stderr };
        } catch (error) {
            const failed = error as {
                code?: number | "ENOENT";
                stdout?: string;
                stderr?: string;
                message: string;
            };
            return {
                code: failed.code ?? 1,
                out: failed.stdout ?? "",
                err: failed.stderr || failed.message,
            };
        }
    };

/** This machine. */
export function thisHost(): Host {
    return {
        env: process.env,
        home: homedir(),
        readFile: (path) => readFile(path, "utf8"),
        minikube: program("minikube"),
        docker: program("docker"),
        get: async ({ server, options }, path) => {
            const body = await new Promise<string>((resolve, reject) => {
                const call = request(
                    `${server.replace(/\/$/, "")}${path}`,
                    { ...options, timeout: 10_000 },
                    (response) => {
                        let text = "";
                        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
                        response.on("end", () => {
                            if (response.statusCode === 200) {
                                resolve(text);
                            } else {
                                reject(new Error(`${response.statusCode}: ${text.slice(0, 300)}`));
                            }
                        });
                    },
                );
                call.on("timeout", () => call.destroy(new Error("no answer within 10 s")));
                call.on("error", reject).end();
            });
            return JSON.parse(body) as unknown;
        },
    };
}

/** Whether a proxy of the environment would swallow the traffic to an address that is not the Internet's. */
export function proxied(env: Host["env"], hostname: string): boolean {
    const either = (name: string) => env[name] ?? env[name.toLowerCase()] ?? "";
    if (!either("HTTPS_PROXY") || hostname === "localhost" || hostname.startsWith("127.")) {
        return false;
    }
    const direct = new BlockList();
    for (const entry of either("NO_PROXY").split(",")) {
        const [address = "", bits] = entry.trim().split("/");
        if (address === "*" || address === hostname) {
            return false;
        }
        const family = isIP(address) === 6 ? "ipv6" : "ipv4";
        if (isIP(address) && bits) {
            direct.addSubnet(address, Number(bits), family);
        }
    }
    return !isIP(hostname) || !direct.check(hostname, isIP(hostname) === 6 ? "ipv6" : "ipv4");
}

/** The oldest Minikube that knows each flag used here: of its release 1.23.0 is `docker-env --output`. */
export const OLDEST_MINIKUBE = { major: 1, minor: 23 };
const oldest = `${OLDEST_MINIKUBE.major}.${OLDEST_MINIKUBE.minor}`;

/** That Minikube is too old, where it says that it does not know a flag. */
export function tooOld(said: string): Problem | undefined {
    return /^Error: unknown (shorthand )?flag/m.test(said)
        ? {
              what: `Minikube is too old: ${oldest} or later is needed`,
              why: `It does not know a flag that is used here.\n   ${said.trim().split("\n").join("\n   ")}`,
              next: "install a current one, https://minikube.sigs.k8s.io/docs/start/, then npm run up",
          }
        : undefined;
}
