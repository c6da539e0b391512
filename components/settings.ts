import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { Registry } from "./delivery.ts";
import type { Problem } from "./problems.ts";
import { SECRET_KEYS } from "./secretKeys.ts";

export { SECRET_KEYS };

/** Requests and limits of one container, in Kubernetes quantities. */
export interface Resources {
    requests: Record<string, string>;
    limits: Record<string, string>;
}

/** When a probe starts and how often it asks, in seconds. */
export interface ProbeTiming {
    initialDelaySeconds: number;
    periodSeconds: number;
}

/** Port of the backend's pods, and of its Service for the frontend's (seed: "Backend Deployment"). */
export const BACKEND_PORT = 8000;

/** How images reach the nodes: chosen by looking, or as the setting says. */
const DELIVERIES = ["auto", "minikube-daemon", "copy", "registry"] as const;
export type DeliverySetting = (typeof DELIVERIES)[number];

export type ServiceType = "ClusterIP" | "NodePort" | "LoadBalancer";

/** What the stack says of one tier: its image, its pods and its Service. */
export interface TierSettings {
    image: {
        name: string;
        tag: string;
        context: string;
        baseImage: string;
        /** An image that was built elsewhere; undefined means that it is built here. */
        prebuilt: string | undefined;
    };
    imagePullPolicy: "IfNotPresent" | "Never";
    replicas: number;
    /** Up to how many pods an autoscaler may make of `replicas`; undefined means that there is none. */
    maxReplicas: number | undefined;
    /** CPU, in percent of the request, that the autoscaler keeps pods at. */
    autoscalingCpuPercent: number;
    resources: Resources;
    liveness: ProbeTiming;
    readiness: ProbeTiming;
    service: {
        type: ServiceType;
        port: number;
        /**
         * One that stays beside another `port`, for the pods of the other tier. Without it those that run would ask for a port
         * that is no more, and what they send there, passwords among it, leaves the cluster.
         */
        fixedPort?: number;
        nodePort?: number;
        annotations: Record<string, string>;
    };
    podAnnotations: Record<string, string>;
    /** Undefined means the cluster's default priority. */
    priorityClassName: string | undefined;
    /** Seconds that a stopping pod goes on serving. */
    drainSeconds: number;
    /** Seconds after which a rollout has failed. */
    rolloutTimeoutSeconds: number;
}

/** What goes into the ConfigMap and the Secret. */
export interface ConfigurationSettings {
    configMapName: string;
    secretName: string;
    /** Name of a Secret that is there already, and takes the place of the stack's own; undefined means none. */
    existingSecret: string | undefined;
    /** What is in that one, as existingSecret.ts found it. */
    existingEntries: pulumi.Output<Record<string, string>> | undefined;
    /** NEXT_PUBLIC_API_URL; undefined means the backend's Service. */
    apiUrl: string | undefined;
    geminiModel: string;
    /** GEMINI_BASE_URL; undefined means Google's. */
    geminiBaseUrl: string | undefined;
    /** CHAT_DAILY_TOKENS: of the model, for one person; 0 means no limit. */
    chatDailyTokens: number;
    /** COOKIE_SECURE: whether browsers reach the page by https only. */
    cookieSecure: boolean;
    extra: Record<string, string>;
    /** Undefined means the in-cluster PostgreSQL. */
    databaseUrl: pulumi.Output<string> | undefined;
    /** Undefined means a generated one. */
    jwtSecret: pulumi.Output<string> | undefined;
    /** Undefined means that only sessions of the present secret are valid. */
    jwtSecretPrevious: pulumi.Output<string> | undefined;
    jwtAlgorithm: string;
    /** Undefined means that the chatbot is not configured. */
    geminiApiKey: pulumi.Output<string> | undefined;
}

/** The in-cluster PostgreSQL. */
export interface DatabaseSettings {
    image: string;
    userId: number;
    storage: string;
    resources: Resources;
    /** Name of the stack's own claim. */
    claimName: string;
    /** `NAMESPACE/CLAIM` that the stack may leave behind; undefined means none. */
    abandon: string | undefined;
    retain: boolean;
    existingClaim: string | undefined;
    /** Class of a volume that is made; undefined means the cluster's default. */
    storageClass: string | undefined;
    priorityClassName: string | undefined;
    rolloutTimeoutSeconds: number;
}

/** Dumps of the in-cluster PostgreSQL at set times. */
export interface BackupSettings {
    /** When, in cron's five fields and UTC; undefined means never. */
    schedule: string | undefined;
    /** How many to keep. */
    keep: number;
    /** Size of the volume that they are on. */
    storage: string;
    /** Class of that volume where it is made; undefined means the cluster's default. */
    storageClass: string | undefined;
}

