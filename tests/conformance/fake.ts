import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { find } from "./recorded.ts";
import type {
    ImageContents,
    KubernetesObject,
    LiveStack,
    RecordedStack,
    TierName,
} from "./stack.ts";
import { TIER, TIERS, configMap, madeHere, secret, templateOf } from "./statement.ts";

const CLUSTER_IP = "10.96.0.17";
const STEPS = {
    backend: [
        "COPY /opt/venv /opt/venv # buildkit",
        "COPY /app/src /app/src # buildkit",
        "RUN /bin/sh -c getent passwd 1000 >/dev/null || useradd --uid 1000 --gid 1000 appuser",
        "WORKDIR /app",
    ],
    frontend: [
        "/bin/sh -c #(nop) COPY dir:1 in /app/ ",
        "/bin/sh -c #(nop) COPY dir:2 in /app/.next/static ",
        "/bin/sh -c echo 'nextjs:x:1001:1001:Next.js:/app:/sbin/nologin' >> /etc/passwd",
        "/bin/sh -c #(nop) WORKDIR /app",
    ],
};

/** Answers by what a command has in it; the first that fits counts. */
type Answers = readonly (readonly [part: string, answer: string])[];

function answerTo(answers: Answers, command: string): string {
    const found = answers.find(([part]) => command.includes(part));
    if (found === undefined) {
        throw new Error(`nothing is known of: ${command}`);
    }
    return found[1];
}

