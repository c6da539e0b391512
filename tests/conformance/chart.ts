// The seed's section "Helm Chart: habit-tracker".
import { expect } from "chai";
import { parse } from "yaml";
import { type Statement, TIERS, rowsOf } from "./statement.ts";
import type { RecordedStack } from "./stack.ts";

const CHART = "helm/habit-tracker";

/** Whoever adds the chart takes this line away, and the one in "Validation Checklist". */
export const NO_CHART = { absent: "there is no chart yet: a Pulumi program does its work" };
const NOT_TRIED = { absent: "there is no chart yet, so nothing that helm could install was tried" };

const row = rowsOf("Helm Chart");

const readChart = ({ file }: RecordedStack) =>
    parse(file(`${CHART}/Chart.yaml`)) as Record<string, unknown>;

/** The leaves of values.yaml, each as its template names it: `.Values.a.b`. */
export function valueNames(values: unknown, name = ".Values"): string[] {
    return typeof values === "object" && values !== null && !Array.isArray(values)
        ? Object.entries(values).flatMap(([key, inner]) => valueNames(inner, `${name}.${key}`))
        : [name];
}

/** Whether a value is a setting's, in whatever way the chart groups them: `.Values.backend.replicas` is backendReplicas. */
const isOf = (setting: string) => (name: string) =>
    name
        .replace(/^\.Values/, "")
        .replaceAll(".", "")
        .toLowerCase() === setting.toLowerCase();

const templates = ({ file }: RecordedStack, ...names: string[]) =>
    names.map((name) => file(`${CHART}/templates/${name}.yaml`)).join("\n");

/** Every template that the seed lists. */
export const TEMPLATES = [
    ...TIERS.flatMap((tier) => [`${tier}-deployment`, `${tier}-service`]),
    ...["configmap", "secret"],
];

const metadataRow = (says: string, key: string, value: string) =>
    row(
        `${says}: ${value}`,
        {
            recorded: (stack) => {
                expect(String(readChart(stack)[key])).to.equal(value);
            },
        },
        NO_CHART,
    );

/** A row of the file list; a template shows that it makes what it is named for. */
const fileRow = (name: string, purpose: string, text: RegExp) =>
    row(
        `${name}: ${purpose}`,
        {
            recorded: ({ file }) => {
                expect(file(`${CHART}/${name}`)).to.match(text);
            },
        },
        NO_CHART,
    );

/** A row of the parameters: values.yaml has these, and a template reads them. */
const parameterRow = (says: string, settings: readonly string[]) =>
    row(
        `Parameterization: ${says}`,
        {
            recorded: (stack) => {
                const names = valueNames(parse(stack.file(`${CHART}/values.yaml`)));
                const text = templates(stack, ...TEMPLATES);
                for (const setting of settings) {
                    const name = names.find(isOf(setting));
                    expect(name, `a value for ${setting}`).not.to.be.undefined;
                    expect(text).to.contain(name);
                }
            },
        },
        NO_CHART,
    );

/** The statements on the chart. */
export const CHART_STATEMENTS: readonly Statement[] = [
    metadataRow("Chart Name", "name", "habit-tracker"),
    metadataRow("Chart Version", "version", "1.0.0"),
    metadataRow("App Version", "appVersion", "1.0.0"),
    metadataRow(
        ...(["Description", "description"] as const),
        "Habit Tracker with AI Chatbot - Local Kubernetes Deployment",
    ),
    fileRow("Chart.yaml", "metadata", /^apiVersion: v2$/m),
    fileRow("values.yaml", "default values", /^\S+:/m),
    fileRow("values-local.yaml", "local overrides", /^\S+:/m),
    fileRow(
        "templates/_helpers.tpl",
        "template helpers (labels, selectors)",
        /define "[^"]*label/i,
    ),
    ...TIERS.flatMap((tier) => [
        fileRow(
            `templates/${tier}-deployment.yaml`,
            `${tier} Deployment template`,
            /^kind: Deployment$/m,
        ),
        fileRow(`templates/${tier}-service.yaml`, `${tier} Service template`, /^kind: Service$/m),
    ]),
    fileRow("templates/configmap.yaml", "ConfigMap template", /^kind: ConfigMap$/m),
    fileRow(
        ...(["templates/secret.yaml", "Secret template (references existing Secret)"] as const),
        /existingSecret/,
    ),
    parameterRow(
        "Image repositories and tags",
        TIERS.flatMap((tier) => [`${tier}ImageName`, `${tier}ImageTag`]),
    ),
    parameterRow(
        "Replica counts",
        TIERS.map((tier) => `${tier}Replicas`),
    ),
    parameterRow(
        "Resource limits",
        TIERS.flatMap((tier) => [`${tier}CpuLimit`, `${tier}MemoryLimit`]),
    ),
    parameterRow(
        "Service types and ports",
        TIERS.flatMap((tier) => [`${tier}ServiceType`, `${tier}ServicePort`]),
    ),
    parameterRow("ConfigMap values", ["geminiModel", "apiUrl"]),
    parameterRow("Secret name reference", ["existingSecret"]),
    row("Installation: helm install", {}, NOT_TRIED),
    row("Upgrade: helm upgrade", {}, NOT_TRIED),
    row("Uninstall: helm uninstall", {}, NOT_TRIED),
];
