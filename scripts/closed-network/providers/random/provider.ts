/** The stand-in for @pulumi/random, which knows RandomPassword. */
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
        types: [RANDOM_PASSWORD],
        configure: async () => {},
        check: async (_call, { news }) => checkPassword(news),
        diff: async (_call, { state, news }) => diffPassword(state, news),
        create: async (_call, { inputs, preview }) => ({
            id: "none",
            properties: preview ? previewPassword(inputs) : await createPassword(inputs),
        }),
        read: async (_call, { id, state, inputs }) => {
            if (Object.keys(state).length === 0) {
                throw new Error(
                    "importing a RandomPassword is not supported by the closed-network stand-in for the random provider",
                );
            }
            return { id, properties: state, inputs };
        },
        update: async () => {
            throw new Error("a RandomPassword is replaced, never updated");
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
