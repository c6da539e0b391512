// The seed's section "Helm Chart: habit-tracker".
import { expect } from "chai";
import { parse } from "yaml";
import {
    LIMITS,
    REQUESTS,
    type Statement,
    TIER,
    TIERS,
    container,
    containerOf,
    deployment,
    rowsOf,
    service,
    templateOf,
} from "./statement.ts";
import type { Chart, KubernetesObject, Objects, TierName } from "./stack.ts";

/** A release in a cluster is no check's to make. */
const ON_MINIKUBE = {
    elsewhere: "npm run test:e2e runs the seed's command on a Minikube, with data in the database",
};

const CONFIG_MAP = "habit-tracker-config";

const row = rowsOf("Helm Chart");

const metadataRow = (says: string, key: string, value: string) =>
    row(`${says}: ${value}`, {
        recorded: ({ file }) => {
            const chart = parse(file("helm/habit-tracker/Chart.yaml")) as Record<string, unknown>;
            expect(chart[key]).to.equal(value);
        },
    });

/** A template of the seed's list: it makes one object, of this kind and name, and it is what it is named for. */
const templateRow = (
    name: string,
    purpose: string,
    [kind, object]: readonly [string, string],
    look: (made: KubernetesObject) => void,
) =>
    row(`templates/${name}.yaml: ${purpose}`, {
        chart: async ({ render }) => {
            const [made, ...others] = (
                await render({}, { only: `templates/${name}.yaml` })
            ).objects();
            expect(others).to.deep.equal([]);
            expect([made?.kind, made?.metadata.name]).to.deep.equal([kind, object]);
            look(made as KubernetesObject);
        },
    });

/** A value of the chart: one that is not the default, and where it has to come out. */
type Parameters = Record<string, { value: string | number; at: (chart: Objects) => unknown }>;

/** Renders the chart with all of these: each has to be where it belongs. */
export async function expectParameters(
    { render }: Chart,
    parameters: Readonly<Parameters>,
): Promise<void> {
    const values = Object.entries(parameters).map(([key, { value }]) => [key, value] as const);
    const rendered = await render(Object.fromEntries(values));
    for (const [key, { value, at }] of Object.entries(parameters)) {
        expect(at(rendered), key).to.equal(value);
    }
}

/** Parameters of both tiers. */
const ofTiers = (of: (tier: TierName) => Parameters): Parameters =>
    Object.assign({}, ...TIERS.map(of)) as Parameters;

/** The parts of an image's reference. */
const imageOf = (chart: Objects, tier: TierName) =>
    /^(?<registry>.*)\/(?<name>[^/]+):(?<tag>[^:]+)$/.exec(container(chart, tier).image)?.groups;
const portOf = (chart: Objects, tier: TierName) => service(chart, tier).spec.ports[0]?.port;
const entryOf = (chart: Objects, name: string) =>
    chart.object("ConfigMap", CONFIG_MAP).data?.[name];
/** The Secret that the backend reads, if the chart makes it. */
function secretOf(chart: Objects): string | undefined {
    const [name] = container(chart, "backend").envFrom.flatMap(
        ({ secretRef }) => secretRef?.name ?? [],
    );
    return chart.object("Secret", name ?? "").metadata.name;
}

/** The seed's list of what is parameterized. */
const PARAMETERS: Record<string, Parameters> = {
    "Image repositories and tags": {
        imageRegistry: {
            value: "registry.example/team",
            at: (chart) => imageOf(chart, "backend")?.["registry"],
        },
        ...ofTiers((tier) => ({
            [`${tier}ImageName`]: {
                value: `other-${tier}`,
                at: (chart) => imageOf(chart, tier)?.["name"],
            },
            [`${tier}ImageTag`]: { value: "v2", at: (chart) => imageOf(chart, tier)?.["tag"] },
        })),
    },
    "Replica counts": ofTiers((tier) => ({
        [`${tier}Replicas`]: { value: 3, at: (chart) => deployment(chart, tier).spec.replicas },
    })),
    "Resource limits": ofTiers((tier) => ({
        [`${tier}CpuLimit`]: {
            value: "750m",
            at: (chart) => container(chart, tier).resources.limits["cpu"],
        },
        [`${tier}MemoryLimit`]: {
            value: "1Gi",
            at: (chart) => container(chart, tier).resources.limits["memory"],
        },
    })),
    "Service types and ports": ofTiers((tier) => ({
        [`${tier}ServiceType`]: {
            value: "LoadBalancer",
            at: (chart) => service(chart, tier).spec.type,
        },
        [`${tier}ServicePort`]: { value: 8081, at: (chart) => portOf(chart, tier) },
    })),
    "ConfigMap values": {
        geminiModel: { value: "other-model", at: (chart) => entryOf(chart, "GEMINI_MODEL") },
        apiUrl: {
            value: "http://elsewhere:8000",
            at: (chart) => entryOf(chart, "NEXT_PUBLIC_API_URL"),
        },
    },
    "Secret name reference": { secretName: { value: "other-secrets", at: secretOf } },
};
export const ALL_PARAMETERS = Object.assign({}, ...Object.values(PARAMETERS)) as Parameters;

