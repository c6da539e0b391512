import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Backups } from "./backups.ts";
import { DATABASE_NAME } from "./configuration.ts";
import { POSTGRES_MAJOR_ANNOTATION, POSTGRES_USER_ANNOTATION } from "./contents.ts";
import {
    LAST_WORDS,
    NOT_AWAITED,
    type Peer,
    RESTRICTED_CONTAINER,
    labels,
    priority,
    restrictedPod,
    rolloutTimeouts,
    scratch,
    selector,
    tokenlessAccount,
} from "./pods.ts";
import type { DatabaseSettings } from "./settings.ts";

/** Name of the Service, and so the host that DATABASE_URL names. */
export const DATABASE_SERVICE = "habit-tracker-database";
export const DATABASE_PORT = 5432;

export interface DatabaseArgs extends DatabaseSettings {
    namespace: pulumi.Input<string>;
    /** Whether the claim is the stack's to declare. */
    declaresVolume: boolean;
    /** Whether the claim is there already, and the one in the state. */
    knowsVolume: boolean;
    /** The major version of PostgreSQL that wrote what is in the claim; undefined where nothing tells. */
    writtenBy: string | undefined;
    /** Labels of the nodes that have the volume; none where it follows its pod. */
    nodeSelector: Record<string, string>;
    /** The role's. Undefined with a database of one's own: then there is no server, only the volume of the one before. */
    password: pulumi.Input<string> | undefined;
    /** Labels that the pods allowed in carry. */
    clients: Record<string, string>;
    /** Its scheduled dumps, which come from pods that are allowed in too; undefined without any. */
    backups: Backups | undefined;
}

/**
 * Sets the role's password to the Secret's, over the socket that trusts the server's own user. An image sets it only
 * when it makes the data; with a volume that was kept, or after a change, the old one would go on and lock everyone out.
 * The file changes when the Secret does, a minute or so later: connections that stand go on, and nothing starts anew.
 *
 * What watches it is a child of PostgreSQL once this script has ended. PostgreSQL takes a child that ends with anything but 0
 * for a crash of its own, so that one never does. The server must not write the statement into its log.
 */
export const SYNC_PASSWORD = String.raw`
set_password() {
    printf '%s\n' 'SET log_min_error_statement = panic;' 'SET log_statement = none;' '\set ON_ERROR_STOP on' \
        '\getenv password PASSWORD' "ALTER ROLE CURRENT_USER PASSWORD :'password';" |
        PASSWORD="$1" psql -qX -U "$POSTGRES_USER" -d "$POSTGRES_DB"
}
known="$(cat "$POSTGRES_PASSWORD_FILE")"
until set_password "$known"; do sleep 1; done
{
    trap 'exit 0' EXIT HUP INT TERM
    while :; do
        sleep 2
        now="$(cat "$POSTGRES_PASSWORD_FILE")" && [ -n "$now" ] && [ "$now" != "$known" ] &&
            set_password "$now" && known="$now"
    done
} < /dev/null > /dev/null 2>&1 &`.trim();

/** Where a container finds the password: a file, because an environment is shown to everybody who may look. */
export const PASSWORD_FOLDER = "/run/secrets/habit-tracker";
export const PASSWORD_FILE = "password";

/** The volume with that file. */
export const passwordVolume = (secretName: pulumi.Input<string>) => ({
    name: "password",
    // for the pod's group, which is the server's own (fsGroup)
    secret: { secretName, defaultMode: 0o440 },
});

/** The tag of an image reference; undefined where it has none, such as one by digest alone. */
const tagOf = (image: string) => /:([\w.-]+)$/.exec(image.replace(/@.*$/, ""))?.[1];

/** The tag of a PostgreSQL image, as a label's value. */
export const imageVersion = (image: string) => tagOf(image) ?? "unknown";

/** The major version of PostgreSQL that an image's tag names: 17 of `postgres:17.6-bookworm`. */
export function postgresMajor(image: string): string | undefined {
    return /^v?(\d+)(?![\w])/.exec(tagOf(image) ?? "")?.[1];
}

