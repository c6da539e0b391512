// From what was seen to what is said of it: lines with their remedies, and one verdict.
import { homedir } from "node:os";
import { styleText } from "node:util";
import {
    type ClusterFact,
    type Facts,
    type PageFact,
    type PodFact,
    type RunningFact,
    type SettingsFact,
    type ToolFact,
    isUnknown,
} from "./facts.ts";
import { stackFileName } from "./stackFile.ts";

/** `coming` is what is not there yet and needs nobody's help; `note` is neither good nor bad. */
export type Mark = "good" | "bad" | "coming" | "note";

/** One thing seen. */
export interface Line {
    mark: Mark;
    name: string;
    text: string;
    /** The command that mends what is bad. */
    remedy?: string;
    /** Lines below it. */
    more?: string[];
}

export interface Section {
    title: string;
    lines: Line[];
}

/** All in one sentence, and the command that comes next. */
export interface Verdict {
    /** False where something has to be mended. */
    ok: boolean;
    text: string;
    next: string;
}

const good = (name: string, text: string, more: string[] = []): Line => ({
    ...{ mark: "good", name, text },
    ...(more.length > 0 ? { more } : {}),
});
const coming = (name: string, text: string): Line => ({ mark: "coming", name, text });
const note = (name: string, text: string, more: string[] = []): Line => ({
    ...{ mark: "note", name, text },
    ...(more.length > 0 ? { more } : {}),
});
const bad = (name: string, text: string, remedy: string, more: string[] = []): Line => ({
    ...{ mark: "bad", name, text, remedy },
    ...(more.length > 0 ? { more } : {}),
});

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
const firstLine = (text: string) => text.trim().split("\n")[0] ?? "";
const upCommand = ({ stack }: Facts) => `npm run up${ofStack(stack)}`;
/** The option that names a stack, for Pulumi and behind other options; none for the stack that is meant without it. */
const stackOption = (stack: string) => (stack === "local" ? "" : ` --stack ${stack}`);
/** The same as the only option of an `npm run`. */
export const ofStack = (stack: string) => (stack === "local" ? "" : ` --${stackOption(stack)}`);

function toolLine(tool: ToolFact, cluster: Facts["cluster"]): Line {
    const { name, path, ours, version } = tool;
    if (path !== undefined) {
        const text = `${(version ?? "(no version)").padEnd(18)} ${path}${ours ? "   (installed by npm run up)" : ""}`;
        return good(name, text);
    }
    const isMinikube = isUnknown(cluster) || cluster.isMinikube;
    if (name === "docker") {
        return note(name, "not on PATH");
    }
    if (name === "kubectl") {
        return isMinikube
            ? note(name, "not on PATH, and not needed: Minikube brings its own")
            : bad(name, "not on PATH", "https://kubernetes.io/docs/tasks/tools/");
    }
    return name === "minikube" && !isMinikube
        ? note(name, "not on PATH, and not needed: kubeContext names another cluster")
        : coming(name, "not on PATH: npm run up gets it");
}

function pluginLine({ plugins, next }: Facts): Line {
    if (isUnknown(plugins)) {
        return note("plugins", `not seen: ${plugins.unknown}`);
    }
    const of = (kind: string) =>
        plugins.list
            .filter((plugin) => plugin.kind === kind)
            .map(({ name, version }) => `${name} ${version}`)
            .join(", ");
    const [real, standIns, absent] = [of("real"), of("stand-in"), of("absent")];
    const parts = [
        ...(real ? [real] : []),
        ...(standIns ? [`${standIns} (stand-ins of the closed network)`] : []),
        ...(absent
            ? [
                  `${absent} not there: ${isUnknown(next) ? "npm run up sees to them" : next.ways.plugins}`,
              ]
            : []),
    ];
    return absent ? coming("plugins", parts.join("; ")) : good("plugins", parts.join("; "));
}