/** The way in by host name, through the cluster's ingress controller. */
export interface IngressSettings {
    host: string;
    /** Undefined means the cluster's default class. */
    className: string | undefined;
    /** Secret with the host's certificate; undefined means plain http. */
    tlsSecretName: string | undefined;
    annotations: Record<string, string>;
}

/** The whole stack configuration, checked and grouped by who reads it. */
export interface Settings {
    /** Context of another cluster than a Minikube; undefined means a Minikube. */
    kubeContext: string | undefined;
    /** UID of the cluster that the stack may move to; undefined means that it stays where it is. */
    moveToCluster: string | undefined;
    /** ID of a stack whose state is lost, and whose objects become this one's. */
    adoptStack: string | undefined;
    namespace: string;
    /** Where images are pulled from, and pushed to where they are built here; undefined means nowhere. */
    registry: Registry | undefined;
    backend: TierSettings;
    frontend: TierSettings;
    configuration: ConfigurationSettings;
    database: DatabaseSettings;
    backups: BackupSettings;
    /** Undefined means that there is no Ingress. */
    ingress: IngressSettings | undefined;
}

const wholeNumber = (min: number, max: number) =>
    z
        .string()
        .regex(/^-?\d+$/)
        .transform(Number)
        .pipe(z.number().min(min).max(max))
        .describe(`a whole number from ${min} to ${max}`);

const trueOrFalse = () =>
    z.stringbool({ truthy: ["true"], falsy: ["false"] }).describe("true or false");
const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
    z.enum(values).describe(`one of ${values.join(", ")}`);

const matching = (pattern: RegExp, allowed: string) => z.string().regex(pattern).describe(allowed);

const empty = z.literal("");

const dnsLabel = () =>
    matching(
        /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
        "1 to 63 lower-case letters, digits and dashes, with a letter or digit at both ends",
    );

const DNS_LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
const DNS_NAME = `${DNS_LABEL}(?:\\.${DNS_LABEL})*`;
/** What Kubernetes takes for most names, and DNS for a host. */
const dnsName = (what: string) =>
    z
        .union([
            empty,
            z
                .string()
                .max(253)
                .regex(new RegExp(`^${DNS_NAME}$`)),
        ])
        .describe(`${what}: lower-case letters, digits, dashes and dots`);

const CORES = { m: 1e-3, "": 1 };
const BYTES = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** The number behind a Kubernetes quantity (cores or bytes), NaN where it is none. */
export function quantity(text: string): number {
    const [, digits, unit] = /^(\d+(?:\.\d+)?)(m|Ki|Mi|Gi|Ti|)$/.exec(text) ?? [];
    const factors: Record<string, number> = { ...CORES, ...BYTES };
    return digits === undefined ? NaN : Number(digits) * (factors[unit ?? ""] ?? NaN);
}

const between = (min: string, max: string, units: object, allowed: string) =>
    z
        .string()
        .regex(new RegExp(`^\\d+(?:\\.\\d+)?(?:${Object.keys(units).join("|")})$`))
        .refine((text) => quantity(text) >= quantity(min) && quantity(text) <= quantity(max))
        // the bounds are for the Helm chart, since JSON Schema knows none of a text
        .meta({ description: `${allowed} from ${min} to ${max}`, least: min, most: max });

const cpu = () => between("10m", "64", CORES, 'CPU cores such as "250m" or "1",');
const memory = () => between("16Mi", "256Gi", BYTES, 'memory such as "256Mi" or "1Gi",');
const disk = () => between("1Mi", "10Ti", BYTES, 'disk space such as "64Mi" or "1Gi",');

const imageName = () =>
    matching(
        /^[a-z0-9]+([._/-]+[a-z0-9]+)*$/,
        "a repository name in lower case, without a tag, such as habit-tracker-backend",
    );
