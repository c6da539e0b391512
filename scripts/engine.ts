import { readFile } from "node:fs/promises";
import { execa } from "execa";
import { closedNetworkFolder, debianRoot, runRecipe } from "./closed-network/index.ts";
import { Failure, indent } from "./failure.ts";
import type { Listener } from "./run.ts";

/** The Docker engine that `docker` leads to; `forbidden` is one that this user may not use. */
export interface Engine {
    state: "answers" | "forbidden" | "stopped" | "absent";
    /** What `docker` says where none answers. */
    reason: string;
}

/** Asks the engine. */
export async function inspectEngine(env: NodeJS.ProcessEnv = process.env): Promise<Engine> {
    const {
        exitCode,
        code,
        stderr: reason,
    } = await execa("docker", ["info"], { reject: false, env });
    if (exitCode === 0) {
        return { state: "answers", reason };
    }
    if (code === "ENOENT") {
        return { state: "absent", reason: "There is no program docker on PATH." };
    }
    return { state: /permission denied/i.test(reason) ? "forbidden" : "stopped", reason };
}

/** What of a machine decides how it gets an engine. */
export interface Machine {
    platform: NodeJS.Platform;
    /** Of the kernel, which names WSL. */
    kernel: string;
    /** Whether Debian's engine can be installed and started here, unasked for more than a yes. */
    debianRoot: boolean;
}

/** This machine. */
export async function thisMachine(): Promise<Machine> {
    return {
        platform: process.platform,
        kernel: await readFile("/proc/version", "utf8").catch(() => ""),
        debianRoot: await debianRoot(),
    };
}

/**
 * What `npm run up` would do to have an engine, in words.
 *
 * @throws Failure where the user has to do it, with what that is on such a machine
 */
export function engineIntention({ state, reason }: Engine, machine: Machine): string {
    if (machine.debianRoot && state !== "forbidden") {
        return state === "stopped"
            ? "start the Docker engine"
            : "install (apt-get) and start Debian's Docker engine";
    }
    const { platform, kernel } = machine;
    const why = indent(reason) || "docker info fails, and says nothing.";
    if (state === "forbidden") {
        throw new Failure(
            "The Docker engine does not let this user in",
            why,
            "sudo usermod -aG docker $USER, then log out and in again, and npm run up",
        );
    }
    const isWsl = /microsoft/i.test(kernel);
    const desktop = platform === "darwin" || platform === "win32" || isWsl;
    const [install, start] = desktop
        ? [
              "install Docker Desktop, https://docs.docker.com/get-started/get-docker/",
              platform === "darwin"
                  ? "open -a Docker, wait until it runs"
                  : `start Docker Desktop${isWsl ? ", with the WSL integration of this distribution switched on (Settings, Resources)" : ""}`,
          ]
        : [
              "install Docker, https://docs.docker.com/engine/install/",
              "sudo systemctl start docker",
          ];
    throw new Failure(
        state === "absent" ? "There is no Docker" : "The Docker engine does not answer",
        why,
        `${state === "absent" ? install : start}, then npm run up`,
    );
}

/** Has a Docker engine running for Minikube's docker driver. */
export async function startEngine(listener: Listener): Promise<void> {
    await runRecipe("engine.sh", await closedNetworkFolder(), listener);
}
