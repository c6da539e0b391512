// Loaded before a command: has it find the machine that the variable MACHINE describes. No name leads anywhere from there.
import dns from "node:dns";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

/** What the commands ask of a machine, beside its programs. */
export interface Machine {
    platform: NodeJS.Platform;
    arch: NodeJS.Architecture;
    uid: number;
    /** What files below /proc and /etc say; one that is not named here is empty. */
    files: Record<string, string>;
    /** Whether somebody types at a terminal. */
    terminal?: boolean;
}

const { platform, arch, uid, files, terminal } = JSON.parse(
    process.env["MACHINE"] ?? "",
) as Machine;
Object.defineProperty(process, "platform", { value: platform });
Object.defineProperty(process, "arch", { value: arch });
process.getuid = () => uid;
os.hostname = () => "laptop";
if (terminal) {
    Object.defineProperty(process.stdin, "isTTY", { value: true });
}

const { readFile } = fs;
fs.readFile = ((file: string, ...rest: [never]) => {
    const text = /^\/(proc|etc)\//.test(file) ? (files[file] ?? "") : undefined;
    return text === undefined ? readFile(file, ...rest) : Promise.resolve(text);
}) as typeof readFile;

const { lookup } = dns;
dns.lookup = ((name: string, options: never, done: (error: Error | null) => void) => {
    if (name === "127.0.0.1" || name === "localhost") {
        lookup(name, options, done);
        return;
    }
    const error = new Error(`getaddrinfo ENOTFOUND ${name}`);
    process.nextTick(done, Object.assign(error, { code: "ENOTFOUND" }));
}) as typeof lookup;
syncBuiltinESMExports();
