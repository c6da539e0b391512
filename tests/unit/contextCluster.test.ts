import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { platformOf } from "../../components/cluster.ts";
import { inspectContext } from "../../components/contextCluster.ts";
import type { Host } from "../../components/host.ts";
import type { Connection } from "../../components/kubeconfig.ts";
import { CLUSTER_UID, PEM, fakeHost, listed, SERVICE } from "./harness.ts";

const wanted = { name: "prod", namespace: "default", secrets: [], images: undefined };

/** A kubeconfig with the context "prod", as a cloud's own command may write it. */
const kubeconfig = (cluster: object, user: object) =>
    stringify({
        contexts: [{ name: "prod", context: { cluster: "c", user: "u" } }],
        clusters: [{ name: "c", cluster: { server: "https://api.example:6443", ...cluster } }],
        users: [{ name: "u", user }],
    });
const AUTHORITY = { "certificate-authority-data": Buffer.from(PEM).toString("base64") };

/** A host with that kubeconfig, and how its API server was asked. */
function host(text: string, own: Partial<Host> = {}) {
    const asked: Connection[] = [];
    return {
        asked,
        host: fakeHost({
            env: { KUBECONFIG: "/one" },
            readFile: () => Promise.resolve(text),
            minikube: () => Promise.reject(new Error("asked Minikube")),
            get: (connection, path) => {
                asked.push(connection);
                return Promise.resolve(listed({}, path));
            },
            ...own,
        }),
    };
}

