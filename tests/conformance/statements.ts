// The seed (phase-iv-infrastructure-resource-model.txt), statement by statement, each with the check that proves it:
// of what the program asks for, and of what is there.
import { existsSync } from "node:fs";
import { expect } from "chai";
import { KEYS, SECRET_KEYS, quantity, wrongEntries } from "../../components/settings.ts";
import { parseEnvFile } from "../../scripts/envFile.ts";
import type {
    Container,
    KubernetesObject,
    LiveStack,
    RecordedStack,
    Stack,
    TierName,
} from "./stack.ts";

type Check<S extends Stack> = (stack: S) => void | Promise<void>;

/** One statement of the seed. */
export interface Statement {
    /** The heading that it stands under. */
    section: string;
    says: string;
    /** Where the design says otherwise on purpose: why, in a line. The checks prove the new form. */
    changed?: string;
    recorded: Check<RecordedStack>;
    live: Check<LiveStack>;
}

/** A statement that reads the same in both forms of the stack, or needs a check for each. */
function statement(
    section: string,
    says: string,
    checks: Check<Stack> | { recorded: Check<RecordedStack>; live: Check<LiveStack> },
    changed?: string,
): Statement {
    const both = typeof checks === "function" ? { recorded: checks, live: checks } : checks;
    return { section, says, ...both, ...(changed === undefined ? {} : { changed }) };
}

const MB = 1e6;
const CONFIG_MAP = "habit-tracker-config";
const SECRET = "habit-tracker-secrets";
const SECRET_ENTRIES = ["DATABASE_URL", "JWT_SECRET", "JWT_ALGORITHM", "GEMINI_API_KEY"];
const BACKEND_URL = "http://habit-tracker-backend:8000";
const TIERS = ["backend", "frontend"] as const;

/** What sets the two tiers apart in the seed. */
const TIER = {
    backend: {
        app: "habit-tracker-backend",
        port: 8000,
        user: "appuser",
        userId: 1000,
        base: "python:3.12-slim",
        maximum: 500 * MB,
        health: "/health",
        ready: "/health?ready=1",
        get: 'import sys, urllib.request as r; print(r.urlopen("http://127.0.0.1:8000" + sys.argv[1]).status)',
        interpreter: ["python", "-c"],
        version: ["import platform; print(platform.python_version())", /^3\.1[2-9]\./],
    },
    frontend: {
        app: "habit-tracker-frontend",
        port: 3000,
        user: "nextjs",
        userId: 1001,
        base: "node:18-alpine",
        maximum: 300 * MB,
        health: "/",
        ready: "/?ready=1",
        get: 'fetch("http://127.0.0.1:3000" + process.argv[1]).then((answer) => console.log(answer.status))',
        interpreter: ["node", "-e"],
        version: ["console.log(process.versions.node)", /^18\./],
    },
} as const;

const deployment = (stack: Stack, tier: TierName) => stack.object("Deployment", TIER[tier].app);
const service = (stack: Stack, tier: TierName) => stack.object("Service", TIER[tier].app);
const containerOf = (workload: KubernetesObject): Container => {
    const [container] = workload.spec.template.spec.containers;
    if (container === undefined) {
        throw new Error(`${workload.metadata.name} has no container`);
    }
    return container;
};
const container = (stack: Stack, tier: TierName) => containerOf(deployment(stack, tier));
const workloads = (stack: Stack) =>
    stack.objects().filter(({ kind }) => ["Deployment", "StatefulSet"].includes(kind));

/** Where in a list of steps each of these first turns up; every one has to, in this order. */
function expectOrder(steps: readonly string[], patterns: readonly RegExp[]): void {
    let last = -1;
    for (const pattern of patterns) {
        const at = steps.findIndex((step, index) => index > last && pattern.test(step));
        expect(at, `${pattern} after step ${last} of:\n${steps.join("\n")}`).to.be.greaterThan(
            last,
        );
        last = at;
    }
}

