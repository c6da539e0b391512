// Breaks a stack in one place after the other: whatever a check proves, at one of them it has to fail.
import { find } from "./recorded.ts";
import type {
    Chart,
    ImageFacts,
    KubernetesObject,
    LiveStack,
    Objects,
    RecordedStack,
    Stack,
} from "./stack.ts";
import { type Check, TIERS, fails } from "./statement.ts";

/** A stack that is broken in one place. */
export interface Broken<S> {
    /** Which, in words. */
    place: string;
    stack: S;
}

/** The paths to what is inside of a value; to its leaves only, or to all. */
function paths(value: unknown, only: "leaves" | "all", path: readonly string[] = []): string[][] {
    const inner =
        typeof value === "object" && value !== null
            ? Object.entries(value).flatMap(([key, child]) => paths(child, only, [...path, key]))
            : [];
    const isLeaf = typeof value !== "object" || value === null;
    return path.length > 0 && (isLeaf || only === "all") ? [[...path], ...inner] : inner;
}

/** Another value of the same type. */
function otherThan(value: unknown): unknown {
    switch (typeof value) {
        case "number":
            return value + 1e9;
        case "boolean":
            return !value;
        default:
            return `${String(value)}-broken`;
    }
}

/** A copy of a value with the one at a path made another, or taken away. */
function changed<T>(value: T, [key = "", ...rest]: readonly string[], remove: boolean): T {
    const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<
        string,
        unknown
    >;
    if (rest.length > 0) {
        copy[key] = changed(copy[key], rest, remove);
    } else if (remove) {
        Reflect.deleteProperty(copy, key);
    } else {
        copy[key] = otherThan(copy[key]);
    }
    return copy as T;
}

/** Each leaf another one, and each part gone, the smallest first. */
const breaksOf = <T>(name: string, value: T): { place: string; value: T }[] => [
    ...paths(value, "leaves").map((path) => ({
        place: `another ${path.join(".")} of ${name}`,
        value: changed(value, path, false),
    })),
    ...paths(value, "all")
        .sort((a, b) => b.length - a.length)
        .map((path) => ({
            place: `no ${path.join(".")} of ${name}`,
            value: changed(value, path, true),
        })),
];

const withObject = <S extends Objects>(
    stack: S,
    index: number,
    ...object: KubernetesObject[]
): S => {
    const objects = stack.objects().toSpliced(index, 1, ...object);
    return {
        ...stack,
        objects: () => objects,
        object: (kind: string, name: string) => find(objects, kind, name),
    };
};

/** The more a break says of what a check looks at, the earlier: whatever has another name is not even found. */
const RANKS = [/^another (?!(apiVersion|kind|metadata\.name) of)/, /^another/, /^no/];
const rankOf = ({ place }: { place: string }) => RANKS.findIndex((rank) => rank.test(place));

/** The stack with each part broken of each object that a check looks at. */
async function brokenObjects<S extends Objects>(stack: S, check: Check<S>): Promise<Broken<S>[]> {
    const broken: Broken<S>[] = [];
    for (const [index, object] of stack.objects().entries()) {
        const { apiVersion, kind, metadata } = object;
        const empty = { apiVersion, kind, metadata: { name: metadata.name } } as KubernetesObject;
        if (await fails(check, withObject(stack, index, empty))) {
            for (const { place, value } of breaksOf(`${kind} ${metadata.name}`, object)) {
                broken.push({ place, stack: withObject(stack, index, value) });
            }
        }
    }
    return broken.sort((a, b) => rankOf(a) - rankOf(b));
}

/** What a function of the stack answers for a tier, with each part of it broken. */
const brokenTiers = <S extends Stack>(stack: S, what: keyof S & string): Broken<S>[] => {
    const answer = stack[what] as (tier: string) => unknown;
    return TIERS.flatMap((tier) =>
        breaksOf(`the ${tier}'s ${what}`, answer(tier)).map(({ place, value }) => ({
            place,
            stack: {
                ...stack,
                [what]: (asked: string) => (asked === tier ? value : answer(asked)),
            },
        })),
    );
};

/** What only a check that something is not there can miss. */
function* addedTo<S extends Stack>(stack: S): Generator<Broken<S>> {
    yield {
        place: "one more step of both images, RUN apt-get install",
        stack: {
            ...stack,
            image: (tier): ImageFacts => {
                const image = stack.image(tier);
                return { ...image, steps: [...image.steps, "RUN apt-get install"] };
            },
        },
    };
    const { data = {} } = stack.object("Secret", stack.setting("secretName"));
    const configMap = stack.object("ConfigMap", stack.setting("configMapName"));
    const index = stack.objects().indexOf(configMap);
    yield {
        place: "the key of sessions in the ConfigMap",
        stack: withObject(stack, index, {
            ...configMap,
            data: { ...configMap.data, KEY: data["JWT_SECRET"] ?? "" },
        }),
    };
}

