// A Secret that somebody else made: what is taken from it, and what is refused before anything changes.
import * as pulumi from "@pulumi/pulumi";
import * as debuggable from "@pulumi/pulumi/runtime/debuggable.js";
import { expect } from "chai";
import { readContents } from "../../components/contents.ts";
import {
    agreedPassword,
    leadsIntoOwnDatabase,
    namesOwnDatabase,
} from "../../components/existingSecret.ts";
import {
    type Self,
    adoptsNamespace,
    adoptsObjects,
    ownershipProblems,
} from "../../components/ownership.ts";
import { INTERNET_EGRESS } from "../../components/pods.ts";
import { report } from "../../components/problems.ts";
import { checkSettings } from "../../components/settings.ts";
import {
    CLUSTER_UID,
    type ClusterContents,
    type FakeMinikube,
    type ListedObject,
    OTHER_STACK_ID,
    STACK_ID,
    installFakeMinikube,
    listed,
    lookAt,
    plain,
    rawConfig,
    resolve,
    runProgram,
} from "./harness.ts";

const OWN = "habit-tracker-secrets";
const DATABASE = "habit-tracker-database";
const KEY = "canary-key-0123456789-0123456789-abc";
const OTHER_KEY = "canary-other-0123456789-0123456789-a";
const EXTERNAL = "postgresql://user:canary-password@elsewhere:6432/habits";
const INSIDE = `postgresql://habit_tracker:canary-generated@${DATABASE}:5432/habit_tracker`;
const ENTRIES = { DATABASE_URL: EXTERNAL, JWT_SECRET: KEY };
const MINE = { existingSecret: "mine" };
const HOME = { profile: "minikube", authority: "AA:BB" };
const SELF: Self = { id: STACK_ID, home: HOME, fresh: false, labelled: true };
const FRESH: Self = { ...SELF, fresh: true, labelled: false };

const LABELS = (stack: string) => ({
    "app.kubernetes.io/part-of": "habit-tracker",
    "habit-tracker/stack": stack,
});

/** A Secret as the API server lists it; of nobody unless a stack is named. */
function secret(
    name: string,
    entries: Record<string, string>,
    more: { stack?: string; namespace?: string; type?: string } = {},
): ListedObject {
    const { stack, namespace = "default", type = "Opaque" } = more;
    return {
        metadata: {
            name,
            namespace,
            ...(stack === undefined ? {} : { labels: LABELS(stack) }),
        },
        type,
        data: Object.fromEntries(
            Object.entries(entries).map(([key, value]) => [
                key,
                Buffer.from(value).toString("base64"),
            ]),
        ),
    };
}

/** The stack's backend, with a Secret in its environment: its own, or one that exists. */
const backend = (name: string, existing?: string, namespace = "default"): ListedObject => ({
    metadata: {
        name: "habit-tracker-backend",
        namespace,
        labels: LABELS(STACK_ID),
        annotations: existing === undefined ? {} : { "habit-tracker/existing-secret": existing },
    },
    spec: {
        template: {
            spec: {
                containers: [
                    {
                        image: "habit-tracker-backend:v1.0.0",
                        envFrom: [{ configMapRef: { name: "c" } }, { secretRef: { name } }],
                    },
                ],
            },
        },
    },
});

/** Something else of the stack that runs in its namespace, and that the API server lists before the backend. */
const OTHER_WORKLOAD: ListedObject = {
    metadata: { name: "another", namespace: "default", labels: LABELS(STACK_ID) },
    spec: { template: { spec: { containers: [{ image: "another:v1" }] } } },
};

