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

/** Whether an apply has to win over other owners: the program says so, or the object is from before owners were noted. */
export function mustForce(live: Properties, inputs: Properties): boolean {
    const forced = stringAt(inputs, "metadata", "annotations", "pulumi.com/patchForce");
    return forced === "true" || entriesOf(live).length === 0;
}

/**
 * The inputs as an apply sends them where changes to some fields are ignored: with the values that are there, such as the number of
 * pods that an autoscaler set. An apply that leaves out a field that its manager owns would put it back to its default.
 */
export const keepIgnored = (live: Properties, inputs: Properties, paths: readonly string[]) =>
    paths.reduce<Properties>((kept, path) => {
        const present = at(live, ...path.split("."));
        return present === undefined || isProperties(present)
            ? kept
            : withField(kept, path.split("."), present);
    }, inputs);

/** The object with another value at a path. */
function withField(object: Properties, [name = "", ...rest]: string[], value: Value): Properties {
    const inner = values.propertiesAt(object, name);
    return { ...object, [name]: rest.length > 0 ? withField(inner, rest, value) : value };
}

/** Sets of fields are trees of empty leaves: their union is the deep merge. */
function merge(a: Properties, b: Properties): Properties {
    const deeper = values.mapValues(b, (value, name) => {
        const present = a[name];
        return isProperties(present) && isProperties(value) ? merge(present, value) : value;
    });
    return { ...a, ...deeper };
}