/** The layers above the base in the seed's order, as the steps that make them. */
const LAYERS: Record<TierName, [says: string, step: RegExp][]> = {
    backend: [
        ["3. Python dependencies (from requirements.txt)", /^(COPY|.*#\(nop\) COPY).* \/opt\/venv/],
        ["4. Application code (backend/src/)", /^(COPY|.*#\(nop\) COPY).* \/app\/src/],
        ["5. Non-root user creation", /useradd --uid 1000 .*appuser/],
        ["6. Working directory and permissions", /WORKDIR \/app/],
    ],
    frontend: [
        [
            "3. Production stage: copy built artifacts (.next/standalone, .next/static)",
            /^(COPY|.*#\(nop\) COPY).* \/app\/.next\/static/,
        ],
        ["4. Non-root user creation", /nextjs:x:1001:1001/],
        ["5. Working directory and permissions", /WORKDIR \/app/],
    ],
};

function imageStatements(tier: TierName): Statement[] {
    const { app, port, user, userId, base, maximum, health, get, interpreter, version } =
        TIER[tier];
    const title = tier === "backend" ? "Backend Image" : "Frontend Image";
    const section = `Docker Images › ${title}`;
    const reference = `${app}:v1.0.0`;
    const source = `./docker/${tier}`;
    const row = statement.bind(undefined, section);
    const run = (stack: LiveStack, script: string, ...args: string[]) =>
        stack.exec(tier, ...interpreter, script, ...args);
    return [
        row(`${title}: ${reference}`, (stack) => {
            expect(stack.image(tier).reference).to.equal(reference);
        }),
        row(
            tier === "backend"
                ? "Containerized FastAPI application with Python dependencies"
                : "Containerized Next.js application with Node.js dependencies",
            {
                recorded: ({ file }) => {
                    const dependencies =
                        tier === "backend" ? "requirements.txt" : "package-lock.json";
                    expect(file(`${source}/${dependencies}`)).to.match(
                        tier === "backend" ? /^fastapi==/m : /"node_modules\/next":/,
                    );
                },
                live: async (stack) => {
                    const loaded =
                        tier === "backend"
                            ? "import fastapi; print(fastapi.__name__)"
                            : 'console.log(require("next/package.json").name)';
                    expect(await run(stack, loaded)).to.equal(
                        tier === "backend" ? "fastapi" : "next",
                    );
                },
            },
        ),
        row(
            `Base Image: ${base} (pinned version)`,
            {
                recorded: ({ build, file }) => {
                    expect(build(tier).args["BASE_IMAGE"]).to.equal(base);
                    expect(file(`${source}/Dockerfile`)).to.contain(`ARG BASE_IMAGE=${base}\n`);
                },
                live: async (stack) => {
                    expect(await run(stack, version[0])).to.match(version[1]);
                    const below = stack.base(tier)?.layers ?? [];
                    const { layers } = stack.contents(tier);
                    expect(layers.slice(0, below.length)).to.deep.equal(below);
                },
            },
            "where no image can be pulled, the base-image setting names a stand-in",
        ),
        row(
            `Build Context: ${tier}/ directory`,
            {
                recorded: ({ build }) => {
                    expect(build(tier).context).to.equal(source);
                    expect(existsSync(`${source}/.dockerignore`)).to.equal(true);
                },
                live: (stack) => {
                    expect(stack.setting(`${tier}Context`)).to.equal(source);
                },
            },
            "DESIGN.md keeps both under docker/",
        ),
        row(`Exposed Port: ${port}`, (stack) => {
            expect(stack.image(tier).exposedPorts).to.deep.equal([port]);
        }),
        row(`Health Endpoint: ${health}`, {
            recorded: (stack) => {
                expect(container(stack, tier).livenessProbe.httpGet.path).to.equal(health);
            },
            live: async (stack) => {
                expect(await run(stack, get, health)).to.equal("200");
            },
        }),
        row(`Size Target: <${maximum / MB}MB`, {
            recorded: ({ file }) => {
                // the build's tools stay in a stage of their own
                expect(file(`${source}/Dockerfile`).match(/^FROM /gm)).to.have.length.above(1);
            },
            live: ({ contents }) => {
                expect(contents(tier).size).to.be.below(maximum);
            },
        }),
        row(`User: Non-root user ${user} (UID ${userId})`, {
            recorded: (stack) => {
                expect(stack.image(tier).user).to.equal(`${userId}:${userId}`);
            },
            live: async (stack) => {
                expect(stack.image(tier).user).to.equal(`${userId}:${userId}`);
                expect(await stack.exec(tier, "id", "-u")).to.equal(`${userId}`);
                expect(await stack.exec(tier, "id", "-un")).to.equal(user);
            },
        }),
        row(`Layers: 1. Base image (${base})`, {
            recorded: (stack) => {
                expect(stack.image(tier).steps[0]).to.match(/^FROM \$\{BASE_IMAGE\}/);
            },
            live: (stack) => {
                const { layers } = stack.contents(tier);
                const below = stack.base(tier)?.layers ?? layers.slice(0, 1);
                expect(layers[0]).to.equal(below[0]);
                expect(layers.length).to.be.greaterThan(below.length);
            },
        }),
        ...(tier === "frontend"
            ? [
                  row("Layers: 2. Build stage: install dependencies, build Next.js", {
                      recorded: ({ file }) => {
                          expectOrder(file(`${source}/Dockerfile`).split("\n"), [
                              /^FROM .* AS deps/,
                              /^RUN npm ci/,
                              /^FROM .* AS builder/,
                              /^RUN npm run build/,
                              /^FROM .* AS runner/,
                          ]);
                      },
                      live: async (stack) => {
                          // what the build stage made is there; what it needed for that is not
                          const files = await stack.exec(tier, "ls", "/app", "/app/.next");
                          expect(files).to.contain("server.js").and.to.contain("BUILD_ID");
                          expect(files).not.to.match(/^(src|tsconfig\.json|next\.config\.ts)$/m);
                      },
                  }),
              ]
            : []),
        ...(tier === "backend"
            ? [
                  row("Layers: 2. System dependencies (if needed): none are", (stack) => {
                      const { steps } = stack.image(tier);
                      expect(steps.filter((step) => /apt-get|apk add/.test(step))).to.deep.equal(
                          [],
                      );
                  }),
              ]
            : []),
        ...LAYERS[tier].map(([says], index) =>
            row(`Layers: ${says}`, (stack) => {
                expectOrder(
                    stack.image(tier).steps,
                    LAYERS[tier].slice(0, index + 1).map(([, step]) => step),
                );
            }),
        ),
        ...(tier === "backend" ? SECRET_ENTRIES : ["NEXT_PUBLIC_API_URL"]).map((name) =>
            row(
                `Environment Variable Required: ${name} (from ${tier === "backend" ? "Secret" : "ConfigMap"})`,
                {
                    recorded: (stack) => {
                        const source_ =
                            tier === "backend"
                                ? stack.object("Secret", SECRET)
                                : stack.object("ConfigMap", CONFIG_MAP);
                        expect(source_.data).to.have.property(name);
                    },
                    live: async (stack) => {
                        const [kind, object] =
                            tier === "backend"
                                ? (["Secret", SECRET] as const)
                                : (["ConfigMap", CONFIG_MAP] as const);
                        const value = stack.object(kind, object).data?.[name];
                        const inside = await stack.exec(tier, "printenv", name);
                        // no secret in a message: only whether they are the same
                        expect(inside === value, `${name} is the ${kind}'s`).to.equal(true);
                    },
                },
            ),
        ),
        row("Build Validation: image builds without errors", {
            recorded: ({ build }) => {
                expect(build(tier)).to.have.all.keys("context", "args", "platform");
            },
            live: (stack) => {
                const { id } = stack.contents(tier);
                const annotations = deployment(stack, tier).spec.template.metadata as unknown as {
                    annotations: Record<string, string>;
                };
                expect(annotations.annotations["habit-tracker/image-id"]).to.equal(id);
            },
        }),
        row("Build Validation: no secrets embedded in layers", {
            recorded: ({ build }) => {
                expect(build(tier).args).to.have.all.keys("BASE_IMAGE");
            },
            live: (stack) => {
                const history = stack.image(tier).steps.join("\n");
                for (const [name, value] of Object.entries(
                    stack.object("Secret", SECRET).data ?? {},
                )) {
                    if (name !== "JWT_ALGORITHM" && value) {
                        expect(history.includes(value), `${name} in the history`).to.equal(false);
                    }
                }
            },
        }),
        row(
            tier === "backend"
                ? "Build Validation: application starts and responds to health checks"
                : "Build Validation: application starts and serves pages",
            {
                recorded: (stack) => {
                    expect(container(stack, tier).readinessProbe.httpGet.port).to.equal("http");
                },
                live: async (stack) => {
                    expect(deployment(stack, tier).status).to.include({ readyReplicas: 1 });
                    expect(await run(stack, get, TIER[tier].ready)).to.equal("200");
                },
            },
        ),
    ];
}

function deploymentStatements(tier: TierName): Statement[] {
    const { app, port, health, ready } = TIER[tier];
    const row = statement.bind(undefined, `Kubernetes Resources › ${tier} Deployment`);
    return [
        row(`Deployment: ${app}`, (stack) => {
            expect(deployment(stack, tier).metadata.name).to.equal(app);
        }),
        row("API Version: apps/v1", (stack) => {
            expect(deployment(stack, tier).apiVersion).to.equal("apps/v1");
        }),
        row("Kind: Deployment", (stack) => {
            expect(deployment(stack, tier).kind).to.equal("Deployment");
        }),
        row(
            "Replicas: 1 (configurable via Helm)",
            {
                recorded: (stack) => {
                    expect(deployment(stack, tier).spec.replicas).to.equal(1);
                    expect(KEYS).to.include(`${tier}Replicas`);
                },
                live: (stack) => {
                    expect(deployment(stack, tier).spec.replicas).to.equal(
                        Number(stack.setting(`${tier}Replicas`)),
                    );
                    expect(stack.pods(tier)).to.have.length(deployment(stack, tier).spec.replicas);
                },
            },
            `the chart's values are stack config: ${tier}Replicas`,
        ),
        row(`Selector: app: ${app}`, (stack) => {
            expect(deployment(stack, tier).spec.selector).to.deep.equal({ matchLabels: { app } });
        }),
        ...Object.entries({ app, component: tier, version: "v1.0.0" }).map(([name, value]) =>
            row(`Label: ${name}: ${value}`, (stack) => {
                const { metadata, spec } = deployment(stack, tier);
                expect(metadata.labels?.[name]).to.equal(value);
                expect(spec.template.metadata.labels[name]).to.equal(value);
            }),
        ),
        row(`Container Name: ${tier}`, (stack) => {
            expect(container(stack, tier).name).to.equal(tier);
        }),
        row(`Image: ${app}:v1.0.0`, (stack) => {
            expect(container(stack, tier).image).to.equal(`${app}:v1.0.0`);
        }),
        row("Image Pull Policy: IfNotPresent", (stack) => {
            expect(container(stack, tier).imagePullPolicy).to.equal("IfNotPresent");
        }),
        row(`Port: ${port}`, (stack) => {
            expect(container(stack, tier).ports.map((entry) => entry.containerPort)).to.deep.equal([
                port,
            ]);
        }),
        row("Requests: 250m CPU, 256Mi RAM", (stack) => {
            expect(container(stack, tier).resources.requests).to.include({
                cpu: "250m",
                memory: "256Mi",
            });
        }),
        row("Limits: 500m CPU, 512Mi RAM", (stack) => {
            expect(container(stack, tier).resources.limits).to.include({
                cpu: "500m",
                memory: "512Mi",
            });
        }),
        row(`Liveness Probe: HTTP GET ${health}, 10s interval, 30s initial delay`, (stack) => {
            const probe = container(stack, tier).livenessProbe;
            expect(probe.httpGet).to.include({ path: health });
            expect(probe).to.include({ periodSeconds: 10, initialDelaySeconds: 30 });
        }),
        row(
            `Readiness Probe: HTTP GET ${health}, 5s interval, 10s initial delay`,
            (stack) => {
                const probe = container(stack, tier).readinessProbe;
                expect(probe.httpGet).to.include({ path: ready });
                expect(probe).to.include({ periodSeconds: 5, initialDelaySeconds: 10 });
            },
            "a pod that drains, or whose database is away, leaves the Service and is not restarted: `?ready=1`",
        ),
        row(
            tier === "backend"
                ? "Environment: From ConfigMap + Secret"
                : "Environment: From ConfigMap",
            (stack) => {
                expect(container(stack, tier).envFrom).to.deep.equal([
                    { configMapRef: { name: CONFIG_MAP } },
                    ...(tier === "backend" ? [{ secretRef: { name: SECRET } }] : []),
                ]);
            },
        ),
        ...Object.entries({
            "Update Strategy: Type: RollingUpdate": { type: "RollingUpdate" },
            "Update Strategy: Max Surge: 1": { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
            "Update Strategy: Max Unavailable: 0": {
                rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
            },
        }).map(([says, strategy]) =>
            row(says, (stack) => {
                expect(deployment(stack, tier).spec.strategy).to.deep.include(strategy);
            }),
        ),
    ];
}

function serviceStatements(tier: TierName): Statement[] {
    const { app, port } = TIER[tier];
    const type = tier === "backend" ? "ClusterIP" : "NodePort";
    const row = statement.bind(undefined, `Kubernetes Resources › ${tier} Service`);
    return [
        row(`Service: ${app}`, (stack) => {
            expect(service(stack, tier).metadata.name).to.equal(app);
        }),
        row("API Version: v1", (stack) => {
            expect(service(stack, tier).apiVersion).to.equal("v1");
        }),
        row("Kind: Service", (stack) => {
            expect(service(stack, tier).kind).to.equal("Service");
        }),
        row(`Type: ${type}`, (stack) => {
            expect(service(stack, tier).spec.type).to.equal(type);
        }),
        row(`Selector: app: ${app}`, (stack) => {
            expect(service(stack, tier).spec.selector).to.deep.equal({ app });
        }),
        ...Object.entries({
            [`Port: ${port}`]: { port },
            [`Target Port: ${port}`]: { targetPort: port },
            "Protocol: TCP": { protocol: "TCP" },
            ...(tier === "frontend"
                ? { "Node Port: 30080 (configurable)": { nodePort: 30080 } }
                : {}),
        }).map(([says, expected]) =>
            row(says, (stack) => {
                expect(service(stack, tier).spec.ports).to.have.length(1);
                expect(service(stack, tier).spec.ports[0]).to.include(expected);
            }),
        ),
        ...(tier === "backend"
            ? [
                  row(`DNS Name: ${app}.default.svc.cluster.local (or custom namespace)`, {
                      recorded: (stack) => {
                          expect(service(stack, tier).metadata.namespace).to.equal("default");
                      },
                      live: async (stack) => {
                          const host = `${app}.${stack.output("namespace")}.svc.cluster.local`;
                          const lookup = `require("node:dns").lookup("${host}", (error, found) => console.log(error ?? found))`;
                          expect(await stack.exec("frontend", "node", "-e", lookup)).to.equal(
                              service(stack, tier).spec.clusterIP,
                          );
                      },
                  }),
              ]
            : [
                  row("Access: NodePort: http://<minikube-ip>:30080", {
                      recorded: ({ output }) => {
                          expect(output("nodePortUrl")).to.match(
                              /^http:\/\/\d+\.\d+\.\d+\.\d+:30080$/,
                          );
                      },
                      live: async ({ node, output }) => {
                          const get = `curl -s -o /dev/null -w '%{http_code}' ${output("nodePortUrl")}`;
                          expect(await node(get)).to.equal("200");
                      },
                  }),
                  row(
                      "Access: Minikube Tunnel: http://localhost:3000 (requires minikube tunnel)",
                      {
                          recorded: ({ output }) => {
                              expect(output("url")).to.equal("http://127.0.0.1:30080");
                              expect(output("accessCommand")).to.match(/^minikube -p /);
                              expect(KEYS).to.include("frontendServiceType");
                          },
                          live: async ({ output }) => {
                              expect((await fetch(output("url"))).status).to.equal(200);
                          },
                      },
                      "a tunnel serves Services of type LoadBalancer (frontendServiceType); `url` works without one",
                  ),
              ]),
    ];
}

const configMapRow = statement.bind(undefined, "Kubernetes Resources › ConfigMap");
const secretRow = statement.bind(undefined, "Kubernetes Resources › Secret");
const chartRow = (says: string, checks: Parameters<typeof statement>[2]) =>
    statement("Helm Chart", says, checks, "a Pulumi program takes the chart's place");
const relationRow = statement.bind(undefined, "Resource Relationships");
const sizingRow = statement.bind(undefined, "Resource Sizing Summary");
const checklistRow = statement.bind(undefined, "Validation Checklist");

/** A row of the chart's file list: the file that does its work here, what it says, and what came of it. */
const fileRow = (
    name: string,
    purpose: string,
    [path, text]: readonly [path: string, text: RegExp],
    live: Check<LiveStack>,
) =>
    chartRow(`${name}: ${purpose} → ${path}`, {
        recorded: ({ file }) => {
            expect(file(path)).to.match(text);
        },
        live,
    });

/** A row of the chart's parameters: these settings, whose every effect tests/unit/keys.test.ts proves. */
const parameterRow = (
    says: string,
    keys: readonly string[],
    actual: (stack: Stack) => readonly unknown[],
) =>
    chartRow(`Parameterization: ${says} → ${keys.join(", ")}`, {
        recorded: () => {
            expect(KEYS).to.include.members([...keys]);
        },
        live: (stack) => {
            expect(actual(stack).map(String)).to.deep.equal(keys.map(stack.setting));
        },
    });

/** The sum of a resource over all containers of the given workloads, as a number. */
const total = (
    list: readonly KubernetesObject[],
    kind: "requests" | "limits",
    name: "cpu" | "memory",
) =>
    list.reduce(
        (sum, workload) =>
            sum +
            workload.spec.replicas * quantity(containerOf(workload).resources[kind][name] ?? ""),
        0,
    );
const tiers = (stack: Stack) => TIERS.map((tier) => deployment(stack, tier));

/** Every statement, in the seed's order. */
export const STATEMENTS: readonly Statement[] = [
    ...TIERS.flatMap(imageStatements),
    ...deploymentStatements("backend"),
    ...serviceStatements("backend"),
    ...deploymentStatements("frontend"),
    ...serviceStatements("frontend"),

    configMapRow(`ConfigMap: ${CONFIG_MAP}`, ({ object }) => {
        expect(object("ConfigMap", CONFIG_MAP).metadata.name).to.equal(CONFIG_MAP);
    }),
    configMapRow("API Version: v1, Kind: ConfigMap", ({ object }) => {
        expect(object("ConfigMap", CONFIG_MAP)).to.include({ apiVersion: "v1", kind: "ConfigMap" });
    }),
    configMapRow(
        `Data: NEXT_PUBLIC_API_URL: ${BACKEND_URL}`,
        {
            recorded: ({ object }) => {
                expect(object("ConfigMap", CONFIG_MAP).data).to.include({
                    NEXT_PUBLIC_API_URL: BACKEND_URL,
                });
            },
            live: async ({ object, output }) => {
                expect(object("ConfigMap", CONFIG_MAP).data).to.include({
                    NEXT_PUBLIC_API_URL: BACKEND_URL,
                });
                expect(await (await fetch(output("url"))).text()).not.to.contain(BACKEND_URL);
                expect((await fetch(`${output("url")}/api/v1/me`)).status).to.equal(401);
            },
        },
        "it means nothing in a browser: the web server reads it per request and passes /api/* on",
    ),
    configMapRow("Data: (Future: Add feature flags, timeouts, etc.)", {
        recorded: () => {
            expect(KEYS).to.include("extraConfig");
        },
        live: ({ object }) => {
            expect(object("ConfigMap", CONFIG_MAP).data).to.include.keys("GEMINI_MODEL");
        },
    }),
    configMapRow("Usage: Injected into frontend pods via envFrom", (stack) => {
        expect(container(stack, "frontend").envFrom).to.deep.include({
            configMapRef: { name: CONFIG_MAP },
        });
    }),

    secretRow(`Secret: ${SECRET}`, ({ object }) => {
        expect(object("Secret", SECRET).metadata.name).to.equal(SECRET);
    }),
    secretRow("API Version: v1, Kind: Secret", ({ object }) => {
        expect(object("Secret", SECRET)).to.include({ apiVersion: "v1", kind: "Secret" });
    }),
    secretRow("Type: Opaque", ({ object }) => {
        expect(object("Secret", SECRET).type).to.equal("Opaque");
    }),
    ...Object.entries({
        DATABASE_URL: /^postgres(ql)?:\/\/\S+:\S+@\S+\/\S+$/,
        JWT_SECRET: /^.{32,}$/,
        JWT_ALGORITHM: /^HS(256|384|512)$/,
        GEMINI_API_KEY: /^\S*$/,
    }).map(([name, form]) =>
        secretRow(`Data (base64 encoded): ${name}`, ({ object }) => {
            const { data } = object("Secret", SECRET);
            expect(Object.keys(data ?? {})).to.have.members(SECRET_ENTRIES);
            expect(form.test(data?.[name] ?? "(none)"), `${name} has its form`).to.equal(true);
        }),
    ),
    secretRow(
        "Creation: Manual creation via kubectl or from .env file",
        {
            recorded: ({ file }) => {
                expect(KEYS).to.include.members([...SECRET_KEYS, "existingSecret"]);
                const entries = parseEnvFile(file(".env.example"), ".env.example");
                expect(entries).to.have.all.keys(...SECRET_ENTRIES);
            },
            live: ({ object }) => {
                expect(object("Secret", SECRET).metadata.labels).to.include({
                    "app.kubernetes.io/managed-by": "pulumi",
                });
            },
        },
        "Pulumi makes it from encrypted stack config, which `npm run secrets` fills from a .env file; existingSecret names one that kubectl made",
    ),
    secretRow("Usage: Injected into backend pods via envFrom", (stack) => {
        expect(container(stack, "backend").envFrom).to.deep.include({
            secretRef: { name: SECRET },
        });
        expect(container(stack, "frontend").envFrom.some(({ secretRef }) => secretRef)).to.equal(
            false,
        );
    }),
    secretRow("Security: Never commit actual secrets to version control", {
        recorded: ({ file }) => {
            for (const key of SECRET_KEYS) {
                expect(file("Pulumi.local.yaml")).not.to.match(new RegExp(`:${key}: *\\S`));
            }
            expect(file(".gitignore")).to.contain(".local/");
        },
        live: async ({ pulumi, object }) => {
            const state = await pulumi("stack", "export");
            for (const [name, value] of Object.entries(object("Secret", SECRET).data ?? {})) {
                if (name !== "JWT_ALGORITHM" && value) {
                    expect(state.includes(value), `${name} in the state`).to.equal(false);
                }
            }
        },
    }),
    secretRow("Security: Use .env.example with placeholder values", {
        recorded: ({ file }) => {
            const { JWT_ALGORITHM, ...secrets } = parseEnvFile(
                file(".env.example"),
                ".env.example",
            );
            expect(JWT_ALGORITHM).to.equal("HS256");
            expect(secrets).to.have.all.keys("DATABASE_URL", "JWT_SECRET", "GEMINI_API_KEY");
            expect(wrongEntries(secrets)).to.have.members(Object.keys(secrets));
        },
        live: ({ config }) => {
            for (const key of SECRET_KEYS) {
                const entry = config[key];
                expect(!entry?.value || entry.secret, `${key} is encrypted`).to.equal(true);
            }
        },
    }),
    secretRow(
        "Security: Document secret creation process in quickstart.md",
        {
            recorded: ({ file }) => {
                for (const key of SECRET_KEYS) {
                    expect(file("README.md")).to.contain(`pulumi config set --secret ${key}`);
                }
            },
            live: ({ object }) => {
                expect(object("Secret", SECRET).data).to.have.all.keys(...SECRET_ENTRIES);
            },
        },
        "the README is the quickstart",
    ),

    ...Object.entries({
        "Chart Name: habit-tracker": ["Pulumi.yaml", /^name: habit-tracker$/m],
        "Chart Version: 1.0.0": ["package.json", /"version": "1\.0\.0"/],
        "App Version: 1.0.0": ["Pulumi.yaml", /default: v1\.0\.0/],
        "Description: Habit Tracker with AI Chatbot - Local Kubernetes Deployment": [
            "Pulumi.yaml",
            /^description: .*habit tracker with its AI chatbot on Minikube/m,
        ],
    } as const).map(([says, [path, text]]) =>
        chartRow(says, {
            recorded: ({ file }) => {
                expect(file(path)).to.match(text);
            },
            live: (stack) => {
                expect(deployment(stack, "backend").metadata.labels).to.include({
                    "app.kubernetes.io/part-of": "habit-tracker",
                    version: "v1.0.0",
                });
            },
        }),
    ),
    fileRow("Chart.yaml", "metadata", ["Pulumi.yaml", /^description: \S/m], async ({ pulumi }) => {
        expect(await pulumi("stack", "--show-urns")).to.contain("::habit-tracker::");
    }),
    fileRow("values.yaml", "default values", ["Pulumi.yaml", /^ {4}default: /m], ({ setting }) => {
        expect(setting("jwtAlgorithm")).to.match(/^HS\d+$/);
    }),
    fileRow(
        ...(["values-local.yaml", "local overrides"] as const),
        ["Pulumi.local.yaml", /habit-tracker:minikubeProfile: /],
        async ({ setting, node }) => {
            expect(await node("hostname")).to.equal(setting("minikubeProfile"));
        },
    ),
    fileRow(
        ...(["_helpers.tpl", "template helpers (labels, selectors)"] as const),
        ["components/pods.ts", /export function labels\([\s\S]*|export function selector\(/],
        (stack) => {
            for (const tier of TIERS) {
                expect(deployment(stack, tier).spec.template.metadata.labels).to.include({
                    "app.kubernetes.io/part-of": "habit-tracker",
                    app: TIER[tier].app,
                });
            }
        },
    ),
    ...TIERS.flatMap((tier) => [
        fileRow(
            ...([`${tier}-deployment.yaml`, `${tier} Deployment template`] as const),
            [`components/${tier}.ts`, /extends Tier/],
            (stack) => {
                expect(deployment(stack, tier).status).to.include({ readyReplicas: 1 });
            },
        ),
        fileRow(
            ...([`${tier}-service.yaml`, `${tier} Service template`] as const),
            ["components/tier.ts", /new kubernetes\.core\.v1\.Service\(/],
            (stack) => {
                expect(service(stack, tier).spec.clusterIP).to.match(/^\d+\./);
            },
        ),
    ]),
    fileRow(
        ...(["configmap.yaml", "ConfigMap template"] as const),
        ["components/configuration.ts", /new kubernetes\.core\.v1\.ConfigMap\(/],
        ({ object }) => {
            expect(object("ConfigMap", CONFIG_MAP).metadata.uid).to.match(/^[\w-]{36}$/);
        },
    ),
    fileRow(
        ...(["secret.yaml", "Secret template (references existing Secret)"] as const),
        ["components/configuration.ts", /new kubernetes\.core\.v1\.Secret\(/],
        ({ object }) => {
            expect(object("Secret", SECRET).metadata.uid).to.match(/^[\w-]{36}$/);
        },
    ),
    parameterRow(
        "Image repositories and tags",
        TIERS.flatMap((tier) => [`${tier}ImageName`, `${tier}ImageTag`]),
        (stack) => TIERS.flatMap((tier) => stack.image(tier).reference.split(":")),
    ),
    parameterRow(
        "Replica counts",
        TIERS.map((tier) => `${tier}Replicas`),
        (stack) => tiers(stack).map(({ spec }) => spec.replicas),
    ),
    parameterRow(
        "Resource limits",
        TIERS.flatMap((tier) => [`${tier}CpuLimit`, `${tier}MemoryLimit`]),
        (stack) =>
            tiers(stack).flatMap((workload) => {
                const { cpu, memory } = containerOf(workload).resources.limits;
                return [cpu, memory];
            }),
    ),
    parameterRow(
        "Service types and ports",
        TIERS.flatMap((tier) => [`${tier}ServiceType`, `${tier}ServicePort`]),
        (stack) =>
            TIERS.flatMap((tier) => {
                const { type, ports } = service(stack, tier).spec;
                return [type, ports[0]?.port];
            }),
    ),
    parameterRow("ConfigMap values", ["configMapName", "geminiModel"], ({ object }) => {
        const { metadata, data } = object("ConfigMap", CONFIG_MAP);
        return [metadata.name, data?.["GEMINI_MODEL"]];
    }),
    parameterRow("Secret name reference", ["secretName"], (stack) => [
        container(stack, "backend").envFrom.find(({ secretRef }) => secretRef)?.secretRef?.name,
    ]),
    chartRow("Installation: helm install → pulumi up", {
        recorded: ({ objects }) => {
            expect(workloads({ objects } as Stack)).to.have.length(3);
        },
        live: async ({ pulumi }) => {
            const history = JSON.parse(await pulumi("stack", "history", "--json")) as {
                kind: string;
                result: string;
            }[];
            expect(
                history.some(({ kind, result }) => kind === "update" && result === "succeeded"),
            ).to.equal(true);
        },
    }),
    chartRow("Upgrade: helm upgrade → pulumi up", {
        recorded: ({ file }) => {
            expect(file("package.json")).to.contain('"up": ');
        },
        live: async ({ pulumi }) => {
            await pulumi("preview", "--expect-no-changes");
        },
    }),
    chartRow("Uninstall: helm uninstall → pulumi destroy", {
        recorded: ({ file }) => {
            expect(file("package.json")).to.contain('"down": ');
        },
        live: async ({ pulumi, objects }) => {
            const plan = await pulumi("destroy", "--preview-only", "--run-program");
            const deleted = Number(/- (\d+) to delete/.exec(plan)?.[1]);
            expect(deleted).to.be.greaterThan(objects().length);
        },
    }),

    relationRow("Namespace: default holds all of it", {
        recorded: ({ objects }) => {
            expect(objects().map(({ metadata }) => metadata.namespace)).to.satisfy(
                (names: string[]) => names.every((name) => name === "default"),
            );
        },
        live: ({ objects, output }) => {
            const others = objects().filter(({ kind }) => kind !== "Namespace");
            expect(new Set(others.map(({ metadata }) => metadata.namespace))).to.deep.equal(
                new Set([output("namespace")]),
            );
        },
    }),
    ...TIERS.flatMap((tier) => [
        relationRow(`${tier} Deployment manages the ${tier} pod (1 replica)`, {
            recorded: (stack) => {
                expect(deployment(stack, tier).spec.replicas).to.equal(1);
            },
            live: (stack) => {
                const owners = stack.pods(tier).flatMap(({ metadata }) => metadata.ownerReferences);
                expect(owners.map((owner) => owner?.kind)).to.deep.equal(["ReplicaSet"]);
                expect(owners[0]?.name).to.match(new RegExp(`^${TIER[tier].app}-`));
            },
        }),
        relationRow(`${tier} Service selects the ${tier} pod`, {
            recorded: (stack) => {
                expect(deployment(stack, tier).spec.template.metadata.labels).to.include(
                    service(stack, tier).spec.selector,
                );
            },
            live: async (stack) => {
                const addresses = await stack.kubectl(
                    ...["get", "endpoints", TIER[tier].app, "-n", stack.output("namespace")],
                    ...["-o", "jsonpath={.subsets[*].addresses[*].targetRef.name}"],
                );
                expect(addresses).to.equal(stack.pods(tier)[0]?.metadata.name);
            },
        }),
    ]),
    relationRow(
        "Browser makes its API calls to the backend's Service",
        {
            recorded: (stack) => {
                expect(service(stack, "backend").spec.type).to.equal("ClusterIP");
            },
            live: async ({ output }) => {
                const answer = await fetch(`${output("url")}/api/v1/me`);
                expect(answer.status).to.equal(401);
                expect(answer.headers.get("content-type")).to.match(/json/);
            },
        },
        "through the frontend's own origin: the Service is inside the cluster only",
    ),

    ...TIERS.map((tier) =>
        sizingRow(`${tier}: 250m/500m CPU, 256Mi/512Mi RAM, 1 replica`, (stack) => {
            const { requests, limits } = container(stack, tier).resources;
            expect([requests["cpu"], limits["cpu"]]).to.deep.equal(["250m", "500m"]);
            expect([requests["memory"], limits["memory"]]).to.deep.equal(["256Mi", "512Mi"]);
            expect(deployment(stack, tier).spec.replicas).to.equal(1);
        }),
    ),
    sizingRow("Total: 500m/1000m CPU, 512Mi/1024Mi RAM, 2 replicas", (stack) => {
        const both = tiers(stack);
        expect(both.reduce((sum, { spec }) => sum + spec.replicas, 0)).to.equal(2);
        expect(total(both, "requests", "cpu")).to.equal(0.5);
        expect(total(both, "limits", "cpu")).to.equal(1);
        expect(total(both, "requests", "memory")).to.equal(512 * 2 ** 20);
        expect(total(both, "limits", "memory")).to.equal(1024 * 2 ** 20);
    }),
    sizingRow(
        "Fits within 2GB RAM / 2 CPU cores (with overhead for Kubernetes system components)",
        {
            recorded: (stack) => {
                expect(total(workloads(stack), "requests", "cpu")).to.be.at.most(2);
                expect(total(workloads(stack), "requests", "memory")).to.be.at.most(2 * 2 ** 30);
            },
            live: async ({ kubectl }) => {
                // what the scheduler reserved on the node for all pods, the system's included
                const pods = JSON.parse(await kubectl("get", "pods", "-A", "-o", "json")) as {
                    items: {
                        spec: {
                            containers: { resources: { requests?: Record<string, string> } }[];
                        };
                    }[];
                };
                const reserved = (name: string) =>
                    pods.items
                        .flatMap(({ spec }) => spec.containers)
                        .reduce(
                            (sum, { resources }) =>
                                sum + quantity(resources.requests?.[name] ?? "0"),
                            0,
                        );
                expect(reserved("cpu")).to.be.at.most(2);
                expect(reserved("memory")).to.be.at.most(2 * 2 ** 30);
            },
        },
        "the PostgreSQL of a stack without databaseUrl is counted too",
    ),

    checklistRow("All Docker images have pinned base image versions", {
        recorded: ({ build }) => {
            for (const tier of TIERS) {
                expect(build(tier).args["BASE_IMAGE"]).to.match(/:.*\d/);
            }
        },
        live: ({ setting }) => {
            for (const key of ["backendBaseImage", "frontendBaseImage", "databaseImage"]) {
                expect(setting(key), key).to.match(/:.*\d/);
            }
        },
    }),
    checklistRow("All Docker images run as non-root users", (stack) => {
        for (const tier of TIERS) {
            expect(stack.image(tier).user).to.match(/^[1-9]\d*:[1-9]\d*$/);
        }
        for (const { spec, metadata } of workloads(stack)) {
            const { runAsNonRoot, runAsUser } = spec.template.spec.securityContext;
            expect(runAsNonRoot, metadata.name).to.equal(true);
            expect(runAsUser, metadata.name).to.be.greaterThan(0);
        }
    }),
    checklistRow("All Kubernetes resources have proper labels", ({ objects }) => {
        for (const { kind, metadata } of objects()) {
            expect(metadata.labels, `${kind} ${metadata.name}`).to.include.all.keys(
                ...["app", "component", "version", "app.kubernetes.io/name"],
                ...["app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"],
            );
        }
    }),
    checklistRow("All Deployments have resource requests and limits", (stack) => {
        for (const workload of workloads(stack)) {
            for (const kind of ["requests", "limits"] as const) {
                expect(
                    containerOf(workload).resources[kind],
                    workload.metadata.name,
                ).to.have.all.keys(...["cpu", "memory", "ephemeral-storage"]);
            }
        }
    }),
    checklistRow("All Deployments have liveness and readiness probes", (stack) => {
        for (const workload of workloads(stack)) {
            expect(containerOf(workload), workload.metadata.name).to.include.all.keys(
                ...["livenessProbe", "readinessProbe"],
            );
        }
    }),
    checklistRow("All Services have correct selectors", (stack) => {
        const services = stack.objects().filter(({ kind }) => kind === "Service");
        expect(services).to.have.length(workloads(stack).length);
        for (const { metadata, spec } of services) {
            const selected = workloads(stack).filter(
                (workload) =>
                    workload.spec.template.metadata.labels["app"] ===
                    (spec.selector as { app: string }).app,
            );
            expect(selected.map((workload) => workload.metadata.name)).to.deep.equal([
                metadata.name,
            ]);
        }
    }),
    checklistRow("ConfigMap contains only non-sensitive data", ({ object }) => {
        const text = JSON.stringify(object("ConfigMap", CONFIG_MAP).data);
        for (const [name, value] of Object.entries(object("Secret", SECRET).data ?? {})) {
            expect(text).not.to.contain(name);
            expect(Boolean(value) && text.includes(value), `${name}'s value`).to.equal(false);
        }
    }),
    checklistRow("Secret creation is documented (not in version control)", {
        recorded: ({ file }) => {
            expect(file("README.md")).to.contain("pulumi config set --secret");
        },
        live: ({ object }) => {
            expect(object("Secret", SECRET).data).to.have.all.keys(...SECRET_ENTRIES);
        },
    }),
    checklistRow(
        "Helm chart templates use proper parameterization",
        {
            recorded: ({ file }) => {
                for (const key of KEYS) {
                    expect(file("Pulumi.yaml")).to.match(new RegExp(`^ {2}${key}:$`, "m"));
                }
            },
            live: ({ setting }) => {
                // what is set to nothing has no value to show
                expect(KEYS.filter((key) => setting(key) !== "").length).to.be.greaterThan(40);
            },
        },
        "every parameter is a declared setting",
    ),
    checklistRow("Total resource usage fits within Minikube constraints", {
        recorded: (stack) => {
            expect(total(workloads(stack), "limits", "cpu")).to.be.at.most(2);
            expect(total(workloads(stack), "limits", "memory")).to.be.at.most(2 * 2 ** 30);
        },
        live: (stack) => {
            for (const workload of workloads(stack)) {
                expect(workload.status, workload.metadata.name).to.include({
                    readyReplicas: workload.spec.replicas,
                });
            }
        },
    }),
];