/** The stack's database in the cluster, with its volume and its password. */
const DATABASE_OBJECTS = {
    persistentvolumeclaims: [
        {
            metadata: {
                name: DATABASE,
                namespace: "default",
                labels: { ...LABELS(STACK_ID), component: "database" },
                annotations: { "habit-tracker/postgres-major": "17" },
            },
            spec: { resources: { requests: { storage: "1Gi" } }, volumeName: "pvc-1" },
        },
    ],
    statefulsets: [
        {
            metadata: { name: DATABASE, namespace: "default", labels: LABELS(STACK_ID) },
            spec: {
                template: {
                    spec: {
                        containers: [{ image: "postgres:17" }],
                        volumes: [{ persistentVolumeClaim: { claimName: DATABASE } }],
                    },
                },
            },
        },
    ],
};
const PASSWORD = secret(DATABASE, { password: "canary-generated" }, { stack: STACK_ID });
const own = (entries = { DATABASE_URL: INSIDE, JWT_SECRET: KEY }) =>
    secret(OWN, entries, { stack: STACK_ID });

async function look(contents: ClusterContents, config: Record<string, string>, self = SELF) {
    const seen = await lookAt(contents, config, { title: "here", kubectl: "kubectl" });
    return { ...seen, situation: { ...seen, self, here: HOME } };
}

/** What the program says before it changes anything; nothing where it goes on. */
async function refusal(
    contents: ClusterContents,
    config: Record<string, string> = MINE,
    self = SELF,
): Promise<string> {
    const { problems, situation } = await look(contents, config, self);
    const all = problems.length > 0 ? problems : ownershipProblems(situation);
    const text = all.length === 0 ? "" : report(all);
    expect(text).not.to.match(/canary/);
    return text;
}

const secrets = (...list: ListedObject[]): ClusterContents => ({ secrets: list });

describe("the settings with an existing Secret", () => {
    it("are refused where they say what is in it", () => {
        const refused = (config: Record<string, string>) =>
            report(checkSettings(rawConfig({ ...MINE, ...config })).problems);
        expect(refused({ jwtSecret: KEY, geminiApiKey: "canary" }))
            .to.contain("existingSecret is set, and so are jwtSecret and geminiApiKey")
            .and.to.contain("pulumi config rm jwtSecret && pulumi config rm geminiApiKey")
            .and.not.to.contain("canary");
        for (const [key, value] of Object.entries({
            databaseUrl: EXTERNAL,
            jwtSecretPrevious: KEY,
            jwtAlgorithm: "HS384",
        })) {
            expect(refused({ [key]: value })).to.contain(`and so is ${key}`);
        }
        const { problems } = checkSettings(rawConfig({ ...MINE, geminiModel: "gemini-9" }));
        expect(problems).to.deep.equal([]);
    });
});