/** The stack that the program asks for, as a cluster would have it that does everything right. */
export function fakeLive(recorded: RecordedStack): LiveStack {
    // what the mocks generate stands in the tests' own files
    const generated = new Map<string, string>();
    const generate = (value: string) =>
        value.replace(/generated-[\w-]+/g, (word) => {
            generated.set(word, generated.get(word) ?? randomBytes(32).toString("hex"));
            return generated.get(word) ?? "";
        });
    const objects = recorded.objects().map((object) => ({
        ...object,
        ...(object.data === undefined
            ? {}
            : {
                  data: Object.fromEntries(
                      Object.entries(object.data).map(([name, value]) => [name, generate(value)]),
                  ),
              }),
        ...(object.kind === "Service" ? { spec: { ...object.spec, clusterIP: CLUSTER_IP } } : {}),
        ...(object.kind === "Deployment"
            ? { status: { readyReplicas: object.spec.replicas } }
            : {}),
    }));
    const namespace = recorded.setting("namespace");
    const ofKind = (kind: string, name: string) => find(objects, kind, name);
    const stack = { ...recorded, objects: () => objects, object: ofKind };
    const pods = (tier: TierName): KubernetesObject[] =>
        Array.from({ length: ofKind("Deployment", TIER[tier].app).spec.replicas }, (_, index) => ({
            apiVersion: "v1",
            kind: "Pod",
            metadata: {
                name: `${TIER[tier].app}-${index}`,
                namespace,
                ownerReferences: [{ kind: "ReplicaSet", name: `${TIER[tier].app}-5d9` }],
            },
            spec: {} as KubernetesObject["spec"],
        }));
    const contents = (tier: TierName): ImageContents => ({
        id: `sha256:${tier}-image-build`,
        size: 2e8,
        layers: ["sha256:1", "sha256:2", `sha256:${tier}`],
        env: ["PYTHON_VERSION=3.12.12", "NODE_VERSION=18.20.8"],
        workingDir: "/app",
        user: `${TIER[tier].userId}:${TIER[tier].userId}`,
        exposedPorts: [TIER[tier].port],
        steps: ["LABEL org.opencontainers.image.title=x", ...STEPS[tier]],
    });
    const data = secret(stack).data ?? {};
    const secrets = ["DATABASE_URL", "JWT_SECRET"].map((name) => data[name] ?? "");
    const password = new URL(secrets[0] ?? "").password;
    const hash = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
    const pod = (where: string, requests: Record<string, string>) => ({
        metadata: { namespace: where, labels: { "app.kubernetes.io/part-of": "habit-tracker" } },
        spec: { containers: [{ resources: { requests } }] },
        status: { phase: "Running" },
    });
    const scheduled = objects
        .filter(({ kind }) => ["Deployment", "StatefulSet"].includes(kind))
        .flatMap((object) =>
            Array.from({ length: object.spec.replicas }, () =>
                pod(namespace, templateOf(object).spec.containers[0]?.resources.requests ?? {}),
            ),
        );
    const [python, node] = [
        recorded.setting("backendBaseImage"),
        recorded.setting("frontendBaseImage"),
    ].map((image) => /:(\d+(?:\.\d+)?)/.exec(image)?.[1] ?? "1");
    return {
        objects: () => objects,
        object: ofKind,
        output: recorded.output,
        setting: recorded.setting,
        config: {},
        image: (tier) => ({ ...contents(tier), reference: recorded.image(tier).reference }),
        contents,
        base: (tier) => ({ ...contents(tier), layers: ["sha256:1", "sha256:2"] }),
        pods,
        exec: async (tier, ...command) => {
            const name = command.at(-1) ?? "";
            return answerTo(
                [
                    ["printenv", (tier === "backend" ? data : configMap(stack).data)?.[name] ?? ""],
                    ["openapi.json", "3.1.0"],
                    ["fastapi.__file__", "/opt/venv/lib/fastapi/__init__.py"],
                    ["platform", `${python}.4`],
                    ["process.versions", `${node}.20.8`],
                    ["urlopen", "200"],
                    ["answer.status", "200"],
                    ["next/package.json", "next"],
                    ["node:dns", CLUSTER_IP],
                    ["os-release", `ID=${tier === "backend" ? "debian" : "alpine"}\n`],
                    ["main.py", hash("docker/backend/src/habit_tracker/main.py")],
                    ["robots.txt", hash("docker/frontend/public/robots.txt")],
                    ["id -un", TIER[tier].user],
                    ["id -u", `${TIER[tier].userId}`],
                    ["ls", "/app:\nserver.js\n\n/app/.next:\nBUILD_ID"],
                    ["stat", "0 755"],
                ],
                command.join(" "),
            );
        },
        node: async (command) =>
            answerTo(
                [
                    ["curl", "200"],
                    ["docker save", "root:x:0:0:\r\n"],
                    ["docker inspect", [...secrets, password].join("\n")],
                ],
                command,
            ),
        kubectl: async (...args) =>
            answerTo(
                [
                    ...TIERS.flatMap((tier): Answers => {
                        const { app } = TIER[tier];
                        const names = pods(tier).map(({ metadata }) => metadata.name);
                        return [
                            [`replicaset ${app}-5d9`, app],
                            [`endpoints ${app}`, names.join(" ")],
                        ];
                    }),
                    ["cgroup", `${100 * 2 ** 20}\n`],
                    [
                        "get nodes",
                        JSON.stringify({
                            items: [{ status: { allocatable: { cpu: "8", memory: "16Gi" } } }],
                        }),
                    ],
                    [
                        "get pods -A",
                        JSON.stringify({
                            items: [...scheduled, pod("kube-system", { cpu: "850m" })],
                        }),
                    ],
                ],
                args.join(" "),
            ),
        pulumi: async () =>
            JSON.stringify({
                deployment: {
                    resources: madeHere(stack).map(({ kind, metadata }) => ({
                        type: `kubernetes:core/v1:${kind}`,
                        id: `${namespace}/${metadata.name}`,
                    })),
                },
            }),
        page: async (path) =>
            path === "/"
                ? new Response("<title>Habit tracker</title><script src=/_next/static/a.js>", {
                      headers: { "content-type": "text/html; charset=utf-8" },
                  })
                : Response.json({ title: "Unauthorized" }, { status: 401 }),
    };
}
