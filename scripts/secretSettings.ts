import { type Problem } from "../components/problems.ts";
import {
    PLACEHOLDER,
    type RawConfig,
    SECRET_ENTRIES,
    SECRET_KEYS,
    checkSettings,
} from "../components/settings.ts";
import { Failure } from "./failure.ts";

/**
 * The settings that the entries of a `.env` file are values of. An empty entry says nothing.
 *
 * @throws Failure for names that are no setting's, and for values that are still to be filled in; without any value
 */
export function settingsOf(
    entries: Readonly<Record<string, string>>,
    file: string,
): Record<string, string> {
    const known = Object.keys(SECRET_ENTRIES);
    const unknown = Object.keys(entries).filter((name) => !known.includes(name));
    if (unknown.length > 0) {
        throw new Failure(
            `${file} has ${unknown.join(" and ")}, which ${unknown.length > 1 ? "are" : "is"} not known here`,
            `Known are: ${known.join(", ")}. All else is a setting of its own, or belongs into extraConfig.`,
            `take ${unknown.length > 1 ? "these lines" : "this line"} out, then this again; nothing was set`,
        );
    }
    const given = Object.entries(entries).filter(([, value]) => value !== "");
    const left = given
        .filter(([, value]) => value.toUpperCase().includes(PLACEHOLDER))
        .map(([name]) => name);
    if (left.length > 0) {
        throw new Failure(
            `${left.join(" and ")} in ${file} ${left.length > 1 ? "are" : "is"} still as in .env.example`,
            `${PLACEHOLDER} stands there for a value; an empty one leaves a setting as it is.`,
            "fill it in, then this again; nothing was set",
        );
    }
    if (given.length === 0) {
        throw new Failure(`${file} has no value`, `Known are: ${known.join(", ")}.`, "fill it in");
    }
    return Object.fromEntries(given.map(([name, value]) => [SECRET_ENTRIES[name] ?? "", value]));
}

/** What the program would refuse with these values that it does not refuse without them. */
export function newProblems(
    present: RawConfig,
    defaults: Readonly<Record<string, string>>,
    values: Readonly<Record<string, string>>,
): Problem[] {
    const check = (own: Readonly<Record<string, string>>) =>
        checkSettings({
            values: { ...present.values, ...own },
            isEncrypted: (key) =>
                key in values ? SECRET_KEYS.includes(key) : present.isEncrypted(key),
        }).problems;
    const reset = Object.fromEntries(Object.keys(values).map((key) => [key, defaults[key] ?? ""]));
    const before = check(reset).map(({ what }) => what);
    return check(values).filter(({ what }) => !before.includes(what));
}

/** A key that the stack generated for itself, and the command that takes it into jwtSecretPrevious. */
export interface GeneratedKey {
    key: string;
    keep: string;
}

/**
 * What of the values is new to the stack: all, and of these what takes the place of another one or ends sessions, in words.
 *
 * @param generated what signs the sessions now, whatever the settings say; undefined means what these say
 */
export function changesOf(
    present: Readonly<Record<string, string>>,
    defaults: Readonly<Record<string, string>>,
    values: Readonly<Record<string, string>>,
    generated: GeneratedKey | undefined,
): { values: Record<string, string>; replaced: string[] } {
    const changed = Object.entries(values).filter(([key, value]) => present[key] !== value);
    const keys = changed.map(([key]) => key);
    const { jwtSecret: given = "", jwtSecretPrevious: previous } = { ...present, ...values };
    const before = generated?.key ?? present["jwtSecret"] ?? "";
    const after = given === "" ? before : given;
    // without a key there are no sessions
    const byAlgorithm = before !== "" && keys.includes("jwtAlgorithm");
    const byKey = !byAlgorithm && before !== "" && ![after, previous].includes(before);
    const ending = byAlgorithm
        ? "jwtAlgorithm"
        : ["jwtSecret", "jwtSecretPrevious"].find((key) => byKey && keys.includes(key));
    const inWords = (key: string) => {
        if (key !== ending) {
            return present[key] && present[key] !== defaults[key] ? [`replace ${key}`] : [];
        }
        if (byAlgorithm) {
            return ["replace jwtAlgorithm, which ends all sessions"];
        }
        return generated === undefined
            ? [
                  "replace jwtSecret, which ends all sessions: JWT_SECRET_PREVIOUS with the one before would keep them",
              ]
            : [
                  `replace the generated jwtSecret, which ends all sessions; to keep them, before this: ${generated.keep}`,
              ];
    };
    return { values: Object.fromEntries(changed), replaced: keys.flatMap(inWords) };
}
