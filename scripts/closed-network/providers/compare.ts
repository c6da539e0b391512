/** Comparing two values property by property, and naming where they differ. */
import { equal, isProperties, type Properties, reveal, UNKNOWN, type Value } from "./values.ts";

/** The names and indices that lead to a property. */
export type Path = (string | number)[];

/** One difference. */
export interface Change {
    path: Path;
    change: "add" | "delete" | "update";
    /** The new value, undefined for a deletion. */
    value: Value | undefined;
}

/**
 * The differences between two values, as deep as they go. Something unknown differs from everything: it may turn out to.
 */
export function* compare(
    before: Value | undefined,
    after: Value | undefined,
    path: Path = [],
): Generator<Change> {
    if (before === undefined || after === undefined) {
        if (before !== after) {
            yield { path, change: before === undefined ? "add" : "delete", value: after };
        }
    } else if (isProperties(before) && isProperties(after)) {
        for (const name of new Set([...Object.keys(after), ...Object.keys(before)])) {
            yield* compare(before[name], after[name], [...path, name]);
        }
    } else if (Array.isArray(before) && Array.isArray(after)) {
        for (let index = 0; index < Math.max(before.length, after.length); index++) {
            yield* compare(before[index], after[index], [...path, index]);
        }
    } else if (after === UNKNOWN || !equal(before, after)) {
        yield { path, change: "update", value: after };
    }
}

/** The names whose values differ between two bags of properties; neither secrecy nor depth matters. */
export function compareNames(
    olds: Properties,
    news: Properties,
): { [name: string]: Change["change"] } {
    const [before, after] = [reveal(olds), reveal(news)];
    const changes: { [name: string]: Change["change"] } = {};
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
        if (after[name] === UNKNOWN || !equal(before[name], after[name])) {
            changes[name] = !(name in before) ? "add" : !(name in after) ? "delete" : "update";
        }
    }
    return changes;
}

/** A property path in Pulumi's notation: `spec.ports[0].port`, `metadata.annotations["a.b/c"]`. */
export function formatPath(path: Path): string {
    return path.reduce<string>((text, step) => {
        if (typeof step === "number") {
            return `${text}[${step}]`;
        }
        if (/[."[\]]/.test(step)) {
            return `${text}["${step.replaceAll('"', '\\"')}"]`;
        }
        return text === "" ? step : `${text}.${step}`;
    }, "");
}
