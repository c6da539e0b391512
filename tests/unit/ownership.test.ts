// Whose is it: what the program refuses to touch, and what it refuses to lose, before it registers anything.
import { expect } from "chai";
import {
    KEPT_ANNOTATION,
    POSTGRES_MAJOR_ANNOTATION,
    POSTGRES_USER_ANNOTATION,
    STACK_LABEL,
} from "../../components/contents.ts";
import {
    type Self,
    adoptsNamespace,
    adoptsObjects,
    backupsVolume,
    declaresVolume,
    knowsVolume,
    lossNotice,
    otherClaims,
    ownershipProblems,
    volumeNode,
    writtenBy,
} from "../../components/ownership.ts";
import { refuse, report } from "../../components/problems.ts";
import {
    CLUSTER_UID,
    type ClusterContents,
    type FakeMinikube,
    type ListedObject,
    OTHER_STACK_ID,
    type Registered,
    STACK_ID,
    installFakeMinikube,
    lookAt,
    plain,
    runProgram,
} from "./harness.ts";

const DATABASE = "habit-tracker-database";
const OWN_DATABASE = { databaseUrl: "postgresql://u:p@elsewhere/d" };
const HOME = { profile: "minikube", authority: "AA:BB" };
const SELF: Self = { id: STACK_ID, home: HOME, fresh: false, labelled: true };
/** The same in a cluster where nothing is of it. */
const ABSENT: Self = { ...SELF, labelled: false };

type Owner = string | undefined;

/** An object of this program: of the stack with that ID, or from before there were any. */
const object = (name: string, namespace: string, stack: Owner, fields = {}): ListedObject => ({
    metadata: {
        name,
        namespace,
        labels: {
            "app.kubernetes.io/part-of": "habit-tracker",
            component: "database",
            ...(stack === undefined
                ? {}
                : {
                      [STACK_LABEL]: stack,
                      "app.kubernetes.io/instance": stack === STACK_ID ? "local" : "theirs",
                  }),
        },
        annotations: {},
    },
    ...fields,
});
const claim = (stack: Owner, own: { name?: string; namespace?: string } = {}) => {
    const made = object(own.name ?? DATABASE, own.namespace ?? "default", stack, {
        spec: {
            storageClassName: "standard",
            resources: { requests: { storage: "1Gi" } },
            volumeName: "pvc-1",
        },
    });
    made.metadata.annotations = {
        [POSTGRES_MAJOR_ANNOTATION]: "17",
        [POSTGRES_USER_ANNOTATION]: "999",
    };
    return made;
};
const volumes = (...claims: ListedObject[]) => ({ persistentvolumeclaims: claims });
const kept = (made: ListedObject) => {
    made.metadata.annotations = { ...made.metadata.annotations, [KEPT_ANNOTATION]: "2026-11-24" };
    return made;
};
/** The same with another label: `part-of: shop` makes it somebody's who has nothing to do with this program. */
const relabelled = ({ metadata, ...fields }: ListedObject, labels: Record<string, string>) => ({
    ...fields,
    metadata: { ...metadata, labels: { ...metadata.labels, ...labels } },
});
const HABITS = { namespace: "habits" };
/** The same, made by the Helm chart. */
const released = (made: ListedObject) => ({
    ...made,
    metadata: {
        ...made.metadata,
        annotations: { ...made.metadata.annotations, "meta.helm.sh/release-name": "web" },
    },
});
const SHOPS = { "app.kubernetes.io/part-of": "shop" };
const DUMPS = { component: "backup" };
/** Whose volume is still to come. */
const unbound = ({ metadata, ...fields }: ListedObject) => ({
    metadata,
    spec: { ...(fields["spec"] as object), volumeName: undefined },
});
/** Without what later versions write down on it. */
const unannotated = (made: ListedObject) => ({
    ...made,
    metadata: { ...made.metadata, annotations: {} },
});
const workload = (name: string, namespace: string, stack: Owner, image: string, volume?: string) =>
    object(name, namespace, stack, {
        spec: {
            template: {
                spec: {
                    containers: [{ image }],
                    volumes: [
                        { name: "tmp", emptyDir: {} },
                        ...(volume ? [{ persistentVolumeClaim: { claimName: volume } }] : []),
                    ],
                },
            },
        },
    });
const service = (name: string, namespace: string, stack: Owner, nodePort?: number) =>
    object(name, namespace, stack, { spec: { ports: [nodePort ? { nodePort } : {}] } });
const namespace = (name: string, stack: Owner) => {
    const { metadata } = object(name, "", stack);
    delete metadata.namespace;
    return { metadata };
};

/** A stack that is up in `default`, with its volume. */
const RUNNING: ClusterContents = {
    services: [
        service("habit-tracker-frontend", "default", STACK_ID, 30080),
        service(DATABASE, "default", STACK_ID),
    ],
    persistentvolumeclaims: [claim(STACK_ID)],
    statefulsets: [workload(DATABASE, "default", STACK_ID, "postgres:17", DATABASE)],
    deployments: [
        workload("habit-tracker-backend", "default", STACK_ID, "habit-tracker-backend:v1.0.0"),
    ],
};

/** Another stack that is up in a namespace of its own, with the seed's port and images. */
const NEIGHBOUR: ClusterContents = {
    namespaces: [namespace("theirs", OTHER_STACK_ID)],
    services: [service("habit-tracker-frontend", "theirs", OTHER_STACK_ID, 30080)],
    persistentvolumeclaims: [claim(OTHER_STACK_ID, { namespace: "theirs" })],
    deployments: [
        workload("habit-tracker-backend", "theirs", OTHER_STACK_ID, "habit-tracker-backend:v1.0.0"),
    ],
};

async function situation(
    contents: ClusterContents,
    config: Record<string, string> = {},
    self: Self = SELF,
    here = HOME,
) {
    const { problems, ...seen } = await lookAt(contents, config, {
        title: 'Minikube "minikube"',
        kubectl: "minikube -p minikube kubectl -- --context minikube",
    });
    refuse(problems);
    return { ...seen, self, here };
}

const refusal = async (...args: Parameters<typeof situation>) => {
    const problems = ownershipProblems(await situation(...args));
    return problems.length === 0 ? "" : report(problems);
};

/** A test for each title: what is in the cluster, what is set, and what the refusal says; no text where there is none. */
function decides(cases: Record<string, [ClusterContents, Record<string, string>, string, Self?]>) {
    for (const [title, [contents, config, says, self]] of Object.entries(cases)) {
        it(title, async () => {
            const text = await refusal(contents, config, self);
            if (says === "") {
                expect(text).to.equal("");
            } else {
                expect(text).to.contain(says);
            }
        });
    }
}