describe("an existing Secret", () => {
    it("says whose the database is, and whether the chatbot has a key", async () => {
        const entries = { ...ENTRIES, GEMINI_API_KEY: "canary-gemini", MORE: "" };
        const { settings, problems } = await look(secrets(secret("mine", entries)), MINE);
        expect(problems).to.deep.equal([]);
        const { configuration } = settings;
        expect(await resolve(configuration.databaseUrl)).to.equal(EXTERNAL);
        expect(await resolve(configuration.geminiApiKey)).to.equal("canary-gemini");
        expect(await resolve(configuration.existingEntries)).to.deep.equal(entries);
        const inside = await look(
            secrets(secret("mine", { ...ENTRIES, DATABASE_URL: INSIDE })),
            MINE,
        );
        expect(inside.settings.configuration).to.include({
            databaseUrl: undefined,
            geminiApiKey: undefined,
        });
    });

    it("is read by its name alone, and printed by nothing", async () => {
        const paths: string[] = [];
        // another's backend has its own
        const there = {
            ...secrets(secret("mine", ENTRIES)),
            deployments: [backend("theirs", undefined, "shop")],
            storageclasses: [{ metadata: { name: "standard" }, provisioner: "elsewhere" }],
            namespaces: [{ metadata: { name: "default", uid: OTHER_STACK_ID } }],
        };
        const contents = await readContents(
            (path) => {
                paths.push(decodeURIComponent(path));
                return Promise.resolve(listed(there, path));
            },
            "default",
            ["mine"],
        );
        expect(paths.filter((path) => path.includes("/secrets"))).to.deep.equal([
            "/api/v1/namespaces/default/secrets?fieldSelector=metadata.name=mine",
        ]);
        // nor are other people's workloads
        const product = "labelSelector=app.kubernetes.io/part-of=habit-tracker";
        expect(paths.filter((path) => path.startsWith("/apis/apps/"))).to.deep.equal([
            `/apis/apps/v1/deployments?${product}`,
            `/apis/apps/v1/statefulsets?${product}`,
        ]);
        // nor is anybody's pod looked at, but Minikube's own where there is one
        expect(paths.filter((path) => path.includes("/pods"))).to.deep.equal([]);
        expect(contents.secrets[0]?.entries()).to.deep.equal(ENTRIES);
        expect(contents.clusterUid).to.equal(CLUSTER_UID);
        expect(JSON.stringify(contents)).not.to.match(/canary|Y2FuYXJ5/);
    });

    it("that is not there is refused with the command that makes it, and its namespace", async () => {
        const space = { namespaces: [{ metadata: { name: "default" } }] };
        expect(await refusal(space))
            .to.contain('there is no such Secret in the namespace "default"')
            .and.to.contain(
                "then kubectl create secret generic mine -n default --from-env-file=.env",
            )
            .and.not.to.contain("create namespace");
        expect(await refusal({}, { ...MINE, namespace: "habits" })).to.contain(
            "kubectl create namespace habits; cp .env.example .env",
        );
        // with what the backend has now
        expect(await refusal({ ...space, ...secrets(own()) })).to.contain(
            "| kubectl create secret generic mine -n default --from-env-file=/dev/stdin",
        );
    });

    const cases: Record<string, [Record<string, string>, string]> = {
        "without a database": [{ JWT_SECRET: KEY }, "has no DATABASE_URL"],
        "with white space for a database": [
            { ...ENTRIES, DATABASE_URL: " " },
            "1 problem to mend before anything is created or changed:\n\n1. the Secret default/mine has no DATABASE_URL",
        ],
        "that a file has to take the place of": [
            { JWT_SECRET: KEY },
            "Mend it: kubectl create secret generic mine -n default --from-env-file=.env --dry-run=client -o yaml | kubectl replace -f -",
        ],
        "with two empty entries": [
            { DATABASE_URL: "", JWT_SECRET: "" },
            "has no DATABASE_URL and no JWT_SECRET",
        ],
        "with quotes of a file in it": [
            { ...ENTRIES, DATABASE_URL: `"${EXTERNAL}"` },
            "DATABASE_URL in the Secret default/mine is (not shown)",
        ],
        "with a key that is too short for its algorithm": [
            { ...ENTRIES, JWT_ALGORITHM: "HS512" },
            "JWT_SECRET in the Secret default/mine is (not shown)",
        ],
        "with a key that has a line's end": [
            { ...ENTRIES, JWT_SECRET: `${KEY}\n` },
            "JWT_SECRET in the Secret default/mine is (not shown)",
        ],
        "with a key before it that has a line's end": [
            { ...ENTRIES, JWT_SECRET_PREVIOUS: `${KEY}\n` },
            "JWT_SECRET_PREVIOUS in the Secret default/mine is (not shown)",
        ],
        "with an algorithm that is none": [
            { ...ENTRIES, JWT_ALGORITHM: "none" },
            "JWT_ALGORITHM in the Secret",
        ],
        "with a placeholder": [
            { ...ENTRIES, GEMINI_API_KEY: "CHANGE_ME" },
            "GEMINI_API_KEY in the Secret",
        ],
        "that would win over a setting's value for the model": [
            { ...ENTRIES, GEMINI_MODEL: "gemini-1" },
            `kubectl patch secret mine -n default --type=json -p '[{"op":"remove","path":"/data/GEMINI_MODEL"}]'`,
        ],
        "that would win over a setting": [
            { ...ENTRIES, GEMINI_BASE_URL: "http://gateway" },
            "has GEMINI_BASE_URL as well",
        ],
    };
    for (const [title, [entries, says]] of Object.entries(cases)) {
        it(`${title} is refused`, async () => {
            expect(await refusal(secrets(secret("mine", entries)))).to.contain(says);
        });
    }

    it("of another type, or beside settings of a database that there is not, is refused", async () => {
        const token = secret("mine", ENTRIES, { type: "kubernetes.io/service-account-token" });
        expect(await refusal(secrets(token))).to.contain("is of the type kubernetes.io/service");
        const config = { ...MINE, backupSchedule: "0 3 * * *", extraConfig: '["MORE=1"]' };
        expect(await refusal(secrets(secret("mine", { ...ENTRIES, MORE: "2" })), config))
            .to.contain("names a database of your own, and backupSchedule is set")
            .and.to.contain("has MORE as well");
        const claim = { ...MINE, databaseExistingClaim: "kept" };
        expect(await refusal(secrets(secret("mine", ENTRIES)), claim)).to.contain(
            "Mend it: pulumi config rm databaseExistingClaim",
        );
        // which are right with the one in the cluster, and a question too early without any
        const inside = { ...ENTRIES, DATABASE_URL: INSIDE };
        const scheduled = { ...MINE, backupSchedule: "0 3 * * *" };
        const anew = { ...SELF, labelled: false };
        expect(await refusal(secrets(secret("mine", inside)), scheduled, anew)).to.equal("");
        const without = secrets(secret("mine", { JWT_SECRET: KEY }));
        expect(await refusal(without, scheduled)).to.contain("1 problem to mend");
    });

    it("is taken as it is, under the name of the seed as well", async () => {
        expect(await refusal(secrets(secret("mine", ENTRIES)), MINE, FRESH)).to.equal("");
        const seed = { existingSecret: OWN };
        expect(await refusal(secrets(secret(OWN, ENTRIES)), seed, FRESH)).to.equal("");
        // and the second time
        const running = { ...secrets(secret(OWN, ENTRIES)), deployments: [backend(OWN, OWN)] };
        expect(await refusal(running, seed)).to.equal("");
    });

    it("is not one that the stack made, or that the state has by its name", async () => {
        const seed = { existingSecret: OWN };
        const says = `existingSecret is "${OWN}", and that Secret is the stack's own`;
        const entries = { DATABASE_URL: EXTERNAL, JWT_SECRET: KEY };
        expect(await refusal(secrets(own(entries)), seed))
            .to.contain(says)
            .and.to.contain(
                `kubectl get secret ${OWN} -n default -o go-template='{{range $name, $value := .data}}{{$name}}={{$value | base64decode}}{{"\\n"}}{{end}}'`,
            );
        // somebody deleted the stack's own and made another in its place
        const remade = { ...secrets(secret(OWN, ENTRIES)), deployments: [backend(OWN)] };
        expect(await refusal(remade, seed)).to.contain(says);
        const theirs = secret("mine", ENTRIES, { stack: OTHER_STACK_ID });
        expect(await refusal(secrets(theirs))).to.contain("that Secret is of the stack");
    });

    it("is not overwritten by one of the stack's own", async () => {
        const somebodys = secrets(secret(OWN, ENTRIES));
        expect(await refusal(somebodys, {}))
            .to.contain(`The Secret default/${OWN} is there already`)
            .and.to.contain(`pulumi config set existingSecret ${OWN}`);
        expect(await refusal(secrets(own()), {})).to.equal("");
        // the stack's own that lost its labels
        expect(await refusal({ ...somebodys, deployments: [backend(OWN)] }, {})).to.equal("");
        const others = { deployments: [OTHER_WORKLOAD, backend(OWN)] };
        expect(await refusal({ ...somebodys, ...others }, {})).to.equal("");
        // which is in the namespace that the stack is in, and not in the one that it goes to
        const there = secrets(secret(OWN, ENTRIES, { namespace: "habits" }));
        expect(
            await refusal({ ...there, deployments: [backend(OWN)] }, { namespace: "habits" }),
        ).to.contain(`The Secret habits/${OWN} is there already`);
    });

    it("from before there were IDs is the stack's own", async () => {
        const made = secret(OWN, ENTRIES);
        made.metadata.labels = { "app.kubernetes.io/part-of": "habit-tracker" };
        expect(await refusal(secrets(made), {})).to.equal("");
        expect(await refusal(secrets(made), { existingSecret: OWN })).to.contain(
            `existingSecret is "${OWN}", and that Secret is the stack's own`,
        );
    });
});

