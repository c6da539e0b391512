/** Variables that may hold a secret, beside the proxies. */
const SECRET_VARIABLES = ["PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE"];

/**
 * Takes out of a text what nobody is to see: user and password of every URL in it, and what the environment has of passwords
 * and tokens, wherever a program repeats it.
 */
export function withoutSecrets(text: string, env: NodeJS.ProcessEnv = process.env): string {
    const passwords = Object.values(env).flatMap((value = "") => {
        const [, password] = /^(?:[a-z][\w+.-]*:\/\/)?[^\s/:@]*:(\S+)@/i.exec(value) ?? [];
        return password === undefined ? [] : [password, decoded(password)];
    });
    const known = [...passwords, ...SECRET_VARIABLES.map((name) => env[name] ?? "")];
    return known
        .filter((secret) => secret.length > 3)
        .reduce((rest, secret) => rest.replaceAll(secret, "***"), text)
        .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/"'?#]*@/gi, "$1");
}

function decoded(text: string): string {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}

/** A document with every text in it {@link withoutSecrets}. */
export function documentWithoutSecrets(document: unknown, env?: NodeJS.ProcessEnv): string {
    return JSON.stringify(
        document,
        (_, value: unknown) => (typeof value === "string" ? withoutSecrets(value, env) : value),
        2,
    );
}
