import * as pulumi from "@pulumi/pulumi";
import { DATABASE_NAME } from "./configuration.ts";
import type { Cluster } from "./cluster.ts";
import type { Contents, FoundSecret } from "./contents.ts";
import { DATABASE_PORT, DATABASE_SERVICE, PASSWORD_FILE } from "./database.ts";
import type { Problem } from "./problems.ts";
import { SECRET_ENTRIES, type Settings, allowedRange, wrongEntries } from "./settings.ts";

/** The entries that the backend does not start without. */
const REQUIRED = ["DATABASE_URL", "JWT_SECRET"];

/** Names of the Secrets to look at: the stack's own, and the existing one with what it has to agree with. */
export function secretsToLookAt({
    configuration: { secretName, existingSecret },
}: Settings): string[] {
    return existingSecret === undefined
        ? [secretName]
        : [secretName, existingSecret, DATABASE_SERVICE];
}

/** The Secret of that name in the stack's namespace. */
export function secretNamed(
    { secrets }: Pick<Contents, "secrets">,
    name: string,
): FoundSecret | undefined {
    return secrets.find((secret) => secret.name === name);
}

/** Every host that a PostgreSQL URL may lead to, in its authority or in its query. */
function hostsOf(url: string): string[] {
    const authority = url.split("/")[2] ?? "";
    const listed = authority.slice(authority.lastIndexOf("@") + 1).split(",");
    const asked = [...url.matchAll(/[?&]host=([^&]*)/g)].flatMap(([, hosts = ""]) =>
        hosts.split(/,|%2C/i),
    );
    return [...listed, ...asked].map((host) => host.replace(/:\d+$/, "").toLowerCase());
}

/** Whether a host is the Service of the stack's own database, by any of its names in the cluster's DNS. */
const isOwnHost = (host: string, namespace: string) =>
    [DATABASE_SERVICE, `${DATABASE_SERVICE}.${namespace}`, `${DATABASE_SERVICE}.${namespace}.svc`]
        .flatMap((name) => [name, `${name}.`])
        .includes(host) || host.startsWith(`${DATABASE_SERVICE}.${namespace}.svc.`);

/** Whether a PostgreSQL URL names the stack's own database in the cluster, possibly among others. */
export const namesOwnDatabase = (url: string, namespace: string): boolean =>
    hostsOf(url).some((host) => isOwnHost(host, namespace));

/** Whether a PostgreSQL URL leads into the stack's own database and nowhere else, with this password. */
export function leadsIntoOwnDatabase(url: string, namespace: string, password: string): boolean {
    try {
        const { hostname, port, username, password: given, pathname, searchParams } = new URL(url);
        return (
            isOwnHost(hostname.toLowerCase(), namespace) &&
            ["", `${DATABASE_PORT}`].includes(port) &&
            decodeURIComponent(username) === DATABASE_NAME &&
            decodeURIComponent(given) === password &&
            pathname === `/${DATABASE_NAME}` &&
            !["host", "hostaddr", "port", "user", "password", "dbname"].some((name) =>
                searchParams.has(name),
            )
        );
    } catch {
        // several hosts, or an escape that is none
        return false;
    }
}

