import { Document, YAMLMap, stringify } from "yaml";
import { z } from "zod";
import { DUMP_SCRIPT } from "../components/backups.ts";
import { SYNC_PASSWORD } from "../components/database.ts";
import { RULES, SECRET_ENTRIES, SECRET_KEYS, allowedRange } from "../components/settings.ts";
import { type Declaration, declarations } from "./declarations.ts";

/** Where the chart is, in the project. */
export const CHART_FOLDER = "helm/habit-tracker";

const BUILT_ELSEWHERE = "the chart builds no image: its images are built or pushed before";
const OWNERSHIP = "Helm tells a release from another one by its name and namespace";

/** Settings that mean nothing without Pulumi, each with the reason; all others are values of the chart. */
export const PULUMI_ONLY: Readonly<Record<string, string>> = {
    minikubeProfile: "helm's --kube-context says which cluster",
    kubeContext: "helm's --kube-context says which cluster",
    moveToCluster: OWNERSHIP,
    adoptStack: OWNERSHIP,
    namespace: "helm's --namespace says where",
    imageDelivery: BUILT_ELSEWHERE,
    backendContext: BUILT_ELSEWHERE,
    backendBaseImage: BUILT_ELSEWHERE,
    frontendContext: BUILT_ELSEWHERE,
    frontendBaseImage: BUILT_ELSEWHERE,
    databaseRetain: "`helm uninstall` leaves the volumes, always",
};

/** Values that the program needs no setting for. */
const CHART_ONLY = {
    ownNamespace: {
        default: false,
        description:
            "Whether the namespace is the release's alone: everything in it is closed by default, and it has a quota. The program takes any but `default` for its own",
    },
} as const;

/** Where Pulumi.yaml says of a setting what is otherwise in the chart. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
    imageRegistry: "Registry and path that images are pulled from, such as ghcr.io/someone",
    imageRegistryUser: "Who pulls, by a Secret; empty means nodes that may pull without",
    backendImage:
        "Reference of the backend image, best with its digest; empty means backendImageName and backendImageTag, in imageRegistry where it is set",
    frontendImage:
        "Reference of the frontend image, best with its digest; empty means frontendImageName and frontendImageTag, in imageRegistry where it is set",
    rolloutTimeoutSeconds: "Seconds after which a rollout that does not get ready has failed",
    secretName: "Name of the Secret that the release makes",
    existingSecret:
        "Name of a Secret in the release's namespace that is there already, made by kubectl or from a `.env` file (.env.example); the release then makes none of its own and leaves this one alone. Empty means its own",
    databaseUrl: "DATABASE_URL of your own PostgreSQL; empty brings one in the cluster",
    jwtSecret:
        "JWT_SECRET that signs the sessions; empty means the one that the release has, at first a generated one",
    databaseAbandon:
        "The volume that the release may stop using, as NAMESPACE/CLAIM; it stays where it is",
    databaseExistingClaim:
        "A PersistentVolumeClaim to use instead of a new one, such as the one that `helm uninstall` left",
};

/** What a setting of Pulumi.yaml is in the chart. */
type Value = Omit<Declaration, "secret">;

/** The settings of Pulumi.yaml that are values of the chart, and those that only the chart has. */
function chartValues(pulumiYaml: string): Value[] {
    const values = declarations(pulumiYaml)
        .filter(({ key }) => !(key in PULUMI_ONLY))
        .map((declared) => ({
            ...declared,
            description: DESCRIPTIONS[declared.key] ?? declared.description,
        }));
    const own = Object.entries(CHART_ONLY).map(([key, { default: value, description }]) => ({
        ...{ key, type: "boolean", default: value, description },
        group: "the namespace",
    }));
    return [...own, ...values];
}

const WRITTEN = "Written by `npm run chart` from Pulumi.yaml and components/: change those.";

/** values.yaml: the defaults of Pulumi.yaml, its descriptions as comments. */
function valuesYaml(values: readonly Value[]): string {
    const document = new Document(new YAMLMap());
    document.commentBefore = ` ${WRITTEN}`;
    let last: string | undefined;
    for (const { key, group, description, default: value } of values) {
        const pair = document.createPair(key, value);
        const heading = group === last ? [] : [` --- ${group} ---`];
        pair.key.commentBefore = [...heading, ` ${description}`].join("\n");
        pair.key.spaceBefore = group !== last;
        document.add(pair);
        last = group;
    }
    return document.toString({ lineWidth: 0 });
}

