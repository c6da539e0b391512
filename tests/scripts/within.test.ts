import { createServer } from "node:net";
import { expect } from "chai";
import { execa } from "execa";
import { within } from "../../scripts/within.ts";

describe("within", () => {
    it("goes on without a task that does not heed its end", async () => {
        const error = await within(0.05, () => new Promise<never>(() => undefined)).catch(
            (caught: unknown) => caught as Error,
        );
        expect(error).to.have.property("message", "no answer within 0.05 s");
    });

    it("ends a fetch whose connections are taken and closed at once, and keeps the process alive until then", async () => {
        const server = createServer((socket) => socket.end());
        await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
        const { port } = server.address() as { port: number };
        // in a process of its own: mocha's would be kept alive by other things
        const { stdout } = await execa(
            "npx",
            ["tsx", "--input-type=module", "--eval"].concat(`
            import { within } from "./scripts/within.ts";
            const fetching = (signal) => fetch("http://127.0.0.1:${port}", { signal });
            await within(1, fetching).catch(() => undefined);
            await within(1, fetching).catch(() => console.log("ended"));
        `),
        );
        server.close();
        expect(stdout).to.equal("ended");
    });
});
