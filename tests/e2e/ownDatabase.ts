import type { Installation } from "./installation.ts";

const NAMESPACE = "habit-tracker-e2e-own";
const NAME = "own-database";
const ROLE = "habits";

/**
 * Starts a PostgreSQL that is not the stack's, in a namespace of its own, as somebody may have one already.
 *
 * @returns its URL, as `databaseUrl` takes it.
 */
export async function startOwnDatabase(
    installation: Installation,
    password: string,
): Promise<string> {
    const metadata = { name: NAME, namespace: NAMESPACE, labels: { app: NAME } };
    const environment = { POSTGRES_USER: ROLE, POSTGRES_DB: ROLE, POSTGRES_PASSWORD: password };
    const objects = [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
        {
            apiVersion: "v1",
            kind: "Service",
            metadata,
            spec: { selector: { app: NAME }, ports: [{ port: 5432 }] },
        },
        {
            apiVersion: "v1",
            kind: "Pod",
            metadata,
            spec: {
                containers: [
                    {
                        name: "postgres",
                        image: await installation.shell("pulumi config get databaseImage"),
                        env: Object.entries(environment).map(([name, value]) => ({ name, value })),
                        readinessProbe: {
                            exec: { command: ["pg_isready", "-h", "127.0.0.1", "-U", ROLE] },
                            periodSeconds: 1,
                        },
                    },
                ],
            },
        },
    ];
    await installation.apply(objects);
    await installation.kubectl(`wait -n ${NAMESPACE} --for=condition=Ready pod/${NAME}`);
    return `postgresql://${ROLE}:${password}@${NAME}.${NAMESPACE}.svc.cluster.local:5432/${ROLE}`;
}

/** Takes it away again. */
export async function removeOwnDatabase(installation: Installation): Promise<void> {
    await installation.kubectl(`delete namespace ${NAMESPACE}`);
}
