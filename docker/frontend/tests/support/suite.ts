import { beforeAll, beforeEach, inject } from "vitest";

import { startApp, type RunningApp } from "./app-server";
import { BackendStub } from "./backend-stub";

export interface Suite {
    app: RunningApp;
    backend: BackendStub;
}

/**
 * One app in front of one backend for all tests of a `describe` or a file, since Next takes a while to start.
 * The backend forgets everything between two tests.
 */
export function appWithBackend(env: Record<string, string> = {}, backendPath = ""): Suite {
    const suite = {} as Suite;
    beforeAll(async () => {
        suite.backend = await BackendStub.start();
        suite.app = await startApp({
            appDir: inject("appDir"),
            env: { NEXT_PUBLIC_API_URL: suite.backend.url + backendPath, ...env },
        });
        return async () => {
            await suite.app.stop();
            await suite.backend.stop();
        };
    });
    beforeEach(() => suite.backend.reset());
    return suite;
}

/** An app alone, for all tests of a `describe` or a file. */
export function appWithoutBackend(env: Record<string, string> = {}): Pick<Suite, "app"> {
    const suite = {} as Suite;
    beforeAll(async () => {
        suite.app = await startApp({ appDir: inject("appDir"), env });
        return suite.app.stop;
    });
    return suite;
}