function machine(facts: Facts): Section {
    const variables = Object.entries(facts.variables);
    return {
        title: "This machine",
        lines: [
            ...facts.tools.map((tool) => toolLine(tool, facts.cluster)),
            pluginLine(facts),
            variables.length === 0
                ? note("variables", "no proxy, nor any other that matters here")
                : note(
                      "variables",
                      variables.map(([name, value]) => `${name}=${value}`).join("  "),
                  ),
        ],
    };
}

function engineLine({ engine, next }: Facts): Line {
    if (isUnknown(engine)) {
        return bad("engine", engine.unknown, "restart Docker, then npm run doctor");
    }
    const at = engine.address === undefined ? "" : ` at ${engine.address}`;
    if (engine.state === "answers") {
        return good("engine", `answers${at}, version ${engine.version ?? "unknown"}`);
    }
    const states = {
        absent: "there is no Docker",
        forbidden: `does not let this user in${at}`,
        podman: "there is no Docker, only Podman",
        stopped: `does not answer${at}`,
    };
    const text = `${states[engine.state]}: ${firstLine(engine.reason)}`;
    if (isUnknown(next)) {
        return note("engine", text);
    }
    if (next.refusal !== undefined) {
        return bad("engine", text, next.refusal.next);
    }
    return next.intentions.some((intention) => intention.includes("Docker engine"))
        ? coming("engine", `${text} (npm run up sees to it)`)
        : note("engine", text);
}

/** The fields of a Minikube profile that decide how images are built and how a browser gets in. */
function profileText({ profile, version }: ClusterFact): string {
    if (profile === undefined) {
        return version === undefined ? "" : `, Kubernetes ${version}`;
    }
    const { driver, runtime, nodes, kubernetes } = profile;
    return `, ${driver} driver, ${runtime} runtime, ${count(nodes, "node")}, Kubernetes ${version ?? kubernetes}`;
}

function clusterLines({ cluster }: Facts): Line[] {
    if (isUnknown(cluster)) {
        return [bad("cluster", cluster.unknown, "minikube stop, then npm run up")];
    }
    const { context, isMinikube, state, made, profile } = cluster;
    const name = isMinikube ? `Minikube profile "${context}"` : `context "${context}"`;
    const ports =
        profile === undefined
            ? []
            : [note("ports", profile.ports.join(", ") || "none is published on this host")];
    if (state === "running") {
        return [good("cluster", `${name} runs${profileText(cluster)}`), ...ports];
    }
    if (!isMinikube) {
        const remedy = `kubectl --context ${context} version, which has to answer`;
        return [bad("cluster", `${name} does not answer`, remedy)];
    }
    if (state === "absent") {
        return [coming("cluster", `${name} does not exist: npm run up makes it`)];
    }
    const text = `${name} is stopped${profileText(cluster)}`;
    return [
        made
            ? coming("cluster", `${text}; npm run up starts it`)
            : bad("cluster", `${text}; npm run up did not make it`, `minikube start -p ${context}`),
        ...ports,
    ];
}

function loginLines({ login, state, stack }: Facts): Line[] {
    if (isUnknown(login)) {
        return [bad("backend", `the login cannot be read: ${login.unknown}`, "pulumi login")];
    }
    const { backend, isOwn, passphrase, hasPassphrase } = login;
    const kind = isOwn
        ? "this clone's own folder"
        : backend.startsWith("https://api.pulumi.com")
          ? "Pulumi Cloud"
          : /^https?:/.test(backend)
            ? "a service of your own"
            : backend.startsWith("file:")
              ? "a folder"
              : "a bucket or database";
    const lines = [good("backend", `${kind}: ${backend}`)];
    if (passphrase === "service") {
        return [...lines, good("passphrase", "none needed: the service keeps the keys")];
    }
    if (passphrase !== "own file") {
        return [...lines, good("passphrase", `from the variable ${passphrase}`)];
    }
    if (hasPassphrase) {
        return [...lines, good("passphrase", "this clone's own: .local/passphrase")];
    }
    return [
        ...lines,
        login.needsPassphrase || (!isUnknown(state) && state.exists)
            ? bad(
                  "passphrase",
                  `there is none, and the stack ${stack} is encrypted with one`,
                  "put it into .local/passphrase (mode 0600)",
              )
            : coming("passphrase", "none yet: npm run up makes one, in .local/passphrase"),
    ];
}

