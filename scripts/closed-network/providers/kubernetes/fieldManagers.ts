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
    const isAdopted = (entry: Properties): boolean =>
        !isOurs(entry) && !stringAt(entry, "subresource") && ADOPTED.test(nameOf(entry));

    const entries = entriesOf(live);
    const adopted = entries.filter(isAdopted);
    const own = entries.find(isOurs) ?? adopted[0];
    if (own === undefined || adopted.length === 0) {
        return undefined;
    }
    const fields = [own, ...adopted].map((entry) => values.propertiesAt(entry, "fieldsV1"));
    const merged = { ...own, manager, operation: "Apply", fieldsV1: fields.reduce(merge) };
    const others = entries.filter((entry) => !isOurs(entry) && !isAdopted(entry));
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
 * The inputs as an apply sends them where changes to some fields are ignored, as the provider does it: a field that somebody else
 * owns alone, such as the number of pods that an autoscaler sets, is left out; any other one has the value that is there. A field
 * that an apply leaves out although its manager owns it would go back to its default.
 */
export function settleIgnored(
    live: Properties,
    inputs: Properties,
    { manager, ignoreChanges }: { manager: string; ignoreChanges: readonly string[] },
): Properties {
    const settle = (settled: Properties, path: string[]): Properties => {
        const field = ["fieldsV1", ...path.map((name) => `f:${name}`)];
        const owners = entriesOf(live).filter((entry) => at(entry, ...field) !== undefined);
        const isOwn = owners.some((entry) => entry["manager"] === manager);
        const present = at(live, ...path);
        const isTheirs = owners.length > 0 && !isOwn;
        return isTheirs || present !== undefined
            ? withField(settled, path, isTheirs ? undefined : present)
            : settled;
    };
    return ignoreChanges.map((text) => text.split(".")).reduce(settle, inputs);
}

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
