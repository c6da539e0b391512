import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { z } from "zod";
import { STACK_LABEL } from "../components/contents.ts";
import { diagnose } from "./diagnosis.ts";
import { Failure, indent } from "./failure.ts";
import type { Ended } from "./minikube.ts";
import { kubectlCommand, unreachable } from "./place.ts";
import { endOnInterrupt, interrupts } from "./run.ts";
import { belongings, openInstalled, outputs, readState, setsItself } from "./stack.ts";

// spelled out: components/database.ts has the names, and loads Pulumi's SDK, a second of every command
const SERVER = "statefulset/habit-tracker-database";
/** Its only pod. By the StatefulSet's name, kubectl would wait a minute for one. */
const POD = "habit-tracker-database-0";
const BACKEND = "deployment/habit-tracker-backend";

/** What a program gets on its standard input: a text, or a file byte by byte. By default nothing. */
type Input = { input: string } | { inputFile: string } | undefined;

/** A program that runs, and how it ended. */
interface Running extends Promise<Omit<Ended, "stdout">> {
    stdout: Readable;
    /** Its standard output by lines. */
    iterable: () => AsyncIterable<string>;
}

/** The PostgreSQL that a stack has in the cluster. */
export interface Database {
    /** The volume that it is on, as `NAMESPACE/CLAIM`. */
    volume: string;
    /** Runs a shell script in its pod to the end. */
    exec: (script: string, input?: Input) => Promise<Ended>;
    /** The same, with standard output as it comes. */
    stream: (script: string, input?: Input) => Running;
    /** Runs kubectl in the stack's namespace. */
    kubectl: (...args: string[]) => Promise<Ended>;
}

/** Connects as the server's own user over the socket, which needs no password. */
const CONNECTION = '-U "$POSTGRES_USER" -d "$POSTGRES_DB"';
const PSQL = `psql -X -q -A -t -v ON_ERROR_STOP=1 ${CONNECTION}`;

/** That a stack has no database in the cluster: none that could be saved, nor one that could be left behind. */
export class NoDatabase extends Failure {}

/**
 * Finds the database of a stack where it was deployed.
 *
 * @throws NoDatabase where there is none, Failure where that cannot be told or where Minikube does not run
 */
export async function openDatabase(project: string, name: string): Promise<Database> {
    const { place, host, stack } = await openInstalled(project, name);
    if (host.cluster !== "running") {
        throw place.isMinikube
            ? new Failure(
                  `The Minikube profile "${place.context}" is ${host.cluster}`,
                  "The stack's database runs in it.",
                  "npm run up, then this again",
              )
            : unreachable(place, name);
    }
    const { namespace } = await outputs(stack);
    if (namespace === undefined) {
        throw new NoDatabase(
            `The stack ${name} is not up`,
            "It has no database yet, or none any more.",
            `npm run up -- --stack ${name}`,
        );
    }
    const kubectl = (...args: string[]) => kubectlCommand(place, "-n", namespace, ...args);
    const inPod = (script: string) => kubectl("exec", "-i", POD, "--", "sh", "-c", script);
    const options = (input?: Input) => ({
        env: stack.env,
        reject: false as const,
        ...(input ?? { stdin: "ignore" as const }),
    });
    const run = ([program, args]: ReturnType<typeof kubectl>, input?: Input) => {
        const child = execa(program, args, options(input));
        endOnInterrupt(child);
        return child;
    };
    const database: Omit<Database, "volume"> = {
        exec: (script, input) => run(inPod(script), input),
        stream: (script, input) => {
            const child = execa(...inPod(script), {
                ...options(input),
                buffer: { stdout: false },
            });
            endOnInterrupt(child);
            return child;
        },
        kubectl: (...args) => run(kubectl(...args)),
    };
    const { exitCode, stdout, stderr } = await database.kubectl(
        ...["get", SERVER, "--ignore-not-found", "-o", "json"],
    );
    if (exitCode !== 0) {
        throw unavailable(stderr);
    }
    if (stdout === "") {
        throw (await setsItself(project, name, "databaseUrl")) ||
            (await setsItself(project, name, "existingSecret"))
            ? new NoDatabase(
                  `The stack ${name} uses a database of your own (databaseUrl, or that of existingSecret)`,
                  "It is backed up and restored where it lives, by whoever runs it.",
                  "pg_dump --format=custom, with that URL",
              )
            : new NoDatabase(
                  `The stack ${name} has no database`,
                  `${SERVER} is not in the namespace ${namespace}.`,
                  "npm run up, which makes it anew, then this again",
              );
    }
    const { metadata, spec } = StatefulSet.parse(JSON.parse(stdout));
    const { id } = belongings(await readState(stack));
    if (metadata.labels[STACK_LABEL] !== id) {
        throw new Failure(
            `The database in the namespace ${namespace} of "${place.context}" is not that of the stack ${name}`,
            "It carries another stack's ID: the settings lead to another cluster than the stack's own.",
            `pulumi config set ${place.isMinikube ? "minikubeProfile PROFILE" : "kubeContext CONTEXT"} --stack ${name}, of the stack's own; or, where it was never brought up by this version, npm run up`,
        );
    }
    const data = spec.template.spec.volumes.find((volume) => volume.name === "data");
    return {
        ...database,
        volume: `${namespace}/${data?.persistentVolumeClaim?.claimName ?? ""}`,
    };
}

