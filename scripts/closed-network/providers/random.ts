/** The stand-in for @pulumi/random, which knows RandomPassword and RandomUuid. */
import { randomInt, randomUUID } from "node:crypto";
import bcrypt from "bcryptjs";
import { changedNames, type Provider, refuseOthers, serve } from "./plugin.ts";
import { type Properties, secret, UNKNOWN } from "./values.ts";

const RANDOM_PASSWORD = "random:index/randomPassword:RandomPassword";
const RANDOM_UUID = "random:index/randomUuid:RandomUuid";

const LETTERS_AND_DIGITS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";
/** What a state says of a password beside its length and value. */
const DEFAULTS = {
    ...{ lower: true, upper: true, numeric: true, number: true, special: true },
    ...{ minLower: 0, minUpper: 0, minNumeric: 0, minSpecial: 0 },
};

/** A new password, from the system's cryptographic generator. */
export function generatePassword({ length, special }: Properties): string {
    const allowed = LETTERS_AND_DIGITS + (special === false ? "" : SPECIAL);
    const pick = (): string => allowed[randomInt(allowed.length)] ?? "";
    return Array.from({ length: Number(length) }, pick).join("");
}

/** Makes the provider. */
export function randomProvider(version: string): Provider {
    return {
        name: "random",
        version,
        types: [RANDOM_PASSWORD, RANDOM_UUID],
        configure: () => undefined,
        check: ({ type }, inputs) => {
            const known = type === RANDOM_PASSWORD ? ["length", "special"] : ["keepers"];
            refuseOthers(inputs, known, "the input", "random");
            return inputs;
        },
        // every change makes a new one: there is nothing else to change about it
        diff: ({ type }, olds, news) => {
            const defaults = type === RANDOM_UUID ? {} : DEFAULTS;
            const changed = changedNames({ ...defaults, ...olds }, { ...defaults, ...news });
            return { changed, replaces: changed };
        },
        create: async ({ type, preview }, inputs) => {
            if (type === RANDOM_UUID) {
                const id = randomUUID();
                return { id, properties: { ...inputs, result: preview ? UNKNOWN : id } };
            }
            const result = preview ? UNKNOWN : generatePassword(inputs);
            // the real provider's cost, Go's bcrypt.DefaultCost, is 10
            const hash = preview ? UNKNOWN : await bcrypt.hash(result, 10);
            const secrets = { result: secret(result), bcryptHash: secret(hash) };
            return { id: "none", properties: { ...DEFAULTS, ...inputs, ...secrets } };
        },
        // what is known of it is in the state alone, so that there is nothing to import
        read: async (_call, found) =>
            Object.keys(found.properties).length === 0 ? undefined : found,
        update: async () => {
            throw new Error("what is random is replaced, never updated");
        },
        delete: async () => undefined,
    };
}

serve(randomProvider);