describe("a stack and the cluster that it is in", () => {
    it("is left alone where it has been", async () => {
        expect(await refusal(RUNNING)).to.equal("");
    });

    it("is taken to no other profile without a yes, and says how to stay and how to go", async () => {
        const here = { ...HOME, profile: "other" };
        const config = { minikubeProfile: "other" };
        const text = await refusal({}, config, ABSENT, here);
        expect(text).to.contain('lives in the cluster "minikube"');
        expect(text).to.contain("pulumi config set minikubeProfile minikube");
        expect(text).to.contain(`pulumi config set moveToCluster ${CLUSTER_UID}`);
        expect(text).to.contain("pulumi config set kubeContext minikube");
        const yes = { ...config, moveToCluster: CLUSTER_UID };
        expect(await refusal({}, yes, ABSENT, here)).to.equal("");
    });

    it("is known again by its ID: with other certificates, and not to be moved to under another name", async () => {
        expect(await refusal(RUNNING, {}, SELF, { ...HOME, authority: "CC:DD" })).to.equal("");
        const here = { ...HOME, profile: "renamed" };
        for (const moveToCluster of ["", CLUSTER_UID]) {
            const config = { kubeContext: "renamed", moveToCluster };
            expect(await refusal(RUNNING, config, SELF, here))
                .to.contain('"renamed" is the stack\'s own, which it knows as "minikube"')
                .and.contain("kubectl config rename-context renamed minikube");
        }
    });

    it("is taken to nobody else's Minikube of the same name", async () => {
        const text = await refusal({}, {}, ABSENT, { ...HOME, authority: "CC:DD" });
        expect(text).to.contain("on another machine, or of another user");
        expect(text).to.contain("pulumi stack init NAME");
        const stale = { moveToCluster: "11111111-1111-4111-8111-111111111111" };
        expect(await refusal({}, stale, ABSENT, { ...HOME, authority: "CC:DD" })).to.contain(
            "lives",
        );
    });

    it("comes up again in a Minikube that was made anew, and says that the data is gone", async () => {
        expect(await refusal({})).to.equal("");
        expect(lossNotice(await situation({})))
            .to.contain("starts empty")
            .and.contain("restore");
        expect(lossNotice(await situation(RUNNING))).to.equal(undefined);
        expect(lossNotice(await situation({}, {}, { ...SELF, fresh: true }))).to.equal(undefined);
        expect(lossNotice(await situation({}, OWN_DATABASE))).to.equal(undefined);
        // another stack's volume is none of this one's, and one that is named is what it comes up with
        expect(lossNotice(await situation(NEIGHBOUR))).to.contain("starts empty");
        const taken = { databaseExistingClaim: "kept" };
        expect(lossNotice(await situation({}, taken))).to.equal(undefined);
    });
});

describe("what belongs to others", () => {
    it("keeps its port", async () => {
        const foreign = { services: [service("web", "shop", undefined, 30080)] };
        expect(await refusal(foreign)).to.contain("taken by the Service shop/web of no stack");
        expect(await refusal(NEIGHBOUR)).to.contain('theirs/habit-tracker-frontend of the stack "');
        expect(await refusal(NEIGHBOUR, { frontendServiceType: "ClusterIP" })).not.to.contain(
            "30080",
        );
    });

    it("is told from the stack's own port, also when that moves to another namespace", async () => {
        const text = await refusal(RUNNING, {
            namespace: "habits",
            databaseAbandon: `default/${DATABASE}`,
        });
        expect(text).to.equal("");
    });

    // a service from before there were IDs is known by where it is and what it is called
    const unlabelled = (name: string, space: string) => ({
        services: [service(name, space, undefined, 30080)],
    });
    decides({
        "is told from the stack's own service without an ID": [
            unlabelled("habit-tracker-frontend", "default"),
            {},
            "",
        ],
        "may have that service's name in another namespace": [
            unlabelled("habit-tracker-frontend", "shop"),
            {},
            "taken by the Service shop/habit-tracker-frontend",
        ],
        "may be another service in the stack's namespace": [
            unlabelled("web", "default"),
            {},
            "taken by the Service default/web",
        ],
    });

    it("keeps its namespace: two stacks never share one", async () => {
        const config = { namespace: "theirs", frontendNodePort: "30081" };
        expect(await refusal(NEIGHBOUR, config)).to.contain('"theirs" holds the stack "theirs"');
        const shop = { namespaces: [{ metadata: { name: "shop" } }] };
        expect(await refusal(shop, { namespace: "shop" })).to.contain("is not this stack's");
        // one from before there were IDs
        const old = { namespaces: [namespace("habits", undefined)] };
        expect(await refusal(old, { namespace: "habits" })).to.equal("");
    });

    const taken = { namespaces: [namespace("habits", OTHER_STACK_ID)] };
    const keptAs = (name: string, stack?: string) =>
        volumes(kept(claim(stack, { namespace: "habits", name })));
    const keptSpace = { namespaces: [kept(namespace("habits", undefined))], ...keptAs("old") };
    decides({
        "holds a namespace by a service alone": [
            { services: [service(DATABASE, "habits", OTHER_STACK_ID)] },
            HABITS,
            '"habits" holds the stack "theirs"',
        ],
        "holds a namespace by a workload alone": [
            { deployments: [workload("w", "habits", OTHER_STACK_ID, "i:1")] },
            HABITS,
            '"habits" holds the stack "theirs"',
        ],
        "holds a namespace by no object that this program did not make": [
            { services: [relabelled(service("web", "habits", OTHER_STACK_ID), SHOPS)] },
            HABITS,
            "",
        ],
        "holds a namespace by no volume that it left on purpose": [
            keptAs("old", OTHER_STACK_ID),
            HABITS,
            "",
        ],
        "keeps its namespace from a stack that is in another one": [
            { ...RUNNING, namespaces: [{ metadata: { name: "habits" } }] },
            { ...HABITS, databaseAbandon: `default/${DATABASE}` },
            '"habits" exists, and is not this stack\'s',
        ],
        "may be a kept namespace, whatever was kept in another one": [
            {
                namespaces: [kept(namespace("habits", undefined))],
                ...volumes(kept(claim(undefined, { namespace: "shop", name: "old" }))),
            },
            HABITS,
            "",
        ],
        "may share the namespace default, which is nobody's": [
            { ...RUNNING, namespaces: [{ metadata: { name: "default" } }] },
            {},
            "",
        ],
        "keeps an empty namespace too": [taken, HABITS, 'it belongs to the stack "theirs"'],
        "keeps an empty namespace also from one who looks for a claim in it": [
            taken,
            { ...HABITS, databaseExistingClaim: "kept" },
            'it belongs to the stack "theirs"',
        ],
        "keeps its namespace, whatever claim was kept in it": [
            { ...taken, ...keptAs(DATABASE) },
            HABITS,
            'it belongs to the stack "theirs"',
        ],
        "may be a kept namespace, which is no empty one": [
            keptSpace,
            HABITS,
            "databaseExistingClaim old, which takes both up",
        ],
        "may be a kept namespace with the volume in use and one that was left": [
            {
                ...keptSpace,
                ...volumes(
                    kept(claim(undefined, { ...HABITS, name: "left" })),
                    kept(claim(undefined, HABITS)),
                ),
            },
            HABITS,
            `1. The volume habits/${DATABASE} was kept`,
        ],
        "may be a kept namespace for a database of one's own": [
            keptSpace,
            { ...HABITS, ...OWN_DATABASE },
            "",
        ],
        "may be a kept namespace with nothing but dumps": [
            {
                namespaces: [kept(namespace("habits", undefined))],
                persistentvolumeclaims: [
                    kept(
                        relabelled(
                            claim(undefined, { ...HABITS, name: "habit-tracker-backups" }),
                            DUMPS,
                        ),
                    ),
                ],
            },
            HABITS,
            "",
        ],
        "gives a kept namespace to one who takes up the claim in it, under any name": [
            keptSpace,
            { ...HABITS, databaseExistingClaim: "old" },
            "",
        ],
    });

    it("is not the namespace default, which is never taken up", async () => {
        const shared = { ...RUNNING, namespaces: [{ metadata: { name: "default" } }] };
        expect(adoptsNamespace(await situation(shared))).to.equal(false);
    });

    it("is taken over only where that stack is said to be lost", async () => {
        const theirs = { namespace: "theirs", databaseExistingClaim: "" };
        const refused = await refusal(NEIGHBOUR, theirs);
        expect(refused).to.contain(`pulumi config set adoptStack ${OTHER_STACK_ID}`);
        const lost = await situation(NEIGHBOUR, { ...theirs, adoptStack: OTHER_STACK_ID });
        expect(ownershipProblems(lost)).to.deep.equal([]);
        expect(declaresVolume(lost)).to.equal(true);
        // so that it keeps its class, as one does that is in the state
        expect(knowsVolume(lost)).to.equal(true);
        expect(lossNotice(lost)).to.equal(undefined);
    });

    it("keeps its images: a build moves no tag that another stack's pods run", async () => {
        const text = await refusal(NEIGHBOUR, { frontendNodePort: "30081" });
        expect(text).to.contain("habit-tracker-backend:v1.0.0 is in use by the stack");
        expect(text).to.contain("pulumi config set backendImageName habit-tracker-backend-NAME");
        expect(
            await refusal(NEIGHBOUR, { frontendNodePort: "30081", backendImageName: "mine" }),
        ).to.equal("");
    });

    const runs = (image: string, stack: Owner) => ({
        deployments: [workload("w", "theirs", stack, image)],
    });
    decides({
        "keeps its frontend's image": [
            runs("habit-tracker-frontend:v1.0.0", OTHER_STACK_ID),
            HABITS,
            "pulumi config set frontendImageName habit-tracker-frontend-habits",
        ],
        "keeps no other tag of an image": [
            runs("habit-tracker-backend:v0.9.0", OTHER_STACK_ID),
            {},
            "",
        ],
        "keeps none where this stack builds none": [
            runs("habit-tracker-backend:v1.0.0", OTHER_STACK_ID),
            { backendImage: "registry.example/team/app:v3" },
            "",
        ],
        "keeps no other image of that tag": [runs("other:v1.0.0", OTHER_STACK_ID), {}, ""],
        "is no stack without an ID, whose images may be this one's own": [
            runs("habit-tracker-backend:v1.0.0", undefined),
            {},
            "",
        ],
    });
});

