// The seed's Deployments and Services, in the section "Kubernetes Resources".
import { expect } from "chai";
import { quantity } from "../../components/settings.ts";
import {
    LIMITS,
    ONE_REPLICA,
    REQUESTS,
    type Statement,
    TIER,
    builtImage,
    container,
    deployment,
    expectImage,
    namesOf,
    natureOf,
    rowsOf,
    secretNameOf,
    service,
    templateOf,
    tierSeed,
} from "./statement.ts";
import type { KubernetesObject, Stack, TierName } from "./stack.ts";

/** Compares what a container has of a resource with the settings; an API server may write 1000m as 1. */
function expectResources(stack: Stack, tier: TierName, kind: "requests" | "limits"): void {
    const word = kind === "requests" ? "Request" : "Limit";
    const { cpu = "", memory = "" } = container(stack, tier).resources[kind];
    expect(quantity(cpu)).to.equal(quantity(stack.setting(`${tier}Cpu${word}`)));
    expect(quantity(memory)).to.equal(quantity(stack.setting(`${tier}Memory${word}`)));
}

/** Compares the number of pods with the settings. */
function expectReplicas(stack: Stack, tier: TierName): void {
    const [least, most] = ["Replicas", "MaxReplicas"].map((key) =>
        Number(stack.setting(`${tier}${key}`)),
    ) as [number, number];
    expect(deployment(stack, tier).spec.replicas).to.be.within(least, Math.max(least, most));
}

/** Compares when a probe asks with the settings. */
function expectTiming(stack: Stack, tier: TierName, probe: "liveness" | "readiness"): void {
    const name = `${tier}${probe === "liveness" ? "Liveness" : "Readiness"}`;
    const { periodSeconds, initialDelaySeconds } = container(stack, tier)[`${probe}Probe`];
    expect(periodSeconds).to.equal(Number(stack.setting(`${name}PeriodSeconds`)));
    expect(initialDelaySeconds).to.equal(Number(stack.setting(`${name}InitialDelaySeconds`)));
}

/** Whether an object has a field in its spec. */
const hasField = (name: string) => (object: KubernetesObject) =>
    "spec" in object && name in object.spec;

