// Stryker's runner for mocha. Version 9.6, the last one for Node.js 20, looks for parts of mocha by names without an ending, and
// since mocha 12 those end in .cjs: this has Node.js look for that ending too.
import Module from "node:module";

Module._extensions[".cjs"] ??= Module._extensions[".js"];

export const { strykerPlugins, strykerValidationSchema } =
    await import("@stryker-mutator/mocha-runner");
