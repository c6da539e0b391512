// What happens to a stack's cluster, or beside it. Without load: there is nothing to ask, or nobody to be disturbed.
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { STACK_LABEL } from "../../components/contents.ts";
import { postgresMajor } from "../../components/database.ts";
import { chooseHost, freePort } from "../../scripts/host.ts";
import { startMinikube } from "../../scripts/minikube.ts";
import { tableDigests } from "../e2e/backups.ts";
import type { Installation } from "../e2e/installation.ts";
import { Load } from "./load.ts";
import { BACKEND, DATABASE } from "./trial.ts";

/** Something that is tried without load, and what came of it in words. */
export interface Check {
    title: string;
    bar: string;
    /** Throws where the bar is missed. */
    run: (installation: Installation) => Promise<string>;
}

const NEW_STATE = "pulumi stack select local --create";

/** Some people's habits and check-ins, which are read back one by one. */
async function withData(installation: Installation): Promise<Load> {
    const load = await Load.start(await address(installation));
    await load.recovers();
    await load.traffic.stop();
    expect(load.acknowledged).to.be.greaterThan(0);
    return load;
}
/** The same, and a dump of it. */
async function withBackup(installation: Installation): Promise<{ load: Load; file: string }> {
    const load = await withData(installation);
    const file = join(installation.folder, `${randomUUID()}.dump`);
    await installation.npm("backup", "--", "--to", file);
    return { load, file };
}
const address = async (installation: Installation) =>
    (await installation.shell("pulumi stack output url")).trim();

const newCluster: Check = {
    title: "minikube delete and start",
    bar: "one command; the loss is announced; a backup brings all back",
    run: async (installation) => {
        const { load, file } = await withBackup(installation);
        await installation.shell(`minikube delete -p ${installation.profile}`);
        const output = await installation.npm("up", "--", "--yes", "--memory", "2g");
        expect(output).to.contain("the database starts empty");
        await installation.npm("restore", "--", file, "--yes");
        expect(await load.lost()).to.deep.equal([]);
        return `announced; ${load.acknowledged} writes restored`;
    },
};

const lostState: Check = {
    title: "state file lost",
    bar: "one setting and one command; nothing stops, nothing is lost",
    run: async (installation) => {
        const load = await withData(installation);
        const volume = () =>
            installation.kubectl(
                `get pvc ${DATABASE} -n ${installation.namespace} -o jsonpath={.metadata.uid}`,
            );
        const label = STACK_LABEL.replaceAll(".", "\\.");
        const lost = await installation.kubectl(
            `get pvc ${DATABASE} -n ${installation.namespace} -o jsonpath={.metadata.labels.${label}}`,
        );
        const before = await volume();
        await rm(join(installation.folder, ".local/state"), { recursive: true });
        const refusal = await installation.failing(
            `mkdir -p .local/state && ${NEW_STATE} && pulumi up --yes --skip-preview 2>&1`,
        );
        expect(refusal).to.contain(`pulumi config set adoptStack ${lost}`);
        await installation.set({ adoptStack: lost });
        await installation.shell("pulumi up --yes --skip-preview");
        expect(await volume()).to.equal(before);
        expect(await load.lost()).to.deep.equal([]);
        await installation.unset(["adoptStack"]);
        await installation.shell("pulumi up --yes --skip-preview");
        await installation.shell("pulumi preview --expect-no-changes --non-interactive");
        return "adopted; the same volume, no write lost, then no changes";
    },
};

/** Settings of a second stack in a namespace of its own, with nothing of the first one's. */
async function beside(
    installation: Installation,
    name: string,
    nodePort: number,
): Promise<Record<string, string | number>> {
    const settings: Record<string, string | number> = {
        minikubeProfile: installation.profile,
        namespace: `habit-tracker-${name}`,
        frontendNodePort: nodePort,
        backendImageName: `${name}-backend`,
        frontendImageName: `${name}-frontend`,
        // two stacks and the pod of a rolling update, on two cores
        backendCpuRequest: "100m",
        frontendCpuRequest: "100m",
    };
    for (const key of ["backendBaseImage", "frontendBaseImage", "databaseImage"]) {
        settings[key] = (await installation.shell(`pulumi config get ${key}`)).trim();
    }
    return settings;
}

