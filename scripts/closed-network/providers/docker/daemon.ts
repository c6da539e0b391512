/** The Docker daemon that a provider is configured for: is it there, and how does the `docker` command reach it. */
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";

/** Where a daemon listens. */
export interface Daemon {
    /** For example `tcp://192.168.49.2:2376` or `unix:///var/run/docker.sock`. */
    host: string;
    /** The directory of `ca.pem`, `cert.pem` and `key.pem`, for a daemon that speaks TLS. */
    certPath: string | undefined;
}

const DEFAULT_HOST = "unix:///var/run/docker.sock";
const PING_TIMEOUT = 10_000;

/** The daemon of a provider's configuration; what the shell's environment says about Docker is left aside. */
export function daemonOf(config: { [name: string]: string }): Daemon {
    return { host: config["host"] || DEFAULT_HOST, certPath: config["certPath"] || undefined };
}

/** The words that make the `docker` command talk to this daemon. */
export function cliOptions({ host, certPath }: Daemon): string[] {
    const tls = certPath
        ? [
              "--tlsverify",
              `--tlscacert=${join(certPath, "ca.pem")}`,
              `--tlscert=${join(certPath, "cert.pem")}`,
              `--tlskey=${join(certPath, "key.pem")}`,
          ]
        : [];
    return [`--host=${host}`, ...tls];
}

/** The environment for the `docker` command: the shell's, less what would point it to another daemon. */
export function cliEnvironment({ host }: Daemon, buildKit: boolean): NodeJS.ProcessEnv {
    const { DOCKER_CONFIG, ...rest } = process.env;
    const environment = Object.fromEntries(
        Object.entries(rest).filter(([name]) => !name.startsWith("DOCKER_")),
    );
    if (DOCKER_CONFIG) {
        environment["DOCKER_CONFIG"] = DOCKER_CONFIG;
    }
    // The command line client would send even the daemon's address through a proxy.
    const own = URL.canParse(host) ? new URL(host).hostname : "";
    for (const name of ["NO_PROXY", "no_proxy"]) {
        environment[name] = [environment[name], own].filter(Boolean).join(",");
    }
    return { ...environment, DOCKER_BUILDKIT: buildKit ? "1" : "0" };
}

/**
 * Asks the daemon whether it is there, over HTTP and not with the `docker` command, because every operation begins with this.
 * Answers with the version of the API that it speaks; daemons that are reached in other ways (ssh) are taken on trust.
 */
export async function ping(daemon: Daemon): Promise<string | undefined> {
    const { protocol, hostname, port } = new URL(daemon.host);
    const common = { path: "/_ping", timeout: PING_TIMEOUT, agent: false };
    const send = (): ReturnType<typeof httpRequest> | undefined => {
        if (protocol === "unix:") {
            return httpRequest({ ...common, socketPath: daemon.host.slice("unix://".length) });
        }
        if (!["tcp:", "http:", "https:"].includes(protocol)) {
            return undefined;
        }
        if (!daemon.certPath) {
            return httpRequest({ ...common, hostname, port: port || 2375 });
        }
        const read = (file: string): Buffer => readFileSync(join(daemon.certPath as string, file));
        const material = { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
        return httpsRequest({ ...common, hostname, port: port || 2376, ...material });
    };

    try {
        return await new Promise<string | undefined>((resolve, reject) => {
            const request = send();
            if (!request) {
                resolve(undefined);
                return;
            }
            request.on("response", (response) => {
                response.resume();
                if (response.statusCode === 200) {
                    resolve(response.headers["api-version"]?.toString());
                } else {
                    reject(new Error(`it answered with status ${response.statusCode}`));
                }
            });
            request.on("timeout", () => request.destroy(new Error("no answer within 10 s")));
            request.on("error", reject);
            request.end();
        });
    } catch (error) {
        const reason = (error as Error).message;
        throw new Error(`failed to connect to any docker daemon: ${daemon.host}: ${reason}`, {
            cause: error,
        });
    }
}