describe("a volume with data", () => {
    for (const [what, config] of Object.entries({
        "another namespace": { namespace: "habits" },
        "a database of one's own": OWN_DATABASE,
        "another claim": { databaseClaimName: "larger" },
        "an existing claim": { databaseExistingClaim: "theirs" },
    })) {
        it(`is not left behind for ${what} without a yes`, async () => {
            const text = await refusal(RUNNING, config);
            expect(text).to.contain(`no longer use its volume default/${DATABASE}`);
            expect(text).to.contain("npm run backup");
            const yes = `default/${DATABASE}`;
            expect(text).to.contain(`pulumi config set databaseAbandon ${yes}`);
            const agreed = await refusal(RUNNING, { ...config, databaseAbandon: yes });
            expect(agreed).not.to.contain("no longer");
            const other = { ...config, databaseAbandon: "default/other" };
            expect(await refusal(RUNNING, other)).to.contain("no longer");
        });
    }

    it("stays in use when it is named as the existing claim", async () => {
        const same = await situation(RUNNING, { databaseExistingClaim: DATABASE });
        expect(ownershipProblems(same)).to.deep.equal([]);
        expect(declaresVolume(same)).to.equal(true);
    });

    it("has its server on the node where Minikube keeps volumes, and anywhere with others", async () => {
        const classes = (provisioner: string) => ({
            storageclasses: [
                {
                    metadata: {
                        name: "standard",
                        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
                    },
                    provisioner,
                },
                { metadata: { name: "other" }, provisioner: "elsewhere" },
                { metadata: { name: "another" }, provisioner: "elsewhere" },
            ],
        });
        const primary = { "minikube.k8s.io/primary": "true" };
        for (const there of [{}, RUNNING]) {
            const node = async (provisioner: string) =>
                volumeNode(await situation({ ...there, ...classes(provisioner) }));
            expect(await node("k8s.io/minikube-hostpath")).to.deep.equal(primary);
            expect(await node("hostpath.csi.k8s.io")).to.deep.equal({});
        }
        expect(volumeNode(await situation({}))).to.deep.equal({});
        const ofMinikube = classes("k8s.io/minikube-hostpath");
        const elsewhere = { ...RUNNING, ...ofMinikube };
        // no volume, no node that is the first, a volume of a class that has gone
        expect(volumeNode(await situation(ofMinikube, OWN_DATABASE))).to.deep.equal({});
        const { storageclasses } = ofMinikube;
        expect(volumeNode(await situation({ storageclasses, nodes: [] }))).to.deep.equal({});
        const [gone] = structuredClone(RUNNING["persistentvolumeclaims"] ?? []) as ListedObject[];
        Object.assign(gone?.["spec"] as object, { storageClassName: "gone" });
        const left = { ...elsewhere, persistentvolumeclaims: gone === undefined ? [] : [gone] };
        expect(volumeNode(await situation(left))).to.deep.equal({});
    });

    const MINIKUBES = { metadata: { name: "standard" }, provisioner: "k8s.io/minikube-hostpath" };
    const node = (name: string, primary: string): ListedObject => ({
        metadata: { name, labels: { "minikube.k8s.io/primary": primary } },
    });
    const madeOn = (nodeName?: string): ClusterContents => ({
        storageclasses: [MINIKUBES, { metadata: { name: "other" }, provisioner: "elsewhere" }],
        pods: [
            {
                metadata: { name: "coredns-x", namespace: "kube-system" },
                spec: { nodeName: "minikube-m03" },
            },
            {
                metadata: { name: "storage-provisioner", namespace: "kube-system" },
                spec: nodeName === undefined ? {} : { nodeName },
            },
        ],
        nodes: [node("minikube-m02", "false"), node("minikube", "true")],
    });
    const ofMinikube = { storageClass: "standard" };

    it("is not made on another node than its server's", async () => {
        const text = await refusal(madeOn("minikube-m02"), ofMinikube);
        expect(text).to.contain("makes its volumes on the node minikube-m02");
        expect(text).to.contain("the first node, minikube:");
        expect(text).to.contain(
            "cordon -l minikube.k8s.io/primary=false; minikube -p minikube kubectl -- --context minikube delete pod storage-provisioner -n kube-system; " +
                "minikube addons enable storage-provisioner -p minikube; " +
                "minikube -p minikube kubectl -- --context minikube wait --for=condition=Ready pod/storage-provisioner -n kube-system --timeout=60s; " +
                "minikube -p minikube kubectl -- --context minikube uncordon -l minikube.k8s.io/primary=false",
        );
        // nor are the dumps, beside a database that is there
        const withDumps = { ...ofMinikube, backupSchedule: "0 3 * * *" };
        expect(await refusal({ ...RUNNING, ...madeOn("minikube-m02") }, withDumps)).to.contain(
            "node minikube-m02",
        );
    });

    decides({
        "is made anew where its claim still waits for one": [
            {
                ...RUNNING,
                ...madeOn("minikube-m02"),
                ...volumes(unbound(claim(STACK_ID))),
            },
            ofMinikube,
            "node minikube-m02",
        ],
        "is made anywhere where no node is the first": [
            { ...madeOn("minikube-m02"), nodes: [node("minikube-m02", "false")] },
            ofMinikube,
            "",
        ],
        "is made on the first node": [madeOn("minikube"), ofMinikube, ""],
        "is made by a provisioner that is yet to be placed": [madeOn(), ofMinikube, ""],
        "that is there may have been made before the provisioner moved": [
            { ...RUNNING, ...madeOn("minikube-m02") },
            ofMinikube,
            "",
        ],
        "of another class is not made by Minikube's provisioner": [
            madeOn("minikube-m02"),
            { storageClass: "other" },
            "",
        ],
        "is made nowhere with a database of one's own": [madeOn("minikube-m02"), OWN_DATABASE, ""],
    });

    it("stays declared beside a database of one's own, so that it never leaves the state", async () => {
        expect(declaresVolume(await situation(RUNNING, OWN_DATABASE))).to.equal(true);
        expect(declaresVolume(await situation({}, OWN_DATABASE))).to.equal(false);
    });

    it("is not given to a server that cannot use it, nor replaced for its size", async () => {
        expect(await refusal(RUNNING, { databaseStorage: "2Gi" })).to.contain("cannot make a vol");
        expect(await refusal(RUNNING, { databaseStorage: "512Mi" })).to.contain("gets smaller");
        const growing = {
            ...RUNNING,
            storageclasses: [{ metadata: { name: "standard" }, allowVolumeExpansion: true }],
        };
        expect(await refusal(growing, { databaseStorage: "2Gi" })).to.equal("");
        expect(await refusal(growing, { databaseStorage: "512Mi" }))
            .to.contain("gets smaller")
            .and.to.contain(`databaseAbandon default/${DATABASE}`);
        const other = {
            ...RUNNING,
            storageclasses: [{ metadata: { name: "other" }, allowVolumeExpansion: true }],
        };
        expect(await refusal(other, { databaseStorage: "2Gi" })).to.contain("cannot make a vol");
        const text = await refusal(RUNNING, { databaseImage: "postgres:18.1-bookworm" });
        expect(text).to.contain("PostgreSQL 18").and.to.contain("written by PostgreSQL 17");
        expect(text).to.contain("databaseClaimName habit-tracker-database-18");
        expect(await refusal(RUNNING, { databaseImage: "postgres:17.9" })).to.equal("");
        expect(await refusal(RUNNING, { databaseUserId: "70" })).to.contain("belongs to user 999");
    });

    const SLOW = { metadata: { name: "standard" }, provisioner: "elsewhere" };
    const FAST = { metadata: { name: "fast" }, provisioner: "elsewhere" };
    const withClasses = { ...RUNNING, storageclasses: [SLOW, FAST] };

    it("keeps its storage class: another one is another volume, by the way that leads there", async () => {
        expect(await refusal(withClasses, { storageClass: "standard" })).to.equal("");
        const fast = { storageClass: "fast" };
        const text = await refusal(withClasses, fast);
        expect(text).to.contain('storageClass is "fast", and the volume default/');
        expect(text).to.contain('of the class "standard"');
        expect(text).to.contain("pulumi config rm storageClass");
        expect(text).to.contain(`databaseAbandon default/${DATABASE}`);
        const agreed = { databaseClaimName: "faster", databaseAbandon: `default/${DATABASE}` };
        expect(await refusal(withClasses, { ...fast, ...agreed })).to.equal("");
        // also one whose class the cluster does not have any more, which is of no use for a new one
        expect(await refusal(RUNNING, { storageClass: "standard" })).to.equal("");
        expect(
            await refusal(RUNNING, { storageClass: "standard", backupSchedule: "0 3 * * *" }),
        ).to.contain("no such StorageClass");
    });

    decides({
        "is made of a class that the cluster has": [
            { storageclasses: [SLOW, FAST] },
            { storageClass: "fats" },
            "There is: fast, standard.",
        ],
        "is not looked at for its class with a database of one's own": [
            { ...withClasses, statefulsets: [] },
            { ...OWN_DATABASE, storageClass: "fast" },
            "",
        ],
        "is made of no class with a database of one's own": [
            { storageclasses: [SLOW] },
            { ...OWN_DATABASE, storageClass: "fats" },
            "",
        ],
        "that is taken up has the class that it has": [
            { ...volumes(kept(claim(undefined))), storageclasses: [SLOW, FAST] },
            { databaseExistingClaim: DATABASE, storageClass: "fast" },
            "",
        ],
        "with scheduled dumps keeps its class, and is no reason to refuse another one": [
            {
                ...volumes(relabelled(claim(STACK_ID, { name: "habit-tracker-backups" }), DUMPS)),
                storageclasses: [SLOW, FAST],
            },
            { storageClass: "fast", backupSchedule: "0 3 * * *" },
            "",
        ],
    });

    it("has its server where Minikube keeps the volumes that it mounts, of the set class or with the dumps", async () => {
        const classes = {
            storageclasses: [
                { metadata: { name: "standard" }, provisioner: "k8s.io/minikube-hostpath" },
                FAST,
            ],
        };
        const primary = { "minikube.k8s.io/primary": "true" };
        const node = async (contents: ClusterContents, config: Record<string, string>) =>
            volumeNode(await situation({ ...contents, ...classes }, config));
        expect(await node({}, { storageClass: "standard" })).to.deep.equal(primary);
        expect(await node({}, { storageClass: "fast" })).to.deep.equal({});
        const dumps = volumes(claim(STACK_ID, { name: "habit-tracker-backups" }));
        expect(await node(dumps, { storageClass: "fast" })).to.deep.equal(primary);
    });

    it("is told apart: with the dumps beside it, and by the way back into the other database", async () => {
        const dumps = claim(STACK_ID, { name: "habit-tracker-backups" });
        const withDumps = { ...RUNNING, ...volumes(claim(STACK_ID), dumps) };
        expect(await refusal(withDumps, HABITS)).to.contain("and the scheduled dumps beside it");
        for (const [contents, config] of [
            [RUNNING, HABITS],
            [withDumps, { databaseClaimName: "larger" }],
            // somebody else's
            [
                {
                    ...RUNNING,
                    ...volumes(
                        claim(STACK_ID),
                        claim(OTHER_STACK_ID, {
                            namespace: "theirs",
                            name: "habit-tracker-backups",
                        }),
                    ),
                },
                HABITS,
            ],
        ] as const) {
            expect(await refusal(contents, config)).not.to.contain("scheduled dumps");
        }
        expect(await refusal(RUNNING, HABITS)).to.contain("npm run restore -- FILE");
        expect(await refusal(RUNNING, OWN_DATABASE)).to.contain("into your own database");
    });

    it("without its server is not left behind for a new, empty one", async () => {
        const left = { ...RUNNING, statefulsets: [] };
        expect(await refusal(left, { databaseClaimName: "typo" })).to.contain("no longer use");
        expect(await refusal(left)).to.equal("");
        // nothing starts empty there
        expect(await refusal(left, OWN_DATABASE)).to.equal("");
    });

    const server = (stack: Owner, space: string, image = "postgres:17") =>
        workload(DATABASE, space, stack, image, DATABASE);
    const theirs = claim(OTHER_STACK_ID, { namespace: "theirs" });
    const old = claim(STACK_ID, { name: "old" });
    decides({
        "is not the one that another stack's server runs on": [
            { ...volumes(theirs), statefulsets: [server(OTHER_STACK_ID, "theirs")] },
            {},
            "",
        ],
        "is not the one of the same name in another namespace": [
            { ...RUNNING, ...volumes(theirs, claim(STACK_ID)) },
            {},
            "",
        ],
        "is not one that was left behind before": [
            { ...RUNNING, ...volumes(old, claim(STACK_ID)) },
            {},
            "",
        ],
        "is not one that was left behind before, also without a server": [
            volumes(old, claim(STACK_ID)),
            {},
            "",
        ],
        "is not a new one's that has the name of one elsewhere": [
            { ...RUNNING, ...volumes(claim(STACK_ID), theirs) },
            { namespace: "habits", databaseAbandon: `default/${DATABASE}` },
            "",
        ],
    });

    const BARE = unannotated(claim(STACK_ID));
    const NEWER = { databaseImage: "postgres:18.1" };
    decides({
        "from before its PostgreSQL was written down has the server's": [
            { ...RUNNING, ...volumes(BARE) },
            NEWER,
            "by PostgreSQL 17",
        ],
        "without annotations has no other server's on a claim of that name": [
            {
                ...volumes(BARE),
                statefulsets: [
                    server(OTHER_STACK_ID, "theirs", "postgres:16"),
                    server(STACK_ID, "default", "postgres:18"),
                ],
            },
            NEWER,
            "",
        ],
        "without annotations and a server is trusted to fit": [
            volumes(BARE),
            { ...NEWER, databaseUserId: "70" },
            "",
        ],
        "is what was written down, whatever runs": [
            { ...RUNNING, statefulsets: [server(STACK_ID, "default", "postgres:18")] },
            NEWER,
            "by PostgreSQL 17",
        ],
        "is trusted to fit an image that names no version": [
            RUNNING,
            { databaseImage: "postgres:latest" },
            "",
        ],
        "that is taken up has the size that it has": [
            volumes(kept(claim(undefined))),
            { databaseExistingClaim: DATABASE, databaseStorage: "2Gi" },
            "",
        ],
    });

    it("is known by what wrote it, or by what runs on it", async () => {
        expect(writtenBy(await situation(RUNNING))).to.equal("17");
        expect(writtenBy(await situation({ ...RUNNING, ...volumes(BARE) }))).to.equal("17");
        expect(writtenBy(await situation({}))).to.equal(undefined);
    });

    it("that was left behind counts in the quota of its namespace", async () => {
        const dumps = claim(STACK_ID, { name: "habit-tracker-backups" });
        const elsewhere = claim(OTHER_STACK_ID, { namespace: "theirs", name: "old" });
        const left = volumes(claim(STACK_ID), old, dumps, elsewhere);
        expect(otherClaims(await situation(left))).to.deep.equal(["1Gi"]);
    });

    it("that was kept is taken up by one setting, and never overlooked", async () => {
        const left = { persistentvolumeclaims: [kept(claim(undefined))] };
        expect(await refusal(left)).to.contain(`set databaseExistingClaim ${DATABASE}`);
        const taken = await situation(left, { databaseExistingClaim: DATABASE });
        expect(ownershipProblems(taken)).to.deep.equal([]);
        expect(declaresVolume(taken)).to.equal(false);
    });

    it("of a Helm release is not touched while that is there, and taken up once it is uninstalled", async () => {
        const take = { databaseExistingClaim: DATABASE };
        for (const own of [{}, HABITS]) {
            const { namespace: space = "default" } = own as { namespace?: string };
            const namespaces = space === "default" ? [] : [{ metadata: { name: space } }];
            const uninstalled = {
                namespaces,
                ...volumes(released(claim(undefined, { namespace: space }))),
            };
            const live = {
                ...uninstalled,
                deployments: [
                    released(workload("habit-tracker-backend", space, undefined, "image")),
                ],
            };
            for (const config of [own, { ...own, ...take }]) {
                expect(await refusal(live, config, ABSENT))
                    .to.contain('holds the product already, as the Helm release "web"')
                    .and.to.contain(`helm uninstall web -n ${space}`);
            }
            expect(await refusal({ ...live, ...volumes() }, own, ABSENT)).to.contain(
                "Helm release",
            );
            const taking = { ...own, ...take };
            expect(await refusal(uninstalled, taking, ABSENT)).to.equal("");
            const found = await situation(uninstalled, taking, ABSENT);
            expect(declaresVolume(found)).to.equal(false);
            expect(adoptsNamespace(found)).to.equal(space !== "default");
        }
        expect(await refusal(volumes(released(claim(undefined))), {}, ABSENT))
            .to.contain("was kept when a Helm release was uninstalled")
            .and.to.contain(`pulumi config set databaseExistingClaim ${DATABASE}`);
    });

    it("that was kept is taken up with its namespace", async () => {
        const space = namespace("habits", undefined);
        const left = {
            namespaces: [kept({ metadata: { ...space.metadata } })],
            persistentvolumeclaims: [kept(claim(undefined, { namespace: "habits" }))],
        };
        const text = await refusal(left, { namespace: "habits" });
        expect(text).to.contain("1 problem").and.to.contain(`databaseExistingClaim ${DATABASE}`);
        const config = { namespace: "habits", databaseExistingClaim: DATABASE };
        const taken = await situation(left, config);
        expect(ownershipProblems(taken)).to.deep.equal([]);
        expect(adoptsNamespace(taken)).to.equal(true);
        const somebodys = { ...left, namespaces: [{ metadata: { name: "habits" } }] };
        expect(await refusal(somebodys, config)).to.contain("is not this stack's");
    });

    it("and what is around it are taken over where the state may not know them, and only there", async () => {
        const adopts = async (...args: Parameters<typeof situation>) =>
            adoptsObjects(await situation(...args));
        expect(await adopts({})).to.equal(false);
        expect(await adopts(RUNNING)).to.equal(false);
        expect(await adopts(RUNNING, { adoptStack: OTHER_STACK_ID })).to.equal(true);
        const left = {
            ...RUNNING,
            persistentvolumeclaims: [claim(STACK_ID), claim(STACK_ID, { name: "left" })],
        };
        expect(await adopts(left)).to.equal(false);
        expect(await adopts(left, { databaseClaimName: "left" })).to.equal(true);
        expect(await adopts(left, { databaseClaimName: "left", ...OWN_DATABASE })).to.equal(false);
        const theirs = { persistentvolumeclaims: [claim(OTHER_STACK_ID)] };
        expect(await adopts(theirs)).to.equal(false);
        // a server elsewhere with a volume of that name
        const elsewhere = {
            persistentvolumeclaims: [claim(STACK_ID)],
            statefulsets: [workload(DATABASE, "habits", STACK_ID, "postgres:17", DATABASE)],
        };
        expect(await adopts(elsewhere)).to.equal(true);
        const habits = (made: ListedObject) => ({ namespaces: [made] });
        const nobodys = habits(namespace("habits", undefined));
        expect(await adopts(nobodys, { namespace: "habits" })).to.equal(true);
        expect(await adopts(nobodys)).to.equal(false);
        // Pulumi imports it
        const config = { namespace: "habits", databaseExistingClaim: DATABASE };
        expect(await adopts(nobodys, config)).to.equal(false);
        expect(await adopts(habits(namespace("habits", OTHER_STACK_ID)), HABITS)).to.equal(false);
        // one of a stack from before there were IDs, which may not be this one
        for (const alive of [
            { services: [service(DATABASE, "habits", undefined)] },
            { deployments: [workload("w", "habits", undefined, "i:1")] },
            { persistentvolumeclaims: [claim(undefined, HABITS)] },
        ]) {
            expect(await adopts({ ...nobodys, ...alive }, HABITS)).to.equal(false);
        }
        const others = {
            services: [relabelled(service("web", "habits", undefined), SHOPS)],
            persistentvolumeclaims: [kept(claim(undefined, HABITS))],
        };
        expect(await adopts({ ...nobodys, ...others }, HABITS)).to.equal(true);
        // what is in another namespace says nothing of this one, and what is the stack's own already is no old stack's
        const old = { services: [service(DATABASE, "shop", undefined)] };
        expect(await adopts({ ...nobodys, ...old }, HABITS)).to.equal(true);
        const begun = { services: [service(DATABASE, "habits", STACK_ID)] };
        expect(await adopts({ ...nobodys, ...begun }, HABITS)).to.equal(true);
        const back = { ...RUNNING, ...habits(namespace("habits", STACK_ID)) };
        expect(await adopts(back, HABITS)).to.equal(true);
        // the stack's own, which it left
        const own = habits(namespace("habits", STACK_ID));
        expect(await adopts(own, HABITS)).to.equal(true);
        const here = { deployments: [workload("w", "habits", STACK_ID, "i:1")] };
        expect(await adopts({ ...own, ...here }, HABITS)).to.equal(false);
    });

    it("of somebody else is never made the stack's own", async () => {
        const shops = (name: string) => volumes(relabelled(claim(undefined, { name }), SHOPS));
        const text = await refusal(shops("shop-data"), { databaseClaimName: "shop-data" });
        expect(text).to.contain("default/shop-data is there already, and this program did not");
        expect(text).to.contain("pulumi config set databaseExistingClaim shop-data");
        const taken = { databaseExistingClaim: "shop-data" };
        expect(await refusal(shops("shop-data"), taken)).to.equal("");
        expect(await refusal(shops("shop-data"))).to.equal("");
        const dumps = shops("habit-tracker-backups");
        expect(await refusal(dumps)).to.equal("");
        expect(await refusal(dumps, { backupSchedule: "0 3 * * *" })).to.contain(
            "pulumi config rm backupSchedule",
        );
    });

    it("that is to be taken up has to be there, and nobody else's", async () => {
        const config = { databaseExistingClaim: "nothere" };
        expect(await refusal({}, config)).to.contain("no such claim in the namespace");
        const taken = { persistentvolumeclaims: [claim(OTHER_STACK_ID, { name: "taken" })] };
        expect(await refusal(taken, { databaseExistingClaim: "taken" })).to.contain(
            'holds the stack "theirs"',
        );
    });

    // also after a first run that was refused, which leaves an ID in the state and none in the cluster
    const fresh = { ...SELF, labelled: false };
    it("from before there were IDs is not lost by a change that comes with the new version", async () => {
        const old = { persistentvolumeclaims: [claim(undefined)] };
        expect(await refusal(old, {}, fresh)).to.equal("");
        expect(declaresVolume(await situation(old, {}, fresh))).to.equal(true);
        expect(await refusal(old, { namespace: "habits" }, fresh)).to.contain("earlier version");
        expect(await refusal(old, { databaseClaimName: "typo" }, fresh)).to.contain("earlier");
        expect(await refusal(old, OWN_DATABASE, fresh)).to.contain("earlier version");
        // the README's own pair of settings
        const both = { databaseRetain: "true", databaseExistingClaim: DATABASE };
        expect(declaresVolume(await situation(old, both, fresh))).to.equal(true);
    });

    const elsewhere = claim(undefined, { namespace: "habits" });
    decides({
        "from before there were IDs is another's once the stack has its own": [
            volumes(elsewhere),
            {},
            "",
        ],
        ...Object.fromEntries(
            Object.entries({
                "is no other program's": relabelled(elsewhere, SHOPS),
                "is none with dumps": relabelled(elsewhere, DUMPS),
                "is none that has one": theirs,
                "is none that was kept": kept(claim(undefined, { namespace: "habits" })),
            }).map(([title, made]) => [
                `from before there were IDs ${title}`,
                [volumes(made), {}, "", fresh],
            ]),
        ),
    });

    it("is declared by no one but its stack", async () => {
        for (const made of [claim(OTHER_STACK_ID), relabelled(claim(undefined), SHOPS)]) {
            expect(declaresVolume(await situation(volumes(made), OWN_DATABASE))).to.equal(false);
        }
    });
});