type Schema = z.core.JSONSchema.BaseSchema;

/** What JSON Schema can say of a setting's rule. A list is text in Pulumi's configuration, and a list in values. */
function ruleSchema(key: string): Schema {
    const rule = RULES[key as keyof typeof RULES];
    const list = rule instanceof z.ZodPipe && rule.def.out instanceof z.ZodTransform;
    const schema = z.toJSONSchema(list ? (rule.def.in as z.ZodType) : rule, {
        target: "draft-7",
        override: ({ jsonSchema }) => {
            if (jsonSchema.pattern !== undefined) {
                Object.assign(jsonSchema, withoutLookahead(jsonSchema.pattern));
            }
        },
    });
    return { ...schema, description: allowedRange(key) };
}

/** The same without a lookahead at the beginning, which Helm's regular expressions do not have. */
function withoutLookahead(pattern: string): { pattern: string; not?: { pattern: string } } {
    const [, refused, rest] = /^\^\(\?!((?:[^()]|\([^()]*\))*)\)(.*)$/.exec(pattern) ?? [];
    return refused === undefined
        ? { pattern }
        : { pattern: `^${rest}`, not: { pattern: `^(?:${refused})` } };
}

/**
 * A value's schema. What Helm says of a value that breaks it has the value in it: of a secret, the templates check what the
 * schema could.
 */
function valueSchema({ key, type, description }: Value): object {
    if (key in CHART_ONLY) {
        return { type, description };
    }
    if (type === "boolean") {
        return { type, description: allowedRange(key) };
    }
    if (SECRET_KEYS.includes(key)) {
        return { type, description: allowedRange(key) };
    }
    const schema = Object.entries(ruleSchema(key)).filter(
        // the file has one of its own, and JSON Schema no bounds of a text
        ([name]) => !["$schema", "least", "most", "distinct"].includes(name),
    );
    return { ...Object.fromEntries(schema), ...(type === "integer" ? { type } : {}) };
}

/** values.schema.json: zod's rules, as far as JSON Schema can say them. */
function valuesSchema(values: readonly Value[]): string {
    const properties = values.map((value) => [value.key, valueSchema(value)]);
    const schema = {
        $schema: "http://json-schema.org/draft-07/schema#",
        description: WRITTEN,
        type: "object",
        properties: {
            ...(Object.fromEntries(properties) as object),
            // what Helm hands to a chart that another one depends on
            global: { type: "object" },
        },
        required: values.map(({ key }) => key),
        additionalProperties: false,
    };
    return `${JSON.stringify(schema, null, 2)}\n`;
}

/** The rules that the templates check: the bounds of quantities, and all of a secret's and of an existing Secret's entries. */
function rulesYaml(values: readonly Value[]): string {
    const rules = values
        .filter(({ key }) => !(key in CHART_ONLY))
        .map(({ key }) => {
            const { least, most, anyOf, enum: oneOf } = ruleSchema(key);
            const entry = Object.keys(SECRET_ENTRIES).find((name) => SECRET_ENTRIES[name] === key);
            // of a secret: nothing, or this
            const { pattern, minLength, distinct } = anyOf?.find((part) => part.const !== "") ?? {};
            return [
                key,
                {
                    allowed: allowedRange(key),
                    ...(least === undefined ? {} : { least, most }),
                    ...(SECRET_KEYS.includes(key)
                        ? { secret: true, pattern, minLength, distinct }
                        : {}),
                    // of an existing Secret
                    ...(entry === undefined ? {} : { entry, oneOf }),
                },
            ];
        });
    return `# ${WRITTEN}\n${stringify(Object.fromEntries(rules), { lineWidth: 0 })}`;
}

/** The chart's generated files by their path in it: what would drift from the program if it were written by hand. */
export function chartFiles(pulumiYaml: string): Record<string, string> {
    const values = chartValues(pulumiYaml);
    return {
        "values.yaml": valuesYaml(values),
        "values.schema.json": valuesSchema(values),
        "files/rules.yaml": rulesYaml(values),
        "files/set-password.sh": SYNC_PASSWORD,
        "files/dump.sh": DUMP_SCRIPT,
    };
}
