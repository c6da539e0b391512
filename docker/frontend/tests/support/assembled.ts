import type { TestProject } from "vitest/node";

import assemble from "./assemble";

declare module "vitest" {
    interface ProvidedContext {
        /** The folder that the image has at /app. */
        appDir: string;
    }
}

/** Assembles the app once for all server tests. */
export default function assembled(project: TestProject) {
    const { appDir, remove } = assemble();
    project.provide("appDir", appDir);
    return remove;
}
