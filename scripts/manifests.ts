import { stringify } from "yaml";
import { Failure } from "./failure.ts";

/** A step of `pulumi preview --json`, as far as it matters here. */
export interface Step {
    urn: string;
    newState?: { type: string; external?: boolean; inputs?: Record<string, unknown> };
}

interface Manifest extends Record<string, unknown> {
    kind: string;
    metadata: { name: string };
}

/** Kubernetes reads YAML 1.1, where a bare `on` is no text. */
const YAML = { version: "1.1", aliasDuplicateObjects: false } as const;

/** What Pulumi shows in the place of a secret. */
const SECRET = "[secret]";
/** What Pulumi puts in the place of a value that only an update can tell, such as the ID of an image not yet built. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** What stands there instead: a label's value too, since the stack's ID is one. */
const KNOWN_LATER = "known-after-pulumi-up";
/** Namespaces go before what is in them; the rest is in the order of names, so that two renderings compare. */
const order = ({ kind, metadata }: Manifest) =>
    `${kind === "Namespace" ? 0 : 1} ${kind} ${metadata.name}`;

const HEADER = `# Written by \`npm run render\` from the Pulumi program: a copy to read or to compare, not the source.
`;

/** A paragraph of comments about Secrets; nothing where there are none. */
const about = (secrets: readonly string[], says: string) =>
    secrets.length === 0
        ? ""
        : `#\n${[...says.split("\n"), ...secrets.map((name) => `  ${name}`)].map((line) => `# ${line}\n`).join("")}`;

const LEFT_OUT = `Left out: with its values a Secret must not get into Git, and without them it would overwrite the live one.
\`pulumi up\` makes these from the stack's encrypted settings. In a cluster that only gets this file, make them by
kubectl before it (for the backend's: .env.example, and the setting existingSecret):`;
const NEEDED = "Needed by what is below, and not made by the program:";

const nameOf = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`;

/** The paths in a value of all texts that Pulumi knows to be secret. */
function secretPaths(value: unknown, path: readonly string[] = []): string[] {
    if (value === SECRET) {
        return [path.join(".")];
    }
    return typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([key, inner]) => secretPaths(inner, [...path, key]))
        : [];
}

/** The names of Secrets that an object refers to. */
function references(value: unknown): string[] {
    if (typeof value !== "object" || value === null) {
        return [];
    }
    return Object.entries(value as Record<string, unknown>).flatMap(([key, inner]) => {
        switch (key) {
            case "secretName":
                return [String(inner)];
            case "secretRef":
                return [(inner as { name: string }).name];
            case "imagePullSecrets":
                return (inner as { name: string }[]).map(({ name }) => name);
            default:
                return references(inner);
        }
    });
}

/** A Secret without its entries. */
function withoutEntries(manifest: Manifest): Manifest {
    const entries = Object.entries(manifest).filter(
        ([key]) => !["data", "stringData"].includes(key),
    );
    return Object.fromEntries(entries) as Manifest;
}

/** What {@link manifests} makes of a plan. Objects are `Kind/name`. */
export interface Rendered {
    /** YAML documents. */
    text: string;
    /** What is in them. */
    objects: string[];
    /** Secrets of the plan that are not. */
    leftOut: string[];
    /** Secrets that the objects refer to, and that are in no plan. */
    needed: string[];
}

/**
 * The Kubernetes objects of a plan, without any secret.
 *
 * @param options.secrets whether a Secret is left out, as whoever applies the text needs it, or in it without its entries, for
 *   programs that check objects
 * @throws Failure where another object than a Secret holds something secret: a mask in its place, applied, would overwrite the
 *   live value
 */
export function manifests(
    steps: readonly Step[],
    { secrets = "left out" }: { secrets?: "left out" | "by name" } = {},
): Rendered {
    // by resource: a replacement is several steps
    const planned = new Map(
        steps.flatMap(({ urn, newState }) =>
            newState?.type.startsWith("kubernetes:") && newState.inputs && !newState.external
                ? [[urn, newState.inputs as Manifest]]
                : [],
        ),
    );
    const all = [...planned.values()].sort((a, b) => order(a).localeCompare(order(b)));
    const isSecret = ({ kind }: Manifest) => kind === "Secret";
    for (const manifest of all.filter((object) => !isSecret(object))) {
        const paths = secretPaths(manifest);
        if (paths.length > 0) {
            throw new Failure(
                `${nameOf(manifest)} holds a secret, at ${paths.join(" and ")}`,
                "Whoever may look at it reads the secret. In a file for Git it must not be, and a mask in its place would overwrite the live value.",
                "pulumi config, which says what is encrypted; only the settings that Pulumi.yaml says to set with --secret stay in Secrets",
            );
        }
    }
    const written =
        secrets === "left out"
            ? all.filter((object) => !isSecret(object))
            : all.map((object) => (isSecret(object) ? withoutEntries(object) : object));
    const made = all.filter(isSecret).map(nameOf);
    const leftOut = secrets === "left out" ? made : [];
    const needed = [...new Set(references(all).map((name) => `Secret/${name}`))]
        .filter((name) => !made.includes(name))
        .sort();
    const documents = written.map((object) => stringify(object, YAML));
    return {
        text: `${HEADER}${about(leftOut, LEFT_OUT)}${about(needed, NEEDED)}${documents.join("---\n")}`.replaceAll(
            UNKNOWN,
            KNOWN_LATER,
        ),
        objects: written.map(nameOf),
        leftOut,
        needed,
    };
}