/** Commands about Secrets in a namespace. None of them shows a value, or has one in its arguments. */
export function secretCommands(kubectl: string, namespace: string) {
    const get = (name: string, template: string) =>
        `${kubectl} get secret ${name} -n ${namespace} -o go-template='${template}'`;
    const patch = (name: string) =>
        `${kubectl} patch secret ${name} -n ${namespace} --patch-file=/dev/stdin`;
    const create = (name: string, file: string) =>
        `${kubectl} create secret generic ${name} -n ${namespace} --from-env-file=${file}`;
    return {
        createNamespace: `${kubectl} create namespace ${namespace}`,
        /** Makes one from a file like `.env.example`. */
        create: (name: string) => create(name, ".env"),
        /** Gives one the file's entries in the place of its own. */
        replace: (name: string) =>
            `${create(name, ".env")} --dry-run=client -o yaml | ${kubectl} replace -f -`,
        /** Makes one with the entries of another. */
        copy: (from: string, to: string) =>
            `${get(from, String.raw`{{range $name, $value := .data}}{{$name}}={{$value | base64decode}}{{"\n"}}{{end}}`)} | ${create(to, "/dev/stdin")}`,
        /** Takes entries out. */
        remove: (name: string, entries: readonly string[]) =>
            `${kubectl} patch secret ${name} -n ${namespace} --type=json -p '${JSON.stringify(
                entries.map((entry) => ({ op: "remove", path: `/data/${entry}` })),
            )}'`,
        /** Has the sessions of one go on with the other. */
        keepSessions: (from: string, to: string) =>
            `${get(from, '{"data":{"JWT_SECRET_PREVIOUS":"{{.data.JWT_SECRET}}"}}')} | ${patch(to)}`,
        /** Has one lead into the stack's own database. */
        useOwnDatabase: (name: string) =>
            `${get(DATABASE_SERVICE, `{"stringData":{"DATABASE_URL":"postgresql://${DATABASE_NAME}:{{.data.${PASSWORD_FILE} | base64decode}}@${DATABASE_SERVICE}:${DATABASE_PORT}/${DATABASE_NAME}"}}`)} | ${patch(name)}`,
        /** Takes an entry into a setting, by default its own. */
        toSetting: (name: string, entry: string, setting = SECRET_ENTRIES[entry]) =>
            `${get(name, `{{.data.${entry} | base64decode}}`)} | pulumi config set --secret ${setting}`,
    };
}

/** What is wrong with a Secret, whoever made it. */
function contentProblems(
    { name, type, entries: read }: FoundSecret,
    settings: Settings,
    commands: ReturnType<typeof secretCommands>,
): Problem[] {
    const { namespace, configuration, database, backups } = settings;
    const place = `the Secret ${namespace}/${name}`;
    const entries = read();
    const missing = REQUIRED.filter((entry) => !entries[entry]?.trim());
    const wrong = wrongEntries(entries).filter((entry) => !missing.includes(entry));
    const overridden = [
        "GEMINI_MODEL",
        "GEMINI_BASE_URL",
        "CHAT_DAILY_TOKENS",
        ...Object.keys(configuration.extra),
    ].filter((entry) => entry in entries);
    const unused = [
        ...(database.existingClaim === undefined ? [] : ["databaseExistingClaim"]),
        ...(backups.schedule === undefined ? [] : ["backupSchedule"]),
    ];
    const url = entries["DATABASE_URL"] ?? "";
    return [
        ...(type === "Opaque"
            ? []
            : [
                  {
                      what: `existingSecret is "${name}", and ${place} is of the type ${type}`,
                      why: "That is one for another purpose. The backend's is of the type Opaque.",
                      next: `${commands.create("NAME")}, then pulumi config set existingSecret NAME`,
                  },
              ]),
        ...(missing.length === 0
            ? []
            : [
                  {
                      what: `${place} has no ${missing.join(" and no ")}`,
                      why: "The backend does not start without. .env.example has all entries that it reads.",
                      next: commands.replace(name),
                  },
              ]),
        ...wrong.map((entry) => ({
            what: `${entry} in ${place} is (not shown)`,
            why: `Allowed: ${allowedRange(SECRET_ENTRIES[entry] ?? "")}; no placeholder of .env.example. White space and quotes are part of a value, a line's end too; a signing key has no white space at its ends.`,
            next: commands.replace(name),
        })),
        ...(overridden.length === 0
            ? []
            : [
                  {
                      what: `${place} has ${overridden.join(" and ")} as well`,
                      why: "The settings geminiModel, geminiBaseUrl, chatDailyTokens and extraConfig say that, and the network policies go by them; the Secret would win over them unseen.",
                      next: `${commands.remove(name, overridden)}, and the value in the setting; or pulumi config rm extraConfig, where that names it`,
                  },
              ]),
        ...(missing.includes("DATABASE_URL") ||
        unused.length === 0 ||
        namesOwnDatabase(url, namespace)
            ? []
            : [
                  {
                      what: `DATABASE_URL in ${place} names a database of your own, and ${unused.join(" and ")} ${unused.length > 1 ? "are" : "is"} set`,
                      why: "That is about the in-cluster database, which there is none of with your own.",
                      next: unused.map((key) => `pulumi config rm ${key}`).join(" && "),
                  },
              ]),
    ];
}