const twoStacks: Check = {
    title: "two stacks on one cluster",
    bar: "no collision; destroying one leaves the other",
    run: async (installation) => {
        const load = await withData(installation);
        const { frontendNodePort, backendImageName, frontendImageName, ...shared } = await beside(
            installation,
            "second",
            30081,
        );
        await installation.addStack("second", shared);
        const refusal = await installation.failing("pulumi preview --stack second 2>&1");
        expect(refusal).to.contain("is taken by the Service").and.to.contain("is in use by");
        const own = { frontendNodePort, backendImageName, frontendImageName };
        for (const [key, value] of Object.entries(own)) {
            await installation.shell(`pulumi config set ${key} ${value} --stack second`);
        }
        await installation.shell("pulumi up --stack second --yes --skip-preview");
        await installation.shell("pulumi preview --expect-no-changes --non-interactive");
        await installation.shell("pulumi destroy --stack second --yes --skip-preview");
        expect(
            await installation.kubectl("get namespace habit-tracker-second --ignore-not-found"),
        ).to.equal("");
        await installation.shell("pulumi preview --expect-no-changes --non-interactive");
        expect(await load.lost()).to.deep.equal([]);
        return "refused by name, then both up; the first unchanged by the second's end";
    },
};

/** A second Minikube beside the installation's own. */
async function startOther({ folder }: Installation, profile: string): Promise<void> {
    const place = { context: profile, isMinikube: true };
    const { env, supply } = await chooseHost(folder, place, undefined);
    await startMinikube(folder, {
        name: profile,
        memory: "2g",
        publish: `127.0.0.1:${await freePort(0)}:30080`,
        flags: await supply.minikubeFlags(() => undefined),
        env,
        listener: () => undefined,
    });
}

const twoProfiles: Check = {
    title: "one stack, two profiles",
    bar: "no collision: the other cluster is refused, and a destroy there too",
    run: async (installation) => {
        const load = await withData(installation);
        const other = `${installation.profile}-other`;
        const putBack = await installation.rememberSettings();
        try {
            await startOther(installation, other);
            await installation.set({ minikubeProfile: other });
            for (const command of ["pulumi up --yes --skip-preview", "npm run down -- --yes"]) {
                const refusal = await installation.failing(`${command} 2>&1`);
                expect(refusal).to.contain(
                    `lives in the Minikube profile "${installation.profile}"`,
                );
            }
        } finally {
            await putBack();
            await installation.shell(`minikube delete -p ${other}`);
        }
        await installation.shell("pulumi preview --expect-no-changes --non-interactive");
        expect(await load.lost()).to.deep.equal([]);
        return "both refused, with the way back and the way over";
    },
};

/** The way that README.md tells, from a place to another one. */
async function leaveVolume(installation: Installation, change: Record<string, string>) {
    const refusal = await installation.failing("pulumi up --yes --skip-preview 2>&1");
    for (const [key, value] of Object.entries(change)) {
        expect(refusal).to.contain(`pulumi config set ${key} ${value}`);
    }
    await installation.set(change);
    await installation.npm("up", "--", "--yes");
}

const otherNamespace: Check = {
    title: "another namespace, and back",
    bar: "refused until the documented commands; every row is there, then and after the way back",
    run: async (installation) => {
        const { namespace } = installation;
        const other = `${namespace}-other`;
        const { load, file } = await withBackup(installation);

        await installation.set({ namespace: other });
        await leaveVolume(installation, { databaseAbandon: `${namespace}/${DATABASE}` });
        await installation.npm("restore", "--", file, "--yes");
        expect(await load.lost()).to.deep.equal([]);

        await installation.set({ namespace, databaseAbandon: "" });
        await leaveVolume(installation, { databaseAbandon: `${other}/${DATABASE}` });
        expect(await load.lost()).to.deep.equal([]);
        await installation.unset(["databaseAbandon"]);
        await installation.shell("pulumi up --yes --skip-preview");
        await installation.shell("pulumi preview --expect-no-changes --non-interactive");
        return `${load.acknowledged} writes restored there, and found again on the volume that was left`;
    },
};

