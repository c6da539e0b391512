/** What differs between what the program wants and what the cluster has, as far as the program ever spoke about it. */
import { compare, formatPath, type Path } from "../compare.ts";
import type { Difference, PropertyChange } from "../plugin.ts";
import { isProperties, type Properties, reveal, stringAt, UNKNOWN, type Value } from "../values.ts";
import { isAutonamed } from "./check.ts";
import { immutableFields, type Kind } from "./kinds.ts";
import { normalize } from "./normalize.ts";
import { parseCheckpoint } from "./state.ts";

/** Compares new inputs with the last state, and says what can only be had by replacing the object. */
export function diffObject(
    kind: Kind,
    state: Properties,
    news: Properties,
    options: { configMapsMutable: boolean; secretsMutable: boolean; ignoreChanges?: string[] },
): Difference {
    const { inputs: oldInputs, live } = parseCheckpoint(state);
    const wanted = withNamespace(kind, normalize(reveal(news)));
    const present = withNamespace(kind, {
        apiVersion: kind.apiVersion,
        kind: kind.kind,
        ...(prune(live, normalize(oldInputs)) as Properties),
    });
    const immutable = immutableFields(kind, wanted, options).map((path) => path.split("."));

    const changes: { [path: string]: PropertyChange } = {};
    for (const { path, change, value } of compare(present, wanted)) {
        const text = formatPath(path);
        if (options.ignoreChanges?.some((ignored) => covers(ignored, text))) {
            continue;
        }
        const forced = immutable.some((field) => touches(field, path, value));
        changes[text] = forced ? (`${change}-replace` as PropertyChange) : change;
    }

    const replaces = Object.keys(changes).filter((path) => changes[path]?.endsWith("-replace"));
    const name = stringAt(wanted, "metadata", "name");
    return {
        changes,
        replaces,
        // Two objects of one name cannot be side by side; a made-up name can be made up again.
        deleteBeforeReplace:
            replaces.length > 0 &&
            name !== undefined &&
            !isAutonamed(wanted) &&
            name === stringAt(live, "metadata", "name") &&
            stringAt(wanted, "metadata", "namespace") === stringAt(live, "metadata", "namespace"),
    };
}

/** The live object cut down to the fields that the inputs name: the rest belongs to the cluster. */
export function prune(live: Value, inputs: Value): Value {
    if (isProperties(live) && isProperties(inputs)) {
        return Object.fromEntries(
            Object.entries(live)
                .filter(([name]) => name in inputs)
                .map(([name, value]) => [name, prune(value, inputs[name] as Value)]),
        );
    }
    if (Array.isArray(live) && Array.isArray(inputs)) {
        // Lists are told apart by position alone; what the cluster adds at the end (a sidecar, a toleration) is not ours.
        return live
            .slice(0, inputs.length)
            .map((item, index) => prune(item, inputs[index] as Value));
    }
    return live;
}

/** Whether a change at `path` to `value` reaches `field`: at it, inside it, or around it. */
function touches(field: string[], path: Path, value: Value | undefined): boolean {
    const names = path.filter((step) => typeof step === "string");
    const common = Math.min(field.length, names.length);
    if (!field.slice(0, common).every((name, index) => name === names[index])) {
        return false;
    }
    // it may turn out to be anything, and the real provider takes it for a change of all that is in it
    if (value === UNKNOWN) {
        return true;
    }
    let inside: Value | undefined = value;
    for (const name of field.slice(common)) {
        inside = isProperties(inside) ? inside[name] : undefined;
    }
    return field.length <= names.length || inside !== undefined;
}

function withNamespace(kind: Kind, object: Properties): Properties {
    const metadata = object["metadata"];
    if (!isProperties(metadata)) {
        return object;
    }
    const { namespace, ...rest } = metadata;
    return {
        ...object,
        metadata: kind.namespaced ? { namespace: namespace || "default", ...rest } : rest,
    };
}

function covers(ignored: string, path: string): boolean {
    return path === ignored || path.startsWith(`${ignored}.`) || path.startsWith(`${ignored}[`);
}
