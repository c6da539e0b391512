/** The stand-in for @pulumi/random, which knows RandomPassword and RandomUuid. */
import { randomUUID } from "node:crypto";
import bcrypt from "bcryptjs";
import { compareNames } from "../compare.ts";
import type { Checked, CheckFailure, Difference, Provider } from "../plugin.ts";
import {
    hasUnknown,
    mapValues,
    omit,
    type Properties,
    reveal,
    secret,
    UNKNOWN,
} from "../values.ts";
import { generatePassword, type PasswordRules, validateRules } from "./password.ts";

const RANDOM_PASSWORD = "random:index/randomPassword:RandomPassword";
const RANDOM_UUID = "random:index/randomUuid:RandomUuid";

/** The real provider's cost, Go's bcrypt.DefaultCost. */
const BCRYPT_COST = 10;

const DEFAULTS = {
    lower: true,
    upper: true,
    special: true,
    minLower: 0,
    minUpper: 0,
    minNumeric: 0,
    minSpecial: 0,
};
const SETTINGS = new Set([
    ...Object.keys(DEFAULTS),
    "length",
    "number",
    "numeric",
    "overrideSpecial",
    "keepers",
]);

/** Makes the provider. */
export function randomProvider(version: string): Provider {
    return {
        name: "random",
        version,
        types: [RANDOM_PASSWORD, RANDOM_UUID],
        configure: async () => {},
        check: async ({ type }, { news }) =>
            type === RANDOM_UUID ? { inputs: news, failures: [] } : checkPassword(news),
        diff: async ({ type }, { state, news }) =>
            type === RANDOM_UUID ? diffUuid(state, news) : diffPassword(state, news),
        create: async ({ type }, { inputs, preview }) =>
            type === RANDOM_UUID
                ? createUuid(inputs, preview)
                : {
                      id: "none",
                      properties: preview ? previewPassword(inputs) : await createPassword(inputs),
                  },
        read: async ({ type }, { id, state, inputs }) => {
            if (Object.keys(state).length === 0) {
                throw new Error(
                    `importing a ${type.replace(/^.*:/, "")} is not supported by the closed-network stand-in for the random provider`,
                );
            }
            return { id, properties: state, inputs };
        },
        update: async () => {
            throw new Error("what is random is replaced, never updated");
        },
        delete: async () => {},
    };
}

/** Fills nothing in, and names every rule that cannot be followed. */
export function checkPassword(news: Properties): Checked {
    const failures: CheckFailure[] = hasUnknown(news) ? [] : validateRules(passwordRules(news));
    return { inputs: news, failures };
}

/** Every change makes a new password: there is nothing else to change about one. */
export function diffPassword(state: Properties, news: Properties): Difference {
    const changes: Difference["changes"] = mapValues(
        compareNames(settings(state), settings(news)),
        (change) => `${change}-replace` as const,
    );
    return { changes, replaces: Object.keys(changes) };
}

/** Other keepers make a new UUID. */
export function diffUuid(state: Properties, news: Properties): Difference {
    const keepers = (of: Properties): Properties => ({ keepers: of["keepers"] ?? {} });
    const changes: Difference["changes"] = mapValues(
        compareNames(keepers(state), keepers(news)),
        (change) => `${change}-replace` as const,
    );
    return { changes, replaces: Object.keys(changes) };
}

function createUuid(inputs: Properties, preview: boolean): { id: string; properties: Properties } {
    const id = randomUUID();
    return { id, properties: { ...inputs, result: preview ? UNKNOWN : id } };
}

/** The rules that a program's inputs amount to. */
export function passwordRules(inputs: Properties): PasswordRules {
    const rules = omit(settings(inputs), "keepers", "number");
    return { length: 0, overrideSpecial: "", ...rules } as unknown as PasswordRules;
}

function previewPassword(inputs: Properties): Properties {
    return {
        ...settings(inputs),
        ...inputs,
        result: secret(UNKNOWN),
        bcryptHash: secret(UNKNOWN),
    };
}

async function createPassword(inputs: Properties): Promise<Properties> {
    const result = generatePassword(passwordRules(inputs));
    return {
        ...settings(inputs),
        ...inputs,
        result: secret(result),
        bcryptHash: secret(await bcrypt.hash(result, BCRYPT_COST)),
    };
}

/** The rules as outputs and for comparison, with the defaults that the program need not write. */
function settings(properties: Properties): Properties {
    const plain = reveal(properties);
    const given = Object.fromEntries(
        Object.entries(plain).filter(([name, value]) => SETTINGS.has(name) && value !== null),
    );
    const numeric = given["numeric"] ?? given["number"] ?? true;
    return { ...DEFAULTS, ...given, numeric, number: numeric };
}