const imageTag = () =>
    matching(
        /^(?!latest$)[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
        "a tag of 1 to 63 letters, digits, dots, dashes and underscores, not `latest` (it is a label too)",
    );
const imageReference = () =>
    matching(
        /^[a-z0-9]+([._:/-]+[A-Za-z0-9._-]+)*(@sha256:[0-9a-f]{64})?$/,
        "an image reference such as python:3.12-slim",
    );
const context = () =>
    matching(
        /^(?!\/|[A-Za-z]:)\S/,
        "a folder relative to Pulumi.yaml: an absolute one would rebuild on every other machine",
    );
/** Of a port: 1 to 65535. */
const PORT = "([1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])";
/**
 * White space and what nobody sees, for a class of characters. Not `\s`: Helm reads these patterns as Go does, whose `\s` is
 * ASCII's, and JavaScript's is not.
 */
const BLANK = "\\p{Z}\\p{Cc}\\p{Cf}";
const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = `${OCTET}(?:\\.${OCTET}){3}`;
const IPV6 = `(?:::ffff:${IPV4}|${z.regexes.ipv6.source.replace(/^\^|\$$/g, "")})`;
/** Its last part is no number: that would make all of it an address (URL Standard, "ends in a number"). */
const HOST_NAME =
    "(?:[A-Za-z0-9][A-Za-z0-9._-]*\\.)?(?:[A-Za-z]|[1-9]\\d*[A-Za-z_-])[A-Za-z0-9_-]*\\.?";
/** Says all of it in a pattern, which JSON Schema has too. A user name in it would be shown with it. */
const HTTP_URL = new RegExp(
    `^https?://(${IPV4}|${HOST_NAME}|\\[${IPV6}\\])(:${PORT})?([/?#]([^${BLANK}%]|%[0-9A-Fa-f]{2})*)?$`,
    "u",
);
/** One of several hosts, each with its port or PostgreSQL's; without any, the query names one. */
const DATABASE_HOST = `(?:\\[[^${BLANK}/@\\[\\]]+\\]|[^${BLANK}/?#@:,\\[\\]]+)`;
const ANY_PORT = `(?::${PORT}?)?`;
const DATABASE_URL = new RegExp(
    `^postgres(ql)?://(?:[^${BLANK}/]*@${DATABASE_HOST}?|${DATABASE_HOST})${ANY_PORT}(?:,${DATABASE_HOST}?${ANY_PORT})*/[^${BLANK}/]+$`,
    "u",
);
const visible = (more = "") => new RegExp(`^[^${BLANK}${more}]+$`, "u");
const httpUrl = () =>
    z.union([empty, z.url().regex(HTTP_URL)]).describe("an http or https URL, without a user name");
/** As the backend has it (core/config.py): a word repeated or a letter held down is no key, random digits always pass. */
const DISTINCT_CHARACTERS = 8;
const signingSecret = () =>
    z
        .union([
            empty,
            z
                .string()
                .min(32)
                .refine((text) => new Set(text).size >= DISTINCT_CHARACTERS)
                .meta({ distinct: DISTINCT_CHARACTERS }),
        ])
        .describe(
            `at least 32 characters, ${DISTINCT_CHARACTERS} different ones among them, 48 with HS384, 64 with HS512 (RFC 7518, 3.2)`,
        );
/** A list of texts that begin with a name and an equals sign, as the object that they mean. */
const entryList = (entry: RegExp, allowed: string) =>
    z
        .string()
        .transform((text, issues) => {
            try {
                return JSON.parse(text) as unknown;
            } catch {
                issues.addIssue({ code: "custom" });
                return z.NEVER;
            }
        })
        .pipe(z.array(z.string().regex(entry)))
        .transform((entries) =>
            Object.fromEntries(
                entries.map((text): [string, string] => {
                    const at = text.indexOf("=");
                    return [text.slice(0, at), text.slice(at + 1)];
                }),
            ),
        )
        .describe(allowed);
const annotationList = () =>
    entryList(
        new RegExp(
            `^(?!habit-tracker/|pulumi\\.com/)(?:${DNS_NAME}/)?[A-Za-z0-9](?:[-\\w.]{0,61}[A-Za-z0-9])?=`,
        ),
        'a list of "name=value", each name an annotation\'s, and not of habit-tracker/ or pulumi.com/, which this program and Pulumi read',
    );

/** The least and the greatest number in each of cron's fields: minute, hour, day, month, weekday. */
const CRON_FIELDS = [
    [0, 59],
    [0, 23],
    [1, 31],
    [1, 12],
    [0, 6],
] as const;

/** Whether a field of a schedule is a list of numbers, ranges and steps between `min` and `max`. */
const isCronField = (field: string, min: number, max: number) =>
    field.split(",").every((part) => {
        const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/[1-9]\d*)?$/.exec(part);
        const [, from = `${min}`, to = from] = match ?? [];
        return (
            match !== null && min <= Number(from) && Number(from) <= Number(to) && Number(to) <= max
        );
    });

/** Whether a text is a schedule as Kubernetes takes it for a CronJob, in numbers. */
export function isSchedule(text: string): boolean {
    const fields = text.split(" ");
    return (
        fields.length === CRON_FIELDS.length &&
        CRON_FIELDS.every(([min, max], index) => isCronField(fields[index] ?? "", min, max))
    );
}