/** The statements on the chart. */
export const CHART_STATEMENTS: readonly Statement[] = [
    metadataRow("Chart Name", "name", "habit-tracker"),
    metadataRow("Chart Version", "version", "1.0.0"),
    metadataRow("App Version", "appVersion", "1.0.0"),
    metadataRow(
        ...(["Description", "description"] as const),
        "Habit Tracker with AI Chatbot - Local Kubernetes Deployment",
    ),
    row("Chart.yaml: metadata", {
        recorded: ({ file }) => {
            expect(parse(file("helm/habit-tracker/Chart.yaml"))).to.include({
                apiVersion: "v2",
                type: "application",
            });
        },
    }),
    row(
        "values.yaml: Default values (production-ready)",
        {
            chart: async ({ file, render }) => {
                const values = parse(file("values.yaml")) as Record<string, unknown>;
                const rendered = await render();
                for (const tier of TIERS) {
                    expect(values).to.include({
                        [`${tier}CpuRequest`]: REQUESTS.CpuRequest,
                        [`${tier}MemoryLimit`]: LIMITS.MemoryLimit,
                    });
                    const { requests, limits } = container(rendered, tier).resources;
                    expect(requests["cpu"]).to.equal(values[`${tier}CpuRequest`]);
                    expect(limits["memory"]).to.equal(values[`${tier}MemoryLimit`]);
                    expect(service(rendered, tier).spec.type).to.equal(
                        values[`${tier}ServiceType`],
                    );
                }
            },
        },
        {
            other: "production-ready in probes, limits, rights and drained rollouts; the numbers are the seed's, of one small machine, and docs/growing.md has those of a larger one",
        },
    ),
    row(
        "values-local.yaml: Local development overrides",
        {
            chart: async ({ render }) => {
                const other = { frontendServiceType: "ClusterIP", frontendImageTag: "v2" };
                const seen = ({ object }: Objects) => {
                    const chart = { object, objects: () => [] };
                    const { image } = container(chart, "frontend");
                    return [service(chart, "frontend").spec.type, image.replace(/.*:/, "")];
                };
                expect(seen(await render(other))).to.deep.equal(Object.values(other));
                expect(seen(await render(other, { local: true }))).to.deep.equal([
                    ...["NodePort", "v1.0.0"],
                ]);
            },
        },
        {
            other: "it overrides values of somebody's own with a local Minikube's, which are the defaults as well",
        },
    ),
    row("templates/_helpers.tpl: template helpers (labels, selectors)", {
        chart: async ({ file, render }) => {
            const rendered = await render();
            for (const tier of TIERS) {
                const workload = deployment(rendered, tier);
                const labels = { app: TIER[tier].app, component: tier };
                expect(workload.metadata.labels).to.include(labels);
                expect(templateOf(workload).metadata.labels).to.include(labels);
                const selector = { app: TIER[tier].app };
                expect(workload.spec.selector).to.deep.equal({ matchLabels: selector });
                expect(service(rendered, tier).spec.selector).to.deep.equal(selector);
            }
            // nothing else has them
            for (const name of ["habit-tracker.labels", "habit-tracker.selector"]) {
                const path = "templates/_helpers.tpl";
                const files = { [path]: file(path).replace(`define "${name}"`, 'define "other"') };
                const refusal = await render({}, { files }).then(
                    () => "",
                    (error: unknown) => String(error),
                );
                expect(refusal).to.contain(`no template "${name}"`);
            }
        },
    }),
    ...TIERS.flatMap((tier) => [
        templateRow(
            `${tier}-deployment`,
            `${tier} Deployment template`,
            ["Deployment", TIER[tier].app],
            (made) => {
                const { name, ports } = containerOf(made);
                expect(name).to.equal(tier);
                expect(ports[0]?.containerPort).to.equal(TIER[tier].port);
            },
        ),
        templateRow(
            `${tier}-service`,
            `${tier} Service template`,
            ["Service", TIER[tier].app],
            ({ spec }) => {
                expect(spec.selector).to.deep.equal({ app: TIER[tier].app });
                expect(spec.ports[0]?.targetPort).to.equal(TIER[tier].port);
            },
        ),
    ]),
    templateRow("configmap", "ConfigMap template", ["ConfigMap", CONFIG_MAP], ({ data }) => {
        expect(data).to.include.all.keys("NEXT_PUBLIC_API_URL", "GEMINI_MODEL");
    }),
    row(
        "templates/secret.yaml: Secret template (references existing Secret)",
        {
            chart: async ({ render }) => {
                const only = "templates/secret.yaml";
                const [made] = (await render({}, { only })).objects();
                expect(made?.metadata.name).to.equal("habit-tracker-secrets");
                const rendered = await render({ existingSecret: "made-by-hand" });
                expect(container(rendered, "backend").envFrom).to.deep.include({
                    secretRef: { name: "made-by-hand" },
                });
                const names = rendered.objects().map(({ metadata }) => metadata.name);
                expect(names).not.to.include(made?.metadata.name);
            },
        },
        {
            other: "it makes the Secret from values; with `existingSecret` it makes none, and the Deployment references that one",
        },
    ),
    ...Object.entries(PARAMETERS).map(([says, parameters]) =>
        row(`Parameterization: ${says}`, { chart: (chart) => expectParameters(chart, parameters) }),
    ),
    row("Installation: helm install", {}, ON_MINIKUBE),
    row("Upgrade: helm upgrade", {}, ON_MINIKUBE),
    row("Uninstall: helm uninstall", {}, ON_MINIKUBE),
];
