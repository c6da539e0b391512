const WHOLE_NUMBERS = ["", "1.5", "one", "-1", "99999"];
const CPU = ["", "many", "250Mi", "1m", "65"];
const MEMORY = ["", "many", "256m", "1Ki", "1Ti"];
const DISK = ["", "many", "1", "256m", "99Ti"];
const IMAGE = ["", "node:18 alpine", ":v1"];
const NAME = ["", "Habits", "a_b", "-a", "a".repeat(64)];
const CLAIM = NAME.slice(1);
const DNS_NAMES = ["Habits", "a_b", "-a", "a..b", "a.", "https://a", "a".repeat(254)];
/** What JavaScript takes for white space, and Go for a character like any other. */
const NO_SPACES = ["\v", "\u00a0", "\u2003", "\u2028", "\u3000", "\ufeff"];
const URLS = [
    "gateway:8080",
    "ftp://gateway",
    ...["", ":80", "[", "a b", "%zz", "a/%zz", "a:99999", "a:0", "user@", "user@a", "user:p@a"].map(
        (rest) => `http://${rest}`,
    ),
    // an address to some readers of URLs, and a name to others
    ...["999.1.1.1", "a.256", "a.9.", "1.2.3", "a.0x7f", "[1]", "[::1"].map(
        (rest) => `http://${rest}`,
    ),
    ...NO_SPACES.map((space) => `http://a/${space}b`),
];
const ANNOTATIONS = [
    "",
    "name=value",
    '["no equals sign"]',
    '["-a=1"]',
    '["a..b/c=1"]',
    '["a/b/c=1"]',
    `["${"a".repeat(64)}=1"]`,
    '["habit-tracker/image-id=1"]',
    '["pulumi.com/skipAwait=true"]',
    "[1]",
];