describe("a cluster of the kubeconfig", () => {
    it("is found by its context, with a token too, and without a Minikube", async () => {
        const { host: fake, asked } = host(kubeconfig(AUTHORITY, { token: "t0ken" }));
        const { cluster, problems } = await inspectContext(wanted, fake);
        expect(problems).to.deep.equal([]);
        expect(cluster).to.deep.include({
            title: 'the cluster "prod"',
            context: "prod",
            kubeconfig: "/one",
            kubectl: "kubectl --context prod",
            metricsCommand: "install https://github.com/kubernetes-sigs/metrics-server",
            platform: "linux/amd64",
            balancesLoad: true,
            daemon: undefined,
        });
        expect(cluster?.contents.clusterUid).to.equal(CLUSTER_UID);
        expect(cluster?.home.profile).to.equal("prod");
        expect(cluster?.home.authority).to.match(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
        const [{ options, server } = { options: {}, server: "" }] = asked;
        expect(server).to.equal("https://api.example:6443");
        expect(options.headers).to.deep.include({ Authorization: "Bearer t0ken" });
        expect(String(options.ca)).to.equal(PEM);
    });

    it("is told from others by its address where a public authority signs", async () => {
        const { host: fake } = host(kubeconfig({}, { token: "t0ken" }));
        const { cluster } = await inspectContext(wanted, fake);
        expect(cluster?.home.authority).to.equal(
            createHash("sha256").update("https://api.example:6443").digest("hex"),
        );
    });

    it("is reached at a node's port where this host reaches the node", async () => {
        const access = async (server: string) => {
            const { host: fake } = host(kubeconfig({ ...AUTHORITY, server }, { token: "t" }));
            return (await inspectContext(wanted, fake)).cluster?.access(SERVICE);
        };
        expect((await access("https://192.168.49.2:8443"))?.url).to.equal(
            "http://192.168.49.2:30080",
        );
        expect(await access("https://api.example:6443")).to.include({ needsCommand: true });
        // any one of its nodes
        const node = (address: string) => ({
            metadata: { name: address, labels: {} },
            status: {
                nodeInfo: { architecture: "amd64" },
                addresses: [
                    { type: "Hostname", address: `node-${address}` },
                    { type: "InternalIP", address },
                ],
            },
        });
        const nodes = [node("192.168.49.2"), node("192.168.49.3")];
        const { host: two } = host(
            kubeconfig({ ...AUTHORITY, server: "https://192.168.49.3:8443" }, { token: "t" }),
            { get: (_, path) => Promise.resolve(listed({ nodes }, path)) },
        );
        const { cluster } = await inspectContext(wanted, two);
        expect(cluster?.access(SERVICE).url).to.equal("http://192.168.49.3:30080");
    });

    it("is refused where the context is missing, unusable or does not answer", async () => {
        const text = async (own: Partial<Host>, config = kubeconfig(AUTHORITY, { token: "t" })) => {
            const { problems } = await inspectContext(wanted, host(config, own).host);
            expect(problems).to.have.length(1);
            return problems.map(({ what, why, next }) => [what, why, next].join(" | "))[0];
        };
        expect(await text({ readFile: () => Promise.reject(new Error("none")) }))
            .to.contain('no context "prod"')
            .and.to.contain("kubectl config get-contexts");
        const missing = {
            exec: { apiVersion: "client.authentication.k8s.io/v1", command: "/no/such" },
        };
        expect(await text({}, kubeconfig(AUTHORITY, missing))).to.contain("/no/such");
        expect(await text({ get: () => Promise.reject(new Error("401: Unauthorized")) }))
            .to.contain(
                "does not say what is in it, at https://api.example:6443 | 401: Unauthorized",
            )
            .and.to.contain("kubectl --context prod get namespaces");
    });

    it("is refused where its nodes may not be read", async () => {
        const { problems } = await inspectContext(
            wanted,
            host(kubeconfig(AUTHORITY, { token: "t" }), {
                get: (_, path) =>
                    path.endsWith("/nodes")
                        ? Promise.reject(new Error("403: nodes is forbidden"))
                        : Promise.resolve(listed({}, path)),
            }).host,
        );
        expect(problems.map(({ why }) => why)).to.deep.equal(["403: nodes is forbidden"]);
    });

    it("gets images for its own processor, and waits for no load balancer that a Minikube has not", async () => {
        const node = (labels: Record<string, string>) => ({
            metadata: { name: "node", labels },
            status: { nodeInfo: { architecture: "s390x" } },
        });
        const inspected = async (labels?: Record<string, string>) => {
            const nodes = labels === undefined ? [] : [node(labels)];
            const { host: fake } = host(kubeconfig(AUTHORITY, { token: "t" }), {
                get: (_, path) => Promise.resolve(listed({ nodes }, path)),
            });
            return (await inspectContext(wanted, fake)).cluster;
        };
        expect(await inspected({})).to.include({ platform: "linux/s390x", balancesLoad: true });
        const minikube = { "minikube.k8s.io/name": "minikube" };
        expect(await inspected(minikube)).to.include({ balancesLoad: false });
        // a cloud's may have none until there is a pod for it
        expect(await inspected()).to.include({
            platform: platformOf(process.arch),
            balancesLoad: true,
        });
    });

    it("finds certificates beside the kubeconfig", async () => {
        const folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
        try {
            await writeFile(join(folder, "ca.crt"), PEM);
            const text = kubeconfig({ "certificate-authority": "ca.crt" }, { token: "t" });
            const { host: fake, asked } = host(text, {
                env: { KUBECONFIG: join(folder, "config") },
            });
            expect((await inspectContext(wanted, fake)).problems).to.deep.equal([]);
            expect(String(asked[0]?.options.ca)).to.equal(PEM);
        } finally {
            await rm(folder, { recursive: true });
        }
    });

    it("asks for a registry where images are to be built", async () => {
        const { cluster, problems } = await inspectContext(
            { ...wanted, images: { delivery: "auto", registry: undefined } },
            host(kubeconfig(AUTHORITY, { token: "t" })).host,
        );
        expect(problems.map(({ what }) => what)).to.deep.equal([
            "imageRegistry is not set, and images are to be pushed to one",
        ]);
        expect(cluster).to.equal(undefined);
    });
});