describe("the database with an existing Secret", () => {
    const running = (entries: Record<string, string>, ...more: ListedObject[]) => ({
        ...DATABASE_OBJECTS,
        deployments: [backend(OWN)],
        ...secrets(own(), secret("mine", entries), ...more),
    });

    it("stays the one in the cluster where the Secret has its password", async () => {
        const inside = { ...ENTRIES, DATABASE_URL: INSIDE };
        expect(await refusal(running(inside, PASSWORD))).to.equal("");
    });

    it("is refused a Secret that would not get into it", async () => {
        const inside = { ...ENTRIES, DATABASE_URL: INSIDE.replace("generated", "other") };
        expect(await refusal(running(inside, PASSWORD)))
            .to.contain("names the in-cluster database, and would not get into it")
            .and.to.contain("kubectl patch secret mine -n default --patch-file=/dev/stdin")
            .and.to.contain(
                `"DATABASE_URL":"postgresql://habit_tracker:{{.data.password | base64decode}}@${DATABASE}:5432/habit_tracker"`,
            );
        expect(await refusal(running(inside))).to.contain("has yet to generate");
        const fresh = secrets(secret("mine", inside));
        expect(await refusal(fresh, MINE, FRESH)).to.contain("pulumi config rm existingSecret");
        // in a cluster made anew the state has the password
        expect(await refusal(fresh, MINE, { ...SELF, labelled: false })).to.equal("");
    });

    it("is not left behind unsaid", async () => {
        expect(await refusal(running(ENTRIES, PASSWORD))).to.contain(
            `would no longer use its volume default/${DATABASE}`,
        );
        const yes = { ...MINE, databaseAbandon: `default/${DATABASE}` };
        expect(await refusal(running(ENTRIES, PASSWORD), yes)).to.equal("");
    });

    it("is known by any of its names", () => {
        for (const host of [
            DATABASE,
            `${DATABASE}.`,
            `${DATABASE}.habits`,
            `${DATABASE}.habits.svc`,
            `${DATABASE}.habits.svc.cluster.local`,
            `${DATABASE.toUpperCase()}.habits.svc.`,
        ]) {
            for (const url of [
                `postgresql://u:p@${host}/d`,
                `postgresql://u:p@elsewhere:1,${host}:2/d`,
                `postgresql://u:p@elsewhere/d?host=${host}`,
            ]) {
                expect(namesOwnDatabase(url, "habits"), url).to.equal(true);
            }
        }
        for (const host of [`${DATABASE}.shop`, `my-${DATABASE}`, `${DATABASE}.example.org`]) {
            expect(namesOwnDatabase(`postgresql://${DATABASE}:p@${host}/d`, "habits")).to.equal(
                false,
            );
        }
    });

    it("is led into by one role, with its password, and by no detour", () => {
        const leads = (url: string) => leadsIntoOwnDatabase(url, "default", "p/w");
        const url = `postgresql://habit_tracker:p%2Fw@${DATABASE}:5432/habit_tracker`;
        expect(leads(url)).to.equal(true);
        expect(leads(`${url}?sslmode=disable`)).to.equal(true);
        expect(leads(url.replace(":5432", ""))).to.equal(true);
        for (const other of [
            url.replace("p%2Fw", "other"),
            url.replace("p%2Fw", "%zz"),
            url.replace("habit_tracker:", "postgres:"),
            url.replace(/\/habit_tracker$/, "/postgres"),
            url.replace("5432", "5433"),
            url.replace(DATABASE, "elsewhere"),
            url.replace("5432", "5432,elsewhere:5432"),
            // libpq takes all of them from there too
            ...["host", "hostaddr", "port", "user", "password", "dbname"].map(
                (name) => `${url}?${name}=elsewhere`,
            ),
        ]) {
            expect(leads(other), other).to.equal(false);
        }
    });
});

