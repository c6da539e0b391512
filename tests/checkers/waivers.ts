import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";

const WaiverList = z.object({
    waivers: z.array(
        z.object({
            checker: z.string(),
            check: z.string(),
            /** `Kind/name`, or a file's path. Only those count that the stack has. */
            objects: z.array(z.string()),
            /** The line of the seed that forces it. */
            seed: z.string(),
            because: z.string(),
            /** Only where the stack is in this namespace. */
            namespace: z.string().optional(),
        }),
    ),
    connections: z.array(
        z.object({
            rule: z.string(),
            /** Only with this setting. */
            when: z.string().optional(),
        }),
    ),
});
type WaiverList = z.infer<typeof WaiverList>;

/** Reads waivers.yaml. */
export async function readWaivers(): Promise<WaiverList> {
    return WaiverList.parse(
        parse(await readFile(new URL("waivers.yaml", import.meta.url), "utf8")),
    );
}

/** The waivers for what is looked at, one for each object: a schedule's, for example, only with a schedule. */
export function applying(
    waivers: WaiverList["waivers"],
    subject: { namespace: string; objects: readonly string[] },
) {
    return waivers
        .filter(({ namespace }) => namespace === undefined || namespace === subject.namespace)
        .flatMap(({ objects, ...waiver }) =>
            objects
                .filter((object) => subject.objects.includes(object))
                .map((object) => ({ ...waiver, object })),
        );
}
