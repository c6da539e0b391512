import { homedir } from "node:os";
import { expect } from "chai";
import { type Facts, stateFact, telling } from "../../scripts/facts.ts";
import { renderDoctor, sections, verdict } from "../../scripts/findings.ts";
import { documentWithoutSecrets, withoutSecrets } from "../../scripts/withoutSecrets.ts";

const PAGE = {
    ...{ url: "http://127.0.0.1:30080", needsCommand: false, command: "minikube service" },
    ...{ status: 200, milliseconds: 7, reason: undefined },
};
const CLUSTER = {
    ...{ context: "minikube", isMinikube: true, state: "running" as const, made: true },
    profile: { driver: "docker", runtime: "docker", kubernetes: "v1.34.2", nodes: 1, ports: [] },
    version: undefined,
};
const LOGIN = {
    ...{
        backend: "file:///clone/.local/state",
        isOwn: true,
        hasPassphrase: true,
        needsPassphrase: false,
    },
    passphrase: "own file" as const,
};
const STATE = {
    ...{ exists: true, id: "id", resources: 46, updated: "2026-11-28T01:03:33Z", pending: [] },
    ...{ generated: ["jwtSecret"], outputs: { url: PAGE.url } },
};
const tool = (name: Facts["tools"][number]["name"], path = `/bin/${name}`) => ({
    ...{ name, path, ours: false, version: "v1.2.3" },
});
const tier = (name: string) => ({ name, stack: "id", ready: 1, wanted: 1, complete: true });
const SETTINGS = {
    file: "Pulumi.local.yaml",
    settings: [{ key: "namespace", from: "default" as const, value: "default" }],
    secrets: [{ key: "jwtSecret", state: "absent" as const }],
};

const NEXT = {
    supply: "open-network" as const,
    ways: { tools: "tools are downloaded", plugins: "Pulumi fetches them" },
    ...{ intentions: [], refusal: undefined },
};

/** A stack that is up, and on which everything is well. */
const WELL: Facts = {
    stack: "local",
    tools: [tool("node"), tool("pulumi"), tool("minikube"), tool("docker"), tool("kubectl")],
    plugins: { home: "/p", list: [{ name: "docker", version: "5.2.0", kind: "real" }] },
    variables: {},
    engine: { state: "answers", reason: "", version: "28.2.2" },
    cluster: CLUSTER,
    login: LOGIN,
    state: STATE,
    locks: [],
    settings: SETTINGS,
    running: { tiers: [tier("backend"), tier("frontend")], pods: [], volumes: [] },
    page: PAGE,
    next: NEXT,
};

/** What is said where that differs: each line as `mark name: text | remedy`, and the verdict. */
function said(changed: Partial<Facts>) {
    const facts = { ...WELL, ...changed };
    const all = sections(facts);
    const lines = all.flatMap((section) =>
        section.lines.map(
            ({ mark, name, text, remedy }) =>
                `${mark} ${name}: ${text}${remedy === undefined ? "" : ` | ${remedy}`}`,
        ),
    );
    return { lines, ...verdict(facts, all) };
}