describe("a change from one Secret to another", () => {
    const to = (entries: Record<string, string>, ...more: ListedObject[]) => ({
        deployments: [backend(OWN)],
        ...secrets(own({ ...ENTRIES }), secret("mine", { ...ENTRIES, ...entries }), ...more),
    });
    const says = "Everybody would have to log in again";

    it("keeps the sessions, or says that it would not", async () => {
        expect(await refusal(to({}))).to.equal("");
        expect(await refusal(to({ JWT_SECRET: OTHER_KEY })))
            .to.contain(says)
            .and.to.contain('{"data":{"JWT_SECRET_PREVIOUS":"{{.data.JWT_SECRET}}"}}');
        const previous = { JWT_SECRET: OTHER_KEY, JWT_SECRET_PREVIOUS: KEY };
        expect(await refusal(to(previous))).to.equal("");
        const other = { JWT_SECRET: OTHER_KEY, JWT_SECRET_PREVIOUS: `${OTHER_KEY}-2` };
        expect(await refusal(to(other))).to.contain(says);
        const long = "canary-0123456789-".repeat(4);
        expect(await refusal(to({ JWT_SECRET: long, JWT_SECRET_PREVIOUS: "" }))).to.equal("");
        expect(await refusal(to({ JWT_ALGORITHM: "HS256" }))).to.equal("");
        // another algorithm ends them with the same key, too
        const same = { JWT_SECRET: long, JWT_ALGORITHM: "HS384" };
        const before = { ...ENTRIES, JWT_SECRET: long };
        expect(
            await refusal({
                deployments: [backend(OWN)],
                ...secrets(own(before), secret("mine", { ...before, ...same })),
            }),
        )
            .to.contain(says)
            .and.to.contain("JWT_ALGORITHM HS256 in it");
    });

    it("ends the sessions of another algorithm, whatever the key", async () => {
        const long = "canary-0123456789-".repeat(4);
        const between = (before: string, after: string) => ({
            deployments: [backend(OWN)],
            ...secrets(
                own({ ...ENTRIES, JWT_SECRET: long, JWT_ALGORITHM: before } as never),
                secret("mine", { ...ENTRIES, JWT_SECRET: long, JWT_ALGORITHM: after }),
            ),
        });
        expect(await refusal(between("HS512", "HS512"))).to.equal("");
        expect(await refusal(between("HS512", "")))
            .to.contain(says)
            .and.to.contain("JWT_ALGORITHM HS512 in it");
        expect(await refusal(between("HS256", "HS384"))).to.contain(says);
    });

    it("keeps them on the way back, too, and a database of one's own", async () => {
        const from = (url: string) => ({
            deployments: [backend("mine", "mine")],
            ...secrets(secret("mine", { ...ENTRIES, DATABASE_URL: url, JWT_ALGORITHM: "HS256" })),
        });
        expect(await refusal(from(EXTERNAL), {}))
            .to.contain("would leave the database")
            .and.to.contain("go-template='{{.data.DATABASE_URL | base64decode}}'")
            .and.to.contain("pulumi config set --secret databaseUrl")
            .and.to.contain(says)
            .and.to.contain("pulumi config set --secret jwtSecret");
        expect(await refusal(from(INSIDE), {})).to.contain("1 problem");
        expect(await refusal(from(INSIDE), { jwtSecretPrevious: KEY })).to.equal("");
        expect(await refusal(from(EXTERNAL), { jwtSecret: KEY, databaseUrl: EXTERNAL })).to.equal(
            "",
        );
    });

    it("is none where there is nothing to compare", async () => {
        const gone = { deployments: [backend("gone", "gone")], ...secrets() };
        expect(await refusal(gone, {})).to.equal("");
    });
});

