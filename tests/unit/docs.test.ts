// What the documents say stands in the sources.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { KEYS, SECRET_KEYS } from "../../components/settings.ts";
import { declarations } from "../../scripts/declarations.ts";
import {
    DOCUMENTS,
    type GraphResource,
    diagram,
    settingsTables,
    withPart,
} from "../../scripts/docsFiles.ts";
import { installFakeMinikube, runProgram } from "./harness.ts";

const read = (file: string) => readFileSync(file, "utf8");

describe("the documents' generated parts", () => {
    const upToDate = (name: keyof typeof DOCUMENTS, part: string) => {
        const document = read(DOCUMENTS[name]);
        expect(document, "npm run docs writes it").to.equal(withPart(document, name, part));
    };

    it("are up to date, or npm run docs writes them: the settings", () => {
        upToDate("settings", settingsTables(read("Pulumi.yaml")));
    });

    it("are up to date, or npm run docs writes them: the diagram", async () => {
        const minikube = await installFakeMinikube();
        try {
            upToDate("diagram", diagram((await runProgram()).resources));
        } finally {
            await minikube.uninstall();
        }
    });

    it("need their place in the document", () => {
        expect(() => withPart("# Settings\n", "settings", "")).to.throw("no place for settings");
    });
});

describe("the declarations of Pulumi.yaml", () => {
    const declared = declarations(read("Pulumi.yaml"));

    it("are all settings, each in a group, with the secrets told from the others", () => {
        expect(declared.map(({ key }) => key)).to.have.members([...KEYS]);
        expect(declared.map(({ group }) => group)).not.to.include("");
        const secrets = declared.filter(({ secret }) => secret).map(({ key }) => key);
        expect(secrets).to.have.members([...SECRET_KEYS]);
    });

    it("come from a file with settings only", () => {
        expect(() => declarations("name: x\n")).to.throw("no config");
    });

    it("take their group from the last heading, and are cells of a table", () => {
        const text = `config:
  pulumi:x:
    value: 1
  # --- one ---
  first:
    type: integer
    default: 3
    description: A | B
  # a remark
  second:
    type: string
    default: ""
    description: C (set with --secret)
  # --- two ---
  third:
    type: array
    default: []
    description: D
`;
        expect(settingsTables(text)).to.equal(`## One

| setting | default | meaning | allowed |
| --- | --- | --- | --- |
| \`first\` | \`3\` | A \\| B |  |
| \`second\` (secret) |  | C |  |

## Two

| setting | default | meaning | allowed |
| --- | --- | --- | --- |
| \`third\` | \`[]\` | D |  |`);
    });
});

describe("the diagram", () => {
    const component = (name: string): GraphResource => ({
        type: `habit-tracker:${name}:X`,
        name,
        inputs: {},
        options: { parent: undefined, dependsOn: [], provider: undefined },
    });
    const part = (
        parent: string,
        type: string,
        options: Partial<GraphResource["options"]> = {},
        inputs: Record<string, unknown> = {},
    ): GraphResource => ({
        type,
        name: `${parent}-${type.replace(/.*[:/]/, "")}`,
        inputs,
        options: { parent, dependsOn: [], provider: undefined, ...options },
    });

    it("counts kinds, and leaves out what another dependency waits for already", () => {
        const drawn = diagram([
            ...["a", "b", "c", "teardown"].map(component),
            part("a", "pulumi:providers:docker"),
            part("b", "pulumi-nodejs:dynamic/image:Watch", { provider: "a-docker" }),
            part("c", "kubernetes:core/v1:Service", { dependsOn: ["a-docker", "b-Watch"] }),
            part("c", "kubernetes:core/v1:Service", { dependsOn: ["c-Service", "teardown-x"] }),
            part("c", "kubernetes:apps/v1:Deployment", { dependsOn: ["teardown-x"] }),
            part("teardown", "x", { dependsOn: ["c-Service"] }),
        ]);
        expect(drawn).to.equal(`\`\`\`mermaid
flowchart LR
    browser([browser])
    a["<b>a</b><br/>docker provider"]
    b["<b>b</b><br/>image Watch"]
    c["<b>c</b><br/>Deployment<br/>2 × Service"]
    a --> b
    b --> c
\`\`\``);
    });

    it("draws connections from the network policies: who is open, who may connect to whom", () => {
        const policy = (app: string, ingress: object, to: string) =>
            part(
                app,
                "kubernetes:networking.k8s.io/v1:NetworkPolicy",
                {},
                {
                    spec: {
                        podSelector: { matchLabels: { app: `the-${app}` } },
                        ingress: [ingress],
                        egress: [
                            { ports: [{ port: 53 }] },
                            { to: [{ podSelector: { matchLabels: { app: `the-${to}` } } }] },
                        ],
                    },
                },
            );
        const closed = part(
            "space",
            "kubernetes:networking.k8s.io/v1:NetworkPolicy",
            {},
            { spec: { podSelector: {}, ingress: [{}] } },
        );
        const drawn = diagram([
            ...["front", "back"].map(component),
            policy("front", {}, "back"),
            policy("back", { from: [] }, "elsewhere"),
            closed,
        ]);
        expect(drawn.match(/.* -\.-> .*/g)).to.deep.equal([
            "    browser -.-> front",
            "    front -.-> back",
        ]);
    });
});