/** What the program asks for, broken in one place after the other that a check looks at. */
export async function* brokenRecords(
    stack: RecordedStack,
    check: Check<RecordedStack>,
): AsyncGenerator<Broken<RecordedStack>> {
    const files = new Set<string>();
    const outputs = new Set<string>();
    const settings = new Set<string>();
    await check({
        ...stack,
        file: (path) => (files.add(path), stack.file(path)),
        output: (name) => (outputs.add(name), stack.output(name)),
        with: (own) => (Object.keys(own).forEach((key) => settings.add(key)), stack.with(own)),
    });
    yield* addedTo(stack);
    yield* await brokenObjects(stack, check);
    for (const name of outputs) {
        const output = (asked: string) => (asked === name ? "broken" : stack.output(asked));
        yield { place: `another output ${name}`, stack: { ...stack, output } };
    }
    for (const path of files) {
        const file = (asked: string) => (asked === path ? "config: {}" : stack.file(asked));
        yield { place: `nothing in ${path}`, stack: { ...stack, file } };
    }
    for (const key of settings) {
        yield {
            place: `a setting ${key} that changes nothing`,
            stack: {
                ...stack,
                with: (own) =>
                    stack.with(
                        Object.fromEntries(Object.entries(own).filter(([name]) => name !== key)),
                    ),
            },
        };
    }
    yield* brokenTiers(stack, "image");
    yield* brokenTiers(stack, "build");
}

/** A stack that is there, broken in each answer that a check gets, and in one place after the other that it looks at. */
export async function* brokenStacks(
    stack: LiveStack,
    check: Check<LiveStack>,
): AsyncGenerator<Broken<LiveStack>> {
    const asked: string[] = [];
    // it has what an answer must not have, too
    const { data = {} } = stack.object("Secret", stack.setting("secretName"));
    const wrong = ["broken", ...Object.values(data)].join("\n");
    const answering = (broken: number): LiveStack => {
        let count = 0;
        const answer = <T>(what: string, right: () => Promise<T>, other: T): Promise<T> => {
            asked.push(what);
            return count++ === broken ? Promise.resolve(other) : right();
        };
        return {
            ...stack,
            exec: (tier, ...command) =>
                answer(
                    `in the ${tier}, ${command.join(" ")}`,
                    () => stack.exec(tier, ...command),
                    wrong,
                ),
            node: (command) => answer(`on the node, ${command}`, () => stack.node(command), wrong),
            kubectl: (...args) =>
                answer(`kubectl ${args.join(" ")}`, () => stack.kubectl(...args), wrong),
            pulumi: (...args) =>
                answer(`pulumi ${args.join(" ")}`, () => stack.pulumi(...args), wrong),
            page: (path) =>
                answer(`GET ${path}`, () => stack.page(path), new Response(wrong, { status: 500 })),
        };
    };
    await check(answering(-1));
    for (const [index, what] of [...asked].entries()) {
        yield { place: `another answer to: ${what}`, stack: answering(index) };
    }
    yield* addedTo(stack);
    yield* await brokenObjects(stack, check);
    for (const what of ["image", "contents", "base", "pods"] as const) {
        yield* brokenTiers(stack, what);
    }
}

/** Own values without the one of a key. */
const without = (own: Readonly<Record<string, unknown>>, key: string) =>
    Object.fromEntries(Object.entries(own).filter(([name]) => name !== key));

/** The chart with one value after the other that a check gives it and that changes nothing: at each of them it has to fail. */
export async function ignoredValues(chart: Chart, check: Check<Chart>): Promise<Broken<Chart>[]> {
    const given = new Set<string>();
    await check({
        ...chart,
        render: (own = {}, how) => (
            Object.keys(own).forEach((key) => given.add(key)),
            chart.render(own, how)
        ),
    });
    return [...given].map((key) => ({
        place: `a value ${key} that changes nothing`,
        stack: { ...chart, render: (own = {}, how) => chart.render(without(own, key), how) },
    }));
}

/** The chart, broken in one place after the other that a check looks at: of its files, and of what Helm makes of them. */
export async function* brokenCharts(
    chart: Chart,
    check: Check<Chart>,
): AsyncGenerator<Broken<Chart>> {
    const files = new Set<string>();
    const renderings: Objects[] = [];
    await check({
        file: (path) => (files.add(path), chart.file(path)),
        render: async (...how) => {
            const rendered = await chart.render(...how);
            renderings.push(rendered);
            return rendered;
        },
    });
    for (const [index, rendered] of renderings.entries()) {
        const rendering = (other: Objects): Chart => {
            let count = 0;
            return {
                ...chart,
                render: async (...how) => (count++ === index ? other : chart.render(...how)),
            };
        };
        const broken = await brokenObjects(rendered, (other) => check(rendering(other)));
        for (const { place, stack } of broken) {
            yield { place, stack: rendering(stack) };
        }
    }
    for (const path of files) {
        const file = (asked: string) => (asked === path ? "config: {}" : chart.file(asked));
        yield { place: `nothing in ${path}`, stack: { ...chart, file } };
    }
}