describe("a namespace that was made for a Secret", () => {
    const HABITS = { namespace: "habits" };
    const WITH = { ...HABITS, ...MINE };
    const space = { namespaces: [{ metadata: { name: "habits" } }] };
    const made = { ...space, ...secrets(secret("mine", ENTRIES, HABITS)) };
    const adopts = async (...args: Parameters<typeof look>) =>
        adoptsNamespace((await look(...args)).situation);

    it("is taken up as it is, where nobody else is in it", async () => {
        // every cluster has others in other namespaces
        const web = { metadata: { name: "web", namespace: "shop" }, spec: {} };
        const beside = { ...made, services: [web] };
        for (const contents of [made, beside]) {
            expect(await refusal(contents, WITH, FRESH)).to.equal("");
            expect(await adopts(contents, WITH, FRESH)).to.equal(true);
        }
        const { situation } = await look(made, WITH, FRESH);
        // only the namespace: what else is called like the stack's objects is refused
        expect(adoptsObjects(situation)).to.equal(false);
        expect(await refusal(space, HABITS, FRESH)).to.contain("is not this stack's");
        const shared = {
            ...made,
            services: [{ metadata: { name: "web", namespace: "habits" }, spec: {} }],
        };
        expect(await refusal(shared, WITH, FRESH)).to.contain("that holds nothing but the Secret");
        // its quota and its policy would bind them
        for (const kind of [
            ...["pods", "deployments", "statefulsets", "daemonsets", "jobs", "cronjobs"],
        ]) {
            const worker = { [kind]: [{ metadata: { name: "worker", namespace: "habits" } }] };
            expect(await refusal({ ...made, ...worker }, WITH, FRESH), kind).to.contain(
                "that holds nothing but the Secret",
            );
            expect(await adopts({ ...made, ...worker }, WITH, FRESH), kind).to.equal(false);
        }
        const elsewhere = { pods: [{ metadata: { name: "worker", namespace: "other" } }] };
        expect(await refusal({ ...made, ...elsewhere }, WITH, FRESH)).to.equal("");
    });

    it("is not one that another stack's ID is on", async () => {
        const labels = { "habit-tracker/stack": OTHER_STACK_ID };
        const theirs = { ...made, namespaces: [{ metadata: { name: "habits", labels } }] };
        expect(await refusal(theirs, WITH, FRESH)).to.contain("is not this stack's");
    });

    it("stays so as long as the stack is in it", async () => {
        const running = { ...made, deployments: [backend("mine", "mine", "habits")] };
        expect(await adopts(running, WITH)).to.equal(true);
        const back = { ...HABITS, jwtSecret: KEY, databaseUrl: EXTERNAL };
        expect(await refusal(running, back)).to.equal("");
        expect(await adopts(running, back)).to.equal(true);
    });
});