/** The documents for people; those of the two apps have their own. */
const TEXTS = [
    ...["README.md", "quickstart.md", "CONTRIBUTING.md", "CHANGELOG.md"],
    ...["settings", "secrets", "growing", "recovery", "own-app"].map((name) => `docs/${name}.md`),
    "helm/habit-tracker/README.md",
];

describe("the documents' links", () => {
    for (const file of TEXTS) {
        it(`lead to what is there: ${file}`, () => {
            const gone = [...read(file).matchAll(/\]\((?!https?:)([^)#]*)(#[^)]*)?\)/g)].filter(
                ([, path = "", anchor = ""]) => {
                    const target = path === "" ? file : join(dirname(file), path);
                    return !existsSync(target) || (anchor !== "" && !hasHeading(target, anchor));
                },
            );
            expect(gone.map(([link]) => link)).to.deep.equal([]);
        });
    }

    /** Whether a document has a heading that GitHub gives this anchor. */
    function hasHeading(file: string, anchor: string): boolean {
        return [...read(file).matchAll(/^#+ (.*)$/gm)].some(
            ([, heading = ""]) =>
                anchor ===
                `#${heading
                    .toLowerCase()
                    .replaceAll(/[^\w\- ]/g, "")
                    .replaceAll(" ", "-")}`,
        );
    }
});

describe("the commands that the documents name", () => {
    const commandsOf = (folder: string) => {
        const { scripts } = JSON.parse(read(join(folder, "package.json"))) as {
            scripts: Record<string, string>;
        };
        return Object.keys(scripts);
    };
    const commands = commandsOf(".");
    const named = (file: string) =>
        [...read(file).matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map(([, name = ""]) => name);
    /** Documents of a part of the project, each with the folder of its own package.json where it has one. */
    const PARTS = {
        "scripts/closed-network/README.md": undefined,
        "tests/conformance/README.md": undefined,
        "tests/faults/RESULTS.md": undefined,
        "tests/mutation/README.md": undefined,
        "docker/backend/README.md": undefined,
        "docker/frontend/README.md": "docker/frontend",
    };

    for (const [file, folder] of [
        ...TEXTS.map((text) => [text, undefined] as const),
        ...Object.entries(PARTS),
    ]) {
        it(`are there: ${file}`, () => {
            const own = folder === undefined ? [] : commandsOf(folder);
            expect([...commands, ...own]).to.include.members(named(file));
        });
    }

    it("are all that there are", () => {
        const text = TEXTS.map(read).join("");
        // `test` by npm's own short form, others behind the first of a list
        const unnamed = commands.filter(
            (name) => !new RegExp(`(\\bnpm (run )?|\`)${name}(?![\\w:-])`).test(text),
        );
        expect(unnamed).to.deep.equal([]);
    });
});

describe("docs/recovery.md", () => {
    const sources = ["components", "scripts"]
        .flatMap((folder) =>
            readdirSync(folder, { recursive: true, encoding: "utf8" })
                .filter((name) => name.endsWith(".ts") && !name.includes("node_modules"))
                .map((name) => join(folder, name)),
        )
        .map(read);
    const own = read("docs/recovery.md").replace(/\n## What others say[^]*/, "");
    const quoted = [...own.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = ""]) =>
        [...cell.matchAll(/`(.+?)`/g)].map(([, text = ""]) => text),
    );

    /** What a message looks like in the sources: an expression stands where the document has `…`. */
    const pattern = (text: string) =>
        new RegExp(
            text
                .split("…")
                .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
                .join('(?:"?\\$\\{[^}]*\\}"?)+'),
        );

    it("quotes what the program prints, word by word", () => {
        expect(quoted).to.have.length.above(40);
        const gone = quoted.filter((text) => !sources.some((source) => pattern(text).test(source)));
        expect(gone).to.deep.equal([]);
    });

    it("would notice a word that the program does not say", () => {
        expect(sources.some((source) => pattern("There is no whale").test(source))).to.be.false;
        expect(pattern("The stack … is").test("`The stack ${name} is`")).to.be.true;
        expect(pattern("The stack … is").test("`The stack ${name} was`")).to.be.false;
    });
});
