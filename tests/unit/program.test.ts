import { expect } from "chai";
import { SYNC_PASSWORD, imageVersion, postgresMajor } from "../../components/database.ts";
import { INTERNET_EGRESS, labelValue } from "../../components/pods.ts";
import {
    DOCKER_ENV,
    type Registered,
    type FakeMinikube,
    installFakeMinikube,
    isSecret,
    plain,
    resolve,
    runProgram,
} from "./harness.ts";

/** Values that must turn up nowhere but in the Secrets' data. */
const CANARIES = {
    jwtSecret: "canary-jwt-secret-0123456789-0123456789",
    geminiApiKey: "canary-gemini-key",
};

const find = (resources: readonly Registered[], type: string, name: string): Registered => {
    const found = resources.find(
        (resource) => resource.type.endsWith(type) && objectName(resource) === name,
    );
    if (!found) {
        throw new Error(
            `no ${type} ${name} among ${resources.map((r) => `${r.type} ${r.name}`).join(", ")}`,
        );
    }
    return found;
};

const objectName = ({ inputs }: Registered) =>
    (plain(inputs["metadata"]) as { name?: string } | undefined)?.name;

/** The pod template of a tier, plain. */
const template = (resources: readonly Registered[], name: string) =>
    (plain(find(resources, ":Deployment", name).inputs["spec"]) as DeploymentSpec).template;

interface DeploymentSpec {
    template: {
        spec: {
            containers: Record<string, unknown>[];
            serviceAccountName: string;
            automountServiceAccountToken: boolean;
            securityContext: Record<string, unknown>;
            terminationGracePeriodSeconds: number;
            topologySpreadConstraints: unknown;
            affinity: {
                podAntiAffinity: {
                    preferredDuringSchedulingIgnoredDuringExecution: { podAffinityTerm: unknown }[];
                };
            };
        };
    };
}

interface StatefulSetSpec {
    replicas: number;
    template: {
        spec: {
            containers: {
                env: { name: string; value: string }[];
                volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
                lifecycle: { preStop: { exec: { command: string[] } } };
            }[];
            volumes: { name: string; persistentVolumeClaim?: { claimName: string } }[];
            terminationGracePeriodSeconds: number;
        };
    };
}

describe("labelValue", () => {
    it("makes any name of a stack a label's value", () => {
        expect(labelValue("local")).to.equal("local");
        expect(labelValue("_my.stack-")).to.equal("my.stack");
        expect(labelValue(`${"x".repeat(62)}-yz`)).to.equal("x".repeat(62));
        expect(labelValue("__two.words--")).to.equal("two.words");
    });
});

describe("the version of a PostgreSQL image", () => {
    const digest = `sha256:${"0".repeat(64)}`;

    it("is its tag, and no digest, which no label could have", () => {
        expect(imageVersion("postgres:17.6-bookworm")).to.equal("17.6-bookworm");
        expect(imageVersion(`localhost:5000/postgres:17@${digest}`)).to.equal("17");
        expect(imageVersion(`postgres@${digest}`)).to.equal("unknown");
        expect(postgresMajor(`localhost:5000/postgres:17@${digest}`)).to.equal("17");
        expect(postgresMajor(`postgres@${digest}`)).to.equal(undefined);
        // the version of what it is built on
        expect(postgresMajor("postgres:alpine3.22")).to.equal(undefined);
    });
});

