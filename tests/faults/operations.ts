import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { execa } from "execa";
import { PRODUCT_LABEL } from "../../components/pods.ts";
import { decoded } from "../conformance/live.ts";
import { query } from "../e2e/backups.ts";
import type { Installation } from "../e2e/installation.ts";
import { MOMENTS } from "./form.ts";
import { BACKEND, DATABASE, FRONTEND, type Fault } from "./trial.ts";

const NO_CHANGES = "pulumi preview --expect-no-changes --non-interactive";

/** The machine is switched off and on: nobody needs to do more. */
const nodeStopped: Fault = {
    title: "node stopped and started",
    bar: { commands: 0 },
    inject: async (trial) => {
        const { installation } = trial;
        const { profile } = installation;
        await installation.shell(`minikube stop -p ${profile}`);
        // Minikube refuses the docker driver to root otherwise
        const force = process.getuid?.() === 0 ? "--force" : "";
        const start = Date.now();
        await installation.shell(`minikube start -p ${profile} --keep-context ${force}`);
        trial.over();
        for (const app of [DATABASE, BACKEND, FRONTEND]) {
            await trial.ready(app, start);
        }
        await installation.shell(NO_CHANGES);
    },
};

/** The kinds of the stack's own objects. */
const KINDS =
    "configmaps,secrets,services,serviceaccounts,deployments.apps,statefulsets.apps,persistentvolumeclaims,networkpolicies.networking.k8s.io,poddisruptionbudgets.policy,resourcequotas";

/** The product's objects in the stack's namespace that the stack's state does not know. */
async function orphans(installation: Installation): Promise<string[]> {
    const state = JSON.parse(await installation.shell("pulumi stack export")) as {
        deployment: { resources: { type: string; id?: string }[] };
    };
    const known = state.deployment.resources.map(
        ({ type, id }) => `${type.split(":").at(-1)} ${id}`,
    );
    const [label] = Object.entries(PRODUCT_LABEL).map((pair) => pair.join("="));
    const objects = await installation.get<{
        kind: string;
        metadata: { namespace: string; name: string };
    }>(`${KINDS} -l ${label}`);
    return objects
        .map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)
        .filter((object) => !known.includes(object));
}

/** An update that makes, replaces, changes and deletes objects, and rolls both tiers. */
async function renameConfiguration(installation: Installation, suffix: string): Promise<void> {
    for (const [setting, kind] of [
        ["configMapName", "config"],
        ["secretName", "secrets"],
    ]) {
        await installation.shell(
            `pulumi config set ${setting} habit-tracker-${kind}-${suffix.toLowerCase()}`,
        );
    }
}

/** IDs of processes that still run the program of an installation; one that lost its Pulumi has a while to notice. */
async function programs({ folder }: Installation): Promise<string> {
    const list = `for id in $(pgrep -f pulumi/cmd/run/index.js); do [ "$(readlink /proc/$id/cwd)" != ${folder} ] || echo $id; done`;
    const end = Date.now() + 30_000;
    for (;;) {
        const { stdout } = await execa("bash", ["-c", list], { reject: false });
        if (stdout === "" || Date.now() > end) {
            return stdout;
        }
        await sleep(1000);
    }
}

/** Updates that are ended at moments all over their time; one command mends each. */
const interrupted = (signal: "SIGINT" | "SIGKILL"): Fault => ({
    title: `pulumi up ended by ${signal} at ${MOMENTS} moments`,
    bar: { commands: MOMENTS },
    restore: (installation) =>
        installation.shell(
            "pulumi config rm configMapName && pulumi config rm secretName && pulumi up --yes --skip-preview",
        ),
    inject: async (trial) => {
        const { installation } = trial;
        await renameConfiguration(installation, signal);
        const start = Date.now();
        await trial.up();
        const duration = Date.now() - start;
        for (let moment = 1; moment <= MOMENTS; moment += 1) {
            await renameConfiguration(installation, `${signal}-${moment}`);
            const update = execa(
                "bash",
                ["-c", "source .local/env && exec pulumi up --yes --skip-preview"],
                { cwd: installation.folder, stdio: "ignore", reject: false },
            );
            await sleep((duration * (moment - 0.5)) / MOMENTS);
            update.kill(signal);
            await update;
            await trial.byHand("npm run up -- --yes");
            await installation.shell(NO_CHANGES);
            expect(await orphans(installation)).to.deep.equal([]);
        }
        expect(await programs(installation)).to.equal("");
        trial.over();
    },
});

