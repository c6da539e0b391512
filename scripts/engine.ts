import { readFile } from "node:fs/promises";
import { execa } from "execa";
import { join } from "node:path";
import { Failure, indent } from "./failure.ts";
import { cacheFolder } from "./releases.ts";
import { type Listener, runScript } from "./run.ts";

/** The engine that `docker` leads to; `forbidden` is one that this user may not use, `podman` none of Docker's at all. */
export interface Engine {
    state: "answers" | "forbidden" | "stopped" | "absent" | "podman";
    /** What `docker` says where none answers. */
    reason: string;
    /** Where it looked, where that is not the usual place: another host, or a socket of one's own. */
    address?: string;
}

const USUAL = "unix:///var/run/docker.sock";

/** Asks the engine. */
export async function inspectEngine(env: NodeJS.ProcessEnv = process.env): Promise<Engine> {
    const { exitCode, code, stdout, stderr } = await execa("docker", ["info"], {
        reject: false,
        env,
    });
    // Docker's own says on standard output what it knows without an engine, and the script of Docker Desktop for WSL all of it
    const reason = stderr.trim() || stdout.trim();
    // distributions have a script called docker that runs podman
    if (/^Emulate Docker CLI using podman|^ +buildahVersion:/m.test(`${stderr}\n${stdout}`)) {
        return { state: "podman", reason: "The program docker on PATH is Podman's." };
    }
    if (exitCode === 0) {
        return { state: "answers", reason };
    }
    if (code === "ENOENT") {
        return { state: "absent", reason: "There is no program docker on PATH." };
    }
    const state = /permission denied while trying to connect/i.test(reason)
        ? "forbidden"
        : "stopped";
    const [, said] = / at ((?:unix|tcp|ssh|https?|npipe):\/\/\S+?)[.:]?(?:\s|$)/.exec(reason) ?? [];
    const address = env["DOCKER_HOST"] || said;
    return { state, reason, ...(address === undefined || address === USUAL ? {} : { address }) };
}

/** What of a machine decides how it gets an engine. */
export interface Machine {
    platform: NodeJS.Platform;
    /** Of the kernel, which names WSL. */
    kernel: string;
    /** Whether Debian's engine can be installed and started here, unasked for more than a yes. */
    debianRoot: boolean;
}

/** Whether packages can be installed and services started here: root, on Debian or Ubuntu. */
async function isDebianRoot(): Promise<boolean> {
    const release = await readFile("/etc/os-release", "utf8").catch(() => "");
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release) && process.getuid?.() === 0;
}

/** This machine. */
export async function thisMachine(): Promise<Machine> {
    return {
        platform: process.platform,
        kernel: await readFile("/proc/version", "utf8").catch(() => ""),
        debianRoot: await isDebianRoot(),
    };
}

/**
 * What `npm run up` would do to have an engine, in words.
 *
 * @throws Failure where the user has to do it, with what that is on such a machine
 */
export function engineIntention({ state, reason, address }: Engine, machine: Machine): string {
    const { platform, kernel, debianRoot: canInstall } = machine;
    if (state === "podman") {
        throw new Failure(
            "There is no Docker, only Podman",
            `${reason} Minikube's docker driver cannot use it.`,
            "install Docker, https://docs.docker.com/engine/install/, in its place, then npm run up",
        );
    }
    if (canInstall && state !== "forbidden" && address === undefined) {
        return state === "stopped"
            ? "start the Docker engine"
            : "install (apt-get) and start Debian's Docker engine";
    }
    const why = indent(reason) || "docker info fails, and says nothing.";
    const failed = state === "forbidden" ? "does not let this user in" : "does not answer";
    // Docker Desktop has a socket of its own in the user's home
    const desktopSocket = address?.includes("/.docker/");
    if (address !== undefined && !desktopSocket) {
        throw new Failure(
            `The Docker engine at ${address} ${failed}`,
            why,
            "start it, or choose another (DOCKER_HOST, docker context use NAME), then npm run up",
        );
    }
    if (state === "forbidden" && platform === "linux") {
        throw new Failure(
            `The Docker engine ${failed}`,
            why,
            "sudo usermod -aG docker $USER, then log out and in again, and npm run up",
        );
    }
    const isWsl = /microsoft/i.test(kernel);
    const isDesktop = platform !== "linux" || isWsl || desktopSocket;
    if (state === "absent") {
        throw new Failure(
            "There is no Docker",
            why,
            `install ${isDesktop ? "Docker Desktop, https://docs.docker.com/get-started/get-docker/" : "Docker, https://docs.docker.com/engine/install/"}, then npm run up`,
        );
    }
    const start = isDesktop
        ? `start Docker Desktop${platform === "darwin" ? " (open -a Docker)" : ""}${isWsl ? ", with the WSL integration of this distribution switched on (Settings, Resources)" : ""}`
        : "sudo systemctl start docker";
    throw new Failure(`The Docker engine ${failed}`, why, `${start}, then npm run up`);
}

/** Has a Docker engine running for Minikube's docker driver, on a Debian that root may change. */
export async function startEngine(listener: Listener): Promise<void> {
    const script = join(import.meta.dirname, "engine.sh");
    await runScript(script, join(cacheFolder(), "engine"), listener, {
        what: "The Docker engine could not be started",
        next: "start it yourself (docker info has to answer), then npm run up",
    });
}