describe("what the doctor says", () => {
    it("is all good where all is well", () => {
        const { lines, ok, text, next } = said({});
        expect(lines.filter((line) => !/^(good|note)/.test(line))).to.deep.equal([]);
        expect({ ok, text, next }).to.deep.equal({
            ok: true,
            text: "All is well: the habit tracker is at http://127.0.0.1:30080",
            next: "npm run open",
        });
    });

    const CASES: Record<string, [Partial<Facts>, string]> = {
        "a tool of ours": [
            { tools: [{ ...tool("pulumi"), ours: true }] },
            "good pulumi: v1.2.3             /bin/pulumi   (installed by npm run up)",
        ],
        "no Minikube, where another cluster is meant": [
            {
                tools: [{ ...tool("minikube"), path: undefined }],
                cluster: { ...CLUSTER, isMinikube: false },
            },
            "note minikube: not on PATH, and not needed: kubeContext names another cluster",
        ],
        "no kubectl, where another cluster is meant": [
            {
                tools: [{ ...tool("kubectl"), path: undefined }],
                cluster: { ...CLUSTER, isMinikube: false },
            },
            "bad kubectl: not on PATH | https://kubernetes.io/docs/tasks/tools/",
        ],
        "stand-ins": [
            {
                plugins: {
                    home: "/p",
                    list: [{ name: "docker", version: "5.2.0", kind: "stand-in" }],
                },
            },
            "good plugins: docker 5.2.0 (stand-ins of the closed network)",
        ],
        "plugins that Pulumi will fetch": [
            {
                plugins: {
                    home: "/p",
                    list: [{ name: "docker", version: "5.2.0", kind: "absent" }],
                },
            },
            "coming plugins: docker 5.2.0 not there: Pulumi fetches them",
        ],
        "an engine that npm run up starts": [
            {
                engine: { state: "stopped", reason: "Cannot connect\nmore", version: undefined },
                next: {
                    ...NEXT,
                    intentions: ["start the Docker engine"],
                },
            },
            "coming engine: does not answer: Cannot connect (npm run up sees to it)",
        ],
        "an engine that the user has to start": [
            {
                engine: { state: "forbidden", reason: "permission denied", version: undefined },
                next: {
                    ...NEXT,
                    refusal: { what: "What", why: "why", next: "sudo usermod" },
                },
            },
            "bad engine: does not let this user in: permission denied | sudo usermod",
        ],
        "another cluster that does not answer": [
            { cluster: { ...CLUSTER, context: "prod", isMinikube: false, state: "stopped" } },
            'bad cluster: context "prod" does not answer | kubectl --context prod version, which has to answer',
        ],
        "a login that cannot be read": [
            { login: { unknown: "it answers something else than was expected" } },
            "bad backend: the login cannot be read: it answers something else than was expected | pulumi login",
        ],
        "Pulumi Cloud": [
            { login: { ...LOGIN, isOwn: false, backend: "https://api.pulumi.com" } },
            "good backend: Pulumi Cloud: https://api.pulumi.com",
        ],
        "a service of one's own": [
            {
                login: {
                    ...LOGIN,
                    isOwn: false,
                    backend: "https://pulumi.corp",
                    passphrase: "service",
                },
            },
            "good passphrase: none needed: the service keeps the keys",
        ],
        "a bucket": [
            { login: { ...LOGIN, isOwn: false, backend: "s3://states" } },
            "good backend: a bucket or database: s3://states",
        ],
        "a passphrase from the environment": [
            { login: { ...LOGIN, passphrase: "PULUMI_CONFIG_PASSPHRASE" } },
            "good passphrase: from the variable PULUMI_CONFIG_PASSPHRASE",
        ],
        "a passphrase that is gone": [
            { login: { ...LOGIN, hasPassphrase: false } },
            "bad passphrase: there is none, and the stack local is encrypted with one | put it into .local/passphrase (mode 0600)",
        ],
        "a passphrase that the stack's file needs": [
            {
                login: { ...LOGIN, hasPassphrase: false, needsPassphrase: true },
                state: { ...STATE, exists: false },
            },
            "bad passphrase: there is none, and the stack local is encrypted with one | put it into .local/passphrase (mode 0600)",
        ],
        "a stack that was destroyed": [
            { state: { ...STATE, resources: 0, outputs: {} } },
            "coming stack: local is empty: npm run up fills it",
        ],
        "a Secret of one's own": [
            {
                settings: {
                    ...SETTINGS,
                    settings: [{ key: "existingSecret", from: "stack", value: "mine" }],
                },
            },
            "note secret: jwtSecret: what the Secret mine says (existingSecret)",
        ],
        "a stack that lost what runs": [
            { running: { tiers: [], pods: [], volumes: [] } },
            "bad pods: nothing of the stack runs there | npm run up",
        ],
        "a volume that waits": [
            {
                running: {
                    ...{ tiers: [tier("backend")], pods: [] },
                    volumes: [{ name: "data", state: "Pending", size: "" }],
                },
            },
            "bad volume: data is Pending | minikube kubectl -- --context minikube -n default describe pvc data",
        ],
        "a pod of no tier": [
            {
                running: {
                    ...{ tiers: [tier("backend")], volumes: [] },
                    pods: [
                        {
                            ...{ name: "backup-1", component: "backup", ready: 0, containers: 1 },
                            ...{ restarts: 1, image: "postgres:17", state: "Completed" },
                        },
                    ],
                },
            },
            "note pod: backup-1   0/1 ready, Completed, 1 restart, postgres:17",
        ],
        "what will be downloaded": [
            { next: { ...NEXT, intentions: ["download pulumi"] } },
            "note up: tools are downloaded",
        ],
        "what npm run up refuses": [
            {
                next: {
                    ...NEXT,
                    refusal: { what: "What", why: "why\nmore", next: "do" },
                },
            },
            "bad up: refuses: What: why | do",
        ],
    };
    for (const [name, [changed, line]] of Object.entries(CASES)) {
        it(`has a line for ${name}`, () => {
            const { lines, ok } = said(changed);
            expect(lines).to.include(line);
            expect(ok).to.equal(!lines.some((each) => each.startsWith("bad")));
        });
    }

    it("names first what the rest depends on", () => {
        const { ok, text, next } = said({
            cluster: { ...CLUSTER, state: "stopped", made: false },
            login: { ...LOGIN, hasPassphrase: false },
        });
        expect({ ok, next }).to.deep.equal({ ok: false, next: "minikube start -p minikube" });
        expect(text).to.match(
            /^2 problems; the first to mend is cluster: Minikube profile "minikube" is/,
        );
    });

    it("names the stack in its commands where it is not the usual one", () => {
        const shop = {
            stack: "shop",
            state: { ...STATE, exists: false, id: undefined, outputs: {} },
        };
        const nothing = { running: { tiers: [], pods: [], volumes: [] }, page: { unknown: "no" } };
        expect(said({ ...shop, ...nothing }).next).to.equal("npm run up -- --stack shop");
    });

    it("is one line a thing, aligned, each remedy below it, with ~ for the home folder", () => {
        const facts = {
            ...WELL,
            tools: [tool("pulumi", `${homedir()}/bin/pulumi`), tool("kubectl", "/bin/kubectl")],
            cluster: { ...CLUSTER, state: "stopped" as const, made: false },
        };
        const all = sections(facts);
        const text = renderDoctor(all, verdict(facts, all));
        expect(text.split("\n").slice(0, 3)).to.deep.equal([
            "This machine",
            "  ✔ pulumi     v1.2.3             ~/bin/pulumi",
            "  ✔ kubectl    v1.2.3             /bin/kubectl",
        ]);
        expect(text).to.match(/\n {2}✖ cluster {4}Minikube [^\n]*\n {15}Mend it: minikube start/);
        expect(text).to.match(/\n\n✖ 1 problem; [^\n]*\n {2}Next: minikube start -p minikube$/);
    });
});

