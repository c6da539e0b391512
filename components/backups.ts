import * as kubernetes from "@pulumi/kubernetes";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { DATABASE_NAME } from "./configuration.ts";
import {
    DATABASE_PORT,
    DATABASE_SERVICE,
    PASSWORD_FILE,
    PASSWORD_FOLDER,
    STORAGE_CLASS,
    imageVersion,
    passwordVolume,
    volumeSpec,
} from "./database.ts";
import {
    DNS_EGRESS,
    RESTRICTED_CONTAINER,
    egressTo,
    labels,
    priority,
    restrictedPod,
    selector,
    tokenlessAccount,
} from "./pods.ts";
import type { BackupSettings, DatabaseSettings } from "./settings.ts";

const APP = "habit-tracker-backup";
/** Name of the claim that the dumps are on. */
export const BACKUPS_CLAIM = "habit-tracker-backups";
/** Name of its volume inside a pod. */
const VOLUME = "backups";
/** Where the dumps are, in the pods that make them and in the database's. */
const FOLDER = "/var/backups/habit-tracker";

export interface BackupsArgs extends BackupSettings {
    namespace: pulumi.Input<string>;
    database: DatabaseSettings;
    /** Whether the claim is the stack's to declare; it is there already otherwise. */
    declaresVolume: boolean;
    /** Whether the claim is there already, and the one in the state. */
    knowsVolume: boolean;
}

/** Minutes after which a dump that is not done is given up. */
const TIMEOUT_MINUTES = 30;
const SECONDS_A_DAY = 24 * 60 * 60;

/**
 * Dumps the database into the working directory, under a name by which dumps sort by age. A dump gets its name once it
 * can be read back and its checksum stands beside it; then all but the newest KEEP go.
 */
export const DUMP_SCRIPT = String.raw`
set -eu
umask 077
PGPASSWORD="$(cat "$PASSWORD_FILE")"
export PGPASSWORD
name="habit-tracker-$(date -u +%Y%m%dT%H%M%SZ).dump"
trap 'rm -f "$name.part"' EXIT
# of a run that was killed
find . -name '*.part' -mmin +${TIMEOUT_MINUTES} -exec rm -f {} +
pg_dump --format=custom --no-owner --no-privileges --lock-wait-timeout=30s --file="$name.part"
# from end to end: the table of contents alone is also found in a file that is cut off
pg_restore --file=/dev/null "$name.part"
printf '%s  %s\n' "$(sha256sum "$name.part" | cut -d ' ' -f 1)" "$name" > "$name.sha256"
sync
mv "$name.part" "$name"
ls -r | grep '^habit-tracker-.*\.dump$' | tail -n "+$((KEEP + 1))" |
    while read -r old; do rm -f "$old" "$old.sha256"; done
ls -l "$name"`.trim();

/** Dumps of the in-cluster PostgreSQL at set times, onto a volume of their own. */
export class Backups extends pulumi.ComponentResource {
    /** Value of the `app` label of the pods that make them. */
    readonly app = APP;
    /** For the database's pod, through which the dumps are listed and brought back: their volume, and its mount. */
    readonly volume: types.input.core.v1.Volume;
    readonly mount: types.input.core.v1.VolumeMount;

    constructor(name: string, args: BackupsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("habit-tracker:backups:Backups", name, {}, opts);
        const { database } = args;
        const metadata = {
            name: APP,
            namespace: args.namespace,
            labels: labels(APP, "backup", imageVersion(database.image)),
        };

        const claimName = args.declaresVolume
            ? new kubernetes.core.v1.PersistentVolumeClaim(
                  `${name}-volume`,
                  {
                      metadata: { ...metadata, name: BACKUPS_CLAIM },
                      spec: volumeSpec(args.storage, args.storageClass),
                  },
                  {
                      parent: this,
                      // like the database's own: only a destroy removes it
                      retainOnDelete: true,
                      ignoreChanges: args.knowsVolume ? [STORAGE_CLASS] : [],
                  },
              ).metadata.name
            : BACKUPS_CLAIM;
        this.volume = { name: VOLUME, persistentVolumeClaim: { claimName, readOnly: true } };
        this.mount = { name: VOLUME, mountPath: FOLDER, readOnly: true };
        // the dumps that were made are worth no less once there is no schedule
        if (args.schedule === undefined) {
            this.registerOutputs({});
            return;
        }
        const account = new kubernetes.core.v1.ServiceAccount(
            `${name}-account`,
            tokenlessAccount(metadata),
            { parent: this },
        );
        new kubernetes.networking.v1.NetworkPolicy(
            `${name}-network`,
            {
                metadata,
                spec: {
                    podSelector: { matchLabels: selector(APP) },
                    policyTypes: ["Ingress", "Egress"],
                    ingress: [],
                    egress: [DNS_EGRESS, egressTo({ app: DATABASE_SERVICE, port: DATABASE_PORT })],
                },
            },
            { parent: this },
        );

        const environment = {
            PGHOST: DATABASE_SERVICE,
            PGUSER: DATABASE_NAME,
            PGDATABASE: DATABASE_NAME,
            PASSWORD_FILE: `${PASSWORD_FOLDER}/${PASSWORD_FILE}`,
            KEEP: `${args.keep}`,
        };
        const pod = {
            restartPolicy: "Never",
            serviceAccountName: account.metadata.name,
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: restrictedPod(database.userId),
            ...priority(database.priorityClassName),
            // its claim is ReadWriteOnce, and the database's pod mounts it too
            affinity: {
                podAffinity: {
                    requiredDuringSchedulingIgnoredDuringExecution: [
                        {
                            topologyKey: "kubernetes.io/hostname",
                            labelSelector: { matchLabels: selector(DATABASE_SERVICE) },
                        },
                    ],
                },
            },
            containers: [
                {
                    name: "pg-dump",
                    image: database.image,
                    imagePullPolicy: "IfNotPresent",
                    command: ["sh", "-c", DUMP_SCRIPT],
                    workingDir: FOLDER,
                    env: Object.entries(environment).map(([variable, value]) => ({
                        name: variable,
                        value,
                    })),
                    resources: database.resources,
                    securityContext: RESTRICTED_CONTAINER,
                    volumeMounts: [
                        { name: VOLUME, mountPath: FOLDER },
                        { name: "password", mountPath: PASSWORD_FOLDER, readOnly: true },
                    ],
                },
            ],
            volumes: [
                { name: VOLUME, persistentVolumeClaim: { claimName } },
                passwordVolume(DATABASE_SERVICE),
            ],
        };
        new kubernetes.batch.v1.CronJob(
            `${name}-schedule`,
            {
                metadata,
                spec: {
                    schedule: args.schedule,
                    concurrencyPolicy: "Forbid",
                    // Minikube is not always on: what was missed is made up for within a day
                    startingDeadlineSeconds: SECONDS_A_DAY,
                    successfulJobsHistoryLimit: 1,
                    failedJobsHistoryLimit: 1,
                    jobTemplate: {
                        metadata: { labels: metadata.labels },
                        spec: {
                            // some two and a half minutes: a new password takes up to two to be the database's too
                            backoffLimit: 4,
                            activeDeadlineSeconds: TIMEOUT_MINUTES * 60,
                            template: { metadata: { labels: metadata.labels }, spec: pod },
                        },
                    },
                },
            },
            { parent: this },
        );
        this.registerOutputs({});
    }
}
