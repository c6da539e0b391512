import openapiTS, { astToString } from "openapi-typescript";
import { beforeAll, describe, expect, it } from "vitest";

import { startLocalBackend } from "../support/local-backend";

/** What the page is typed and tested with is what the backend says of itself: `npm run types` brings both up to date. */
describe("the API", () => {
    let document: object;

    beforeAll(async () => {
        const backend = await startLocalBackend();
        document = await fetch(`${backend.url}/openapi.json`)
            .then((answer) => answer.json() as Promise<object>)
            .finally(backend.stop);
    });

    it("is the one that openapi.json describes", async () => {
        await expect(`${JSON.stringify(document, null, 4)}\n`).toMatchFileSnapshot(
            "../../openapi.json",
        );
    });

    it("has the types of api-schema.ts", async () => {
        const schemas = { ...structuredClone(document), paths: {} };
        const types = astToString(await openapiTS(schemas as never));
        await expect(types).toMatchFileSnapshot("../../src/lib/api-schema.ts");
    });
});
