// A .env file on its way into the stack's settings: what is taken, what is refused, and that no value is shown.
import {
    chmod,
    cp,
    lstat,
    mkdir,
    mkdtemp,
    readFile,
    readdir,
    rm,
    stat,
    symlink,
    writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import {
    KEYS,
    PLACEHOLDER,
    SECRET_ENTRIES,
    SECRET_KEYS,
    wrongEntries,
} from "../../components/settings.ts";
import { parseEnvFile, readEnvFile } from "../../scripts/envFile.ts";
import { Failure } from "../../scripts/failure.ts";
import { changesOf, newProblems, settingsOf } from "../../scripts/secretSettings.ts";
import { type Stack, decryptedSettings, generatedKey, setSettings } from "../../scripts/stack.ts";
import { defaults, rawConfig } from "../unit/harness.ts";

const KEY = "canary-key-0123456789-0123456789-abc";
const URL = "postgresql://user:canary-password@elsewhere:6432/habits";

/** What a failure says, without a value in it. */
async function failure(task: () => unknown): Promise<string> {
    try {
        await task();
    } catch (error) {
        expect(error).to.be.instanceOf(Failure);
        expect((error as Failure).message).not.to.contain("canary");
        return (error as Failure).message;
    }
    throw new Error("nothing failed");
}

describe("a .env file", () => {
    const parse = (text: string) => parseEnvFile(text, ".env");

    it("says what its lines say, each as it stands there", () => {
        const text = `# a comment\n\nA=1\nB = "x # y"  # why\r\nC='it"s'\nD=a=b\nE=\nF='a\\nb'\n`;
        expect(parse(text).entries).to.deep.equal({
            ...{ A: "1", B: "x # y", C: 'it"s', D: "a=b", E: "", F: "a\\nb" },
        });
        const indented = "export\tA=1\nexport  B=2\n\tC=3\n  export D =\t4\n";
        expect(parse(indented).entries).to.deep.equal({ A: "1", B: "2", C: "3", D: "4" });
    });

    it("says nothing in its comments, wherever these begin", () => {
        const text = `  # ${URL}?sslmode=require\n\t# old: KEY = canary\nA=1\n\u00A0#B=canary\n`;
        expect(parse(text)).to.deep.equal({ entries: { A: "1" }, warnings: [] });
    });

    it("is warned of where kubectl would take another value from it", () => {
        const { warnings } = parse("A='1'\nB=2 \nC=\t3\nD=4\n\texport E=5\r\nF=\"\"\n");
        expect(warnings.map((warning) => /\b[A-F]\b/.exec(warning)?.[0])).to.deep.equal([
            ...["A", "B", "C", "F"],
        ]);
        expect(warnings.join()).to.contain("--from-env-file");
    });

    for (const [title, text, says] of [
        ["a line that is none", "A=1\ncanary\n", "Line 2 of .env cannot be used"],
        ["a name that is none", "A=1\ncanary-2=1\n", "Line 2 of .env cannot be used"],
        ["a value of several lines", 'A="canary\ncanary"\n', "Line 1"],
        ["a name that is there twice", "A=1\n# A\nA=canary\n", "A is there already"],
        ["a # in its value", "A=canary#canary\n", "%23"],
        ["a # that begins its value", "A=#canary\n", "%23"],
        ["a # after white space", "A=canary #canary\n", "%23"],
        ["a # after an equals sign", "A=canary=#canary\n", "%23"],
        ["a quote that does not end", "A='canary\n", "Its quotes do not end"],
        ["a quote that ends before its value", "A='canary'canary\n", "Its quotes do not end"],
        ["a quote in the middle of its value", "A='canary'canary'\n", "Its quotes do not end"],
        ["an escape in double quotes", 'A="canary\\ncanary"\n', "backslash"],
        ["a NUL", "A=canary\0canary\n", "control character"],
        ["a tab in its value", "A='canary\tcanary'\n", "control character"],
        ["a line's end that is half one", "A=canary\rB=canary\n", "control character"],
    ] as const) {
        it(`is refused with ${title}`, async () => {
            expect(await failure(() => parse(text)))
                .to.contain(says)
                .and.to.match(/Line \d/)
                .and.to.contain("npm run secrets");
        });
    }

    describe("on the disk", () => {
        let folder: string;
        let file: string;
        const git = (...args: string[]) =>
            execa("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", ...args]);
        beforeEach(async () => {
            folder = await mkdtemp(join(tmpdir(), "secrets-test-"));
            file = join(folder, ".env");
            await writeFile(file, `JWT_SECRET=${KEY}\n`, { mode: 0o600 });
        });
        afterEach(() => rm(folder, { recursive: true }));

        it("is read, outside of git and where git ignores it", async () => {
            const read = { entries: { JWT_SECRET: KEY }, warnings: [] };
            expect(await readEnvFile(file)).to.deep.equal(read);
            await git("init", "-q");
            await writeFile(join(folder, ".gitignore"), ".env\n");
            expect(await readEnvFile(file)).to.deep.equal(read);
        });

        it("is read with the mark that some editors begin it with, and refused in another encoding", async () => {
            await writeFile(file, `\uFEFFJWT_SECRET=${KEY}\n`);
            expect((await readEnvFile(file)).entries).to.deep.equal({ JWT_SECRET: KEY });
            for (const encoding of ["latin1", "utf16le"] as const) {
                await writeFile(file, `\uFEFFJWT_SECRET=${KEY}\u00E9\n`, encoding);
                expect(await failure(() => readEnvFile(file))).to.contain("UTF-8");
            }
        });

        it("is warned of where others may read it, or git would take it", async () => {
            await git("init", "-q");
            await chmod(file, 0o644);
            const { warnings } = await readEnvFile(file);
            expect(warnings).to.have.length(2);
            expect(warnings[0]).to.contain(`chmod 600 ${file}`);
            expect(warnings[1]).to.contain(`git does not ignore ${file}`);
        });

        it("is refused where git tracks it, by a link as well", async () => {
            await git("init", "-q");
            await git("add", ".env");
            const link = join(folder, "link");
            await symlink(file, link);
            for (const path of [file, link]) {
                expect(await failure(() => readEnvFile(path))).to.contain("git rm --cached .env");
            }
            await git("commit", "-qm", "a");
            expect(await failure(() => readEnvFile(file))).to.contain("is in git");
        });

        it("is refused where it is not there, no file, or a link that leads nowhere", async () => {
            const loop = join(folder, "loop");
            await symlink(loop, loop);
            const dangling = join(folder, "dangling");
            await symlink(join(folder, "gone"), dangling);
            await mkdir(join(folder, "folder"));
            for (const [path, says] of [
                [join(folder, "gone"), "it is not there"],
                [dangling, "it is not there"],
                [loop, "a link that leads to itself"],
                [join(folder, "folder"), "it is no file"],
            ] as const) {
                expect(await failure(() => readEnvFile(path))).to.contain(says);
            }
        });
    });
});