/** Somebody changes an object behind Pulumi's back. */
const drifted = (how: string, resource: string, kubectl: string): Fault => ({
    title: `drift: ${how}`,
    bar: { commands: 1 },
    inject: async (trial) => {
        const { installation } = trial;
        await installation.kubectl(`${kubectl} -n ${installation.namespace}`);
        const shown = await installation.shell("pulumi refresh --preview-only --non-interactive");
        // every resource is named, but what is as it was has no operation
        expect(shown).to.match(new RegExp(` ${resource} (update|delete)`));
        await trial.byHand(
            "PULUMI_K8S_ENABLE_PATCH_FORCE=true pulumi up --refresh --yes --skip-preview",
        );
        trial.over();
        // without force: it would stop at a conflict; Pulumi keeps the force itself as a setting of its provider
        await installation.shell("pulumi up --refresh --yes --skip-preview");
        await installation.shell(`${NO_CHANGES} --refresh`);
    },
});

/** A secret gets another value. */
const rotated = (
    what: string,
    rotate: (installation: Installation) => Promise<unknown>,
): Fault => ({
    title: `rotation of ${what}`,
    bar: { failed: 0, backendRestarts: 0, commands: 0 },
    inject: async (trial) => {
        await rotate(trial.installation);
        trial.over();
    },
});

const random = () => randomBytes(32).toString("hex");

async function setSecret(installation: Installation, key: string, value: string): Promise<void> {
    await installation.shell(`pulumi config set --secret ${key}`, { input: value });
}

/** The load's sessions were signed with the secret before: they have to stay valid. */
async function rotateJwtSecret(installation: Installation): Promise<void> {
    const [secret] = await installation.get<{ data: Record<string, string> }>(
        "secrets --field-selector metadata.name=habit-tracker-secrets",
    );
    const { JWT_SECRET: previous = "" } = decoded(secret?.data);
    await setSecret(installation, "jwtSecretPrevious", previous);
    await setSecret(installation, "jwtSecret", random());
    await installation.shell("pulumi up --yes --skip-preview");
}

/** The new one is in use, and PostgreSQL did not start anew for it. */
async function rotateDatabasePassword(installation: Installation): Promise<void> {
    const look = async () => ({
        password: await installation.kubectl(
            `get secret ${DATABASE} -n ${installation.namespace} -o 'jsonpath={.data.password}'`,
        ),
        server: await installation.kubectl(
            `get pod ${DATABASE}-0 -n ${installation.namespace} -o 'jsonpath={.metadata.uid} {.status.containerStatuses[*].restartCount}'`,
        ),
        backend: await installation.pods(BACKEND),
    });
    const before = await look();
    await installation.shell(
        "pulumi up --yes --skip-preview --replace '**::configuration-database-password'",
    );
    const after = await look();
    expect(after.password).not.to.equal(before.password);
    expect(after.backend).not.to.deep.equal(before.backend);
    expect(after.server).to.equal(before.server);
}

const MIGRATION = "docker/backend/src/habit_tracker/migrations/versions/0003_faults.py";

/** A release with a migration goes out, and is taken back; the schema stays the newer one. */
const upgradedAndBack: Fault = {
    title: "v1.0.0 to v1.0.1 with a migration, and back",
    bar: { failed: 0, backendRestarts: 0, commands: 0 },
    // no version of this program knows it: a backup of it could be restored nowhere
    restore: (installation) =>
        query(
            installation,
            "ALTER TABLE habits DROP COLUMN faults; UPDATE alembic_version SET version_num = '0002'",
        ),
    inject: async (trial) => {
        const { installation } = trial;
        const file = join(installation.folder, MIGRATION);
        const template = await readFile(
            file.replace("0003_faults", "0002_time_zones_schedules_order_chat_history"),
            "utf8",
        );
        expect(template).to.contain('revision: str = "0002"');
        await writeFile(
            file,
            `"""A column more."""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add it."""
    op.add_column("habits", sa.Column("faults", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("habits", "faults")
`,
        );
        const revision = () => query(installation, "SELECT version_num FROM alembic_version");
        await installation.shell("pulumi config set backendImageTag v1.0.1");
        await trial.up();
        expect(await revision()).to.equal("0003");
        await rm(file);
        await installation.shell("pulumi config rm backendImageTag");
        await trial.up();
        expect(await revision()).to.equal("0003");
        trial.over();
    },
};

export const OPERATIONS: readonly Fault[] = [
    nodeStopped,
    interrupted("SIGINT"),
    interrupted("SIGKILL"),
    drifted("scaled", "backend-deployment", `scale deployment/${BACKEND} --replicas=3`),
    drifted(
        "edited",
        "configuration-config",
        `patch configmap habit-tracker-config --type merge -p '{"data":{"GEMINI_MODEL":"edited"}}'`,
    ),
    drifted("deleted", "backend-service", `delete service ${BACKEND}`),
    rotated("jwtSecret", rotateJwtSecret),
    rotated("the database's password", rotateDatabasePassword),
    rotated("geminiApiKey", async (installation) => {
        await setSecret(installation, "geminiApiKey", random());
        await installation.shell("pulumi up --yes --skip-preview");
    }),
    upgradedAndBack,
];