/** An image of the major version before a stack's own: Debian 12's, where nothing can be pulled. */
async function olderPostgres(installation: Installation, image: string): Promise<string> {
    if (!image.startsWith("closed-network/")) {
        return image.replace(/:(\d+)[^-]*/, (_, major) => `:${Number(major) - 1}`);
    }
    const older = "closed-network/postgres:15-bookworm";
    await execa("docker", ["build", "--tag", older, "-"], {
        env: { DOCKER_BUILDKIT: "0" },
        input: `
FROM closed-network/debian:bookworm-node
COPY --from=${image} /usr/local/share/closed-network/ /usr/local/share/closed-network/
ENV SSL_CERT_FILE=/usr/local/share/closed-network/ca-certificates.crt
RUN useradd --uid 999 --gid 999 postgres && apt-get update \\
 && apt-get install --yes --no-install-recommends postgresql-15
COPY --from=${image} /usr/local/bin/docker-entrypoint.sh /usr/local/bin/
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
`,
    });
    await installation.shell(`minikube -p ${installation.profile} image load ${older}`);
    return older;
}

const nextMajor: Check = {
    title: "PostgreSQL's next major version",
    bar: "refused until the documented commands; equal row by row",
    run: async (installation) => {
        const settings = await beside(installation, "older", 30082);
        const newer = String(settings["databaseImage"]);
        const databaseImage = await olderPostgres(installation, newer);
        await installation.addStack("older", { ...settings, databaseImage });
        await installation.shell("pulumi up --stack older --yes --skip-preview");
        const older = {
            namespace: String(settings["namespace"]),
            kubectl: installation.kubectl.bind(installation),
        };
        await installation.kubectl(
            `exec -i -n ${older.namespace} deployment/${BACKEND} -- python`,
            {
                input: SOME_ROWS,
            },
        );
        const before = await tableDigests(older);
        const file = join(installation.folder, "older.dump");
        await installation.npm("backup", "--", "--stack", "older", "--to", file);

        const major = postgresMajor(newer);
        const set = (key: string, value: string) =>
            installation.shell(`pulumi config set ${key} ${value} --stack older`);
        await set("databaseImage", newer);
        const refusal = await installation.failing(
            "pulumi up --stack older --yes --skip-preview 2>&1",
        );
        expect(refusal).to.contain(`was written by PostgreSQL ${postgresMajor(databaseImage)}`);
        await set("databaseClaimName", `${DATABASE}-${major}`);
        await set("databaseAbandon", `${older.namespace}/${DATABASE}`);
        await installation.shell("pulumi up --stack older --yes --skip-preview");
        await installation.npm("restore", "--", file, "--stack", "older", "--yes");
        expect(await tableDigests(older)).to.deep.equal(before);

        await installation.shell("pulumi destroy --stack older --yes --skip-preview");
        expect(
            await installation.kubectl(`get namespace ${older.namespace} --ignore-not-found`),
        ).to.equal("");
        return `from ${databaseImage} to ${newer}; ${Object.keys(before).length} tables equal`;
    },
};

/** Registers somebody with a habit, from inside the backend's pod. */
const SOME_ROWS = `
import json, urllib.request
def post(path, body, headers={}):
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request("http://127.0.0.1:8000/api/v1" + path, json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request))
session = post("/auth/register", {"email": "older@example.org", "password": "correct horse battery"})
post("/habits", {"name": "Read ten pages"}, {"Authorization": "Bearer " + session["access_token"]})
`;

const otherProfile: Check = {
    title: "another Minikube",
    bar: "refused until the documented commands; every row is there",
    run: async (installation) => {
        const { load, file } = await withBackup(installation);
        const other = `${installation.profile}-other`;
        try {
            await startOther(installation, other);
            await installation.set({ minikubeProfile: other });
            const moveToCluster = await installation.shell(
                `minikube -p ${other} kubectl -- --context ${other} get namespace kube-system -o jsonpath={.metadata.uid}`,
            );
            await leaveVolume(installation, { moveToCluster });
            await installation.npm("restore", "--", file, "--yes");
            expect(await load.lost(await address(installation))).to.deep.equal([]);
            await installation.unset(["moveToCluster"]);
            await installation.shell("pulumi preview --expect-no-changes --non-interactive");
        } finally {
            await installation.shell(`minikube delete -p ${other}`);
        }
        return `${load.acknowledged} writes restored there, then no changes`;
    },
};

/** The last one leaves the stack without its cluster. */
export const CHECKS: readonly Check[] = [
    twoStacks,
    nextMajor,
    twoProfiles,
    lostState,
    newCluster,
    otherNamespace,
    otherProfile,
];