function stackLines({ state, stack, locks, tools }: Facts): Line[] {
    if (isUnknown(state)) {
        return tools.some(({ name, path }) => name === "pulumi" && path === undefined)
            ? [note("stack", `${stack}: not seen, since there is no pulumi to ask`)]
            : [bad("stack", `${stack} cannot be read: ${state.unknown}`, "pulumi stack ls")];
    }
    if (!state.exists) {
        return [coming("stack", `${stack} does not exist yet: npm run up makes it`)];
    }
    const { resources, updated, pending } = state;
    const since = updated === undefined ? "" : `, last changed ${minute(updated)}`;
    return [
        resources === 0
            ? coming("stack", `${stack} is empty: npm run up fills it`)
            : good("stack", `${stack}, ${count(resources, "resource")}${since}`),
        ...locks.map(({ user, host, pid, since: start, held }) => {
            const holder = `${user}@${host}, process ${pid}, since ${minute(start)}`;
            return held
                ? bad(
                      "lock",
                      `another pulumi works on it: ${holder}`,
                      `wait until it ends; where it was killed: pulumi cancel --stack ${stack}`,
                  )
                : coming(
                      "lock",
                      `left by a pulumi that is gone (${holder}): npm run up takes it away`,
                  );
        }),
        ...(pending.length === 0
            ? []
            : [
                  coming(
                      "cut off",
                      `${count(pending.length, "operation")}, which npm run up takes up: ${pending.join(", ")}`,
                  ),
              ]),
    ];
}

const minute = (time: string) => {
    const date = new Date(time);
    return Number.isNaN(date.getTime())
        ? "an unknown time"
        : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
};

/** What it means that a secret is not set. */
const UNSET: Record<string, string> = {
    databaseUrl: "absent: PostgreSQL in the cluster, with a generated password",
    jwtSecret: "absent: generated in npm run up",
    geminiApiKey: "absent: the chatbot says that it is not configured",
};

function settingLines(facts: Facts): Line[] {
    const { settings: all, state, stack } = facts;
    if (isUnknown(all)) {
        return [
            bad(
                "settings",
                all.unknown,
                `there; .local/${stackFileName(stack)} is what it was after the last npm run up`,
            ),
        ];
    }
    const { file, settings, secrets } = all;
    const own = settings.filter(({ from }) => from === "stack");
    const width = Math.max(0, ...own.map(({ key }) => key.length));
    const defaults = settings.length - own.length;
    const generated = isUnknown(state) ? [] : state.generated;
    const existing = settings.find(({ key }) => key === "existingSecret")?.value ?? "";
    return [
        note(
            "settings",
            `${own.length} from ${file}, ${defaults} from Pulumi.yaml's defaults (--json lists them all)`,
            own.map(({ key, value = "(encrypted)" }) => `${key.padEnd(width)}  ${value}`),
        ),
        ...secrets.flatMap(({ key, state: form }) =>
            secretLine(key, form, generated, existing, stack),
        ),
    ];
}

function secretLine(
    key: string,
    form: SettingsFact["secrets"][number]["state"],
    generated: readonly string[],
    existing: string,
    stack: string,
): Line[] {
    if (form === "plain") {
        const remedy = `pulumi config set --secret ${key}${stackOption(stack)}`;
        return [bad("secret", `${key} is set in plain text`, remedy)];
    }
    if (form === "encrypted") {
        return [good("secret", `${key}: set, encrypted`)];
    }
    if (existing !== "" && UNSET[key] !== undefined) {
        return [note("secret", `${key}: what the Secret ${existing} says (existingSecret)`)];
    }
    if (generated.includes(key)) {
        const what = key === "databaseUrl" ? ", for PostgreSQL in the cluster" : "";
        return [good("secret", `${key}: generated${what}`)];
    }
    return UNSET[key] === undefined ? [] : [note("secret", `${key}: ${UNSET[key]}`)];
}