describe("the volume with scheduled dumps", () => {
    const CLAIM = "habit-tracker-backups";
    const SCHEDULE = { backupSchedule: "0 3 * * *" };
    const dumps = volumes(claim(STACK_ID, { name: CLAIM }));

    const left = volumes(kept(claim(undefined, { name: CLAIM })));
    const somebodys = volumes(relabelled(claim(undefined, { name: CLAIM }), SHOPS));
    const NOTHING = {};
    for (const [title, contents, config, exists, declared] of [
        ["is there only with a schedule", NOTHING, {}, false, false],
        ["is made with a schedule", NOTHING, SCHEDULE, true, true],
        ["stays declared when the schedule goes, to come back with it", dumps, {}, true, true],
        ["is declared beside a schedule that it has", dumps, SCHEDULE, true, true],
        ["is used as it is where it was kept", left, SCHEDULE, true, false],
        ["is there without a schedule too where it was kept", left, {}, true, false],
        ["is not declared where somebody else made it", somebodys, {}, true, false],
    ] as const) {
        it(title, async () => {
            const found = backupsVolume(await situation(contents, config));
            expect(found).to.deep.equal({ exists, declared, known: contents !== NOTHING });
        });
    }

    it("is not taken for the database's, whose pod mounts it too", async () => {
        const [server] = structuredClone(RUNNING["statefulsets"] ?? []);
        const { spec } = server as unknown as {
            spec: { template: { spec: { volumes: object[] } } };
        };
        spec.template.spec.volumes.push({ persistentVolumeClaim: { claimName: CLAIM } });
        const both = {
            ...RUNNING,
            statefulsets: [server as ListedObject],
            // the order in which the API server lists them
            persistentvolumeclaims: [claim(STACK_ID, { name: CLAIM }), claim(STACK_ID)],
        };
        expect(await refusal(both)).to.equal("");
        expect(await refusal(both, { namespace: "habits" })).to.contain(`default/${DATABASE}`);
    });

    it("is not taken for the database's own when that is gone", async () => {
        const alone = volumes(relabelled(claim(STACK_ID, { name: CLAIM }), DUMPS));
        expect(lossNotice(await situation(alone))).to.contain("starts empty");
        expect(await refusal(alone)).to.equal("");
    });

    it("has the size that it has", async () => {
        const text = await refusal(dumps, { ...SCHEDULE, backupStorage: "2Gi" });
        expect(text).to.contain("backupStorage is 2Gi").and.to.contain("backupStorage 1Gi");
        // that is what a new database's volume would be called
        expect(text).not.to.contain("databaseClaimName");
        expect(await refusal(left, { ...SCHEDULE, backupStorage: "2Gi" })).to.equal("");
    });
});