describe("what is taken out of it", () => {
    it("is user and password of a proxy, however it is written", () => {
        expect(
            telling({
                HTTPS_PROXY: "http://me:pass@proxy.corp:3128/",
                http_proxy: "me:p@ss@proxy.corp:8080",
                ALL_PROXY: "http://[",
                NO_PROXY: ".corp",
                SHELL: "/bin/sh",
            }),
        ).to.deep.equal({
            HTTPS_PROXY: "proxy.corp:3128",
            http_proxy: "proxy.corp:8080",
            ALL_PROXY: "(not a URL)",
            NO_PROXY: ".corp",
        });
    });

    it("is every password and token of the environment, and what stands in a URL before its host", () => {
        const env = {
            HTTP_PROXY: "http://me:se%40cret@proxy",
            PULUMI_ACCESS_TOKEN: "pul-123456",
            PULUMI_CONFIG_PASSPHRASE: "",
            HOME: "/home/me",
        };
        expect(
            withoutSecrets(
                "se@cret se%40cret pul-123456 postgres://u:p@db:5432/x ssh://me@host",
                env,
            ),
        ).to.equal("*** *** *** postgres://db:5432/x ssh://host");
        expect(withoutSecrets("me@corp.org is at /home/me", env)).to.equal(
            "me@corp.org is at /home/me",
        );
        expect(JSON.parse(documentWithoutSecrets({ a: ['"se@cret"'], b: 1 }, env))).to.deep.equal({
            a: ['"***"'],
            b: 1,
        });
    });

    it("are the outputs that are secret, and all that the state has of resources", () => {
        const resource = { urn: "urn:pulumi:local::p::t::name", type: "pulumi:pulumi:Stack" };
        const fact = stateFact({
            deployment: {
                resources: [
                    { ...resource, outputs: { url: "u", open: true, secret: { ciphertext: "x" } } },
                ],
            },
        });
        expect(fact).to.deep.include({
            exists: true,
            resources: 1,
            outputs: { url: "u", open: "true" },
        });
        expect(JSON.stringify(fact)).not.to.contain("ciphertext");
    });
});
