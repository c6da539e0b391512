import { expect } from "chai";
import { type DeliveryFacts, chooseBuilder } from "../../components/deliveryChoice.ts";
import type { Registry } from "../../components/delivery.ts";
import type { Host } from "../../components/host.ts";
import type { DeliverySetting } from "../../components/settings.ts";
import {
    BALANCER_IP,
    CLUSTER_UID,
    DOCKER_ENV,
    type FakeMinikube,
    HOST_DOCKER,
    type Registered,
    fakeHost,
    installFakeMinikube,
    isSecret,
    plain,
    resolve,
    runProgram,
} from "./harness.ts";

const docker: DeliveryFacts = {
    profile: "minikube",
    runtime: "docker",
    nodes: ["minikube"],
};
const containerd = { ...docker, runtime: "containerd" };

/** What is chosen, in words, which commands were run to find out, and what is wrong. */
async function choose(
    facts: DeliveryFacts | undefined,
    setting: DeliverySetting = "auto",
    own?: Partial<Host>,
    registry?: Registry,
) {
    const commands: string[] = [];
    const host = fakeHost(own);
    const recorded =
        (name: "minikube" | "docker"): Host["minikube"] =>
        (args) => {
            commands.push([name, ...args].join(" "));
            return host[name](args);
        };
    const { builder, problems } = await chooseBuilder(
        { ...host, minikube: recorded("minikube"), docker: recorded("docker") },
        { delivery: setting, registry },
        facts,
    );
    return {
        description: builder?.delivery(CLUSTER_UID).description,
        daemon: builder?.daemon,
        commands,
        problems: problems.map(({ what, why, next }) => [what, why, next].join(" | ")),
    };
}

describe("how images reach the nodes", () => {
    it("is Minikube's own daemon where its one node runs docker", async () => {
        const { description, daemon } = await choose(docker);
        expect(description).to.contain("Minikube's own Docker daemon");
        expect(daemon).to.deep.equal({
            host: DOCKER_ENV.DOCKER_HOST,
            certPath: DOCKER_ENV.DOCKER_CERT_PATH,
        });
    });

    for (const [why, facts] of [
        ["its nodes run containerd", containerd],
        ["its nodes run cri-o", { ...docker, runtime: "cri-o" }],
        ["it has 2 nodes", { ...docker, nodes: ["minikube", "minikube-m02"] }],
    ] as const) {
        it(`is a copy onto every node where ${why}, without docker-env, which would start a daemon there`, async () => {
            const { description, daemon, commands } = await choose(facts);
            expect(description).to.contain("copied onto every node").and.to.contain(why);
            expect(daemon).to.deep.equal({ host: HOST_DOCKER });
            expect(commands.filter((command) => command.startsWith("minikube"))).to.deep.equal([]);
        });
    }

    it("is a copy where the setting says so", async () => {
        expect((await choose(docker, "copy")).description).to.contain("imageDelivery is copy");
    });

    it("asks the Docker of DOCKER_HOST", async () => {
        const { daemon, commands } = await choose(containerd, "auto", {
            env: { DOCKER_HOST: "unix:///run/other.sock" },
        });
        expect(daemon).to.deep.equal({ host: "unix:///run/other.sock" });
        expect(commands.at(-1)).to.contain("--host unix:///run/other.sock version");
    });

    it("asks it over TLS where the shell says so", async () => {
        const env = {
            DOCKER_HOST: "tcp://build.example:2376",
            DOCKER_TLS_VERIFY: "1",
            DOCKER_CERT_PATH: "/certs",
        };
        const { daemon } = await choose(containerd, "auto", { env });
        expect(daemon).to.deep.equal({ host: "tcp://build.example:2376", certPath: "/certs" });
    });

    it("refuses the Docker inside a Minikube, which has another address after each start", async () => {
        const { problems } = await choose(containerd, "auto", {
            env: { DOCKER_HOST: DOCKER_ENV.DOCKER_HOST, MINIKUBE_ACTIVE_DOCKERD: "other" },
        });
        expect(problems[0]).to.contain("eval $(minikube docker-env --unset)");
    });

    it("asks it without TLS where the shell says half of it", async () => {
        const host = "tcp://build.example:2376";
        for (const half of [{ DOCKER_TLS_VERIFY: "1" }, { DOCKER_CERT_PATH: "/certs" }]) {
            const env = { DOCKER_HOST: host, ...half };
            const { daemon } = await choose(containerd, "auto", { env });
            expect(daemon).to.deep.equal({ host });
        }
    });

    it("says when this host's Docker is missing or away, with the end of what that says", async () => {
        const said = async (docker: Host["docker"]) => {
            const { daemon, problems } = await choose(containerd, "auto", { docker });
            expect(daemon).to.equal(undefined);
            expect(problems).to.have.length(1);
            expect(problems[0]).to.contain("its nodes run containerd");
            return problems[0];
        };
        const none = { code: "ENOENT", out: "", err: "" } as const;
        expect(await said(() => Promise.resolve(none))).to.contain("not installed");
        // the CLI knows an address, also of one that is away
        const err = "one\ntwo\nCannot connect\nIs the docker daemon running?\n";
        const { docker: there } = fakeHost();
        const away = await said((args) =>
            args.includes("version") ? Promise.resolve({ code: 1, out: "", err }) : there(args),
        );
        expect(away)
            .to.contain("does not answer")
            .and.to.contain("\n   two\n   Cannot connect\n   Is the docker daemon running? |");
        expect(away).not.to.contain("one\n");
        // and no address where its context is gone
        const gone = 'context "old" not found';
        expect(
            await said((args) =>
                args[0] === "context"
                    ? Promise.resolve({ code: 1, out: "", err: gone })
                    : there(args),
            ),
        ).to.contain(gone);
    });

    it("refuses Minikube's daemon where there is none", async () => {
        const { problems } = await choose(containerd, "minikube-daemon");
        expect(problems[0])
            .to.contain("its nodes run containerd")
            .and.to.contain("pulumi config set imageDelivery auto");
    });

    const REGISTRY: Registry = { address: "registry.example/team", login: undefined };

    it("is a registry for any other cluster, and for a Minikube where the setting says so", async () => {
        const any = await choose(undefined, "auto", {}, REGISTRY);
        expect(any.description).to.contain("pushed to registry.example/team");
        expect(any.daemon).to.deep.equal({ host: HOST_DOCKER });
        expect(any.commands.filter((command) => command.startsWith("minikube"))).to.deep.equal([]);
        const minikube = await choose(docker, "registry", {}, REGISTRY);
        expect(minikube.description).to.contain("imageDelivery is registry");
        // where it is not asked for, a Minikube does without
        expect((await choose(docker, "auto", {}, REGISTRY)).description).to.contain(
            "Minikube's own",
        );
    });

    it("says that a registry is missing, and what other clusters cannot do", async () => {
        expect((await choose(undefined)).problems[0])
            .to.contain("imageRegistry is not set")
            .and.to.contain("pulumi config set imageRegistry HOST/PATH");
        for (const setting of ["copy", "minikube-daemon"] as const) {
            expect((await choose(undefined, setting, {}, REGISTRY)).problems[0])
                .to.contain(`imageDelivery is ${setting}`)
                .and.to.contain("kubeContext")
                .and.to.contain("imageDelivery auto");
        }
    });
});

