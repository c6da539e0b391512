import { writeFile } from "node:fs/promises";
import { join } from "node:path";

type Schema = Record<string, unknown>;

interface OpenApi {
    definitions: Record<string, Schema>;
}

interface GroupVersionKind {
    group: string;
    version: string;
    kind: string;
}

/**
 * Writes what the API server says of its kinds as JSON schemas, one file a kind, in which a field that the kind does not
 * have is a mistake.
 *
 * @returns the file names' pattern, as kubeconform wants it.
 */
export async function writeSchemas(openApi: string, folder: string): Promise<string> {
    const { definitions } = JSON.parse(openApi, (_, value: unknown) =>
        isSchema(value) ? strictly(value) : value,
    ) as OpenApi;
    await writeFile(join(folder, "definitions.json"), JSON.stringify({ definitions }));
    for (const [name, schema] of Object.entries(definitions)) {
        const kinds = (schema["x-kubernetes-group-version-kind"] ?? []) as GroupVersionKind[];
        for (const { group, version, kind } of kinds) {
            const file = [kind, group.split(".")[0], version].filter(Boolean).join("-");
            await writeFile(
                join(folder, `${file.toLowerCase()}.json`),
                JSON.stringify({ $ref: `definitions.json#/definitions/${name}` }),
            );
        }
    }
    return join(folder, "{{ .ResourceKind }}{{ .KindSuffix }}.json");
}

const isSchema = (value: unknown): value is Schema =>
    typeof value === "object" && value !== null && "type" in value;

/** The schema, closed against unknown fields. A port may be a number or a name, which is no format of JSON schema's. */
function strictly(schema: Schema): Schema {
    if (schema["format"] === "int-or-string") {
        return { type: ["integer", "string"] };
    }
    return schema["type"] === "object" && schema["properties"] !== undefined
        ? { ...schema, additionalProperties: false }
        : schema;
}
