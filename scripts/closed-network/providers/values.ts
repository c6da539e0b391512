/**
 * Property values as they travel between the engine and a plugin.
 *
 * On the wire they are JSON (a protobuf `Struct`) in which secrets and values that a preview does not know yet are
 * marked by well-known strings. Inside the plugins a secret is a {@link Secret} and an unknown is {@link UNKNOWN}, so
 * that neither can be mistaken for plain data.
 */

/** What stands for a value that is not known before the real update. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** A property value; `undefined` never occurs inside one. */
export type Value =
    null | boolean | number | string | typeof UNKNOWN | Secret | Value[] | Properties;

/** A bag of named property values. */
export interface Properties {
    [name: string]: Value;
}

/** A value that must never be shown or stored in plain. */
export class Secret {
    readonly value: Value;

    constructor(value: Value) {
        this.value = value;
    }
}

// The strings of Pulumi's wire format, see sdk/proto/provider.proto and sdk/go/common/resource/plugin/rpc.go.
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWN_SENTINELS = new Set([
    UNKNOWN_STRING,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
    "030794c1-ac77-496b-92df-f27374a8bd58", // asset
    "e48ece36-62e2-4504-bad9-02848725956a", // archive
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** JSON as it comes out of a protobuf `Struct`. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Whether `value` is a bag of properties: neither an array nor a secret. */
export function isProperties(value: Value | undefined): value is Properties {
    return (
        typeof value === "object" &&
        value !== null &&
        !Array.isArray(value) &&
        !(value instanceof Secret)
    );
}

/** Reads one value from the wire. */
export function decode(json: Json): Value {
    if (typeof json === "string") {
        return UNKNOWN_SENTINELS.has(json) ? UNKNOWN : json;
    }
    if (Array.isArray(json)) {
        return json.map(decode);
    }
    if (typeof json === "object" && json !== null) {
        switch (json[SIGNATURE]) {
            case SECRET_SIGNATURE:
                return secret(decode(json["value"] ?? null));
            case OUTPUT_SIGNATURE: {
                const value = json["value"] === undefined ? UNKNOWN : decode(json["value"]);
                return json["secret"] === true ? secret(value) : value;
            }
            default:
                return decodeProperties(json);
        }
    }
    return json;
}

/** Reads a bag of properties from the wire. */
export function decodeProperties(json: { [name: string]: Json }): Properties {
    return mapValues(json, decode);
}

/** Writes one value for the wire. */
export function encode(value: Value): Json {
    if (value === UNKNOWN) {
        return UNKNOWN_STRING;
    }
    if (value instanceof Secret) {
        return { [SIGNATURE]: SECRET_SIGNATURE, value: encode(value.value) };
    }
    if (Array.isArray(value)) {
        return value.map(encode);
    }
    return isProperties(value) ? encodeProperties(value) : value;
}

/** Writes a bag of properties for the wire. */
export function encodeProperties(properties: Properties): { [name: string]: Json } {
    return mapValues(properties, encode);
}

/** Marks a value as secret, once. */
export function secret(value: Value): Secret {
    return value instanceof Secret ? value : new Secret(value);
}

/** The same value with every secret inside it laid open. */
export function reveal(value: Properties): Properties;
export function reveal(value: Value): Exclude<Value, Secret>;
export function reveal(value: Value): Value {
    if (value instanceof Secret) {
        return reveal(value.value);
    }
    if (Array.isArray(value)) {
        return value.map((item) => reveal(item));
    }
    return isProperties(value) ? mapValues(value, (item) => reveal(item)) : value;
}

/** Whether a value is, or holds, a secret. */
export function hasSecret(value: Value): boolean {
    return some(value, (item) => item instanceof Secret);
}

/** Whether a value is, or holds, something that is not known yet. */
export function hasUnknown(value: Value): boolean {
    return some(value, (item) => item === UNKNOWN);
}

/** The value at a path of names, or undefined where any step is missing. */
export function at(value: Value | undefined, ...path: string[]): Value | undefined {
    return path.reduce<Value | undefined>(
        (current, name) => (isProperties(current) ? current[name] : undefined),
        value,
    );
}

/** The string at a path, or undefined where there is none. */
export function stringAt(value: Value | undefined, ...path: string[]): string | undefined {
    const found = at(value, ...path);
    return typeof found === "string" ? found : undefined;
}

/** The number at a path, or undefined where there is none. */
export function numberAt(value: Value | undefined, ...path: string[]): number | undefined {
    const found = at(value, ...path);
    return typeof found === "number" ? found : undefined;
}

/** The array at a path, empty where there is none. */
export function arrayAt(value: Value | undefined, ...path: string[]): Value[] {
    const found = at(value, ...path);
    return Array.isArray(found) ? found : [];
}

/** The properties at a path, empty where there are none. */
export function propertiesAt(value: Value | undefined, ...path: string[]): Properties {
    const found = at(value, ...path);
    return isProperties(found) ? found : {};
}

/** The texts in the array at a path; everything else in it is left out. */
export function stringsAt(value: Value | undefined, ...path: string[]): string[] {
    return arrayAt(value, ...path).filter((item) => typeof item === "string");
}

/** The properties without some of them. */
export function omit(properties: Properties, ...names: string[]): Properties {
    return Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));
}

/** Whether two values are the same in every part. */
export function equal(a: Value | undefined, b: Value | undefined): boolean {
    if (a instanceof Secret && b instanceof Secret) {
        return equal(a.value, b.value);
    }
    if (Array.isArray(a) && Array.isArray(b)) {
        return a.length === b.length && a.every((item, index) => equal(item, b[index]));
    }
    if (isProperties(a) && isProperties(b)) {
        const names = Object.keys(a);
        return (
            names.length === Object.keys(b).length &&
            names.every((name) => name in b && equal(a[name], b[name]))
        );
    }
    return a === b;
}

/** The properties without those that are null. */
export function withoutNulls(properties: Properties): Properties {
    const prune = (value: Value): Value => {
        if (value instanceof Secret) {
            return new Secret(prune(value.value));
        }
        return isProperties(value) ? withoutNulls(value) : value;
    };
    return Object.fromEntries(
        Object.entries(properties)
            .filter(([, value]) => value !== null)
            .map(([name, value]) => [name, prune(value)]),
    );
}

/** The same names with every value changed by `change`. */
export function mapValues<A, B>(
    object: { [name: string]: A },
    change: (value: A, name: string) => B,
): { [name: string]: B } {
    return Object.fromEntries(
        Object.entries(object).map(([name, value]) => [name, change(value, name)]),
    );
}

function some(value: Value, test: (value: Value) => boolean): boolean {
    if (test(value)) {
        return true;
    }
    if (value instanceof Secret) {
        return some(value.value, test);
    }
    if (Array.isArray(value)) {
        return value.some((item) => some(item, test));
    }
    return isProperties(value) && Object.values(value).some((item) => some(item, test));
}
