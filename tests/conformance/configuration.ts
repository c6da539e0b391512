// The seed's ConfigMap and Secret, in the section "Kubernetes Resources".
import { lstatSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { execa } from "execa";
import { KEYS, SECRET_KEYS, checkSettings } from "../../components/settings.ts";
import { parseEnvFile } from "../../scripts/envFile.ts";
import { settingsOf } from "../../scripts/secretSettings.ts";
import { MADE_BY_HAND } from "./recorded.ts";
import {
    BACKEND_URL,
    SECRET_ENTRIES,
    type Statement,
    configMap,
    container,
    isSearchable,
    namesOf,
    natureOf,
    rowsOf,
    secret,
    secretNameOf,
} from "./statement.ts";
import type { KubernetesObject } from "./stack.ts";

const CONFIG_MAP = "habit-tracker-config";
const SECRET = "habit-tracker-secrets";

const configMapRow = rowsOf("Kubernetes Resources › ConfigMap");
const secretRow = rowsOf("Kubernetes Resources › Secret");

const hasData = ({ data }: KubernetesObject) => data !== undefined;

/** What an entry of the Secret looks like. */
const ENTRIES: Record<string, RegExp> = {
    DATABASE_URL: /^postgres(ql)?:\/\/\S+:\S+@\S+\/\S+$/,
    JWT_SECRET: /^.{32,}$/,
    JWT_ALGORITHM: /^HS(256|384|512)$/,
    GEMINI_API_KEY: /^\S*$/,
};

/** The files of the project that git keeps, or would; a link has nothing of its own in it. */
async function keptFiles(): Promise<string[]> {
    const { stdout } = await execa("git", ["ls-files", "-co", "--exclude-standard", "-z"]);
    const paths = stdout.split("\0").filter((path) => path !== "");
    return paths.filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile());
}

/** The statements on the ConfigMap. */
export const CONFIG_MAP_STATEMENTS: readonly Statement[] = [
    configMapRow(
        `ConfigMap: ${CONFIG_MAP}`,
        (stack) => {
            expect(namesOf(stack, "ConfigMap", "configuration")).to.deep.equal([
                stack.setting("configMapName"),
            ]);
        },
        { seed: { configMapName: CONFIG_MAP } },
    ),
    configMapRow("API Version: v1, Kind: ConfigMap", (stack) => {
        const name = stack.setting("configMapName");
        expect(natureOf(stack, "apiVersion", name, hasData)).to.deep.equal(["v1"]);
        expect(natureOf(stack, "kind", name, hasData)).to.deep.equal(["ConfigMap"]);
    }),
    configMapRow(
        `Data: NEXT_PUBLIC_API_URL: ${BACKEND_URL}`,
        (stack) => {
            expect(configMap(stack).data?.["NEXT_PUBLIC_API_URL"]).to.equal(
                stack.setting("apiUrl") || BACKEND_URL,
            );
        },
        { seed: { apiUrl: "" } },
    ),
    configMapRow("Data: (Future: Add feature flags, timeouts, etc.)", {
        recorded: async (stack) => {
            const more = await stack.with({ extraConfig: '["FLAG=on", "TIMEOUT=5"]' });
            expect(configMap(more).data).to.include({ FLAG: "on", TIMEOUT: "5" });
        },
        live: (stack) => {
            expect(configMap(stack).data?.["GEMINI_MODEL"]).to.equal(stack.setting("geminiModel"));
        },
    }),
    configMapRow("Usage: Injected into frontend pods via envFrom", (stack) => {
        expect(container(stack, "frontend").envFrom).to.deep.include({
            configMapRef: { name: configMap(stack).metadata.name },
        });
    }),
];

