import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2020";

interface Content {
    content?: Record<string, { schema: object }>;
}

interface Operation {
    requestBody?: Content;
    responses: Record<string, Content>;
}

const document = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../openapi.json"), "utf8"),
) as { paths: Record<string, Record<string, Operation>> };

// Ids are short in the tests, so that they can be read: forms such as `uuid` are left to the real backend.
const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(document, "api");

export interface Exchange {
    method: string;
    path: string;
    sent: unknown;
    status: number;
    answered: unknown;
}

/** What an exchange has that the backend's own document does not allow; nothing when all is well. */
export function violationsOf({ method, path, sent, status, answered }: Exchange): string[] {
    const [address = ""] = path.split("?");
    const route = routeOf(address, method.toLowerCase());
    const name = `${method} ${address}`;
    if (!route) return [`${name}: openapi.json has no such address`];
    const found = [...complaints([...route, "requestBody"], sent, `${name} sent`)];
    if (status < 300)
        found.push(...complaints([...route, "responses", `${status}`], answered, `${name} gave`));
    return found;
}

/** Where the document describes the operation. Fixed addresses come before those with a part in braces. */
function routeOf(address: string, method: string): string[] | undefined {
    const candidates = Object.keys(document.paths)
        .filter((template) => document.paths[template]?.[method])
        .sort((one, other) => one.split("{").length - other.split("{").length);
    const template = candidates.find((one) =>
        new RegExp(`^${one.replace(/\{\w+\}/g, "[^/]+")}$`).test(address),
    );
    return template === undefined ? undefined : ["paths", template, method];
}

function complaints(place: string[], value: unknown, what: string): string[] {
    const content = [...place, "content", "application/json", "schema"];
    const pointer = (keys: string[]) =>
        keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
    const isThere = place.reduce<unknown>(
        (part, key) => (part as Record<string, unknown> | undefined)?.[key],
        document,
    ) as Content | undefined;
    if (!isThere) return value === undefined ? [] : [`${what}: not in openapi.json`];
    if (!isThere.content?.["application/json"]) return [];
    const validate = ajv.compile({ $ref: `api#${encodeURI(pointer(content))}` });
    // A body may be left out altogether; what is then meant is the backend's business.
    if (value === undefined || validate(value)) return [];
    return [`${what}: ${ajv.errorsText(validate.errors)}`];
}
