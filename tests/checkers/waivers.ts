import { readFile } from "node:fs/promises";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";

/** How an image is named: built on the nodes and pushed nowhere, or pulled by a tag or by a digest. */
export type ImageKind = "built" | "tagged" | "pinned";

const Decision = z.strictObject({
    checker: z.string(),
    check: z.string(),
    /** `Kind/name`, or a file's path. Only those count that the stack has. */
    objects: z.array(z.string()),
    because: z.string(),
    /** Only for objects all of whose images are of this kind. */
    images: z.enum(["built", "tagged"]).optional(),
    /** Only where the stack is in this namespace. */
    namespace: z.string().optional(),
});

const WaiverList = z.strictObject({
    waivers: z.array(
        Decision.extend({
            /** The line of the seed that forces it. */
            seed: z.string(),
        }),
    ),
    /** What the seed does not force. */
    decisions: z.array(Decision),
    connections: z.array(
        z.object({
            rule: z.string(),
            /** Only with this setting. */
            when: z.string().optional(),
        }),
    ),
});
type WaiverList = z.infer<typeof WaiverList>;

/** What is looked at. */
export interface Looked {
    namespace: string;
    /** `Kind/name`, or a file's path. */
    objects: readonly string[];
    /** The images of those that have pods. */
    images: Readonly<Record<string, readonly ImageKind[]>>;
}

/** Reads waivers.yaml. */
export async function readWaivers(): Promise<WaiverList> {
    return WaiverList.parse(
        parse(await readFile(new URL("waivers.yaml", import.meta.url), "utf8")),
    );
}

/** The waivers for what is looked at, one for each object: a schedule's, for example, only with a schedule. */
export function applying<W extends z.infer<typeof Decision>>(
    waivers: readonly W[],
    { namespace, objects: there, images: kinds }: Looked,
): (Omit<W, "objects"> & { object: string })[] {
    return waivers
        .filter((waiver) => waiver.namespace === undefined || waiver.namespace === namespace)
        .flatMap(({ objects, ...waiver }) =>
            objects
                .filter((object) => there.includes(object))
                .filter(
                    (object) =>
                        waiver.images === undefined ||
                        (kinds[object] ?? []).every((kind) => kind === waiver.images),
                )
                .map((object) => ({ ...waiver, object })),
        );
}

interface Rendered {
    kind: string;
    metadata: { name: string };
    spec?: PodOwner & { jobTemplate?: { spec: PodOwner } };
}
interface PodOwner {
    template?: {
        spec?: { containers: { image: string }[]; initContainers?: { image: string }[] };
    };
}

/** The objects of YAML documents; Helm leaves some empty. */
const rendered = (manifests: string) =>
    parseAllDocuments(manifests)
        .map((document) => document.toJS() as Rendered | null)
        .filter((object) => object !== null);

/**
 * How the images of rendered objects are named, by `Kind/name`.
 *
 * @param built the references of the images that are built on the nodes
 */
export function imageKinds(
    manifests: string,
    built: readonly string[],
): Record<string, ImageKind[]> {
    const kindOf = (image: string): ImageKind =>
        built.includes(image) ? "built" : image.includes("@sha256:") ? "pinned" : "tagged";
    return Object.fromEntries(
        rendered(manifests).map(({ kind, metadata, spec }): [string, ImageKind[]] => {
            const pods = (spec?.jobTemplate?.spec ?? spec)?.template?.spec;
            const containers = [...(pods?.initContainers ?? []), ...(pods?.containers ?? [])];
            return [`${kind}/${metadata.name}`, containers.map(({ image }) => kindOf(image))];
        }),
    );
}