const podText = ({ name, ready, containers, restarts, image, state }: PodFact) =>
    `${name}   ${ready}/${containers} ready, ${state}, ${count(restarts, "restart")}, ${image}`;

/** A line for each tier, with its pods below it. */
export function tierLines({ tiers, pods }: RunningFact, stack: string): Line[] {
    return tiers.map(({ name, ready, wanted, complete }) => {
        const own = pods.filter(({ component }) => component === name).map(podText);
        const text = `${ready} of ${count(wanted, "pod")} ready`;
        return complete
            ? good(name, text, own)
            : bad(name, text, `npm run logs -- ${name}${stackOption(stack)}`, own);
    });
}

/** What is said of the page; `command` opens another way in, should the first not work. */
export function pageLine(page: PageFact, stack: string): Line {
    const { url, needsCommand, command, status, milliseconds, reason } = page;
    if (needsCommand) {
        return note("page", `${url}, while this runs: ${command} (npm run open${ofStack(stack)})`);
    }
    if (status === undefined) {
        return bad("page", `${url} does not answer: ${reason ?? ""}`, command);
    }
    return status >= 200 && status < 300
        ? good("page", `${url} answers ${status} in ${milliseconds ?? 0} ms`)
        : bad("page", `${url} answers ${status}`, `npm run logs -- frontend${stackOption(stack)}`);
}

const namespaceOf = ({ settings: all }: Facts) =>
    (isUnknown(all) ? undefined : all.settings.find(({ key }) => key === "namespace")?.value) ??
    "default";

/** The ID of the stack whose product runs in the place of this one's; undefined where it is this one's, or nobody's. */
export function foreignStack({
    running,
    state,
}: Pick<Facts, "running" | "state">): string | undefined {
    if (isUnknown(running) || isUnknown(state)) {
        return undefined;
    }
    return running.tiers
        .map((tier) => tier.stack)
        .find((id) => id !== undefined && id !== state.id);
}

function runningLines(facts: Facts): Line[] {
    const { running, cluster, page, state, stack } = facts;
    const isUp = !isUnknown(state) && state.outputs["url"] !== undefined;
    if (isUnknown(cluster) || cluster.state !== "running") {
        return [note("pods", "not seen: the cluster does not run")];
    }
    if (isUnknown(running)) {
        return [
            bad(
                "pods",
                `cannot be seen: ${firstLine(running.unknown)}`,
                `npm run doctor${ofStack(stack)} again`,
            ),
        ];
    }
    const { tiers, pods, volumes } = running;
    const foreign = foreignStack(facts);
    if (foreign !== undefined) {
        return [
            bad(
                "pods",
                `what runs there belongs to another stack, or to one whose state is lost (ID ${foreign})`,
                `pulumi config set namespace NAME${stackOption(stack)}, beside it, or, where it is lost, pulumi config set adoptStack ${foreign}${stackOption(stack)}`,
            ),
        ];
    }
    const others = pods.filter(({ component }) => !tiers.some(({ name }) => name === component));
    const lines = [
        ...tierLines(running, stack),
        ...others.map((pod) => note("pod", podText(pod))),
        ...volumes.map(({ name, state: phase, size }) =>
            phase === "Bound"
                ? good("volume", `${name}, ${size}`)
                : bad(
                      "volume",
                      `${name} is ${phase}`,
                      `${cluster.isMinikube ? "minikube kubectl --" : "kubectl"} --context ${cluster.context} -n ${namespaceOf(facts)} describe pvc ${name}`,
                  ),
        ),
    ];
    const nothing = isUp
        ? bad("pods", "nothing of the stack runs there", upCommand(facts))
        : coming("pods", "nothing of the stack runs there yet");
    return [
        ...(lines.length === 0 ? [nothing] : lines),
        ...(isUnknown(page) ? [] : [pageLine(page, stack)]),
    ];
}

/** What the images stand on: they are fetched where the cluster does not have them yet. */
function imageLines({ settings: all }: Facts): Line[] {
    const bases = isUnknown(all)
        ? []
        : ["backendBaseImage", "frontendBaseImage", "databaseImage"].map(
              (name) => all.settings.find(({ key }) => key === name)?.value ?? "",
          );
    return bases.length === 0
        ? []
        : [note("images", `stand on ${bases.join(", ")}; their packages come from PyPI and npm`)];
}