/**
 * Takes what is in an existing Secret for the settings in whose place it is, where one is set: whose database it is, and
 * whether the chatbot has a key.
 *
 * @returns what is wrong with it, where there is anything, and then the settings as they were
 */
export function takeExistingSecret(
    settings: Settings,
    { contents, kubectl }: Pick<Cluster, "contents" | "kubectl">,
): { settings: Settings; problems: Problem[] } {
    const { namespace, configuration } = settings;
    const { existingSecret: name } = configuration;
    if (name === undefined) {
        return { settings, problems: [] };
    }
    const commands = secretCommands(kubectl, namespace);
    const found = secretNamed(contents, name);
    if (found === undefined) {
        const there = contents.namespaces.some((space) => space.name === namespace);
        const own = secretNamed(contents, configuration.secretName);
        return {
            settings,
            problems: [
                {
                    what: `existingSecret is "${name}", and there is no such Secret in the namespace "${namespace}"`,
                    why: `The backend's pods would wait for it forever. It needs ${REQUIRED.join(" and ")}, and may have ${Object.keys(
                        SECRET_ENTRIES,
                    )
                        .filter((entry) => !REQUIRED.includes(entry))
                        .join(", ")}.`,
                    next:
                        (there ? "" : `${commands.createNamespace}; `) +
                        `cp .env.example .env, fill it in, then ${commands.create(name)}` +
                        (own === undefined
                            ? ""
                            : `; or, with what the backend has now: ${commands.copy(own.name, name)}`),
                },
            ],
        };
    }
    const problems = contentProblems(found, settings, commands);
    if (problems.length > 0) {
        return { settings, problems };
    }
    const entries = found.entries();
    const { DATABASE_URL: url = "", GEMINI_API_KEY: key = "" } = entries;
    return {
        settings: {
            ...settings,
            configuration: {
                ...configuration,
                existingEntries: pulumi.secret(entries),
                databaseUrl: namesOwnDatabase(url, namespace) ? undefined : pulumi.secret(url),
                geminiApiKey: key === "" ? undefined : pulumi.secret(key),
            },
        },
        problems,
    };
}

/**
 * The password that the stack's own database gets, where the existing Secret leads into it: the generated one, as long as the
 * Secret has it too. Another one would lock the backend out.
 */
export function agreedPassword(
    password: pulumi.Output<string> | undefined,
    { namespace, configuration: { existingSecret, existingEntries } }: Settings,
): pulumi.Output<string> | undefined {
    if (password === undefined || existingSecret === undefined || existingEntries === undefined) {
        return password;
    }
    return pulumi.all([password, existingEntries]).apply(([own, { DATABASE_URL: url = "" }]) => {
        if (!leadsIntoOwnDatabase(url, namespace, own)) {
            throw new pulumi.RunError(
                `DATABASE_URL in the Secret ${namespace}/${existingSecret} does not have the password that was generated for the in-cluster database.\n` +
                    "   Nothing of either is changed. A new password comes into the stack's own Secret first: pulumi config rm existingSecret;\n" +
                    "   pulumi up; then a Secret with its entries, and existingSecret again.",
            );
        }
        return own;
    });
}
