import { z } from "zod";
import type { Daemon, ImageDelivery } from "./delivery.ts";
import { type Host, proxied } from "./host.ts";
import type { ImageStore } from "./imageStore.ts";
import { MinikubeDaemon } from "./minikubeDaemon.ts";
import { NodeImages } from "./nodeImages.ts";
import type { Problem } from "./problems.ts";
import type { DeliverySetting } from "./settings.ts";

/** What decides how images reach a Minikube's nodes. */
export interface DeliveryFacts {
    profile: string;
    driver: string | undefined;
    /** `docker`, `containerd` or `cri-o`. */
    runtime: string;
    /** Names of its nodes, the one with the control plane first. */
    nodes: readonly string[];
}

/** The way that was chosen, for the cluster of that UID; undefined where there is a problem. */
export interface Choice {
    to?: (clusterUid: string) => ImageDelivery;
    problems: Problem[];
}

const DockerEnv = z.object({ DOCKER_HOST: z.string(), DOCKER_CERT_PATH: z.string() });

/** The command that makes a Minikube; it takes the runtime that Minikube prefers. */
export const startCommand = (profile: string) => `minikube start -p ${profile} --driver=docker`;

/** The last lines of what a command said, where the reason stands. */
const tail = (text: string) => text.trim().split("\n").slice(-3).join("\n   ");

async function dockerEnv(
    host: Host,
    profile: string,
): Promise<{ found?: z.output<typeof DockerEnv>; problems: Problem[] }> {
    const { code, out, err } = await host.minikube([
        ...["-p", profile],
        ...["docker-env", "--shell", "none", "-o", "json"],
    ]);
    // warnings may come first; on failure stdout says `false exit code N` and stderr has the reason
    const line = out.split("\n").findLast((candidate) => candidate.startsWith("{"));
    if (code === 0 && line !== undefined) {
        const found = DockerEnv.parse(JSON.parse(line));
        const { hostname } = new URL(found.DOCKER_HOST);
        const problems = proxied(host.env, hostname)
            ? [
                  {
                      what: `A proxy is set, and NO_PROXY does not name Minikube's ${hostname}`,
                      why: "Pulumi would send its requests to Minikube through the proxy.",
                      next: `export NO_PROXY="$NO_PROXY,${hostname}"`,
                  },
              ]
            : [];
        return { found, problems };
    }
    // exit codes of Minikube: 83 the node is stopped, 103 paused or the control plane is stopped
    const stopped = code === 83 || code === 103;
    return {
        problems: [
            {
                what: stopped
                    ? `The Minikube profile "${profile}" is not running`
                    : `Minikube's Docker daemon in the profile "${profile}" does not answer`,
                why: stopped
                    ? "The images are built inside it and the pods run in it."
                    : `minikube docker-env ended with ${code}: ${tail(err || out)}`,
                next: stopped ? `minikube start -p ${profile}` : `minikube status -p ${profile}`,
            },
        ],
    };
}

/** The Docker daemon of this host, as its CLI finds it. */
async function hostDocker(
    host: Host,
    why: string,
): Promise<{ found?: Daemon; problems: Problem[] }> {
    const own = host.env["DOCKER_HOST"];
    const context = await host.docker([
        "context",
        "inspect",
        "--format",
        "{{.Endpoints.docker.Host}}",
    ]);
    const found = { host: own || context.out.trim() };
    const answer =
        found.host === ""
            ? context
            : await host.docker([
                  "--host",
                  found.host,
                  "version",
                  "--format",
                  "{{.Server.Version}}",
              ]);
    return answer.code === 0
        ? { found, problems: [] }
        : {
              problems: [
                  {
                      what:
                          answer.code === "ENOENT"
                              ? "Docker is not installed on this host, or not on PATH"
                              : "The Docker of this host does not answer",
                      why: `Images are built in it and copied onto the nodes: ${why}. ${tail(answer.err)}`,
                      next: "start Docker (docker info tells whether it answers), then the same command again",
                  },
              ],
          };
}

/** What keeps the images from being built inside Minikube itself; undefined where nothing does. */
function reasonToCopy({ runtime, nodes }: DeliveryFacts): string | undefined {
    return runtime !== "docker"
        ? `its nodes run ${runtime}`
        : nodes.length > 1
          ? `it has ${nodes.length} nodes`
          : undefined;
}

/** Chooses how images reach a Minikube's nodes: as the setting says, or else by what the Minikube is. */
export async function chooseDelivery(
    host: Host,
    setting: DeliverySetting,
    facts: DeliveryFacts,
): Promise<Choice> {
    const { profile, driver, runtime, nodes } = facts;
    const store = (clusterUid: string): ImageStore => ({
        place: "nodes",
        profile,
        clusterUid,
        nodes,
        runtime,
    });
    const reason = reasonToCopy(facts);
    if (driver === "none") {
        return {
            problems: [
                {
                    what: `The Minikube profile "${profile}" uses the driver "none"`,
                    why: "It has no node of its own that images could be brought to.",
                    next: `${startCommand(`${profile}-docker`)} && pulumi config set minikubeProfile ${profile}-docker`,
                },
            ],
        };
    }
    if (setting === "minikube-daemon" && reason !== undefined) {
        return {
            problems: [
                {
                    what: `imageDelivery is minikube-daemon, and the Minikube profile "${profile}" has no daemon for that: ${reason}`,
                    why: "An image built in one node's Docker daemon is just there.",
                    next: "pulumi config set imageDelivery auto",
                },
            ],
        };
    }
    if (setting === "copy" || reason !== undefined) {
        const why = reason ?? "imageDelivery is copy";
        const { found, problems } = await hostDocker(host, why);
        return found === undefined
            ? { problems }
            : { to: (clusterUid) => new NodeImages(found, store(clusterUid), why), problems };
    }
    // asking has side effects elsewhere: on containerd, docker-env starts a daemon of its own
    const { found, problems } = await dockerEnv(host, profile);
    return found === undefined
        ? { problems }
        : {
              to: (clusterUid) =>
                  new MinikubeDaemon(
                      { host: found.DOCKER_HOST, certPath: found.DOCKER_CERT_PATH },
                      store(clusterUid),
                  ),
              problems,
          };
}
