import { expect } from "chai";
import {
    type Registered,
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
    replicas: number;
    selector: unknown;
    strategy: unknown;
    template: {
        metadata: { labels: Record<string, string>; annotations: Record<string, string> };
        spec: {
            containers: Record<string, unknown>[];
            serviceAccountName: string;
            automountServiceAccountToken: boolean;
            securityContext: Record<string, unknown>;
            terminationGracePeriodSeconds: number;
        };
    };
}

describe("the program", () => {
    let uninstall: () => Promise<void>;
    let resources: Registered[];
    let outputs: Awaited<ReturnType<typeof runProgram>>["outputs"];
    before(async () => {
        uninstall = await installFakeMinikube();
        ({ resources, outputs } = await runProgram(CANARIES));
    });
    after(() => uninstall());

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

    for (const [tier, app, port, uid, live, ready] of [
        ["backend", "habit-tracker-backend", 8000, 1000, "/health", "/health?ready=1"],
        ["frontend", "habit-tracker-frontend", 3000, 1001, "/", "/?ready=1"],
    ] as const) {
        it(`gives the ${tier} the seed's Deployment, to the number`, () => {
            const spec = plain(
                find(resources, ":Deployment", app).inputs["spec"],
            ) as DeploymentSpec;
            expect(spec.replicas).to.equal(1);
            expect(spec.selector).to.deep.equal({ matchLabels: { app } });
            expect(spec.strategy).to.deep.equal({
                type: "RollingUpdate",
                rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
            });
            expect(spec.template.metadata.labels).to.include({
                app,
                component: tier,
                version: "v1.0.0",
            });
            const [container] = spec.template.spec.containers;
            expect(container).to.deep.include({
                name: tier,
                image: `${app}:v1.0.0`,
                imagePullPolicy: "IfNotPresent",
                ports: [{ name: "http", containerPort: port }],
                resources: {
                    requests: { cpu: "250m", memory: "256Mi", "ephemeral-storage": "64Mi" },
                    limits: { cpu: "500m", memory: "512Mi", "ephemeral-storage": "256Mi" },
                },
            });
            expect(container?.["livenessProbe"]).to.deep.include({
                httpGet: { path: live, port: "http" },
                initialDelaySeconds: 30,
                periodSeconds: 10,
            });
            expect(container?.["readinessProbe"]).to.deep.include({
                httpGet: { path: ready, port: "http" },
                initialDelaySeconds: 10,
                periodSeconds: 5,
            });
        });

        it(`runs the ${tier} under the restricted Pod Security profile, without a token`, () => {
            const { spec } = template(resources, app);
            expect(spec.automountServiceAccountToken).to.equal(false);
            expect(spec.serviceAccountName).to.equal(app);
            expect(spec.securityContext).to.include({ runAsNonRoot: true, runAsUser: uid });
            expect(spec.containers[0]?.["securityContext"]).to.deep.equal({
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
            });
            expect(spec.terminationGracePeriodSeconds).to.be.greaterThan(8 + 25);
        });
    }

    it("exposes the backend inside the cluster and the frontend on the node", () => {
        expect(
            plain(find(resources, ":Service", "habit-tracker-backend").inputs["spec"]),
        ).to.deep.equal({
            type: "ClusterIP",
            selector: { app: "habit-tracker-backend" },
            ports: [{ name: "http", protocol: "TCP", port: 8000, targetPort: 8000 }],
        });
        expect(
            plain(find(resources, ":Service", "habit-tracker-frontend").inputs["spec"]),
        ).to.deep.equal({
            type: "NodePort",
            selector: { app: "habit-tracker-frontend" },
            ports: [
                { name: "http", protocol: "TCP", port: 3000, targetPort: 3000, nodePort: 30080 },
            ],
        });
    });

    it("gives the frontend the ConfigMap alone and the backend the Secret too", () => {
        const from = (app: string) => template(resources, app).spec.containers[0]?.["envFrom"];
        const configMap = { configMapRef: { name: "habit-tracker-config" } };
        const secret = { secretRef: { name: "habit-tracker-secrets" } };
        expect(from("habit-tracker-frontend")).to.deep.equal([configMap]);
        expect(from("habit-tracker-backend")).to.deep.equal([configMap, secret]);
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

    it("shows no secret outside the Secrets' data", () => {
        const secrets = [...Object.values(CANARIES), "generated-"];
        for (const { type, name, inputs } of resources) {
            const shown =
                type === "kubernetes:core/v1:Secret"
                    ? { ...inputs, stringData: undefined }
                    : inputs;
            for (const secret of secrets) {
                expect(JSON.stringify(shown), `${type} ${name}`).not.to.contain(secret);
            }
        }
    });

    it("exports what opens the product", async () => {
        expect(await resolve(outputs["url"])).to.equal("http://127.0.0.1:30080");
        expect(await resolve(outputs["nodePortUrl"])).to.equal("http://192.168.49.2:30080");
        expect(await resolve(outputs["namespace"])).to.equal("default");
        expect(await resolve(outputs["backendImage"])).to.equal("habit-tracker-backend:v1.0.0");
        expect(await resolve(outputs["frontendImage"])).to.equal("habit-tracker-frontend:v1.0.0");
        expect(await resolve(outputs["accessCommand"])).to.match(/^minikube -p minikube service/);
    });

    describe("rolls just the tier whose input changed", () => {
        const annotations = (list: readonly Registered[]) => [
            template(list, "habit-tracker-backend").metadata.annotations,
            template(list, "habit-tracker-frontend").metadata.annotations,
        ];
        for (const [what, own, rolls] of [
            ["nothing", {}, [false, false]],
            ["jwtSecret", { jwtSecret: "another-jwt-secret-0123456789-0123456789" }, [true, false]],
            ["geminiModel", { geminiModel: "gemini-9" }, [true, false]],
            ["apiUrl", { apiUrl: "http://elsewhere:8000" }, [false, true]],
            ["extraConfig", { extraConfig: '["FLAG=on"]' }, [true, true]],
        ] as const) {
            it(what, async () => {
                const after = await runProgram({ ...CANARIES, ...own });
                const before = annotations(resources);
                const changed = annotations(after.resources).map(
                    (now, tier) => JSON.stringify(now) !== JSON.stringify(before[tier]),
                );
                expect(changed).to.deep.equal(rolls);
            });
        }
    });

    it("brings no database when databaseUrl is set", async () => {
        const databaseUrl = "postgresql://user:pass@elsewhere:5432/habits";
        const { resources: own } = await runProgram({ ...CANARIES, databaseUrl });
        expect(own.map(({ type }) => type)).not.to.include("habit-tracker:database:Database");
        const { inputs } = find(own, ":Secret", "habit-tracker-secrets");
        expect(plain(inputs["stringData"])).to.include({ DATABASE_URL: databaseUrl });
    });

    it("creates a namespace of its own that enforces the restricted profile", async () => {
        const { resources: own } = await runProgram({ ...CANARIES, namespace: "habits" });
        const { inputs } = find(own, ":Namespace", "habits");
        expect(plain(inputs["metadata"])).to.deep.include({
            labels: { "pod-security.kubernetes.io/enforce": "restricted" },
        });
        for (const resource of own.filter(({ type }) => /^kubernetes:(core|apps)/.test(type))) {
            const metadata = plain(resource.inputs["metadata"]) as
                { namespace?: string } | undefined;
            if (!resource.type.endsWith(":Namespace")) {
                expect(metadata?.namespace, resource.name).to.equal("habits");
            }
        }
    });

    it("uses a claim that is there already instead of making one", async () => {
        const { resources: own } = await runProgram({
            ...CANARIES,
            databaseExistingClaim: "kept",
        });
        expect(own.some(({ type }) => type.endsWith(":PersistentVolumeClaim"))).to.equal(false);
        const spec = plain(find(own, ":StatefulSet", "habit-tracker-database").inputs["spec"]) as {
            template: { spec: { volumes: unknown[] } };
        };
        expect(spec.template.spec.volumes).to.deep.include({
            name: "data",
            persistentVolumeClaim: { claimName: "kept" },
        });
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