function nextLines({ next, engine }: Facts): Line[] {
    if (isUnknown(next)) {
        return [note("up", `not known: ${next.unknown}`)];
    }
    const { ways, intentions, refusal } = next;
    if (refusal !== undefined) {
        // the engine's own line has it
        return !isUnknown(engine) && engine.state !== "answers"
            ? [note("up", `refuses: ${refusal.what}`)]
            : [bad("up", `refuses: ${refusal.what}: ${firstLine(refusal.why)}`, refusal.next)];
    }
    return intentions.length === 0
        ? [note("up", "installs nothing and downloads no tool")]
        : [note("up", ways.tools, intentions)];
}

/** All that the doctor says, in the order in which things depend on each other. */
export function sections(facts: Facts): Section[] {
    return [
        machine(facts),
        { title: "Docker and the cluster", lines: [engineLine(facts), ...clusterLines(facts)] },
        { title: "Pulumi", lines: [...loginLines(facts), ...stackLines(facts)] },
        { title: "Settings", lines: settingLines(facts) },
        { title: "Running", lines: runningLines(facts) },
        { title: "The next npm run up", lines: [...nextLines(facts), ...imageLines(facts)] },
    ];
}

/** The first thing to mend, else whether the product is up. */
export function verdict(facts: Facts, said: readonly Section[]): Verdict {
    const wrong = said.flatMap(({ lines }) => lines.filter(({ mark }) => mark === "bad"));
    const [first] = wrong;
    if (first !== undefined) {
        return {
            ok: false,
            text: `${count(wrong.length, "problem")}; the first to mend is ${first.name}: ${first.text}`,
            next: first.remedy ?? "",
        };
    }
    const { page, running, cluster } = facts;
    const runs =
        !isUnknown(cluster) &&
        cluster.state === "running" &&
        !isUnknown(running) &&
        running.tiers.length > 0;
    if (runs && !isUnknown(page)) {
        return {
            ok: true,
            text: `All is well: the habit tracker is at ${page.url}`,
            next: `npm run open${ofStack(facts.stack)}`,
        };
    }
    return { ok: true, text: "Nothing is wrong; the stack is not up", next: upCommand(facts) };
}

const SIGNS: Record<Mark, string> = { good: "✔", bad: "✖", coming: "○", note: "·" };
const COLOURS = { good: "green", bad: "red", coming: "yellow", note: "dim" } as const;

/** A sign in its colour, where standard output is a terminal that has any. */
const sign = (mark: Mark) => styleText(COLOURS[mark], SIGNS[mark], { stream: process.stdout });
const title = (text: string) => styleText("bold", text, { stream: process.stdout });

/** Lines with aligned names, each remedy at its place. */
export function renderLines(lines: readonly Line[]): string {
    const width = Math.max(10, ...lines.map(({ name }) => name.length));
    const margin = " ".repeat(width + 5);
    return lines
        .flatMap(({ mark, name, text, remedy, more = [] }) => [
            `  ${sign(mark)} ${name.padEnd(width)} ${text.replaceAll("\n", `\n${margin}`)}`,
            ...more.map((line) => `${margin}${line}`),
            ...(remedy === undefined ? [] : [`${margin}Mend it: ${remedy}`]),
        ])
        .join("\n");
}

/** The verdict's two lines. */
function renderVerdict({ ok, text, next }: Verdict): string {
    return `${sign(ok ? "good" : "bad")} ${title(firstLine(text))}\n  Next: ${next}`;
}

/** The doctor's whole text, the home folder written as `~`. */
export function renderDoctor(said: readonly Section[], concluded: Verdict): string {
    const parts = said.map(({ title: name, lines }) => `${title(name)}\n${renderLines(lines)}`);
    return [...parts, renderVerdict(concluded)].join("\n\n").replaceAll(`${homedir()}/`, "~/");
}