describe("the program", () => {
    let minikube: FakeMinikube;
    let resources: Registered[];
    before(async () => {
        minikube = await installFakeMinikube();
        ({ resources } = await runProgram(CANARIES));
    });
    after(() => minikube.uninstall());

    it("registers a component for each tier, and what belongs to it", () => {
        const types = resources.map(({ type }) => type);
        for (const component of [
            "habit-tracker:minikube:Minikube",
            "habit-tracker:configuration:Configuration",
            "habit-tracker:database:Database",
            "habit-tracker:backend:Backend",
            "habit-tracker:frontend:Frontend",
        ]) {
            expect(types).to.include(component);
        }
        expect(types.filter((type) => type === "docker:index/image:Image")).to.have.length(2);
        expect(types.filter((type) => type.endsWith(":Deployment"))).to.have.length(2);
    });

    it("changes objects in the cluster of the context alone, and a ConfigMap or a Secret in its place", () => {
        const provider = resources.find(({ type }) => type === "pulumi:providers:kubernetes");
        expect(plain(provider?.inputs)).to.deep.include({
            kubeconfig: process.env["KUBECONFIG"],
            context: "minikube",
            clusterIdentifier: "minikube",
            enableConfigMapMutable: "true",
            enableSecretMutable: "true",
        });
        const docker = resources.find(({ type }) => type === "pulumi:providers:docker");
        expect(plain(docker?.inputs)).to.include({
            host: DOCKER_ENV.DOCKER_HOST,
            certPath: DOCKER_ENV.DOCKER_CERT_PATH,
        });
    });

    it("makes each resource a part of the component that it is called after", async () => {
        const { resources: all } = await runProgram({
            namespace: "habits",
            ingressHost: "habits.example.org",
            backupSchedule: "0 3 * * *",
            backendMaxReplicas: "2",
            imageRegistry: "registry.example",
            imageRegistryUser: "robot",
            imageRegistryPassword: "t0ken",
        });
        const parts = all.filter(({ type }) => !type.startsWith("habit-tracker:"));
        expect(parts.length).to.be.greaterThan(30);
        for (const { name, options } of parts) {
            expect(name.startsWith(`${options.parent}-`), `${name} in ${options.parent}`).to.equal(
                true,
            );
        }
    });

    for (const [app, uid] of [
        ["habit-tracker-backend", 1000],
        ["habit-tracker-frontend", 1001],
    ] as const) {
        it(`runs ${app} under the restricted Pod Security profile, without a token`, () => {
            const { spec } = template(resources, app);
            expect(spec.automountServiceAccountToken).to.equal(false);
            expect(spec.serviceAccountName).to.equal(app);
            expect(spec.securityContext).to.deep.equal({
                runAsNonRoot: true,
                runAsUser: uid,
                runAsGroup: uid,
                fsGroup: uid,
                seccompProfile: { type: "RuntimeDefault" },
            });
            expect(spec.containers[0]?.["securityContext"]).to.deep.equal({
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
            });
            expect(spec.terminationGracePeriodSeconds).to.be.greaterThan(8 + 25);
        });
    }

    it("waits for no token of a service account, which a change would not bring", async () => {
        const { resources: all } = await runProgram({ backupSchedule: "0 3 * * *" });
        const accounts = all.filter(({ type }) => type.endsWith(":ServiceAccount"));
        expect(accounts).to.have.length(4);
        for (const { inputs } of accounts) {
            expect(inputs["metadata"]).to.have.deep.property("annotations", {
                "pulumi.com/skipAwait": "true",
            });
        }
    });

    it("does not wait for a tunnel that a LoadBalancer would need", async () => {
        const { resources: balanced, outputs } = await runProgram({
            frontendServiceType: "LoadBalancer",
        });
        expect(find(balanced, ":Service", "habit-tracker-frontend").inputs["metadata"])
            .to.have.property("annotations")
            .that.deep.equals({ "pulumi.com/skipAwait": "true" });
        expect(
            find(resources, ":Service", "habit-tracker-frontend").inputs["metadata"],
        ).to.not.have.property("annotations");
        expect(await resolve(outputs["accessCommand"] as never)).to.equal(
            "minikube -p minikube tunnel",
        );
    });

    it("spreads the pods of each tier over nodes and zones, and needs neither", () => {
        for (const app of ["habit-tracker-backend", "habit-tracker-frontend"]) {
            const { spec } = template(resources, app);
            expect(spec.topologySpreadConstraints).to.deep.equal(
                ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
                    topologyKey,
                    maxSkew: 1,
                    whenUnsatisfiable: "ScheduleAnyway",
                    labelSelector: { matchLabels: { app } },
                })),
            );
            const [preferred] =
                spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution;
            expect(preferred?.podAffinityTerm).to.deep.equal({
                topologyKey: "kubernetes.io/hostname",
                labelSelector: { matchLabels: { app } },
            });
            const { inputs } = find(resources, ":PodDisruptionBudget", app);
            expect(inputs["spec"]).to.deep.equal({
                maxUnavailable: 1,
                selector: { matchLabels: { app } },
            });
        }
    });

    it("opens the frontend by host name, without waiting for a controller's address", async () => {
        const { resources: open } = await runProgram({
            ingressHost: "habits.example.org",
            ingressAnnotations: '["cert-manager.io/cluster-issuer=letsencrypt"]',
            frontendServicePort: "3001",
        });
        const { inputs: service } = find(open, ":Service", "habit-tracker-frontend");
        expect(service["spec"]).to.have.deep.nested.property("ports[0].name", "http");
        expect(service["spec"]).to.have.deep.nested.property("ports[0].port", 3001);
        const { inputs } = find(open, ":Ingress", "habit-tracker-frontend");
        expect(inputs["metadata"]).to.have.deep.property("annotations", {
            "cert-manager.io/cluster-issuer": "letsencrypt",
            "pulumi.com/skipAwait": "true",
        });
        expect(plain(inputs["spec"])).to.deep.equal({
            rules: [
                {
                    host: "habits.example.org",
                    http: {
                        paths: [
                            {
                                path: "/",
                                pathType: "Prefix",
                                backend: {
                                    service: {
                                        name: "habit-tracker-frontend",
                                        port: { name: "http" },
                                    },
                                },
                            },
                        ],
                    },
                },
            ],
        });
        const guard = open.find(({ name }) => name === "teardown-guard");
        expect(guard?.options.dependsOn).to.include("ingress-host");
    });

    it("rolls the pods when a ConfigMap or a Secret gets another name, and does not delete them first", async () => {
        const { resources } = await runProgram();
        for (const name of ["habit-tracker-backend", "habit-tracker-frontend"]) {
            const { dependsOn, inputsDependOn } = find(resources, ":Deployment", name).options;
            // they are there before the pods
            expect(dependsOn).to.include.members(["configuration-config", "configuration-secrets"]);
            // a Deployment whose spec is unknown while they are replaced would be replaced itself
            const { spec } = inputsDependOn;
            expect(spec).to.include("configuration-digest-key");
            expect(spec).not.to.include("configuration-config");
            expect(spec).not.to.include("configuration-secrets");
        }
    });

    it("lets the program's own annotations win on a LoadBalancer", async () => {
        const { resources: balanced } = await runProgram({
            frontendServiceType: "LoadBalancer",
            frontendServiceAnnotations: '["cloud.example/internal=true"]',
        });
        const { inputs } = find(balanced, ":Service", "habit-tracker-frontend");
        expect(inputs["metadata"]).to.have.deep.property("annotations", {
            "cloud.example/internal": "true",
            "pulumi.com/skipAwait": "true",
        });
    });

    it("gives the class of a priority and of a volume to all that it makes", async () => {
        minikube.setContents({
            storageclasses: [{ metadata: { name: "fast" } }],
            priorityclasses: [{ metadata: { name: "urgent" } }],
        });
        const { resources: own } = await runProgram({
            storageClass: "fast",
            priorityClassName: "urgent",
            backupSchedule: "0 3 * * *",
        });
        minikube.setContents({});
        const count = (type: RegExp, entry: string) =>
            own.filter(
                (resource) =>
                    type.test(resource.type) &&
                    JSON.stringify(plain(resource.inputs)).includes(entry),
            );
        expect(
            count(/:(Deployment|StatefulSet|CronJob)$/, '"priorityClassName":"urgent"'),
        ).to.have.length(4);
        expect(
            count(/:PersistentVolumeClaim$/, '"storageClassName":"fast"').map(
                ({ options }) => options.ignoreChanges,
            ),
        ).to.deep.equal([[], []]);
    });

    it("ends a start that hangs no sooner than liveness would", async () => {
        const threshold = async (config: Record<string, string>) => {
            const { resources } = await runProgram(config);
            const [container] = template(resources, "habit-tracker-backend").spec.containers;
            return (container?.["startupProbe"] as { failureThreshold: number }).failureThreshold;
        };
        expect(await threshold({})).to.equal(60);
        expect(await threshold({ backendLivenessInitialDelaySeconds: "600" })).to.equal(600);
    });

    it("has PostgreSQL's files on the claim's volume, below its root, where initdb takes no lost+found for data", async () => {
        const files = async (config: Record<string, string>) => {
            const { resources: run } = await runProgram(config);
            const { inputs } = find(run, ":StatefulSet", "habit-tracker-database");
            const { replicas, template } = plain(inputs["spec"]) as StatefulSetSpec;
            const [container] = template.spec.containers;
            const at = container?.env.find(({ name }) => name === "PGDATA")?.value ?? "";
            const mount = container?.volumeMounts.find(({ mountPath }) =>
                at.startsWith(`${mountPath}/`),
            );
            const volume = template.spec.volumes.find(({ name }) => name === mount?.name);
            return { replicas, claim: volume?.persistentVolumeClaim, readOnly: mount?.readOnly };
        };
        const own = { replicas: 1, readOnly: undefined };
        expect(await files({})).to.deep.equal({
            ...own,
            claim: { claimName: "habit-tracker-database" },
        });
        minikube.setContents({
            persistentvolumeclaims: [
                {
                    metadata: { name: "kept", namespace: "default" },
                    spec: { resources: { requests: { storage: "1Gi" } } },
                },
            ],
        });
        expect(await files({ databaseExistingClaim: "kept" })).to.deep.equal({
            ...own,
            claim: { claimName: "kept" },
        });
        minikube.setContents({});
    });

    it("lets PostgreSQL end by itself, before it is killed", () => {
        const { inputs } = find(resources, ":StatefulSet", "habit-tracker-database");
        const { spec } = (plain(inputs["spec"]) as StatefulSetSpec).template;
        const stop = spec.containers[0]?.lifecycle.preStop.exec.command.join(" ") ?? "";
        expect(stop).to.match(/^sh -c pg_ctl stop -m fast .*-D "\$PGDATA"$/);
        const seconds = Number(/-t (\d+)/.exec(stop)?.[1]);
        expect(spec.terminationGracePeriodSeconds).to.be.greaterThan(seconds);
    });

    it("lets nobody but the backend and the dumps to PostgreSQL, which asks nobody", async () => {
        const policy = async (config: Record<string, string>) => {
            const { resources: run } = await runProgram(config);
            const { inputs } = find(run, ":NetworkPolicy", "habit-tracker-database");
            return plain(inputs["spec"]);
        };
        const from = (...apps: string[]) => ({
            podSelector: { matchLabels: { app: "habit-tracker-database" } },
            policyTypes: ["Ingress", "Egress"],
            ingress: [
                {
                    from: apps.map((app) => ({ podSelector: { matchLabels: { app } } })),
                    ports: [{ protocol: "TCP", port: 5432 }],
                },
            ],
            egress: [],
        });
        expect(await policy({})).to.deep.equal(from("habit-tracker-backend"));
        expect(await policy({ backupSchedule: "0 3 * * *" })).to.deep.equal(
            from("habit-tracker-backend", "habit-tracker-backup"),
        );
    });

    it("hands the database's password to a running PostgreSQL", () => {
        const { inputs } = find(resources, ":StatefulSet", "habit-tracker-database");
        const text = JSON.stringify(plain(inputs));
        // through a file that changes with the Secret, watched by what runs after the start
        expect(text).to.contain(JSON.stringify(["sh", "-c", SYNC_PASSWORD]));
        expect(text).not.to.contain("subPath");
        expect(text).not.to.contain("digest");
    });

    it("fills the Secret from the configuration and generates what is unset", () => {
        const { inputs } = find(resources, ":Secret", "habit-tracker-secrets");
        expect(isSecret(inputs["stringData"])).to.equal(true);
        expect(plain(inputs["stringData"])).to.deep.equal({
            DATABASE_URL:
                "postgresql://habit_tracker:generated-configuration-database-password@habit-tracker-database:5432/habit_tracker",
            JWT_SECRET: CANARIES.jwtSecret,
            JWT_ALGORITHM: "HS256",
            GEMINI_API_KEY: CANARIES.geminiApiKey,
        });
    });

    it("generates what HS512 takes for a key, and a URL takes as it is", async () => {
        const { resources: own } = await runProgram({ jwtSecret: "" });
        const generated = own.filter(({ type }) => type.endsWith(":RandomPassword"));
        expect(generated.map(({ name }) => name)).to.have.members([
            "configuration-database-password",
            "configuration-jwt-secret",
            "configuration-digest-key",
        ]);
        for (const { inputs } of generated) {
            expect(inputs).to.include({ length: 64, special: false });
        }
    });

    for (const [what, own] of [
        ["the database in the cluster", {}],
        ["a database of one's own", { databaseUrl: "postgresql://u:canary-url@elsewhere/d" }],
    ] as const) {
        it(`shows no secret outside the Secrets' data, with ${what}`, async () => {
            const run = await runProgram({ ...CANARIES, ...own });
            const secrets = [...Object.values(CANARIES), "canary-url", "generated-"];
            const shown = run.resources.map(({ type, name, inputs }) => ({
                place: `${type} ${name}`,
                value:
                    type === "kubernetes:core/v1:Secret"
                        ? { ...inputs, stringData: undefined }
                        : inputs,
            }));
            for (const [name, output] of Object.entries(run.outputs)) {
                shown.push({ place: `output ${name}`, value: { value: await resolve(output) } });
            }
            for (const { place, value } of shown) {
                for (const secret of secrets) {
                    expect(JSON.stringify(value), place).not.to.contain(secret);
                }
            }
        });
    }

    it("creates a namespace of its own that enforces the restricted profile", async () => {
        const { resources: own } = await runProgram({ ...CANARIES, namespace: "habits" });
        const { inputs } = find(own, ":Namespace", "habits");
        expect(plain(inputs["metadata"])).to.have.nested.property(
            "labels.pod-security\\.kubernetes\\.io/enforce",
            "restricted",
        );
    });

    it("lets the chatbot reach the Internet, or only the port of a gateway", async () => {
        const egress = async (config: Record<string, string>) => {
            const run = await runProgram({ ...CANARIES, ...config });
            const { inputs } = find(run.resources, ":NetworkPolicy", "habit-tracker-backend");
            return (plain(inputs["spec"]) as { egress: unknown[] }).egress.slice(2);
        };
        expect(await egress({})).to.deep.equal([INTERNET_EGRESS]);
        expect(await egress({ geminiBaseUrl: "http://gateway:8080" })).to.deep.equal([
            { ports: [{ protocol: "TCP", port: 8080 }] },
        ]);
        expect(await egress({ geminiApiKey: "" })).to.deep.equal([]);
    });

    it("previews a first run, when no image ID and no password is known yet", async () => {
        const { resources: own } = await runProgram(CANARIES, { preview: true });
        expect(own.map(({ type }) => type)).to.include("kubernetes:apps/v1:Deployment");
    });

    it("stops at a bad setting before the first resource", async () => {
        let message = "";
        try {
            await runProgram({ backendReplicas: "-1", frontendNodePort: "80" });
        } catch (error) {
            ({ message } = error as Error);
        }
        expect(message).to.contain("2 problems");
        expect(message).to.contain("backendReplicas").and.to.contain("frontendNodePort");
    });
});
