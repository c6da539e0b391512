// What the product talks to and does not bring: each a pod with a Service, in a namespace of its own.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import type { Installation } from "./installation.ts";

interface Neighbour {
    /** Of the namespace, the pod and the Service. */
    name: string;
    port: number;
    container: { image: string; readinessProbe: object } & Record<string, unknown>;
    /** Files that the container finds in FILES, by name. */
    files?: Record<string, string>;
}
const FILES = "/files";

/** A neighbour's name in the cluster's DNS. */
const hostOf = ({ name }: Neighbour) => `${name}.${name}.svc.cluster.local`;

async function start(installation: Installation, neighbour: Neighbour): Promise<void> {
    const { name, port, container, files = {} } = neighbour;
    const metadata = { name, namespace: name, labels: { app: name } };
    await installation.apply([
        { apiVersion: "v1", kind: "Namespace", metadata: { name } },
        { apiVersion: "v1", kind: "ConfigMap", metadata, data: files },
        {
            apiVersion: "v1",
            kind: "Service",
            metadata,
            spec: { selector: metadata.labels, ports: [{ port }] },
        },
        {
            apiVersion: "v1",
            kind: "Pod",
            metadata,
            spec: {
                containers: [
                    { name, ...container, volumeMounts: [{ name: "files", mountPath: FILES }] },
                ],
                volumes: [{ name: "files", configMap: { name } }],
            },
        },
    ]);
    await installation.kubectl(`wait -n ${name} --for=condition=Ready pod/${name}`);
}

async function remove(installation: Installation, name: string): Promise<void> {
    await installation.kubectl(`delete namespace ${name}`);
}

const DATABASE = "habit-tracker-e2e-own";
const ROLE = "habits";

/**
 * Starts a PostgreSQL that is not the stack's, as somebody may have one already.
 *
 * @returns its URL, as `databaseUrl` takes it.
 */
export async function startOwnDatabase(
    installation: Installation,
    password: string,
): Promise<string> {
    const environment = { POSTGRES_USER: ROLE, POSTGRES_DB: ROLE, POSTGRES_PASSWORD: password };
    const neighbour = {
        name: DATABASE,
        port: 5432,
        container: {
            image: await installation.shell("pulumi config get databaseImage"),
            env: Object.entries(environment).map(([name, value]) => ({ name, value })),
            readinessProbe: {
                exec: { command: ["pg_isready", "-h", "127.0.0.1", "-U", ROLE] },
                periodSeconds: 1,
            },
        },
    };
    await start(installation, neighbour);
    return `postgresql://${ROLE}:${password}@${hostOf(neighbour)}:${neighbour.port}/${ROLE}`;
}

export const removeOwnDatabase = (installation: Installation) => remove(installation, DATABASE);

const MODEL = "habit-tracker-e2e-model";

/**
 * Starts the stand-in for Gemini of the frontend's browser tests, in the frontend's image, which has Node.js.
 *
 * @returns its URL, as `geminiBaseUrl` takes it.
 */
export async function startModel(installation: Installation): Promise<string> {
    const source = await readFile(
        join(installation.folder, "docker/frontend/tests/support/gemini.ts"),
        "utf8",
    );
    const { outputText } = ts.transpileModule(source, {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    const neighbour = {
        name: MODEL,
        port: 8080,
        container: {
            image: await installation.shell("pulumi stack output frontendImage"),
            command: ["node", `${FILES}/gemini.mjs`],
            readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
        },
        files: {
            "gemini.mjs": `${outputText}\nawait startGemini({ host: "0.0.0.0", port: 8080 });\n`,
        },
    };
    await start(installation, neighbour);
    return `http://${hostOf(neighbour)}:${neighbour.port}`;
}

export const removeModel = (installation: Installation) => remove(installation, MODEL);
