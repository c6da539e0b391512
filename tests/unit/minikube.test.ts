import { expect } from "chai";
import type { Host } from "../../components/host.ts";
import { platformOf } from "../../components/cluster.ts";
import { inspectMinikube } from "../../components/minikube.ts";
import { contextProblems, preflight } from "../../components/preflight.ts";
import {
    CLUSTER_UID,
    DOCKER_ENV,
    PEM,
    PROFILE,
    fakeHost,
    kubeconfig,
    listed,
    rawConfig,
    resolve,
    SERVICE,
} from "./harness.ts";

const wanted = {
    name: "minikube",
    namespace: "default",
    secrets: [],
    images: { delivery: "auto" as const, registry: undefined },
};

/** What and next of every problem, and the commands that were run to find them. */
async function inspect(host: Host) {
    const commands: string[] = [];
    const { minikube } = host;
    const { cluster, problems } = await inspectMinikube(wanted, {
        ...host,
        minikube: (args) => {
            commands.push(args.join(" "));
            return minikube(args);
        },
    });
    return { cluster, commands, text: problems.map(({ what, next }) => `${what} | ${next}`) };
}

/** A host whose docker-env ends with an exit code of Minikube. */
const failing = (code: number, err: string, out = `false exit code ${code}\n`) =>
    fakeHost({
        minikube: (args) =>
            args[0] === "profile" ? fakeHost().minikube(args) : Promise.resolve({ code, out, err }),
    });