/** The statements on a tier's Deployment. */
export function deploymentStatements(tier: TierName): Statement[] {
    const { app, port, health, ready } = TIER[tier];
    const row = rowsOf(`Kubernetes Resources › ${tier} Deployment`);
    const strategy = (stack: Stack) => deployment(stack, tier).spec.strategy;
    const label = (name: string, of: (stack: Stack) => string) => (stack: Stack) => {
        const workload = deployment(stack, tier);
        expect(workload.metadata.labels?.[name]).to.equal(of(stack));
        expect(templateOf(workload).metadata.labels[name]).to.equal(of(stack));
    };
    return [
        row(`Deployment: ${app}`, (stack) => {
            expect(namesOf(stack, "Deployment", tier)).to.deep.equal([app]);
        }),
        row("API Version: apps/v1", (stack) => {
            const versions = natureOf(stack, "apiVersion", app, hasField("template"));
            expect(versions).to.deep.equal(["apps/v1"]);
        }),
        row("Kind: Deployment", (stack) => {
            const kinds = natureOf(stack, "kind", app, hasField("template"));
            expect(kinds).to.deep.equal(["Deployment"]);
        }),
        row(
            "Replicas: 1 (configurable via Helm)",
            {
                recorded: async (stack) => {
                    expectReplicas(stack, tier);
                    expectReplicas(await stack.with({ [`${tier}Replicas`]: "3" }), tier);
                },
                live: (stack) => {
                    expectReplicas(stack, tier);
                    expect(stack.pods(tier)).to.have.length(deployment(stack, tier).spec.replicas);
                },
                chart: async ({ render }) => {
                    expect(deployment(await render(), tier).spec.replicas).to.equal(1);
                    const more = await render({ [`${tier}Replicas`]: 3 });
                    expect(deployment(more, tier).spec.replicas).to.equal(3);
                },
            },
            { seed: tierSeed(tier, ONE_REPLICA) },
        ),
        row(`Selector: app: ${app}`, (stack) => {
            expect(deployment(stack, tier).spec.selector).to.deep.equal({ matchLabels: { app } });
        }),
        row(
            `Label: app: ${app}`,
            label("app", () => app),
        ),
        row(
            `Label: component: ${tier}`,
            label("component", () => tier),
        ),
        row(
            "Label: version: v1.0.0",
            label("version", ({ setting }) => setting(`${tier}ImageTag`)),
            { seed: tierSeed(tier, { ImageTag: "v1.0.0" }) },
        ),
        row(`Container Name: ${tier}`, (stack) => {
            expect(container(stack, tier).name).to.equal(tier);
        }),
        row(
            `Image: ${app}:v1.0.0`,
            (stack) => expectImage(container(stack, tier).image, stack, tier),
            { seed: builtImage(tier) },
        ),
        row(
            "Image Pull Policy: IfNotPresent",
            (stack) => {
                expect(container(stack, tier).imagePullPolicy).to.equal(
                    stack.setting("imagePullPolicy"),
                );
            },
            { seed: { imagePullPolicy: "IfNotPresent" } },
        ),
        row(`Port: ${port}`, (stack) => {
            expect(container(stack, tier).ports.map((entry) => entry.containerPort)).to.deep.equal([
                port,
            ]);
        }),
        row("Requests: 250m CPU, 256Mi RAM", (stack) => expectResources(stack, tier, "requests"), {
            seed: tierSeed(tier, REQUESTS),
        }),
        row("Limits: 500m CPU, 512Mi RAM", (stack) => expectResources(stack, tier, "limits"), {
            seed: tierSeed(tier, LIMITS),
        }),
        row(
            `Liveness Probe: HTTP GET ${health}, 10s interval, 30s initial delay`,
            (stack) => {
                expect(container(stack, tier).livenessProbe.httpGet).to.include({ path: health });
                expectTiming(stack, tier, "liveness");
            },
            {
                seed: tierSeed(tier, {
                    LivenessPeriodSeconds: "10",
                    LivenessInitialDelaySeconds: "30",
                }),
            },
        ),
        row(
            `Readiness Probe: HTTP GET ${health}, 5s interval, 10s initial delay`,
            (stack) => {
                expect(container(stack, tier).readinessProbe.httpGet).to.include({ path: ready });
                expectTiming(stack, tier, "readiness");
            },
            {
                other: "a pod that drains, or whose database is away, leaves the Service and is not restarted: `?ready=1`",
                seed: tierSeed(tier, {
                    ReadinessPeriodSeconds: "5",
                    ReadinessInitialDelaySeconds: "10",
                }),
            },
        ),
        row(
            tier === "backend"
                ? "Environment: From ConfigMap + Secret"
                : "Environment: From ConfigMap",
            (stack) => {
                expect(container(stack, tier).envFrom).to.deep.equal([
                    { configMapRef: { name: stack.setting("configMapName") } },
                    ...(tier === "backend" ? [{ secretRef: { name: secretNameOf(stack) } }] : []),
                ]);
            },
        ),
        row("Update Strategy: Type: RollingUpdate", (stack) => {
            expect(strategy(stack).type).to.equal("RollingUpdate");
        }),
        row("Update Strategy: Max Surge: 1", (stack) => {
            expect(strategy(stack).rollingUpdate.maxSurge).to.equal(1);
        }),
        row("Update Strategy: Max Unavailable: 0", (stack) => {
            expect(strategy(stack).rollingUpdate.maxUnavailable).to.equal(0);
        }),
    ];
}

/** The port of a tier's Service that clients are told of; the backend's 8000 stays beside another one. */
function mainPort(stack: Stack, tier: TierName) {
    const { ports } = service(stack, tier).spec;
    const stays =
        tier === "backend" && stack.setting("backendServicePort") !== `${TIER.backend.port}`;
    expect(ports).to.have.length(stays ? 2 : 1);
    return ports[0];
}