/** Values of each key that are of a wrong type or out of range. */
export const REFUSED: Record<string, readonly string[]> = {
    minikubeProfile: ["", "mini kube", "-a"],
    kubeContext: ["two words", "-a", "a;b"],
    moveToCluster: ["minikube", "0f5a2b1c"],
    adoptStack: ["local", "0f5a2b1c"],
    namespace: [...NAME, "kube-system"],
    ...Object.fromEntries(
        ["backend", "frontend"].flatMap((tier) =>
            Object.entries({
                Image: ["node:18 alpine", ":v1"],
                ImageName: ["", "habit-tracker:v1", "Habit-Tracker"],
                ImageTag: ["", "latest", "v1/0", "-v1", "v".repeat(64)],
                Context: ["", "/abs/olute", "C:\\backend"],
                BaseImage: IMAGE,
                Replicas: [...WHOLE_NUMBERS, "21"],
                MaxReplicas: [...WHOLE_NUMBERS, "21"],
                CpuRequest: CPU,
                CpuLimit: CPU,
                MemoryRequest: MEMORY,
                MemoryLimit: MEMORY,
                EphemeralStorageRequest: DISK,
                EphemeralStorageLimit: DISK,
                LivenessInitialDelaySeconds: [...WHOLE_NUMBERS, "601"],
                LivenessPeriodSeconds: [...WHOLE_NUMBERS, "0", "301"],
                ReadinessInitialDelaySeconds: [...WHOLE_NUMBERS, "601"],
                ReadinessPeriodSeconds: [...WHOLE_NUMBERS, "0", "301"],
                ServiceType: ["", "ExternalName", "nodeport"],
                ServicePort: [...WHOLE_NUMBERS, "0", "65536"],
                PodAnnotations: ANNOTATIONS,
                ServiceAnnotations: ANNOTATIONS,
            }).map(([key, values]) => [`${tier}${key}`, values]),
        ),
    ),
    imageDelivery: ["", "push", "Auto"],
    imageRegistry: ["someone", "https://ghcr.io", "ghcr.io/Some one", "ghcr.io/someone/"],
    imageRegistryUser: [
        "two words",
        "name:password",
        ...NO_SPACES.map((space) => `two${space}words`),
    ],
    imageRegistryPassword: ["hunter 2", ...NO_SPACES.map((space) => `hunter${space}2`)],
    imagePullPolicy: ["", "Always", "never"],
    frontendNodePort: [...WHOLE_NUMBERS, "29999", "32768"],
    ingressHost: [...DNS_NAMES, "10.0.0.1"],
    ingressClassName: DNS_NAMES,
    ingressTlsSecretName: DNS_NAMES,
    ingressAnnotations: ANNOTATIONS,
    autoscalingCpuPercent: [...WHOLE_NUMBERS, "0", "501"],
    priorityClassName: DNS_NAMES,
    drainSeconds: [...WHOLE_NUMBERS, "61"],
    rolloutTimeoutSeconds: [...WHOLE_NUMBERS, "29", "3601"],
    configMapName: NAME,
    apiUrl: URLS,
    geminiModel: ["", "gemini 2", "-gemini"],
    geminiBaseUrl: URLS,
    chatDailyTokens: ["", "1.5", "one", "-1", "1000000001"],
    cookieSecure: ["", "maybe", "1"],
    extraConfig: ["", "NAME=value", '["no equals sign"]', '["1=a"]', "[1]", '{"NAME":"value"}'],
    secretName: NAME,
    existingSecret: DNS_NAMES,
    databaseUrl: [
        "mysql://user:hunter2@host/db",
        "postgresql://host",
        "postgresql:///db",
        "hunter2",
        ...[
            "host:99999",
            "host:0",
            "host:port",
            "one:1,two:65536",
            "::1",
            "[::1]:65536",
            "[::1",
        ].map((hosts) => `postgresql://user:hunter2@${hosts}/db`),
        ...NO_SPACES.flatMap((space) => [
            `postgresql://user:hunter${space}2@host/db`,
            `postgresql://user:hunter2@ho${space}st/db`,
            `postgresql://user:hunter2@host/d${space}b`,
        ]),
    ],
    // two bytes each
    jwtSecret: ["hunter2", "abcdefgh".repeat(4).slice(1), "é".repeat(31), "changem".repeat(9)],
    jwtSecretPrevious: ["hunter2", "abcdefgh".repeat(4).slice(1), "changeme".repeat(8)],
    jwtAlgorithm: ["", "none", "RS256", "hs256"],
    geminiApiKey: ["hunter 2", ...NO_SPACES.map((space) => `hunter${space}2`)],
    databaseImage: IMAGE,
    databaseUserId: [...WHOLE_NUMBERS, "0"],
    databaseStorage: DISK,
    databaseCpuRequest: CPU,
    databaseCpuLimit: CPU,
    databaseMemoryRequest: MEMORY,
    databaseMemoryLimit: MEMORY,
    databaseEphemeralStorageRequest: DISK,
    databaseEphemeralStorageLimit: DISK,
    storageClass: DNS_NAMES,
    databaseClaimName: NAME,
    databaseAbandon: ["habit-tracker-database", "a/b/c", "/b"],
    databaseRetain: ["", "maybe", "1"],
    databaseExistingClaim: CLAIM,
    backupSchedule: [
        "0 3 * * * *",
        "1,99 * * * *",
        "* * 0 * *",
        "daily",
        "@daily",
        "0 3 * *",
        "60 3 * * *",
        "0 3 * * 7",
        "5-1 * * * *",
        "*/0 * * * *",
    ],
    backupKeep: [...WHOLE_NUMBERS, "0"],
    backupStorage: DISK,
};

/** Values that are as they may be, and near the ones above. */
export const TAKEN: Record<string, readonly string[]> = {
    apiUrl: [
        "http://gateway",
        "https://a-b.c_d:65535/é?x=%20#y",
        "http://127.0.0.1:8000",
        "http://[2001:db8::1]:1/",
        "http://[::ffff:127.0.0.1]",
        "http://habits.example.org.",
        "http://3d.example",
        "http://3d",
        "http://xn--mnchen-3ya.de",
    ],
    imageRegistryUser: ["jörg"],
    imageRegistryPassword: ["p:ässword"],
    databaseUrl: [
        "postgres://host/db",
        "postgresql://user:p%40ss@one:6432,two,three:65535/db?sslmode=require",
        "postgresql://user:password@[::1]:5432/db",
        "postgresql://user:password@[::1],[fe80::1%25eth0]:1/db",
        "postgresql://user:p:ä@ss,word@127.0.0.1:/db",
        "postgresql://user:password@/db?host=elsewhere",
        "postgresql://user:password@%2Frun%2Fpostgresql/db",
    ],
    geminiApiKey: ["ä:key"],
    // as few characters, and as few different ones, as there may be
    jwtSecret: ["abcdefgh".repeat(4)],
    jwtSecretPrevious: ["abcdefgh".repeat(4)],
};
