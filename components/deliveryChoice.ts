import { z } from "zod";
import type { Wanted } from "./cluster.ts";
import type { Daemon, ImageDelivery } from "./delivery.ts";
import { type Host, proxied, tooOld } from "./host.ts";
import type { NodeStore } from "./imageStore.ts";
import { MinikubeDaemon } from "./minikubeDaemon.ts";
import { NodeImages } from "./nodeImages.ts";
import { PrebuiltImage } from "./prebuiltImage.ts";
import type { Problem } from "./problems.ts";
import { RegistryImages } from "./registryImages.ts";
import type { DeliverySetting } from "./settings.ts";

/** What decides how images reach a Minikube's nodes. */
export interface DeliveryFacts {
    profile: string;
    /** `docker`, `containerd` or `cri-o`. */
    runtime: string;
    /** Names of its nodes, the one with the control plane first. */
    nodes: readonly string[];
}

/** How images are built for a cluster, and where. */
export interface Builder {
    /** What `docker.Image` builds in. */
    daemon: Daemon;
    /** For the cluster of that UID. */
    delivery: (clusterUid: string) => ImageDelivery;
}

/** The last lines of what a command said, where the reason stands. */
const tail = (text: string) => text.trim().split("\n").slice(-3).join("\n   ");

const DockerEnv = z.object({ DOCKER_HOST: z.string(), DOCKER_CERT_PATH: z.string() });

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
    const old = tooOld(err);
    if (old !== undefined) {
        return { problems: [old] };
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
    const { DOCKER_HOST: chosen, DOCKER_CERT_PATH: certPath, MINIKUBE_ACTIVE_DOCKERD } = host.env;
    const purpose = `Images are built in it: ${why}.`;
    if (MINIKUBE_ACTIVE_DOCKERD) {
        return {
            problems: [
                {
                    what: `This shell's Docker is the one inside the Minikube "${MINIKUBE_ACTIVE_DOCKERD}" (minikube docker-env)`,
                    why: `${purpose} A Minikube's own one has another address after each start.`,
                    next: "eval $(minikube docker-env --unset), then the same command again",
                },
            ],
        };
    }
    const context = chosen
        ? undefined
        : await host.docker(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]);
    const found = {
        host: chosen || (context?.out.trim() ?? ""),
        ...(host.env["DOCKER_TLS_VERIFY"] && certPath ? { certPath } : {}),
    };
    const answer =
        context === undefined || context.code === 0
            ? await host.docker([
                  "--host",
                  found.host,
                  "version",
                  "--format",
                  "{{.Server.Version}}",
              ])
            : context;
    return answer.code === 0
        ? { found, problems: [] }
        : {
              problems: [
                  {
                      what:
                          answer.code === "ENOENT"
                              ? "Docker is not installed on this host, or not on PATH"
                              : "The Docker of this host does not answer",
                      why: `${purpose}\n   ${tail(answer.err)}`,
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

/** That the setting names a way that this cluster has not. */
const impossible = (setting: DeliverySetting, why: string) => ({
    problems: [
        {
            what: `imageDelivery is ${setting}, which the cluster does not allow`,
            why,
            next: "pulumi config set imageDelivery auto",
        },
    ],
});

type Choice = { builder?: Builder; problems: Problem[] };

/** Images that this host's Docker builds. */
async function builtHere(
    host: Host,
    why: string,
    delivery: (daemon: Daemon, clusterUid: string) => ImageDelivery,
): Promise<Choice> {
    const { found, problems } = await hostDocker(host, why);
    return found === undefined
        ? { problems }
        : {
              builder: { daemon: found, delivery: (clusterUid) => delivery(found, clusterUid) },
              problems,
          };
}

/**
 * Chooses how images reach a cluster's nodes: as the setting says, or else by what the cluster is.
 *
 * @param images undefined where none is built
 * @param minikube undefined where the cluster is not known to be one
 */
export async function chooseBuilder(
    host: Host,
    images: Wanted["images"],
    minikube: DeliveryFacts | undefined,
): Promise<Choice> {
    if (images === undefined) {
        return { problems: [] };
    }
    const { delivery: setting, registry } = images;
    const why =
        minikube === undefined
            ? "kubeContext names a cluster whose nodes nothing else reaches"
            : reasonToCopy(minikube);
    const chosen =
        setting !== "auto"
            ? setting
            : minikube === undefined
              ? "registry"
              : why === undefined
                ? "minikube-daemon"
                : "copy";
    const because = setting === "auto" ? (why ?? "") : `imageDelivery is ${setting}`;
    if (chosen === "registry") {
        return registry === undefined
            ? {
                  problems: [
                      {
                          what: "imageRegistry is not set, and images are to be pushed to one",
                          why: `This is so because ${because}.`,
                          next: "pulumi config set imageRegistry HOST/PATH, or backendImage and frontendImage for images that are built elsewhere",
                      },
                  ],
              }
            : builtHere(host, because, (daemon) => new RegistryImages(daemon, registry, because));
    }
    if (minikube === undefined) {
        return impossible(setting, `${why}.`);
    }
    const nodes = (clusterUid: string): NodeStore => ({ place: "nodes", clusterUid, ...minikube });
    if (chosen === "copy") {
        return builtHere(
            host,
            because,
            (daemon, uid) => new NodeImages(daemon, nodes(uid), because),
        );
    }
    if (why !== undefined) {
        return impossible(
            setting,
            `An image that is built in one node's Docker daemon is just there, and of "${minikube.profile}", ${why}.`,
        );
    }
    // asking has side effects elsewhere: on containerd, docker-env starts a daemon of its own
    const { found, problems } = await dockerEnv(host, minikube.profile);
    return found === undefined
        ? { problems }
        : {
              builder: {
                  daemon: { host: found.DOCKER_HOST, certPath: found.DOCKER_CERT_PATH },
                  delivery: (clusterUid) => new MinikubeDaemon(nodes(clusterUid)),
              },
              problems,
          };
}

/** How one image reaches the nodes: as the cluster's are built, unless it was built elsewhere. */
export function deliveryOf(
    { prebuilt }: { prebuilt: string | undefined },
    built: ImageDelivery | undefined,
): ImageDelivery {
    if (prebuilt !== undefined) {
        return new PrebuiltImage(prebuilt);
    }
    if (built === undefined) {
        throw new Error("an image is to be built, and the preflight looked for no place for that");
    }
    return built;
}
