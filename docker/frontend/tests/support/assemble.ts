import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Puts together what the Dockerfile's last stage copies, so that the tests run what the image runs. */
export default function assemble() {
    if (!existsSync(join(root, ".next/standalone/server.js"))) {
        throw new Error(
            "The server tests run the built app, and there is none. Run `npm run build`, or ./test.sh, which does.",
        );
    }
    const appDir = mkdtempSync(join(tmpdir(), "habit-tracker-frontend-"));
    cpSync(join(root, ".next/standalone"), appDir, { recursive: true });
    cpSync(join(root, ".next/static"), join(appDir, ".next/static"), { recursive: true });
    cpSync(join(root, "public"), join(appDir, "public"), { recursive: true });
    cpSync(join(root, "dist"), join(appDir, "dist"), { recursive: true });
    return { appDir, remove: () => rmSync(appDir, { recursive: true }) };
}