/** The same keys for both tiers, with the tier's name in front. */
const tierSchema = {
    Image: z.union([empty, imageReference()]).describe("an image reference, best with its digest"),
    ImageName: imageName(),
    ImageTag: imageTag(),
    Context: context(),
    BaseImage: imageReference(),
    Replicas: wholeNumber(0, 20),
    MaxReplicas: wholeNumber(0, 20),
    CpuRequest: cpu(),
    CpuLimit: cpu(),
    MemoryRequest: memory(),
    MemoryLimit: memory(),
    EphemeralStorageRequest: disk(),
    EphemeralStorageLimit: disk(),
    LivenessInitialDelaySeconds: wholeNumber(0, 600),
    LivenessPeriodSeconds: wholeNumber(1, 300),
    ReadinessInitialDelaySeconds: wholeNumber(0, 600),
    ReadinessPeriodSeconds: wholeNumber(1, 300),
    ServiceType: oneOf(["ClusterIP", "NodePort", "LoadBalancer"]),
    ServicePort: wholeNumber(1, 65535),
    PodAnnotations: annotationList(),
    ServiceAnnotations: annotationList(),
};
type TierName = "backend" | "frontend";
type TierSchema<Tier extends TierName> = {
    [Key in keyof typeof tierSchema as `${Tier}${Key}`]: (typeof tierSchema)[Key];
};
const forTier = <Tier extends TierName>(tier: Tier) =>
    Object.fromEntries(
        Object.entries(tierSchema).map(([key, rule]) => [`${tier}${key}`, rule]),
    ) as TierSchema<Tier>;

