// The seed's section "Helm Chart: habit-tracker".
import { expect } from "chai";
import { parse } from "yaml";
import { type Statement, TIERS, rowsOf } from "./statement.ts";
import type { RecordedStack } from "./stack.ts";

/** The chart's folder. */
export const CHART = "helm/habit-tracker";

/** Whoever adds the chart takes this line away, and the one in "Validation Checklist". */
export const NO_CHART = { absent: "there is no chart yet: a Pulumi program does its work" };
const NOT_TRIED = { absent: "there is no chart yet, so nothing that helm could install was tried" };

const row = rowsOf("Helm Chart");

const readYaml = ({ file }: RecordedStack, name: string) =>
    parse(file(`${CHART}/${name}`)) as Record<string, unknown>;

const metadataRow = (says: string, key: string, value: string) =>
    row(
        `${says}: ${value}`,
        {
            recorded: (stack) => {
                expect(readYaml(stack, "Chart.yaml")[key]).to.equal(value);
            },
        },
        NO_CHART,
    );

/** A row of the file list. What helm makes of a template is for the chart's own tests: here it names what it makes. */
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

/** A row of the parameters: values.yaml has them, by the settings' names and with their defaults. */
const parameterRow = (says: string, settings: readonly string[]) =>
    row(
        `Parameterization: ${says}`,
        {
            recorded: (stack) => {
                const values = readYaml(stack, "values.yaml");
                for (const setting of settings) {
                    expect(values).to.have.property(setting);
                    expect(`${values[setting] as string | number}`).to.equal(
                        stack.setting(setting),
                    );
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
            /kind: Deployment$|include "habit-tracker.deployment"/m,
        ),
        fileRow(
            `templates/${tier}-service.yaml`,
            `${tier} Service template`,
            /kind: Service$|include "habit-tracker.service"/m,
        ),
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
    parameterRow("Secret name reference", ["secretName"]),
    row("Installation: helm install", {}, NOT_TRIED),
    row("Upgrade: helm upgrade", {}, NOT_TRIED),
    row("Uninstall: helm uninstall", {}, NOT_TRIED),
];
