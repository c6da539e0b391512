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
const ADOPTED = [
    { prefix: "kubectl", operation: "Apply" },
    { prefix: "kubectl", operation: "Update" },
    { prefix: "before-first-apply", operation: "Update" },
    { prefix: "pulumi-kubernetes", operation: "Update" },
    { prefix: "pulumi-resource-kubernetes", operation: "Update" },
];

/**
 * The JSON patch that makes `manager` the owner of what we or kubectl wrote before, undefined where nothing changes hands. Without
 * it, a field that was created and then left out of the program would stay for ever, and one that kubectl changed would be a conflict.
 */
export function adoptFieldManagers(live: Properties, manager: string): Value[] | undefined {
    const entries = arrayAt(live, "metadata", "managedFields").filter(isProperties);
    const isOurs = (entry: Properties): boolean =>
        entry["manager"] === manager && entry["operation"] === "Apply";
    const isAdopted = (entry: Properties): boolean =>
        !isOurs(entry) &&
        !stringAt(entry, "subresource") &&
        ADOPTED.some(
            ({ prefix, operation }) =>
                stringAt(entry, "manager")?.startsWith(prefix) && entry["operation"] === operation,
        );

    const adopted = entries.filter(isAdopted);
    const [first] = adopted;
    if (!first) {
        return undefined;
    }
    const own = entries.find(isOurs) ?? first;
    const merged: Properties = {
        ...own,
        manager,
        operation: "Apply",
        fieldsV1: adopted.reduce<Properties>(
            (fields, entry) => merge(fields, propertiesAt(entry, "fieldsV1")),
            propertiesAt(own, "fieldsV1"),
        ),
    };
    return [
        {
            op: "replace",
            path: "/metadata/managedFields",
            value: [merged, ...entries.filter((entry) => !isOurs(entry) && !isAdopted(entry))],
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
        arrayAt(live, "metadata", "managedFields").length === 0
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
    const entries = arrayAt(live, "metadata", "managedFields").filter(isProperties);
    return ignoreChanges
        .map((text) => text.split("."))
        .reduce((settled, path) => {
            const owners = entries
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