/** Every key of Pulumi.yaml with what it may hold; `describe` is the allowed range in messages. */
const schema = z.object({
    minikubeProfile: matching(
        /^[A-Za-z0-9][A-Za-z0-9-]*$/,
        "a profile name of letters, digits and dashes (`minikube profile list`)",
    ),
    kubeContext: z
        .union([empty, matching(/^[A-Za-z0-9][\w.:/@-]*$/, "")])
        .describe("the name of a context in the kubeconfig (`kubectl config get-contexts`)"),
    moveToCluster: z
        .union([empty, z.guid()])
        .describe("the UID of the namespace kube-system in the cluster to move to"),
    adoptStack: z
        .union([empty, z.guid()])
        .describe("the ID of a stack, as its objects' label habit-tracker/stack has it"),
    namespace: dnsLabel().refine((name) => !name.startsWith("kube-")),
    ...forTier("backend"),
    ...forTier("frontend"),
    imageDelivery: oneOf(DELIVERIES),
    imageRegistry: z
        .union([
            empty,
            matching(
                /^((localhost|[a-z0-9-]+(\.[a-z0-9-]+)+)(:\d+)?|[a-z0-9-]+:\d+)(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/,
                "",
            ),
        ])
        .describe(
            "a registry's host and a path in it, such as ghcr.io/someone or docker.io/someone",
        ),
    imageRegistryUser: z.union([empty, z.string().regex(visible(":"))]).describe("a user name"),
    imageRegistryPassword: z
        .union([empty, z.string().regex(visible())])
        .describe("a password or a token without white space"),
    imagePullPolicy: oneOf(["IfNotPresent", "Never"]),
    frontendNodePort: wholeNumber(30000, 32767),
    ingressHost: dnsName("a host name").refine((name) => isIP(name) === 0),
    ingressClassName: dnsName("the name of an IngressClass (`kubectl get ingressclasses`)"),
    ingressTlsSecretName: dnsName("the name of a Secret in the stack's namespace"),
    ingressAnnotations: annotationList(),
    autoscalingCpuPercent: wholeNumber(1, 500),
    drainSeconds: wholeNumber(0, 60),
    rolloutTimeoutSeconds: wholeNumber(30, 3600),
    priorityClassName: dnsName("the name of a PriorityClass (`kubectl get priorityclasses`)"),
    configMapName: dnsLabel(),
    apiUrl: httpUrl(),
    geminiModel: matching(/^[A-Za-z0-9][\w.-]*$/, "a model name such as gemini-2.5-flash"),
    geminiBaseUrl: httpUrl(),
    chatDailyTokens: wholeNumber(0, 1_000_000_000),
    cookieSecure: trueOrFalse(),
    extraConfig: entryList(
        /^[A-Za-z_][A-Za-z0-9_]*=/,
        'a list of "NAME=value", each name of letters, digits and underscores',
    ),
    secretName: dnsLabel(),
    existingSecret: dnsName("the name of a Secret in the stack's namespace"),
    databaseUrl: z
        .union([empty, z.string().regex(DATABASE_URL)])
        .describe("postgresql://USER:PASSWORD@HOST:PORT/DATABASE, the port from 1 to 65535"),
    jwtSecret: signingSecret(),
    jwtSecretPrevious: signingSecret(),
    jwtAlgorithm: oneOf(["HS256", "HS384", "HS512"]),
    geminiApiKey: z
        .union([empty, z.string().regex(visible())])
        .describe("a key without white space"),
    databaseImage: imageReference(),
    databaseUserId: wholeNumber(1, 65535),
    databaseStorage: disk(),
    databaseCpuRequest: cpu(),
    databaseCpuLimit: cpu(),
    databaseMemoryRequest: memory(),
    databaseMemoryLimit: memory(),
    databaseEphemeralStorageRequest: disk(),
    databaseEphemeralStorageLimit: disk(),
    storageClass: dnsName("the name of a StorageClass (`kubectl get storageclasses`)"),
    databaseClaimName: dnsLabel(),
    databaseAbandon: z
        .union([empty, z.string().regex(/^[a-z0-9][-a-z0-9]*\/[a-z0-9][-a-z0-9.]*$/)])
        .describe("NAMESPACE/CLAIM, the volume that is left behind"),
    databaseRetain: trueOrFalse(),
    databaseExistingClaim: z
        .union([empty, dnsLabel()])
        .describe("the name of a PersistentVolumeClaim in the stack's namespace"),
    backupSchedule: z
        .union([empty, z.string().refine(isSchedule)])
        .describe('cron\'s five fields in numbers, such as "0 3 * * *" for 03:00 UTC every day'),
    backupKeep: wholeNumber(1, 1000),
    backupStorage: disk(),
});
type Values = z.output<typeof schema>;
type Key = keyof Values;

/** What each key may hold, by key. */
export const RULES: Readonly<Record<Key, z.ZodType>> = schema.shape;

/** The entries of the backend's Secret (seed: "Secret"), and the settings that each is the value of. */
export const SECRET_ENTRIES: Readonly<Record<string, string>> = {
    DATABASE_URL: "databaseUrl",
    JWT_SECRET: "jwtSecret",
    JWT_SECRET_PREVIOUS: "jwtSecretPrevious",
    JWT_ALGORITHM: "jwtAlgorithm",
    GEMINI_API_KEY: "geminiApiKey",
};

/** What stands in `.env.example` where a value has to come. */
export const PLACEHOLDER = "CHANGE_ME";

/** The raw stack configuration, keys without the project's name. */
export interface RawConfig {
    values: Record<string, string>;
    isEncrypted: (key: string) => boolean;
}

/** Every key that {@link checkSettings} knows, in the order of Pulumi.yaml. */
export const KEYS: readonly string[] = Object.keys(schema.shape);

/** What the backend signs with where nothing else is set. */
export const DEFAULT_ALGORITHM = "HS256";

/** What a key may hold, in words. */
export function allowedRange(key: string): string {
    return (schema.shape as Record<string, z.ZodType>)[key]?.description ?? "";
}

const setCommand = (key: string, value: string) =>
    SECRET_KEYS.includes(key)
        ? `pulumi config set --secret ${key}`
        : `pulumi config set ${key} ${value}`;

/**
 * The entries of a Secret whose values are left as in `.env.example`, or are none that their settings may have, apart from
 * and together with each other. An empty one counts as unset, as it does to the backend.
 */
export function wrongEntries(entries: Readonly<Record<string, string>>): string[] {
    const names = Object.keys(SECRET_ENTRIES).filter((name) => entries[name]);
    const values = Object.fromEntries(
        names.map((name) => [SECRET_ENTRIES[name] ?? "", entries[name] ?? ""]),
    );
    const wrong = outOfRange({
        values: { jwtAlgorithm: DEFAULT_ALGORITHM, ...values },
        isEncrypted: () => true,
    });
    const short = shortSecrets({ jwtAlgorithm: DEFAULT_ALGORITHM, ...values });
    return names.filter((name) => {
        const key = SECRET_ENTRIES[name] ?? "";
        return (
            wrong.includes(key) ||
            short.includes(key) ||
            // a key that a file's line ends with: `pulumi config set` would lose that on the way back, and the sessions with it
            (name.startsWith("JWT_SECRET") && entries[name]?.trim() !== entries[name]) ||
            (entries[name] ?? "").toUpperCase().includes(PLACEHOLDER)
        );
    });
}

/** The keys whose values break their own rule. */
function outOfRange(raw: RawConfig): string[] {
    const { error } = schema.safeParse(raw.values);
    return [...new Set(error?.issues.map((issue) => String(issue.path[0])) ?? [])];
}

/** Values that break their own rule. Messages never show a secret. */
function rangeProblems(raw: RawConfig, wrong: readonly string[]): Problem[] {
    return wrong.map((key) => {
        const shown =
            SECRET_KEYS.includes(key) || raw.isEncrypted(key)
                ? "(not shown)"
                : JSON.stringify(raw.values[key] ?? null);
        return {
            what: `${key} is ${shown}`,
            why: `Allowed: ${allowedRange(key)}.`,
            next: setCommand(key, "VALUE"),
        };
    });
}

function unknownKeyProblems(raw: RawConfig): Problem[] {
    return Object.keys(raw.values)
        .filter((key) => !KEYS.includes(key))
        .map((key) => ({
            what: `${key} is no setting of this program`,
            why: "Pulumi.yaml lists every setting; a key that nothing reads is most likely a slip.",
            next: `pulumi config rm ${key}`,
        }));
}

function plainSecretProblems(raw: RawConfig): Problem[] {
    return SECRET_KEYS.filter((key) => raw.values[key] && !raw.isEncrypted(key)).map((key) => ({
        what: `${key} is stored in plain text`,
        why: "Whoever reads the stack's file reads the secret.",
        next: setCommand(key, ""),
    }));
}

/**
 * Values that somebody encrypted and that would not stay so: only those of {@link SECRET_KEYS} go into Secrets, all others into
 * ConfigMaps, pods and the state.
 */
function encryptedPlainProblems(raw: RawConfig, wrong: readonly string[]): Problem[] {
    return KEYS.filter(
        (key) =>
            !SECRET_KEYS.includes(key) &&
            !wrong.includes(key) &&
            raw.values[key] &&
            raw.isEncrypted(key),
    ).map((key) => ({
        what: `${key} is encrypted, and is no secret to this program`,
        why: "It goes into the state and the cluster in plain text, such as into a ConfigMap, which more people may read than a Secret.",
        next: `pulumi config set --plaintext ${key} VALUE; a secret for the backend is an entry of a Secret of your own (existingSecret)`,
    }));
}

/** Keys of signing secrets with fewer characters than the algorithm needs bytes. */
function shortSecrets(values: Readonly<Record<string, string>>): string[] {
    const [, bits] = /^HS(\d+)$/.exec(values["jwtAlgorithm"] ?? "") ?? [];
    return ["jwtSecret", "jwtSecretPrevious"].filter((key) => {
        const { [key]: secret } = values;
        return secret && secret.length < Number(bits) / 8;
    });
}

const REQUEST_AND_LIMIT: readonly (readonly [Key, Key])[] = [
    ["backendCpuRequest", "backendCpuLimit"],
    ["backendMemoryRequest", "backendMemoryLimit"],
    ["backendEphemeralStorageRequest", "backendEphemeralStorageLimit"],
    ["frontendCpuRequest", "frontendCpuLimit"],
    ["frontendMemoryRequest", "frontendMemoryLimit"],
    ["frontendEphemeralStorageRequest", "frontendEphemeralStorageLimit"],
    ["databaseCpuRequest", "databaseCpuLimit"],
    ["databaseMemoryRequest", "databaseMemoryLimit"],
    ["databaseEphemeralStorageRequest", "databaseEphemeralStorageLimit"],
];

/** Values that are right alone and wrong together. */
function combinationProblems(values: Record<string, string>, wrong: readonly string[]): Problem[] {
    const problems: Problem[] = [];
    for (const [request, limit] of REQUEST_AND_LIMIT) {
        const both = [request, limit].every((key) => !wrong.includes(key));
        if (both && quantity(values[request] ?? "") > quantity(values[limit] ?? "")) {
            problems.push({
                what: `${request} is ${values[request]}, more than ${limit} with ${values[limit]}`,
                why: "Kubernetes refuses a pod that asks for more than it may use.",
                next: setCommand(request, String(values[limit])),
            });
        }
    }
    for (const tier of ["backend", "frontend"]) {
        const [least, most] = [`${tier}Replicas`, `${tier}MaxReplicas`];
        const [replicas, max] = [Number(values[least]), Number(values[most])];
        const both = [least, most].every((key) => !wrong.includes(key));
        if (both && max > 0 && (replicas === 0 || replicas > max)) {
            problems.push({
                what: `${most} is ${max}, and ${least} is ${replicas}`,
                why: "The autoscaler makes at least one pod, from the one number up to the other.",
                next: `${setCommand(replicas === 0 ? least : most, String(replicas || 1))}; or, for no autoscaler: pulumi config rm ${most}`,
            });
        }
    }
    for (const key of shortSecrets(values).filter((short) => !wrong.includes(short))) {
        problems.push({
            what: `${key} is too short for the jwtAlgorithm ${values["jwtAlgorithm"]}`,
            why: `Allowed: ${allowedRange(key)}.`,
            next: setCommand(key, ""),
        });
    }
    const inSecret = Object.values(SECRET_ENTRIES).filter(
        (key) => values[key] && !(key === "jwtAlgorithm" && values[key] === DEFAULT_ALGORITHM),
    );
    if (values["existingSecret"] && !wrong.includes("existingSecret") && inSecret.length > 0) {
        problems.push({
            what: `existingSecret is set, and so ${inSecret.length > 1 ? "are" : "is"} ${inSecret.join(" and ")}`,
            why: `The backend has its secrets from one place. With existingSecret that is the Secret "${values["existingSecret"]}", and nothing would read ${inSecret.length > 1 ? "these" : "this"}.`,
            next: `once the Secret has what they say: ${inSecret.map((key) => `pulumi config rm ${key}`).join(" && ")}; or, to stay with the settings: pulumi config rm existingSecret`,
        });
    }
    const login = ["imageRegistryUser", "imageRegistryPassword"];
    const [given, ...rest] = login.filter((key) => values[key]);
    const comparable = given !== undefined && !login.some((key) => wrong.includes(key));
    if (comparable && rest.length === 0) {
        const missing = login.find((key) => key !== given) ?? "";
        problems.push({
            what: `${given} is set, and ${missing} is not`,
            why: "A login is a user and a password; without either, this host's own docker login is used.",
            next: setCommand(missing, "VALUE"),
        });
    } else if (comparable && !values["imageRegistry"]) {
        problems.push({
            what: `${given} is set, and imageRegistry is not`,
            why: "A login is for one registry.",
            next: setCommand("imageRegistry", "HOST/PATH"),
        });
    }
    const built = !values["backendImage"] || !values["frontendImage"];
    const pushed = values["imageDelivery"] === "registry" || Boolean(values["kubeContext"]);
    if (values["imagePullPolicy"] === "Never" && built && pushed) {
        problems.push({
            what: "imagePullPolicy is Never, and images come by a registry (imageDelivery, kubeContext)",
            why: "The nodes get such an image by pulling it, and in no other way.",
            next: setCommand("imagePullPolicy", "IfNotPresent"),
        });
    }
    const lone = ["ingressClassName", "ingressTlsSecretName"].find(
        (key) => values[key] && !wrong.includes(key),
    );
    if (lone !== undefined && !values["ingressHost"]) {
        problems.push({
            what: `${lone} is set, and ingressHost is not`,
            why: "Without a host name there is no Ingress.",
            next: setCommand("ingressHost", "HOST"),
        });
    }
    if (values["databaseUrl"] && values["databaseExistingClaim"]) {
        problems.push({
            what: "databaseUrl and databaseExistingClaim are both set",
            why: "With your own database there is no in-cluster one that could use the claim.",
            next: "pulumi config rm databaseExistingClaim",
        });
    }
    if (values["databaseUrl"] && values["backupSchedule"]) {
        problems.push({
            what: "databaseUrl and backupSchedule are both set",
            why: "Your own database is backed up where it lives; the schedule is the in-cluster one's.",
            next: "pulumi config rm backupSchedule",
        });
    }
    return problems;
}

const secretOrNone = (value: string) => (value === "" ? undefined : pulumi.secret(value));

function tier(values: Values, name: TierName): TierSettings {
    const of = <Name extends keyof typeof tierSchema>(key: Name) => values[`${name}${key}`];
    return {
        image: {
            name: of("ImageName"),
            tag: of("ImageTag"),
            context: of("Context"),
            baseImage: of("BaseImage"),
            prebuilt: of("Image") || undefined,
        },
        imagePullPolicy: values.imagePullPolicy,
        replicas: of("Replicas"),
        maxReplicas: of("MaxReplicas") || undefined,
        autoscalingCpuPercent: values.autoscalingCpuPercent,
        resources: {
            requests: {
                cpu: of("CpuRequest"),
                memory: of("MemoryRequest"),
                "ephemeral-storage": of("EphemeralStorageRequest"),
            },
            limits: {
                cpu: of("CpuLimit"),
                memory: of("MemoryLimit"),
                "ephemeral-storage": of("EphemeralStorageLimit"),
            },
        },
        liveness: {
            initialDelaySeconds: of("LivenessInitialDelaySeconds"),
            periodSeconds: of("LivenessPeriodSeconds"),
        },
        readiness: {
            initialDelaySeconds: of("ReadinessInitialDelaySeconds"),
            periodSeconds: of("ReadinessPeriodSeconds"),
        },
        service: {
            type: of("ServiceType"),
            port: of("ServicePort"),
            ...(name === "backend" && of("ServicePort") !== BACKEND_PORT
                ? { fixedPort: BACKEND_PORT }
                : {}),
            ...(name === "frontend" && of("ServiceType") === "NodePort"
                ? { nodePort: values.frontendNodePort }
                : {}),
            annotations: of("ServiceAnnotations"),
        },
        podAnnotations: of("PodAnnotations"),
        priorityClassName: values.priorityClassName || undefined,
        drainSeconds: values.drainSeconds,
        rolloutTimeoutSeconds: values.rolloutTimeoutSeconds,
    };
}

/** The registry that the settings name. */
export function registryOf(values: Partial<Record<string, unknown>>): Registry | undefined {
    const { imageRegistry, imageRegistryUser, imageRegistryPassword } = values as Partial<
        Record<string, string>
    >;
    return imageRegistry
        ? {
              address: imageRegistry,
              login:
                  imageRegistryUser && imageRegistryPassword
                      ? {
                            user: imageRegistryUser,
                            password: pulumi.secret(imageRegistryPassword),
                        }
                      : undefined,
          }
        : undefined;
}

function group(values: Values): Settings {
    return {
        kubeContext: values.kubeContext || undefined,
        moveToCluster: values.moveToCluster || undefined,
        adoptStack: values.adoptStack || undefined,
        namespace: values.namespace,
        registry: registryOf(values),
        backend: tier(values, "backend"),
        frontend: tier(values, "frontend"),
        configuration: {
            configMapName: values.configMapName,
            secretName: values.secretName,
            existingSecret: values.existingSecret || undefined,
            existingEntries: undefined,
            apiUrl: values.apiUrl || undefined,
            geminiModel: values.geminiModel,
            geminiBaseUrl: values.geminiBaseUrl || undefined,
            chatDailyTokens: values.chatDailyTokens,
            cookieSecure: values.cookieSecure,
            extra: values.extraConfig,
            databaseUrl: secretOrNone(values.databaseUrl),
            jwtSecret: secretOrNone(values.jwtSecret),
            jwtSecretPrevious: secretOrNone(values.jwtSecretPrevious),
            jwtAlgorithm: values.jwtAlgorithm,
            geminiApiKey: secretOrNone(values.geminiApiKey),
        },
        database: {
            image: values.databaseImage,
            userId: values.databaseUserId,
            storage: values.databaseStorage,
            resources: {
                requests: {
                    cpu: values.databaseCpuRequest,
                    memory: values.databaseMemoryRequest,
                    "ephemeral-storage": values.databaseEphemeralStorageRequest,
                },
                limits: {
                    cpu: values.databaseCpuLimit,
                    memory: values.databaseMemoryLimit,
                    "ephemeral-storage": values.databaseEphemeralStorageLimit,
                },
            },
            claimName: values.databaseClaimName,
            abandon: values.databaseAbandon || undefined,
            retain: values.databaseRetain,
            existingClaim: values.databaseExistingClaim || undefined,
            storageClass: values.storageClass || undefined,
            priorityClassName: values.priorityClassName || undefined,
            rolloutTimeoutSeconds: values.rolloutTimeoutSeconds,
        },
        backups: {
            schedule: values.backupSchedule || undefined,
            keep: values.backupKeep,
            storage: values.backupStorage,
            storageClass: values.storageClass || undefined,
        },
        ingress: values.ingressHost
            ? {
                  host: values.ingressHost,
                  className: values.ingressClassName || undefined,
                  tlsSecretName: values.ingressTlsSecretName || undefined,
                  annotations: values.ingressAnnotations,
              }
            : undefined,
    };
}

/** Checks the raw configuration: the settings where all is right, else every problem. */
export function checkSettings(raw: RawConfig): { settings?: Settings; problems: Problem[] } {
    const wrong = outOfRange(raw);
    const problems = [
        ...rangeProblems(raw, wrong),
        ...unknownKeyProblems(raw),
        ...plainSecretProblems(raw),
        ...encryptedPlainProblems(raw, wrong),
        ...combinationProblems(raw.values, wrong),
    ];
    return problems.length > 0
        ? { problems }
        : { settings: group(schema.parse(raw.values)), problems };
}

/** Reads the stack's configuration; defaults come from Pulumi.yaml. */
export function readConfig(): RawConfig {
    const prefix = `${pulumi.getProject()}:`;
    const values = Object.entries(pulumi.runtime.allConfig())
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), value]);
    // The SDK tells nowhere in its public types which keys were encrypted.
    const { isConfigSecret } = pulumi.runtime as unknown as {
        isConfigSecret: (key: string) => boolean;
    };
    return {
        values: Object.fromEntries(values) as Record<string, string>,
        isEncrypted: (key) => isConfigSecret(prefix + key),
    };
}
