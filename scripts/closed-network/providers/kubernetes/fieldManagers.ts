/** Who owns an object's fields, as server-side apply sees it. */
import {
    arrayAt,
    at,
    isProperties,
    omit,
    type Properties,
    propertiesAt,
    stringAt,
    type Value,
} from "../values.ts";

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
    const fieldsV1 = [own, ...adopted]
        .map((entry) => propertiesAt(entry, "fieldsV1"))
        .reduce(merge);
    const others = entries.filter((entry) => !isOurs(entry) && !isAdopted(entry));
    return [
        {
            op: "replace",
            path: "/metadata/managedFields",
            value: [{ ...own, manager, operation: "Apply", fieldsV1 }, ...others],
        },
        {
            op: "replace",
            path: "/metadata/resourceVersion",
            value: stringAt(live, "metadata", "resourceVersion") ?? "",
        },
    ];
}

/** Whether an apply has to win over other owners: the program says so, or the object is from before owners were noted. */
export function mustForce(live: Properties, inputs: Properties): boolean {
    return (
        stringAt(inputs, "metadata", "annotations", "pulumi.com/patchForce") === "true" ||
        entriesOf(live).length === 0
    );
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
    return ignoreChanges
        .map((text) => text.split("."))
        .reduce((settled, path) => {
            const owners = entriesOf(live)
                .filter((entry) => at(entry, "fieldsV1", ...path.map((name) => `f:${name}`)))
                .map((entry) => entry["manager"]);
            const isTheirs = owners.length > 0 && !owners.includes(manager);
            const present = at(live, ...path);
            return isTheirs || present !== undefined
                ? withField(settled, path, isTheirs ? undefined : present)
                : settled;
        }, inputs);
}

/** The object with another value at a path, or with none. */
function withField(
    object: Properties,
    [name = "", ...rest]: string[],
    value: Value | undefined,
): Properties {
    if (rest.length > 0) {
        return { ...object, [name]: withField(propertiesAt(object, name), rest, value) };
    }
    return value === undefined ? omit(object, name) : { ...object, [name]: value };
}

/** Sets of fields are trees of empty leaves: their union is the deep merge. */
function merge(a: Properties, b: Properties): Properties {
    const union = { ...a };
    for (const [name, value] of Object.entries(b)) {
        const present = union[name];
        union[name] = isProperties(present) && isProperties(value) ? merge(present, value) : value;
    }
    return union;
}