/** What `kubectl get -o json` says of the server, as far as it matters here. */
const StatefulSet = z.object({
    metadata: z.object({ labels: z.record(z.string(), z.string()) }),
    spec: z.object({
        template: z.object({
            spec: z.object({
                volumes: z.array(
                    z.object({
                        name: z.string(),
                        persistentVolumeClaim: z.object({ claimName: z.string() }).optional(),
                    }),
                ),
            }),
        }),
    }),
});

/** That the database cannot be reached, with what kubectl or PostgreSQL says. */
export function unavailable(said: string): Failure {
    return new Failure(
        "The database does not answer",
        indent(said) || "Its pod ended the connection.",
        "npm run up, which waits until it is there, then this again",
    );
}

/** The shell command that writes the whole database to standard output, in pg_dump's custom format. */
export const DUMP = `exec pg_dump ${CONNECTION} --format=custom --no-owner --no-privileges --lock-wait-timeout=30s`;

/** Rows of each table as they are now. */
export async function countRows(database: Database): Promise<Map<string, number>> {
    const input = String.raw`
        SELECT format('SELECT %L, count(*) FROM public.%I', tablename, tablename)
        FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename \gexec`;
    const { exitCode, stdout, stderr } = await database.exec(PSQL, { input });
    if (exitCode !== 0) {
        throw unavailable(stderr);
    }
    return new Map(
        stdout
            .split("\n")
            .filter(Boolean)
            .map((line) => {
                const at = line.lastIndexOf("|");
                return [line.slice(0, at), Number(line.slice(at + 1))];
            }),
    );
}

/** Seconds that the tables are waited for, while nobody else gets in, before the others have their turn. */
const LOCK_SECONDS = 5;
const ATTEMPTS = 10;
/** SQLSTATEs of waiting for a lock in vain: lock_not_available, deadlock_detected. */
const LOCKED = /\b(55P03|40P01)\b/;

/**
 * Prints the transaction's ID and replaces all that is in the database by the dump on standard input. COMMIT comes after
 * the dump's last line and from nowhere else, so that a connection that breaks off leaves everything as it was: psql's
 * own `--single-transaction` commits at the end of its input, whatever end that is.
 */
const REPLACE = String.raw`
{
    cat <<'SQL'
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = '${LOCK_SECONDS}s';
SELECT pg_current_xact_id();
DO $$
DECLARE name text;
BEGIN
    FOR name IN
        SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', name);
    END LOOP;
END $$;
-- as initdb makes it
CREATE SCHEMA public AUTHORIZATION pg_database_owner;
COMMENT ON SCHEMA public IS 'standard public schema';
GRANT USAGE ON SCHEMA public TO PUBLIC;
SQL
    pg_restore --no-owner --no-privileges --file=- && echo 'COMMIT;'
} | ${PSQL} -v VERBOSITY=verbose`;

/** Seconds that a transaction may go on after the connection to it broke off. */
const OUTCOME_SECONDS = 120;

/** What became of a transaction: only the server knows, since its answer may be lost on the way. */
async function isCommitted(database: Database, id: string): Promise<boolean | undefined> {
    const end = Date.now() + OUTCOME_SECONDS * 1000;
    while (Date.now() < end) {
        const { stdout } = await database.exec(PSQL, { input: `SELECT pg_xact_status('${id}')` });
        if (["committed", "aborted"].includes(stdout)) {
            return stdout === "committed";
        }
        await sleep(1000);
    }
    return undefined;
}

/**
 * Replaces all that is in the database by a dump, in one transaction.
 *
 * @throws Failure where it was not replaced; then nothing is changed
 */
export async function replaceAll(database: Database, file: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
        interrupts.throwIfAborted();
        const { stdout, stderr } = await database.exec(REPLACE, { inputFile: file });
        const [id = ""] = /^\d+$/m.exec(stdout) ?? [];
        const committed = id ? await isCommitted(database, id) : undefined;
        if (committed) {
            return;
        }
        if (LOCKED.test(stderr) && attempt < ATTEMPTS) {
            await sleep(1000);
            continue;
        }
        const said = indent(stderr) || "The connection broke off.";
        throw committed === undefined
            ? new Failure(
                  `Whether ${file} was restored cannot be told`,
                  `All of it was, or nothing.\n   ${said}`,
                  "npm run backup, which shows what is there",
              )
            : new Failure(
                  `${file} was not restored, and nothing is changed`,
                  said,
                  "the same command again, or another dump",
              );
    }
}

/** The versions of the schema that the running backend knows; undefined where it cannot be asked. */
export async function knownRevisions(database: Database): Promise<string[] | undefined> {
    const program = `
from alembic.script import ScriptDirectory
from habit_tracker.migrate import alembic_config
for script in ScriptDirectory.from_config(alembic_config(None)).walk_revisions():
    print(script.revision)`;
    const { exitCode, stdout } = await database.kubectl(
        ...["exec", BACKEND, "--", "python", "-c", program],
    );
    interrupts.throwIfAborted();
    return exitCode === 0 ? stdout.split("\n").filter(Boolean) : undefined;
}

/** Starts the backend's pods anew, one after the other: each brings the schema to its version first. */
export async function restartBackend(database: Database): Promise<void> {
    const start = Date.now();
    for (const args of [
        ["rollout", "restart", BACKEND],
        ["rollout", "status", BACKEND, "--timeout=5m"],
    ]) {
        const { exitCode, stderr } = await database.kubectl(...args);
        if (exitCode !== 0) {
            const more = await diagnose(start, database.kubectl).catch(() => "");
            throw new Failure(
                "The data is restored, but the backend did not start on it",
                indent([stderr.trim(), more].join("\n\n")),
                "what keeps it, then the same command again",
            );
        }
    }
}