/** The claim of a volume for one node at a time. */
export const volumeSpec = (storage: string, storageClassName: string | undefined) => ({
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage } },
    ...(storageClassName === undefined ? {} : { storageClassName }),
});

/**
 * What a claim that is there keeps, whatever is set: Kubernetes changes no volume's class, so Pulumi would make a new claim in the
 * place of this one.
 */
export const STORAGE_CLASS = "spec.storageClassName";

/** One PostgreSQL in the cluster, for a stack without a `databaseUrl`. */
export class Database extends pulumi.ComponentResource implements Peer {
    readonly app = DATABASE_SERVICE;
    readonly port = DATABASE_PORT;

    constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
        super("habit-tracker:database:Database", name, {}, opts);
        const metadata = {
            name: DATABASE_SERVICE,
            namespace: args.namespace,
            labels: labels(DATABASE_SERVICE, "database", imageVersion(args.image)),
        };

        // A claim of its own instead of volumeClaimTemplates, whose claims are in nobody's state. It is retained, so that no
        // update can remove it, whatever leaves the program or is replaced; teardown.ts does when the stack is destroyed.
        // an image that names none takes nothing away from what is known
        const major = postgresMajor(args.image) ?? args.writtenBy;
        const used =
            args.password !== undefined &&
            (args.existingClaim === undefined || args.existingClaim === args.claimName);
        const volume = args.declaresVolume
            ? new kubernetes.core.v1.PersistentVolumeClaim(
                  `${name}-volume`,
                  {
                      metadata: {
                          ...metadata,
                          name: args.claimName,
                          annotations: {
                              [POSTGRES_USER_ANNOTATION]: `${args.userId}`,
                              ...(major === undefined
                                  ? {}
                                  : { [POSTGRES_MAJOR_ANNOTATION]: major }),
                          },
                      },
                      spec: volumeSpec(args.storage, args.storageClass),
                  },
                  {
                      parent: this,
                      retainOnDelete: true,
                      ignoreChanges: [
                          ...(args.knowsVolume ? [STORAGE_CLASS] : []),
                          // an image that does not run on it says nothing of what is in it
                          ...(used ? [] : ["metadata", "spec"]),
                      ],
                  },
              )
            : undefined;
        const claimName = args.existingClaim ?? volume?.metadata.name ?? args.claimName;
        if (args.password === undefined) {
            this.registerOutputs({});
            return;
        }
        const secret = new kubernetes.core.v1.Secret(
            `${name}-secret`,
            {
                metadata,
                type: "Opaque",
                stringData: { [PASSWORD_FILE]: pulumi.secret(args.password) },
            },
            { parent: this },
        );
        const account = new kubernetes.core.v1.ServiceAccount(
            `${name}-account`,
            tokenlessAccount(metadata),
            { parent: this },
        );
        const service = new kubernetes.core.v1.Service(
            `${name}-service`,
            {
                // it comes before its pod, so there are no endpoints to wait for
                metadata: { ...metadata, annotations: NOT_AWAITED },
                spec: {
                    // Not headless: a new pod has another address, and the cluster's DNS goes on handing out the old one
                    // for up to 30 s. The Service's own address stays.
                    selector: selector(DATABASE_SERVICE),
                    ports: [{ name: "postgres", port: DATABASE_PORT, targetPort: "postgres" }],
                },
            },
            { parent: this },
        );
        new kubernetes.networking.v1.NetworkPolicy(
            `${name}-network`,
            {
                metadata,
                spec: {
                    podSelector: { matchLabels: selector(DATABASE_SERVICE) },
                    policyTypes: ["Ingress", "Egress"],
                    ingress: [
                        {
                            from: [
                                args.clients,
                                ...(args.backups ? [selector(args.backups.app)] : []),
                            ].map((matchLabels) => ({ podSelector: { matchLabels } })),
                            ports: [{ protocol: "TCP", port: DATABASE_PORT }],
                        },
                    ],
                    // it answers; it asks nobody, not even for names
                    egress: [],
                },
            },
            { parent: this },
        );

