/** Who owns an object's fields, as server-side apply sees it. */
import * as values from "../values.ts";
import { arrayAt, at, isProperties, type Properties, stringAt, type Value } from "../values.ts";

/** Managers whose fields become ours with an update: our own creation, and a user's kubectl. */
const ADOPTED =
    /^(kubectl\S* (Apply|Update)|(before-first-apply|pulumi-(resource-)?kubernetes)\S* Update)$/;

const entriesOf = (live: Properties): Properties[] =>
    arrayAt(live, "metadata", "managedFields").filter(isProperties);

/**
 * The JSON patch that makes `manager` the owner of what we or kubectl wrote before, undefined where nothing changes hands. Without
 * it, a field that was created and then left out of the program would stay for ever, and one that kubectl changed would be a conflict.
 */
export function adoptFieldManagers(live: Properties, manager: string): Value[] | undefined {
    const nameOf = (entry: Properties): string =>
        `${stringAt(entry, "manager")} ${stringAt(entry, "operation")}`;
    const isOurs = (entry: Properties): boolean => nameOf(entry) === `${manager} Apply`;
    const isMine = (entry: Properties): boolean =>
        isOurs(entry) || (!stringAt(entry, "subresource") && ADOPTED.test(nameOf(entry)));
    const mine = entriesOf(live).filter(isMine);
    if (mine.every(isOurs)) {
        return undefined;
    }
    const fieldsV1 = mine.map((entry) => values.propertiesAt(entry, "fieldsV1")).reduce(merge);
    const merged = { ...mine[0], manager, operation: "Apply", fieldsV1 };
    const others = entriesOf(live).filter((entry) => !isMine(entry));
    const version = stringAt(live, "metadata", "resourceVersion") ?? "";
    return [
        { op: "replace", path: "/metadata/managedFields", value: [merged, ...others] },
        { op: "replace", path: "/metadata/resourceVersion", value: version },
    ];
}

/**
 * The inputs as an apply sends them where changes to some fields are ignored: without what is somebody else's alone, such as the
 * number of pods that an autoscaler sets, which would be a conflict; and with the value that is there of what is the manager's,
 * which would go back to its default if it were left out.
 */
export const keepIgnored = (
    live: Properties,
    inputs: Properties,
    manager: string,
    paths: readonly string[],
) =>
    paths.reduce<Properties>((kept, text) => {
        const path = text.split(".");
        const field = ["fieldsV1", ...path.map((name) => `f:${name}`)];
        const isOurs = entriesOf(live).some(
            (entry) => entry["manager"] === manager && at(entry, ...field) !== undefined,
        );
        const present = at(live, ...path);
        return present === undefined || isProperties(present)
            ? kept
            : withField(kept, path, isOurs ? present : undefined);
    }, inputs);

/** The object with another value at a path, or with none. */
function withField(
    object: Properties,
    [name = "", ...rest]: string[],
    value: Value | undefined,
): Properties {
    if (rest.length > 0) {
        return { ...object, [name]: withField(values.propertiesAt(object, name), rest, value) };
    }
    return value === undefined ? values.omit(object, name) : { ...object, [name]: value };
}

/** Sets of fields are trees of empty leaves: their union is the deep merge. */
function merge(a: Properties, b: Properties): Properties {
    const deeper = values.mapValues(b, (value, name) => {
        const present = a[name];
        return isProperties(present) && isProperties(value) ? merge(present, value) : value;
    });
    return { ...a, ...deeper };
}
