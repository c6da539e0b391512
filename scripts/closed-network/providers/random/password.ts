/** How random:index/randomPassword:RandomPassword makes a password: no Pulumi in here. */
import { randomInt } from "node:crypto";

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = LOWER.toUpperCase();
const NUMERIC = "0123456789";
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

/** What a password has to be like, every default filled in. */
export interface PasswordRules {
    length: number;
    lower: boolean;
    upper: boolean;
    numeric: boolean;
    special: boolean;
    /** Used instead of the default special characters, unless empty. */
    overrideSpecial: string;
    minLower: number;
    minUpper: number;
    minNumeric: number;
    minSpecial: number;
}

/** What is wrong with the rules, by property; empty when a password can be made. */
export function validateRules(rules: PasswordRules): { property: string; reason: string }[] {
    const failures: { property: string; reason: string }[] = [];
    const minimums = { minLower: 0, minUpper: 0, minNumeric: 0, minSpecial: 0 };
    for (const property of Object.keys(minimums) as (keyof typeof minimums)[]) {
        if (!isCount(rules[property])) {
            failures.push({
                property,
                reason: `must be a whole number from 0, not ${rules[property]}`,
            });
        }
    }
    const least = rules.minLower + rules.minUpper + rules.minNumeric + rules.minSpecial;
    if (!isCount(rules.length) || rules.length < 1) {
        failures.push({
            property: "length",
            reason: `must be a whole number from 1, not ${rules.length}`,
        });
    } else if (rules.length < least) {
        failures.push({
            property: "length",
            reason: `must be at least ${least}, the sum of the minimums, not ${rules.length}`,
        });
    }
    if (alphabet(rules) === "") {
        failures.push({
            property: "lower",
            reason: "at least one kind of character must be allowed",
        });
    }
    return failures;
}

/** A new password that follows the rules, from the system's cryptographic generator. */
export function generatePassword(
    rules: PasswordRules,
    random: (below: number) => number = randomInt,
): string {
    const pick = (characters: string, count: number): string[] =>
        Array.from({ length: count }, () => characters[random(characters.length)] as string);

    const characters = [
        ...pick(LOWER, rules.minLower),
        ...pick(UPPER, rules.minUpper),
        ...pick(NUMERIC, rules.minNumeric),
        ...pick(specials(rules), rules.minSpecial),
    ];
    characters.push(...pick(alphabet(rules), rules.length - characters.length));
    return shuffle(characters, random).join("");
}

function isCount(value: number): boolean {
    return Number.isSafeInteger(value) && value >= 0;
}

function specials(rules: PasswordRules): string {
    return rules.overrideSpecial || SPECIAL;
}

function alphabet(rules: PasswordRules): string {
    return (
        (rules.lower ? LOWER : "") +
        (rules.upper ? UPPER : "") +
        (rules.numeric ? NUMERIC : "") +
        (rules.special ? specials(rules) : "")
    );
}

/** Fisher and Yates. */
function shuffle<T>(items: T[], random: (below: number) => number): T[] {
    for (let last = items.length - 1; last > 0; last--) {
        const other = random(last + 1);
        [items[last], items[other]] = [items[other] as T, items[last] as T];
    }
    return items;
}
