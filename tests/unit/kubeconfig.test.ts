// Which entries of which kubeconfig file the program takes: the Kubernetes provider is told that one file.
import { expect } from "chai";
import { stringify } from "yaml";
import { findContext, findMinikube, leadTo } from "../../components/kubeconfig.ts";
import { fakeHost } from "./harness.ts";

/** An entry of each kind; the cluster and the user are called after the context. */
const context = (name: string) => ({ name, context: { cluster: `c-${name}`, user: `u-${name}` } });
const cluster = (name: string) => ({
    name: `c-${name}`,
    cluster: { server: `https://${name}:8443`, "certificate-authority": `/${name}/ca` },
});
const user = (name: string) => ({
    name: `u-${name}`,
    user: { "client-certificate": `/${name}/cert`, "client-key": `/${name}/key` },
});
const config = (...names: string[]) => ({
    contexts: names.map(context),
    clusters: names.map(cluster),
    users: names.map(user),
});

/** A host with these files; what else is read holds its own path. */
const host = (files: Record<string, object>, list?: string) =>
    fakeHost({
        env: { KUBECONFIG: list },
        readFile: (path) =>
            path.includes("config")
                ? path in files
                    ? Promise.resolve(stringify(files[path]))
                    : Promise.reject(new Error(`no ${path}`))
                : Promise.resolve(path),
    });

describe("the kubeconfig", () => {
    it("has the context among others, with the cluster and the user that it names", async () => {
        const home = host({ "/home/someone/.kube/config": config("first", "habits", "last") });
        expect(await findMinikube(home, "habits")).to.deep.equal({
            path: undefined,
            connection: {
                server: "https://habits:8443",
                options: { ca: "/habits/ca", cert: "/habits/cert", key: "/habits/key" },
            },
            authority: "/habits/ca",
        });
        for (const find of [findMinikube, findContext]) {
            expect(await find(home, "other")).to.equal(undefined);
        }
    });

    it("may have the certificates in it, as minikube start --embed-certs writes them", async () => {
        const inline = (text: string) => Buffer.from(text).toString("base64");
        const { contexts, clusters, users } = config("habits");
        const embedded = {
            contexts,
            clusters: clusters.map((entry) => ({
                ...entry,
                cluster: { server: "https://a", "certificate-authority-data": inline("the ca") },
            })),
            users: users.map((entry) => ({
                ...entry,
                user: {
                    "client-certificate-data": inline("the cert"),
                    "client-key-data": inline("the key"),
                },
            })),
        };
        const found = await findMinikube(host({ "/config": embedded }, "/config"), "habits");
        expect(found?.connection.options).to.deep.equal({
            ca: "the ca",
            cert: "the cert",
            key: "the key",
        });
        expect(found?.authority).to.equal("the ca");
    });

    it("is the file that has all of it, where others of the list have a part or cannot be read", async () => {
        const files = {
            "/config/1": { contexts: [context("habits")], clusters: [cluster("habits")] },
            "/config/2": { contexts: [context("habits")], users: [user("habits")] },
            "/config/3": { clusters: null },
            "/config/4": config("habits"),
        };
        const list = ["/config/0", ...Object.keys(files)].join(":");
        expect(await findMinikube(host(files, list), "habits")).to.include({ path: "/config/4" });
    });
});

describe("the commands that lead to a cluster", () => {
    it("are for a Minikube and for any other, of the selected stack or of one by its name", () => {
        expect(leadTo("habits")).to.equal(
            "pulumi config set minikubeProfile habits && pulumi config rm kubeContext, " +
                "or, where that is no Minikube, pulumi config set kubeContext habits",
        );
        expect(
            leadTo("habits", "local").match(/habits --stack local|kubeContext --stack local/g),
        ).to.have.length(3);
    });
});
