import { decoded } from "../conformance/live.ts";
import type { Installation } from "./installation.ts";

/** A stack's namespace, and kubectl for its cluster. */
type Where = Pick<Installation, "namespace" | "kubectl">;

const IN_DATABASE = ({ namespace }: Where) =>
    `exec -i -n ${namespace} statefulset/habit-tracker-database --`;

/** What psql prints for statements in the stack's database, without headings. */
export const query = (where: Where, statements: string): Promise<string> =>
    where.kubectl(
        `${IN_DATABASE(where)} sh -c 'psql -X -A -t -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB"'`,
        { input: statements },
    );

/** A digest of all rows of each table, by the table's name. */
export async function tableDigests(where: Where): Promise<Record<string, string>> {
    const rows = String.raw`SELECT format('SELECT %L, md5(coalesce(string_agg(t::text, E''\\n'' ORDER BY t::text), '''')) FROM public.%I t', tablename, tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename \gexec`;
    const output = await query(where, rows);
    const lines = output.split("\n").map((line) => line.split("|") as [string, string]);
    return Object.fromEntries(lines);
}

/** Which of the Secrets' values a dump holds. */
export async function secretsIn(installation: Installation, file: string): Promise<string[]> {
    const text = await installation.shell(
        `minikube -p ${installation.profile} kubectl -- --context ${installation.profile} ${IN_DATABASE(installation)} pg_restore --file=- < ${file}`,
    );
    const secrets = await installation.get<{ data?: Record<string, string> }>(
        "secrets -l app.kubernetes.io/part-of=habit-tracker",
    );
    return secrets
        .flatMap(({ data }) => Object.entries(decoded(data)))
        .filter(([, value]) => value.length > 10 && text.includes(value))
        .map(([name]) => name);
}

/** Makes a scheduled dump now, and waits for it. */
export async function runSchedule(installation: Installation): Promise<void> {
    const at = `-n ${installation.namespace}`;
    await installation.kubectl(
        `create job habit-tracker-backup-now --from=cronjob/habit-tracker-backup ${at}`,
    );
    await installation.kubectl(
        `wait job/habit-tracker-backup-now ${at} --for=condition=complete --timeout=120s`,
    );
}
