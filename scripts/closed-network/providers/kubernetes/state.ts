/** What Pulumi's state keeps of an object: the object itself as the API server has it, and what was asked for. */
import {
    hasSecret,
    isProperties,
    type Properties,
    propertiesAt,
    reveal,
    secret,
    Secret,
    stringAt,
} from "../values.ts";

/** An object in the state, its parts apart and laid open. */
export interface Checkpoint {
    /** What the program asked for the last time. */
    inputs: Properties;
    /** What the API server had then. */
    live: Properties;
    /** Who owns the fields, for server-side apply. */
    fieldManager: string | undefined;
    initialApiVersion: string | undefined;
}

/** The state of an object. What is secret in `source` is secret in it, as is all data of a Secret. */
export function makeCheckpoint(
    inputs: Properties,
    live: Properties,
    source: Properties,
    { fieldManager, initialApiVersion }: { fieldManager: string; initialApiVersion: string },
): Properties {
    return {
        ...shareSecrets(live, source),
        __inputs: shareSecrets(inputs, source),
        __initialApiVersion: initialApiVersion,
        __fieldManager: fieldManager,
    };
}

/** The parts of a state. */
export function parseCheckpoint(state: Properties): Checkpoint {
    const { __inputs, __fieldManager, __initialApiVersion, ...live } = reveal(state);
    return {
        inputs: propertiesAt({ __inputs: __inputs ?? null }, "__inputs"),
        live,
        fieldManager: stringAt({ value: __fieldManager ?? null }, "value"),
        initialApiVersion: stringAt({ value: __initialApiVersion ?? null }, "value"),
    };
}

/**
 * The object with everything marked secret that is secret in `source`. A list that holds a secret is secret as a whole, since
 * its order may not last.
 */
export function shareSecrets(object: Properties, source: Properties): Properties {
    const marked = { ...object };
    if (object["kind"] === "Secret") {
        for (const field of ["data", "stringData"]) {
            if (marked[field] !== undefined) {
                marked[field] = secret(marked[field]);
            }
        }
    }
    for (const [name, original] of Object.entries(source)) {
        const value = marked[name];
        if (value === undefined || value instanceof Secret) {
            continue;
        }
        if (isProperties(value) && isProperties(original)) {
            marked[name] = shareSecrets(value, original);
        } else if (hasSecret(original)) {
            marked[name] = secret(value);
        }
    }
    return marked;
}

/** The id of an object: `namespace/name`, or `name` where there is no namespace. */
export function idOf(object: Properties): string {
    const name = stringAt(object, "metadata", "name") ?? "";
    const namespace = stringAt(object, "metadata", "namespace");
    return namespace ? `${namespace}/${name}` : name;
}

/** The parts of an id. */
export function parseId(id: string): { namespace: string | undefined; name: string } {
    const [first = "", second] = id.split("/");
    return second === undefined
        ? { namespace: undefined, name: first }
        : { namespace: first, name: second };
}