describe("preflight", () => {
    it("finds a fit Minikube", async () => {
        const { cluster, text } = await inspect(fakeHost());
        expect(text).to.deep.equal([]);
        const { contents, home, delivery, access, ...facts } = cluster ?? {};
        expect(access?.(SERVICE).url).to.equal("http://127.0.0.1:30080");
        expect(delivery?.description).to.contain("Minikube's own Docker daemon");
        expect(contents?.clusterUid).to.equal(CLUSTER_UID);
        expect(home?.profile).to.equal("minikube");
        expect(home?.authority).to.match(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
        expect(facts).to.deep.equal({
            title: 'Minikube "minikube"',
            context: "minikube",
            kubectl: "minikube -p minikube kubectl -- --context minikube",
            metricsCommand: "minikube addons enable metrics-server -p minikube",
            platform: platformOf(process.arch),
            balancesLoad: false,
            daemon: { host: DOCKER_ENV.DOCKER_HOST, certPath: DOCKER_ENV.DOCKER_CERT_PATH },
            kubeconfig: undefined,
        });
    });

    it("says when Minikube is missing", async () => {
        const { text } = await inspect(
            fakeHost({ minikube: () => Promise.resolve({ code: "ENOENT", out: "", err: "" }) }),
        );
        expect(text).to.have.length(1);
        expect(text[0]).to.contain("not installed").and.to.contain("npm run up");
    });

    it("says when Minikube is too old to know what it is asked", async () => {
        const unknown = (flag: string) =>
            `Error: unknown ${flag}\nSee 'minikube --help' for usage.`;
        for (const host of [
            failing(14, unknown("shorthand flag: 'o' in -o"), ""),
            fakeHost({
                minikube: async () => ({ code: 14, out: "", err: unknown("flag: --light") }),
            }),
        ]) {
            const { text } = await inspect(host);
            expect(text).to.have.length(1);
            expect(text[0])
                .to.contain("too old: 1.23 or later")
                .and.to.contain("install a current");
        }
    });

    it("says when the profile is missing, and which there are", async () => {
        const listing = async (out: string) => {
            const minikube = () => Promise.resolve({ code: 0, out, err: "" });
            const { problems } = await inspectMinikube(wanted, fakeHost({ minikube }));
            expect(problems).to.have.length(1);
            const [{ what, why, next } = { what: "", why: "", next: "" }] = problems;
            expect(what).to.contain('no Minikube profile "minikube"');
            expect(next).to.contain("minikube start -p minikube --driver=docker");
            return `${why} ${next}`;
        };
        const others = ["one", "two"].map((Name) => ({ ...PROFILE, Name }));
        expect(await listing(JSON.stringify({ valid: others })))
            .to.contain("There is: one, two.")
            .and.to.contain("pulumi config set minikubeProfile NAME");
        for (const none of ['{"invalid":[],"valid":[]}', "No minikube profile was found.\n"]) {
            expect(await listing(none))
                .to.contain("no profile at all")
                .and.not.to.contain("NAME");
        }
    });

    it("takes an old profile without a runtime for docker", async () => {
        const config = { ...PROFILE.Config, KubernetesConfig: {} };
        const { cluster, text } = await inspect(fakeHost({ profile: { Config: config } }));
        expect(text).to.deep.equal([]);
        expect(cluster?.delivery?.description).to.contain("Minikube's own Docker daemon");
    });

    it("refuses the driver none", async () => {
        const config = { ...PROFILE.Config, Driver: "none" };
        const { text } = await inspect(fakeHost({ profile: { Config: config } }));
        expect(text).to.have.length(1);
        expect(text[0]).to.contain('driver "none"');
    });

    /** A host with a profile of this configuration, whose API server the kubeconfig has at this address. */
    const serving = (server: string, config: object) => {
        const text = kubeconfig(server, { ca: "/ca", cert: "/cert", key: "/key" });
        return fakeHost({
            profile: { Config: config },
            readFile: (path) => Promise.resolve(path.endsWith("config") ? text : PEM),
        });
    };

    it("knows whether this host reaches the node, whatever address its API server has", async () => {
        const reaches = async (server: string, more: object = {}) => {
            const { KubernetesConfig } = PROFILE.Config;
            const config = {
                ...PROFILE.Config,
                ExposedPorts: [],
                KubernetesConfig: { ...KubernetesConfig, ...more },
            };
            const { cluster } = await inspect(serving(server, config));
            return cluster?.access(SERVICE).needsCommand === false;
        };
        expect(await reaches("https://192.168.49.2:8443")).to.equal(true);
        expect(await reaches("https://127.0.0.1:55001")).to.equal(false);
        expect(await reaches("https://192.168.49.254:8443")).to.equal(false);
        const shared = { APIServerHAVIP: "192.168.49.254" };
        expect(await reaches("https://192.168.49.254:8443", shared)).to.equal(true);
        const named = { APIServerName: "minikube.example" };
        expect(await reaches("https://minikube.example:8443", named)).to.equal(true);
    });

    it("has the port of the node at the profile's address, or where that says none at the API server's", async () => {
        const nodePortUrl = async (Nodes: object[]) => {
            const config = { ...PROFILE.Config, ExposedPorts: null, Nodes };
            const { cluster } = await inspect(serving("https://192.168.49.7:8443", config));
            return cluster?.access(SERVICE).nodePortUrl;
        };
        expect(await nodePortUrl([{ IP: "192.168.49.2" }])).to.equal("http://192.168.49.2:30080");
        for (const Nodes of [[{ IP: "" }], [{}], []]) {
            expect(await nodePortUrl(Nodes)).to.equal("http://192.168.49.7:30080");
        }
    });

    it("asks for no place to build in where nothing is built", async () => {
        const { cluster, problems } = await inspectMinikube(
            { ...wanted, images: undefined },
            fakeHost({ docker: () => Promise.reject(new Error("asked for Docker")) }),
        );
        expect(problems).to.deep.equal([]);
        expect(cluster?.delivery).to.equal(undefined);
    });

    it("says once when Minikube is stopped or paused, without asking its API server", async () => {
        for (const code of [83, 103]) {
            const get = () => Promise.reject(new Error("asked the API server"));
            const { text } = await inspect({ ...failing(code, "X It is not running"), get });
            expect(text).to.deep.equal([
                'The Minikube profile "minikube" is not running | minikube start -p minikube',
            ]);
        }
    });

    it("passes on what Minikube says of any other failure, also as events and without a code", async () => {
        const why = async (host: Host) => (await inspectMinikube(wanted, host)).problems[0]?.why;
        const err = "X Exiting due to MK_USAGE";
        expect(await why(failing(14, err))).to.contain(`ended with 14: ${err}`);
        const event = '{"type":"io.k8s.sigs.minikube.error"}';
        expect(await why(failing(14, err, event))).to.contain(`ended with 14: ${err}`);
        expect(await why(failing(0, "", "none"))).to.contain("ended with 0: none");
    });

    it("says when the kubeconfig has no such context", async () => {
        const { text } = await inspect(
            fakeHost({ readFile: () => Promise.reject(new Error("no")) }),
        );
        expect(text[0]).to.contain("no context").and.to.contain("minikube update-context");
    });

    it("says when the context's certificates are gone, or the kubeconfig is none", async () => {
        const config = kubeconfig("https://node:8443", { ca: "/ca", cert: "/cert", key: "/key" });
        for (const [text, why] of [
            [config, "no such file: /ca"],
            ["contexts: {", "must be sufficiently indented"],
        ] as const) {
            const { problems } = await inspectMinikube(
                wanted,
                fakeHost({
                    readFile: (path) =>
                        path.endsWith("config")
                            ? Promise.resolve(text)
                            : Promise.reject(new Error(`no such file: ${path}`)),
                }),
            );
            expect(problems).to.have.length(1);
            expect(problems[0]?.what).to.contain('context "minikube" cannot be used');
            expect(problems[0]?.why).to.contain(why);
            expect(problems[0]?.next).to.contain("minikube start -p minikube");
        }
    });

    it("finds the one file of a KUBECONFIG list that has the context", async () => {
        const files = { ca: "/ca", cert: "/cert", key: "/key" };
        const { cluster } = await inspect(
            fakeHost({
                env: { KUBECONFIG: "/one:/two" },
                readFile: (path) =>
                    Promise.resolve(
                        path === "/two"
                            ? kubeconfig("https://node:8443", files)
                            : path === "/one"
                              ? ""
                              : PEM,
                    ),
            }),
        );
        expect(cluster?.kubeconfig).to.equal("/two");
    });

    it("says when the API server does not answer", async () => {
        const { text } = await inspect(
            fakeHost({ get: () => Promise.reject(new Error("connect ECONNREFUSED")) }),
        );
        expect(text[0]).to.contain("does not say").and.to.contain("minikube update-context");
    });

    it("says when a proxy would swallow the traffic to Minikube", async () => {
        const env = { HTTPS_PROXY: "http://proxy:3128", NO_PROXY: "localhost" };
        const { text } = await inspect(fakeHost({ env }));
        expect(text[0]).to.contain('export NO_PROXY="$NO_PROXY,192.168.49.2"');
    });

    it("says when a build context has no Dockerfile", () => {
        const values = { backendContext: "./docker/backend", frontendContext: "./nowhere" };
        const problems = contextProblems(values, (path) => path === "docker/backend/Dockerfile");
        expect(problems.map(({ what }) => what)).to.deep.equal([
            'frontendContext is "./nowhere", where no Dockerfile is',
        ]);
    });

    describe("of a whole configuration", () => {
        const decide = (own: Record<string, string>, host: Partial<Host> = {}) =>
            preflight(rawConfig(own), fakeHost(host));
        const refusal = (...args: Parameters<typeof decide>) =>
            decide(...args).then(
                () => "",
                (error: unknown) => (error as Error).message,
            );

        it("reports what is wrong with settings, folders and cluster at once", async () => {
            const none = () => Promise.resolve({ code: "ENOENT" as const, out: "", err: "" });
            const settings = { backendReplicas: "-1", frontendContext: "./nowhere" };
            const text = await refusal(settings, { minikube: none });
            const [title, ...entries] = text.split("\n\n");
            expect(title).to.contain("3 problems to mend");
            expect(entries).to.have.length(3);
            for (const [index, what] of [
                "1. backendReplicas is",
                "2. frontendContext is",
                "3. Minikube is not installed",
            ].entries()) {
                expect(entries[index]?.startsWith(what), text).to.equal(true);
                expect(entries[index]).to.contain("\n   Mend it: ");
            }
            expect(await refusal({ existingSecret: "mine" }))
                .to.contain("1 problem to mend")
                .and.to.contain("mine");
        });

        it("takes the existing Secret of its own namespace", async () => {
            const inCluster = (namespace: string): Partial<Host> => {
                const entries = {
                    DATABASE_URL: "postgresql://u:p@elsewhere/d",
                    JWT_SECRET: "a-secret-of-32-characters-0123456789",
                };
                const data = Object.entries(entries).map(([name, value]) => [
                    name,
                    Buffer.from(value).toString("base64"),
                ]);
                const secret = {
                    metadata: { name: "mine", namespace },
                    data: Object.fromEntries(data) as object,
                };
                return { get: (_, path) => Promise.resolve(listed({ secrets: [secret] }, path)) };
            };
            const config = { namespace: "habits", existingSecret: "mine" };
            const { configuration } = (await decide(config, inCluster("habits"))).settings;
            expect(await resolve(configuration.databaseUrl)).to.equal(
                "postgresql://u:p@elsewhere/d",
            );
            expect(await refusal(config, inCluster("default"))).to.contain("mine");
        });

        it("has the images built as it is set, and asks for no place where both come from elsewhere", async () => {
            const copied = await decide({ imageDelivery: "copy" });
            expect(copied.cluster.delivery?.description).to.contain("imageDelivery is copy");
            const pushed = { imageDelivery: "registry", imageRegistry: "registry.example/team" };
            expect((await decide(pushed)).cluster.delivery?.description).to.contain(
                "pushed to registry.example/team",
            );
            const elsewhere = { backendImage: "a:1", frontendImage: "b:1" };
            const stopped = failing(83, "");
            expect(await refusal(elsewhere, stopped)).to.equal("");
            for (const one of [{ backendImage: "a:1" }, { frontendImage: "b:1" }]) {
                expect(await refusal(one, stopped)).to.contain("is not running");
            }
        });
    });
});