describe("the program with an existing Secret", () => {
    let minikube: FakeMinikube;
    before(async () => {
        minikube = await installFakeMinikube();
    });
    afterEach(() => minikube.setContents({}));
    after(() => minikube.uninstall());

    const entries = { ...ENTRIES, GEMINI_API_KEY: "canary-gemini", JWT_ALGORITHM: "HS256" };
    async function run(data: Record<string, string> = entries) {
        minikube.setContents(secrets(secret("mine", data)));
        const { resources, outputs } = await runProgram(MINE);
        const inputs = (name: string) =>
            plain(resources.find((resource) => resource.name === name)?.inputs) as never;
        return { resources, outputs, inputs };
    }
    const digest = (inputs: (name: string) => never) =>
        (inputs("backend-deployment") as { spec: { template: { metadata: object } } }).spec.template
            .metadata;

    it("makes none of its own, and neither reads nor takes over the other as a resource", async () => {
        const { resources, inputs } = await run();
        const made = resources.filter(({ type }) => type === "kubernetes:core/v1:Secret");
        expect(made.map(({ name }) => name)).to.deep.equal([]);
        expect(inputs("backend-deployment")).to.have.nested.property(
            "spec.template.spec.containers[0].envFrom[1].secretRef.name",
            "mine",
        );
        expect(inputs("backend-deployment")).to.have.deep.nested.property("metadata.annotations", {
            "habit-tracker/existing-secret": "mine",
        });
        // the key of the sessions for the way back
        expect(resources.map(({ name }) => name)).to.include("configuration-jwt-secret");
    });

    it("opens the ports that the Secret asks for", async () => {
        const { inputs } = await run();
        const { egress } = (inputs("backend-network") as { spec: { egress: unknown[] } }).spec;
        expect(egress.slice(1)).to.deep.equal([
            { ports: [{ protocol: "TCP", port: 6432 }] },
            INTERNET_EGRESS,
        ]);
    });

    it("rolls the backend when anything in the Secret changes", async () => {
        const before = digest((await run()).inputs);
        expect(digest((await run()).inputs)).to.deep.equal(before);
        for (const change of [{ JWT_SECRET: OTHER_KEY }, { MORE: "1" }]) {
            expect(digest((await run({ ...entries, ...change })).inputs)).not.to.deep.equal(before);
        }
    });

    it("shows none of its values anywhere", async () => {
        const { resources, outputs } = await run();
        const shown = [
            JSON.stringify(resources),
            ...(await Promise.all(Object.values(outputs).map((output) => resolve(output)))),
        ].map(String);
        for (const text of shown) {
            expect(text).not.to.match(/canary|Y2FuYXJ5/);
        }
    });

    const GENERATED = "generated-configuration-database-password";
    const AGREED = { ...entries, DATABASE_URL: INSIDE.replace("canary-generated", GENERATED) };

    /** The program beside a running stack whose database has a password. */
    function runWith(password: string) {
        minikube.setContents({
            services: [
                {
                    metadata: { name: "any", namespace: "default", labels: LABELS(STACK_ID) },
                    spec: {},
                },
            ],
            ...secrets(
                secret("mine", {
                    ...AGREED,
                    DATABASE_URL: AGREED.DATABASE_URL.replace(GENERATED, password),
                }),
                secret(DATABASE, { password }, { stack: STACK_ID }),
            ),
        });
        return runProgram(MINE, { identity: { ...HOME, since: "2026-01-01T00:00:00Z" } });
    }

    it("has a database in the cluster with the password that both have", async () => {
        const { resources } = await runWith(GENERATED);
        const names = resources.map(({ name }) => name);
        expect(names).to.include("database-secret").and.not.to.include("configuration-secrets");
    });

    it("does not give the database a password that was generated anew, which the Secret does not have", async () => {
        const { resources } = await runWith("canary-generated");
        // the error of its input ends an update before it is asked for
        const names = resources.map(({ name }) => name);
        expect(names).to.include("configuration-database-password");
        expect(names).not.to.include("database-secret");
        // what stands on it is awaited for ever: no leak to tell of when the tests end
        (debuggable as unknown as { leakedPromises: () => unknown }).leakedPromises();
    });

    it("gives the database no password that the Secret does not have", async () => {
        const { settings } = await look(secrets(secret("mine", AGREED)), MINE);
        const { promise } = agreedPassword(pulumi.secret(GENERATED), settings) as unknown as {
            promise: () => Promise<string>;
        };
        expect(await promise()).to.equal(GENERATED);
        const other = agreedPassword(pulumi.secret("another"), settings) as unknown as {
            promise: () => Promise<string>;
        };
        const error = await other.promise().catch((reason: unknown) => reason);
        expect((error as Error).message)
            .to.contain("does not have the password that was generated")
            .and.not.to.contain(GENERATED);
        expect(agreedPassword(undefined, settings)).to.equal(undefined);
    });
});