/** The statements on the Secret. */
export const SECRET_STATEMENTS: readonly Statement[] = [
    secretRow(
        `Secret: ${SECRET}`,
        (stack) => {
            const own = stack.setting("existingSecret") === "" ? [secretNameOf(stack)] : [];
            expect(namesOf(stack, "Secret", "configuration")).to.deep.equal(own);
            expect(secret(stack).metadata.name).to.equal(secretNameOf(stack));
        },
        { seed: { secretName: SECRET, existingSecret: ["", SECRET] } },
    ),
    secretRow("API Version: v1, Kind: Secret", (stack) => {
        const name = secretNameOf(stack);
        expect(natureOf(stack, "apiVersion", name, hasData)).to.deep.equal(["v1"]);
        expect(natureOf(stack, "kind", name, hasData)).to.deep.equal(["Secret"]);
    }),
    secretRow("Type: Opaque", (stack) => {
        expect(secret(stack).type).to.equal("Opaque");
    }),
    ...Object.entries(ENTRIES).map(([name, form]) =>
        secretRow(`Data (base64 encoded): ${name}`, (stack) => {
            const value = secret(stack).data?.[name];
            expect(form.test(value ?? "(no entry)"), `${name} has its form`).to.be.true;
        }),
    ),
    secretRow("Creation: Manual creation via kubectl or from .env file", {
        recorded: async ({ with: withSettings, file }) => {
            // by kubectl
            const { name, namespace, entries } = MADE_BY_HAND;
            const manual = await withSettings({ namespace, existingSecret: name });
            expect(container(manual, "backend").envFrom).to.deep.include({ secretRef: { name } });
            expect(namesOf(manual, "Secret", "configuration")).to.be.empty;
            // by `npm run secrets -- .env`, from the example with its placeholders filled in
            const filled = { ...parseEnvFile(file(".env.example"), ".env").entries, ...entries };
            const wanted = { ...filled, GEMINI_API_KEY: "a-key" };
            const stack = await withSettings(settingsOf(wanted, ".env"));
            expect(secret(stack).data).to.include(wanted);
        },
    }),
    secretRow("Usage: Injected into backend pods via envFrom", (stack) => {
        const { name } = secret(stack).metadata;
        expect(container(stack, "backend").envFrom).to.deep.include({ secretRef: { name } });
        expect(container(stack, "frontend").envFrom.some(({ secretRef }) => secretRef)).to.be.false;
    }),
    secretRow("Security: Never commit actual secrets to version control", {
        recorded: ({ file, setting }) => {
            // the stack's file may have them encrypted only, the program refuses others; and git does not keep it
            const values = Object.fromEntries(KEYS.map((key) => [key, setting(key)]));
            for (const key of SECRET_KEYS) {
                const { problems } = checkSettings({
                    values: { ...values, [key]: "x".repeat(64) },
                    isEncrypted: () => false,
                });
                expect(problems.map(({ what }) => what)).to.include(
                    `${key} is stored in plain text`,
                );
            }
            expect(file(".gitignore").split("\n"))
                .to.include("/Pulumi.*.yaml")
                // the passphrase that decrypts them
                .and.to.include(".local/");
        },
        live: async (stack) => {
            const texts: [string, string][] = [
                ["the state", await stack.pulumi("stack", "export")],
            ];
            for (const file of await keptFiles()) {
                texts.push([file, await readFile(file, "latin1")]);
            }
            for (const [name, value] of Object.entries(secret(stack).data ?? {})) {
                if (isSearchable(name, value)) {
                    for (const [place, text] of texts) {
                        expect(text.includes(value), `${name} in ${place}`).to.be.false;
                    }
                }
            }
        },
    }),
    secretRow("Security: Use .env.example with placeholder values", {
        recorded: ({ file }) => {
            const { JWT_ALGORITHM, ...secrets } = parseEnvFile(file(".env.example"), "").entries;
            expect({ JWT_ALGORITHM, ...secrets }).to.have.all.keys(SECRET_ENTRIES);
            for (const [name, value] of Object.entries(secrets)) {
                expect(value, name).to.contain("CHANGE_ME");
                // what is left as it is does not become a secret
                expect(() => settingsOf({ [name]: value }, ""), name).to.throw(name);
            }
            // git keeps the example, and no copy that is filled in
            expect(file(".gitignore").split("\n")).to.include.members([".env", "!.env.example"]);
        },
    }),
    secretRow("Security: Document secret creation process in quickstart.md", {
        recorded: ({ file }) => {
            const blocks = [...file("quickstart.md").matchAll(/^```bash\n(.*?)^```/gms)];
            const commands = blocks
                .flatMap(([, block = ""]) => block.split("\n"))
                .map((line) => line.replace(/\s+#.*/, "").trim());
            expect(commands).to.include.members(["npm run secrets -- .env", "npm run up"]);
        },
    }),
];