describe(".env.example", () => {
    it("has every entry of the backend's Secret, and nothing that could pass for a value", async () => {
        const text = await readFile(".env.example", "utf8");
        // what may be left out stands in it as a comment
        const { entries, warnings } = parseEnvFile(
            text.replace(/^# (?=[A-Z_]+=)/gm, ""),
            ".env.example",
        );
        expect(warnings).to.be.empty;
        expect(entries).to.have.all.keys(...Object.keys(SECRET_ENTRIES));
        const secret = Object.keys(entries).filter((name) => name !== "JWT_ALGORITHM");
        for (const name of secret) {
            expect(entries[name], name).to.contain(PLACEHOLDER);
        }
        expect(wrongEntries(entries)).to.have.members(secret);
        expect(await failure(() => settingsOf(entries, ".env"))).to.contain(
            "still as in .env.exam",
        );
        // kubectl takes quotes for a part of a value
        expect(text).not.to.match(/=["']/);
    });

    it("can be in git, and a filled-in copy cannot", async () => {
        const ignored = async (name: string) =>
            (await execa("git", ["check-ignore", "--quiet", "--no-index", name], { reject: false }))
                .exitCode === 0;
        expect(await ignored(".env")).to.equal(true);
        expect(await ignored(".env.production")).to.equal(true);
        expect(await ignored(".env.example")).to.equal(false);
    });
});

describe("the settings of a .env file", () => {
    it("are those of the backend's Secret", () => {
        expect(KEYS).to.include.members(Object.values(SECRET_ENTRIES));
        expect(
            settingsOf({ DATABASE_URL: URL, JWT_ALGORITHM: "HS256", GEMINI_API_KEY: "" }, ".env"),
        ).to.deep.equal({ databaseUrl: URL, jwtAlgorithm: "HS256" });
    });

    it("are refused with unknown names, and without any value", async () => {
        const unknown = { JWT_SECRET: KEY, PORT: "canary", GEMINI_KEY: "canary" };
        expect(await failure(() => settingsOf(unknown, ".env")))
            .to.contain("PORT and GEMINI_KEY, which are not known")
            .and.to.contain(Object.keys(SECRET_ENTRIES).join(", "));
        expect(await failure(() => settingsOf({ JWT_SECRET: "" }, ".env"))).to.contain("no value");
        const partly = { DATABASE_URL: URL.replace("elsewhere", "change_me") };
        expect(await failure(() => settingsOf(partly, ".env"))).to.contain("DATABASE_URL");
    });

    const problems = (values: Record<string, string>, present: Record<string, string> = {}) =>
        newProblems(rawConfig(present), defaults(), values).map(({ what }) => what);

    it("are checked as the program checks them, beside those of the stack", () => {
        expect(problems({ jwtSecret: KEY, databaseUrl: URL, jwtAlgorithm: "HS256" })).to.be.empty;
        expect(problems({ jwtSecret: "canary" })).to.deep.equal(["jwtSecret is (not shown)"]);
        expect(problems({ jwtSecret: KEY, jwtAlgorithm: "HS512" })).to.deep.equal([
            "jwtSecret is too short for the jwtAlgorithm HS512",
        ]);
        expect(problems({ jwtSecret: KEY }, { jwtAlgorithm: "HS512" })).to.have.length(1);
        expect(problems({ jwtSecret: KEY }, { existingSecret: "mine" })[0]).to.contain(
            "existingSecret is set, and so is jwtSecret",
        );
        // what was wrong before is said by pulumi up, unless the file says it again
        expect(problems({ jwtSecret: KEY }, { backendReplicas: "many" })).to.be.empty;
        expect(problems({ jwtSecret: "canary" }, { jwtSecret: "canary" })).to.have.length(1);
    });

    const ENDS =
        "replace jwtSecret, which ends all sessions: JWT_SECRET_PREVIOUS with the one before would keep them";
    const replacedIn = (own: Record<string, string>, values: Record<string, string>) =>
        changesOf({ ...defaults(), ...own }, defaults(), values, undefined).replaced;

    it("that replace others are told from those that are new or the same", () => {
        const present = { ...defaults(), jwtSecret: KEY, geminiApiKey: "same" };
        const values = { jwtSecret: `${KEY}2`, geminiApiKey: "same", databaseUrl: URL };
        expect(changesOf(present, defaults(), values, undefined)).to.deep.equal({
            values: { jwtSecret: `${KEY}2`, databaseUrl: URL },
            replaced: [ENDS],
        });
        const rotated = { jwtSecret: `${KEY}2`, jwtSecretPrevious: KEY };
        expect(replacedIn({ jwtSecret: KEY }, rotated)).to.deep.equal(["replace jwtSecret"]);
        // the one before that is in the settings already, and another one in its place
        const both = { jwtSecret: `${KEY}2`, jwtSecretPrevious: KEY };
        expect(replacedIn(both, { jwtSecret: KEY })).to.deep.equal([ENDS]);
        const back = { jwtSecret: KEY, jwtSecretPrevious: `${KEY}2` };
        expect(replacedIn(both, back)).to.have.members([
            "replace jwtSecret",
            "replace jwtSecretPrevious",
        ]);
    });

    it("that end the sessions of a generated key say how to keep them", () => {
        const generated = { key: KEY, keep: "COMMAND" };
        const replaced = (own: Record<string, string>, values: Record<string, string>) =>
            changesOf({ ...defaults(), ...own }, defaults(), values, generated).replaced;
        const [said = ""] = replaced({}, { jwtSecret: `${KEY}2` });
        expect(said).to.contain("ends all sessions").and.to.contain("COMMAND");
        expect(said).not.to.contain("canary");
        // one that was set and not brought up yet signs nothing
        expect(replaced({ jwtSecret: `${KEY}2` }, { jwtSecret: `${KEY}3` })).to.deep.equal([said]);
        // nor does one that is not the generated one keep its sessions
        const other = { jwtSecret: `${KEY}2`, jwtSecretPrevious: `${KEY}3` };
        expect(replaced({}, other)).to.deep.equal([said]);
        expect(replaced({}, { jwtSecret: `${KEY}2`, jwtSecretPrevious: KEY })).to.be.empty;
        expect(replaced({ jwtSecretPrevious: KEY }, { jwtSecret: `${KEY}2` })).to.be.empty;
        expect(replaced({}, { jwtSecret: KEY, geminiApiKey: "canary" })).to.be.empty;
        expect(replaced({}, { jwtSecretPrevious: `${KEY}3` })).to.be.empty;
        const set = { jwtSecret: `${KEY}2`, jwtSecretPrevious: KEY };
        expect(replaced(set, { jwtSecretPrevious: `${KEY}3` })[0]).to.contain("ends all sessions");
    });

    it("that change the algorithm end the sessions of any key", () => {
        const algorithm = ["replace jwtAlgorithm, which ends all sessions"];
        const values = { jwtAlgorithm: "HS384" };
        expect(replacedIn({ jwtSecret: KEY }, values)).to.deep.equal(algorithm);
        const generated = { key: KEY, keep: "COMMAND" };
        const { replaced } = changesOf(defaults(), defaults(), values, generated);
        expect(replaced).to.deep.equal(algorithm);
        // with another algorithm, the key before would keep none
        const both = { ...values, jwtSecret: `${KEY}2` };
        expect(changesOf(defaults(), defaults(), both, generated).replaced).to.deep.equal(
            algorithm,
        );
        expect(replacedIn({ jwtSecret: KEY }, { jwtAlgorithm: "HS256" })).to.be.empty;
        // without a key there is no session
        expect(replacedIn({}, values)).to.be.empty;
        expect(replacedIn({ jwtAlgorithm: "HS512" }, values)).to.deep.equal([
            "replace jwtAlgorithm",
        ]);
    });
});

describe("setting secrets", () => {
    let project: string;
    let stack: Stack;
    /**
     * Puts a `pulumi` on PATH: a shell script that finds its arguments in $*, and the file to write settings to in $file. What
     * it reads goes to the file `read`.
     */
    async function fakePulumi(script: string): Promise<void> {
        const file = join(project, "bin", "pulumi");
        await mkdir(join(project, "bin"), { recursive: true });
        const configFile =
            'file=Pulumi.local.yaml; for arg; do [ "$last" = --config-file ] && file=$arg; last=$arg; done';
        await writeFile(file, `#!/bin/sh\necho "$*" >> arguments\n${configFile}\n${script}\n`);
        await chmod(file, 0o755);
    }
    beforeEach(async () => {
        project = await mkdtemp(join(tmpdir(), "set-secrets-test-"));
        await writeFile(join(project, "Pulumi.yaml"), "config: { a: { default: 1 } }\n");
        stack = {
            name: "local",
            project,
            env: { PATH: [join(project, "bin"), process.env["PATH"]].join(delimiter) },
            listener: () => undefined,
        };
    });
    afterEach(() => rm(project, { recursive: true }));
    const text = (name: string) => readFile(join(project, name), "utf8");

    it("hands values over standard input, never in an argument", async () => {
        await fakePulumi('cat >> read; echo >> read; echo "$4" >> "$file"');
        await setSettings(stack, { jwtSecret: KEY, jwtAlgorithm: "HS256" }, SECRET_KEYS);
        expect((await text("read")).trim().split("\n")).to.deep.equal([KEY, "HS256"]);
        expect(await text("arguments"))
            .to.contain("config set --secret jwtSecret --stack local")
            .and.to.contain("config set --plaintext jwtAlgorithm --stack local")
            .and.not.to.contain("canary");
        expect(await text("Pulumi.local.yaml")).to.equal("jwtSecret\njwtAlgorithm\n");
    });

    /** The files of the project that are there beside those of the fake `pulumi`. */
    const files = async () =>
        (await readdir(project)).filter(
            (name) => !["Pulumi.yaml", "arguments", "bin", "read"].includes(name),
        );

    for (const before of [undefined, "config: {}\n"]) {
        it(`sets all or none, with ${before === undefined ? "no file" : "a file"} of the stack`, async () => {
            const file = "Pulumi.local.yaml";
            if (before !== undefined) {
                await writeFile(join(project, file), before);
            }
            await fakePulumi(
                `echo set >> "$file"; case $* in *geminiApiKey*) echo 'error: incorrect passphrase'; exit 255;; esac`,
            );
            const values = { jwtSecret: KEY, geminiApiKey: "canary" };
            expect(await failure(() => setSettings(stack, values, SECRET_KEYS))).to.contain(
                "incorrect passphrase",
            );
            expect(await text(file).catch(() => undefined)).to.equal(before);
            expect(await files()).to.deep.equal(before === undefined ? [] : [file]);
        });
    }

    it("puts the settings in place at once, where a link leads to, and with the mode that the file had", async () => {
        const [file, real] = ["Pulumi.local.yaml", "elsewhere.yaml"];
        await writeFile(join(project, real), "config: {}\n", { mode: 0o600 });
        await symlink(real, join(project, file));
        await fakePulumi(`echo "$4" >> "$file"; cat ${file} >> read`);
        await setSettings(stack, { jwtSecret: KEY, geminiApiKey: "canary" }, SECRET_KEYS);
        expect(await text("read")).to.equal("config: {}\n".repeat(2));
        expect(await text(real)).to.equal("config: {}\njwtSecret\ngeminiApiKey\n");
        expect(await files()).to.have.members([file, real]);
        expect((await lstat(join(project, file))).isSymbolicLink()).to.equal(true);
        expect((await stat(join(project, real))).mode & 0o777).to.equal(0o600);
    });

    it("sets nothing where the settings were changed meanwhile", async () => {
        await writeFile(join(project, "Pulumi.local.yaml"), "config: {}\n");
        await fakePulumi(`echo "$4" >> "$file"; echo '# other' >> Pulumi.local.yaml`);
        expect(await failure(() => setSettings(stack, { jwtSecret: KEY }, SECRET_KEYS)))
            .to.contain("Pulumi.local.yaml was changed")
            .and.to.contain("the same command again");
        expect(await text("Pulumi.local.yaml")).to.equal("config: {}\n# other\n");
    });

    it("reads what the stack has, defaults among it", async () => {
        const own = { "habit-tracker:jwtSecret": { value: KEY, secret: true }, "pulumi:x": {} };
        await fakePulumi(`echo '${JSON.stringify(own)}'`);
        const { values, isEncrypted } = await decryptedSettings(stack);
        expect(values).to.deep.equal({ a: "1", jwtSecret: KEY });
        expect([isEncrypted("jwtSecret"), isEncrypted("a")]).to.deep.equal([true, false]);
    });

    it("finds the key that the stack generated, where it did", async () => {
        const of = (urn: string, outputs: object) => ({
            urn: `urn:pulumi:local::habit-tracker::${urn}`,
            outputs,
        });
        const password = "a:b:C$random:index/randomPassword:RandomPassword";
        const result = { "4dabf18193072939515e22adb298388d": "x", plaintext: `"${KEY}"` };
        const others = [
            of("pulumi:pulumi:Stack::habit-tracker-local", {}),
            of(`${password}::configuration-digest-key`, { result: { plaintext: '"other"' } }),
        ];
        const state = async (...resources: object[]) =>
            fakePulumi(`echo '${JSON.stringify({ deployment: { resources } })}'`);
        await state(...others, of(`${password}::configuration-jwt-secret`, { result }));
        expect(await generatedKey(stack)).to.equal(KEY);
        expect(await text("arguments")).to.contain("stack export --show-secrets --stack local");
        await state(...others);
        expect(await generatedKey(stack)).to.equal(undefined);
        await fakePulumi("echo '{\"deployment\":{}}'");
        expect(await generatedKey(stack)).to.equal(undefined);
        await fakePulumi("echo canary; echo 'error: incorrect passphrase' >&2; exit 255");
        expect(await failure(() => generatedKey(stack))).to.contain("incorrect passphrase");
    });

    it("says which stack is not there, and what keeps it from reading another", async () => {
        await fakePulumi("echo \"error: no stack named 'local' found\" >&2; exit 255");
        expect(await failure(() => decryptedSettings(stack)))
            .to.contain("There is no stack local")
            .and.to.contain("--create");
        await fakePulumi("echo canary; echo 'error: incorrect passphrase' >&2; exit 255");
        expect(await failure(() => decryptedSettings(stack))).to.contain("incorrect passphrase");
    });
});

describe("npm run secrets", () => {
    const FILE = "Pulumi.local.yaml";
    const BEFORE = "config: {}\n";
    let project: string;
    const text = (name: string) => readFile(join(project, name), "utf8");
    const program = (name: string, script: string) =>
        writeFile(join(project, "bin", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

    /** Has the stack these settings, as `pulumi config` shows them, and this key of its own. */
    async function stackWith(own: Record<string, string>, generated?: string): Promise<void> {
        const settings = Object.entries(own).map(([key, value]) => [
            `habit-tracker:${key}`,
            { value, secret: SECRET_KEYS.includes(key) },
        ]);
        const urn = "urn::random:index/randomPassword:RandomPassword::configuration-jwt-secret";
        const outputs = { result: { plaintext: JSON.stringify(generated) } };
        const resources = generated === undefined ? [] : [{ urn, outputs }];
        await writeFile(
            join(project, "settings.json"),
            JSON.stringify(Object.fromEntries(settings)),
        );
        await writeFile(join(project, "state.json"), JSON.stringify({ deployment: { resources } }));
    }

    /** Runs the command on a `.env` of these lines. Neither what it says nor what it hands to programs has a value in it. */
    async function secrets(lines: string[], ...options: string[]) {
        await writeFile(join(project, ".env"), `${lines.join("\n")}\n`, { mode: 0o600 });
        const { all, exitCode, signal } = await execa(
            "node",
            ["--import=tsx", "scripts/secrets.ts", ".env", ...options],
            {
                cwd: project,
                env: {
                    PATH: [join(project, "bin"), process.env["PATH"]].join(delimiter),
                    PULUMI_HOME: join(project, "home"),
                    PULUMI_BACKEND_URL: `file://${project}/state`,
                    PULUMI_CONFIG_PASSPHRASE: "a passphrase",
                    XDG_CACHE_HOME: join(project, "cache"),
                },
                stdin: "ignore",
                all: true,
                reject: false,
            },
        );
        const started = await text("arguments").catch(() => "");
        expect(all).not.to.contain("canary");
        expect(started).not.to.contain("canary");
        return { all, exitCode, signal, sets: started.match(/^config set .*$/gm) ?? [] };
    }

    before(async () => {
        project = await mkdtemp(join(tmpdir(), "run-secrets-test-"));
        // the command looks for the stack's file beside itself
        for (const name of ["scripts", "components", "Pulumi.yaml", "package.json"]) {
            await cp(name, join(project, name), { recursive: true });
        }
        await symlink(resolve("node_modules"), join(project, "node_modules"));
        await mkdir(join(project, "bin"));
        // so that it asks no network for them
        for (const name of ["kubernetes", "docker", "random"]) {
            const manifest = await readFile(`node_modules/@pulumi/${name}/package.json`, "utf8");
            const { version } = JSON.parse(manifest) as { version: string };
            const plugin = `resource-${name}-v${version.replace(/^v/, "")}`;
            await mkdir(join(project, "home", "plugins", plugin), { recursive: true });
        }
        await program("minikube", "echo Running Running");
        await program(
            "pulumi",
            [
                'echo "$*" >> arguments',
                'for arg; do [ "$last" = --config-file ] && file=$arg; last=$arg; done',
                'case "$*" in',
                '"config --json"*) cat settings.json ;;',
                '"stack export"*) cat state.json ;;',
                '"config set"*) echo "$4: $(cat)" >> read; echo "# $4 $3" >> "${file:-Pulumi.local.yaml}"; . ./after ;;',
                "esac",
            ].join("\n"),
        );
    });
    after(() => rm(project, { recursive: true }));
    beforeEach(async () => {
        await stackWith({});
        for (const name of await readdir(project)) {
            if (/^\.Pulumi\.|^(arguments|read)$/.test(name)) {
                await rm(join(project, name));
            }
        }
        await writeFile(join(project, FILE), BEFORE);
        await writeFile(join(project, "after"), "");
    });

    it("takes a file into the stack's, its secrets encrypted, and says what it did without a value", async () => {
        await stackWith({ geminiApiKey: "canary-same" });
        // HS384 needs a long one
        const key = `${KEY}-${KEY}`;
        const { all, exitCode, sets } = await secrets([
            ...["# canary", `JWT_SECRET=${key}`, "GEMINI_API_KEY=canary-same"],
            ...["JWT_ALGORITHM=HS384", "DATABASE_URL=", `JWT_SECRET_PREVIOUS='${key}2'`],
        ]);
        expect(all)
            .to.contain("encrypted: jwtSecret, jwtSecretPrevious; in plain text: jwtAlgorithm.")
            .and.to.contain("Was so already: geminiApiKey.")
            .and.to.contain("they are empty in .env: DATABASE_URL.")
            .and.to.contain("JWT_SECRET_PREVIOUS in ");
        expect({ exitCode, sets: sets.length }).to.deep.equal({ exitCode: 0, sets: 3 });
        expect(await text("read")).to.equal(
            `jwtSecret: ${key}\njwtAlgorithm: HS384\njwtSecretPrevious: ${key}2\n`,
        );
        expect(await text(FILE)).to.equal(
            `${BEFORE}# jwtSecret --secret\n# jwtAlgorithm --plaintext\n# jwtSecretPrevious --secret\n`,
        );
    });

    it("sets nothing that the program would refuse", async () => {
        const { all, exitCode, sets } = await secrets(["JWT_SECRET=canary"], "--yes");
        expect(all).to.contain("nothing was set").and.to.contain("jwtSecret is (not shown)");
        expect({ exitCode, sets }).to.deep.equal({ exitCode: 1, sets: [] });
        expect(await text(FILE)).to.equal(BEFORE);
    });

    it("asks before it replaces a value, and names the command that does not", async () => {
        await stackWith({ jwtSecret: `${KEY}2` });
        const asked = await secrets([`JWT_SECRET=${KEY}`]);
        expect(asked.all)
            .to.contain("replace jwtSecret, which ends all sessions")
            .and.to.contain("npm run secrets -- .env --stack local --yes");
        expect(asked).to.include({ exitCode: 1 }).and.to.deep.include({ sets: [] });
        expect(await secrets([`JWT_SECRET=${KEY}`], "--yes")).to.include({ exitCode: 0 });
        expect(await text("read")).to.equal(`jwtSecret: ${KEY}\n`);
    });

    it("asks before it ends the sessions of a generated key, and says how to keep them", async () => {
        await stackWith({ minikubeProfile: "habits", namespace: "mine" }, `${KEY}2`);
        await writeFile(join(project, FILE), "config: { habit-tracker:minikubeProfile: habits }\n");
        const { all, exitCode, sets } = await secrets([`JWT_SECRET=${KEY}`]);
        expect(all).to.contain(
            "minikube -p habits kubectl -- --context habits get secret habit-tracker-secrets -n mine " +
                "-o go-template='{{.data.JWT_SECRET | base64decode}}' | pulumi config set --secret jwtSecretPrevious --stack local",
        );
        expect({ exitCode, sets }).to.deep.equal({ exitCode: 1, sets: [] });
    });

    it("makes the stack only where it is told to", async () => {
        await secrets([`JWT_SECRET=${KEY}`]);
        expect(await text("arguments")).not.to.contain("stack select");
        await secrets([`JWT_SECRET=${KEY}`], "--create");
        expect(await text("arguments")).to.contain("stack select local --create");
    });

    for (const [title, kill, ends] of [
        ["a terminal that goes away", "kill -HUP $PPID; sleep 0.5", { signal: "SIGHUP" }],
        ["an interrupt", "kill -INT $PPID", { exitCode: 130 }],
        [
            "a second interrupt",
            "kill -INT $PPID; sleep 0.5; kill -INT $PPID; sleep 0.5",
            { exitCode: 130 },
        ],
    ] as const) {
        it(`sets nothing after ${title}, and leaves nothing that git would take`, async () => {
            await writeFile(join(project, "after"), kill);
            const ended = await secrets([`JWT_SECRET=${KEY}`, "GEMINI_API_KEY=canary"]);
            expect(ended).to.include(ends);
            expect(ended.sets).to.have.length(1);
            expect(ended.all.includes("Nothing was set")).to.equal(title === "an interrupt");
            expect(await text(FILE)).to.equal(BEFORE);
            const left = (await readdir(project)).filter((name) => /^\.Pulumi\./.test(name));
            expect(left).to.have.length(title === "an interrupt" ? 0 : 1);
            for (const name of left) {
                await execa("git", ["check-ignore", "--quiet", "--no-index", name]);
            }
        });
    }
});
