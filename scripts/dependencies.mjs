// Installs the locked npm packages where they are missing or older than the lock. Plain JavaScript on Node.js alone:
// it runs before there is anything else.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (process.platform === "win32") {
    console.error(
        "Windows itself is not supported: the commands and tests need a Unix shell and its programs.\n" +
            "Mend it: use a clone inside WSL 2, with Docker Desktop's WSL integration: https://learn.microsoft.com/windows/wsl/install",
    );
    process.exit(1);
}
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
    console.error(
        `Node.js ${process.versions.node} is too old: the newest mocha and eslint need 20.19 or later.\n` +
            "Mend it: install a current Node.js, for example from https://nodejs.org/",
    );
    process.exit(1);
}
if (modified("node_modules/.package-lock.json") < modified("package-lock.json")) {
    console.log("Installing the npm packages of package-lock.json …");
    const { status } = spawnSync("npm", ["ci", "--no-fund", "--no-audit"], {
        stdio: "inherit",
    });
    process.exit(status ?? 1);
}
