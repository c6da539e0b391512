import { stringify } from "yaml";

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

/** What stands in the place of a secret. */
const MASK = "(masked)";
/** What Pulumi puts in the place of a value that only an update can tell, such as the ID of an image not yet built. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** What stands there instead: a label's value too, since the stack's ID is one. */
const KNOWN_LATER = "known-after-pulumi-up";
/** Namespaces go before what is in them; the rest is in the order of names, so that two renderings compare. */
const order = ({ kind, metadata }: Manifest) =>
    `${kind === "Namespace" ? 0 : 1} ${kind} ${metadata.name}`;

const HEADER = `# Written by \`npm run render\` from the Pulumi program: a copy to read or to compare, not the source.
# Secrets are masked: whoever applies this brings the Secrets from elsewhere.
`;

/** A Secret's entries by name, without their values; all others as they are. */
function masked(manifest: Manifest): Manifest {
    if (manifest.kind !== "Secret") {
        return manifest;
    }
    const { data, stringData, ...rest } = manifest;
    const names = Object.keys({
        ...(data as object | undefined),
        ...(stringData as object | undefined),
    });
    return {
        ...rest,
        kind: manifest.kind,
        metadata: manifest.metadata,
        stringData: Object.fromEntries(names.map((name) => [name, MASK])),
    };
}

/**
 * The Kubernetes objects of a plan, secrets masked.
 *
 * @returns YAML documents, and which objects they are, as `Kind/name`
 */
export function manifests(steps: readonly Step[]): { text: string; objects: string[] } {
    // by resource: a replacement is several steps
    const planned = new Map(
        steps.flatMap(({ urn, newState }) =>
            newState?.type.startsWith("kubernetes:") && newState.inputs && !newState.external
                ? [[urn, masked(newState.inputs as Manifest)]]
                : [],
        ),
    );
    const objects = [...planned.values()].sort((a, b) => order(a).localeCompare(order(b)));
    const documents = objects.map((object) => stringify(object, YAML));
    return {
        text: `${HEADER}${documents.join("---\n")}`.replaceAll(UNKNOWN, KNOWN_LATER),
        objects: objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`),
    };
}