        const { volumes, volumeMounts } = scratch([
            { name: "run", mountPath: "/var/run/postgresql", sizeLimit: "1Mi" },
            { name: "tmp", mountPath: "/tmp", sizeLimit: "64Mi" },
            { name: "shared-memory", mountPath: "/dev/shm", sizeLimit: "64Mi", medium: "Memory" },
        ]);
        const ready = (arguments_: string) => ({
            exec: { command: ["sh", "-c", `exec pg_isready -q -h 127.0.0.1 ${arguments_}`] },
        });
        new kubernetes.apps.v1.StatefulSet(
            `${name}-server`,
            {
                metadata,
                spec: {
                    serviceName: DATABASE_SERVICE,
                    replicas: 1,
                    // by default a pod that never got ready is not replaced, not even once its template is mended
                    podManagementPolicy: "Parallel",
                    selector: { matchLabels: selector(DATABASE_SERVICE) },
                    template: {
                        metadata: { labels: metadata.labels },
                        spec: {
                            serviceAccountName: account.metadata.name,
                            automountServiceAccountToken: false,
                            enableServiceLinks: false,
                            nodeSelector: args.nodeSelector,
                            ...priority(args.priorityClassName),
                            securityContext: restrictedPod(args.userId),
                            // PostgreSQL takes SIGTERM for "wait until all clients left"
                            terminationGracePeriodSeconds: 60,
                            containers: [
                                {
                                    name: "postgres",
                                    image: args.image,
                                    imagePullPolicy: "IfNotPresent",
                                    ports: [{ name: "postgres", containerPort: DATABASE_PORT }],
                                    env: Object.entries({
                                        POSTGRES_USER: DATABASE_NAME,
                                        POSTGRES_DB: DATABASE_NAME,
                                        POSTGRES_PASSWORD_FILE: `${PASSWORD_FOLDER}/${PASSWORD_FILE}`,
                                        // a sub-folder: initdb refuses a volume's root with lost+found in it
                                        PGDATA: "/var/lib/postgresql/data/pgdata",
                                    }).map(([variable, value]) => ({ name: variable, value })),
                                    resources: args.resources,
                                    securityContext: RESTRICTED_CONTAINER,
                                    ...LAST_WORDS,
                                    // initdb may take a while on a slow disk; the other two wait for it
                                    startupProbe: {
                                        ...ready('-U "$POSTGRES_USER"'),
                                        periodSeconds: 2,
                                        failureThreshold: 60,
                                    },
                                    livenessProbe: {
                                        ...ready(""),
                                        periodSeconds: 10,
                                        failureThreshold: 6,
                                    },
                                    readinessProbe: {
                                        ...ready('-U "$POSTGRES_USER" -d "$POSTGRES_DB"'),
                                        periodSeconds: 5,
                                    },
                                    lifecycle: {
                                        postStart: {
                                            exec: { command: ["sh", "-c", SYNC_PASSWORD] },
                                        },
                                        preStop: {
                                            exec: {
                                                command: [
                                                    "sh",
                                                    "-c",
                                                    'pg_ctl stop -m fast -w -t 50 -D "$PGDATA"',
                                                ],
                                            },
                                        },
                                    },
                                    volumeMounts: [
                                        { name: "data", mountPath: "/var/lib/postgresql/data" },
                                        {
                                            name: "password",
                                            mountPath: PASSWORD_FOLDER,
                                            readOnly: true,
                                        },
                                        ...volumeMounts,
                                        ...(args.backups ? [args.backups.mount] : []),
                                    ],
                                },
                            ],
                            volumes: [
                                { name: "data", persistentVolumeClaim: { claimName } },
                                passwordVolume(secret.metadata.name),
                                ...volumes,
                                ...(args.backups ? [args.backups.volume] : []),
                            ],
                        },
                    },
                },
            },
            {
                parent: this,
                dependsOn: service,
                customTimeouts: rolloutTimeouts(args.rolloutTimeoutSeconds),
            },
        );
        this.registerOutputs({});
    }
}