/** The statements on a tier's Service. */
export function serviceStatements(tier: TierName): Statement[] {
    const { app, port, serviceType } = TIER[tier];
    const row = rowsOf(`Kubernetes Resources › ${tier} Service`);
    const nodePort = { frontendServiceType: "NodePort", frontendNodePort: "30080" };
    const isNodePort = ({ setting }: Stack) => setting("frontendServiceType") === "NodePort";
    return [
        row(`Service: ${app}`, (stack) => {
            expect(namesOf(stack, "Service", tier)).to.deep.equal([app]);
        }),
        row("API Version: v1", (stack) => {
            const versions = natureOf(stack, "apiVersion", app, hasField("ports"));
            expect(versions).to.deep.equal(["v1"]);
        }),
        row("Kind: Service", (stack) => {
            const kinds = natureOf(stack, "kind", app, hasField("ports"));
            expect(kinds).to.deep.equal(["Service"]);
        }),
        row(
            `Type: ${serviceType}`,
            (stack) => {
                expect(service(stack, tier).spec.type).to.equal(
                    stack.setting(`${tier}ServiceType`),
                );
            },
            { seed: tierSeed(tier, { ServiceType: serviceType }) },
        ),
        row(`Selector: app: ${app}`, (stack) => {
            expect(service(stack, tier).spec.selector).to.deep.equal({ app });
        }),
        row(
            `Port: ${port}`,
            (stack) => {
                expect(mainPort(stack, tier)?.port).to.equal(
                    Number(stack.setting(`${tier}ServicePort`)),
                );
            },
            { seed: tierSeed(tier, { ServicePort: `${port}` }) },
        ),
        row(`Target Port: ${port}`, (stack) => {
            expect(mainPort(stack, tier)?.targetPort).to.equal(port);
        }),
        row("Protocol: TCP", (stack) => {
            expect(mainPort(stack, tier)?.protocol).to.equal("TCP");
        }),
        ...(tier === "backend"
            ? [
                  row(`DNS Name: ${app}.default.svc.cluster.local (or custom namespace)`, {
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
                  row(
                      "Node Port: 30080 (configurable)",
                      (stack) => {
                          // a load balancer's Service has one that the cluster chose
                          if (isNodePort(stack)) {
                              expect(mainPort(stack, tier)?.nodePort).to.equal(
                                  Number(stack.setting("frontendNodePort")),
                              );
                          }
                      },
                      { seed: nodePort },
                  ),
                  row(
                      "Access: NodePort: http://<minikube-ip>:30080",
                      {
                          recorded: ({ output, setting, ...stack }) => {
                              const port_ = setting("frontendNodePort");
                              expect(output("nodePortUrl")).to.match(
                                  isNodePort({ setting, output, ...stack })
                                      ? new RegExp(`^http://\\d+\\.\\d+\\.\\d+\\.\\d+:${port_}$`)
                                      : /^$/,
                              );
                          },
                          live: async (stack) => {
                              if (isNodePort(stack)) {
                                  const url = stack.output("nodePortUrl");
                                  expect(new URL(url).port).to.equal(
                                      stack.setting("frontendNodePort"),
                                  );
                                  const get = `curl -s -o /dev/null -w '%{http_code}' ${url}`;
                                  expect(await stack.node(get)).to.equal("200");
                              }
                          },
                      },
                      { seed: nodePort },
                  ),
                  row(
                      "Access: Minikube Tunnel: http://localhost:3000 (requires minikube tunnel)",
                      {
                          recorded: async (stack) => {
                              const { output } = await stack.with({
                                  ingressHost: "",
                                  frontendServiceType: "LoadBalancer",
                              });
                              expect(output("accessCommand")).to.match(/^minikube -p \S+ tunnel$/);
                              expect(new URL(output("url")).port).to.equal(
                                  stack.setting("frontendServicePort"),
                              );
                          },
                      },
                      {
                          other: "a tunnel serves Services of type LoadBalancer (frontendServiceType), on Linux at the Service's own address; tests/e2e/containerd.test.ts opens one",
                          seed: { frontendServicePort: "3000" },
                      },
                  ),
              ]),
    ];
}
