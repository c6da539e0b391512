import { expect } from "chai";
import { execa } from "execa";

describe("the program's process", () => {
    it("ends once nobody reads what it says, whatever is made of errors", async () => {
        // as the SDK does: what nobody catches is printed, which is then an error again
        const code = `
            process.on("uncaughtException", (error) => console.error(error));
            await import("./components/preflight.ts");
            setInterval(() => console.error("still here"), 10);
        `;
        const program = execa("node", ["--import=tsx", "--input-type=module", "--eval", code], {
            reject: false,
            timeout: 20_000,
        });
        await new Promise((said) => program.stderr.once("data", said));
        program.stdout.destroy();
        program.stderr.destroy();
        const { exitCode, timedOut } = await program;
        expect({ exitCode, timedOut }).to.deep.equal({ exitCode: 1, timedOut: false });
    });
});
