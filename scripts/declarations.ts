import { isMap, isScalar, parseDocument } from "yaml";

/** A setting as Pulumi.yaml declares it. */
export interface Declaration {
    key: string;
    /** What its comment `# --- group ---`, or the one above an earlier setting, calls the settings below it. */
    group: string;
    type: string;
    default: unknown;
    /** Without the words that tell how a secret is set. */
    description: string;
    secret: boolean;
}

const SECRET = " (set with --secret)";

/**
 * The settings of Pulumi.yaml, in its order; Pulumi's own, such as `pulumi:disable-default-providers`, are left out.
 *
 * @param pulumiYaml the file's text
 */
export function declarations(pulumiYaml: string): Declaration[] {
    const config = parseDocument(pulumiYaml).get("config");
    if (!isMap(config)) {
        throw new Error("Pulumi.yaml has no config");
    }
    const found: Declaration[] = [];
    let group = "";
    for (const { key, value } of config.items) {
        if (!isScalar(key) || !isMap(value) || String(key.value).includes(":")) {
            continue;
        }
        group = /--- (.*) ---/.exec(key.commentBefore ?? "")?.[1] ?? group;
        const declared = value.toJSON() as Omit<Declaration, "key" | "group" | "secret">;
        found.push({
            key: String(key.value),
            group,
            type: declared.type,
            default: declared.default,
            description: declared.description.replace(SECRET, ""),
            secret: declared.description.includes(SECRET),
        });
    }
    return found;
}
