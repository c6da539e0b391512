import { createHmac } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { labels } from "./pods.ts";
import type { ConfigurationSettings } from "./settings.ts";

export interface ConfigurationArgs extends ConfigurationSettings {
    namespace: pulumi.Input<string>;
    /** Value of the `version` label. */
    version: string;
    /** Where the backend's Service answers inside the cluster, unless `apiUrl` says otherwise. */
    backendUrl: string;
    /** Host and port of the in-cluster PostgreSQL, for DATABASE_URL unless `databaseUrl` is set. */
    databaseAddress: string;
}

/** The role and the database that the in-cluster PostgreSQL is made with. */
export const DATABASE_NAME = "habit_tracker";

/** ConfigMap entries that only the backend reads; changing them leaves the frontend alone. */
const BACKEND_ENTRIES = ["GEMINI_MODEL", "GEMINI_BASE_URL", "CHAT_DAILY_TOKENS"];
/** And those that only the frontend reads. */
const FRONTEND_ENTRIES = ["NEXT_PUBLIC_API_URL", "COOKIE_SECURE"];

/** The entries that a tier reads: its own and those that belong to nobody else. */
export function readBy(
    tier: "backend" | "frontend",
    config: Readonly<Record<string, string>>,
): Record<string, string> {
    const others = tier === "backend" ? FRONTEND_ENTRIES : BACKEND_ENTRIES;
    return Object.fromEntries(Object.entries(config).filter(([name]) => !others.includes(name)));
}

/** The ports that a PostgreSQL URL names: it may list several hosts. */
export function databasePorts(url: string): number[] {
    const authority = url.split("/")[2] ?? "";
    const hosts = authority.slice(authority.lastIndexOf("@") + 1).split(",");
    return [...new Set(hosts.map((host) => Number(/:(\d+)$/.exec(host)?.[1] ?? 5432)))];
}

/**
 * Digest of a configuration, whatever the order of its entries. Keyed, so that nobody who reads the pod's annotations
 * can test guesses of a secret against it.
 */
export function keyedDigest(key: string, entries: Readonly<Record<string, string>>): string {
    const sorted = Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
    return createHmac("sha256", key).update(JSON.stringify(sorted)).digest("hex");
}

/**
 * The ConfigMap and the Secret (seed: "ConfigMap", "Secret"), and a digest for each tier of what it reads of them.
 * What the stack leaves unset is generated once and kept in the stack's state.
 */
export class Configuration extends pulumi.ComponentResource {
    /** Names that are known beforehand: {@link TierArgs.configuration} says why they are no outputs. */
    readonly configMapName: string;
    readonly secretName: string;
    /** For the pod templates: they roll when the configuration of their tier changes. Not secret. */
    readonly backendDigest: pulumi.Output<string>;
    readonly frontendDigest: pulumi.Output<string>;
    /** Where DATABASE_URL leads to, for the network policies. Not secret. */
    readonly databasePorts: pulumi.Output<number[]>;
    /** Of the in-cluster PostgreSQL; undefined with a database of one's own. */
    readonly databasePassword: pulumi.Output<string> | undefined;

    constructor(name: string, args: ConfigurationArgs, opts?: pulumi.ComponentResourceOptions) {
        super("habit-tracker:configuration:Configuration", name, {}, opts);
        // long enough for HS512; without special characters, which a URL would have to escape
        const generated = (suffix: string) =>
            new random.RandomPassword(
                `${name}-${suffix}`,
                { length: 64, special: false },
                { parent: this },
            ).result;

        const config = {
            NEXT_PUBLIC_API_URL: args.apiUrl ?? args.backendUrl,
            GEMINI_MODEL: args.geminiModel,
            ...(args.geminiBaseUrl === undefined ? {} : { GEMINI_BASE_URL: args.geminiBaseUrl }),
            CHAT_DAILY_TOKENS: `${args.chatDailyTokens}`,
            ...(args.cookieSecure ? { COOKIE_SECURE: "true" } : {}),
            ...args.extra,
        };
        const password =
            args.databaseUrl === undefined ? generated("database-password") : undefined;
        // one that nothing reads is kept too: it is the sessions' key again once the existing Secret is given up
        const jwtSecret = args.jwtSecret ?? generated("jwt-secret");
        const own = pulumi.secret<Record<string, pulumi.Input<string>>>({
            DATABASE_URL:
                args.databaseUrl ??
                pulumi.interpolate`postgresql://${DATABASE_NAME}:${password}@${args.databaseAddress}/${DATABASE_NAME}`,
            JWT_SECRET: jwtSecret,
            ...(args.jwtSecretPrevious === undefined
                ? {}
                : { JWT_SECRET_PREVIOUS: args.jwtSecretPrevious }),
            JWT_ALGORITHM: args.jwtAlgorithm,
            GEMINI_API_KEY: args.geminiApiKey ?? "",
        });
        const secrets = args.existingEntries ?? own;

        const metadata = (objectName: string) => ({
            name: objectName,
            namespace: args.namespace,
            labels: labels("habit-tracker", "configuration", args.version),
        });
        new kubernetes.core.v1.ConfigMap(
            `${name}-config`,
            { metadata: metadata(args.configMapName), data: config },
            { parent: this },
        );
        this.configMapName = args.configMapName;
        // one that exists is not a resource, not even one that is only read: its values would be in the state
        if (args.existingSecret === undefined) {
            new kubernetes.core.v1.Secret(
                `${name}-secrets`,
                { metadata: metadata(args.secretName), type: "Opaque", stringData: own },
                { parent: this },
            );
        }
        this.secretName = args.existingSecret ?? args.secretName;

        const key = generated("digest-key");
        const digest = (entries: pulumi.Input<Record<string, pulumi.Input<string>>>) =>
            pulumi.unsecret(pulumi.all([key, entries]).apply(([k, e]) => keyedDigest(k, e)));
        this.backendDigest = digest(
            secrets.apply((values) => ({ ...readBy("backend", config), ...values })),
        );
        this.frontendDigest = digest(readBy("frontend", config));
        this.databasePorts = pulumi.unsecret(
            secrets.apply(({ DATABASE_URL = "" }) => databasePorts(DATABASE_URL)),
        );
        this.databasePassword = password;
        this.registerOutputs({ configMapName: this.configMapName, secretName: this.secretName });
    }
}
