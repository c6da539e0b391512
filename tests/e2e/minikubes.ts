import { mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, type Server, connect, createServer } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { BASE_IMAGES, SCRIPTS, minikubeFlags } from "../../scripts/closed-network/index.ts";
import { type Host, inspectHost, installTools } from "../../scripts/host.ts";
import { kubectlCommand } from "../../scripts/place.ts";
import { runRecipe } from "../../scripts/recipe.ts";
import type { Installation } from "./installation.ts";

interface Node {
    metadata: { name: string };
    spec: { podCIDR: string };
    status: { addresses: { type: string; address: string }[] };
}

/** Plugins that give a node's pods addresses of its own range, as Minikube's own bridge does for a single node. */
const network = (subnet: string) => ({
    cniVersion: "0.4.0",
    name: "pods",
    plugins: [
        {
            type: "bridge",
            bridge: "pods",
            isDefaultGateway: true,
            ipMasq: true,
            hairpinMode: true,
            ipam: { type: "host-local", subnet },
        },
        { type: "portmap", capabilities: { portMappings: true } },
        { type: "firewall" },
    ],
});

/**
 * Has the pods of all nodes reach each other: Minikube's own network for that is an image, which a closed network has not.
 * A node is ready, and gets pods, from then on: the first one is before the next, as where Minikube starts them itself.
 */
async function connectPods(
    profile: string,
    nodes: readonly Node[],
    minikube: (...args: string[]) => Promise<string>,
    kubectl: (...args: string[]) => Promise<string>,
): Promise<void> {
    const addressOf = ({ status }: Node) =>
        status.addresses.find(({ type }) => type === "InternalIP")?.address ?? "";
    for (const node of nodes) {
        const configuration = Buffer.from(JSON.stringify(network(node.spec.podCIDR)));
        const others = nodes.filter((other) => other !== node);
        const commands = [
            "sudo mkdir -p /etc/cni/net.d",
            `echo ${configuration.toString("base64")} | base64 -d | sudo tee /etc/cni/net.d/10-pods.conflist`,
            "sudo iptables -P FORWARD ACCEPT",
            ...others.map(
                (other) => `sudo ip route replace ${other.spec.podCIDR} via ${addressOf(other)}`,
            ),
        ];
        await minikube("-p", profile, "ssh", "-n", node.metadata.name, "--", commands.join(" && "));
        await kubectl(
            "wait",
            "--for=condition=Ready",
            `node/${node.metadata.name}`,
            "--timeout=180s",
        );
        const system = ["pod", "-n", "kube-system", "--all", "--timeout=180s"];
        await kubectl("wait", "--for=condition=PodScheduled", ...system);
    }
}

/** Leads connections to an address on this host to another one. */
export async function forward(
    from: { host: string; port: number },
    to: { host: string; port: number },
): Promise<Server> {
    const server = createServer((client) => {
        const target = connect(to.port, to.host);
        for (const [one, other] of [
            [client, target],
            [target, client],
        ] as const) {
            one.on("error", () => other.destroy());
        }
        client.pipe(target).pipe(client);
    });
    await new Promise<void>((listening, fail) =>
        server.once("error", fail).listen(from.port, from.host, listening),
    );
    return server;
}

/** Leads a port of 127.0.0.1, the only address that the tests' traffic goes to, to a URL's. */
export async function openLocally(url: string): Promise<{ url: string; server: Server }> {
    const { hostname, port } = new URL(url);
    const server = await forward(
        { host: "127.0.0.1", port: 0 },
        { host: hostname, port: Number(port) },
    );
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** Has on this host what starts a Minikube: on a new machine nothing of it is there. */
async function prepare(installation: Installation): Promise<Pick<Host, "closedNetwork" | "env">> {
    const { folder, profile } = installation;
    const host = await inspectHost(folder, { context: profile, isMinikube: true });
    const tell = (line: string) => console.log(line);
    if (host.missing.length > 0) {
        await installTools(host, tell);
    }
    if (host.closedNetwork !== undefined) {
        await runRecipe(SCRIPTS.images, host.closedNetwork, tell);
        // once all is there, `npm run up` has no reason to take the network for a closed one
        await installation.set(BASE_IMAGES);
    }
    return host;
}

/** Starts a Minikube with containerd for an installation, as a newcomer has it before `npm run up`. */
export async function startContainerd(installation: Installation): Promise<void> {
    const { profile } = installation;
    const { closedNetwork, env } = await prepare(installation);
    await execa(
        "minikube",
        [
            ...["start", "-p", profile, "--driver=docker", "--container-runtime=containerd"],
            ...["--memory=3g", "--keep-context", "--wait=all"],
            ...(closedNetwork === undefined ? [] : await minikubeFlags(closedNetwork)),
        ],
        { env, stdio: ["ignore", "inherit", "inherit"] },
    );
}

/**
 * Starts a Minikube of two nodes for an installation, which then finds it running. It makes its volumes on the second node, as
 * where somebody took the addon away and back.
 */
export async function startTwoNodes(
    installation: Installation,
    runtime: "docker" | "containerd",
): Promise<void> {
    const { folder, profile } = installation;
    const { closedNetwork, env } = await prepare(installation);
    const minikube = async (...args: string[]) =>
        (await execa("minikube", args, { env, stderr: "inherit" })).stdout;
    const nothing = join(folder, ".local", "no-network.yaml");
    await mkdir(join(folder, ".local"), { recursive: true });
    await writeFile(
        nothing,
        JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "no-network" } }),
    );
    await minikube(
        ...["start", "-p", profile, "--driver=docker", `--container-runtime=${runtime}`],
        ...["--nodes=2", "--memory=2200m", "--keep-context"],
        // without a network no pod is ready: connectPods waits for that
        ...(closedNetwork === undefined
            ? ["--wait=all"]
            : [...(await minikubeFlags(closedNetwork)), `--cni=${nothing}`, "--wait=apiserver"]),
    );
    const kubectl = async (...args: string[]) =>
        (await execa(...kubectlCommand({ context: profile, isMinikube: true }, ...args), { env }))
            .stdout;
    const { items } = JSON.parse(await kubectl("get", "nodes", "-o", "json")) as { items: Node[] };
    if (closedNetwork !== undefined) {
        await connectPods(profile, items, minikube, kubectl);
    }
    await kubectl("cordon", profile);
    await kubectl("delete", "pod", "storage-provisioner", "-n", "kube-system");
    await minikube("addons", "enable", "storage-provisioner", "-p", profile);
    const scheduled = ["--for=condition=PodScheduled", "pod/storage-provisioner", "--timeout=60s"];
    await kubectl("wait", "-n", "kube-system", ...scheduled);
    await kubectl("uncordon", profile);
}