describe("a priority class", () => {
    const classes = { priorityclasses: [{ metadata: { name: "urgent" } }] };
    decides({
        "is one that the cluster has": [classes, { priorityClassName: "urgent" }, ""],
        "is refused with those that there are": [
            classes,
            { priorityClassName: "other" },
            "There is: urgent.",
        ],
        "is refused where there is none": [{}, { priorityClassName: "urgent" }, "There is: none."],
    });
});

describe("the program, once it knows the cluster", () => {
    let minikube: FakeMinikube;
    before(async () => {
        minikube = await installFakeMinikube();
    });
    after(() => minikube.uninstall());
    beforeEach(() => minikube.setContents({}));

    const kubernetes = ({ type }: Registered) => type.startsWith("kubernetes:");

    it("leaves a volume that is there the storage class that it has, whatever is set or no longer set", async () => {
        const dumps = claim(STACK_ID, { name: "habit-tracker-backups" });
        const both = volumes(claim(STACK_ID), dumps);
        for (const [contents, ignored] of [
            [{}, []],
            [{ ...RUNNING, ...both }, ["spec.storageClassName"]],
            // the stack goes back to these: what the state has is another volume, perhaps of another class
            [both, []],
        ] as const) {
            minikube.setContents(contents);
            const { resources } = await runProgram({ backupSchedule: "0 3 * * *" });
            const claims = resources.filter(({ type }) => type.endsWith(":PersistentVolumeClaim"));
            expect(claims).to.have.length(2);
            for (const { inputs, options } of claims) {
                expect(options.ignoreChanges).to.deep.equal(ignored);
                expect(inputs["spec"]).not.to.have.property("storageClassName");
            }
        }
    });

    it("leaves a volume that PostgreSQL does not run on with what is written on it", async () => {
        const volume = async (contents: ClusterContents, config: Record<string, string>) => {
            minikube.setContents(contents);
            const { resources } = await runProgram(config);
            const servers = resources.filter(({ type }) => type.endsWith(":StatefulSet"));
            const made = resources.find(({ name }) => name === "database-volume");
            return { servers: servers.length, leaves: made?.options.ignoreChanges };
        };
        const untouched = ["spec.storageClassName", "metadata", "spec"];
        const yes = { databaseAbandon: `default/${DATABASE}` };
        expect(await volume(RUNNING, { ...OWN_DATABASE, ...yes })).to.deep.equal({
            servers: 0,
            leaves: untouched,
        });
        const other = volumes(claim(STACK_ID), kept(claim(undefined, { name: "other" })));
        const taken = { ...yes, databaseExistingClaim: "other" };
        expect(await volume({ ...RUNNING, ...other }, taken)).to.deep.equal({
            servers: 1,
            leaves: untouched,
        });
        // its own, said twice
        expect(await volume(RUNNING, { databaseExistingClaim: DATABASE })).to.deep.equal({
            servers: 1,
            leaves: untouched.slice(0, 1),
        });
    });

    it("writes down on a new volume who can read it", async () => {
        const written = async (config: Record<string, string>) => {
            const { resources } = await runProgram(config);
            const made = resources.find(({ name }) => name === "database-volume");
            return (made?.inputs["metadata"] as ListedObject["metadata"]).annotations;
        };
        expect(
            await written({ databaseImage: "postgres:17.6", databaseUserId: "70" }),
        ).to.deep.equal({ [POSTGRES_MAJOR_ANNOTATION]: "17", [POSTGRES_USER_ANNOTATION]: "70" });
        expect(await written({ databaseImage: "postgres:latest" })).to.deep.equal({
            [POSTGRES_USER_ANNOTATION]: "999",
        });
    });

    it("puts the stack's ID and name on every object, and on no pod template", async () => {
        const { resources } = await runProgram({
            namespace: "habits",
            ingressHost: "habits.example.org",
            backendMaxReplicas: "2",
        });
        const objects = resources.filter(kubernetes);
        expect(objects.length).to.be.greaterThan(20);
        for (const { name, inputs } of objects) {
            const { labels } = inputs["metadata"] as { labels: Record<string, string> };
            expect(labels[STACK_LABEL], name).to.equal(STACK_ID);
            expect(labels["app.kubernetes.io/instance"], name).to.equal("test");
            const spec = JSON.stringify(inputs["spec"] ?? {});
            expect(spec, name).not.to.contain(STACK_LABEL);
        }
    });

    it("has no step that could remove a volume or the namespace, whatever the settings", async () => {
        for (const config of [
            {},
            { databaseRetain: "true" },
            { namespace: "habits" },
            { namespace: "habits", databaseExistingClaim: "kept" },
            OWN_DATABASE,
        ]) {
            minikube.setContents({
                persistentvolumeclaims: [
                    kept(claim(undefined, { namespace: "habits", name: "kept" })),
                ],
            });
            const { resources } = await runProgram(config);
            const holders = resources.filter(({ type }) =>
                /^kubernetes:.*:(Namespace|PersistentVolumeClaim)$/.test(type),
            );
            for (const { name, options } of holders) {
                expect(options.retainOnDelete, `${name} ${JSON.stringify(config)}`).to.equal(true);
            }
            // what removes them is always there, under the same name, so that no update removes it
            const ends = resources.filter(({ type }) => type.includes("dynamic/teardown"));
            expect(ends.map(({ name }) => name)).to.have.members([
                "teardown-data",
                "teardown-guard",
            ]);
        }
    });

    it("takes objects over by force only where its state may not know them", async () => {
        const provider = async (contents: ClusterContents, config = {}) => {
            minikube.setContents(contents);
            const { resources } = await runProgram(config);
            const found = resources.find(({ type }) => type === "pulumi:providers:kubernetes");
            return found?.inputs ?? {};
        };
        const force = { upsertExistingObjects: "true", enablePatchForce: "true" };
        const nobodys = { namespaces: [namespace("habits", undefined)] };
        expect(await provider(nobodys, HABITS)).to.include(force);
        expect(await provider(RUNNING))
            .to.include.keys("context")
            .and.not.include.any.keys(Object.keys(force));
    });

    it("is destroyed in order: a look at the cluster first, the volumes last", async () => {
        const { resources } = await runProgram({ namespace: "habits" });
        const guard = resources.find(({ name }) => name === "teardown-guard");
        const data = resources.find(({ name }) => name === "teardown-data");
        expect(guard?.type).to.equal("pulumi-nodejs:dynamic/teardown:checkCluster");
        expect(data?.type).to.equal("pulumi-nodejs:dynamic/teardown:removeData");
        for (const end of [guard, data]) {
            const { __provider, ...inputs } = end?.inputs ?? {};
            expect(__provider).to.contain(String(end?.type.split(":").at(-1)));
            expect(inputs).to.deep.include({
                stack: "test",
                stackId: STACK_ID,
                context: "minikube",
                clusterUid: CLUSTER_UID,
                retain: false,
            });
            expect(inputs["kubeconfig"]).to.match(/config$/);
        }
        for (const { name, options } of resources.filter(kubernetes)) {
            expect(options.dependsOn, name).to.include("teardown-data");
            expect(guard?.options.dependsOn).to.include(name);
        }
    });

    it("makes everything anew in a new cluster, the old one gone before", async () => {
        const { resources } = await runProgram();
        const made = resources.filter(({ type }) => /^(kubernetes|docker):/.test(type));
        for (const { name, type, options } of made) {
            const [cluster, own] = String(options.replacementTrigger).split(" ");
            expect(cluster, name).to.equal(CLUSTER_UID);
            expect(own, name).not.to.equal("undefined");
            // an image that goes first takes the Deployment along that depends on it
            expect(options.deleteBeforeReplace, name).to.equal(type.startsWith("kubernetes:"));
            expect(options.protect, name).to.equal(false);
        }
    });

    it("goes nowhere without a yes", async () => {
        const identity = { profile: "elsewhere", authority: "AA", since: "2026-01-01T00:00:00Z" };
        let message = "";
        try {
            await runProgram({}, { identity });
        } catch (error) {
            ({ message } = error as Error);
        }
        expect(message).to.contain('lives in the cluster "elsewhere"');
        const { resources } = await runProgram({ moveToCluster: CLUSTER_UID }, { identity });
        const uuid = resources.find(({ name }) => name === "identity-id");
        // the new home is written down, and with it comes a new ID
        expect(uuid?.options.ignoreChanges).to.deep.equal(["keepers.since"]);
        // a yes for another cluster is none here
        const stale = await runProgram({ moveToCluster: OTHER_STACK_ID });
        const same = stale.resources.find(({ name }) => name === "identity-id");
        expect(same?.options.ignoreChanges).to.deep.equal(["keepers"]);
    });

    it("keeps its ID where it is already, whatever yes is still set", async () => {
        const frontend = (stack: Owner, space = "default") => ({
            services: [service("habit-tracker-frontend", space, stack)],
        });
        const adopting = { adoptStack: OTHER_STACK_ID };
        for (const [contents, settings, stays] of [
            [RUNNING, {}, true],
            [{ services: RUNNING["services"] ?? [] }, adopting, true],
            // nothing of the stack is where it goes: there is somebody else's, a volume that was left, a lost stack's, an old one
            [frontend(OTHER_STACK_ID, "theirs"), {}, false],
            [
                {
                    services: frontend(STACK_ID).services.map((made) => relabelled(made, SHOPS)),
                },
                {},
                false,
            ],
            [{ services: frontend(STACK_ID).services.map(kept) }, {}, false],
            [frontend(OTHER_STACK_ID), adopting, false],
            [frontend(undefined), adopting, false],
        ] as const) {
            minikube.setContents(contents);
            const config = { ...settings, moveToCluster: CLUSTER_UID };
            const { resources } = await runProgram(config);
            const uuid = resources.find(({ name }) => name === "identity-id");
            expect(uuid?.options.ignoreChanges, JSON.stringify(contents)).to.deep.equal([
                stays ? "keepers" : "keepers.since",
            ]);
        }
    });

    /** What the program warns of, which the SDK prints where there is no engine. */
    const warnings = async (...run: Parameters<typeof runProgram>) => {
        const said: string[] = [];
        const { warn } = console;
        console.warn = (line: string) => said.push(line.replace("warning: [runtime] ", ""));
        try {
            return { ...(await runProgram(...run)), said };
        } finally {
            console.warn = warn;
        }
    };

    it("writes down where it is, and warns where its database is gone and where nothing measures pods", async () => {
        const { resources, said } = await warnings();
        expect(said).to.deep.equal([]);
        const { keepers } = resources.find(({ name }) => name === "identity-id")?.inputs as {
            keepers: { profile: string; authority: string; since: string };
        };
        expect(keepers).to.include({ profile: "minikube" });
        expect(keepers.authority).to.match(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
        expect(Date.now() - Date.parse(keepers.since)).to.be.within(0, 60_000);

        const identity = { ...keepers, since: "2026-01-01T00:00:00.000Z" };
        const again = await warnings({}, { identity });
        expect(again.said).to.have.length(1);
        expect(again.said[0]).to.contain("the database starts empty");
        minikube.setContents({ apis: [] });
        const { said: both } = await warnings({ backendMaxReplicas: "2" }, { identity });
        expect(both.map((line) => /starts empty|measures no pods/.exec(line)?.[0])).to.deep.equal([
            "starts empty",
            "measures no pods",
        ]);
    });

    it("knows the cluster that it is in by its own ID alone", async () => {
        const identity = { profile: "elsewhere", authority: "AA", since: "2026-01-01T00:00:00Z" };
        const refused = (...run: Parameters<typeof runProgram>) =>
            runProgram(...run).then(
                () => "",
                (error: unknown) => (error as Error).message,
            );
        const old = { persistentvolumeclaims: [claim(undefined, { namespace: "habits" })] };
        for (const [contents, says] of [
            [RUNNING, "is the stack's own, which it knows as"],
            [NEIGHBOUR, "This stack lives in"],
            [old, "This stack lives in"],
        ] as const) {
            minikube.setContents(contents);
            expect(await refused({}, { identity })).to.contain(says);
        }
        // a first preview has no ID, and what is from before there were IDs none either
        expect(await refused({}, { preview: true })).to.contain("made by an earlier version");
    });

    it("still says what wrote the volume under an image that does not", async () => {
        const settings = { databaseImage: `postgres@sha256:${"0".repeat(64)}` };
        for (const [contents, major] of [
            [RUNNING, "17"],
            [{ ...RUNNING, ...volumes(unannotated(claim(STACK_ID))) }, "17"],
            [{}, undefined],
        ] as const) {
            minikube.setContents(contents);
            const { resources } = await runProgram(settings);
            const volume = resources.find(({ name }) => name === "database-volume");
            const { annotations } = plain(volume?.inputs["metadata"]) as ListedObject["metadata"];
            expect(annotations?.[POSTGRES_MAJOR_ANNOTATION]).to.equal(major);
        }
    });

    it("takes a kept namespace up as it is", async () => {
        const space = namespace("habits", undefined);
        minikube.setContents({
            namespaces: [kept({ metadata: space.metadata })],
            persistentvolumeclaims: [kept(claim(undefined, { namespace: "habits" }))],
        });
        const { resources } = await runProgram({
            namespace: "habits",
            databaseExistingClaim: DATABASE,
        });
        const own = resources.find(({ name }) => name === "namespace-own");
        expect(own?.options).to.include({ import: "habits", retainOnDelete: true });
        expect(own?.options.ignoreChanges).to.deep.equal(["metadata", "spec"]);
        expect(resources.map(({ name }) => name)).not.to.include("database-volume");
    });
});