describe("images in the program", () => {
    let minikube: FakeMinikube;
    before(async () => {
        minikube = await installFakeMinikube();
    });
    after(() => minikube.uninstall());

    const found = (resources: readonly Registered[], name: string) => {
        const resource = resources.find((candidate) => candidate.name === name);
        expect(resource, name).to.not.equal(undefined);
        return resource as Registered;
    };
    const container = (resources: readonly Registered[], tier: string) =>
        (
            plain(found(resources, `${tier}-deployment`).inputs) as {
                spec: { template: { spec: { containers: { image: string }[] } } };
            }
        ).spec.template.spec.containers[0];

    it("are built in Minikube's daemon, again in another cluster and when the watch says so", async () => {
        const { resources } = await runProgram();
        const build = found(resources, "backend-image-build");
        expect(build.options.replacementTrigger).to.equal(
            `${CLUSTER_UID} 2026-01-01T00:00:00.000Z`,
        );
        expect(plain(found(resources, "backend-image-nodes").inputs)).to.deep.include({
            store: {
                place: "nodes",
                profile: "minikube",
                clusterUid: CLUSTER_UID,
                nodes: ["minikube"],
                runtime: "docker",
            },
            imageName: "habit-tracker-backend:v1.0.0",
            imageId: "sha256:backend-image-build",
        });
        expect(found(resources, "backend-image-nodes").inputs["from"]).to.equal(undefined);
    });

    it("are built in this host's Docker and copied onto all nodes of another Minikube, before a pod needs them", async () => {
        await minikube.setProfile({
            KubernetesConfig: { ContainerRuntime: "containerd" },
            Nodes: [{ IP: "192.168.49.2" }, { Name: "m02", IP: "192.168.49.3" }],
        });
        try {
            const { resources, outputs } = await runProgram();
            expect(outputs["backendImageDelivery"]).to.contain("its nodes run containerd");
            expect(plain(found(resources, "minikube-docker").inputs)).to.include({
                host: HOST_DOCKER,
            });
            expect(plain(found(resources, "frontend-image-nodes").inputs)).to.deep.include({
                store: {
                    place: "nodes",
                    profile: "minikube",
                    clusterUid: CLUSTER_UID,
                    nodes: ["minikube", "minikube-m02"],
                    runtime: "containerd",
                },
                from: { place: "host", daemon: HOST_DOCKER },
            });
            expect(found(resources, "frontend-deployment").options.dependsOn).to.include(
                "frontend-image-nodes",
            );
        } finally {
            await minikube.setProfile({});
        }
    });

    it("are pushed to a registry for any other cluster, and pulled by digest with a Secret", async () => {
        const { resources, outputs } = await runProgram({
            kubeContext: "other",
            imageRegistry: "registry.example/team",
            imageRegistryUser: "robot",
            imageRegistryPassword: "t0ken",
        });
        expect(outputs["backendImageDelivery"]).to.contain("pushed to registry.example/team");
        const build = found(resources, "backend-image-build").inputs;
        expect(plain(build)).to.deep.include({
            imageName: "registry.example/team/habit-tracker-backend:v1.0.0",
            registry: { server: "registry.example", username: "robot", password: "t0ken" },
        });
        expect(isSecret(build["registry"])).to.equal(true);
        expect(plain(found(resources, "minikube-kubernetes").inputs)).to.include({
            context: "other",
        });
        // what the mock gives for a digest
        expect(container(resources, "backend")?.image).to.equal("sha256:backend-image-build");
        const pod = plain(found(resources, "frontend-deployment").inputs) as {
            spec: { template: { spec: { imagePullSecrets: unknown } } };
        };
        expect(pod.spec.template.spec.imagePullSecrets).to.deep.equal([
            { name: "habit-tracker-registry" },
        ]);
        const secret = found(resources, "pull-secret-secret").inputs as {
            type: string;
            stringData: Record<string, unknown>;
        };
        expect(secret.type).to.equal("kubernetes.io/dockerconfigjson");
        const [content] = Object.values(plain(secret.stringData) as Record<string, string>);
        expect(JSON.parse(content ?? "")).to.deep.equal({
            auths: {
                "registry.example": {
                    username: "robot",
                    password: "t0ken",
                    auth: Buffer.from("robot:t0ken").toString("base64"),
                },
            },
        });
        expect(
            isSecret(secret.stringData) || isSecret(secret.stringData[".dockerconfigjson"]),
        ).to.equal(true);
        expect(resources.filter(({ type }) => type.endsWith(":Placed"))).to.deep.equal([]);
    });

    it("have a load balancer's address awaited where the cluster gives one", async () => {
        const annotations = async (own: Record<string, string>, url: string) => {
            const config = { frontendServiceType: "LoadBalancer", ...own };
            const { resources, outputs } = await runProgram(config);
            expect(await resolve(outputs["url"])).to.match(new RegExp(`^http://${url}:3000$`));
            const { metadata } = plain(found(resources, "frontend-service").inputs) as {
                metadata: { annotations?: Record<string, string> };
            };
            return metadata.annotations;
        };
        expect(await annotations({}, "localhost")).to.deep.equal({
            "pulumi.com/skipAwait": "true",
        });
        const other = { kubeContext: "other", imageRegistry: "registry.example/team" };
        expect(await annotations(other, BALANCER_IP)).to.equal(undefined);
        const named = await runProgram(
            { frontendServiceType: "LoadBalancer", ...other },
            { balancer: { hostname: "lb.example" } },
        );
        expect(await resolve(named.outputs["url"])).to.equal("http://lb.example:3000");
    });

    it("are not built where a reference is given", async () => {
        const reference = `registry.example/team/backend@sha256:${"a".repeat(64)}`;
        const one = await runProgram({ backendImage: reference });
        const names = one.resources.map(({ name }) => name);
        expect(names.filter((name) => name.startsWith("backend-image-"))).to.deep.equal([]);
        expect(container(one.resources, "backend")?.image).to.equal(reference);
        expect(container(one.resources, "frontend")?.image).to.equal(
            "habit-tracker-frontend:v1.0.0",
        );
        expect(one.outputs["backendImageDelivery"]).to.contain("built elsewhere");
        expect(one.outputs["frontendImageDelivery"]).to.contain("Minikube's own Docker daemon");
        const both = await runProgram({ backendImage: reference, frontendImage: reference });
        expect(both.resources.filter(({ type }) => /docker/.test(type))).to.deep.equal([]);
    });
});
