// Takes a .env file into the stack's encrypted settings. `npm run secrets -- --help` says how.
import { dirname, relative, resolve } from "node:path";
import { secretCommands } from "../components/existingSecret.ts";
import { SECRET_KEYS } from "../components/settings.ts";
import { confirm } from "./confirm.ts";
import { readEnvFile } from "./envFile.ts";
import { Failure } from "./failure.ts";
import { kubectlCommand } from "./place.ts";
import { changesOf, newProblems, settingsOf } from "./secretSettings.ts";
import {
    decryptedSettings,
    defaultSettings,
    generatedKey,
    openInstalled,
    selectStack,
    setSettings,
} from "./stack.ts";
import { runCommand } from "./steps.ts";

const USAGE = `Takes the secrets of a .env file into the stack's settings, encrypted: all of them, or none. Shows no value.

    npm run secrets -- FILE [--stack NAME] [--create] [--yes]

    FILE            a filled-in copy of .env.example
    --stack NAME    the stack to set them in (default: local)
    --create        make that stack where there is none yet
    --yes           do not ask before a value is replaced or sessions end
`;

interface Options {
    stack: string;
    create: boolean;
    yes: boolean;
}

async function main(options: Options, operand: string): Promise<void> {
    const project = dirname(import.meta.dirname);
    const { entries, warnings } = await readEnvFile(resolve(operand));
    for (const warning of warnings) {
        console.warn(`Warning: ${warning}`);
    }
    const wanted = settingsOf(entries, operand);
    const { place, stack } = await openInstalled(project, options.stack);
    if (options.create) {
        await selectStack(stack);
    }
    const [present, defaults] = [await decryptedSettings(stack), await defaultSettings(project)];
    const problems = newProblems(present, defaults, wanted);
    if (problems.length > 0) {
        throw new Failure(
            `The program would refuse what is in ${operand}, so nothing was set`,
            problems.map(({ what, why }) => `${what}. ${why}`).join("\n   "),
            problems.map(({ next }) => next).join("\n   or, where that is not in the file: "),
        );
    }
    const key = await generatedKey(stack);
    const { namespace = "", secretName = "" } = present.values;
    const [kubectl, args] = kubectlCommand(place);
    const commands = secretCommands([kubectl, ...args].join(" "), namespace);
    const { values, replaced } = changesOf(
        present.values,
        defaults,
        wanted,
        key === undefined
            ? undefined
            : {
                  key,
                  keep: `${commands.toSetting(secretName, "JWT_SECRET", "jwtSecretPrevious")} --stack ${stack.name}`,
              },
    );
    await confirm(replaced, {
        yes: options.yes,
        command: `npm run secrets -- ${operand} --stack ${stack.name} --yes`,
    });
    await setSettings(stack, values, SECRET_KEYS);
    const set = Object.keys(values);
    const list = (keys: string[]) => keys.join(", ") || "nothing";
    console.log(`
Set in the stack ${stack.name}, encrypted: ${list(set.filter((key) => SECRET_KEYS.includes(key)))}; in plain text: ${list(set.filter((key) => !SECRET_KEYS.includes(key)))}.
Was so already: ${list(Object.keys(wanted).filter((name) => !set.includes(name)))}.
Left as they are, since they are empty in ${operand}: ${list(Object.keys(entries).filter((name) => entries[name] === ""))}.

Next:
    npm run up        # has them in the cluster
    rm ${relative(process.cwd(), resolve(operand))}           # the stack's file has them now, encrypted
`);
}

await runCommand(USAGE, { create: false, yes: false }, main, "FILE");
