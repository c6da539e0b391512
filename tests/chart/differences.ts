// Where the chart's objects are not the program's, and why. Anything else that differs fails a test.
import type { KubernetesObject } from "./helm.ts";

/** One intended difference: what is taken away, or made the same, on both sides before they are compared. */
interface Difference {
    what: string;
    why: string;
    /** Changes the copy of an object that it is given. */
    apply: (object: KubernetesObject) => void;
}

/** The pod templates of a workload. */
function podTemplates({ kind, spec }: KubernetesObject): KubernetesObject[] {
    const { template, jobTemplate } = (spec ?? {}) as {
        template?: KubernetesObject;
        jobTemplate?: KubernetesObject & { spec: { template: KubernetesObject } };
    };
    return kind === "CronJob" && jobTemplate !== undefined
        ? [jobTemplate, jobTemplate.spec.template]
        : [template ?? []].flat();
}

/** The metadata of an object and of its pod templates. */
const metadataOf = (object: KubernetesObject) =>
    [object, ...podTemplates(object)].map(({ metadata }) => metadata);

/** Takes annotations away; an object without any has none. */
function dropAnnotations(object: KubernetesObject, names: RegExp): void {
    for (const metadata of metadataOf(object)) {
        const kept = Object.entries(metadata.annotations ?? {}).filter(
            ([name]) => !names.test(name),
        );
        delete metadata.annotations;
        if (kept.length > 0) {
            metadata.annotations = Object.fromEntries(kept);
        }
    }
}

export const DIFFERENCES: readonly Difference[] = [
    {
        what: "the label app.kubernetes.io/managed-by",
        why: "it says who manages the object: pulumi or Helm",
        apply: (object) => {
            for (const { labels } of metadataOf(object)) {
                delete labels["app.kubernetes.io/managed-by"];
            }
        },
    },
    {
        what: "the label habit-tracker/stack",
        why: "the stack's ID is in Pulumi's state; Helm tells its releases apart by annotations of its own",
        apply: ({ metadata }) => {
            delete metadata.labels["habit-tracker/stack"];
        },
    },
    {
        what: "annotations of pulumi.com and helm.sh",
        why: "each tells its own tool what to wait for and what to keep",
        apply: (object) => dropAnnotations(object, /^(pulumi\.com|helm\.sh)\//),
    },
    {
        what: "the annotation habit-tracker/image-id",
        why: "the program knows the ID of the image that it built; the chart knows the reference alone, and a rebuilt image under the same tag takes kubectl rollout restart",
        apply: (object) => dropAnnotations(object, /^habit-tracker\/image-id$/),
    },
    {
        what: "the value of the annotation habit-tracker/configuration-digest",
        why: "the program's is keyed by a value in its state; the chart's is a sha256sum, over the JWT secret too, an existing Secret's by lookup. That both change with the same settings has a test of its own",
        apply: (object) => {
            for (const { annotations } of podTemplates(object).map(({ metadata }) => metadata)) {
                if (annotations?.["habit-tracker/configuration-digest"]) {
                    annotations["habit-tracker/configuration-digest"] = "(digest)";
                }
            }
        },
    },
    {
        what: "an image in a registry: by digest, or by tag",
        why: "the program has pushed it and knows its digest; the chart names what somebody pushed",
        apply: (object) => {
            for (const { spec } of podTemplates(object)) {
                const { containers = [] } = spec as { containers?: { image: string }[] };
                for (const container of containers) {
                    container.image = container.image.replace(
                        /^(sha256:\w+-image-build|registry\.example\/.*\/habit-tracker-\w+:v1\.0\.0)$/,
                        "(in the registry)",
                    );
                }
            }
        },
    },
    {
        what: "a Secret's stringData and data",
        why: "two spellings of the same; what Helm took out of stringData would stay in the Secret",
        apply: (object) => {
            if (object.kind === "Secret") {
                const { data, stringData } = object as {
                    data?: Record<string, string>;
                    stringData?: Record<string, string>;
                };
                const decoded = Object.entries(data ?? {}).map(([name, value]) => [
                    name,
                    Buffer.from(value, "base64").toString(),
                ]);
                object["stringData"] = { ...stringData, ...Object.fromEntries(decoded) };
                delete object["data"];
            }
        },
    },
    {
        what: "generated passwords",
        why: "each is random",
        apply: (object) => {
            const entries = Object.entries((object["stringData"] ?? {}) as Record<string, string>);
            if (object.kind === "Secret") {
                object["stringData"] = Object.fromEntries(
                    entries.map(([name, value]) => [
                        name,
                        value.replace(
                            /\b([A-Za-z0-9]{64}|generated-configuration-[a-z-]+)(?=@|$)/,
                            "(generated)",
                        ),
                    ]),
                );
            }
        },
    },
    {
        what: "the database's empty nodeSelector",
        why: "the program looks for the node of a Minikube with several that has its volumes; the chart leaves that to the scheduler",
        apply: (object) => {
            for (const { spec } of podTemplates(object)) {
                const { nodeSelector } = spec as { nodeSelector?: object };
                if (nodeSelector !== undefined && Object.keys(nodeSelector).length === 0) {
                    delete (spec as { nodeSelector?: object }).nodeSelector;
                }
            }
        },
    },
];

/** The objects of one side by `Kind/name`, without what may differ. */
export function comparable(objects: readonly KubernetesObject[]): Record<string, unknown> {
    return Object.fromEntries(
        objects
            // Helm's is there before the chart is installed (helm install --create-namespace)
            .filter(({ kind }) => kind !== "Namespace")
            .map((object) => {
                // also takes away what is undefined, as Pulumi does
                const copy = JSON.parse(JSON.stringify(object)) as KubernetesObject;
                for (const { apply } of DIFFERENCES) {
                    apply(copy);
                }
                return [`${copy.kind}/${copy.metadata.name}`, copy];
            }),
    );
}
