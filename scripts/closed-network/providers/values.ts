/**
 * Property values as they travel between the engine and a plugin: JSON in which what a preview does not know yet is a string that
 * nobody else writes, and a secret, which only the plugin writes, an object with a signature. See sdk/proto/provider.proto of Pulumi.
 */
import { isDeepStrictEqual } from "node:util";

/** A property value. */
export type Value = null | boolean | number | string | Value[] | Properties;

/** A bag of named property values. */
export interface Properties {
    [name: string]: Value;
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** What stands for a value that is not known before the real update. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether `value` is a bag of properties. */
export const isProperties = (value: Value | undefined): value is Properties =>
    typeof value === "object" && value !== null && !Array.isArray(value);

/** A value marked as secret, for the engine. */
export const secret = (value: Value): Properties => ({ [SIGNATURE]: SECRET_SIGNATURE, value });

/** Whether a value is, or holds, something that is not known yet. */
export const hasUnknown = (value: Value): boolean => JSON.stringify(value).includes(UNKNOWN);

/** The value at a path of names: unknown below something unknown, undefined where any step is missing. */
export function at(value: Value | undefined, ...path: readonly string[]): Value | undefined {
    return path.reduce<Value | undefined>(
        (current, name) =>
            isProperties(current) ? current[name] : current === UNKNOWN ? UNKNOWN : undefined,
        value,
    );
}

/** The string at a path, or undefined where there is none. */
export function stringAt(value: Value | undefined, ...path: string[]): string | undefined {
    const found = at(value, ...path);
    return typeof found === "string" ? found : undefined;
}

/** The list at a path, empty where there is none. */
export function arrayAt(value: Value | undefined, ...path: string[]): Value[] {
    const found = at(value, ...path);
    return Array.isArray(found) ? found : [];
}

/** The properties at a path, empty where there are none. */
export function propertiesAt(value: Value | undefined, ...path: string[]): Properties {
    const found = at(value, ...path);
    return isProperties(found) ? found : {};
}

/** The properties without some of them. */
export function omit(properties: Properties, ...names: string[]): Properties {
    return Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));
}

/** Whether two values mean the same; what is unknown differs from everything. */
export const equal = (a: Value | undefined, b: Value | undefined): boolean =>
    !hasUnknown(b ?? null) && isDeepStrictEqual(a ?? null, b ?? null);

/** The same names with every value changed by `change`. */
export function mapValues<A, B>(
    object: { [name: string]: A },
    change: (value: A, name: string) => B,
): { [name: string]: B } {
    return Object.fromEntries(
        Object.entries(object).map(([name, value]) => [name, change(value, name)]),
    );
}
