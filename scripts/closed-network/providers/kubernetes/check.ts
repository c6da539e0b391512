/** What the program asked for, completed: names, namespaces, the normal form. */
import { createHash, randomBytes } from "node:crypto";
import type { Autonaming } from "../plugin.ts";
import {
    at,
    isProperties,
    type Properties,
    propertiesAt,
    reveal,
    stringAt,
    UNKNOWN,
} from "../values.ts";
import type { Kind } from "./kinds.ts";
import { normalize } from "./normalize.ts";
import { shareSecrets } from "./state.ts";

/** Marks an object whose name was made up, so that a replacement may get another one and come before the old goes. */
export const AUTONAMED = "pulumi.com/autonamed";

const SUFFIX_LENGTH = 8;

/** The inputs of an object, as they are kept and sent. */
export function checkObject(
    kind: Kind,
    request: {
        name: string;
        olds: Properties;
        news: Properties;
        randomSeed: Uint8Array;
        autonaming: Autonaming | undefined;
        defaultNamespace: string;
    },
): Properties {
    const olds = reveal(request.olds);
    let inputs: Properties = {
        ...reveal(request.news),
        apiVersion: kind.apiVersion,
        kind: kind.kind,
    };
    if (at(inputs, "metadata") !== UNKNOWN) {
        inputs = withName(inputs, olds, request);
        if (kind.namespaced && !isGiven(at(inputs, "metadata", "namespace"))) {
            inputs = withMetadata(inputs, { namespace: request.defaultNamespace });
        }
    }
    return shareSecrets(normalize(inputs), request.news);
}

/** Whether an object's name was made up here. */
export function isAutonamed(object: Properties): boolean {
    return stringAt(object, "metadata", "annotations", AUTONAMED) === "true";
}

/** A name for an object that has none: the resource's, and eight hexadecimal digits that depend on the seed alone. */
export function autoname(name: string, seed: Uint8Array): string {
    const digits =
        seed.length > 0
            ? createHash("sha256").update(seed).digest("hex")
            : randomBytes(SUFFIX_LENGTH).toString("hex");
    return `${name}-${digits.slice(0, SUFFIX_LENGTH)}`;
}

function withName(
    inputs: Properties,
    olds: Properties,
    request: { name: string; randomSeed: Uint8Array; autonaming: Autonaming | undefined },
): Properties {
    if (isGiven(at(inputs, "metadata", "name"))) {
        return inputs;
    }
    if (isGiven(at(inputs, "metadata", "generateName"))) {
        throw new Error(
            "metadata.generateName does not work with server-side apply: leave it out for a generated name",
        );
    }
    const annotate = (name: string): Properties =>
        withMetadata(inputs, {
            name,
            annotations: {
                ...propertiesAt(inputs, "metadata", "annotations"),
                [AUTONAMED]: "true",
            },
        });

    if (Object.keys(olds).length > 0) {
        const old = stringAt(olds, "metadata", "name");
        return old !== undefined && isAutonamed(olds) ? annotate(old) : inputs;
    }
    if (request.autonaming?.mode === "disable") {
        throw new Error("metadata.name is missing, and automatic naming is disabled");
    }
    return annotate(request.autonaming?.name || autoname(request.name, request.randomSeed));
}

function isGiven(value: unknown): boolean {
    return value !== undefined && value !== null && value !== "";
}

function withMetadata(object: Properties, fields: Properties): Properties {
    const metadata = object["metadata"];
    return { ...object, metadata: { ...(isProperties(metadata) ? metadata : {}), ...fields } };
}
