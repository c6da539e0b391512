import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { OLDEST_MINIKUBE } from "../components/host.ts";
import { Failure } from "./failure.ts";
import { localPath, makeLocal } from "./local.ts";
import { type Listener, run, stopIfInterrupted } from "./run.ts";

/** A Minikube profile to have running, and how to make it where there is none. */
export interface Profile {
    name: string;
    /** Memory of the node, such as `4g`. */
    memory: string;
    /** `ADDRESS:HOST_PORT:NODE_PORT` to publish on this host, for a profile that has to be made. */
    publish: string;
    /** Flags that come from the supply of tools. */
    flags: readonly string[];
    env: Record<string, string>;
    listener: Listener;
}

export type ProfileState = "absent" | "stopped" | "running";

/** What Minikube says of a profile. */
export async function profileState(
    name: string,
    env: Record<string, string>,
): Promise<ProfileState> {
    const { stdout, exitCode } = await execa(
        "minikube",
        ["status", "-p", name, "--format", "{{.Host}} {{.APIServer}}"],
        { env, reject: false },
    );
    // 85: there is no such profile; other codes are a bit set of what does not run
    if (exitCode === 85) {
        return "absent";
    }
    return stdout.trim() === "Running Running" ? "running" : "stopped";
}

/** What a program that ran to its end left: `exitCode` is undefined where it did not start. */
export interface Ended {
    exitCode?: number;
    stdout: string;
    stderr: string;
}

/** The fingerprint of the authority that signs all clusters of this Minikube; undefined where it has none yet. */
export async function authority(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
    const home = env["MINIKUBE_HOME"] || homedir();
    const folder = basename(home) === ".minikube" ? home : join(home, ".minikube");
    const certificate = await readFile(join(folder, "ca.crt")).catch(() => undefined);
    return certificate && new X509Certificate(certificate).fingerprint256;
}

/** The file that remembers which profiles the scripts made: only those are ever started again or deleted by them. */
const madeFile = (project: string) => localPath(project, "profiles");

/** The profiles that the scripts of this clone made. */
export async function madeProfiles(project: string): Promise<string[]> {
    const text = await readFile(madeFile(project), "utf8").catch(() => "");
    return text.split("\n").filter(Boolean);
}

/**
 * The Docker volumes of a profile that is no more. `minikube delete` without a Docker engine that answers deletes the
 * profile and leaves the node's volume; a new profile of that name would start on it, and its API server never come up.
 */
async function leftVolumes(profile: string): Promise<string[]> {
    const label = `label=name.minikube.sigs.k8s.io=${profile}`;
    const list = ["volume", "ls", "--quiet", "--filter", label];
    // where there is no engine after all, Minikube says so itself
    const { stdout } = await execa("docker", list, { reject: false });
    return stdout.split("\n").filter(Boolean);
}

/**
 * Refuses a Minikube that would make a cluster which the program then cannot use. One that says no version is taken as it is.
 *
 * @throws Failure
 */
async function requireVersion(env: Record<string, string>): Promise<void> {
    const { stdout } = await execa("minikube", ["version", "--short"], { env, reject: false });
    await stopIfInterrupted();
    const [version, major, minor] = /v(\d+)\.(\d+)\.\d+/.exec(stdout) ?? [];
    const oldest = OLDEST_MINIKUBE;
    if (version !== undefined && Number(major) === oldest.major && Number(minor) < oldest.minor) {
        throw new Failure(
            `Minikube ${version} is too old: ${oldest.major}.${oldest.minor} or later is needed`,
            "It does not know a flag that is used here, and its Kubernetes is as old.",
            "install a current one, https://minikube.sigs.k8s.io/docs/start/, then npm run up; taken off PATH, npm run up gets one",
        );
    }
}

/**
 * Starts the profile: makes it where there is none, starts it again where it is ours and stopped.
 *
 * @throws Failure where a stopped profile is somebody else's, where a deleted one left its volume, or where Minikube cannot start.
 */
export async function startMinikube(project: string, profile: Profile): Promise<void> {
    const made = await madeProfiles(project);
    const state = await profileState(profile.name, profile.env);
    if (state === "running") {
        return;
    }
    if (state === "stopped" && !made.includes(profile.name)) {
        throw new Failure(
            `The Minikube profile "${profile.name}" is not running`,
            "It was not made by npm run up, so it is left alone.",
            `minikube start -p ${profile.name}, then npm run up; or name another in Pulumi.STACK.yaml: config: { habit-tracker:minikubeProfile: NAME }`,
        );
    }
    await requireVersion(profile.env);
    if (state === "absent") {
        const left = await leftVolumes(profile.name);
        if (left.length > 0) {
            throw new Failure(
                `The Minikube profile "${profile.name}" was deleted only by half`,
                `It was deleted while Docker did not run, so Docker's volume ${left.join(", ")} is still there, with the databases in it.\n   Minikube cannot start on it.`,
                `minikube delete -p ${profile.name}, which deletes it for good, then npm run up`,
            );
        }
        // before the start: an interrupted one leaves a profile behind
        await makeLocal(project);
        await writeFile(madeFile(project), [...new Set([...made, profile.name])].join("\n"));
    }
    const { code, all } = await run(
        "minikube",
        [
            ...["start", "-p", profile.name],
            // a node is what it was made; told other ports later, Minikube writes them down and publishes nothing
            ...(state === "absent"
                ? [
                      // images are then built where pods find them, and nothing has to be copied
                      ...["--driver=docker", "--container-runtime=docker", "--cpus=2"],
                      ...[`--memory=${profile.memory}`, `--ports=${profile.publish}`],
                  ]
                : []),
            // kubectl's current context stays what the user made it
            ...["--keep-context", "--wait=all"],
            // Minikube refuses the docker driver to root otherwise
            ...(process.getuid?.() === 0 ? ["--force"] : []),
            ...profile.flags,
        ],
        profile,
    );
    if (code !== 0) {
        throw new Failure(
            `minikube start -p ${profile.name} failed`,
            all.trim().split("\n").slice(-20).join("\n   "),
            `npm run up once more; if it stays so, minikube delete -p ${profile.name} first`,
        );
    }
}
